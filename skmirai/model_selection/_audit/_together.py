"""Findings of one kind in many columns, measured as one."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from skmirai.model_selection._audit._finding import DOUBTFUL, Finding, listed

#: Findings of one kind that are measured one by one.
MOST = 3


def together(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings with one more for columns that may say the same.

    Findings of single columns are of one kind if smell, certainty and remedy are the
    same. One more finding names the columns of all of a kind where they are more than
    `MOST`, of which the first ones, which say most, stay, since as many fits as columns
    would take long. It does from two columns on where the others stay in while one is
    left out: of columns that say the same none is missed alone.

    Parameters
    ----------
    findings : iterable of Finding
        The findings, those of one kind in the order of what they say.

    Returns
    -------
    list of Finding
        At most `MOST` of a kind and the one of all, kinds in the order in which they
        came.
    """
    kinds: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        single = len(finding.columns) == 1
        own = () if single else (str(id(finding)),)
        key = (finding.smell, finding.certainty, finding.remedy, *own)
        kinds.setdefault(key, []).append(finding)
    return [
        finding for kind in kinds.values() for finding in (*kind[:MOST], *_of_all(kind))
    ]


def _of_all(kind: list[Finding]) -> Iterator[Finding]:
    last = kind[-1]
    if len(kind) <= (1 if last.smell in DOUBTFUL else MOST):
        return
    names = tuple(name for finding in kind for name in finding.columns)
    own = "each has a finding of its own"
    if len(kind) > MOST:
        own = f"{MOST} of them have a finding of their own"
    yield replace(
        last,
        columns=names,
        n_rows=max(finding.n_rows for finding in kind),
        seen=f"{len(names)} columns in all, {listed(names)}: {own}; of "
        f"{last.columns[0]!r}, the last of them: {last.seen}",
        arguments={"drop_columns": [*names]},
    )
