"""The reference of the public names, from what the packages list in ``__all__``."""

import inspect
import re
import shutil
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from sphinx.pycode import ModuleAnalyzer

import skmirai

FOLDER = "api"
HEAD = """\
API reference
=============

Every public name, in the order of the work. Methods that estimators have from
scikit-learn's base classes stand on their pages as well; those of metadata routing
(``set_fit_request`` and the like) are told by scikit-learn alone.
"""

#: Titles of the groups, in their order on the page. Others follow under their names.
GROUPS = {
    "skmirai": "Estimators and files",
    "skmirai.neural_network": "Networks",
    "skmirai.preprocessing": "Columns and scalers",
    "skmirai.uncertainty": "Uncertainty, abstention, novelty",
    "skmirai.metrics": "Measures",
    "skmirai.model_selection": "Splits, searches, audits",
    "skmirai.inspection": "Pictures",
    "skmirai.datasets": "Data sets and simulated traffic",
    "skmirai.packets": "Packets",
    "skmirai.feature_extraction": "Packets to features",
    "skmirai.lab": "The lab",
    "skmirai.utils": "Versions and hardware",
}

SECTION = """
{title}
{line}

.. py:module:: {package}
.. currentmodule:: {package}

{about}
"""
LIST = """
.. autosummary::
   :toctree: .
   :nosignatures:

   {names}
"""
DATA = """
.. py:data:: {name}

   {kind}: {about}
"""


def public_names() -> dict[str, list[str]]:
    """Return the names of each package, the top-level package first."""
    modules = sorted(module.name for module in iter_modules(skmirai.__path__))
    packages = ["skmirai"]
    packages += [f"skmirai.{name}" for name in modules if not name.startswith("_")]
    names = {
        package: [
            name
            for name in getattr(import_module(package), "__all__", ())
            if not name.startswith("_")
        ]
        for package in packages
    }
    return {package: found for package, found in names.items() if found}


def homes() -> dict[str, str]:
    """Return where each public name is described.

    That is the top-level package, if it lists the name, else the package that the
    name is defined in, else the first that lists it.
    """
    listed: dict[int, list[str]] = {}
    for package, names in public_names().items():
        for name in names:
            thing = getattr(import_module(package), name)
            listed.setdefault(id(thing), []).append(f"{package}.{name}")
    return {path: min(paths, key=_rank) for paths in listed.values() for path in paths}


def _rank(path: str) -> tuple[bool, bool, str]:
    package, _, name = path.rpartition(".")
    thing = getattr(import_module(package), name)
    defined = str(getattr(thing, "__module__", "")).startswith(f"{package}.")
    return package != "skmirai", not defined, path


def link_types(app: Any, config: Any) -> None:
    """Make links of our names in the types of parameters."""
    for home in set(homes().values()):
        config.numpydoc_xref_aliases[home.rpartition(".")[2]] = home


def write_pages(app: Any, config: Any) -> None:
    """Write the page with the lists; autosummary adds a page for each name."""
    folder = Path(app.srcdir) / FOLDER
    shutil.rmtree(folder, ignore_errors=True)  # names that are gone
    folder.mkdir()
    (folder / "index.rst").write_text(HEAD + "".join(sections()))


def sections() -> Iterator[str]:
    """Yield the text about each package."""
    home, names_of = homes(), public_names()
    for package in sorted(names_of, key=[*GROUPS, *names_of].index):
        module, names = import_module(package), names_of[package]
        about = [inspect.cleandoc(module.__doc__ or "")]
        paths = {name: f"{package}.{name}" for name in names}
        own = [name for name, path in paths.items() if home[path] == path]
        others = [home[path] for name, path in paths.items() if name not in own]
        if others:
            links = ", ".join(f":py:obj:`{name}`" for name in others)
            about.append(f"Described elsewhere: {links}.")
        title = GROUPS.get(package, package)
        line = "-" * len(title)
        yield SECTION.format(
            title=title, line=line, package=package, about="\n\n".join(about)
        )
        described = [name for name in own if callable(getattr(module, name))]
        if described:
            yield LIST.format(names="\n   ".join(described))
        for name in own:
            if name not in described:
                thing = getattr(module, name)
                size = f" of {len(thing)}" if hasattr(thing, "__len__") else ""
                kind = f"{type(thing).__name__}{size}"
                about_it = comment_on(package, name, thing)
                yield DATA.format(name=name, kind=kind, about=about_it)


