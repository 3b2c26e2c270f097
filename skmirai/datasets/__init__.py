"""Traffic tables: the Mirai table of Kitsune, from the user's files or simulated."""

from skmirai.datasets._conversion import convert_csv_to_npy
from skmirai.datasets._errors import (
    DatasetNotFoundError,
    DownloadError,
    InvalidDatasetError,
)
from skmirai.datasets._kitsune import load_kitsune_mirai
from skmirai.datasets._traffic import make_mirai_traffic

__all__ = [
    "DatasetNotFoundError",
    "DownloadError",
    "InvalidDatasetError",
    "convert_csv_to_npy",
    "load_kitsune_mirai",
    "make_mirai_traffic",
]
