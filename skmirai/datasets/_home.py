"""Where downloaded and converted files are kept."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def data_folder(data_home: str | os.PathLike[str] | None, name: str) -> Path:
    """Sub-folder of scikit-learn's data home; nothing is created.

    Parameters
    ----------
    data_home : str, path-like or None
        None is the environment variable ``SCIKIT_LEARN_DATA`` or
        ``~/scikit_learn_data``, as for scikit-learn's own fetchers.
    name : str
        Name of the sub-folder of ``<data_home>/skmirai``.

    Returns
    -------
    folder : Path

    Examples
    --------
    >>> from skmirai.datasets._home import data_folder
    >>> data_folder("data", "kitsune_mirai").as_posix()
    'data/skmirai/kitsune_mirai'
    """
    home = data_home or os.environ.get("SCIKIT_LEARN_DATA") or "~/scikit_learn_data"
    return Path(home).expanduser() / "skmirai" / name


@contextmanager
def writing(folder: Path, remedy: str) -> Iterator[None]:
    """Add a remedy to what the system says of a folder that is read-only or full.

    Parameters
    ----------
    folder : Path
        Folder that the block writes to.
    remedy : str
        What the reader of the message should do.

    Raises
    ------
    OSError
        In place of those of the system, of the same class.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:  # one of the errors of this package
            raise
        # One remedy is enough: that of `naming`, further in, is for other callers.
        cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
        raise OSError(
            error.errno,
            f"{cause.strerror} (writing to {folder} failed: {remedy})",
            error.filename,
        ) from error
