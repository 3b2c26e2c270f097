"""Training by the command: which rows serve for what, the fits, and a comparison."""
