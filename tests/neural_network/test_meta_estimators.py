"""scikit-learn's tools around the estimators give what they give by hand."""

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import permutation_importance
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    log_loss,
    make_scorer,
    roc_auc_score,
)
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    check_cv,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder

from skmirai import ColumnDropper, MiraiDNNClassifier, MiraiDNNRegressor


@pytest.fixture(scope="module")
def clf(learning):
    """An unfitted classifier that learns, deterministic."""
    return MiraiDNNClassifier(**learning)


@pytest.fixture(scope="module")
def halves(binary):
    """Training rows, their labels, held-out rows, their labels."""
    X, y = binary
    return X[::2], y[::2], X[1::2], y[1::2]


@pytest.fixture(scope="module")
def fitted(clf, halves):
    return clone(clf).fit(*halves[:2])


# -- cross-validation ---------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("wrap", [lambda c: c, lambda c: make_pipeline(c)])
def test_folds_are_stratified(clf, three_classes, wrap):
    X, y = three_classes
    order = np.argsort(y, kind="stable")
    X, y = X[order], y[order]
    estimator = wrap(clf)
    stratified = cross_val_score(estimator, X, y, cv=3, error_score="raise")
    assert stratified.min() > 0.6
    np.testing.assert_array_equal(
        stratified, cross_val_score(estimator, X, y, cv=StratifiedKFold(3))
    )
    # sorted by label, an unstratified fold holds a class that training lacks
    assert cross_val_score(estimator, X, y, cv=KFold(3)).max() < 0.4


def test_check_cv_chooses_by_the_kind_of_estimator(clf, binary):
    from sklearn.base import is_classifier

    _, y = binary
    pipeline = make_pipeline(MinMaxScaler(), clf)
    assert isinstance(check_cv(5, y, classifier=is_classifier(clf)), StratifiedKFold)
    assert isinstance(
        check_cv(5, y, classifier=is_classifier(pipeline)), StratifiedKFold
    )
    regressor = is_classifier(MiraiDNNRegressor())
    assert type(check_cv(5, y, classifier=regressor)) is KFold


def test_scores_are_those_of_the_metrics(clf, binary):
    X, y = binary
    metrics = {
        "accuracy": lambda y, p: accuracy_score(y, p[:, 1] > 0.5),
        "roc_auc": lambda y, p: roc_auc_score(y, p[:, 1]),
        "average_precision": lambda y, p: average_precision_score(y, p[:, 1]),
        "neg_log_loss": lambda y, p: -log_loss(y, p),
    }
    done = cross_validate(
        clf,
        X,
        y,
        cv=2,
        scoring=list(metrics),
        return_estimator=True,
        return_indices=True,
        error_score="raise",
    )
    for fold, (estimator, test) in enumerate(
        zip(done["estimator"], done["indices"]["test"], strict=True)
    ):
        proba = estimator.predict_proba(X[test])
        for name, metric in metrics.items():
            score = done[f"test_{name}"][fold]
            assert np.isfinite(score)
            assert score == pytest.approx(metric(y[test], proba), rel=1e-12)
    assert done["test_roc_auc"].min() > 0.8, "chance is 0.5"


def test_scores_of_three_classes(clf, three_classes):
    X, y = three_classes
    done = cross_validate(
        clf,
        X,
        y,
        cv=2,
        scoring=["roc_auc_ovr", "neg_log_loss"],
        return_estimator=True,
        return_indices=True,
    )
    for fold, (estimator, test) in enumerate(
        zip(done["estimator"], done["indices"]["test"], strict=True)
    ):
        proba = estimator.predict_proba(X[test])
        auc = roc_auc_score(y[test], proba, multi_class="ovr")
        assert done["test_roc_auc_ovr"][fold] == pytest.approx(auc, rel=1e-12)
        loss = log_loss(y[test], proba)
        assert done["test_neg_log_loss"][fold] == pytest.approx(-loss, rel=1e-12)


@pytest.mark.slow
def test_regressor_scores(learning, regression):
    X, y = regression
    reg = MiraiDNNRegressor(**learning | {"epochs": 30})
    scores = cross_val_score(reg, X, y, cv=KFold(2), scoring="r2")
    by_hand = [
        clone(reg).fit(X[train], y[train]).score(X[test], y[test])
        for train, test in KFold(2).split(X)
    ]
    np.testing.assert_array_equal(scores, by_hand)
    assert scores.min() > 0.5


