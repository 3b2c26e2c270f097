"""
Save, load, serve: a detector behind FastAPI
============================================

A detector is trained in one process and asked in others. This article writes one to a
file, loads it in a small web service [1]_ that answers with a verdict *and* how much
doubt there is, and asks it: in many threads at once, and with columns that are not
right. How much does a request cost?
"""

# %%
# A detector in a file
# --------------------
# Flows with text and gaps, made up; attacks send more, from odd services. The file
# holds columns, scaler and network, and no pickle: reading it runs no code.

import logging
import tempfile
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict, Field

import skmirai

rng = np.random.default_rng(0)
N_ROWS = 4_000
y = np.where(rng.random(N_ROWS) < 0.3, "attack", "benign")
odd = np.where(y == "attack", rng.random(N_ROWS) < 0.7, rng.random(N_ROWS) < 0.1)
X = pd.DataFrame(
    {
        "protocol": rng.choice(["tcp", "udp"], N_ROWS),
        "service": np.where(odd, "telnet", rng.choice(["http", "dns"], N_ROWS)),
        "bytes": rng.lognormal(np.where(y == "attack", 7, 5), 1.5),
        "seconds": np.where(rng.random(N_ROWS) < 0.1, np.nan, rng.random(N_ROWS)),
    }
)
detector = skmirai.MiraiDNNClassifier(
    scaler="signed_log", missing="impute", epochs=20, random_state=0
).fit(X[:3_000], y[:3_000])

folder = tempfile.TemporaryDirectory()
path = Path(folder.name) / "detector.skmirai"
detector.save(path)
print(f"{path.name}: {path.stat().st_size / 1024:.0f} KiB")

# %%
# A service
# ---------
# The classes say what a request may hold; whatever else comes is refused before the
# detector sees it. The model is loaded once, when the server starts. The end point is a
# plain function, so that FastAPI runs it in a thread: one detector may answer in many
# threads at once. The same ``random_state`` in each request means the same hundred
# thinned networks, and so the same answer to the same flow.


class Flow(BaseModel):
    """One flow, as the detector was trained on them."""

    model_config = ConfigDict(extra="forbid")

    protocol: str
    service: str
    bytes: float = Field(ge=0, allow_inf_nan=False)
    seconds: float | None = Field(default=None, ge=0)


class Flows(BaseModel):
    """A request."""

    flows: list[Flow] = Field(min_length=1, max_length=5_000)


class Verdict(BaseModel):
    """What is said of one flow."""

    verdict: Literal["attack", "benign", "ask a person"]
    proba_attack: float
    doubt: float


MOST_DOUBT = 0.5  # nats of entropy; ln 2 = 0.69 is a toss of a coin


@asynccontextmanager
async def lifespan(app):
    """Load the detector once, before the first request."""
    app.state.detector = skmirai.load(path)
    app.state.columns = list(app.state.detector.feature_names_in_)
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/predict")
def predict(asked: Flows, request: Request) -> list[Verdict]:
    """Return a verdict for each flow, and the doubt about it."""
    state = request.app.state
    rows = pd.DataFrame([flow.model_dump() for flow in asked.flows])[state.columns]
    rows["seconds"] = rows["seconds"].astype(float)  # None is a gap
    found = state.detector.predict_uncertainty(rows, random_state=0)
    attack = found.proba[:, list(found.classes).index("attack")]
    return [
        Verdict(
            verdict=label if doubt <= MOST_DOUBT else "ask a person",
            proba_attack=proba,
            doubt=doubt,
        )
        for label, proba, doubt in zip(
            found.label, attack, found.predictive_entropy, strict=True
        )
    ]


# %%
# Asking it
# ---------
# ``TestClient`` calls the service without a network, which is how to test it. With
# ``with``, the server starts and stops as it would. To serve, put the cell above into a
# file ``service.py``, with the path of your detector, and start it from the shell:
# ``uvicorn service:app --workers 2``.

with warnings.catch_warnings(action="ignore"):  # a successor of httpx is announced
    from fastapi.testclient import TestClient

