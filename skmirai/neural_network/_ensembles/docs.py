"""Parts of the docstrings of both ensembles."""

from skmirai.utils._docstrings import filled

with_shared_docs = filled(
    parameters="""
        n_estimators : int, default=5
            Number of members. Each has a seed of its own, for its first weights,
            order of rows and dropout.
        bootstrap : bool, default=False
            Train each member on as many rows, drawn with replacement; those of a
            classifier within each class, so that none is without a row of it. Rows
            count by weights, so that nothing is copied. Without it members differ by
            their seeds alone, which mostly serves networks better [2]_.
        n_jobs : int, default=None
            Members that are trained side by side, in threads. None is 1, unless
            :class:`joblib.parallel_config` says otherwise; -1 is one for each core.
            The result does not depend on it.
        random_state : int, RandomState instance or None, default=None
            Draws the seeds of the members, whose own ``random_state`` does not count.
    """,
    attributes="""
        estimators_ : list
            The fitted members.
        n_features_in_ : int
            Number of columns seen during fit.
        feature_names_in_ : ndarray of shape (n_features_in_,)
            Names of the columns, if all of them are strings.
    """,
    fit="""
        X : array-like of shape (n_samples, n_features)
            Training rows, as the ``fit`` of a member takes them.
    """,
    uncertainty="""
        n_passes : int, default=None
            Dropout passes of each member. None is one pass of each with its dropout
            switched off: the spread is that between the members alone.
        masks : {"shared", "per_row"}, default="shared"
            As a member's ``predict_uncertainty`` takes it.
        batch_size : int or "auto", default="auto"
            Rows held at once by dropout passes; results do not depend on it.
        random_state : int, RandomState instance or None, default=None
            Seeds the masks; None draws others at each call.
        return_samples : bool, default=False
            Keep every pass in ``samples``. Along its first axis come the members
            in the order of ``estimators_``, and within each its passes:
            ``samples.reshape(n_estimators, n_passes, *samples.shape[1:])``.
    """,
    references="""
        .. [1] B. Lakshminarayanan, A. Pritzel and C. Blundell, "Simple and scalable
           predictive uncertainty estimation using deep ensembles", NeurIPS 2017.
        .. [2] S. Fort, H. Hu and B. Lakshminarayanan, "Deep ensembles: A loss
           landscape perspective", arXiv:1912.02757, 2019.
    """,
)
