"""Turn the content of a file into a fitted estimator, trusting none of it."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sklearn
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skmirai.neural_network._files.classes import CLASSES, last_step
from skmirai.neural_network._files.saving import CONTENT, FORMAT, VERSION, versions
from skmirai.neural_network._files.wrappers import WRAPPERS
from skmirai.utils._archive import read_archive
from skmirai.utils._warnings import warn_user

#: What may be around an estimator of skmirai, by the names in files.
_OUTER: dict[str, type] = {
    "sklearn.pipeline.Pipeline": Pipeline,
    "sklearn.frozen.FrozenEstimator": FrozenEstimator,
    **WRAPPERS,
}

#: Most characters of a reason in a message.
_LONGEST = 500

#: Fewest bytes of JSON for each list and object in it. Those that are written have more
#: than 50; in memory each takes 60 to 230.
_BYTES_EACH = 10

_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"')

#: What a file says of itself.
_HEAD = ("format", "format_version", "written_with")


def load_as(wanted: type | None, path: str | os.PathLike[str]) -> Any:
    """Load an estimator, which must be of a given class unless that is None."""
    with _about(path):
        members = read_archive(path)
        content = _checked_content(members)
    kind = {**CLASSES, **_OUTER}[content["class"]]
    if wanted not in (None, kind):
        own = f"{kind.__name__}.load or " if kind.__name__ in CLASSES else ""
        raise ValueError(
            f"{path} holds a {kind.__name__}; load it with {own}skmirai.load"
        )
    head = {name: content.pop(name) for name in _HEAD}
    with _about(path, head["written_with"]):
        from skmirai.neural_network._files.kinds import codec

        estimator = codec().decode_estimator(content, members)
        _require(not members, f"the members {sorted(members)} belong to nothing")
        check_is_fitted(last_step(estimator))
        last = type(last_step(estimator))
        _require(
            CLASSES.get(last.__name__) is last,
            f"it holds a {kind.__name__} that ends in {last.__name__}",
        )
    written = head["written_with"]["scikit-learn"]
    if written != sklearn.__version__:
        warn_user(
            InconsistentVersionWarning(
                estimator_name=kind.__name__,
                current_sklearn_version=sklearn.__version__,
                original_sklearn_version=written,
            )
        )
    return estimator


@contextmanager
def _about(
    path: str | os.PathLike[str], written_with: dict[str, str] | None = None
) -> Iterator[None]:
    """Turn whatever a wrong file leads to into an error that names the file."""
    try:
        yield
    except (OSError, MemoryError):
        raise
    except Exception as error:
        others = [
            f"{package} {written}, not {versions().get(package)}"
            for package, written in (written_with or {}).items()
            if written != versions().get(package)
        ]
        hint = f" (it was written with {', '.join(others)})" if others else ""
        reason = str(error)
        if len(reason) > _LONGEST:  # some quote what they got
            reason = f"{reason[:_LONGEST]} ..."
        raise ValueError(
            f"{os.fspath(path)!r} cannot be loaded: {reason}{hint}; "
            f"copy it anew, or save the estimator again with its method save"
        ) from error


def _require(condition: Any, message: str) -> None:
    if not condition:
        raise ValueError(message)


def _checked_content(members: dict[str, bytes]) -> dict[str, Any]:
    _require(CONTENT in members, f"the member {CONTENT!r} is missing")
    document = members.pop(CONTENT)
    structure, n_bytes = _TEXT.sub(b"", document), len(document)
    n_inner = structure.count(b"[") + structure.count(b"{")
    _require(
        n_inner <= 1_000 + n_bytes // _BYTES_EACH,
        f"the member {CONTENT!r} has {n_inner:,} lists and objects in {n_bytes:,} "
        f"bytes, which none that is written has",
    )
    content = json.loads(document, parse_constant=_refuse_constant)
    _require(
        isinstance(content, dict) and content.get("format") == FORMAT,
        f"it does not say that it is a {FORMAT!r}",
    )
    found, known = content.get("format_version"), [*range(1, VERSION + 1)]
    _require(
        type(found) is int and found in known,
        f"its format has version {found!r}, this version of skmirai reads {known}; "
        f"load it with the version of skmirai that wrote it, "
        f"{content.get('written_with', {}).get('skmirai')!r}",
    )
    classes = [*CLASSES, *(_OUTER if found > 1 else ())]
    _require(
        content.get("class") in classes,
        f"its class {content.get('class')!r} is none of {classes}",
    )
    _require(
        isinstance(content["written_with"].get("scikit-learn"), str),
        "it does not say which version of scikit-learn wrote it",
    )
    return content


def _refuse_constant(name: str) -> None:
    raise ValueError(f"the member {CONTENT!r} holds {name}, which is no JSON")
