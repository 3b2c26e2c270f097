"""A scikit-learn search on Optuna that trains no epoch twice."""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.utils import indexable

from skmirai.model_selection._search.folds import Folds
from skmirai.utils import import_optional
from skmirai.utils._doc_link import LinksToPage
from skmirai.utils._sklearn import (
    BaseSearchCV,
    HasMethods,
    Interval,
    fit_context,
    sliced_params,
    tell_of_failed_fits,
)
from skmirai.utils._warnings import warn_user

if TYPE_CHECKING:
    import optuna


class MiraiSearchCV(LinksToPage, BaseSearchCV):
    """Search for parameters with Optuna, without training an epoch twice.

    Estimators that can train on, as :class:`~skmirai.MiraiDNNClassifier` can, alone or
    at the end of a Pipeline, are trained on all folds up to a *rung*, a number of
    epochs; then about half of the trials end, and the others go on from where they
    stand. ``epochs`` so becomes a result. Any other estimator of scikit-learn can be
    searched for too: each of its folds is a report, after which a trial may end.

    The parameters of the estimator as it is are the first trial and never pruned, also
    where the space does not hold them, so that a search does not end below them.

    Parameters
    ----------
    estimator : estimator
        What is searched for; it is cloned and never fitted itself.
    space : dict, list of dict, callable or None, default=None
        Parameters by name, each with what it is chosen from: a list of values, an
        Optuna distribution, or a frozen distribution of SciPy. Of several dicts a
        trial chooses one first. A function draws from the trial that it is given, by
        its methods ``suggest_...`` alone, and returns a dict of values. None is the
        space of :func:`search_distributions`, for our estimators.
    n_trials : int or None, default=30
        Trials in the study at the end, those of earlier runs and of other workers
        included. None leaves the end to ``timeout``.
    timeout : float or None, default=None
        Seconds after which no trial begins.
    rungs : "auto", sequence of int or None, default="auto"
        Epochs after which trials are judged. "auto" is a ninth, a third and all of the
        ``epochs`` of the estimator. With None, or where a fit cannot be parted, all
        fits are whole.
    scoring : str, callable, list, tuple, dict or None, default=None
        As in :class:`~sklearn.model_selection.GridSearchCV`. The score that ``refit``
        names decides; the first one if it names none.
    cv : int, splitter or iterable, default=None
        As in :class:`~sklearn.model_selection.GridSearchCV`. The folds are drawn once.
    refit : bool, str or callable, default=True
        As in :class:`~sklearn.model_selection.GridSearchCV`. A function finds pruned
        trials in ``cv_results_["pruned"]``.
    sampler : optuna.samplers.BaseSampler, default=None
        None is a TPE sampler for each trial, seeded by ``random_state`` and the
        trial's number: a search that goes on, and other workers, draw on.
    pruner : optuna.pruners.BasePruner, default=None
        Ends trials before their last rung or fold. None lets the better half go on at
        each rung, and is Optuna's median pruner where folds are reports.
        ``optuna.pruners.NopPruner()`` ends no trial.
    storage : str, path, optuna.storages.BaseStorage or None, default=None
        Where the study lives: None in memory, a path in a journal file, or a URL of a
        database: "sqlite:///FILE", "postgresql://USER@HOST/DATABASE".
    study_name : str, default=None
        A study of this name in the storage goes on, if its data, folds, space and
        score are the same. None begins a new one with each fit.
    study : optuna.Study, default=None
        Study to use in place of all of these; its sampler and pruner count, and trials
        that were queued in it come first.
    n_jobs : int, default=None
        Trials side by side, in threads; with more than 1, samplers and pruners see
        trials in an order that time decides. Within
        ``joblib.parallel_config("dask")`` the folds are trained on the cluster, with
        other backends in processes.
    random_state : int, RandomState instance or None, default=None
        Seeds the sampler.
    error_score : "raise" or float, default=nan
        As in :class:`~sklearn.model_selection.GridSearchCV`.
    return_train_score : bool, default=False
        Score on training rows too.
    callbacks : callable or list of callable, default=None
        Are called with the study and each trial that is over; ``study.stop()`` ends
        the search.
    verbose : int, default=0
        Above 0 a bar shows trials and the best score, and notes say what is done.

    Attributes
    ----------
    study_ : optuna.Study
        The study.
    trials_ : list of optuna.trial.FrozenTrial
        Trials that are over, one for each row of ``cv_results_``.
    cv_results_ : dict of str to ndarray
        As in :class:`~sklearn.model_selection.GridSearchCV`, with "pruned" and
        "trial", the number in the study. Scores of a trial are those at its best rung,
        and its ``epochs`` stand among its parameters; pruned ones share the last rank.
    best_index_, best_score_, best_params_, best_estimator_
        As in :class:`~sklearn.model_selection.GridSearchCV`.
    rungs_ : tuple of int or None
        Epochs after which trials were judged; None if fits were whole.
    interrupted_ : bool
        Whether Ctrl-C has ended the search.
    scorer_, n_splits_, refit_time_, multimetric_, classes_, n_features_in_
        As in :class:`~sklearn.model_selection.GridSearchCV`.

    See Also
    --------
    suggest_params : The default space within an objective of your own.
    sklearn.model_selection.HalvingRandomSearchCV : Halving over rows.

    Notes
    -----
    Fits are parted where ``epochs`` and ``warm_start`` allow it and nothing counts the
    epochs of one fit: no ``early_stopping``, no callbacks of Keras, and with
    ``validation_fraction`` an integer ``random_state``. Where the step size falls,
    ``schedule_epochs`` is set to the last rung, for the refit too. A parted fit equals
    a whole one to the bit. A trial whose training fails at a rung keeps those before.
    A trial whose parameters were tried before takes over what came out then.

    In a Pipeline, transformers that a trial does not change are fitted once for each
    fold, as ``memory`` would; one that draws without a ``random_state`` so draws once.
    Rows are read-only in fits, since trials share them; tables of pandas are copied.

    An interrupt (Ctrl-C) ends the search with what it has found so far.

    References
    ----------
    .. [1] T. Akiba et al., "Optuna: A next-generation hyperparameter optimization
       framework", KDD 2019.
    .. [2] L. Li et al., "A system for massively parallel hyperparameter tuning",
       MLSys 2020.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmirai import MiraiDNNClassifier
    >>> from skmirai.model_selection import MiraiSearchCV
    >>> X, y = make_classification(200, random_state=0)
    >>> search = MiraiSearchCV(
    ...     MiraiDNNClassifier(epochs=9, random_state=0),
    ...     {"learning_rate": [0.001, 0.01, 0.1], "scaler": ["standard", "quantile"]},
    ...     n_trials=4,
    ...     cv=3,
    ...     random_state=0,
    ... ).fit(X, y)
    >>> search.rungs_
    (1, 3, 9)
    >>> sorted(search.best_params_)
    ['epochs', 'learning_rate', 'scaler']
    """

    study_: "optuna.Study"
    trials_: list[Any]
    cv_results_: dict[str, Any]
    rungs_: tuple[int, ...] | None
    interrupted_: bool

    if TYPE_CHECKING:  # scikit-learn's base class has no types

        def score(self, X: Any, y: Any = None, **params: Any) -> float: ...
        def predict(self, X: Any) -> np.ndarray: ...

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **{
            name: checks
            for name, checks in BaseSearchCV._parameter_constraints.items()
            if name != "pre_dispatch"
        },
        "space": [dict, list, tuple, callable, None],
        "n_trials": [Interval(Integral, 1, None, closed="left"), None],
        "timeout": [Interval(Real, 0, None, closed="neither"), None],
        "rungs": [str, "array-like", None],
        "sampler": [HasMethods(["sample_independent"]), None],
        "pruner": [HasMethods(["prune"]), None],
        "storage": "no_validation",
        "study_name": [str, None],
        "study": [HasMethods(["ask", "tell"]), None],
        "random_state": ["random_state"],
        "callbacks": [callable, list, tuple, None],
    }

    def __init__(
        self,
        estimator: Any,
        space: Any = None,
        *,
        n_trials: int | None = 30,
        timeout: float | None = None,
        rungs: str | Sequence[int] | None = "auto",
        scoring: Any = None,
        cv: Any = None,
        refit: bool | str | Callable[..., Any] = True,
        sampler: Any = None,
        pruner: Any = None,
        storage: Any = None,
        study_name: str | None = None,
        study: Any = None,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        error_score: Any = np.nan,
        return_train_score: bool = False,
        callbacks: Any = None,
        verbose: int = 0,
    ) -> None:
        self.estimator = estimator
        self.space = space
        self.n_trials = n_trials
        self.timeout = timeout
        self.rungs = rungs
        self.scoring = scoring
        self.cv = cv
        self.refit = refit
        self.sampler = sampler
        self.pruner = pruner
        self.storage = storage
        self.study_name = study_name
        self.study = study
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.error_score = error_score
        self.return_train_score = return_train_score
        self.callbacks = callbacks
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        """Search, and fit the best parameters to all rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,), default=None
            Targets.
        **params : dict of str to object
            Go to ``fit`` of the estimator, ``groups`` to the splitter, and with
            metadata routing to those that ask for them. Those as long as the rows are
            cut like the rows.

        Returns
        -------
        self : object
            The search, with ``best_estimator_`` if ``refit``.

        Raises
        ------
        ValueError
            If the space has an unknown parameter or the study belongs to other data,
            before the first fit; if every fit fails.

        Warns
        -----
        UserWarning
            If it is interrupted.
        """
        import_optional("optuna", extra="tune", purpose="MiraiSearchCV")
        from skmirai.model_selection._search.prepared import prepared, splits_of
        from skmirai.model_selection._search.running import run

        if self.n_trials is None and self.timeout is None:
            raise ValueError(
                "n_trials=None and timeout=None would never end; give one of them"
            )
        scorer, refit_metric = self._get_scorers()
        X, y = indexable(X, y)
        params = sliced_params(X, params=params)
        routed = self._get_routed_params_for_fit(params)
        weight = params.get("sample_weight")
        told = {
            "estimator": self,
            "X": X,
            "y": y,
            "metadata": None if weight is None else {"sample_weight": weight},
        }
        root = self._init_callback_context(max_subtasks=1 + (self.refit is not False))
        root = root.call_on_fit_task_begin(**told)
        folds = Folds(
            X,
            y,
            splits_of(self, X, y, routed.splitter.split),
            routed.estimator.fit,
            routed.scorer.score,
            scorer,
            self.error_score,
            self.return_train_score,
        )
        self.n_splits_ = len(folds)
        searching = root.subcontext(task_name="search")
        searching.call_on_fit_task_begin(**told)
        self.study_, trials = prepared(self, folds)
        self.rungs_ = trials.rungs
        callbacks = self.callbacks or []
        self.interrupted_ = run(
            self.study_,
            trials,
            timeout=self.timeout,
            callbacks=[callbacks] if callable(callbacks) else callbacks,
            verbose=self.verbose,
        )
        searching.call_on_fit_task_end(**told)
        self._take_results(trials, refit_metric)
        self.scorer_ = getattr(scorer, "_scorers", scorer)
        if self.refit:
            self._refit(root, told, routed.estimator.fit)
        root.call_on_fit_task_end(**told)
        return self

    def _check_scores(self, scores: Any) -> None:
        """Insist that ``refit`` names one of several scores, once they are known."""
        if callable(self.scoring) and isinstance(scores, Mapping):
            self._check_refit_for_multimetric(scores)

    def _take_results(self, trials: Any, refit_metric: Any) -> None:
        """Set the attributes that follow from the study."""
        from skmirai.model_selection._search import results

        self.trials_ = results.scored_trials(self.study_)
        pruned = np.array([results.is_pruned(trial) for trial in self.trials_], bool)
        if not (~pruned).any():
            if self.interrupted_:
                raise KeyboardInterrupt
            raise ValueError(
                f"none of the {len(self.study_.trials)} trials has come to its end; "
                f"give more than timeout={self.timeout} seconds"
            )
        candidates = [results.all_params(trials, trial) for trial in self.trials_]
        tell_of_failed_fits(results.tried_folds(self.trials_), self.error_score)
        folds = results.like_each_other(
            [
                fold
                for trial in self.trials_
                for fold in results.fold_results(trial, trials.metric, self.n_splits_)
            ]
        )
        more = {
            "trial": [trial.number for trial in self.trials_],
            "pruned": list(pruned),
        }
        with warnings.catch_warnings():
            # folds that nobody came to have no scores, which is no failure
            if pruned.any() and not any(map(results.has_failed, self.trials_)):
                warnings.filterwarnings("ignore", message="One or more of the t")
            self.cv_results_ = self._format_results(
                candidates, self.n_splits_, folds, more
            )
        results.rank_finished(self.cv_results_, pruned)
        first = folds[0]["test_scores"]
        self.multimetric_ = isinstance(first, dict)
        if callable(self.scoring) and self.multimetric_:
            refit_metric = self.refit
        if self.interrupted_:
            warn_user(
                f"The search was interrupted; of {len(self.trials_)} trials with "
                f"scores the best is kept.",
                UserWarning,
            )
        if not self.refit and self.multimetric_:
            return
        self.best_index_ = self._select_best_index(
            self.refit, refit_metric, self.cv_results_
        )
        if not callable(self.refit):
            mean = self.cv_results_[f"mean_test_{refit_metric}"]
            self.best_score_ = mean[self.best_index_]
        self.best_params_ = candidates[self.best_index_]

    def _refit(
        self, root: Any, told: dict[str, Any], fit_params: Mapping[str, Any]
    ) -> None:
        from skmirai.model_selection._search.trials import with_params

        self.best_estimator_ = with_params(self.estimator, self.best_params_)
        context = root.subcontext(task_name="refit-with-best-params")
        with context.propagate_callback_context(self.best_estimator_):
            context.call_on_fit_task_begin(**told)
            rows = (told["X"],) if told["y"] is None else (told["X"], told["y"])
            start = time.perf_counter()
            self.best_estimator_.fit(*rows, **fit_params)
            self.refit_time_ = time.perf_counter() - start
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_
        context.call_on_fit_task_end(**told)
