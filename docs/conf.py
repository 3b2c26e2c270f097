"""Sphinx builds the documentation from this: ``make docs``."""

import os
import sys
from importlib.metadata import metadata
from pathlib import Path

# The gallery looks up what its articles import, those that are not run too.
from sklearn.experimental import enable_halving_search_cv  # noqa: F401

HERE = Path(__file__).parent
# TensorFlow reads it when it is imported; examples run within the build.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "agg")
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

project = "skmirai"
author = metadata("skmirai")["Author"]
copyright = author  # noqa: A001
release = version = metadata("skmirai")["Version"]

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "matplotlib.sphinxext.plot_directive",
    "sphinx_gallery.gen_gallery",
    "api_pages",
]
exclude_patterns = ["_build", "_ext", "_templates", "auto_examples/*.py.md5"]
templates_path = ["_templates"]
myst_heading_anchors = 3

smartquotes = False  # "relu" is a string

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings tell the types
numpydoc_show_class_members = False
add_module_names = False

plot_formats = [("png", 150)]
plot_html_show_formats = False
plot_html_show_source_link = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "within_subsection_order": "api_pages.HeaderOrder",
    "reset_argv": "api_pages.with_file",
    "capture_repr": (),
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "remove_config_comments": True,
}

html_theme = "furo"
html_title = f"{project} {release}"
html_copy_source = False
html_show_sphinx = False
html_static_path = ["_static"]
html_css_files = ["skmirai.css"]
