"""Columns that name hosts or records."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import numpy as np
import pandas as pd

from skmirai.model_selection._audit._finding import Finding, listed
from skmirai.model_selection._audit._table import AuditedTable

_MAC = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}")

#: Words of a column that are looked at.
_N_WORDS = 1_000

#: Classes that are too many to tell of each.
_MANY = 5

#: Rows that a value must have before it is worth a word that all are of one class.
_LEAST = 10


def identifiers(table: AuditedTable) -> Iterator[Finding]:
    """Find text that is an address, or nearly as various as the rows are many."""
    for column in table.every:
        if table.is_number(column) or column in table.told:
            continue
        values = table.columns[column]
        codes, words = pd.factorize(values)
        text = [str(word) for word in words[:_N_WORDS]]
        if len(text) > 1 and sum(map(_is_address, text)) >= 0.9 * len(text):
            what, certainty = f"{len(words)} addresses", "certain"
        elif len(words) >= max(20, table.n_rows // 2):
            what = f"{len(words)} values in {table.n_rows} rows name the rows"
            certainty = "likely"
        else:
            continue
        table.tell_set_up(column)
        name = table.names[column]
        yield Finding(
            "identifier",
            (name,),
            int((codes >= 0).sum()),
            f"{what}{_in_one_class(table, codes, words)}",
            certainty,  # type: ignore[arg-type]
            "leave the column out; give it as groups= to a splitter, to test on hosts "
            "that were not trained on",
            {"drop_columns": [name]},
        )


def _is_address(word: str) -> bool:
    if _MAC.fullmatch(word):
        return True
    try:
        ip_address(word)
    except ValueError:
        return False
    return not word.isdigit()


def _in_one_class(table: AuditedTable, codes: np.ndarray, words: Any) -> str:
    """Say which frequent values only one class has, where classes are few."""
    if len(table.classes) >= _MANY:
        return ""
    counts = table.by_class(codes, len(words))
    pure = (counts.max(axis=1) == counts.sum(axis=1)) & (counts.sum(axis=1) >= _LEAST)
    parts = [
        f"{listed(words[of_class], 4)} in rows of class {name!r} only"
        for code, name in enumerate(table.classes)
        if (of_class := np.flatnonzero(pure & (counts[:, code] > 0))).size
    ]
    for code, name in enumerate(table.classes):
        own = np.flatnonzero(counts[:, code])
        if counts[:, code].sum() >= _LEAST and 4 * len(own) <= len(words):
            parts.append(f"all rows of class {name!r} have {listed(words[own], 4)}")
    return f"; {'; '.join(parts)}" if parts else ""
