"""A small table to search on, and options that make trials quick."""

import numpy as np
import optuna
import pandas as pd
from sqlalchemy.pool import NullPool

#: One small architecture, whatever is drawn.
FIXED = {
    "n_layers": 1,
    "n_nodes": 4,
    "activation": "relu",
    "optimizer": "adam",
    "learning_rate_schedule": "constant",
    "batch_norm": False,
    "n_members": 1,
    "batch_size": 32,
    "scaler": "standard",
}
#: What is left.
DRAWN = ["learning_rate", "dropout_rate"]

QUICK = [f"--set={name}={value}" for name, value in FIXED.items()]
QUICK += ["--epochs", 3, "--cv", 2]

#: What tells features from others in the table below.
COLUMNS = ["--target", "label", "--drop", "id", "--drop", "capture"]


def flow_table():
    """Flows with text, gaps, a counter, and labels that their features tell apart."""
    rng = np.random.default_rng(0)
    flood = rng.random(120) < 0.4
    return pd.DataFrame(
        {
            "id": np.arange(120),
            "length": rng.normal(flood, 0.5),
            "retries": np.where(rng.random(120) < 0.1, "-", rng.poisson(2, 120)),
            "service": rng.choice(["dns", "80", "http"], 120),
            "rate": rng.normal(2 * flood, 2),
            "capture": np.arange(120) // 12,
            "label": np.where(flood, "flood", "normal"),
        }
    )


def trials_of(storage, study="flows"):
    """Trials of a study, of the one that is called as the table unless named."""
    if "://" not in str(storage):
        journal = optuna.storages.journal.JournalFileBackend(str(storage))
        storage = optuna.storages.JournalStorage(journal)
        return optuna.load_study(study_name=study, storage=storage).get_trials()
    address = storage.replace("postgresql://", "postgresql+psycopg://")
    database = optuna.storages.RDBStorage(address, {"poolclass": NullPool})
    try:
        return optuna.load_study(study_name=study, storage=database).get_trials()
    finally:
        database.remove_session()
