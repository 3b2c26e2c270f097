"""Turn a network's description into a compiled Keras model."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skmirai.neural_network._backend import keras
from skmirai.neural_network._engine.architecture import (
    HEADS,
    NetworkSeeds,
    NetworkSpec,
    network_spec,
)
from skmirai.neural_network._engine.arguments import check_learning_rate
from skmirai.neural_network._engine.layers import (
    head_loss,
    initial_kernel,
    initial_weights,
)
from skmirai.neural_network._engine.members import POOLED_METRICS
from skmirai.neural_network._engine.optimizers import make_optimizer
from skmirai.neural_network._engine.weights import EPSILON, MOMENTUM
from skmirai.neural_network._keras.as_built import AsBuilt, layer_settings
from skmirai.neural_network._keras.embeddings import embedded
from skmirai.neural_network._keras.members import (
    TurnsNormalization,
    members_in,
    own_output,
)
from skmirai.neural_network._keras.model import DNNModel


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
    n_members: int = 1,
    share_batches: bool = False,
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
    n_members : int, default=1
        Networks in one: more than 1 share the hidden layers, and differ in the
        numbers that each multiplies its input columns by, normally drawn at first,
        and in their output layers (TabM-mini). The output is then that of every
        member, (n_rows, n_members, n_outputs); the loss is the mean of the members'
        losses, the metric that of the mean of their outputs.
    share_batches : bool, default=False
        Whether each row of a batch trains every member. By default row ``i`` trains
        member ``i % n_members``: an epoch then costs little more than one of a single
        network, and loss and metric of training are those of each row's member.
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
        Keras model, which loads without skmirai; with ``mc_dropout=True`` or more
        than one member it loads after ``from skmirai import build_dnn``.

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

    Gorishniy, Kotelnikov, Babenko: TabM: Advancing tabular deep learning with
    parameter-efficient ensembling. ICLR 2025 (``n_members``).

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
        n_members=n_members,
        share_batches=share_batches,
        n_outputs=n_outputs,
        output_activation=output_activation,
        dtype=dtype,
    )
    check_learning_rate(learning_rate)
    seeds = NetworkSeeds.draw(check_random_state(random_state), len(spec.sizes))
    return assemble(spec, seeds, make_optimizer(optimizer, learning_rate))


def assemble(
    spec: NetworkSpec, seeds: NetworkSeeds, optimizer: keras.optimizers.Optimizer
) -> DNNModel:
    """Put layers, loss, metric and optimizer together."""
    dropout = MCDropout if spec.mc_dropout else keras.layers.Dropout
    normalization = keras.layers.BatchNormalization
    if spec.takes_turns:
        normalization = TurnsNormalization
    common = {"dtype": spec.dtype}

    inputs = keras.Input((spec.n_features,), dtype=spec.dtype, name="input")
    hidden = embedded(spec, seeds, inputs)
    if spec.n_members > 1:
        hidden = members_in(spec, hidden)
    for depth, (size, rate) in enumerate(zip(spec.sizes, spec.rates, strict=True)):
        number = depth + 1
        hidden = _dense(
            f"dense_{number}", size, spec.activation, seeds.kernels[depth], hidden
        )
        if spec.batch_norm:
            hidden = normalization(
                momentum=MOMENTUM,
                epsilon=EPSILON,
                name=f"batch_norm_{number}",
                **common,
            )(hidden)
        if rate > 0:
            hidden = dropout(
                rate, seed=seeds.dropouts[depth], name=f"dropout_{number}", **common
            )(hidden)
    if spec.n_members > 1:
        outputs = own_output(spec, hidden)
    else:
        outputs = _dense(
            "output", spec.n_outputs, spec.output_activation, seeds.kernels[-1], hidden
        )

    model = DNNModel(inputs, outputs, name="dnn")
    model.dtype_policy = spec.dtype  # Keras would take its default
    model.shuffle_seed = seeds.shuffle
    if spec.n_members > 1 or spec.embeddings:
        starts = initial_weights(spec, seeds)
        for variable, start in zip(model.trainable_variables, starts, strict=True):
            variable.assign(start)
    metric: Any = HEADS[spec.output_activation][1]
    model.compile(
        optimizer=optimizer,
        loss=head_loss(spec),
        metrics=[metric if spec.n_members == 1 else POOLED_METRICS[metric]],
        jit_compile=False,
        auto_scale_loss=False,
    )
    # so that a model that was never trained can be saved and loaded, too
    model.optimizer.build(model.trainable_variables)
    model.supports_masking = True
    model.as_built = AsBuilt(spec, layer_settings(model))
    return model


def _dense(name: str, units: int, activation: Any, seed: int, inputs: Any) -> Any:
    """Outputs of a dense layer whose first weights are those of the seed."""
    layer = keras.layers.Dense(
        units,
        activation=activation,
        kernel_initializer=keras.initializers.GlorotUniform(seed=seed),
        name=name,
        dtype=inputs.dtype,
    )
    outputs = layer(inputs)
    if inputs.dtype != "float32":  # Keras's draw depends on the precision
        layer.kernel.assign(initial_kernel(seed, layer.kernel.shape, inputs.dtype))
    return outputs
