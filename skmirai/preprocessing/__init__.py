"""Column selection, encoding and scaling for heavy-tailed network-traffic features."""

from skmirai.preprocessing._auto import AutoScaler
from skmirai.preprocessing._column_dropper import ColumnDropper
from skmirai.preprocessing._piecewise_linear import PiecewiseLinearEncoder
from skmirai.preprocessing._quantile_normal import QuantileNormalScaler
from skmirai.preprocessing._robust_clip import RobustClipScaler
from skmirai.preprocessing._scalers import (
    FORMER_SCALERS,
    SCALERS,
    NamedScaler,
    make_scaler,
    scaler_names,
    scaler_value,
)
from skmirai.preprocessing._signed_log import SignedLogScaler
from skmirai.preprocessing._table_encoder import TableEncoder

__all__ = [
    "FORMER_SCALERS",
    "SCALERS",
    "AutoScaler",
    "ColumnDropper",
    "NamedScaler",
    "PiecewiseLinearEncoder",
    "QuantileNormalScaler",
    "RobustClipScaler",
    "SignedLogScaler",
    "TableEncoder",
    "make_scaler",
    "scaler_names",
    "scaler_value",
]
