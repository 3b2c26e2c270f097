"""Import what an extra brings, with a hint where it is missing."""

from importlib import import_module
from types import ModuleType


def import_optional(name: str, *, extra: str, purpose: str) -> ModuleType:
    """Import a module that is installed by one of the project's extras.

    Parameters
    ----------
    name : str
        Module to import, dots allowed.
    extra : str
        The extra of skmirai that installs it.
    purpose : str
        What it is needed for, the subject of the error message: "plots".

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    ImportError
        If the module is not installed. The message names the extra.

    Examples
    --------
    >>> from skmirai.utils import import_optional
    >>> import_optional("json", extra="plot", purpose="plots").dumps([1])
    '[1]'
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        root = name.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != root:
            raise
        raise ImportError(
            f"{purpose} need {root}: pip install 'skmirai[{extra}]'"
        ) from error
