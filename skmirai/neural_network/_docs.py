"""Docstring parts that the classifier and the regressor share."""

from skmirai.preprocessing import SCALERS
from skmirai.utils._docstrings import filled, listed

_SCALERS = listed({name: kind.summary for name, kind in SCALERS.items()})

_SHARED = {
    "architecture": """
        n_layers : int, default=2
            Number of hidden layers; 0 gives a linear model.
        n_nodes : int or sequence of int, default=64
            Units per hidden layer, one number or one per layer.
        activation : str or callable, default="relu"
            Activation of the hidden layers: a Keras name, or a function of a
            tensor. Names keep the estimator picklable, lambdas do not. Fits share
            compiled programs if they have the same name; a function of your own is
            compiled anew for each fit.
        optimizer : str or keras.optimizers.Optimizer, default="adam"
            Name of a Keras optimizer in any case, such as "sgd" or "AdamW", or an
            instance. Every fit works on a fresh copy of the instance. Clones and
            pickles of the estimator keep what ``exclude_from_weight_decay`` names;
            a bare optimizer in a parameter grid loses it, because Keras forgets it
            in the copy that scikit-learn makes of each candidate.
        learning_rate : float, default=0.003
            Step size of a named optimizer. An instance keeps its own.
        learning_rate_schedule : {"constant", "cosine", "linear"}, default="constant"
            How the step size goes from there to near 0, epoch by epoch: along half a
            cosine (Loshchilov, Hutter: SGDR, ICLR 2017) or a line. A continued fit
            begins anew; ``partial_fit`` keeps the step size.
        schedule_epochs : int, default=None
            Epochs that the step size takes to get there; None takes those of the fit.
            With a number, continued fits and ``partial_fit`` go on where the step size
            stood: so training can be parted without a difference, or stopped early.
            Epochs after the last keep its step size.
        batch_norm : bool, default=False
            Put batch normalisation after each activation.
        dropout_rate : float or sequence of float, default=0.2
            Share of units dropped after each hidden layer, in [0, 1), one number
            or one per hidden layer. ``predict_uncertainty`` needs a rate above 0,
            or members.
        n_members : int or "auto", default="auto"
            Networks in one, whose mean predicts: "auto" is 8 with ``scaler="auto"``,
            and 1 with others. More than 1 share the hidden
            layers, and differ in the numbers that each multiplies its input columns
            by, normally drawn at first, and in their output layers (TabM-mini). Each
            is trained on its own loss. What a scaler makes of one column is drawn as
            one. ``predict_uncertainty`` then tells how far they differ, also without
            dropout.
        share_batches : bool, default=False
            Whether every row trains all members. By default the rows of a batch take
            turns: row ``i`` trains member ``i % n_members``, an epoch costs up to
            three times that of one network, and ``history_`` has loss and accuracy of
            each row's member. With ``shuffle=False``, or where a batch would have
            fewer rows than there are members, every row trains all of them anyway.
        drop_columns : int, str, list, slice, mask, callable or None, default=None
            Columns left out before anything else: the first k, names, indices, a
            slice, a mask with True for a dropped column, or a function of the
            table that returns any of these. They may hold anything. See
            :class:`skmirai.preprocessing.ColumnDropper`.
        categorical_features : "from_dtype", array-like or None, default="from_dtype"
            Columns whose values are categories, which become one-hot codes, or where
            there are many vectors that are learned (``embedding_dim``):

            - "from_dtype": those of a DataFrame whose type is text or category, and
              those of Python objects that hold text; none of an array;
            - names, positions or a mask of the columns of ``X``, dropped ones counted;
            - None: none; text is an error, unless it is a number, as "80" is.

            The first fit decides. Rare categories, those of less than a hundredth of
            the rows and of less than 50, share a code, also with those that come up
            later; a column has at most 128 codes. A missing value is a category like
            others. Columns of bool are numbers. See
            :class:`skmirai.preprocessing.TableEncoder`.
        missing : {"error", "impute"}, default="error"
            Missing numbers are an error, or become the median of the training rows;
            columns that lack some there get an indicator besides. One without any
            value there stays 0.
        embedding_dim : "auto", int or None, default="auto"
            Size of the vectors that the network learns for the categories of a column
            in which more than 128 have 10 rows or more (in tables of less than 1,000
            rows, a hundredth of them, and at least 2). Other categories share one
            vector, also with those that come up later. "auto" is 8. None
            leaves such columns at one-hot codes of their 128 most frequent
            categories. Half of the numbers of the vectors are dropped in training,
            whatever ``dropout_rate`` is; ``predict_uncertainty`` drops none of them.
        scaler : str, transformer or None, default="standard"
            What happens to the kept columns of numbers; indicators and codes of
            categories follow them as they are:

            {scalers}
            - None: nothing;
            - a transformer: it is cloned and fitted to these columns, as an
              array without names, and the encoded targets; weights reach it only
              if its own ``fit`` takes ``sample_weight``, which that of a
              ``Pipeline`` does not.

            "auto" is the documented choice. Beside "standard" (``docs/accuracy.md``)
            it is better on flow records like those of training (balanced accuracy
            .970 to .958 on UNSW-NB15) and ranks packets of the same network better
            (AUC .997 to .989 on Kitsune); its labels are no better where attacks are
            new (.801 to .810 on NSL-KDD, log loss .91 to 1.64), and worse where the
            mix changes (.821 to .846) or the network is another one (.924 to .977).
            It takes ten times the time on flow records, a third more on packets.
        epochs : int or "auto", default="auto"
            Passes over the training rows; at most that many with early stopping.
            "auto" is 30 for up to 43,000 rows; more rows get fewer, 1,300,000 rows in
            all, but no less than 8.
        batch_size : int, default=256
            Rows per update of the weights; more than there are rows means all.
        shuffle : bool, default=True
            Draw a new order of the rows for each epoch.""",
    "training": """
        validation_fraction : float or None, default=None
            Share of the training rows that is set aside before scaling, for
            ``val_`` figures in ``history_`` and for early stopping. A part of
            fewer than 2 rows, or one that leaves no row of a class for training,
            is an error; one of fewer than 5 rows is worth a warning.
        early_stopping : bool, default=False
            Stop when the validation loss (without validation rows the training
            loss) has not improved by ``tol`` for ``n_iter_no_change`` epochs.
            Stopped or not, the weights of the epoch with the lowest loss are kept.
        n_iter_no_change : int, default=10
            Epochs without improvement before stopping.
        tol : float, default=1e-4
            Smallest change of the loss that early stopping takes for an improvement.
        callbacks : keras.callbacks.Callback, list of them or None, default=None
            Copied for each fit; the copies that saw the last fit are in
            ``callbacks_``. Trials and studies of Optuna in them are shared, so that
            ``KerasPruningCallback`` prunes.
        warm_start : bool, default=False
            Continue from the fitted network instead of starting anew. Columns and
            scaler stay as they are. Architecture, optimizer, precision and classes
            must not change: a class that is not there any more would be unlearned.
            ``partial_fit`` takes rows that lack classes.
        dtype : {"auto", "float32", "float64"}, default="auto"
            Precision of weights and computation. "auto" computes in float64 if
            the kept columns arrive in float64 and hold at most a million values:
            slower by half, but weights then equal repetitions to rounding error.
        verbose : int, default=0
            1 shows a progress bar over the epochs, 2 prints a line per epoch.
        novelty_rows : int or None, default=None
            Training rows that are kept at most for ``novelty_score`` to compare others
            with: drawn at random, whatever their weights, half of the rows if there
            are fewer than twice as many. Of each the last hidden layer is kept, 4
            bytes a unit, which files and pickles hold: 1.3 MB for 5,000 rows and 64
            units. Up to as many other training rows are compared with them, of which
            some numbers are kept. A continued fit keeps rows of its own table, those
            of the network before are lost; ``partial_fit`` keeps none. None keeps none.
        random_state : int, RandomState instance or None, default=None
            Seeds initial weights, dropout, order of the rows and validation
            split. The same int gives the same bits on one machine with the same
            releases and number of threads in TensorFlow's pool, in one job or
            several. No generator, flag or environment variable of the process is
            changed by it; None draws from NumPy's global generator.""",
    "training_rows": """
        X : array-like, DataFrame, pyarrow.Table or sparse matrix of shape \
                (n_samples, n_features)
            Training rows. Columns that ``drop_columns`` names may hold
            anything; the others must be finite numbers, or what
            ``categorical_features`` and ``missing`` allow. A memory-mapped array
            that would take more than scikit-learn's ``working_memory`` stays
            on the disk: the scaler learns from it by ``partial_fit``, and
            training reads blocks of rows from all over it, which it shuffles.
            So it is with a sparse matrix whose kept columns would take more;
            a smaller one becomes an array of its kept columns (see Notes).""",
    "failures": """
        ConvergenceWarning
            If the loss became infinite, and training stopped; or if training came to
            less than a constant answer, which the Notes of the class tell about.""",
    "mc": """
        n_passes : int, default=100
            Number of stochastic passes. Members take turns: pass ``t`` is one of
            member ``t % n_members``, so that a multiple of ``n_members`` counts
            them alike. Without dropout every member passes once, or the first
            ``n_passes`` of them if there are more.""",
    "masks": """
        masks : {"shared", "per_row"}, default="shared"
            "shared" draws ``n_passes`` thinned networks and applies each to all
            rows, so that a row's result does not depend on the rows beside it.
            "per_row" draws masks for every row and pass, as repeated calls of a
            Keras model with dropout switched on do.
        batch_size : int or "auto", default="auto"
            Rows held at once; results do not depend on it.
        random_state : int, RandomState instance or None, default=None
            Seeds the masks; None draws others at each call.""",
    "mc_score": """
        n_passes : int, default=100
            Number of stochastic passes, as in ``predict_uncertainty``.
        masks : {"shared", "per_row"}, default="per_row"
            As in ``predict_uncertainty``.
        random_state : int, RandomState instance or None, default=None
            Seeds the masks; None draws others at each call.""",
    "notes": """
        A fit that comes to less than a constant answer ends in a
        ``ConvergenceWarning`` with the figures and what to try, what helps most
        first. Judged is every fit of at least 8 epochs, the fewest that
        ``epochs="auto"`` chooses, however few its rows are, and one of at least 100
        updates of the weights; those of continued fits count together. Shorter fits
        are trials, and ``partial_fit`` is never judged. Some thousand of the training
        rows are predicted. A classifier fails if its accuracy is three standard errors
        below the share of the largest class and weights do not explain it: with rows
        weighted as in the loss it is as far below the heaviest class, or less than a
        twentieth of the way from guessing to no error. A regressor fails if its R**2,
        averaged over the targets, is below -0.05.

        Wherever rows are taken, ``X`` is an array or what becomes one, a DataFrame
        of pandas or polars, a ``pyarrow.Table``, or a sparse matrix or array of
        SciPy in any format. A sparse one is copied to CSR format, and columns are
        dropped before zeros are filled in. If its kept columns, counted as numbers
        of single precision, take more than scikit-learn's ``working_memory`` (1 GiB
        unless it is set), that is done for parts of the rows: at most 2**23 values
        (64 MB in double precision) while they are scaled and predicted, and two
        parts of 2**25 scaled values or of a batch, whichever is more, in training;
        ``predict_uncertainty`` holds at least 1,024 scaled rows. Results are those
        of the same numbers in an array; of one that is read in parts, those of a
        memory-mapped array.

        ``set_callbacks`` takes callbacks of scikit-learn, such as its
        ``ProgressBar`` and ``ScoringMonitor``; the parameter ``callbacks`` takes
        those of Keras. A fit is a task and each epoch a subtask named "epoch".
        After an epoch, hooks may ask for a fitted copy of the estimator, which
        they may keep: it is what a fit of that many epochs leaves, early stopping
        included. Rows, targets and weights come as ``fit`` was given them,
        validation rows that it sets aside among them. Training ends after an
        epoch if a hook returns True. A call of ``partial_fit`` is a task without
        subtasks.

        ``save`` writes a fitted estimator to one file without pickle, which
        :func:`skmirai.load` reads.""",
    "attributes": """
        model_ : keras.Model
            The network.
        pipeline_ : sklearn.pipeline.Pipeline
            Fitted steps "drop", "scale" and "dnn"; ``pipeline_[:-1].transform(X)``
            is what the network sees.
        history_ : dict of str to list of float
            Loss and metric of each epoch, with ``val_`` for validation rows; NaN
            where a continued fit had none. All epochs are listed: also those after
            the one that early stopping went back to, and one that was taken back
            because it ended in NaN.
        n_iter_ : int
            Epochs in ``history_``, over all continued fits.
        n_parameters_ : int
            Number of trainable parameters.
        novelty_ : skmirai.uncertainty.NoveltyReference
            What ``novelty_score`` compares with, where ``novelty_rows`` asks for it.
        callbacks_ : list of keras.callbacks.Callback
            The copies of ``callbacks`` that saw the last fit.
        n_features_in_ : int
            Number of columns seen during fit, dropped ones included.
        feature_names_in_ : ndarray of shape (n_features_in_,)
            Names of the columns, if all of them are strings.""",
}


with_shared_docs = filled(**_SHARED, scalers=_SCALERS)
