"""Ensembles: networks of other seeds side by side, as one estimator."""
