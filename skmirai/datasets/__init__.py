"""Traffic tables: the Mirai table of Kitsune, from the user's files."""

from skmirai.datasets._conversion import convert_csv_to_npy
from skmirai.datasets._errors import (
    DatasetNotFoundError,
    DownloadError,
    InvalidDatasetError,
)
from skmirai.datasets._kitsune import load_kitsune_mirai

__all__ = [
    "DatasetNotFoundError",
    "DownloadError",
    "InvalidDatasetError",
    "convert_csv_to_npy",
    "load_kitsune_mirai",
]
