"""scikit-learn's own checks of an estimator, all of them."""

from itertools import chain

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import (
    check_all_zero_sample_weights_error,
    check_class_weight_balanced_classifiers,
    check_dataframe_column_names_consistency,
    check_param_validation,
    estimator_checks_generator,
    parametrize_with_checks,
)

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor

# scikit-learn skips check_array_api_input by itself, unless SCIPY_ARRAY_API was
# set before SciPy was imported; the estimators do not claim array API support.

#: scikit-learn's checks fit targets as they come, in a few updates.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Training failed:sklearn.exceptions.ConvergenceWarning"
)

EXACT = {"dropout_rate": 0, "batch_size": 100_000, "learning_rate": 0.01, "epochs": 20}

NOT_EXACT = dict.fromkeys(
    (
        "check_sample_weight_equivalence_on_dense_data",
        "check_sample_weight_equivalence_on_sparse_data",
    ),
    "a row of weight 2 and a row given twice fall into different mini-batches and draw "
    "different dropout masks",
)


def checks_in_turns(kind, **settings):
    """Each check for all settings before the next: their networks share programs."""
    turns = {}
    for name, chosen in settings.items():
        for estimator, check in estimator_checks_generator(kind(**EXACT, **chosen)):
            options = (f"{key}={value}" for key, value in check.keywords.items())
            what = "-".join([kind.__name__, check.func.__name__, *options])
            case = pytest.param(estimator, check, id=f"{what}-{name}")
            turns.setdefault(what, []).append(case)
    return list(chain.from_iterable(turns.values()))


@pytest.mark.slow(after=8)
@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        case
        for kind in (MiraiDNNClassifier, MiraiDNNRegressor)
        for case in checks_in_turns(kind, complete={}, gaps={"missing": "impute"})
    ],
)
def test_full_batches_without_dropout(estimator, check):
    """Tables with gaps or without, which train the same networks."""
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(
    [MiraiDNNClassifier(), MiraiDNNRegressor()],
    expected_failed_checks=lambda estimator: NOT_EXACT,
)
def test_defaults(estimator, check):
    check(estimator)


@pytest.mark.slow(after=4)
@parametrize_with_checks(
    [
        MiraiDNNClassifier(**EXACT, n_members=4, share_batches=True),
        MiraiDNNRegressor(**EXACT, n_members=4, share_batches=True),
    ]
)
def test_members(estimator, check):
    check(estimator)


@pytest.mark.slow(after=4)
@parametrize_with_checks(
    [MiraiDNNClassifier(scaler="auto"), MiraiDNNRegressor(scaler="auto")],
    expected_failed_checks=lambda estimator: NOT_EXACT,
)
def test_the_documented_choice(estimator, check):
    check(estimator)


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    "check",
    [
        check_dataframe_column_names_consistency,
        check_param_validation,
        check_all_zero_sample_weights_error,
    ],
)
@pytest.mark.parametrize("kind", [MiraiDNNClassifier, MiraiDNNRegressor])
def test_checks_that_the_suite_leaves_out(kind, check):
    check(kind.__name__, kind(**EXACT))


@pytest.fixture(scope="module", params=[[0.8, 0.2], [0.8, 0.1, 0.1]])
def unbalanced(request):
    """Training and test halves of a table with rare classes, as in sklearn's tests."""
    X, y = make_classification(
        n_samples=200,
        n_features=10,
        n_informative=len(request.param),
        n_classes=len(request.param),
        weights=request.param,
        random_state=0,
    )
    halves = train_test_split(
        StandardScaler().fit_transform(X), y, test_size=0.5, random_state=0
    )
    return halves, request.param


@pytest.mark.slow
def test_balanced_class_weight_by_sklearns_check(unbalanced):
    (X_train, X_test, y_train, y_test), weights = unbalanced
    # after 20 epochs the order of the two scores is still a matter of the seed
    clf = MiraiDNNClassifier(**EXACT | {"epochs": 100})
    check_class_weight_balanced_classifiers(
        "MiraiDNNClassifier", clf, X_train, y_train, X_test, y_test, weights
    )


@pytest.mark.slow
def test_balanced_class_weight_finds_more_of_the_rare_classes(unbalanced):
    """Five networks each: one alone may lose, 100 test rows hold few rare ones."""
    (X_train, X_test, y_train, y_test), _ = unbalanced

    def score(seed, weight):
        clf = MiraiDNNClassifier(class_weight=weight, random_state=seed)
        found = clf.fit(X_train, y_train).predict(X_test)
        return balanced_accuracy_score(y_test, found)

    gains = [score(seed, "balanced") - score(seed, None) for seed in range(5)]
    assert np.mean(gains) > 0.05
    assert sorted(gains)[1] > 0
