"""The last step of the estimators' pipeline: a network behind SciKeras."""

import copy
import warnings
from typing import Any

import keras
import numpy as np
from scikeras.wrappers import BaseWrapper

from skmirai.neural_network._callbacks import EpochProgress, KeepLastWholeEpoch
from skmirai.neural_network._network import Network, build_network


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


def _let_go(callback: keras.callbacks.Callback) -> None:
    """Take from a callback what must not be kept: the network, an open file."""
    callback._model = None
    if isinstance(callback, keras.callbacks.CSVLogger):
        if getattr(callback, "csv_file", None) is not None:
            callback.csv_file.close()  # still open after an error
        callback.csv_file = callback.writer = None  # neither can be pickled


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
    network_ : Network
        The network.
    history_ : dict
        Figures of every epoch.
    callbacks_ : list of keras.callbacks.Callback
        The copies of ``callbacks`` that saw the last fit.
    """

    network_: Network
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

    def _build_keras_model(self) -> Network:
        return build_network(
            self.n_features_in_,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            random_state=self.seed,
            **self.architecture,
        )

    @property
    def model_(self) -> keras.Model:
        """Live network; asking for it builds it."""
        return self.network_.model

    @model_.setter
    def model_(self, network: Network) -> None:
        self.network_ = network  # SciKeras keeps what it built here

    @property
    def initialized_(self) -> bool:
        """Whether there is a network."""
        return hasattr(self, "network_")

    def _ensure_compiled_model(self) -> None:
        pass  # ours always is

    def _check_model_compatibility(self, y: Any) -> None:
        pass  # the estimator chose the head for these targets

    def _fit_keras_model(
        self,
        X: np.ndarray,
        y: np.ndarray,
        sample_weight: np.ndarray | None,
        warm_start: bool,
        epochs: int,
        initial_epoch: int,
        validation_data: Any = None,
        **kwargs: Any,
    ) -> None:
        del warm_start, kwargs
        users = _copied(self.callbacks)
        keeper = KeepLastWholeEpoch()
        recorder = keras.callbacks.History()
        callbacks: list[keras.callbacks.Callback] = [keeper]
        if self.early_stopping is not None:
            stopping = keras.callbacks.EarlyStopping(
                restore_best_weights=True, **self.early_stopping
            )
            callbacks.append(stopping)
        callbacks += users
        if self.verbose:
            callbacks.append(EpochProgress(self.verbose))
        callbacks.append(recorder)
        try:
            self.network_.train(
                X,
                y,
                sample_weight,
                validation_data,
                batch_size=self.batch_size,
                epochs=initial_epoch + epochs,
                initial_epoch=initial_epoch,
                shuffle=self.shuffle,
                callbacks=callbacks,
                live=bool(users),
            )
        except KeyboardInterrupt:
            # an epoch is whole once the last callback, the recorder, is through
            n_whole = min(map(len, recorder.history.values()), default=0)
            if not n_whole:
                self._take_back(keeper)
                raise
            ahead = keeper.n_epochs > n_whole
            self.network_.state = keeper.previous if ahead else keeper.last
            warnings.warn(
                f"Training was interrupted; the network after "
                f"{initial_epoch + n_whole} whole epochs is kept.",
                UserWarning,
                stacklevel=2,
            )
        except BaseException:
            self._take_back(keeper)
            raise
        finally:
            for callback in callbacks:
                if isinstance(callback, EpochProgress):
                    callback.close()
                _let_go(callback)
        epochs_before = self.history_ if initial_epoch else {}
        self.history_ = {
            name: [*epochs_before.get(name, []), *map(float, values)]
            for name, values in recorder.history.items()
        }
        self.callbacks_ = users

    def _take_back(self, keeper: KeepLastWholeEpoch) -> None:
        if keeper.start is not None:
            self.network_.state = keeper.start

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
            self.network_.set_learning_rate(settings["learning_rate"])
        self.__dict__.update(settings, warm_start=True)

    @property
    def dtype(self) -> str:
        """Precision of the network, "float32" or "float64"."""
        return self.architecture["dtype"]

    @property
    def n_parameters(self) -> int:
        """Number of trainable parameters."""
        return self.network_.compiled.n_parameters

    def decision_values(self, X: np.ndarray) -> np.ndarray:
        """Output layer's values before its activation, (n_samples, n_outputs)."""
        return self.network_.decision_values(X)

    def predict(self, X: np.ndarray, **kwargs: Any) -> np.ndarray:
        """Output of the network, (n_samples, n_outputs)."""
        del kwargs
        values = self.decision_values(np.asarray(X, self.dtype))
        activation = keras.activations.get(self.network_.spec.output_activation)
        return keras.ops.convert_to_numpy(activation(values))
