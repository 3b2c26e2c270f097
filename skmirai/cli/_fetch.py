"""``skmirai fetch``: download the Mirai table of Kitsune."""

from pathlib import Path
from typing import Annotated

import typer

from skmirai.cli._options import JsonOption


def fetch(
    data_home: Annotated[
        Path | None,
        typer.Option(
            "--data-home",
            help="Folder for the files, which go into its skmirai/kitsune_mirai.",
            show_default="$SCIKIT_LEARN_DATA or ~/scikit_learn_data",
        ),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url",
            help="Address of a folder with the two files, for instance of a mirror.",
            show_default="$SKMIRAI_UCI_URL or the UCI repository",
        ),
    ] = None,
    retries: Annotated[
        int,
        typer.Option(
            "--retries", min=0, help="Tries after the first one where a server fails."
        ),
    ] = 3,
    as_json: JsonOption = False,
) -> None:
    """Download the Mirai table of Kitsune and convert it to NumPy files.

    A download that was interrupted goes on where it stopped when the same command is
    given again. Nothing is downloaded if the files are there.
    """
    import json

    import numpy as np

    from skmirai.cli._output import say
    from skmirai.datasets import fetch_kitsune_mirai

    bunch = fetch_kitsune_mirai(
        data_home=data_home, base_url=base_url, n_retries=retries, mmap_mode="r"
    )
    n_rows, n_columns = bunch.data.shape
    if as_json:
        told = {
            "data": str(bunch.data_filename),
            "labels": str(bunch.target_filename),
            "n_rows": n_rows,
            "n_columns": n_columns,
            "counts": np.bincount(bunch.target).tolist(),
            "target_names": bunch.target_names,
        }
        say(json.dumps(told))
        return
    counts = [
        f"{count} {bunch.target_names[label]} ({label})"
        for label, count in enumerate(np.bincount(bunch.target))
    ]
    say(f"data    {bunch.data_filename}")
    say(f"labels  {bunch.target_filename}")
    say(f"{n_rows} rows of {n_columns} columns: {', '.join(counts)}")
