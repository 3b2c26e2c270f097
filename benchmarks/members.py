"""What do members cost? Epochs and prediction of networks in one beside one network.

Run: ``python benchmarks/members.py``. Two hidden layers of 128 units (``--nodes``),
64,000 x 120 float32 in memory (``--rows``, ``--columns``: 1,320 are what
``scaler="auto"`` makes of forty), batch 256, AdamW. Times are those of an epoch after
the first, which compiles: with rows that take turns in training the members, and with
rows that train all of them. Prediction is ``predict_proba`` of the estimator without
scaler.
"""

import argparse
from functools import partial

import keras
from common import by_turns, lab_table, machine, print_times, seconds
from epochs import epoch_of_fit

from skmirai import MiraiDNNClassifier, build_dnn

BATCH = 256


def network(
    n_columns: int,
    n_members: int,
    nodes: int,
    dropout_rate: float,
    *,
    share_batches: bool = False,
) -> keras.Model:
    return build_dnn(
        n_columns,
        2,
        nodes,
        optimizer="adamw",
        learning_rate=0.002,
        dropout_rate=dropout_rate,
        n_members=n_members,
        share_batches=share_batches,
        random_state=0,
    )


def prediction(n_members: int, nodes: int, X, y, n_rows: int):
    """Seconds of one ``predict_proba`` of some rows."""
    clf = MiraiDNNClassifier(
        2, nodes, n_members=n_members, scaler=None, epochs=1, random_state=0
    )
    clf.fit(X[:2_000], y[:2_000].astype(int))
    rows, repeats = X[:n_rows], max(1, 300 // n_rows)
    clf.predict_proba(rows)

    def predict() -> None:
        for _ in range(repeats):
            clf.predict_proba(rows)

    return lambda: seconds(predict) / repeats


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, nargs="+", default=[1, 4, 8, 16])
    parser.add_argument("--nodes", type=int, default=128)
    parser.add_argument("--rows", type=int, default=64_000)
    parser.add_argument("--columns", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    print(machine())
    X, y = lab_table(args.rows, args.columns)
    in_one = partial(network, args.columns)
    for dropout_rate in (0.0, 0.2):
        tasks = {
            f"{k} members": epoch_of_fit(
                in_one(k, args.nodes, dropout_rate), X, y, BATCH
            )
            for k in args.members
        }
        tasks |= {
            f"{k} members, shared batches": epoch_of_fit(
                in_one(k, args.nodes, dropout_rate, share_batches=True), X, y, BATCH
            )
            for k in args.members
            if k > 1
        }
        title = f"An epoch, dropout {dropout_rate} (seconds)"
        print_times(title, by_turns(tasks, args.rounds))
    for n_rows in (1, args.rows):
        tasks = {
            f"{k} members": prediction(k, args.nodes, X, y, n_rows)
            for k in args.members
        }
        title = f"predict_proba of {n_rows:,} rows (milliseconds)"
        print_times(title, by_turns(tasks, args.rounds), "ms")


if __name__ == "__main__":
    main()
