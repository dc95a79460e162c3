"""What every test shares: the rows of the requirements that it shows go into build/junit.xml."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.user_properties.extend(("row", row) for mark in item.iter_markers("row") for row in mark.args)
