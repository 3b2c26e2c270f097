"""The reference of the public names, from what the packages list in ``__all__``."""

import inspect
import re
import shutil
import sys
from collections.abc import Iterator
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

Every public name. Estimators and transformers also have the methods of
scikit-learn's base classes, such as ``get_params``, ``set_params`` and ``score``.
"""
SECTION = """
{package}
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


def write_pages(app: Any, config: Any) -> None:
    """Write the page with the lists; autosummary adds a page for each name."""
    folder = Path(app.srcdir) / FOLDER
    shutil.rmtree(folder, ignore_errors=True)  # names that are gone
    folder.mkdir()
    (folder / "index.rst").write_text(HEAD + "".join(sections()))


def sections() -> Iterator[str]:
    """Yield the text about each package."""
    home = homes()
    for package, names in public_names().items():
        module = import_module(package)
        about = [inspect.cleandoc(module.__doc__ or "")]
        paths = {name: f"{package}.{name}" for name in names}
        own = [name for name, path in paths.items() if home[path] == path]
        others = [home[path] for name, path in paths.items() if name not in own]
        if others:
            links = ", ".join(f":py:obj:`{name}`" for name in others)
            about.append(f"Described elsewhere: {links}.")
        yield SECTION.format(
            package=package, line="-" * len(package), about="\n\n".join(about)
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


def find_home(app: Any, env: Any, node: Any, contnode: Any) -> Any:
    """Lead a reference by another public path, such as its package's, to the page."""
    target = node.get("reftarget", "")
    home = homes().get(target)
    if node.get("refdomain") != "py" or home in (None, target):
        return None
    return env.get_domain("py").resolve_xref(
        env, node["refdoc"], app.builder, "obj", home, node, contnode
    )


def skip_others(
    app: Any, what: str, name: str, member: Any, skip: bool, options: Any
) -> bool | None:
    """Leave out what scikit-learn's base classes and decorators add."""
    function = getattr(member, "fget", None) or getattr(member, "func", member)
    module = getattr(function, "__module__", None)
    foreign = module is not None and module.partition(".")[0] != "skmirai"
    return True if foreign or name.endswith("_request") else None


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
    app.connect("config-inited", write_pages)  # before the files are listed
    app.connect("missing-reference", find_home)
    app.connect("autodoc-skip-member", skip_others)
    app.connect("autodoc-process-docstring", escape_names, priority=100)
    return {"parallel_read_safe": True}