@pytest.mark.slow
def test_optimizer_instance_in_cross_validation(learning, binary):
    """It is cloned for each fold, and no fold starts from another's momentum."""
    X, y = binary
    optimizer = keras.optimizers.SGD(0.05, momentum=0.9)
    clf = MiraiDNNClassifier(**learning, optimizer=optimizer)
    proba = cross_val_predict(clf, X, y, cv=3, method="predict_proba")
    for train, test in StratifiedKFold(3).split(X, y):
        fresh = keras.optimizers.SGD(0.05, momentum=0.9)
        fold = MiraiDNNClassifier(**learning, optimizer=fresh).fit(X[train], y[train])
        np.testing.assert_array_equal(proba[test], fold.predict_proba(X[test]))


# -- searches -----------------------------------------------------------------------


@pytest.mark.slow
def test_grid_search(clf, binary):
    X, y = binary
    grid = {"learning_rate": [1e-7, 0.03], "n_nodes": [4, [6]]}
    search = GridSearchCV(clf, grid, cv=2, scoring="neg_log_loss").fit(X, y)
    assert search.best_params_["learning_rate"] == 0.03
    for parameters, score in zip(
        search.cv_results_["params"],
        search.cv_results_["mean_test_score"],
        strict=True,
    ):
        candidate = clone(clf).set_params(**parameters)
        by_hand = cross_val_score(candidate, X, y, cv=2, scoring="neg_log_loss")
        assert score == pytest.approx(by_hand.mean(), rel=1e-12)
    refitted = clone(clf).set_params(**search.best_params_).fit(X, y)
    np.testing.assert_array_equal(search.predict_proba(X), refitted.predict_proba(X))


def test_randomized_search_in_a_pipeline(clf, binary):
    X, y = binary
    pipeline = make_pipeline(MinMaxScaler(), clf)
    space = {
        "miraidnnclassifier__learning_rate": [1e-7, 1e-6, 0.03],
        "miraidnnclassifier__scaler": ["standard", None, "robust_clip"],
    }
    search = RandomizedSearchCV(pipeline, space, n_iter=6, cv=2, random_state=0)
    search.fit(X, y)
    assert search.best_params_["miraidnnclassifier__learning_rate"] == 0.03
    best = clone(pipeline).set_params(**search.best_params_)
    assert search.best_score_ == pytest.approx(cross_val_score(best, X, y, cv=2).mean())
    assert search.best_score_ > 0.75


def test_halving_search_over_epochs(clf, binary):
    X, y = binary
    search = HalvingGridSearchCV(
        clf,
        {"learning_rate": [1e-7, 1e-5, 0.03]},
        resource="epochs",
        min_resources=2,
        max_resources=18,
        factor=3,
        cv=2,
    ).fit(X, y)
    assert search.n_resources_ == [2, 6]
    assert search.best_params_ == {"epochs": 6, "learning_rate": 0.03}
    assert search.best_estimator_.n_iter_ == 6
    by_hand = clone(clf).set_params(**search.best_params_)
    assert search.best_score_ == pytest.approx(
        cross_val_score(by_hand, X, y, cv=2).mean()
    )


# -- probabilities and thresholds ---------------------------------------------------


def test_calibration(fitted, halves):
    _, _, X, y = halves
    calibrated = CalibratedClassifierCV(FrozenEstimator(fitted), method="isotonic")
    calibrated.fit(X[:30], y[:30])
    by_hand = IsotonicRegression(out_of_bounds="clip")
    by_hand.fit(fitted.decision_function(X[:30]), y[:30])
    np.testing.assert_allclose(
        calibrated.predict_proba(X)[:, 1],
        by_hand.predict(fitted.decision_function(X)),
        rtol=1e-6,
    )