logging.getLogger("httpx").setLevel(logging.WARNING)  # no line for each request
server = TestClient(app)
server.__enter__()  # as `with TestClient(app) as server:`, over several cells

new = X[3_000:].astype(object).where(X[3_000:].notna(), None).to_dict("records")
answer = server.post("/predict", json={"flows": new[:3]})
print(answer.status_code)
print(pd.DataFrame(answer.json()).round(3).to_string())

# %%
# Rows with doubt go to a person. That leaves fewer errors among the others:

answers = pd.DataFrame(server.post("/predict", json={"flows": new}).json())
truth = y[3_000:]
asked_for = answers["verdict"] == "ask a person"
wrong = np.where(answers["proba_attack"] > 0.5, "attack", "benign") != truth
print(f"left to a person: {asked_for.mean():.1%}")
print(f"errors: {wrong.mean():.1%} of all, {wrong[~asked_for].mean():.1%} of the rest")

# %%
# What is refused
# ---------------
# A column that is not there, one that nobody knows, and a number that cannot be, each
# with status 422 and the place of the fault. A service that was never seen is no fault:
# it counts as a rare one.

faults = {
    "renamed": {"proto": "tcp", "service": "http", "bytes": 60},
    "negative": {"protocol": "tcp", "service": "http", "bytes": -1},
    "text": {"protocol": "tcp", "service": "http", "bytes": "many"},
    "new service": {"protocol": "tcp", "service": "gopher", "bytes": 60},
}
statuses = {}
for name, flow in faults.items():
    answer = server.post("/predict", json={"flows": [flow]})
    statuses[name] = answer.status_code
    print(f"{name}: {answer.status_code}")
    if answer.status_code == 422:
        for fault in answer.json()["detail"]:
            print("   ", ".".join(map(str, fault["loc"][3:])), "-", fault["msg"])

# %%
# Many at once
# ------------
# Sixteen requests in eight threads get what each gets alone. (A matrix product may
# round its last bit otherwise for another number of rows: compare requests of one
# size, as here, or with a tolerance.)

parts = [new[i : i + 50] for i in range(0, 800, 50)]


def ask(part):
    """Return the answer to one request."""
    return server.post("/predict", json={"flows": part}).json()


alone = [ask(part) for part in parts]
with ThreadPoolExecutor(8) as pool:
    together = list(pool.map(ask, parts))
print("the same answers:", alone == together)

# %%
# What a request costs
# --------------------
# A request has costs of its own, whatever it asks; the more flows share one, the less
# each costs.

sizes, costs = [1, 10, 100, 1_000], []
for size in sizes:
    taken = []
    for _ in range(5):
        begin = time.perf_counter()
        server.post("/predict", json={"flows": new[:size]})
        taken.append(time.perf_counter() - begin)
    costs.append(1_000 * np.median(taken))
cost = pd.DataFrame({"ms per request": costs}, index=pd.Index(sizes, name="flows"))
cost["ms per flow"] = cost["ms per request"] / sizes
print(cost.round(3).to_string())

figure, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
for name, colour in (("ms per request", "#0072B2"), ("ms per flow", "#D55E00")):
    ax.plot(cost.index, cost[name], "o-", color=colour, label=name)
ax.set(xscale="log", yscale="log", xlabel="flows in one request", ylabel="milliseconds")
ax.set_title("Time of a request, by the number of its flows")
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

server.__exit__(None, None, None)
folder.cleanup()

# %%
# In words
# --------
# - ``save`` writes one file, :func:`skmirai.load` reads it; neither loading nor
#   predicting starts TensorFlow. Whole Pipelines are written in the same way, by
#   :func:`skmirai.save`.
# - Load once for each process, let threads share it, and collect flows where there are
#   many: a thousand in one request cost far less than a thousand requests.
# - Say what a request may hold, and refuse the rest with its reason. The detector
#   itself refuses columns that it does not know, but a service should not have to ask
#   it.
#
# :doc:`/serving` tells more, of worker processes and forks for instance.
#
# .. rubric:: References
#
# .. [1] FastAPI: https://fastapi.tiangolo.com
