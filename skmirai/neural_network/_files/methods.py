"""The methods of an estimator that write it to a file and read it."""

import os
from typing import ClassVar, Self


class HasFiles:
    """An estimator with ``save`` and ``load``."""

    #: Class of the members of an ensemble; None for one network.
    _kind: ClassVar[type | None] = None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted estimator to one file, without pickle.

        The file holds parameters and all that was learned, the optimizer's
        state included: a zip file of JSON and arrays in NumPy's format, each
        with its SHA-256 checksum. :func:`skmirai.load` reads it and executes
        nothing of it. Callbacks are not part of the file.

        Parameters
        ----------
        path : str or path-like
            The file, in a folder that exists. A file of that name is replaced
            once the new one is complete.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If a parameter cannot be written without pickle: a function that is
            not one of Keras's activations, a callable ``drop_columns``, a
            transformer or optimizer of a class that :func:`skmirai.save` does not
            list, callbacks, or a ``RandomState``. No file is written then.
        """
        from skmirai.neural_network._files.saving import save

        save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Load an estimator of this class; see :func:`skmirai.load`.

        Parameters
        ----------
        path : str or path-like
            A file that :meth:`save` wrote.

        Returns
        -------
        estimator : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the file is damaged, or holds an estimator of another class.
        """
        from skmirai.neural_network._files.loading import load_as

        return load_as(cls, path)
