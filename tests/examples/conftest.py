"""One way to run the articles of the gallery."""

import runpy
import sys
from pathlib import Path

import pytest

plt = pytest.importorskip("matplotlib.pyplot")

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def told():
    """Lines that an example wrote to standard error."""
    return []


@pytest.fixture
def run_example(monkeypatch, tmp_path, capsys, told):
    """Run an example elsewhere; return its variables and what it printed."""

    def run(name, *arguments):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        variables = runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        assert plt.get_fignums(), "an article has a figure"
        for number in plt.get_fignums():
            assert title_of(plt.figure(number)), "alt texts are made of titles"
        printed, said = capsys.readouterr()
        told.extend(said.splitlines())
        return variables, printed

    def no_window(*args, **kwargs):
        raise AssertionError("an example must not open a window")

    plt.switch_backend("agg")
    plt.close("all")  # those of examples in docstrings
    monkeypatch.setattr(plt, "show", no_window)
    yield run
    plt.close("all")


def title_of(figure):
    """What sphinx-gallery takes for the alt text of a figure."""
    places = ("left", "center", "right")
    titles = [ax.get_title(loc=place) for ax in figure.axes for place in places]
    return figure.get_suptitle() + "".join(titles)
