"""``skmirai tune`` in several processes, one of which is killed or interrupted."""

import signal
import subprocess
import time

import pytest

from tests.cli.test_tune import QUICK, csv, flows, trials_of, tuned  # noqa: F401
