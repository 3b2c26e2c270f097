"""What verdicts are worth beside labels: figures, in words, as JSON and as a page."""
