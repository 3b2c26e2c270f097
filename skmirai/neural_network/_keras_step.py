"""The last step of the estimators' pipeline: a network behind SciKeras."""

import copy
import warnings
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from scikeras.wrappers import BaseWrapper

from skmirai.neural_network._builder import build_dnn
from skmirai.neural_network._callbacks import EpochProgress, KeepLastWholeEpoch
from skmirai.neural_network._prediction import decision_values


def _copied(callbacks: Any) -> list[keras.callbacks.Callback]:
    """Copies of the user's callbacks, so that fits do not share their state."""
    if callbacks is None:
        return []
    if isinstance(callbacks, keras.callbacks.Callback):
        callbacks = [callbacks]
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                f"callbacks holds {callback!r}; expected instances of "
                f"keras.callbacks.Callback, such as keras.callbacks.CSVLogger('log')"
            )
    return [copy.deepcopy(callback) for callback in callbacks]


class KerasStep(BaseWrapper):
    """A dense network as a pipeline step, on data that is checked already.

    SciKeras's life cycle (build, compile, fit, partial fit, history) with our
    network builder, weights in full precision, seeds of our own and a state
    that pickles without a file format. Input is a finite array in the
    network's precision and encoded targets; the estimators see to that.

    Parameters
    ----------
    architecture : dict
        Arguments of :func:`build_dnn` but for ``n_features`` and those below.
    optimizer, learning_rate, seed
        As in :func:`build_dnn`; ``seed`` is its ``random_state``.
    batch_size, shuffle, callbacks, verbose
        As in the estimators.
    early_stopping : dict or None
        Arguments of :class:`keras.callbacks.EarlyStopping`.

    Attributes
    ----------
    model_ : DNNModel
        The network.
    history_ : dict
        Figures of every epoch.
    callbacks_ : list of keras.callbacks.Callback
        The copies of ``callbacks`` that saw the last fit.
    """

    model_: keras.Model
    history_: dict[str, list[float]]

    def __init__(
        self,
        *,
        architecture: dict[str, Any],
        optimizer: Any,
        learning_rate: float,
        seed: int,
        batch_size: int,
        shuffle: bool,
        callbacks: Any,
        early_stopping: dict[str, Any] | None,
        verbose: int,
    ) -> None:
        # SciKeras's own seeding changes flags of the whole process: not used
        super().__init__(
            optimizer=optimizer,
            batch_size=batch_size,
            shuffle=shuffle,
            callbacks=callbacks,
            verbose=verbose,
        )
        self.architecture = architecture
        self.learning_rate = learning_rate
        self.seed = seed
        self.early_stopping = early_stopping

    # -- what SciKeras asks for ---------------------------------------------

    def _validate_data(
        self, X: Any = None, y: Any = None, reset: bool = False, y_numeric: bool = False
    ) -> tuple[Any, Any]:
        if reset and X is not None:
            self.n_features_in_ = X.shape[1]
        return X, y  # the estimator has checked them

    @staticmethod
    def _validate_sample_weight(X: Any, y: Any, sample_weight: Any) -> Any:
        return X, y, sample_weight  # SciKeras would cast to float32

    def _initialize_callbacks(self) -> None:
        self._fit_callbacks: list[Any] = []
        self._predict_callbacks: list[Any] = []

    def _build_keras_model(self) -> keras.Model:
        return build_dnn(
            self.n_features_in_,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            random_state=self.seed,
            **self.architecture,
        )

    def _fit_keras_model(
        self,
        X: np.ndarray,
        y: np.ndarray,
        sample_weight: np.ndarray | None,
        warm_start: bool,
        epochs: int,
        initial_epoch: int,
        validation_data: tuple[np.ndarray, ...] | None = None,
        **kwargs: Any,
    ) -> None:
        del kwargs
        model = self.model_
        model.optimizer.build(model.trainable_variables)
        keeper = KeepLastWholeEpoch()
        # validation weighs its rows as training does; all None if it does not
        if validation_data is not None and validation_data[2] is None:
            validation_data = validation_data[:2]
        callbacks: list[keras.callbacks.Callback] = [keeper]
        if self.early_stopping is not None:
            stopping = keras.callbacks.EarlyStopping(
                restore_best_weights=True, **self.early_stopping
            )
            callbacks.append(stopping)
        fitted = _copied(self.callbacks)
        callbacks += fitted
        progress = EpochProgress(self.verbose)
        if self.verbose:
            callbacks.append(progress)
        recorder = keras.callbacks.History()
        try:
            model.fit(
                X,
                y,
                sample_weight=sample_weight,
                batch_size=self.batch_size,
                epochs=initial_epoch + epochs,
                initial_epoch=initial_epoch,
                shuffle=self.shuffle,
                validation_data=validation_data,
                callbacks=[*callbacks, recorder],
                verbose=0,
            )
        except KeyboardInterrupt:
            if not keeper.n_epochs:
                keeper.restore_start()
                raise
            keeper.restore()
            warnings.warn(
                f"Training was interrupted; the network after "
                f"{initial_epoch + keeper.n_epochs} whole epochs is kept.",
                UserWarning,
                stacklevel=2,
            )
        except BaseException:
            keeper.restore_start()
            raise
        finally:
            if self.verbose:
                progress.close()
            for callback in callbacks:
                callback._model = None  # a kept callback must not keep networks
            model.history = None
        epochs_before = self.history_ if initial_epoch else {}
        self.history_ = {
            name: [*epochs_before.get(name, []), *map(float, values)]
            for name, values in recorder.history.items()
        }
        self.callbacks_ = fitted

    # -- what the estimators use --------------------------------------------

    def continue_with(
        self, architecture: dict[str, Any], settings: dict[str, Any]
    ) -> None:
        """Take new training settings over; the network must stay the same."""
        for name, value in architecture.items():
            fitted = self.architecture[name]
            if name != "dtype" and not np.array_equal(value, fitted):
                raise ValueError(
                    f"{name}={value!r} does not match the fitted network, which has "
                    f"{name}={fitted!r}; set it back, or fit anew with "
                    f"warm_start=False"
                )
        if settings["optimizer"] != self.optimizer:
            raise ValueError(
                f"optimizer={settings['optimizer']!r} does not match the fitted "
                f"network, which was trained with {self.optimizer!r}; set it back, "
                f"or fit anew with warm_start=False"
            )
        if settings["learning_rate"] != self.learning_rate:
            self.model_.optimizer.learning_rate = settings["learning_rate"]
        self.__dict__.update(settings, warm_start=True)

    @property
    def dtype(self) -> str:
        """Precision of the network, "float32" or "float64"."""
        return self.architecture["dtype"]

    @property
    def n_parameters(self) -> int:
        """Number of trainable parameters."""
        return sum(int(np.prod(v.shape)) for v in self.model_.trainable_variables)

    def decision_values(self, X: np.ndarray) -> np.ndarray:
        """Output layer's values before its activation, (n_samples, n_outputs)."""
        return decision_values(self.model_, X)

    def predict(self, X: np.ndarray, **kwargs: Any) -> np.ndarray:
        """Output of the network, (n_samples, n_outputs)."""
        values = self.decision_values(np.asarray(X, self.dtype))
        activation = self.model_.layers[-1].activation
        return keras.ops.convert_to_numpy(activation(values))

    def state(self) -> list[np.ndarray]:
        """Copy the values of all weights and of the optimizer."""
        return [np.array(value) for value in self._variables()]

    def load_state(self, state: Sequence[np.ndarray]) -> None:
        """Put values read by ``state`` back."""
        for variable, value in zip(self._variables(), state, strict=True):
            variable.assign(value)

    def _variables(self) -> list[Any]:
        self.model_.optimizer.build(self.model_.trainable_variables)
        return [*self.model_.variables, *self.model_.optimizer.variables]

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "model_" in state:
            state["model_"] = self.state()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "model_" in state:
            self.model_ = self._build_keras_model()
            self.load_state(state["model_"])
