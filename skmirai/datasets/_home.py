"""Where downloaded and converted files are kept."""

import os
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
