"""PredictiveUncertainty: what it holds, shows, selects, merges and refuses."""

import copy
import dataclasses
import math
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skmirai import metrics
from skmirai.uncertainty import PredictiveUncertainty
from tests.uncertainty.passes import DERIVED, FIELDS, brute_force, dirichlet, result_of

MEASURES = (*FIELDS[3:], *DERIVED[2:5], "confidence")


def test_arrays_are_read_only_and_frozen():
    samples = dirichlet()
    result = result_of(samples, keep_samples=True)
    for name in ("classes", *FIELDS, *DERIVED, "samples"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(result, name)[0] = getattr(result, name)[0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.proba = samples[0]
    kept = samples.copy()
    samples[:] = 0
    assert_array_equal(result.samples, kept)


@pytest.mark.parametrize("keep_samples", [False, True])
@pytest.mark.parametrize(
    "clone", [lambda r: pickle.loads(pickle.dumps(r)), copy.deepcopy, copy.copy]
)
def test_pickles_and_copies(clone, keep_samples):
    result = result_of(dirichlet().astype(np.float32), keep_samples=keep_samples)
    _ = result.mutual_information
    back = clone(result)
    for name in ("classes", *FIELDS, *DERIVED):
        assert_array_equal(getattr(back, name), getattr(result, name))
        assert not getattr(back, name).flags.writeable
    assert back.n_passes == result.n_passes
    if keep_samples:
        assert_array_equal(back.samples, result.samples)
        assert back.samples.dtype == np.float32
    else:
        assert back.samples is None


def test_is_compared_by_identity():
    result = result_of(dirichlet())
    assert result == result
    assert result != result_of(dirichlet())
    assert len({result, result}) == 1


def test_len_and_repr():
    result = result_of(dirichlet((2, 4), n_classes=30), keep_samples=True)
    assert len(result) == 4
    assert len(repr(result)) < 200
    assert repr(result).endswith("n_passes=2, samples kept)")


@pytest.mark.parametrize("classes", [[0, 1, 2], ["a", "b", "c"], [True, "x", None]])
def test_frame(classes):
    samples = dirichlet((5, 4))
    result = PredictiveUncertainty.from_samples(
        samples, np.array(classes, dtype=object if None in classes else None)
    )
    index = pd.Index([10, 11, 12, 13], name="packet")
    frame = result.to_frame(index=index)
    assert list(frame.columns) == [
        "label",
        "confidence",
        *(f"proba_{label}" for label in classes),
        *(f"std_{label}" for label in classes),
        "predictive_entropy",
        "expected_entropy",
        "mutual_information",
        "mutual_information_corrected",
        "variation_ratio",
    ]
    pd.testing.assert_index_equal(frame.index, index)
    assert_array_equal(frame["label"].to_numpy(), result.label)
    for name in MEASURES:
        assert_array_equal(frame[name].to_numpy(), getattr(result, name))
    assert_array_equal(frame.iloc[:, 2:5].to_numpy(), result.proba)
    assert_array_equal(frame.iloc[:, 5:8].to_numpy(), result.std)
    frame.loc[10, "confidence"] = 0.0  # the frame is the user's own
    assert result.confidence[0] > 0
    with pytest.raises(ValueError, match=r"index has 3 entries; expected 4"):
        result.to_frame(index=[1, 2, 3])


@pytest.mark.parametrize("by", MEASURES)
def test_select_keeps_the_least_uncertain(by):
    result = result_of(dirichlet((6, 101)))
    doubt = -result.confidence if by == "confidence" else getattr(result, by)
    previous = np.zeros(101, dtype=bool)
    for coverage in (0.001, 0.25, 0.5, 0.99, 1.0):
        keep = result.select(coverage=coverage, by=by)
        assert keep.dtype == bool
        assert keep.sum() == math.ceil(coverage * 101)
        assert not (previous & ~keep).any()
        assert doubt[keep].max() <= doubt[~keep].min(initial=np.inf)
        previous = keep
    limit = getattr(result, by)[17]
    expected = getattr(result, by) >= limit if by == "confidence" else doubt <= limit
    assert_array_equal(result.select(threshold=limit, by=by), expected)


def test_select_errors():
    result = result_of(dirichlet((1, 4)))
    with pytest.raises(ValueError, match="by='entropy' must be one of predictive_en"):
        result.select(coverage=0.5, by="entropy")
    with pytest.raises(ValueError, match="is NaN at n_passes=1: use at least 2 passes"):
        result.select(coverage=0.5, by="mutual_information_corrected")
    with pytest.raises(ValueError, match="give exactly one"):
        result.select()


def test_merge_errors():
    samples = dirichlet()
    result = result_of(samples)
    with pytest.raises(ValueError, match=r"same 6 passes.*the same random_state\?"):
        result.merge(result_of(samples))
    kept = result_of(samples, keep_samples=True)
    with pytest.raises(ValueError, match="same 6 passes"):
        kept.merge(kept)
    with pytest.raises(ValueError, match=r"\(10, 3\) and \(9, 3\) do not cover the sa"):
        result.merge(result_of(samples[:, :9]))
    other = PredictiveUncertainty.from_samples(samples, [0, 1, 2])
    with pytest.raises(ValueError, match=r"'class 2'\] and \[0, 1, 2\] differ: merge"):
        result.merge(other)
    two = result_of(dirichlet(n_classes=2))
    with pytest.raises(
        ValueError, match=r"'class 2'\] and \['class 0', 'class 1'\] dif"
    ):
        result.merge(two)
    with pytest.raises(
        TypeError, match="other is of type ndarray; expected another Pr"
    ):
        result.merge(samples)


def test_kept_passes_in_another_order_are_other_passes():
    samples = np.array([[[0.5, 0.5]], [[1.0, 0.0]]])
    a, b = (result_of(s, keep_samples=True) for s in (samples, samples[::-1]))
    assert_array_equal(a.merge(b).proba, a.proba)


def arguments(**changes):
    good = {
        "classes": [0, 1],
        "proba": [[0.5, 0.5], [0.9, 0.1]],
        "std": [[0.1, 0.1], [0.2, 0.2]],
        "votes": [[1, 1], [2, 0]],
        "expected_entropy": [0.1, 0.1],
        "n_passes": 2,
    }
    return {**good, **changes}


def test_fields_may_be_lists():
    result = PredictiveUncertainty(**arguments())
    assert_allclose(result.mutual_information[0], math.log(2) - 0.1)
    assert_array_equal(result.label, [0, 0])


def test_rounding_of_the_entropies_is_taken_back():
    total = np.array([math.log(2), brute_force(np.array([[[0.9, 0.1]]]))["total"][0]])
    noise = np.array([1e-15, -1e-15])
    changes = {"std": np.zeros((2, 2)), "expected_entropy": total + noise}
    equal = PredictiveUncertainty(**arguments(**changes))
    assert_array_equal(equal.mutual_information, 0.0)
    assert_array_equal(equal.expected_entropy, equal.predictive_entropy)
    spread = PredictiveUncertainty(**arguments(**{**changes, "std": [[0.1] * 2] * 2}))
    assert spread.mutual_information[0] == 0.0
    assert 0 < spread.mutual_information[1] < 2e-15


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": [0, 0]}, r"classes=\[0, 0\] must be .*distinct.*classes_"),
        ({"classes": [[0, 1]]}, "must be one list of distinct labels"),
        ({"classes": [0, 1, 2]}, r"proba has shape \(2, 2\); expected \(n_samples, 3"),
        ({"proba": [0.5, 0.5]}, r"proba has shape \(2,\); expected \(n_samples, 2\)"),
        ({"proba": [[0.5, 0.6], [1, 0]]}, r"proba\[0\] sums to 1.1"),
        ({"std": [0.1, 0.1]}, r"std has shape \(2,\); expected \(2, 2\).*from_sampl"),
        ({"std": [[0, 0], [0, -1]]}, r"std\[1, 1\]=-1.0 must be finite and >= 0"),
        ({"std": [[0, np.nan], [0, 0]]}, r"std\[0, 1\]=nan must be finite and >= 0"),
        ({"votes": [1, 1]}, r"votes has shape \(2,\); expected \(2, 2\)"),
        ({"votes": [[1, 1], [2, 1]]}, r"votes\[1\] adds up to 3; expected n_passes=2"),
        ({"expected_entropy": [0.1]}, r"expected_entropy has shape \(1,\); expected"),
        ({"expected_entropy": [0.1, 0.5]}, r"py\[1\]=0.5 must not exceed .*0.325083"),
        ({"expected_entropy": [0.1, np.nan]}, r"py\[1\]=nan must not exceed"),
        ({"n_passes": 0}, "n_passes=0 must be an integer >= 1"),
        ({"n_passes": 2.5}, "n_passes=2.5 must be an integer >= 1"),
        ({"samples": [[[0.5, 0.5]]]}, r"samples has shape \(1, 1, 2\); .*\(2, 2, 2\)"),
    ],
)
def test_field_errors(changes, message):
    with pytest.raises(ValueError, match=message):
        PredictiveUncertainty(**arguments(**changes))


