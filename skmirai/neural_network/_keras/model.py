"""The Keras model of this project: Keras's interface, compiled whole epochs."""

import functools
from typing import Any

import numpy as np

from skmirai.neural_network._backend import keras, to_numpy
from skmirai.neural_network._engine.architecture import NetworkSpec
from skmirai.neural_network._engine.members import picked
from skmirai.neural_network._engine.state import NetworkState, StateLayout
from skmirai.neural_network._keras.as_built import AsBuilt
from skmirai.neural_network._keras.embeddings import dense_train_step
from skmirai.neural_network._keras.fit import fit_model


@keras.saving.register_keras_serializable(package="skmirai")
class DNNModel(keras.Model):
    """A functional Keras model whose ``fit`` compiles whole epochs.

    ``fit`` has Keras's parameters, history and callbacks. Where nothing looks
    at single batches, an epoch over arrays in memory is one compiled program
    instead of a Python loop over batches; otherwise Keras's own loop runs. The
    batches of both are the same: their order depends on ``shuffle_seed`` and the
    epoch alone. What is not an array in memory, Keras shuffles.

    Attributes
    ----------
    as_built : AsBuilt or None
        What ``build_dnn`` made. None, as after ``compile``, leaves training to
        Keras's own loop.
    shuffle_seed : int or None
        Seed of the order of the rows; None leaves shuffling to Keras.
    """

    as_built: AsBuilt | None = None
    _layout_for: tuple[Any, StateLayout] | None = None
    shuffle_seed: int | None = None

    @property
    def spec(self) -> NetworkSpec | None:
        """Architecture, or None where it is not that of ``build_dnn``."""
        return None if self.as_built is None else self.as_built.spec

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Configure training as :meth:`keras.Model.compile` does.

        A model that is compiled anew trains in Keras's own loop.
        """
        self.as_built = None  # build_dnn sets it, knowing loss and metrics
        self._configure = lambda model: keras.Model.compile(model, *args, **kwargs)
        self._configure(self)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as a saved model was; Keras leaves that to who overrides compile."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    def fit(self, *args: Any, **kwargs: Any) -> Any:
        """Train as :meth:`keras.Model.fit` does; the parameters are the same.

        Returns
        -------
        keras.callbacks.History
            Loss and metrics of every epoch in its ``history``.
        """
        return fit_model(self, *args, **kwargs)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Loss of a batch; in training that of the members whose turn it is."""
        if not training or self.spec is None or not self.spec.takes_turns:
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        losses = picked(self.loss.of_each(y, y_pred))
        if sample_weight is not None:
            weight = keras.ops.cast(sample_weight, losses.dtype)
            losses = losses * keras.ops.reshape(weight, (-1,))
        return keras.ops.mean(losses)

    def train_step(self, data: Any) -> dict[str, Any]:
        """Update by one batch of Keras's own loop; embeddings as in compiled epochs."""
        if self.spec is None or not self.spec.embeddings:
            return super().train_step(data)
        return dense_train_step(self, data)

    def keras_fit(self, *args: Any, **kwargs: Any) -> Any:
        """Train with Keras's own loop over batches."""
        return super().fit(*args, **kwargs)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save as :meth:`keras.Model.save` does; the file loads without skmirai.

        What ``keras.saving.load_model`` makes of the file is a plain
        :class:`keras.Model` with the same layers, loss, metrics and optimizer,
        which Keras's own loop trains. A network with ``mc_dropout=True`` is the
        exception: it loads after ``from skmirai import build_dnn``.
        """
        plain = keras.Model(self.inputs, self.outputs, name=self.name)
        plain.dtype_policy = self.dtype_policy
        if self.compiled:
            self._configure(plain)
            plain.optimizer = self.optimizer
        plain.save(*args, **kwargs)

    @property
    def learning_rate(self) -> float:
        """Step size of the next update."""
        return float(to_numpy(self.optimizer.learning_rate))

    def set_learning_rate(self, rate: float) -> None:
        """Change the step size of the next update."""
        self.optimizer.learning_rate = rate

    def read_state(self) -> NetworkState:
        """Copy weights and optimizer state."""
        return self._layout().read()

    def write_state(self, state: NetworkState) -> None:
        """Set weights and optimizer state."""
        self._layout().write(state)

    def read_weights(self) -> np.ndarray:
        """Copy weights and batch statistics, as they lie in a state."""
        return self._layout().read_weights()

    def _layout(self) -> StateLayout:
        optimizer, kept_for = self.optimizer, self._layout_for
        if kept_for is None or kept_for[0] is not optimizer:
            trained = self.trainable_variables
            optimizer.build(trained)
            trainable = {id(v) for v in trained}
            fixed = [v for v in self.variables if id(v) not in trainable]
            dtype = self.layers[-1].compute_dtype
            layout = StateLayout(trained, fixed, optimizer, dtype)
            # past Keras, which would follow what it finds in attributes
            self.__dict__["_layout_for"] = kept_for = (optimizer, layout)
        return kept_for[1]


# so that help and editors show Keras's parameters, whatever its version
functools.update_wrapper(DNNModel.fit, keras.Model.fit, assigned=())
