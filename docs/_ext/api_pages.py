"""The reference of the public names, from what the packages list in ``__all__``."""

import inspect
import re
import shutil
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import skmirai

FOLDER = "api"
HEAD = """\
API reference
=============

Every public name. Estimators and transformers also have the methods of
scikit-learn's base classes, such as ``get_params``, ``set_params`` and ``score``.
"""
SECTION = """
{title}
{line}

.. currentmodule:: {package}

{about}

.. autosummary::
   :toctree: .
   :nosignatures:

   {names}
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
    """Return where each public name is described: where it is listed first."""
    seen: dict[int, str] = {}
    return {
        f"{package}.{name}": seen.setdefault(
            id(getattr(import_module(package), name)), f"{package}.{name}"
        )
        for package, names in public_names().items()
        for name in names
    }


def write_pages(app: Any, config: Any) -> None:
    """Write the page with the lists; autosummary adds a page for each name."""
    folder = Path(app.srcdir) / FOLDER
    shutil.rmtree(folder, ignore_errors=True)  # names that are gone
    folder.mkdir()
    home = homes()
    text = HEAD
    for package, names in public_names().items():
        own = [
            name for name in names if home[f"{package}.{name}"] == f"{package}.{name}"
        ]
        about = [inspect.cleandoc(import_module(package).__doc__ or "")]
        others = [home[f"{package}.{name}"] for name in names if name not in own]
        if others:
            links = ", ".join(f":py:obj:`{name}`" for name in others)
            about.append(f"Listed above: {links}.")
        section = SECTION.format(
            title=package,
            line="-" * len(package),
            package=package,
            about="\n\n".join(about),
            names="\n   ".join(own),
        )
        text += section if own else section.partition(".. autosummary")[0]
    (folder / "index.rst").write_text(text)


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


def setup(app: Any) -> dict[str, bool]:
    """Join the build."""
    app.connect("config-inited", write_pages)  # before the files are listed
    app.connect("missing-reference", find_home)
    app.connect("autodoc-skip-member", skip_others)
    app.connect("autodoc-process-docstring", escape_names, priority=100)
    return {"parallel_read_safe": True}
