"""Members in one network: their products, their loss and their metrics.

Signals of members have the shape (batch, n_members, units): every row goes through
all of them.
"""

from typing import Any

from skmirai.neural_network._backend import keras, tf


def spread(X: Any, scale: Any, kernel: Any) -> Any:
    """Product of rows and a kernel, the rows scaled by the numbers of each member.

    The numbers go into the kernel, so that no scaled copies of the rows are made,
    and one product serves all members.

    Parameters
    ----------
    X : tensor of shape (batch, n_inputs)
        Rows that the members share.
    scale : tensor of shape (n_members, n_inputs)
        What each member multiplies its inputs by.
    kernel : tensor of shape (n_inputs, units) or (n_members, n_inputs, units)
        Kernel that the members share, or one of each.

    Returns
    -------
    tensor of shape (batch, n_members, units)
    """
    of_inputs = tf.transpose(scale)[:, :, None]
    if len(kernel.shape) == 2:
        folded = of_inputs * kernel[:, None, :]
    else:
        folded = of_inputs * tf.transpose(kernel, (1, 0, 2))
    return _together(X, folded)


def _together(X: Any, kernels: Any) -> Any:
    """One product of rows and the kernels (n_inputs, n_members, units) of all."""
    n_inputs, n_members, units = kernels.shape
    product = tf.matmul(X, tf.reshape(kernels, (n_inputs, n_members * units)))
    return tf.reshape(product, (-1, n_members, units))


def shared(signal: Any, kernel: Any) -> Any:
    """Product of a signal and a kernel that the members share.

    Parameters
    ----------
    signal : tensor of shape (batch, n_members, n_inputs)
    kernel : tensor of shape (n_inputs, units)

    Returns
    -------
    tensor of shape (batch, n_members, units)
    """
    n_members, n_inputs = signal.shape[1:]
    product = tf.matmul(tf.reshape(signal, (-1, n_inputs)), kernel)
    return tf.reshape(product, (-1, n_members, kernel.shape[-1]))


def own(signal: Any, kernel: Any) -> Any:
    """Product of a signal and the kernels of the members, each with its own.

    Parameters
    ----------
    signal : tensor of shape (batch, n_members, n_inputs)
    kernel : tensor of shape (n_members, n_inputs, units)

    Returns
    -------
    tensor of shape (batch, n_members, units)
    """
    return tf.einsum("bki,kio->bko", signal, kernel)


def each(signal: Any, kernel: Any) -> Any:
    """Product of rows and the kernels of all members.

    Parameters
    ----------
    signal : tensor of shape (batch, n_inputs)
    kernel : tensor of shape (n_members, n_inputs, units)

    Returns
    -------
    tensor of shape (batch, n_members, units)
    """
    return _together(signal, tf.transpose(kernel, (1, 0, 2)))


# -- members that take turns: row i of a batch goes through member i % n_members ----


def in_turns(of_members: Any, n_rows: int) -> Any:
    """Values of the member whose turn it is, for each row.

    Parameters
    ----------
    of_members : tensor of shape (n_members, ...)
    n_rows : int

    Returns
    -------
    tensor of shape (n_rows, ...)
    """
    n_members, *rest = of_members.shape
    rounds = -(-n_rows // n_members)
    return tf.tile(of_members, [rounds, *[1 for _ in rest]])[:n_rows]


def picked(values: Any) -> Any:
    """Values of the member whose turn it is, of the values of all.

    Parameters
    ----------
    values : tensor of shape (n_rows, n_members, ...)

    Returns
    -------
    tensor of shape (n_rows, ...)
    """
    turn = tf.range(tf.shape(values)[0]) % values.shape[1]
    mask = tf.one_hot(turn, values.shape[1], dtype=values.dtype)
    for _ in values.shape[2:]:
        mask = mask[..., None]
    return tf.reduce_sum(values * mask, 1)


# -- what Keras trains and reports -----------------------------------------------


@keras.saving.register_keras_serializable(package="skmirai")
class MembersLoss(keras.losses.Loss):
    """Mean over the members of the loss of each.

    The loss of their mean would let members correct each other, and so depend on
    each other.

    Parameters
    ----------
    of_member : str
        Name in ``keras.losses`` of the loss of one member.
    name, reduction, dtype
        As in :class:`keras.losses.Loss`.

    References
    ----------
    Gorishniy, Kotelnikov, Babenko: TabM: Advancing tabular deep learning with
    parameter-efficient ensembling. ICLR 2025.
    """

    def __init__(
        self,
        of_member: str,
        name: str = "loss",
        reduction: str = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.of_member = of_member
        self._loss = getattr(keras.losses, of_member)(name=name, dtype=dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Loss of each row, of targets (batch, n_targets) and outputs of members."""
        return keras.ops.mean(self.of_each(y_true, y_pred), axis=1)

    def of_each(self, y_true: Any, y_pred: Any) -> Any:
        """Loss of each member for each row, (batch, n_members)."""
        y_true = keras.ops.expand_dims(_columns(y_true), 1)
        repeated = keras.ops.repeat(y_true, y_pred.shape[1], axis=1)
        return self._loss.call(repeated, y_pred)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal loss."""
        return {
            **super().get_config(),
            "of_member": self.of_member,
            "dtype": self.dtype,
        }


@keras.saving.register_keras_serializable(package="skmirai", name="members_accuracy")
def accuracy(y_true: Any, y_pred: Any) -> Any:
    """Whether the mean of the members' probabilities is right, for each row."""
    pooled = keras.ops.mean(y_pred, axis=1)
    if pooled.shape[-1] == 1:
        return keras.metrics.binary_accuracy(_columns(y_true), pooled)
    return keras.metrics.sparse_categorical_accuracy(_columns(y_true), pooled)


@keras.saving.register_keras_serializable(package="skmirai", name="members_error")
def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """Absolute error of the mean of the members' outputs, for each row."""
    pooled = keras.ops.mean(y_pred, axis=1)
    return keras.metrics.mean_absolute_error(_columns(y_true), pooled)


#: Metrics of Keras, of the mean of the members' outputs.
POOLED_METRICS = {"accuracy": accuracy, "mean_absolute_error": mean_absolute_error}


def _columns(y: Any) -> Any:
    """Targets as a table; Keras gives those of one column as a vector."""
    return keras.ops.expand_dims(y, -1) if len(y.shape) == 1 else y
