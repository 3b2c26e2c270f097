"""Names of hidden files that stand beside another one."""

import os
from pathlib import Path

from skmirai.utils._files._digests import sha256_of

#: Bytes of a name on nearly every file system; where it cannot be asked for.
_NAME_MAX = 255


def hidden(path: Path, ending: str) -> Path:
    """Name of a hidden file for `path`, the same at every call.

    Parameters
    ----------
    path : Path
        The file that it belongs to.
    ending : str
        What it is.

    Returns
    -------
    Path
        ``.<name>.<ending>`` in the same folder; where that is longer than the file
        system allows, the end of the name is a digest of the whole.

    Examples
    --------
    >>> from pathlib import Path
    >>> from skmirai.utils._files import hidden
    >>> hidden(Path("folder/model.skmirai"), "part").as_posix()
    'folder/.model.skmirai.part'
    """
    name = f".{path.name}.{ending}"
    longest = _longest(path.parent)
    if len(os.fsencode(name)) > longest:
        digest = sha256_of(os.fsencode(path.name))[:16]
        room = longest - len(os.fsencode(f"..{digest}.{ending}"))
        start = os.fsencode(path.name)[:room].decode("utf-8", "ignore")
        name = f".{start}.{digest}.{ending}"
    return path.with_name(name)


def _longest(folder: Path) -> int:
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):  # Windows; no such folder
        return _NAME_MAX
