"""What files may hold of scikit-learn: transformers, and the values within them."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from itertools import chain
from typing import Any

import numpy as np
from scipy import sparse
from scipy.interpolate import BSpline
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_selector
from sklearn.preprocessing import OneHotEncoder

from skmirai.preprocessing import (
    FORMER_SCALERS,
    SCALERS,
    ColumnDropper,
    TableEncoder,
)
from skmirai.utils._forms import PARAMS_AND_STATE, Form, Parts
from skmirai.utils._kinds import Kind, shown

# Not listed: what computes on fitted arrays in compiled code that trusts their indices
# (trees, neighbours, vocabularies of text), so that a forged file could make it read
# and write where it should not.

#: Packages of scikit-learn whose transformers are written and read.
_PACKAGES = (
    "compose",
    "cross_decomposition",
    "decomposition",
    "discriminant_analysis",
    "feature_selection",
    "frozen",
    "impute",
    "kernel_approximation",
    "pipeline",
    "preprocessing",
    "random_projection",
)

#: Those whose estimators a feature selection or an imputer may hold besides.
_HELD = ("linear_model",)


#: Single classes of other packages.
_SINGLE = {"cluster": "KMeans"}

_OWN = "skmirai.preprocessing"


class _Transformers(Mapping[str, type]):
    """Classes by their names; who asks for a name has its package imported alone."""

    _packages = (_OWN, *(f"sklearn.{n}" for n in (*_SINGLE, *_PACKAGES, *_HELD)))

    def __getitem__(self, name: str) -> type:
        package = name.rpartition(".")[0]
        if package not in self._packages:
            raise KeyError(name)
        return _classes_of(package)[name]

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(map(_classes_of, self._packages))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def transformers() -> Mapping[str, type]:
    """Return the transformers that files may hold, by the names there."""
    return _Transformers()


@cache
def _classes_of(package: str) -> dict[str, type]:
    """Those of a package, by their names."""
    if package == _OWN:
        own: list[type] = [ColumnDropper, TableEncoder, *FORMER_SCALERS]
        own += [scaler.cls for scaler in SCALERS.values()]
        return {f"{package}.{cls.__name__}": cls for cls in own}
    module, last = import_module(package), package.rpartition(".")[2]
    if last in _SINGLE:
        return {f"{package}.{_SINGLE[last]}": getattr(module, _SINGLE[last])}
    classes = {}
    wanted = "fit" if last in _HELD else "transform"
    for name in getattr(module, "__all__", dir(module)):
        found = getattr(module, name, None)  # some are experimental
        if not isinstance(found, type) or not issubclass(found, BaseEstimator):
            continue
        if not found.__module__.startswith(module.__name__) or name[0] == "_":
            continue
        if hasattr(found, wanted) or last in ("frozen", "pipeline"):
            classes[f"{package}.{name}"] = found
    return classes


# -- values ------------------------------------------------------------------------


def _selector(packed: Any) -> make_column_selector:
    pattern, include, exclude = packed
    return make_column_selector(pattern, dtype_include=include, dtype_exclude=exclude)


@cache
def _scores() -> dict[str, Any]:
    from sklearn import feature_selection

    values = {
        name: getattr(feature_selection, name) for name in feature_selection.__all__
    }
    return {n: value for n, value in values.items() if not isinstance(value, type)}


#: Types of columns that stand for others, or belong to Python.
_TYPES = {
    **{f"numpy.{cls.__name__}": cls for cls in (np.number, np.integer, np.floating)},
    **{cls.__name__: cls for cls in (bool, int, float, str, object)},
}


def _is_name_in(known: dict[str, Any], value: Any) -> bool:
    return any(value is other for other in known.values())


def _name_in(known: dict[str, Any], value: Any) -> str:
    return next(name for name, other in known.items() if value is other)


def _named(known: dict[str, Any], name: Any) -> Any:
    if name not in known:
        raise ValueError(f"{shown(name)} is none of {[*known]}")
    return known[name]


def _kind_of_names(kind: str, known: Callable[[], dict[str, Any]]) -> Kind:
    return Kind(
        kind,
        lambda value: _is_name_in(known(), value),
        lambda value: _name_in(known(), value),
        lambda packed: _named(known(), packed),
    )


def _packed_rows(matrix: Any) -> list[Any]:
    is_array = isinstance(matrix, sparse.sparray)
    arrays = [matrix.data, matrix.indices, matrix.indptr]
    return [is_array, list(matrix.shape), *arrays]


def _rows(packed: Any) -> Any:
    is_array, (n_rows, n_columns), data, indices, starts = packed
    # Compiled code trusts the indices, and SciPy's own check knows exceptions.
    if not (
        all(isinstance(a, np.ndarray) and a.ndim == 1 for a in (data, indices, starts))
        and indices.dtype.kind == starts.dtype.kind == "i"
        and len(starts) == n_rows + 1
        and starts[0] == 0
        and (np.diff(starts) >= 0).all()
        and starts[-1] == len(indices) == len(data)
        and (indices >= 0).all()
        and (indices < n_columns).all()
    ):
        raise ValueError(f"the indices of a sparse array of {n_rows!r} rows are wrong")
    cls = sparse.csr_array if is_array else sparse.csr_matrix
    return cls((data, indices, starts), shape=(n_rows, n_columns))


def _spline(packed: Any) -> BSpline:
    knots, coefficients, degree, extrapolate, axis = packed
    return BSpline(knots, coefficients, degree, extrapolate, axis)


SKLEARN_KINDS = (
    Kind(
        "column_selector",
        lambda value: type(value) is make_column_selector,
        lambda value: [value.pattern, value.dtype_include, value.dtype_exclude],
        _selector,
    ),
    _kind_of_names("score_func", _scores),
    _kind_of_names("type", lambda: _TYPES),
    Kind(
        "sparse_rows",
        lambda value: sparse.issparse(value) and value.format == "csr",
        _packed_rows,
        _rows,
    ),
    Kind(
        "spline",
        lambda value: type(value) is BSpline,
        lambda value: [value.t, value.c, value.k, value.extrapolate, value.axis],
        _spline,
    ),
)


# -- one-hot codes -----------------------------------------------------------------


def _checked_encoder(cls: type, parts: Parts) -> OneHotEncoder:
    """Return an encoder whose codes are columns of what it returns.

    Its ``transform`` puts them into a sparse matrix without looking.
    """
    encoder = PARAMS_AND_STATE.put_together(cls, parts)
    state = parts["state"]
    if "categories_" not in state:
        return encoder
    categories, n_outs = state["categories_"], state["_n_features_outs"]
    nothing = [None] * len(categories)
    mappings = state.get("_default_to_infrequent_mappings") or nothing
    dropped = state["_drop_idx_after_grouping"]
    dropped = nothing if dropped is None else dropped
    for known, mapping, drop, n_out in zip(
        categories, mappings, dropped, n_outs, strict=True
    ):
        if not 0 <= n_out <= len(known):
            raise ValueError(
                f"{cls.__name__} returns {shown(n_out)} columns for {len(known)} "
                f"categories"
            )
        codes = np.arange(len(known))
        if mapping is not None:
            codes = np.asarray(mapping)[codes]
        if drop is not None:
            codes = codes[codes != drop]
            codes = codes - (codes > drop)
        if len(codes) and not 0 <= codes.min() <= codes.max() < n_out:
            raise ValueError(
                f"codes of {cls.__name__} are {codes.min()} to {codes.max()}, "
                f"but it returns {n_out} columns"
            )
    return encoder


# -- tables ------------------------------------------------------------------------


def _checked_table_encoder(cls: type, parts: Parts) -> TableEncoder:
    """Return an encoder whose parts are those of as many columns as it takes."""
    encoder = PARAMS_AND_STATE.put_together(cls, parts)
    encoder._validate_params()
    state = parts["state"]
    if "is_categorical_" not in state:
        return encoder
    if "is_ordinal_" not in state:  # files of before there were any
        encoder.is_ordinal_ = np.zeros_like(state["is_categorical_"])
        encoder.ordinal_categories_ = []
    mask, n_columns = state["is_categorical_"], state["n_features_in_"]
    if not (
        type(n_columns) is int
        and isinstance(mask, np.ndarray)
        and mask.dtype == bool
        and mask.shape == (n_columns,)
    ):
        raise ValueError(f"is_categorical_ is no mask of {shown(n_columns)} columns")
    n_numbers = int((~mask).sum())
    fill = state["fill_values_"]
    # none where they must not be missing, whatever ``missing`` was set to since
    n_filled = n_numbers if np.size(fill) else 0
    if not (
        isinstance(fill, np.ndarray)
        and fill.dtype == np.float64
        and fill.shape == (n_filled,)
        and np.isfinite(fill).all()
    ):
        raise ValueError(f"fill_values_ does not hold {n_numbers} numbers")
    for name in ("indicator_indices_", "empty_indices_"):
        indices = state[name]
        if not (
            isinstance(indices, np.ndarray)
            and indices.ndim == 1
            and indices.dtype.kind == "i"
            and (np.diff(indices) > 0).all()
            and ((indices >= 0) & (indices < n_filled)).all()
        ):
            raise ValueError(f"{name} holds no ascending columns of {n_filled}")
    names = state.get("feature_names_in_", np.array(["x"] * n_columns, dtype=object))
    if not (
        isinstance(names, np.ndarray)
        and names.shape == (n_columns,)
        and all(isinstance(name, str) for name in names)
    ):
        raise ValueError(f"feature_names_in_ does not hold {n_columns} names")
    _check_ordinal(encoder)
    n_with_codes = int((mask & ~encoder.is_ordinal_).sum())
    _check_one_hot(state["one_hot_"], encoder, n_with_codes)
    return encoder


def _check_ordinal(encoder: TableEncoder) -> None:
    """Insist on categories for each column that becomes whole numbers."""
    chosen, known = encoder.is_ordinal_, encoder.ordinal_categories_
    if not (
        isinstance(chosen, np.ndarray)
        and chosen.dtype == bool
        and chosen.shape == encoder.is_categorical_.shape
        and not (chosen & ~encoder.is_categorical_).any()
    ):
        raise ValueError("is_ordinal_ is no mask of categorical columns")
    if not (
        isinstance(known, list)
        and len(known) == chosen.sum()
        and all(_are_categories(categories) for categories in known)
    ):
        raise ValueError(
            f"ordinal_categories_ does not hold those of {int(chosen.sum())} columns"
        )


def _are_categories(values: Any) -> bool:
    return (
        isinstance(values, np.ndarray)
        and values.dtype == object
        and values.ndim == 1
        and len(values) > 0
        and all(isinstance(value, str | int | float) for value in values)
    )


def _check_one_hot(one_hot: Any, encoder: TableEncoder, n_columns: int) -> None:
    """Insist on the encoder of categories that `TableEncoder` makes, fitted."""
    if one_hot is None and not n_columns:
        return
    expected = encoder.new_one_hot(n_rows=0).get_params()
    for limit in ("min_frequency", "max_categories"):  # those of fit, for fit alone
        expected[limit] = getattr(one_hot, limit, None)
    if not (
        type(one_hot) is OneHotEncoder
        and one_hot.get_params() == expected
        and getattr(one_hot, "n_features_in_", None) == n_columns > 0
        and isinstance(getattr(one_hot, "categories_", None), list)
        and len(one_hot.categories_) == n_columns
        and all(
            isinstance(known, np.ndarray) and known.dtype == object and known.ndim == 1
            for known in one_hot.categories_
        )
    ):
        raise ValueError(f"one_hot_ does not encode {n_columns} columns of categories")


#: Forms of classes whose state must be checked.
SKLEARN_FORMS = {
    OneHotEncoder: Form(PARAMS_AND_STATE.parts_of, _checked_encoder),
    TableEncoder: Form(PARAMS_AND_STATE.parts_of, _checked_table_encoder),
}
