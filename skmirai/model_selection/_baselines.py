"""Models that a score is put beside, for any table."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skmirai.model_selection._columns import plain_columns
from skmirai.preprocessing import TableEncoder
from skmirai.utils._frames import column_names

#: Questions about that column, less one: a step of the label, or a value in between.
_LEAVES = 8

#: Rows that the column is chosen by.
_ROWS_TO_CHOOSE = 10_000


def default_baselines(
    random_state: int | np.random.RandomState | None = None,
) -> dict[str, Any]:
    """Models that any classifier of a table should be put beside.

    All of them take tables as people have them: text becomes one-hot codes, missing
    and infinite numbers the median of their column and an indicator
    (:class:`~skmirai.preprocessing.TableEncoder`).

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        Seeds the models that draw.

    Returns
    -------
    dict of str to classifier
        Unfitted:

        - "majority": the most frequent class;
        - "chance": a class at random, as often as it is;
        - "one feature": a tree of at most 7 questions, all about the column that
          answers best;
        - "logistic regression", on standardised columns;
        - "boosted trees": :class:`~sklearn.ensemble.HistGradientBoostingClassifier`.

    See Also
    --------
    baseline_report : Puts an estimator beside them.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmirai.model_selection import default_baselines
    >>> flows = pd.DataFrame({"proto": ["tcp", "udp"] * 20, "bytes": [60, None] * 20})
    >>> y = (flows["proto"] == "udp").astype(int)
    >>> models = default_baselines(random_state=0)
    >>> for name, model in models.items():
    ...     print(f"{name:20} {model.fit(flows, y).score(flows, y)}")
    majority             0.5
    chance               0.475
    one feature          1.0
    logistic regression  1.0
    boosted trees        1.0
    """
    rng = check_random_state(random_state)
    chance, tree, boosting = (int(seed) for seed in rng.randint(2**31 - 1, size=3))
    return {
        "majority": DummyClassifier(),
        "chance": DummyClassifier(strategy="stratified", random_state=chance),
        "one feature": _of_numbers(
            SelectKBest(told_by_columns, k=1),
            DecisionTreeClassifier(max_leaf_nodes=_LEAVES, random_state=tree),
        ),
        "logistic regression": _of_numbers(
            StandardScaler(), LogisticRegression(max_iter=300)
        ),
        "boosted trees": _of_numbers(
            HistGradientBoostingClassifier(random_state=boosting)
        ),
    }


def _of_numbers(*steps: Any) -> Pipeline:
    """Put in front of some steps what makes numbers of any table."""
    return make_pipeline(TidyTable(), TableEncoder(missing="impute"), *steps)


def told_by_columns(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Measure what each column tells of the label by itself.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Numbers, of which at most 10,000 rows are looked at.
    y : ndarray of shape (n_rows,)
        Labels.

    Returns
    -------
    ndarray of shape (n_columns,)
        Mean probability of the label by a tree of that column alone: 1 less the Gini
        impurity of its leaves.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.model_selection._baselines import told_by_columns
    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> told_by_columns(X, np.array([0, 1, 0, 1]))
    array([0.5, 1. ])
    """
    if len(X) > _ROWS_TO_CHOOSE:
        rows = np.random.default_rng(0).choice(len(X), _ROWS_TO_CHOOSE, replace=False)
        X, y = X[rows], y[rows]
    codes = np.unique(y, return_inverse=True)[1]
    told = np.empty(X.shape[1])
    for k, column in enumerate(X.T):
        tree = DecisionTreeClassifier(max_leaf_nodes=_LEAVES, random_state=0)
        proba = tree.fit(column[:, np.newaxis], codes).predict_proba(
            column[:, np.newaxis]
        )
        told[k] = proba[np.arange(len(codes)), codes].mean()
    return told


def chosen_feature(model: Any) -> str | None:
    """Name of the column that a fitted "one feature" looks at, None of other models."""
    if isinstance(model, Pipeline) and isinstance(model.steps[-2:][0][1], SelectKBest):
        return str(model[:-1].get_feature_names_out()[0])
    return None


class TidyTable(TransformerMixin, BaseEstimator):
    """Any table as a DataFrame of floats and categories.

    What is no number becomes a category, by its text; dates become seconds since 1970;
    infinite numbers are missing. A column is what it was at ``fit``, a category where
    it had no value.

    Attributes
    ----------
    is_text_ : list of bool
        Which columns are categories.
    feature_names_ : list of str
        Names of the columns, or "x0" and so on where there are none, or some twice.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.model_selection._baselines import TidyTable
    >>> table = np.array([[80, "tcp"], [np.inf, None]], dtype=object)
    >>> TidyTable().fit_transform(table)
         x0   x1
    0  80.0  tcp
    1   NaN  NaN
    """

    def fit(self, X: Any, y: Any = None) -> "TidyTable":
        """Learn which columns hold numbers."""
        columns = plain_columns(X)
        self.is_text_ = [not _holds_numbers(values) for values in columns]
        names = [str(name) for name in column_names(X) or []]
        if len(set(names)) != len(columns):
            names = [f"x{k}" for k in range(len(columns))]
        self.feature_names_ = names
        return self

    def transform(self, X: Any) -> pd.DataFrame:
        """Return the table."""
        check_is_fitted(self)
        return pd.DataFrame(
            {
                name: _text(values) if is_text else _number(values)
                for name, is_text, values in zip(
                    self.feature_names_, self.is_text_, plain_columns(X), strict=True
                )
            }
        )

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns."""
        return np.array(self.feature_names_, dtype=object)


def _holds_numbers(values: np.ndarray) -> bool:
    kind = pd.Series(values).infer_objects().dtype
    dated = pd.api.types.is_datetime64_any_dtype(kind)
    numeric = isinstance(kind, np.dtype) and kind.kind in "biufm"
    return (dated or numeric) and bool(np.isfinite(_number(values)).any())


def _number(values: np.ndarray) -> np.ndarray:
    """Floats of a column, NaN where there is no finite one."""
    series = pd.Series(values).infer_objects()
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        series = series - pd.Timestamp(0, tz=series.dt.tz)
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        series = series.dt.total_seconds()
    numbers = pd.to_numeric(series, errors="coerce").to_numpy()
    if numbers.dtype.kind != "f":
        return numbers.astype(np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _text(values: np.ndarray) -> pd.Series:
    series = pd.Series(values)
    return series.astype(str).where(series.notna()).astype("category")