@pytest.mark.slow
def test_calibration_mends_an_overconfident_network(learning):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 10))
    y = (rng.uniform(size=500) < expit(X[:, 0])).astype(int)  # noisy labels
    train, calibration, test = slice(0, 100), slice(100, 300), slice(300, 500)
    clf = MiraiDNNClassifier(**learning | {"epochs": 60, "n_nodes": 40})
    clf.fit(X[train], y[train])
    calibrated = CalibratedClassifierCV(FrozenEstimator(clf), method="sigmoid")
    calibrated.fit(X[calibration], y[calibration])
    before = log_loss(y[test], clf.predict_proba(X[test]))
    after = log_loss(y[test], calibrated.predict_proba(X[test]))
    assert before > 1 > np.log(2) > after, "worse, and better, than a coin"


def test_tuned_threshold(learning, binary):
    X, y = binary
    rare = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:12]]
    X, y = X[rare], y[rare]
    clf = MiraiDNNClassifier(**learning | {"epochs": 4}).fit(X, y)
    tuned = TunedThresholdClassifierCV(
        clf, scoring="balanced_accuracy", cv="prefit", refit=False
    ).fit(X, y)
    by_hand = clf.predict_proba(X)[:, 1] >= tuned.best_threshold_
    np.testing.assert_array_equal(tuned.predict(X), by_hand)
    plain = balanced_accuracy_score(y, clf.predict(X))
    assert balanced_accuracy_score(y, tuned.predict(X)) > plain + 0.05


# -- ensembles ----------------------------------------------------------------------


@pytest.mark.slow
def test_soft_voting(clf, halves):
    X, y, X_test, y_test = halves
    other = clone(clf).set_params(random_state=1, activation="tanh")
    members = [("net", clf), ("other", other), ("linear", LogisticRegression())]
    voting = VotingClassifier(members, voting="soft", weights=[2, 1, 1]).fit(X, y)
    by_hand = [clone(member).fit(X, y).predict_proba(X_test) for _, member in members]
    mean = np.average(by_hand, axis=0, weights=[2, 1, 1])
    np.testing.assert_allclose(voting.predict_proba(X_test), mean, rtol=1e-12)
    assert voting.score(X_test, y_test) > 0.75


@pytest.mark.slow
def test_stacking(clf, halves):
    X, y, X_test, y_test = halves
    members = [("net", clf), ("linear", LogisticRegression())]
    stacking = StackingClassifier(members, LogisticRegression(), cv=2).fit(X, y)
    columns = [
        cross_val_predict(member, X, y, cv=2, method="predict_proba")[:, 1]
        for _, member in members
    ]
    final = LogisticRegression().fit(np.column_stack(columns), y)
    np.testing.assert_allclose(stacking.final_estimator_.coef_, final.coef_, rtol=1e-9)
    assert stacking.score(X_test, y_test) > 0.75


def test_bagging(clf, halves):
    X, y, X_test, y_test = halves
    bagging = BaggingClassifier(clf, n_estimators=3, random_state=0).fit(X, y)
    outputs = [member.predict_proba(X_test) for member in bagging.estimators_]
    np.testing.assert_allclose(
        bagging.predict_proba(X_test), np.mean(outputs, axis=0), rtol=1e-12
    )
    assert bagging.score(X_test, y_test) > 0.75
    assert (outputs[0] != outputs[1]).any()
    for member, rows in zip(
        bagging.estimators_, bagging.estimators_samples_, strict=True
    ):
        # Bagging may draw rows or weights; a row drawn twice weighs 2
        count = np.bincount(rows, minlength=len(X))
        scale = member.pipeline_["scale"]
        np.testing.assert_array_equal(scale.n_samples_seen_, len(rows))
        mean = np.average(X, axis=0, weights=count)
        np.testing.assert_allclose(scale.mean_, mean, rtol=1e-10)


# -- inspection ---------------------------------------------------------------------


@pytest.mark.slow
def test_permutation_importance(learning):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    y = (X[:, 0] > 0).astype(int)
    X[:, 2] = y  # the answer itself, but dropped
    clf = MiraiDNNClassifier(**learning, drop_columns=[2]).fit(X, y)
    importance = permutation_importance(clf, X, y, n_repeats=5, random_state=0)
    signal, noise, dropped = importance.importances_mean
    assert signal > 0.3
    assert abs(noise) < 0.1
    assert (importance.importances[2] == 0).all()
    assert dropped == 0


# -- columns in front ---------------------------------------------------------------


