"""``skmirai info``: what is in the file of a model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skmirai.cli._options import STANDARD, JsonOption

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Most names that a line of text lists.
_MOST_NAMES = 8


def info(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="File of skmirai.save().")
    ],
    as_json: JsonOption = False,
) -> None:
    """Say what is in the file of a model, without TensorFlow.

    What it is made of, what wrote it and when, its classes and columns, the network and
    its parameters, and whether it is calibrated, abstains, or knows what is novel. The
    whole file is checked on the way. The JSON lists all parameters and columns.
    """
    import json

    from skmirai.cli._json import plain
    from skmirai.cli._models import loaded
    from skmirai.cli._output import text_output

    facts = {**_of_file(model), **facts_of(loaded(model))}
    with text_output(STANDARD) as text:
        if as_json:
            text.write(json.dumps(plain(facts), indent=1) + "\n")
        else:
            text.writelines(f"{line}\n" for line in _lines(facts))


def _of_file(path: Path) -> dict[str, Any]:
    """What the file says of itself."""
    import json
    from datetime import UTC, datetime

    from skmirai.utils._archive import read_archive

    try:
        content = json.loads(read_archive(path)["estimator.json"])
        written_with = dict(content["written_with"])
        version = content["format_version"]
    except (KeyError, TypeError, ValueError):
        written_with, version = {}, None  # who loads the file says what is wrong
    facts = path.stat()
    modified = datetime.fromtimestamp(facts.st_mtime, UTC)
    return {
        "file": str(path),
        "bytes": facts.st_size,
        "modified": modified.isoformat("T", "seconds"),
        "format_version": version,
        "written_with": written_with,
    }


def facts_of(model: Any) -> dict[str, Any]:
    """Collect what is known of a loaded model.

    Parameters
    ----------
    model : estimator or Pipeline
        What a file held.

    Returns
    -------
    dict of str to object
        Of the estimator of skmirai within it: ``params`` are all of its parameters,
        ``changed`` those that are not the defaults.
    """
    from skmirai.cli._models import fitted_columns, keeps_rows, networks_of
    from skmirai.utils._wrapped import chain_of

    parts = [*chain_of(model)]
    *_, estimator = parts
    networks = networks_of(model)
    names, n_columns = fitted_columns(model)
    classes = getattr(model, "classes_", None)
    params = estimator.get_params(deep=False)
    defaults = type(estimator)().get_params(deep=False)
    keep = keeps_rows(model)
    return {
        "made_of": [name for part in parts for name in _names_of(part)],
        "classes": classes,
        "n_columns": n_columns,
        "columns": names,
        "networks": [_network(one) for one in networks],
        "calibrated": next(_calibrations(parts), None),
        "abstains": next(_abstentions(parts), None),
        "novelty_rows": params.get("novelty_rows") if keep else None,
        "changed": {k: v for k, v in params.items() if _differs(v, defaults[k])},
        "params": params,
    }


def _names_of(part: Any) -> list[str]:
    """Class of a part; of a Pipeline those of its steps but the last as well."""
    own = [type(part).__name__]
    return own + [type(step).__name__ for _, step in getattr(part, "steps", [])[:-1]]


def _differs(value: Any, default: Any) -> bool:
    return repr(value) != repr(default)


def _network(estimator: Any) -> dict[str, Any]:
    """Architecture of a network, what is in front of it, and how it was trained."""
    pipeline = estimator.pipeline_
    spec = pipeline["dnn"].network_.spec
    drop, scale = pipeline["drop"], pipeline["scale"]
    for _ in range(2):  # what chooses a scaler, and what scales numbers alone
        scale = getattr(scale, "scaler_", scale)
    unscaled = scale is None or isinstance(scale, str)
    return {
        "hidden_layers": spec.sizes,
        "activation": spec.activation,
        "dropout_rates": spec.rates,
        "members": spec.n_members,
        "n_inputs": spec.n_features,
        "n_outputs": spec.n_outputs,
        "n_parameters": estimator.n_parameters_,
        "dtype": spec.dtype,
        "scaler": None if unscaled else type(scale).__name__,
        "dropped_columns": len(drop.dropped_indices_),
        "encodes_text_or_gaps": drop.encoder_ is not None,
        "epochs": estimator.n_iter_,
        "last_loss": estimator.history_["loss"][-1],
    }


def _calibrations(parts: list[Any]) -> "Iterator[dict[str, Any]]":
    """Say how probabilities are calibrated."""
    from skmirai.cli._models import temperature_of

    for part in parts:
        fitted = getattr(part, "calibrated_classifiers_", None)
        if fitted:
            found = {"method": part.method, "n_classifiers": len(fitted)}
            if part.method == "temperature":
                found["temperatures"] = [temperature_of(one) for one in fitted]
            yield found


def _abstentions(parts: list[Any]) -> "Iterator[dict[str, Any]]":
    """Say what an abstaining classifier promises, and on what rows that rests."""
    promises = ("max_false_alarm_rate", "max_risk", "coverage")
    for part in parts:
        if hasattr(part, "abstain_label_"):
            yield {
                **{p: v for p in promises if (v := getattr(part, p)) is not None},
                "confidence": part.confidence,
                "by": part.by_,
                "threshold": part.threshold_,
                "abstain_label": part.abstain_label_,
                "benign_label": part.benign_label_,
                "n_calibration": part.n_calibration_,
                "calibration_coverage": part.calibration_coverage_,
                "calibration_false_alarm_rate": part.calibration_false_alarm_rate_,
                "calibration_risk": part.calibration_risk_,
            }


def _lines(facts: dict[str, Any]) -> "Iterator[str]":
    """Say it in lines."""
    from skmirai.utils._files import escaped

    told = {
        "file": f"{facts['file']}, {facts['bytes']:,} bytes, {facts['modified']}",
        "format": f"version {facts['format_version']}, written with "
        + ", ".join(f"{k} {v}" for k, v in facts["written_with"].items()),
        "made of": " around ".join(facts["made_of"]),
    }
    if facts["classes"] is not None:
        told["classes"] = _listed([str(label) for label in facts["classes"]])
    names = facts["columns"]
    told["columns"] = f"{facts['n_columns']}" + (
        f": {_listed(names)}" if names else ", without names"
    )
    for number, network in enumerate(facts["networks"]):
        title = "network" if len(facts["networks"]) == 1 else f"network {number}"
        told[title] = _network_line(network)
        told[f"{title}: training"] = (
            f"{network['epochs']} epochs, loss {network['last_loss']:.4g} in the last"
        )
    told["calibrated"] = _pairs(facts["calibrated"])
    told["abstains"] = _pairs(facts["abstains"])
    rows = facts["novelty_rows"]
    told["novelty"] = f"compares with {rows:,} training rows" if rows else "no"
    told["parameters"] = _pairs(facts["changed"], none="the defaults")
    width = max(map(len, told))
    for name, text in told.items():
        yield f"{name:{width}}  {escaped(text)}"


def _network_line(network: dict[str, Any]) -> str:
    layers = " x ".join(map(str, network["hidden_layers"])) or "none"
    members = f", {network['members']} members" if network["members"] > 1 else ""
    dropped = f", {n} columns dropped" if (n := network["dropped_columns"]) else ""
    return (
        f"{network['n_inputs']} inputs, hidden layers {layers}{members}, "
        f"{network['n_parameters']:,} numbers, {network['dtype']}; scaler "
        f"{network['scaler'] or 'none'}{dropped}"
    )


def _pairs(found: dict[str, Any] | None, *, none: str = "no") -> str:
    if not found:
        return none
    return ", ".join(f"{name}={_short(value)}" for name, value in found.items())


def _short(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_short, value))
    return f"{value:.5g}" if isinstance(value, float) else f"{value}"


def _listed(names: list[str]) -> str:
    more = f" and {n} more" if (n := len(names) - _MOST_NAMES) > 0 else ""
    return ", ".join(map(str, names[:_MOST_NAMES])) + more
