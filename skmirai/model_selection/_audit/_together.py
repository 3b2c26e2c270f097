"""Findings of one kind in many columns, measured as one."""

from collections.abc import Iterable
from dataclasses import replace

from skmirai.model_selection._audit._finding import Finding, listed

#: Findings of one kind that are measured one by one.
MOST = 3


def together(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings with those beyond a few of one kind as one.

    Findings of single columns are of one kind if smell, certainty and remedy are the
    same. Where they are more than `MOST`, the first ones, which say most, stay, and one
    finding names the columns of all: where many columns say the same, the score shows
    only without all of them what they are worth, and as many fits as columns would take
    long.

    Parameters
    ----------
    findings : iterable of Finding
        The findings, those of one kind in the order of what they say.

    Returns
    -------
    list of Finding
        At most `MOST` of a kind and the one of all, in the order in which they came.
    """
    kinds: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        single = len(finding.columns) == 1
        own = () if single else (str(id(finding)),)
        key = (finding.smell, finding.certainty, finding.remedy, *own)
        kinds.setdefault(key, []).append(finding)
    return [
        finding
        for kind in kinds.values()
        for finding in (kind if len(kind) <= MOST else [*kind[:MOST], _of_all(kind)])
    ]


def _of_all(kind: list[Finding]) -> Finding:
    names = tuple(name for finding in kind for name in finding.columns)
    last = kind[-1]
    return replace(
        last,
        columns=names,
        n_rows=max(finding.n_rows for finding in kind),
        seen=f"{len(names)} columns in all, {listed(names)}: {MOST} of them have a "
        f"finding of their own; of {last.columns[0]!r}, the last of them: {last.seen}",
        arguments={"drop_columns": [*names]},
    )
