"""The lab as a notebook: text and questions of its parts, and code by the package."""

from skmirai.lab._notebook.build import lab_notebook

__all__ = ["lab_notebook"]
