"""Words that reports and pictures of several packages share."""

#: Name of the rows whose kind is missing.
NO_KIND = "no kind"
