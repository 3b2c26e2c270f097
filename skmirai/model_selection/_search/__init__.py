"""A search on Optuna: spaces, folds that go on training, trials, their results."""
