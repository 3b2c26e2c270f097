"""Draw the pictures of ``docs/architecture.md``: the rooms and who may import whom.

Run ``python docs/images/draw_rooms.py`` after a change of the rooms: it writes
``rooms.svg`` and ``neural_network.svg`` beside itself.
``tests/test_architecture_page.py`` compares what it knows with the packages, and the
files with what it draws.
"""

from pathlib import Path
from textwrap import wrap
from xml.sax.saxutils import escape

#: Rooms of skmirai from the lowest level on: each may import those below its own.
LEVELS = (
    {"utils": "files, progress, warnings, private parts of scikit-learn"},
    {
        "packets": "captures to packets",
        "preprocessing": "columns, scalers",
        "metrics": "maths of arrays",
    },
    {"feature_extraction": "packets to the 115 AfterImage features"},
    {"datasets": "downloads, loaders, simulated traffic"},
    {"uncertainty": "results of Monte Carlo passes"},
    {"neural_network": "the estimators, and the next picture"},
    {"model_selection": "splits, search spaces"},
    {"lab": "the deep-learning lab: parts, runs, report"},
    {"cli": "the command skmirai: imports what it needs when it needs it"},
)

#: The room beside the levels: what it may import, who may import it.
ASIDE = "inspection"
ASIDE_IMPORTS = ("metrics", "utils")
ASIDE_SERVES = ("lab", "cli")

#: Inside neural_network, from the lowest level on: a name, what it is for, and its
#: files in rows. Folders end in a slash; their files are named without an ending.
STACK = (
    ("_backend.py", "Keras and TensorFlow are imported here, and nowhere else", ()),
    (
        "_engine/",
        "epochs as compiled programs, prediction in "
        "NumPy; no scikit-learn, no Keras model",
        (
            "architecture weights layers optimizers state",
            "program compiled kept",
            "rows streaming lazy epochs",
            "forward activations passes thinned",
        ),
    ),
    (
        "_keras/",
        "build_dnn and its model; a network that is "
        "two vectors until a model is asked for",
        ("builder model network", "choice fit loop"),
    ),
    (
        "_checks/",
        "what labels, class weights, scalers and validation parts may be",
        ("labels class_weights", "scalers validation_part"),
    ),
    (
        "_columns/",
        "columns kept, encoded, scaled; tables that stay on the disk",
        ("kept scaled tables",),
    ),
    (
        "_rows/",
        "tables, targets and weights checked, carried together, made ready",
        ("checked prepared",),
    ),
    (
        "training",
        "a network trained on such rows; only _scikeras.py imports SciKeras",
        ("_train.py _keras_step.py _scikeras.py", "_callbacks.py _fit_task.py"),
    ),
    (
        "_files/",
        "an estimator as one file, without pickle",
        ("saving loading parts kinds",),
    ),
    (
        "estimators",
        "what users call: parameters, fit, predict",
        ("_classifier.py _regressor.py", "_base.py _logits.py"),
    ),
    (
        "_ensembles/",
        "several of them as one estimator",
        ("classifier regressor passes",),
    ),
)

HERE = Path(__file__).parent
WIDTH, LEFT, RIGHT, GAP = 760, 64, 744, 12

_INK, _PAPER = "#1f2933", "#ffffff"
_LINE, _FILL = "#7b8794", "#f1f5f9"
_MARKED_LINE, _MARKED_FILL = "#1d6fa5", "#dcecf7"
_ASIDE_LINE, _ASIDE_FILL = "#a1621a", "#fbeedd"


def text(x, y, words, *, size=13, bold=False, mono=False, anchor="middle", turn=""):
    """One line of text."""
    family = "DejaVu Sans Mono, Menlo, Consolas, monospace" if mono else ""
    style = "".join(
        [
            f' font-family="{family}"' if family else "",
            ' font-weight="bold"' if bold else "",
            f' transform="rotate({turn} {x} {y})"' if turn else "",
        ]
    )
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}"{style}>'
        f"{escape(words)}</text>"
    )


def box(x, y, width, height, line=_LINE, fill=_FILL):
    """A rectangle with round corners."""
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="7" '
        f'fill="{fill}" stroke="{line}" stroke-width="1.4"/>'
    )


def arrow(*points, line=_LINE):
    """A line through points, its head at the last one."""
    path = " L".join(f"{x} {y}" for x, y in points)
    return (
        f'<path d="M{path}" fill="none" stroke="{line}" stroke-width="1.8" '
        f'marker-end="url(#head)"/>'
    )