def test_from_samples_errors():
    with pytest.raises(ValueError, match=r"proba_samples\[0, 1\] sums to 2"):
        PredictiveUncertainty.from_samples([[[1, 0], [1, 1]]], [0, 1])
    with pytest.raises(
        ValueError, match="has 2 classes on its last axis and classes h"
    ):
        PredictiveUncertainty.from_samples([[[1, 0]]], [0, 1, 2])
    with pytest.raises(ValueError, match=r"shape \(1, 2\); expected \(n_passes"):
        PredictiveUncertainty.from_samples([[1, 0]], [0, 1])


# -- measures ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("package", "others"),
    [
        ("metrics", ["tensorflow", "keras", "matplotlib", "pandas", "sklearn"]),
        ("uncertainty", ["tensorflow", "keras", "matplotlib"]),
    ],
)
def test_importing_is_light(package, others):
    code = (
        f"import sys, skmirai.{package}; "
        f"print([m for m in {others} if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_measures_are_those_of_the_registry():
    result = result_of(dirichlet())
    for name, measure in metrics.UNCERTAINTY_MEASURES.items():
        values = getattr(result, name)
        assert values.shape == (10,)
        assert not values.flags.writeable
        if measure.of_statistics is not None:
            assert_array_equal(values, measure.of_statistics(result))
        words = " ".join(PredictiveUncertainty.select.__doc__.split())
        assert f'- "{name}": {measure.summary}' in words
    assert set(result.to_frame()) >= set(metrics.UNCERTAINTY_MEASURES)
    with pytest.raises(ValueError, match="did you mean 'variation_ratio'"):
        result.select(coverage=0.5, by="variation_ration")


ONE_ENTRY = """
import pickle, types
import numpy as np
from skmirai import metrics

new = {
    "expected_confidence": metrics.UncertaintyMeasure(
        "mean confidence of the single passes",
        of_passes=lambda proba: proba.max(axis=-1),
        high_is_uncertain=False,
    ),
    "spread": metrics.UncertaintyMeasure(
        "largest std", of_statistics=lambda passes: passes.std.max(axis=1)
    ),
}
metrics.UNCERTAINTY_MEASURES = {**metrics.UNCERTAINTY_MEASURES, **new}
from skmirai.uncertainty import PredictiveUncertainty

passes = np.random.default_rng(0).dirichlet([1, 1, 1], (7, 5))
parts = np.split(passes, [3])
a, b = (PredictiveUncertainty.from_samples(part, list("abc")) for part in parts)
result = pickle.loads(pickle.dumps(a.merge(b)))
expected = passes.max(axis=-1).mean(axis=0)
np.testing.assert_allclose(result.expected_confidence, expected, rtol=1e-12)
np.testing.assert_allclose(result.spread, passes.std(axis=0).max(axis=1), rtol=1e-12)
assert list(result.to_frame())[-2:] == ["expected_confidence", "spread"]
kept = result.select(coverage=0.2, by="expected_confidence")
assert kept.argmax() == expected.argmax() and kept.sum() == 1
assert "spread : ndarray" in PredictiveUncertainty.__doc__
bare = PredictiveUncertainty(
    classes=["a"], proba=[[1]], std=[[0]], votes=[[1]], expected_entropy=[0], n_passes=1
)
try:
    bare.expected_confidence
except ValueError as error:
    assert "from_samples" in str(error)
else:
    raise AssertionError
"""


def test_one_entry_makes_a_measure(run_python):
    run_python(ONE_ENTRY)


def test_a_measure_has_one_function():
    with pytest.raises(TypeError, match="'nothing' needs exactly one function"):
        metrics.UncertaintyMeasure("nothing")
