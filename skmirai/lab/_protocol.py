"""What the parts of the lab share: size of the table, settings, what a run is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from skmirai.datasets import KITSUNE_MIRAI_CLASS_COUNTS, KITSUNE_MIRAI_SHAPE

#: Rows of the Kitsune Mirai table, and its labels: benign ones first, then attacks.
N_ROWS, _ = KITSUNE_MIRAI_SHAPE
N_BENIGN, N_ATTACK = KITSUNE_MIRAI_CLASS_COUNTS

#: Rows of the table that are looked at in one go, where they need not be in memory.
ROWS_AT_ONCE = 65_536

#: Settings of every training that says nothing else.
SETTINGS: Mapping[str, Any] = MappingProxyType(
    {
        "n_layers": 2,
        "n_nodes": 20,
        "activation": "sigmoid",
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "batch_norm": False,
        "dropout_rate": 0.0,
        "drop_columns": 24,
        "class_weight": "balanced",
        "epochs": 20,
        "batch_size": 10_000,
    }
)

#: The configuration that was published as the best one.
BEST: Mapping[str, Any] = MappingProxyType(
    {
        "n_layers": 6,
        "optimizer": "adam",
        "learning_rate": 0.005,
        "batch_size": 5_000,
        "epochs": 300,
    }
)

#: Parts that train the configuration that was published as the best one, or one's own.
BEST_PARTS = (19, 20, 21)

#: Settings of a run of the lab as it was published, as far as figures depend on them.
_PUBLISHED = {
    "data": "files",
    "subset": "full",
    "epochs_scale": 1,
    "scaling": "all_rows",
}


def as_published(origin: str | None, settings: Mapping[str, Any]) -> bool:
    """Whether published figures may stand beside those of a run.

    Parameters
    ----------
    origin : str or None
        What its rows are, see :func:`origin_of`.
    settings : mapping
        What ``settings.json`` of its folder holds. A configuration of one's own
        changes ``BEST_PARTS`` alone, whose published figures are then left out.

    Returns
    -------
    bool
        Whether rows and settings are those of the published lab.
    """
    same = (settings.get(name) == value for name, value in _PUBLISHED.items())
    return origin == "published" and all(same)


@dataclass(frozen=True)
class Run:
    """A training of the lab with validation rows, evaluated on test rows.

    Attributes
    ----------
    name : str
        Number of the run in the lab's table.
    part : int
        Part that it belongs to.
    title : str
        What is special about it.
    settings : mapping
        Parameters of :class:`skmirai.MiraiDNNClassifier` that differ from
        ``SETTINGS``.
    published : mapping
        Figures of one published training: "accuracy" and "loss" on the test
        rows, "val_accuracy" and "val_loss" on the validation rows.
    first_seed : int
        Seed of the training, of the first where there are several.
    baseline : Run or None
        What it is compared with: the run that it changes.
    """

    name: str
    part: int
    title: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    published: Mapping[str, float] = field(default_factory=dict)
    first_seed: int = 0
    baseline: "Run | None" = field(default=None, repr=False)

    @property
    def parameters(self) -> dict[str, Any]:
        """All parameters of the estimator."""
        return {**SETTINGS, **self.settings}
