"""Columns of a table on their way to the network: kept, encoded, scaled."""
