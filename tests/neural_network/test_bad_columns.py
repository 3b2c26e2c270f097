"""Columns that hold something else than numbers: errors that name them and a remedy."""

import numpy as np
import pandas as pd
import pytest

from skmirai import MiraiDNNClassifier


def test_text_in_place_of_numbers_has_a_remedy_that_works(small, named):
    X, y = named
    late = X.astype({"c": object})
    late.loc[3, "c"] = "-"
    clf = MiraiDNNClassifier(**small, drop_columns=["a"]).fit(X, y)
    message = "column 'c' holds text, '-'. The column held numbers at fit: repair the r"
    with pytest.raises(ValueError, match=message):
        clf.predict(late)
    array = MiraiDNNClassifier(**small, drop_columns=1).fit(X.to_numpy(), y)
    with pytest.raises(ValueError, match=r"column 2 holds text, '-'\. The .* held"):
        array.predict(late.to_numpy())
    clf.set_params(missing="impute").fit(X, y)
    message = r"column 'c' holds text, '-'.*pd.to_numeric\(column, errors='coerce'\)"
    with pytest.raises(ValueError, match=message):
        clf.predict(late)
    numbers = late.assign(c=pd.to_numeric(late["c"], errors="coerce"))
    assert clf.predict(numbers).shape == y.shape
    mixed = X.assign(b="tcp").to_numpy()
    clf = MiraiDNNClassifier(**small, drop_columns=1, categorical_features=[1])
    clf.fit(mixed, y)
    mixed[3, 2] = "-"
    with pytest.raises(ValueError, match="column 2 holds text"):
        clf.predict(mixed)
    mixed[3, 1:3] = 6
    with pytest.raises(ValueError, match="column 1 of X holds text and numbers"):
        clf.predict(mixed)


def test_values_of_other_types_name_the_column(small, named):
    X, y = named
    days = pd.date_range("2018-10-25", periods=len(X))
    for values, message in (
        (days, "column 'c' holds a date, datetime64"),
        (days - days[0], "column 'c' holds a duration, timedelta64"),
        (np.inf, "infinity or a value too large in column 'c'"),
        ([b"tcp"] * len(X), r"column 'c' holds bytes, .*str\.decode"),
    ):
        for missing in ("error", "impute"):
            clf = MiraiDNNClassifier(**small, missing=missing)
            with pytest.raises(ValueError, match=message):
                clf.fit(X.assign(c=values), y)
