"""What a fit trains on: rows checked, and made ready for a network."""
