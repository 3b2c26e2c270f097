"""Take fitted ensembles apart into what their files hold, and put them together."""

from typing import Any

import numpy as np

from skmirai.utils._forms import MOST_JOBS, Parts, UnknownValueError

#: Most members of an ensemble in a file.
MOST_MEMBERS = 256

#: Fitted attributes that members have alike.
_SHARED = ("n_features_in_", "feature_names_in_", "classes_")


def members_of(ensemble: Any) -> Parts:
    """Return the parts of an ensemble: its members are whole estimators.

    One that is not fitted, as it is a parameter of another, has parameters alone.

    Raises
    ------
    UnknownValueError
        If it has attributes that files do not hold.
    """
    params = ensemble.get_params(deep=False)
    if not ensemble.__sklearn_is_fitted__():
        return {"params": params}
    known = {*params, *_SHARED, "estimators_", "_metadata_request"}
    for other in vars(ensemble).keys() - known:
        raise UnknownValueError(
            (other,),
            "is an attribute that cannot be saved",
            "delete it, and set it again after loading",
        )
    members = ensemble.estimators_
    if len(members) > MOST_MEMBERS:
        raise UnknownValueError(
            ("n_estimators",),
            f"is {len(members):,}; files hold at most {MOST_MEMBERS:,} members",
        )
    requests = vars(ensemble).get("_metadata_request")
    return {
        "params": params,
        "members": {str(number): member for number, member in enumerate(members)},
        "learned": {} if requests is None else {"_metadata_request": requests},
    }


def with_members(cls: Any, parts: Parts) -> Any:
    """Return the ensemble that ``members_of`` took apart, trusting none of it.

    Raises
    ------
    ValueError
        If the parts do not fit together.
    """
    is_fitted = parts.keys() != {"params"}
    if is_fitted and parts.keys() != {"params", "members", "learned"}:
        raise ValueError(
            "an ensemble needs its params, its members and what it learned"
        )
    ensemble = cls(**parts["params"])
    ensemble._validate_params()
    n_jobs = ensemble.n_jobs
    if n_jobs is not None and not -MOST_JOBS <= n_jobs <= MOST_JOBS:
        raise ValueError(f"n_jobs={n_jobs} is more than {MOST_JOBS:,} jobs")
    if not is_fitted:
        return ensemble
    if not parts["learned"].keys() <= {"_metadata_request"}:
        raise ValueError("it holds unknown fitted attributes")
    members = list(parts["members"].values())
    if not members or not all(
        type(member) is cls._kind and member.__sklearn_is_fitted__()
        for member in members
    ):
        raise ValueError(f"its members are no fitted {cls._kind.__name__}")
    for member in members[1:]:
        if not _are_alike(members[0], member):
            raise ValueError("its members do not have the same columns and targets")
    vars(ensemble).update(parts["learned"])
    ensemble.estimators_ = members
    ensemble._take_over(members[0])
    return ensemble


def _are_alike(first: Any, other: Any) -> bool:
    same_head = all(
        getattr(first.pipeline_["dnn"].network_.spec, name)
        == getattr(other.pipeline_["dnn"].network_.spec, name)
        for name in ("n_outputs", "output_activation")
    )
    return same_head and all(
        np.array_equal(getattr(first, name, ()), getattr(other, name, ()))
        for name in (*_SHARED, "_flat_target")
    )
