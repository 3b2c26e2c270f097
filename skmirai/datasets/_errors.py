"""What is wrong with a data file.

- `InvalidDatasetError` (a ``ValueError``): a file does not hold what it should.
- `DatasetNotFoundError` (a ``FileNotFoundError``): a file is not there.
- `DownloadError` (an ``OSError``): a file could not be downloaded.
"""


class InvalidDatasetError(ValueError):
    """A file does not hold what it should: its words name file, place and remedy."""


class DatasetNotFoundError(FileNotFoundError):
    """A file is not where it was looked for: its words list the names tried."""


class DownloadError(OSError):
    """A file could not be downloaded: its words name the address and the remedy."""
