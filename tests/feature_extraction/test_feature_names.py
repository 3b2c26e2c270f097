"""The names are those of the official files, in their order."""

import pytest

from skmirai.feature_extraction import FEATURE_NAMES


@pytest.mark.real_data
def test_names_are_those_of_the_official_header(data_dir):
    official = (data_dir / "feature_names_115.txt").read_text().split()
    assert list(FEATURE_NAMES) == official


def test_dropping_24_of_116_cuts_where_the_lab_says():
    dropped = ("counter", *FEATURE_NAMES)[:24]
    assert sum(name.startswith("MI_dir") for name in dropped) == 15
    assert dropped[-2:] == ("H_L1_weight", "H_L1_mean")
