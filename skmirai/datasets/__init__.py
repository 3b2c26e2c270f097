"""Tables of traffic: Kitsune's Mirai, N-BaIoT, NSL-KDD, UNSW-NB15; simulations."""

from skmirai.datasets._conversion import convert_csv_to_npy
from skmirai.datasets._errors import (
    DatasetNotFoundError,
    DownloadError,
    InvalidDatasetError,
)
from skmirai.datasets._fetch import fetch_kitsune_mirai, verify_kitsune_mirai
from skmirai.datasets._kitsune import load_kitsune_mirai
from skmirai.datasets._nbaiot import load_nbaiot
from skmirai.datasets._nslkdd import load_nslkdd
from skmirai.datasets._table import KITSUNE_MIRAI_CLASS_COUNTS, KITSUNE_MIRAI_SHAPE
from skmirai.datasets._traffic import make_mirai_packets, make_mirai_traffic
from skmirai.datasets._unsw_nb15 import load_unsw_nb15

__all__ = [
    "KITSUNE_MIRAI_CLASS_COUNTS",
    "KITSUNE_MIRAI_SHAPE",
    "DatasetNotFoundError",
    "DownloadError",
    "InvalidDatasetError",
    "convert_csv_to_npy",
    "fetch_kitsune_mirai",
    "load_kitsune_mirai",
    "load_nbaiot",
    "load_nslkdd",
    "load_unsw_nb15",
    "make_mirai_packets",
    "make_mirai_traffic",
    "verify_kitsune_mirai",
]
