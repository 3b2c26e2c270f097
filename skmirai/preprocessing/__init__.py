"""Column selection and scaling for heavy-tailed network-traffic features."""

from skmirai.preprocessing._column_dropper import ColumnDropper
from skmirai.preprocessing._robust_clip import RobustClipScaler
from skmirai.preprocessing._scalers import make_scaler
from skmirai.preprocessing._signed_log import SignedLogScaler

__all__ = ["ColumnDropper", "RobustClipScaler", "SignedLogScaler", "make_scaler"]
