"""What each choice costs: seconds of a fit, bytes of a file, time of one row.

Run: ``python benchmarks/costs.py``. 20,000 simulated packets with 115 features, half of
them from the onset of the attack on; the models of ``docs/which_model.md``. Files are
those of ``skmirai.save``, of the trees those of ``pickle``. "doubt" is
``predict_uncertainty`` of one row, by 100 passes of one network, or by one pass of each
member of the ensemble.
"""

import pickle
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

from common import machine, seconds
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

import skmirai
from skmirai import MiraiDNNClassifier, MiraiDNNEnsembleClassifier
from skmirai.datasets import make_mirai_traffic

N_PACKETS, REPEATS = 20_000, 21

MODELS = {
    "boosted trees": HistGradientBoostingClassifier(random_state=0),
    "random forest": RandomForestClassifier(random_state=0),
    "default": MiraiDNNClassifier(random_state=0),
    "auto": MiraiDNNClassifier(scaler="auto", random_state=0),
    "auto, members on each row": MiraiDNNClassifier(
        scaler="auto", share_batches=True, random_state=0
    ),
    "ensemble of 5, default": MiraiDNNEnsembleClassifier(random_state=0),
    "default, 5,000 rows kept for novelty": MiraiDNNClassifier(
        novelty_rows=5_000, random_state=0
    ),
    "piecewise_linear, 8 members": MiraiDNNClassifier(
        scaler="piecewise_linear", n_members=8, random_state=0
    ),
}


def size_of(model, folder: str) -> int:
    """Bytes of a file."""
    path = Path(folder) / "model"
    if type(model).__module__.startswith("sklearn"):
        path.write_bytes(pickle.dumps(model))
    else:
        skmirai.save(model, path)
    return path.stat().st_size


def milliseconds(task) -> float:
    """Median of several calls after the first."""
    task()
    return 1e3 * statistics.median(seconds(task) for _ in range(REPEATS))


def main() -> None:
    traffic = make_mirai_traffic(
        N_PACKETS, attack_fraction=0.5, drop_index=True, random_state=0
    )
    X, y = traffic.data, traffic.target
    print(machine())
    print("\n| | fit, s | processor, s | file, kB | one row, ms | doubt, ms |")
    print(f"|{'---|' * 6}")
    with tempfile.TemporaryDirectory() as folder:
        for name, model in MODELS.items():
            model.fit(X, y)  # compiles
            start = time.process_time()
            taken = seconds(partial(model.fit, X, y))
            cpu = time.process_time() - start
            row = milliseconds(partial(model.predict_proba, X[:1]))
            doubt = ""
            if hasattr(model, "predict_uncertainty"):
                ask = partial(model.predict_uncertainty, X[:1], random_state=0)
                doubt = f"{milliseconds(ask):.1f}"
            size = size_of(model, folder) / 1e3
            print(
                f"| {name} | {taken:.1f} | {cpu:.1f} | {size:,.0f} | {row:.2f} | "
                f"{doubt} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
