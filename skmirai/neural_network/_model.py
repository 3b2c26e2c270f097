"""The Keras model of this project: Keras's interface, compiled whole epochs."""

import functools
from dataclasses import dataclass
from typing import Any

from skmirai.neural_network._backend import keras
from skmirai.neural_network._state import NetworkState, model_layout


@dataclass(frozen=True)
class AsBuilt:
    """What compiled epochs take for granted about a model.

    Attributes
    ----------
    spec : NetworkSpec
        Architecture.
    settings : list of dict
        Settings of its layers, see :func:`layer_settings`.
    """

    spec: Any
    settings: list[dict[str, Any]]


def layer_settings(model: keras.Model) -> list[dict[str, Any]]:
    """Public settings of every layer but the dropout rate, which is an input."""
    settings = []
    for layer in model.layers:
        public = {k: v for k, v in vars(layer).items() if not k.startswith("_")}
        public.pop("rate", None)
        on_weights = [(w.constraint, w.regularizer) for w in layer.trainable_weights]
        hidden = {
            "trainable": layer.trainable,
            "dtype": layer.dtype_policy.name,
            "weights": on_weights,
        }
        settings.append(public | hidden)
    return settings


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
    shuffle_seed: int | None = None

    @property
    def spec(self) -> Any:
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
        from skmirai.neural_network._keras_fit import fit_model

        return fit_model(self, *args, **kwargs)

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
        return float(keras.ops.convert_to_numpy(self.optimizer.learning_rate))

    def read_state(self) -> NetworkState:
        """Copy weights and optimizer state."""
        return model_layout(self).read()

    def write_state(self, state: NetworkState) -> None:
        """Set weights and optimizer state."""
        model_layout(self).write(state)


# so that help and editors show Keras's parameters, whatever its version
functools.update_wrapper(DNNModel.fit, keras.Model.fit, assigned=())
