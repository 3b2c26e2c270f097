"""Files of networks are those of plain Keras models."""

import json
import zipfile

import keras
import numpy as np
import pytest

from skmirai import build_dnn

CONTINUE = """
import sys
import keras, numpy as np
folder = sys.argv[1]
data = np.load(folder + "/data.npz")
model = keras.models.load_model(folder + "/network.keras")
before = model.predict(data["X"], verbose=0)
model.fit(data["X"], data["y"], shuffle=False, verbose=0)
after = model.predict(data["X"], verbose=0)
np.savez(folder + "/results.npz", before=before, after=after)
print(type(model).__name__, type(model.optimizer).__name__, "skmirai" in sys.modules)
"""


@pytest.fixture
def rows():
    """40 rows of 4 columns, in single precision, and labels."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 4)).astype("float32")
    return X, (X[:, 0] > 0).astype(int)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["save", "ModelCheckpoint", "compiled anew"])
def test_fresh_process_without_skmirai_loads_and_continues(
    tmp_path, run_python, rows, way
):
    X, y = rows
    model = build_dnn(4, 2, 5, batch_norm=True, dropout_rate=0, random_state=0)
    if way == "compiled anew":
        model.compile("rmsprop", keras.losses.Hinge())
    path, callbacks = tmp_path / "network.keras", []
    if way == "ModelCheckpoint":
        callbacks = [keras.callbacks.ModelCheckpoint(path)]
    model.fit(X, y, epochs=2, verbose=0, callbacks=callbacks)
    if way != "ModelCheckpoint":
        model.save(path)
    np.savez(tmp_path / "data.npz", X=X, y=y)
    printed = run_python(CONTINUE, tmp_path).split()
    assert printed == ["Functional", type(model.optimizer).__name__, "False"]
    results = np.load(tmp_path / "results.npz")
    np.testing.assert_array_equal(results["before"], model.predict(X, verbose=0))
    model.keras_fit(X, y, shuffle=False, verbose=0)
    after = model.predict(X, verbose=0)
    np.testing.assert_allclose(results["after"], after, rtol=1e-6)
    assert np.abs(after - results["before"]).max() > 1e-4


def test_file_names_no_class_of_ours(tmp_path):
    build_dnn(4, 1, 3).save(tmp_path / "network.keras")
    with zipfile.ZipFile(tmp_path / "network.keras") as archive:
        config = archive.read("config.json").decode()
    assert "skmirai" not in config
    assert json.loads(config)["class_name"] == "Functional"


@pytest.mark.slow
def test_saving_leaves_the_model_as_it_was(tmp_path, rows):
    X, y = rows
    histories = []
    for saved in (False, True):
        model = build_dnn(4, 1, 5, random_state=0)
        model.fit(X, y, verbose=0)
        if saved:
            model.save(tmp_path / "network.keras")
            assert model.spec is not None
        histories.append(model.fit(X, y, epochs=2, verbose=0).history)
    assert histories[0] == histories[1]


@pytest.mark.slow
def test_network_with_dropout_that_stays_on_loads_after_an_import(tmp_path, run_python):
    path = tmp_path / "network.keras"
    build_dnn(4, 1, 40, dropout_rate=0.5, mc_dropout=True).save(path)
    code = (
        "import sys, keras, numpy as np\n"
        "from skmirai import build_dnn\n"
        "model = keras.models.load_model(sys.argv[1])\n"
        "print(len(np.unique(model.predict(np.ones((4, 4)), verbose=0))))"
    )
    assert int(run_python(code, path)) > 1


def test_function_of_keras_saves_a_model_of_ours(tmp_path, rows):
    X, _ = rows
    model = build_dnn(4, 1, 5)
    keras.saving.save_model(model, tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert type(loaded) is type(model)
    np.testing.assert_array_equal(
        loaded.predict(X, verbose=0), model.predict(X, verbose=0)
    )


def test_network_of_a_fitted_estimator_is_saved_and_loaded(
    tmp_path, fitted_multiclass, three_classes
):
    X, _ = three_classes
    fitted_multiclass.model_.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert type(loaded) is type(keras.Model(loaded.inputs, loaded.outputs))
    scaled = fitted_multiclass.pipeline_[:-1].transform(X)
    np.testing.assert_allclose(
        loaded.predict(scaled, verbose=0),
        fitted_multiclass.predict_proba(X),
        rtol=1e-6,
    )
