"""Pieces of work: what they are, what they get, where their results are kept."""
