"""Column selection, encoding and scaling for heavy-tailed network-traffic features."""

from skmirai.preprocessing._column_dropper import ColumnDropper
from skmirai.preprocessing._robust_clip import RobustClipScaler
from skmirai.preprocessing._scalers import (
    SCALERS,
    NamedScaler,
    make_scaler,
    scaler_names,
    scaler_value,
)
from skmirai.preprocessing._signed_log import SignedLogScaler
from skmirai.preprocessing._table_encoder import TableEncoder

__all__ = [
    "SCALERS",
    "ColumnDropper",
    "NamedScaler",
    "RobustClipScaler",
    "SignedLogScaler",
    "TableEncoder",
    "make_scaler",
    "scaler_names",
    "scaler_value",
]
