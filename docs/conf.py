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
# Pages and articles run side by side; threads of OpenMP that share cores with those of
# another process wait for each other in busy loops, and boosted trees take minutes.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

project = "skmirai"
author = metadata("skmirai")["Author"]
copyright = author  # noqa: A001
release = version = metadata("skmirai")["Version"]

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "matplotlib.sphinxext.plot_directive",
    "sphinx_gallery.gen_gallery",
    "api_pages",
    "code_blocks",
    "figures_first",
]
exclude_patterns = [
    "_build",
    "_ext",
    "_inventories",
    "_templates",
    "auto_examples/*.ipynb",
]
templates_path = ["_templates"]
myst_enable_extensions = ["attrs_inline", "colon_fence"]
myst_heading_anchors = 3

# Blocks of Python on the pages are run elsewhere, a process for each page.
nb_custom_formats = {".md": "code_blocks.read_page"}
nb_execution_mode = "cache"
nb_execution_in_temp = True
nb_execution_timeout = 300  # seconds, for a block
nb_execution_show_tb = True
nb_merge_streams = True
nb_output_stderr = "remove"

# The build has no internet: the names that pages link are listed here.
intersphinx_mapping = {
    name: (address, f"_inventories/{name}.txt")
    for name, address in {
        "joblib": "https://joblib.readthedocs.io/en/stable/",
        "keras": "https://keras.io/",
        "matplotlib": "https://matplotlib.org/stable/",
        "numpy": "https://numpy.org/doc/stable/",
        "optuna": "https://optuna.readthedocs.io/en/stable/",
        "pandas": "https://pandas.pydata.org/docs/",
        "python": "https://docs.python.org/3/",
        "scikit-learn": "https://scikit-learn.org/stable/",
        "scipy": "https://docs.scipy.org/doc/scipy/",
    }.items()
}
nitpicky = True  # a name that leads nowhere is an error

smartquotes = False  # "relu" is a string

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings tell the types
numpydoc_show_class_members = False
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"  # but for these, and the names that api_pages adds
numpydoc_xref_aliases = {
    "Bunch": "sklearn.utils.Bunch",
    "DataFrame": "pandas.DataFrame",
    "Generator": "numpy.random.Generator",
    "Path": "pathlib.Path",
    "Pipeline": "sklearn.pipeline.Pipeline",
    "Series": "pandas.Series",
    "array-like": "numpy.typing.ArrayLike",
    "bool": "python:bool",
    "boolean": "python:bool",
    "bytes": "python:bytes",
    "generator": "collections.abc.Generator",
    "iterable": "collections.abc.Iterable",
    "iterator": "collections.abc.Iterator",
    "keras.Model": ":class:`keras.Model`",
    "keras.optimizers.Optimizer": ":class:`keras.optimizers.Optimizer`",
    "mapping": "collections.abc.Mapping",
    "matplotlib.figure.Figure": ":class:`matplotlib.figure.Figure`",
    "object": "python:object",
    "optuna.Study": "optuna.study.Study",
    "path-like": "os.PathLike",
    "scalar": "numpy.generic",
    "sequence": "collections.abc.Sequence",
    "slice": "python:slice",
}
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
    "parallel": True,  # as many processes as sphinx-build -j asks for
    "backreferences_dir": "auto_examples/uses",
    "doc_module": ("skmirai",),
}

html_theme = "furo"
html_title = f"{project} {release}"
html_copy_source = False
html_show_sphinx = False
html_static_path = ["_static"]
html_css_files = ["skmirai.css"]
copybutton_selector = (
    ".highlight-python pre, .highlight-ipython3 pre, .highlight-sh pre"
)
