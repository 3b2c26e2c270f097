"""What is wrong with a data file.

- `InvalidDatasetError` (a ``ValueError``): a file does not hold what it should.
- `DatasetNotFoundError` (a ``FileNotFoundError``): a file is not there.
- `DownloadError` (an ``OSError``): a file could not be downloaded.
"""

from skmirai.utils._files import InvalidDatasetError

__all__ = ["DatasetNotFoundError", "DownloadError", "InvalidDatasetError"]


class DatasetNotFoundError(FileNotFoundError):
    """A file is not where it was looked for: its words list the names tried."""


class DownloadError(OSError):
    """A file could not be downloaded: its words name the address and the remedy."""
