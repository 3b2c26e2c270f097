"""What a training would do: rows, columns, search and file, as text and as JSON."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skmirai.cli._json import plain
from skmirai.cli._training.chosen import Choice
from skmirai.cli._training.plan import BUDGET, CALIBRATE, Plan

if TYPE_CHECKING:
    from skmirai.cli._training.sources import Labelled

#: Names of columns that are listed in text.
_MOST_NAMES = 12


def dry_facts(
    given: "Labelled", captures: list[Path], plan: Plan, choice: Choice, output: Path
) -> dict[str, Any]:
    """Collect what a training would do, for JSON.

    Parameters
    ----------
    given : Labelled
        What the plan is made of.
    captures : list of Path
        Those of the sources whose features have not been extracted.
    plan : Plan
        The rows of each part.
    choice : Choice
        What is trained, and searched for.
    output : Path
        Where the model would go.

    Returns
    -------
    dict of str to object
        "rows", "kept_together", "estimator" and "params" are as `skmirai train --json`
        has them, but for parameters that a search is to choose.
    """
    from skmirai.utils._benign import benign_class

    learned, estimator = plan.rows.columns, choice.estimator
    classes, benign = None, None
    if not plan.regress:
        labels, counts = np.unique(plan.rows.y, return_counts=True)
        classes = dict(zip(labels.tolist(), counts.tolist(), strict=True))
        benign = benign_class(labels, plan.benign)
    found: dict[str, Any] = plain(
        {
            "dry_run": True,
            "model": str(output),
            "replaces": output.exists(),
            "rows": {name: len(own) for name, own in plan.parts.items()},
            "classes": classes,
            "kept_together": plan.unit,
            "columns": learned,
            "dropped": [c for c in given.X.columns.tolist() if c not in {*learned}],
            "target": given.found["target"].name,
            "groups": given.found["groups"].name if "groups" in given.found else None,
            "to_extract": [str(path) for path in captures],
            "estimator": type(estimator).__name__,
            "params": estimator.get_params(deep=False),
            "search": _search(choice),
            "calibrate": CALIBRATE in plan.parts,
            "budget": plan.budget,
            "benign": benign,
        }
    )
    return found


def _search(choice: Choice) -> dict[str, Any] | None:
    if (search := choice.search) is None:
        return None
    return {
        "n_trials": search.n_trials,
        "timeout": search.timeout,
        "scoring": search.scoring,
        "n_splits": search.cv.get_n_splits(),
        "space": search.space,
    }


def dry_lines(facts: dict[str, Any], plan: Plan, choice: Choice) -> list[str]:
    """Say it in lines.

    Parameters
    ----------
    facts : dict of str to object
        What `dry_facts` has collected.
    plan : Plan
        The rows of each part.
    choice : Choice
        What is trained, and searched for.

    Returns
    -------
    list of str
    """
    lines = plan.lines()
    columns, dropped = facts["columns"], facts["dropped"]
    lines.append(f"{len(columns)} columns to learn from: {_listed(columns)}")
    if dropped:
        lines.append(f"dropped: {_listed(dropped)}")
    for role in ("target", "groups"):
        if facts[role] is not None:
            lines.append(f"{role}: column {facts[role]}")
    if facts["to_extract"]:
        lines.append(
            f"features are still to be extracted of {', '.join(facts['to_extract'])}: "
            "the packets were read, and fit their labels"
        )
    if BUDGET in plan.parts:
        lines.append(
            f"budget {plan.budget:g}: the share of rows of the class "
            f"{facts['benign']} that may raise an alarm"
        )
    estimator = choice.estimator
    defaults = type(estimator)().get_params(deep=False)
    changed = ", ".join(
        f"{name}={value}"
        for name, value in estimator.get_params(deep=False).items()
        if repr(value) != repr(defaults[name])
    )
    lines.append(f"{facts['estimator']}: {changed or 'the defaults'}")
    if (search := facts["search"]) is not None:
        timeout = search["timeout"]
        bound = "" if timeout is None else f" begun within {timeout:g} s"
        lines.append(
            f"search: at most {search['n_trials']} trials{bound} of "
            f"{', '.join(search['space'])}, by {search['scoring']} in "
            f"{search['n_splits']} folds of the rows to train"
        )
    fate = "replaced" if facts["replaces"] else "written"
    lines.append(f"{facts['model']}: would be {fate}; this is a dry run, nothing is")
    return lines


def _listed(names: list[Any]) -> str:
    more = f" and {n} more" if (n := len(names) - _MOST_NAMES) > 0 else ""
    return ", ".join(map(str, names[:_MOST_NAMES])) + more
