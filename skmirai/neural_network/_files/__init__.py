"""Files of fitted estimators: what they hold, writing and reading them."""
