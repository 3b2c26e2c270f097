"""AfterImage: decayed statistics of the streams that every packet belongs to."""

from collections.abc import Mapping
from numbers import Integral
from os import PathLike
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from tqdm import tqdm

from skmirai.feature_extraction._feature_names import FEATURE_NAMES
from skmirai.feature_extraction._state_files import read_state
from skmirai.feature_extraction._streams import CHUNK, CLOCKS, StreamState
from skmirai.packets import PacketReport, PacketTable, read_packets
from skmirai.utils._bars import bar_settings
from skmirai.utils._doc_link import LinksToPage
from skmirai.utils._files import escaped, replaced
from skmirai.utils._sklearn import (
    Interval,
    StrOptions,
    fit_context,
    wrap_output,
)


class AfterImageExtractor(TransformerMixin, LinksToPage, BaseEstimator):
    """Turn packets into the 115 AfterImage features of Kitsune and N-BaIoT.

    Every packet updates the streams that it belongs to and gives one row: for five
    decay rates, statistics of the packets that its source (``MI_dir``: MAC and IP,
    ``H``: IP), its channel (``HH``: source and destination) and its pair of sockets
    (``HpHp``) have sent, in both directions where two ends matter, and of the gaps
    between the packets of the channel (``HH_jit``).

    The columns have the names and the order of ``FEATURE_NAMES``, which are those of
    the published files.

    Parameters
    ----------
    clock : {"relative", "epoch"}, default="relative"
        The gap before the first packet of a channel, in ``HH_jit``. "relative" takes
        0. "epoch" takes the time of the packet in Unix seconds, as in the published
        files: their ``HH_jit`` means start at 1.5e9 s, and leak the hour.
    max_streams : int or None, default=None
        Most streams to track in each of the blocks ``MI_dir``, ``H``, ``HH`` (with
        ``HH_jit``) and ``HpHp``; both directions of a channel count as one. The stream
        that was seen longest ago is forgotten for a new one. A set of four takes
        about 1.5 kB. None sets no limit.
    on_malformed : {"warn", "raise", "ignore"}, default="warn"
        What to do about truncated and malformed frames, and about captures that end
        within a packet. Every frame gives a row and is counted in ``report_``
        all the same, unless an error is raised.
    verbose : bool or "auto", default="auto"
        Show progress on standard error: always, never, or, with "auto", where that
        is a terminal and the work takes longer than a second.

    Attributes
    ----------
    report_ : PacketReport
        Counts of the packets of the last call, and what was wrong with them.
    n_evicted_ : dict of str to int
        Streams of each block that were forgotten, in the last ``transform`` or in the
        stream of ``partial_transform`` so far.

    See Also
    --------
    read_packets : Read a capture without making features.
    PacketReader : Read a growing capture or standard input piece by piece.

    Notes
    -----
    ``transform`` knows nothing before its first packet, and leaves the stream of
    ``partial_transform`` alone. ``partial_transform`` goes on where its last call
    stopped; the rows are the same to the last bit however the packets are divided.

    For the formulas and the departures from the reference code see the notes in
    ``_kernel.py`` and ``_keys.py``. The differences that matter: channels are kept
    per pair of addresses, covariances decay once per packet, the quoted packet of an
    ICMP error is not taken for a packet of its own, and variances and covariances that
    are rounding, below 1e-12 of the squared mean or the product of the means, are 0.

    PPPoE, MPLS, tunnels, the authentication header of IPv4, and the Mobility, HIP and
    Shim6 headers of IPv6 are not opened: such packets count for the outer addresses,
    without ports (see the notes of :func:`read_packets`).

    References
    ----------
    .. [1] Y. Mirsky, T. Doitshman, Y. Elovici, A. Shabtai. Kitsune: An Ensemble of
       Autoencoders for Online Network Intrusion Detection. NDSS 2018.
    .. [2] Y. Meidan et al. N-BaIoT: Network-Based Detection of IoT Botnet Attacks
       Using Deep Autoencoders. IEEE Pervasive Computing 17(3), 2018.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmirai.feature_extraction import AfterImageExtractor
    >>> packets = pd.DataFrame({
    ...     "time": [0.0, 0.5, 1.0],
    ...     "length": [60, 100, 80],
    ...     "source_mac": "4c:09:d4:c6:12:7b",
    ...     "destination_mac": "5c:cf:7f:05:f2:c6",
    ...     "source": "192.168.2.1",
    ...     "destination": "192.168.2.108",
    ...     "source_port": 443,
    ...     "destination_port": 21074,
    ...     "protocol": "tcp",
    ... })
    >>> extractor = AfterImageExtractor().set_output(transform="pandas")
    >>> extractor.transform(packets)[["H_L1_weight", "H_L1_mean"]].round(3)
       H_L1_weight  H_L1_mean
    0        1.000     60.000
    1        1.707     83.431
    2        2.207     81.877
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "clock": [StrOptions(set(CLOCKS))],
        "max_streams": [Interval(Integral, 1, None, closed="left"), None],
        "on_malformed": [StrOptions({"warn", "raise", "ignore"})],
        "verbose": ["boolean", StrOptions({"auto"})],
    }

    report_: PacketReport
    n_evicted_: dict[str, int]

    def __init__(
        self,
        *,
        clock: str = "relative",
        max_streams: int | None = None,
        on_malformed: str = "warn",
        verbose: bool | str = "auto",
    ) -> None:
        self.clock = clock
        self.max_streams = max_streams
        self.on_malformed = on_malformed
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any = None, y: Any = None) -> "AfterImageExtractor":
        """Check the parameters; nothing is learned and X is not read.

        Parameters
        ----------
        X : object, default=None
            Ignored.
        y : None
            Ignored.

        Returns
        -------
        self : AfterImageExtractor
            Itself.

        Raises
        ------
        ValueError
            If a parameter is not one of those above.
        """
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Features of the packets of one source, from a cold start.

        Parameters
        ----------
        X : str, PathLike, binary file, DataFrame, PacketTable or PacketReader
            The packets, as :func:`read_packets` takes them.

        Returns
        -------
        X_out : ndarray of shape (n_packets, 115)
            One row per packet, in double precision.

        Raises
        ------
        ValueError
            If the source is not of a known type or holds no packets, a time is not
            finite, a length negative, or a frame malformed with
            ``on_malformed="raise"``.

        Warns
        -----
        PacketWarning
            If frames or the end of the source could not be read in full, with
            ``on_malformed="warn"``.
        """
        self._validate_params()
        packets = self._read(X)
        if not len(packets):
            raise ValueError(
                f"{_name(X)} holds no packets: {packets.report}; expected at least one"
            )
        return self._extract(packets, StreamState(self.clock))

    def partial_transform(self, X: Any) -> np.ndarray:
        """Features of the next packets of a stream.

        Parameters
        ----------
        X : str, PathLike, binary file, DataFrame, PacketTable or PacketReader
            The packets, as :func:`read_packets` takes them. There may be none. Of a
            :class:`PacketReader` those are taken that can be read now; for packets
            from a pipe, give one after the other of the tables that it iterates over.

        Returns
        -------
        X_out : ndarray of shape (n_packets, 115)
            One row per packet, as if all packets so far had come in one call.

        Raises
        ------
        ValueError
            As from :meth:`transform`, or if ``clock`` was changed within the stream.
        """
        self._validate_params()
        state = self._stream()
        out = self._extract(self._read(X), state)
        return wrap_output("transform", out, X, self)

    def reset(self) -> "AfterImageExtractor":
        """Forget the stream of ``partial_transform``.

        Returns
        -------
        self : AfterImageExtractor
            Itself.
        """
        self.__dict__.pop("_state", None)
        return self

    def get_state(self) -> dict[str, Any]:
        """The stream of ``partial_transform`` as plain arrays, numbers and text.

        Returns
        -------
        dict
            Copies, which :meth:`set_state` takes back.
        """
        return self._stream().to_arrays()

    def set_state(self, state: Mapping[str, Any]) -> "AfterImageExtractor":
        """Go on from a state; the next ``partial_transform`` continues it.

        Parameters
        ----------
        state : mapping
            What :meth:`get_state` gave.

        Returns
        -------
        self : AfterImageExtractor
            Itself.

        Raises
        ------
        ValueError
            If it is no such state, or was made with another ``clock``.
        """
        self._validate_params()
        found = StreamState.from_arrays(state)
        self._check_clock(found)
        self._state = found
        return self

    def save_state(self, path: str | PathLike[str]) -> None:
        """Write the state to an ``.npz`` file, without pickle.

        Parameters
        ----------
        path : str or PathLike
            File to write; an existing one is replaced once the new one is complete.

        Raises
        ------
        ValueError
            If ``clock`` was changed within the stream; the old file stays.
        """
        state = self.get_state()
        with replaced(path) as file:
            np.savez(file, **state)

    def load_state(self, path: str | PathLike[str]) -> "AfterImageExtractor":
        """Go on from a state that :meth:`save_state` wrote.

        Parameters
        ----------
        path : str or PathLike
            File to read. It is read without pickle, so that it cannot run code, and
            must not be compressed, so that it cannot take more memory than a small
            multiple of its size.

        Returns
        -------
        self : AfterImageExtractor
            Itself.

        Raises
        ------
        ValueError
            If it is no such file, or was made with another ``clock``.
        """
        return self.set_state(read_state(path))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns, those of the published files.

        Parameters
        ----------
        input_features : object, default=None
            Ignored.

        Returns
        -------
        names : ndarray of str, shape (115,)
            ``FEATURE_NAMES``.
        """
        return np.array(FEATURE_NAMES, dtype=object)

    def _stream(self) -> StreamState:
        """State of ``partial_transform``, begun if there is none."""
        if not hasattr(self, "_state"):
            self._state = StreamState(self.clock)
        self._check_clock(self._state)
        return self._state

    def _check_clock(self, state: StreamState) -> None:
        if state.clock != self.clock:
            raise ValueError(
                f"clock={self.clock!r}, but the stream was begun with "
                f"{state.clock!r}: set it back, or call reset()"
            )

    def _read(self, X: Any) -> PacketTable:
        packets = read_packets(X, on_malformed=self.on_malformed, verbose=self.verbose)
        self.report_ = packets.report
        return packets

    def _extract(self, packets: PacketTable, state: StreamState) -> np.ndarray:
        records = packets.records
        out = np.empty((len(records), len(FEATURE_NAMES)))
        for start in tqdm(
            range(0, len(records), CHUNK),
            desc="features",
            unit_scale=CHUNK,
            unit="packets",
            **bar_settings(self.verbose),
        ):
            part = slice(start, start + CHUNK)
            state.update(records[part], out[part], self.max_streams)
        self.n_evicted_ = {name: t.n_evicted for name, t in state.tables.items()}
        return out

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags


def _name(source: Any) -> str:
    is_path = isinstance(source, (str, PathLike))
    return escaped(str(source)) if is_path else type(source).__name__
