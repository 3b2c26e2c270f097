"""An evaluation as one page of HTML, which needs no other file."""

import io
import re
from html import escape
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from skmirai.cli._evaluating.report import TABLES, Evaluation

if TYPE_CHECKING:
    from skmirai.cli._evaluating.verdicts import LabelledVerdicts

#: Cells whose long names may be broken, so that wide tables have narrow columns.
_HEAD = re.compile("<th>.*?</th>")


def page_of(found: Evaluation) -> str:
    """Return the page: tables, and pictures if matplotlib is there.

    Parameters
    ----------
    found : Evaluation
        What it tells.

    Returns
    -------
    str
        HTML.
    """
    from skmirai.utils._page import html_page

    title = f"{found.model} on {found.source}"
    lines = "".join(f"<p>{escape(line)}</p>\n" for line in found.lines()[1:])
    body = [f"<h1>{escape(title)}</h1>\n<p>{found.n_rows:,} rows</p>\n{lines}"]
    contents = {}
    for name in found.tables:
        contents[name] = TABLES[name]
        table, note = found.shown(name)
        told = f"<p>{escape(note)}</p>\n" if note else ""
        text = table.rename_axis(columns=None).reset_index(allow_duplicates=True)
        html = text.to_html(border=0, escape=True, index=False)
        html = _HEAD.sub(lambda cell: cell[0].replace("_", "_<wbr>"), html)
        body.append(
            f'<h2 id="{name}">{escape(TABLES[name])}</h2>\n{told}'
            f'<div class="table">{html}</div>\n'
        )
    if pictures := _pictures(found.verdicts):
        contents["pictures"] = "Pictures"
        body.append(f'<h2 id="pictures">Pictures</h2>\n{pictures}')
    return html_page(title, "".join(body), contents)


def _pictures(verdicts: "LabelledVerdicts | None") -> str:
    """Return curves as images within the page."""
    if verdicts is None or verdicts.proba is None or find_spec("matplotlib") is None:
        return ""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    drawn = []
    if verdicts.doubts:
        drawn.append((_risks, "Errors that are left at each share of answered rows"))
    is_benign = verdicts.truth == verdicts.benign
    if verdicts.benign is not None and 0 < is_benign.sum() < len(is_benign):
        drawn.append((_alarms, "Attacks found at each share of false alarms"))
        drawn.append((_calibration, "How often attacks come where one is forecast"))
    pictures = ""
    for draw, label in drawn:
        figure, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
        draw(ax, verdicts)
        ax.set_title(label)
        image = io.StringIO()
        figure.savefig(image, format="svg")
        plt.close(figure)
        svg = image.getvalue()
        pictures += (
            f'<figure role="img" aria-label="{escape(label)}">'
            f"{svg[svg.index('<svg') :]}</figure>\n"
        )
    return pictures


def _risks(ax: Any, verdicts: "LabelledVerdicts") -> None:
    from skmirai.cli._evaluating.tables import losses_of
    from skmirai.inspection import RiskCoverageDisplay

    RiskCoverageDisplay.from_losses(
        losses_of(verdicts), verdicts.doubts, risk_name="share of wrong answers", ax=ax
    )


def _alarms(ax: Any, verdicts: "LabelledVerdicts") -> None:
    from sklearn.metrics import RocCurveDisplay

    from skmirai.cli._evaluating.tables import attack_score

    is_benign = verdicts.truth == verdicts.benign
    RocCurveDisplay.from_predictions(~is_benign, attack_score(verdicts), ax=ax)
    ax.get_legend().remove()
    ax.set_aspect("auto")
    ax.set_xscale("log")
    ax.set_xlim(1 / is_benign.sum(), 1)
    ax.set_xlabel("false alarms, share of benign rows")
    ax.set_ylabel("found, share of attack rows")


def _calibration(ax: Any, verdicts: "LabelledVerdicts") -> None:
    from sklearn.calibration import CalibrationDisplay

    from skmirai.cli._evaluating.tables import attack_score

    CalibrationDisplay.from_predictions(
        verdicts.truth != verdicts.benign,
        attack_score(verdicts).clip(0, 1),
        n_bins=10,
        strategy="quantile",
        ax=ax,
    )
    ax.set_xlabel("probability of an attack")
    ax.set_ylabel("share of attacks")
