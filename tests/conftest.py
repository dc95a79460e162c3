"""What every test shares: the rows of the requirements that it shows go into build/junit.xml, and no example of
Hypothesis is wrong for being slow, which it is wherever the machine has something else to do."""

import signal
from typing import Any

import pytest
from hypothesis import settings

from tests.support.lanes import Lanes, unit_tests_last

settings.register_profile("kith", deadline=None)
settings.load_profile("kith")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what goes on in the background like this, and everything that a test starts would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.user_properties.extend(("row", row) for mark in item.iter_markers("row") for row in mark.args)
    unit_tests_last(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lanes | None:
    return Lanes(config, log) if config.getvalue("dist") == "loadfile" else None
