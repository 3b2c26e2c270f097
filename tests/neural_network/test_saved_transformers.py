"""Files hold what scikit-learn's transformers learn, or refuse it by name."""

import copy
import inspect

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.utils import all_estimators

import skmirai
from skmirai.neural_network._files.transformers import transformers
from tests.neural_network.round_trips import plain_params, trip

#: Transformers that learn something that files do not hold.
NOT_HELD = {"LatentDirichletAllocation", "MiniBatchDictionaryLearning"}

#: Those that need another table, or more arguments: tested elsewhere, or of no use.
OTHER_USE = {
    *("ColumnTransformer", "FeatureUnion", "Pipeline", "FrozenEstimator"),
    *("KernelCenterer", "LabelBinarizer", "LabelEncoder", "MultiLabelBinarizer"),
}


#: Where there are no more components than columns of the target, less one.
ONE_TARGET = {"sklearn.cross_decomposition._pls", "sklearn.discriminant_analysis"}


def example(cls):
    """Transformer of a class, with what it cannot do without."""
    given = {
        "dictionary": np.random.default_rng(0).normal(size=(4, 6)),
        "estimator": LogisticRegression(),
        "n_components": 1 if cls.__module__ in ONE_TARGET else 3,
        "k": 3,
        "n_quantiles": 20,
        "random_state": 0,
        "max_iter": 50,
    }
    known = inspect.signature(cls).parameters
    return cls(**{name: value for name, value in given.items() if name in known})


KNOWN = [
    cls
    for name, cls in transformers().items()
    if "linear_model" not in name and cls.__name__ not in OTHER_USE
]


@pytest.mark.slow(after=4)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("cls", KNOWN)
def test_every_transformer_comes_back_or_is_refused_by_name(
    cls, fitted_classifier, tmp_path
):
    rng = np.random.default_rng(1)
    X, y = rng.random((60, 6)), rng.integers(0, 2, 60)
    transformer = example(cls).fit(X, y)
    # what follows is of no matter, as long as it can be saved
    pipe = Pipeline([("first", transformer), ("last", fitted_classifier)])
    if cls.__name__ in NOT_HELD:
        with pytest.raises(TypeError, match=r"steps: first: .*andom_state.* pickle"):
            skmirai.save(pipe, tmp_path / "saved")
        return
    again = trip(pipe, tmp_path)[0]
    assert vars(again).keys() == vars(transformer).keys()
    assert plain_params(again) == plain_params(transformer)
    # a part of a larger array becomes one of its own, in every kind of copy
    found, expected = again.transform(X), copy.deepcopy(transformer).transform(X)
    if hasattr(found, "toarray"):
        found, expected = found.toarray(), expected.toarray()
    np.testing.assert_array_equal(found, expected)


def test_packages_hold_all_that_scikit_learn_has():
    """Another package's transformer is left out for a reason, not by oversight."""
    found = {cls for _, cls in all_estimators(type_filter="transformer")}
    left_out = {cls.__name__ for cls in found - set(transformers().values())}
    assert left_out == {
        # compiled code that trusts fitted indices: trees, neighbours, vocabularies
        *("RandomTreesEmbedding", "Isomap", "LocallyLinearEmbedding", "Birch"),
        *("KNeighborsTransformer", "RadiusNeighborsTransformer", "BisectingKMeans"),
        *("DictVectorizer", "FeatureHasher", "HashingVectorizer", "TfidfTransformer"),
        *("PatchExtractor", "FeatureAgglomeration", "TSNE", "IsotonicRegression"),
        # they hold generators of random numbers
        *("BernoulliRBM", "MiniBatchKMeans", "NeighborhoodComponentsAnalysis"),
        # they end in other classifiers
        *("StackingClassifier", "StackingRegressor"),
        *("VotingClassifier", "VotingRegressor"),
    }