def test_column_transformer_in_front(learning):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "proto": rng.choice(["tcp", "udp", "icmp"], size=120),
            "size": rng.normal(size=120),
            "flag": rng.choice(["S0", "SF"], size=120),
        }
    )
    y = np.where(X["proto"].eq("udp") == X["flag"].eq("S0"), "mirai", "benign")
    front = make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["proto", "flag"]), remainder="passthrough"
    )
    clf = MiraiDNNClassifier(**learning)
    pipeline = make_pipeline(front, clf).fit(X[:80], y[:80])
    encoded = clone(front).fit(X[:80])
    by_hand = clone(clf).fit(encoded.transform(X[:80]), y[:80])
    np.testing.assert_array_equal(
        pipeline.predict_proba(X), by_hand.predict_proba(encoded.transform(X))
    )
    assert pipeline.score(X[80:], y[80:]) > 0.9


@pytest.mark.slow
def test_data_frames_from_a_transformer_bring_their_names(learning, binary):
    X, y = binary
    frame = pd.DataFrame(X).add_prefix("f")
    pipeline = make_pipeline(
        MinMaxScaler(), MiraiDNNClassifier(**learning, drop_columns=["f0", "f3"])
    )
    pipeline.set_output(transform="pandas").fit(frame, y)
    net = pipeline[-1]
    assert net.feature_names_in_.tolist() == [f"f{i}" for i in range(6)]
    assert net.model_.input_shape == (None, 4)


# -- metadata routing ---------------------------------------------------------------


@pytest.fixture
def mislabelled(binary):
    """Rows of which a third has a wrong label, weights that say so, and two folds."""
    X, y = binary
    wrong = np.arange(len(y)) % 3 == 0
    labels = np.where(wrong, 1 - y, y)
    good = np.flatnonzero(~wrong)
    folds = [(good[::2], good[1::2]), (good[1::2], good[::2])]
    dirty = [
        (np.sort(np.r_[train, np.flatnonzero(wrong)]), test) for train, test in folds
    ]
    position = np.cumsum(~wrong) - 1
    clean = [(position[train], position[test]) for train, test in folds]
    return X, labels, np.where(wrong, 0.0, 1.0), dirty, clean


@pytest.mark.slow
def test_weights_are_routed_through_search_and_pipeline(learning, mislabelled):
    X, y, weight, dirty, clean = mislabelled
    grid = {"miraidnnclassifier__n_nodes": [5, 8]}
    with config_context(enable_metadata_routing=True):

        def search(folds, wanted):
            clf = MiraiDNNClassifier(**learning)
            pipeline = make_pipeline(
                ColumnDropper(1), clf.set_fit_request(sample_weight=wanted)
            )
            accuracy = make_scorer(accuracy_score)
            accuracy.set_score_request(sample_weight=False)
            return GridSearchCV(pipeline, grid, cv=folds, scoring=accuracy)

        routed = search(dirty, wanted=True).fit(X, y, sample_weight=weight)
        good = weight > 0
        without = search(clean, wanted=True)
        without.fit(X[good], y[good], sample_weight=weight[good])
        ignored = search(dirty, wanted=False).fit(X, y)
        np.testing.assert_array_equal(
            routed.cv_results_["mean_test_score"],
            without.cv_results_["mean_test_score"],
        )
        np.testing.assert_array_equal(routed.predict_proba(X), without.predict_proba(X))
        assert (routed.predict_proba(X) != ignored.predict_proba(X)).any()
        assert routed.best_score_ > ignored.best_score_ + 0.1
        with pytest.raises(ValueError, match="sample_weight"):
            search(dirty, wanted=None).fit(X, y, sample_weight=weight)


def test_validation_rows_are_routed_through_a_pipeline(learning, halves):
    X, y, X_val, y_val = halves
    with config_context(enable_metadata_routing=True):
        clf = MiraiDNNClassifier(**learning)
        pipeline = make_pipeline(
            ColumnDropper(), clf.set_fit_request(X_val=True, y_val=True)
        )
        pipeline.fit(X, y, X_val=X_val, y_val=y_val)
    by_hand = MiraiDNNClassifier(**learning).fit(X, y, X_val=X_val, y_val=y_val)
    assert pipeline[-1].history_ == by_hand.history_
    assert "val_loss" in by_hand.history_
