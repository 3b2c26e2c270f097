"""The Keras model of this project: Keras's interface, compiled whole epochs."""

from typing import Any

import keras

from skmirai.neural_network._state import NetworkState, model_layout


@keras.saving.register_keras_serializable(package="skmirai")
class DNNModel(keras.Model):
    """A functional Keras model whose ``fit`` compiles whole epochs.

    ``fit`` has Keras's parameters, history and callbacks. Where nothing looks
    at single batches, an epoch over arrays in memory is one compiled program
    instead of a Python loop over batches; otherwise Keras's own loop runs, on
    the same batches. The order of the rows depends on ``shuffle_seed`` and the
    epoch alone.

    Attributes
    ----------
    spec : NetworkSpec or None
        Architecture, as ``build_dnn`` sets it. None, as in a model that was
        loaded from a file, leaves training to Keras's own loop.
    shuffle_seed : int or None
        Seed of the order of the rows; None leaves shuffling to Keras.
    """

    spec: Any = None
    shuffle_seed: int | None = None

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Configure training as :meth:`keras.Model.compile` does.

        Another loss or other metrics than those of ``build_dnn`` leave training
        to Keras's own loop.
        """
        self.spec = None  # build_dnn sets it, knowing loss and metrics
        super().compile(*args, **kwargs)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as a saved model was; Keras leaves that to who overrides compile."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    def fit(self, x: Any = None, y: Any = None, **kwargs: Any) -> Any:
        """Train as :meth:`keras.Model.fit` does.

        Parameters
        ----------
        x, y : array-like
            Rows and targets.
        **kwargs : dict
            The other parameters of :meth:`keras.Model.fit`.

        Returns
        -------
        keras.callbacks.History
            Loss and metrics of every epoch in its ``history``.
        """
        from skmirai.neural_network._training import fit_model

        return fit_model(self, x, y, **kwargs)

    def keras_fit(self, *args: Any, **kwargs: Any) -> Any:
        """Train with Keras's own loop over batches."""
        return super().fit(*args, **kwargs)

    @property
    def learning_rate(self) -> float:
        """Step size of the next update."""
        return float(keras.ops.convert_to_numpy(self.optimizer.learning_rate))

    def read_state(self) -> NetworkState:
        """Copy weights and optimizer state."""
        return model_layout(self).read()

    def write_state(self, state: NetworkState) -> None:
        """Set weights and optimizer state."""
        model_layout(self).write(state)
