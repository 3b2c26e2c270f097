"""File services: replace a file, hold a lock, digests, text, NumPy files."""

from skmirai.utils._files._digests import sha256, sha256_of
from skmirai.utils._files._errors import InvalidDatasetError
from skmirai.utils._files._header import is_header
from skmirai.utils._files._locks import locked
from skmirai.utils._files._names import hidden
from skmirai.utils._files._npy import open_npy, write_npy
from skmirai.utils._files._numbers import read_numbers
from skmirai.utils._files._replaced import REMEDY, naming, put_in_place, replaced
from skmirai.utils._files._text import escaped, open_text, replaced_text, write_text

__all__ = [
    "REMEDY",
    "InvalidDatasetError",
    "escaped",
    "hidden",
    "is_header",
    "locked",
    "naming",
    "open_npy",
    "open_text",
    "put_in_place",
    "read_numbers",
    "replaced",
    "replaced_text",
    "sha256",
    "sha256_of",
    "write_npy",
    "write_text",
]
