"""What every test shares: the rows of the requirements that it shows go into build/junit.xml, and those that measure
time have the machine for themselves."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.turns import turn

TURNS = Path(__file__).resolve().parents[1] / "build" / "turns"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.user_properties.extend(("row", row) for mark in item.iter_markers("row") for row in mark.args)


# Around pytest-timeout's: waiting for its turn is not the test's fault.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    if not hasattr(item.config, "workerinput"):  # one process runs them all
        return (yield)
    with turn(TURNS, alone=item.get_closest_marker("alone") is not None):
        return (yield)
