"""The report on the table, the machine and the network: parts 1 to 9."""

from collections.abc import Mapping, Sequence

from skmirai.lab._markdown import table
from skmirai.lab._material import Material, Section, number, size
from skmirai.lab._protocol import PUBLISHED


def _counts(pair: Sequence[int] | None) -> str | None:
    return None if pair is None else f"{pair[0]:,} / {pair[1]:,}"


def _table(material: Material) -> str:
    if not material.has("part_01"):
        return ""
    found = material.figures["part_01"]
    n_rows, n_columns = found["shape"]
    exact = material.exact
    return table(
        ["", "here", "published"],
        [
            ["rows x columns", f"{n_rows:,} x {n_columns}", exact("764,137 x 116")],
            ["benign / attack", _counts(found["counts"]), exact("121,621 / 642,516")],
            ["values that are no numbers", found["n_nan"], exact(0)],
            ["labels that are no numbers", found["n_nan_labels"], exact(0)],
            ["size of the table", size(found["bytes"]), None],
        ],
    )


def _machine(material: Material) -> str:
    if not material.has("part_02"):
        return ""
    found = material.figures["part_02"]
    rows = [
        ["processor", found["processor"]],
        ["cores to use", found["cores"]],
        ["memory", size(found["memory"])],
        ["of it free", size(found["free memory"])],
    ]
    for card in found["gpus"]:
        memory = "unknown" if card["memory"] is None else size(card["memory"])
        rows.append(["graphics card", f"{card['name']}, {memory}"])
    if not found["gpus"]:
        rows.append(["graphics card", "none found by nvidia-smi"])
    return table(["", "here"], rows)


def _memory(material: Material) -> str:
    if not material.has("part_03"):
        return ""
    found = material.figures["part_03"]
    networks = [name for name in found if name not in ("part", "seconds")]
    kinds = list(found[networks[0]])
    rows = [[kind, *(size(found[name][kind]) for name in networks)] for kind in kinds]
    return table(["", *networks], rows)


def _loading(material: Material) -> str:
    if not material.has("part_04"):
        return ""
    found = material.figures["part_04"]
    n_rows, n_columns = found["shape"]
    return (
        f"Opened in {found['seconds_to_open']:.3f} s. Left after dropping columns: "
        f"{n_rows:,} x {n_columns}."
    )


def _naive(material: Material) -> str:
    if not material.has("part_05"):
        return ""
    found = material.figures["part_05"]
    rows = [["always the larger class", number(found["majority"]), None, None]]
    for name, strategy in (
        ("guesses, both classes alike", "uniform"),
        ("guesses in proportion to the classes", "prior"),
    ):
        drawn = found[strategy]
        interval = f"{drawn['low']:.4f} to {drawn['high']:.4f}"
        rows.append([name, number(drawn["mean"]), interval, number(drawn["expected"])])
    return table(["classifier", "accuracy", "95 % of the draws", "exact"], rows)


def _standardisation(material: Material) -> str:
    if not material.has("part_06"):
        return ""
    found = material.figures["part_06"]
    constant = found["n_constant"]
    return (
        f"Over all {found['n_rows']:,} rows the standardised columns have means of at "
        f"most {found['largest_mean']:.1e} in size and standard deviations between "
        f"{found['smallest_deviation']:.6f} and {found['largest_deviation']:.6f}."
        + (f" {constant} columns are constant and become 0." if constant else "")
    )


def _ordered(material: Material) -> str:
    if not material.has("part_07"):
        return ""
    found, of = material.figures["part_07"], material.exact
    return table(
        ["rows", "benign / attack", "published"],
        [
            [
                "first 70 %",
                _counts(found["train"]),
                _counts(of(PUBLISHED["ordered_train"])),
            ],
            [
                "the others",
                _counts(found["rest"]),
                _counts(of(PUBLISHED["ordered_rest"])),
            ],
        ],
    )


def _shuffled(material: Material) -> str:
    if not material.has("part_08"):
        return ""
    found, of = material.figures["part_08"], material.exact
    weights = ", ".join(f"{weight:.8f}" for weight in found["class_weight"])
    rows = [
        [
            name,
            f"{sum(found[key]):,}",
            _counts(found[key]),
            _counts(of(PUBLISHED.get(key))),
        ]
        for name, key in (
            ("training", "train"),
            ("the rest", "rest"),
            ("validation", "validation"),
            ("test", "test"),
        )
    ]
    return (
        table(["rows", "number", "benign / attack", "published"], rows)
        + f"\n\nBalanced class weights of the training rows: {weights}"
        + (" (published: 3.14821899, 0.59440307)." if material.same_labels else ".")
    )


def _network(material: Material) -> str:
    if not material.has("part_09"):
        return ""
    found = material.figures["part_09"]
    networks = [name for name in found if " x " in name]
    known = PUBLISHED["n_parameters"]
    rows = [
        [name, f"{found[name]['trainable']:,}", number(known.get(name), 0)]
        for name in networks
    ]
    why = (
        "The sigmoid of the last unit turns any number into one between 0 and 1, the "
        "probability of an attack, and together with the cross-entropy it has a "
        "gradient that does not vanish where the answer is wrong."
    )
    summary = found[networks[0]]["summary"]
    parts = [why, table(["network", "trainable parameters", "published"], rows)]
    return "\n\n".join([*parts, f"```text\n{summary}\n```"])


#: Sections by the number of their part.
FACTS: Mapping[int, Section] = {
    1: _table,
    2: _machine,
    3: _memory,
    4: _loading,
    5: _naive,
    6: _standardisation,
    7: _ordered,
    8: _shuffled,
    9: _network,
}
