"""Which file of tests a worker takes next."""

import pytest

from tests.support.lanes import chosen


@pytest.mark.parametrize(
    ("files", "with_browsers", "others"),
    [("aBcD", "B", "a"), ("AbC", "A", "b"), ("ab", "a", "a"), ("AB", "A", "A")],
)
def test_a_worker_takes_the_first_of_its_kind_and_else_the_first(
    files: str, with_browsers: str, others: str
) -> None:
    assert chosen(files, browsers=True, heavy=str.isupper) == with_browsers
    assert chosen(files, browsers=False, heavy=str.isupper) == others
