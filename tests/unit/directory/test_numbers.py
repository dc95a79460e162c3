"""Mobile numbers as people write them."""

import pytest

from kith.core.problem import Code, Problem
from kith.directory.numbers import mobile


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("+1 202 555 0123", "US", "+12025550123"),
        ("(202) 555-0123", "US", "+12025550123"),
        ("202.555.0123", "US", "+12025550123"),
        ("+44 7400 123456", "US", "+447400123456"),
        ("07400 123456", "GB", "+447400123456"),
        ("0151 23456789", "DE", "+4915123456789"),
        (" +12025550123 ", "DE", "+12025550123"),
    ],
)
def test_one_number_however_it_is_written(written: str, region: str, number: str) -> None:
    assert mobile(written, region) == number


@pytest.mark.parametrize(
    "written",
    [
        "",
        "911",
        "112",
        "+1911",
        "5550123",
        "+442079460000",
        "+1 900 555 0123",
        "letters",
        "+",
        "+999123456789",
    ],
)
def test_what_cannot_receive_a_code_is_refused(written: str) -> None:
    with pytest.raises(Problem) as refused:
        mobile(written, "US")
    assert (refused.value.code, refused.value.path) == (Code.NUMBER_INVALID, "mobile")
