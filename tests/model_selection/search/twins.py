"""scikit-learn's own search over the candidates of ours, and how the two compare."""

import numpy as np
from sklearn.model_selection import GridSearchCV

#: What one time differs from the next.
_TIMES = ("fit_time", "score_time")


def grid_of(search, X, y=None, **params):
    """GridSearchCV, fitted, over the parameters that the trials of a search had."""
    candidates = search.cv_results_["params"]
    grid = [{name: [value] for name, value in each.items()} for each in candidates]
    return GridSearchCV(
        search.estimator,
        grid,
        scoring=search.scoring,
        cv=search.cv,
        refit=search.refit,
        error_score=search.error_score,
        return_train_score=search.return_train_score,
    ).fit(X, y, **params)


def assert_equal_results(ours, theirs):
    """The columns that two searches share have equal values and dtypes."""
    assert ours.keys() - theirs.keys() == {"trial", "pruned"}
    assert theirs.keys() <= ours.keys()
    assert ours["params"] == theirs["params"]
    for name in theirs.keys() - {"params"}:
        one, other = ours[name], theirs[name]
        assert type(one) is type(other), name
        assert (one.dtype, one.shape) == (other.dtype, other.shape), name
        if name.endswith(_TIMES):
            assert (one >= 0).all(), name
        elif isinstance(one, np.ma.MaskedArray):
            np.testing.assert_array_equal(one.mask, other.mask, err_msg=name)
            assert one.compressed().tolist() == other.compressed().tolist(), name
        else:
            np.testing.assert_array_equal(one, other, err_msg=name)


def assert_equal_winners(search, grid):
    """Both found the same candidate, and the same scorer, splits and kind of score."""
    assert search.best_index_ == grid.best_index_
    assert search.best_params_ == grid.best_params_
    assert search.n_splits_ == grid.n_splits_
    assert search.multimetric_ == grid.multimetric_
    assert hasattr(search, "best_score_") == hasattr(grid, "best_score_")
    if hasattr(grid, "best_score_"):
        assert search.best_score_ == grid.best_score_
    assert type(search.scorer_) is type(grid.scorer_)
    if isinstance(grid.scorer_, dict):
        assert search.scorer_.keys() == grid.scorer_.keys()
