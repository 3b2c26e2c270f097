"""Turn a network's description into a compiled Keras model."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skmirai.neural_network._arguments import (
    check_activation,
    check_count,
    check_dtype,
    check_flag,
    check_learning_rate,
    check_outputs,
    dropout_rates,
    layer_sizes,
)
from skmirai.neural_network._backend import keras
from skmirai.neural_network._model import AsBuilt, DNNModel, layer_settings

HEADS = {
    # output activation: (loss, metric) and what the target looks like
    "sigmoid": ("BinaryCrossentropy", "accuracy"),
    "softmax": ("SparseCategoricalCrossentropy", "accuracy"),
    "linear": ("MeanSquaredError", "mean_absolute_error"),
}


@keras.saving.register_keras_serializable(package="skmirai")
class MCDropout(keras.layers.Dropout):
    """Dropout that stays on at prediction.

    Every call draws new masks, whatever ``training`` says, so that repeated
    calls of ``model.predict`` or ``model.evaluate`` are Monte Carlo passes.

    Parameters
    ----------
    rate : float
        Share of units set to zero, in [0, 1).
    seed : int, optional
        Seed of the masks.
    **kwargs : dict
        Passed on to :class:`keras.layers.Dropout`.

    References
    ----------
    Gal, Ghahramani: Dropout as a Bayesian approximation. ICML 2016.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Drop units of ``inputs``; ``training`` makes no difference."""
        del training
        return super().call(inputs, training=True)


@cache
def optimizer_classes() -> dict[str, type[keras.optimizers.Optimizer]]:
    found = (getattr(keras.optimizers, name) for name in dir(keras.optimizers))
    classes = {
        cls.__name__.lower(): cls
        for cls in found
        if isinstance(cls, type) and issubclass(cls, keras.optimizers.Optimizer)
    }
    return {
        name: cls
        for name, cls in classes.items()
        if cls is not keras.optimizers.Optimizer and not issubclass(cls, _wrappers())
    }


@cache
def _wrappers() -> tuple[type[keras.optimizers.Optimizer], ...]:
    """Classes that wrap other optimizers."""
    names = ("LossScaleOptimizer", "MultiOptimizer")
    return tuple(c for n in names if (c := getattr(keras.optimizers, n, None)))


def make_optimizer(
    optimizer: str | keras.optimizers.Optimizer, learning_rate: float
) -> keras.optimizers.Optimizer:
    """Make a fresh optimizer from a name, or a fresh copy of an instance.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
        A name in any case, such as "sgd" or "AdamW". An instance is copied
        from its configuration, its learning rate included; its state is not.
    learning_rate : float
        Step size for a named optimizer.

    Returns
    -------
    keras.optimizers.Optimizer
        A new optimizer without state.

    Raises
    ------
    ValueError
        If there is no optimizer of that name; the message lists the names.
    """
    check_optimizer(optimizer)
    with rates_in_float32():
        if isinstance(optimizer, keras.optimizers.Optimizer):
            config = {**optimizer.get_config(), "name": "optimizer"}
            copied = type(optimizer).from_config(config)
            if names := undecayed_names(optimizer):
                copied.exclude_from_weight_decay(var_names=[names])
            return copied
        cls = optimizer_classes()[optimizer.lower()]
        return cls(learning_rate=float(learning_rate), name="optimizer")


@contextmanager
def rates_in_float32() -> Iterator[None]:
    """Keep step sizes in float32; Keras would round them to its default float."""
    default = keras.config.floatx()
    if default == "float32":
        yield
        return
    keras.config.set_floatx("float32")
    try:
        yield
    finally:
        keras.config.set_floatx(default)


def undecayed_names(optimizer: keras.optimizers.Optimizer) -> str | None:
    """Pattern of the variables that an instance was told not to decay."""
    pattern = getattr(optimizer, "_exclude_from_weight_decay_pattern", None)
    return None if pattern is None else pattern.pattern


def check_optimizer(optimizer: Any) -> None:
    """Insist on the name of an optimizer or an instance that can be copied."""
    if isinstance(optimizer, keras.optimizers.Optimizer):
        _check_instance(optimizer)
        return
    classes = optimizer_classes()
    if not isinstance(optimizer, str) or optimizer.lower() not in classes:
        raise ValueError(
            f"optimizer={optimizer!r} is unknown; use one of {sorted(classes)} "
            f"or a keras.optimizers.Optimizer instance"
        )


def _check_instance(optimizer: keras.optimizers.Optimizer) -> None:
    name = type(optimizer).__name__
    if isinstance(optimizer, _wrappers()):
        raise ValueError(
            f"optimizer={name} wraps other optimizers, which is not supported; pass "
            f"the optimizer itself, with loss_scale_factor=... if losses must be scaled"
        )
    if getattr(optimizer, "_exclude_from_weight_decay", None):
        raise ValueError(
            f"optimizer={name} excludes variables of another network from weight "
            f"decay; exclude_from_weight_decay(var_names=['bias']) works by name"
        )


def check_precision(optimizer: Any, dtype: str) -> None:
    """Refuse float64 for an optimizer that computes in float32."""
    if dtype == "float64" and not computes_in_float64(optimizer):
        raise ValueError(
            f"optimizer={optimizer!r} computes in float32 only, but dtype is "
            f"'float64'; use dtype='float32' or another optimizer"
        )


def computes_in_float64(optimizer: Any) -> bool:
    """Tell whether an optimizer can update weights in float64."""
    if isinstance(optimizer, str):
        return optimizer.lower() != "muon"
    return not isinstance(optimizer, keras.optimizers.Muon)


#: Optimizers whose update of a weight depends on that weight's history alone.
_ELEMENTWISE = (
    "adadelta",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "ftrl",
    "lion",
    "nadam",
    "rmsprop",
    "sgd",
)


def works_elementwise(optimizer: keras.optimizers.Optimizer) -> bool:
    """Tell whether weights may be joined in one vector without a difference."""
    classes = optimizer_classes()
    known = type(optimizer) in [classes[name] for name in _ELEMENTWISE]
    by_name = undecayed_names(optimizer) is not None
    return known and optimizer.clipnorm is None and not by_name


def build_dnn(
    n_features: int,
    n_layers: int = 2,
    n_nodes: int | Sequence[int] = 64,
    *,
    activation: str | Callable[..., Any] = "relu",
    optimizer: str | keras.optimizers.Optimizer = "adam",
    learning_rate: float = 0.003,
    batch_norm: bool = False,
    dropout_rate: float | Sequence[float] = 0.2,
    mc_dropout: bool = False,
    n_outputs: int = 1,
    output_activation: str = "sigmoid",
    dtype: str = "float32",
    random_state: int | np.random.RandomState | None = None,
) -> DNNModel:
    """Build and compile a fully connected network for a table of features.

    Each hidden layer is Dense with its activation, then BatchNormalization if
    asked, then Dropout if its rate is above 0. The output layer fixes loss and
    metric: "sigmoid" binary cross-entropy and accuracy, "softmax" sparse
    categorical cross-entropy and accuracy, "linear" mean squared error and
    mean absolute error.

    Parameters
    ----------
    n_features : int
        Number of input columns.
    n_layers : int, default=2
        Number of hidden layers; 0 gives a linear model.
    n_nodes : int or sequence of int, default=64
        Units per hidden layer, one number or one per layer.
    activation : str or callable, default="relu"
        Activation of the hidden layers: a name in ``keras.activations``, or a
        function that keeps the shape of its tensor.
    optimizer : str or keras.optimizers.Optimizer, default="adam"
        Name of a Keras optimizer, in any case, or an instance, which is copied.
    learning_rate : float, default=0.003
        Step size; an optimizer instance keeps its own.
    batch_norm : bool, default=False
        Put batch normalisation after each activation.
    dropout_rate : float or sequence of float, default=0.2
        Share of units dropped after each hidden layer, in [0, 1).
    mc_dropout : bool, default=False
        Use dropout that stays on at prediction, for Monte Carlo passes with
        ``model.predict`` or ``model.evaluate``. The estimators do not need it.
    n_outputs : int, default=1
        Units of the output layer: 1 for "sigmoid", the number of classes, at
        least 2, for "softmax", of targets for "linear".
    output_activation : {"sigmoid", "softmax", "linear"}, default="sigmoid"
        Activation of the output layer.
    dtype : {"float32", "float64"}, default="float32"
        Precision of weights and computation, loss included, whatever Keras's
        default precision is. Keras's own ``predict`` and ``evaluate`` cast
        arrays to that default first.
    random_state : int, RandomState instance or None, default=None
        Seeds initial weights, dropout masks and the order of the rows in ``fit``
        on arrays. No global generator is used but NumPy's, and that for None only.

    Returns
    -------
    DNNModel
        A compiled :class:`keras.Model`. Its ``fit`` compiles whole epochs over
        arrays in memory. The file that its ``save`` writes is that of a plain
        Keras model, which loads without skmirai; with ``mc_dropout=True`` it
        loads after ``from skmirai import build_dnn``.

    Raises
    ------
    ValueError
        If an argument is not as described above. The message names the value
        and what was expected; for an unknown optimizer or activation it lists
        the allowed names.

    References
    ----------
    Glorot, Bengio: Understanding the difficulty of training deep feedforward
    neural networks. AISTATS 2010 (initial weights, uniform in
    ``+-sqrt(6 / (n_in + n_out))``; biases start at zero).

    Examples
    --------
    >>> from skmirai import build_dnn
    >>> model = build_dnn(92, n_layers=2, n_nodes=20, dropout_rate=0.5)
    >>> model.count_params()
    2301
    >>> [layer.name for layer in model.layers]
    ['input', 'dense_1', 'dropout_1', 'dense_2', 'dropout_2', 'output']
    """
    spec = network_spec(
        n_features,
        n_layers,
        n_nodes,
        activation=activation,
        batch_norm=batch_norm,
        dropout_rate=dropout_rate,
        mc_dropout=mc_dropout,
        n_outputs=n_outputs,
        output_activation=output_activation,
        dtype=dtype,
    )
    check_learning_rate(learning_rate)
    seeds = NetworkSeeds.draw(random_state, len(spec.sizes))
    return assemble(spec, seeds, make_optimizer(optimizer, learning_rate))


@dataclass(frozen=True)
class NetworkSpec:
    """Architecture of a network: what a compiled program depends on.

    Attributes
    ----------
    sizes : tuple of int
        Units of the hidden layers.
    rates : tuple of float
        Dropout rate after each hidden layer.

    The others are as in :func:`build_dnn`.
    """

    n_features: int
    sizes: tuple[int, ...]
    rates: tuple[float, ...]
    activation: str | Callable[..., Any]
    batch_norm: bool
    mc_dropout: bool
    n_outputs: int
    output_activation: str
    dtype: str


def network_spec(
    n_features: int,
    n_layers: int,
    n_nodes: int | Sequence[int],
    *,
    activation: str | Callable[..., Any],
    batch_norm: bool,
    dropout_rate: float | Sequence[float],
    n_outputs: int,
    output_activation: str,
    dtype: str,
    mc_dropout: bool = False,
) -> NetworkSpec:
    """Check the arguments of :func:`build_dnn` that describe the architecture."""
    n_layers = check_count("n_layers", n_layers, 0)
    dtype = check_dtype(dtype)
    check_activation(activation, dtype)
    return NetworkSpec(
        n_features=check_count("n_features", n_features, 1),
        sizes=layer_sizes(n_nodes, n_layers),
        rates=dropout_rates(dropout_rate, n_layers),
        activation=activation,
        batch_norm=check_flag("batch_norm", batch_norm),
        mc_dropout=check_flag("mc_dropout", mc_dropout),
        n_outputs=check_outputs(n_outputs, output_activation, [*HEADS]),
        output_activation=output_activation,
        dtype=dtype,
    )


@dataclass(frozen=True)
class NetworkSeeds:
    """Seeds of a network.

    Attributes
    ----------
    kernels : tuple of int
        Seed of the initial weights of each layer, the output layer's last.
    dropouts : tuple of int
        Seed of the dropout after each hidden layer.
    shuffle : int
        Seed of the order of the rows.
    """

    kernels: tuple[int, ...]
    dropouts: tuple[int, ...]
    shuffle: int

    @classmethod
    def draw(cls, random_state: Any, n_layers: int) -> "NetworkSeeds":
        """Draw seeds without touching a global generator, None aside."""
        rng = check_random_state(random_state)
        kernels, dropouts = rng.randint(np.iinfo(np.int32).max, size=(2, n_layers + 1))
        return cls(
            kernels=tuple(kernels.tolist()),
            dropouts=tuple(dropouts[:-1].tolist()),
            shuffle=int(dropouts[-1]),
        )


def assemble(
    spec: NetworkSpec,
    seeds: NetworkSeeds,
    optimizer: keras.optimizers.Optimizer | None,
    dropout: type[keras.layers.Dropout] | None = None,
) -> DNNModel:
    """Put layers, loss, metric and optimizer together."""
    if dropout is None:
        dropout = MCDropout if spec.mc_dropout else keras.layers.Dropout
    common = {"dtype": spec.dtype}

    inputs = keras.Input((spec.n_features,), dtype=spec.dtype, name="input")
    hidden = inputs
    for depth, (size, rate) in enumerate(zip(spec.sizes, spec.rates, strict=True)):
        number = depth + 1
        hidden = keras.layers.Dense(
            size,
            activation=spec.activation,
            kernel_initializer=initial_kernel(seeds.kernels[depth]),
            name=f"dense_{number}",
            **common,
        )(hidden)
        if spec.batch_norm:
            hidden = keras.layers.BatchNormalization(
                name=f"batch_norm_{number}", **common
            )(hidden)
        if rate > 0:
            hidden = dropout(
                rate, seed=seeds.dropouts[depth], name=f"dropout_{number}", **common
            )(hidden)
    outputs = keras.layers.Dense(
        spec.n_outputs,
        activation=spec.output_activation,
        kernel_initializer=initial_kernel(seeds.kernels[-1]),
        name="output",
        **common,
    )(hidden)

    loss, metric = HEADS[spec.output_activation]
    model = DNNModel(inputs, outputs, name="dnn")
    model.dtype_policy = spec.dtype  # Keras would take its default
    model.shuffle_seed = seeds.shuffle
    model.compile(
        optimizer=optimizer or "sgd",
        # the loss takes Keras's default precision unless it is told
        loss=getattr(keras.losses, loss)(name="loss", **common),
        metrics=[metric],
        jit_compile=False,
        auto_scale_loss=False,
    )
    # so that a model that was never trained can be saved and loaded, too
    model.optimizer.build(model.trainable_variables)
    model.supports_masking = True
    model.as_built = AsBuilt(spec, layer_settings(model))
    return model


def initial_kernel(seed: int) -> keras.initializers.Initializer:
    """Initializer of a layer's kernel."""
    return keras.initializers.GlorotUniform(seed=seed)