def comment_on(package: str, name: str, thing: Any) -> str:
    """Return the ``#:`` comment on a constant, from the module that defines it."""
    for path, module in sorted(sys.modules.items()):
        if path.startswith(f"{package}.") and vars(module).get(name) is thing:
            comments = ModuleAnalyzer.for_module(path).find_attr_docs()
            if ("", name) in comments:
                return " ".join(comments["", name]).strip()
    return "a constant."


@cache
def homes_by_name() -> dict[str, str]:
    """Return where names are described, by their public paths and by names alone."""
    paths = homes()
    return {home.rpartition(".")[2]: home for home in paths.values()} | paths


def find_home(app: Any, env: Any, node: Any, contnode: Any) -> Any:
    """Lead a reference to the page on the name.

    It may give another public path, such as the package's, or the name alone, as
    docstrings of other packages do.
    """
    target = node.get("reftarget", "")
    home = homes_by_name().get(target)
    if node.get("refdomain") != "py" or home in (None, target):
        return None
    return env.get_domain("py").resolve_xref(
        env, node["refdoc"], app.builder, "obj", home, node, contnode
    )


def module_of(member: Any) -> str:
    """Return the name of the module that defines a member of a class, "" for none."""
    function = getattr(member, "fget", None) or getattr(member, "func", member)
    return getattr(function, "__module__", None) or ""


def skip_others(
    app: Any, what: str, name: str, member: Any, skip: bool, options: Any
) -> bool | None:
    """Leave out what decorators and base classes other than scikit-learn's add."""
    module = module_of(member).partition(".")[0]
    foreign = module not in ("", "skmirai", "sklearn")
    return True if foreign or name.endswith("_request") else None


def adopt(
    app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    """Take out of a docstring of scikit-learn what only its own pages can show."""
    if not module_of(thing).startswith("sklearn."):
        return
    text = "\n".join(lines)
    text = re.sub(r":(?:ref|term):`([^`<]*?)\s*(?:<[^`>]*>)?`", r"\1", text)
    text = re.sub(
        r"^ *\.\. version(?:added|changed)::.*\n(?: +.*\n)*", "", text, flags=re.M
    )
    lines[:] = text.split("\n")


def escape_names(
    app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    """Keep names that end in an underscore from being read as links.

    Docstrings write ``(n_features_in_,)`` and "mirai__" as a reader of the source
    wants them. Text in backquotes and the examples, which come last, stay as they are.
    """
    end = lines.index("Examples") if "Examples" in lines else len(lines)
    for number, line in enumerate(lines[:end]):
        parts = re.split(r"(`+[^`]*`+)", line)
        parts[::2] = [
            re.sub(r"(?<=\w)(__?)(?!\w)", r"\\\1", part) for part in parts[::2]
        ]
        lines[number] = "".join(parts)


def with_file(gallery: Any, script: dict[str, Any]) -> list[str]:
    """Give an example no arguments, but the ``__file__`` that it finds data by."""
    script["example_globals"]["__file__"] = script["src_file"]
    return []


class HeaderOrder:
    """Order of the examples: the one in which the gallery's header names them."""

    def __init__(self, folder: str) -> None:
        examples = Path(__file__).parents[2] / "examples"
        header = (examples / "GALLERY_HEADER.rst").read_text(encoding="utf-8")
        self._names = re.findall(r"<(plot_\w+)>", header)

    def __call__(self, file: str) -> int:
        """Return what the files are sorted by."""
        return self._names.index(Path(file).stem)


def setup(app: Any) -> dict[str, bool]:
    """Join the build."""
    app.connect("config-inited", link_types, priority=100)  # before numpydoc reads it
    app.connect("config-inited", write_pages)  # before the files are listed
    app.connect("missing-reference", find_home)
    app.connect("autodoc-skip-member", skip_others)
    app.connect("autodoc-process-docstring", adopt, priority=100)
    app.connect("autodoc-process-docstring", escape_names, priority=110)
    return {"parallel_read_safe": True}
