"""A search for parameters that goes on training where it stands."""
