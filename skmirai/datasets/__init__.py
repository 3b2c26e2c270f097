"""Traffic tables: the Mirai table of Kitsune, from the user's files or downloaded."""

from skmirai.datasets._conversion import convert_csv_to_npy
from skmirai.datasets._errors import (
    DatasetNotFoundError,
    DownloadError,
    InvalidDatasetError,
)
from skmirai.datasets._fetch import fetch_kitsune_mirai, verify_kitsune_mirai
from skmirai.datasets._kitsune import load_kitsune_mirai

__all__ = [
    "DatasetNotFoundError",
    "DownloadError",
    "InvalidDatasetError",
    "convert_csv_to_npy",
    "fetch_kitsune_mirai",
    "load_kitsune_mirai",
    "verify_kitsune_mirai",
]
