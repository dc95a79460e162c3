"""What every test shares: the rows of the requirements that it shows go into build/junit.xml, and no example of
Hypothesis is wrong for being slow, which it is wherever the machine has something else to do."""

import pytest
from hypothesis import settings

from tests.support.order import in_order

settings.register_profile("kith", deadline=None)
settings.load_profile("kith")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.user_properties.extend(("row", row) for mark in item.iter_markers("row") for row in mark.args)
    items[:] = in_order(items)
