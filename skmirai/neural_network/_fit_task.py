"""A fit as scikit-learn's callbacks see it: a task with one subtask per epoch."""

from collections.abc import Callable
from typing import Any


class FitTask:
    """Calls the hooks of the callbacks that ``set_callbacks`` gave an estimator.

    The hooks get the estimator, the rows and targets as its user gave them and,
    after each epoch, a fitted copy. Making one calls the callbacks' ``setup``;
    their ``teardown`` is up to scikit-learn's decorator of ``fit``.

    Parameters
    ----------
    estimator : estimator
        What is fitted; it has scikit-learn's ``CallbackSupportMixin``.
    X, y, sample_weight : array-like
        What ``fit`` was given.
    n_epochs : int
        Largest number of epochs; 0 for a task without subtasks.

    Attributes
    ----------
    is_watched : bool
        Whether there is any callback.
    fitted_attributes : callable
        Turns a fitted step into the fitted attributes of the estimator; set
        before the first epoch.
    """

    fitted_attributes: Callable[[Any], dict[str, Any]]

    def __init__(
        self, estimator: Any, X: Any, y: Any, sample_weight: Any, n_epochs: int
    ) -> None:
        self.is_watched = bool(getattr(estimator, "_skl_callbacks", None))
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._given = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._context = estimator._init_callback_context(max_subtasks=n_epochs)
        self._epoch: Any = None

    def begin(self) -> None:
        """Call the hooks before the first epoch."""
        self._context.call_on_fit_task_begin(**self._given)

    def begin_epoch(self) -> None:
        """Call the hooks before an epoch."""
        self._epoch = self._context.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._given)

    def end_epoch(self, fitted_step: Callable[[], Any]) -> bool:
        """Call the hooks after an epoch.

        Parameters
        ----------
        fitted_step : callable
            Returns the step as after this epoch; called if a hook asks for it.

        Returns
        -------
        bool
            Whether a hook asks to stop.
        """
        epoch, self._epoch = self._epoch, None
        return epoch.call_on_fit_task_end(
            **self._given,
            reconstruction_attributes=lambda: self.fitted_attributes(fitted_step()),
        )

    def end(self, fitted_step: Callable[[], Any]) -> None:
        """Call the hooks after the last epoch, the estimator being fitted.

        Parameters
        ----------
        fitted_step : callable
            Returns a copy of the step; called if a hook asks for it.
        """
        if self._epoch is not None:  # the user interrupted it
            epoch, self._epoch = self._epoch, None
            epoch.call_on_fit_task_end(estimator=self._given["estimator"])

        def pipeline() -> dict[str, Any]:
            return {"pipeline_": self.fitted_attributes(fitted_step())["pipeline_"]}

        self._context.call_on_fit_task_end(
            **self._given, reconstruction_attributes=pipeline
        )
