"""A callback of scikit-learn that notes what it sees, and a network to watch."""

N_EPOCHS = 4

#: Order of the rows and dropout are drawn anew in each of several mini-batches.
NOISY = {
    "n_layers": 2,
    "n_nodes": 8,
    "epochs": N_EPOCHS,
    "batch_size": 25,
    "dropout_rate": 0.3,
    "batch_norm": True,
    "random_state": 0,
}


class Recorder:
    """Note every hook; keep the fitted copies; do something after an epoch."""

    def __init__(self, at_epoch_end=None, hook="on_fit_task_end", task="epoch"):
        self.events, self.copies, self.given = [], [], []
        self.at_epoch_end, self.hook, self.task = at_epoch_end, hook, task

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def _act(self, hook, context):
        if self.at_epoch_end and (hook, context.task_name) == (self.hook, self.task):
            return self.at_epoch_end(context.task_id)
        return None

    def on_fit_task_begin(self, estimator, context, *, X, y, metadata):
        self.events.append(f"begin {context.task_name} {context.task_id}")
        self.given.append((estimator, X, y, metadata))
        return self._act("on_fit_task_begin", context)

    def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
        self.events.append(f"end {context.task_name} {context.task_id}")
        self.given.append((estimator, X, y, metadata))
        if context.task_name == "epoch":
            self.copies.append(fitted_estimator)
        else:
            self.whole = fitted_estimator
        return self._act("on_fit_task_end", context)
