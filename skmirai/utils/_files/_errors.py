"""What is wrong with a file."""


class InvalidDatasetError(ValueError):
    """A file does not hold what it should: its words name file, place and remedy."""