def page(height, title, parts):
    """The whole picture."""
    down = [
        arrow((30, 16), (30, height - 16)),
        text(22, height // 2, "may import what lies below", turn="-90", size=12.5),
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" fill="{_INK}" '
            'font-family="DejaVu Sans, Verdana, Helvetica, Arial, sans-serif">',
            f"<title>{escape(title)}</title>",
            '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" '
            'markerWidth="7" markerHeight="7" orient="auto">'
            f'<path d="M0 0 L10 5 L0 10 z" fill="{_LINE}"/></marker></defs>',
            f'<rect width="{WIDTH}" height="{height}" fill="{_PAPER}"/>',
            *down,
            *parts,
            "</svg>\n",
        ]
    )


def rooms():
    """Picture of the rooms of skmirai."""
    tall, first = 50, 14
    top = {}
    for depth, level in enumerate(reversed(LEVELS)):
        top |= dict.fromkeys(level, first + depth * (tall + GAP))
    aside_left, parts = RIGHT - 160, []
    for level in LEVELS:
        wide = level.keys() & {"utils", "cli"}
        right = RIGHT if wide else aside_left - 28
        width = (right - LEFT - GAP * (len(level) - 1)) / len(level)
        for place, (name, words) in enumerate(level.items()):
            x, y = LEFT + place * (width + GAP), top[name]
            marked = name == "neural_network"
            colours = (_MARKED_LINE, _MARKED_FILL) if marked else ()
            middle = round(x + width / 2, 1)
            parts += [
                box(round(x, 1), y, round(width, 1), tall, *colours),
                text(middle, y + 21, name, size=14, bold=True, mono=True),
                text(middle, y + 39, words, size=12),
            ]
    y, bottom = top["lab"], top["uncertainty"] + tall
    middle, name_at = aside_left + 80, (y + bottom) // 2 - 30
    parts += [
        box(aside_left, y, 160, bottom - y, _ASIDE_LINE, _ASIDE_FILL),
        text(middle, name_at, ASIDE, size=14, bold=True, mono=True),
        *(
            text(middle, name_at + 24 + 18 * n, words, size=12)
            for n, words in enumerate(wrap("figures, of what an estimator has", 20))
        ),
        arrow((aside_left - 28, y + 25), (aside_left - 1, y + 25)),
        arrow(
            (aside_left + 40, bottom),
            (aside_left + 40, top["metrics"] + 25),
            (aside_left - 27, top["metrics"] + 25),
        ),
        arrow((aside_left + 120, bottom), (aside_left + 120, top["utils"] - 1)),
    ]
    height = top["utils"] + tall + first
    return page(height, "The rooms of skmirai and which way imports go", parts)


def neural_network():
    """Picture of the rooms inside neural_network."""
    y, parts = 14, []
    for name, words, rows in reversed(STACK):
        lines = wrap(words, 42 if rows else 80)
        tall = max(34 + 18 * len(lines), 16 + 27 * len(rows))
        colours = (_MARKED_LINE, _MARKED_FILL) if name.endswith("/") else ()
        at = y + (tall - 18 * len(lines)) // 2
        parts += [
            box(LEFT, y, RIGHT - LEFT, tall, *colours),
            text(
                LEFT + 16, at + 5, name, size=14, bold=True, mono=True, anchor="start"
            ),
        ]
        for n, line in enumerate(lines):
            parts.append(
                text(LEFT + 16, at + 24 + 18 * n, line, size=12.5, anchor="start")
            )
        under = y + (tall - 27 * len(rows) + 5) // 2
        for n, row in enumerate(rows):
            parts += chips(LEFT + 344, under + 27 * n, row.split())
        y += tall + GAP
    return page(y - GAP + 14, "The rooms of skmirai.neural_network", parts)


def chips(x, y, names):
    """Names of files, each in a box of its own, beside each other."""
    parts = []
    for name in names:
        width = round(7.25 * len(name) + 13)
        parts += [
            box(x, y, width, 22, fill=_PAPER),
            text(x + width / 2, y + 15.5, name, size=12, mono=True),
        ]
        x += width + 6
    return parts


PICTURES = {"rooms.svg": rooms, "neural_network.svg": neural_network}

if __name__ == "__main__":
    for file, drawn in PICTURES.items():
        (HERE / file).write_text(drawn(), encoding="utf-8")
