"""What is made of a card before it is kept."""

import pytest

from kith.directory.contacts import (
    MAX_NAME,
    MAX_NUMBER,
    MAX_NUMBERS,
    MAX_UID,
    Card,
    content_of,
    e164,
    entries_of,
    entry_of,
    region_of,
)


@pytest.mark.parametrize(
    ("written", "region", "expected"),
    [
        ("(202) 555-0147", "US", "+12025550147"),
        ("020 7946 0123", "GB", "+442079460123"),
        ("020 7946 0123", "US", None),
        ("+44 (0)20 7946 0123", "US", "+442079460123"),
        ("0044 20 7946 0123", "GB", "+442079460123"),
        ("(202) 555-0147 ext. 12", "US", "+12025550147"),
        ("02 3661 8300", "IT", "+390236618300"),
        ("911", "US", None),
        ("call the bakery", "US", None),
        ("", "US", None),
    ],
)
def test_a_number_is_what_it_is_where_its_owner_lives(
    written: str, region: str, expected: str | None
) -> None:
    assert e164(written, region) == expected


@pytest.mark.parametrize(
    ("mobile", "region"), [(None, "DE"), ("+12025550147", "US"), ("+447400123456", "GB"), ("nonsense", "DE")]
)
def test_people_live_where_their_number_is(mobile: str | None, region: str) -> None:
    assert region_of(mobile, "DE") == region


def test_a_number_is_there_once_and_one_that_makes_no_sense_as_it_was_written() -> None:
    card = Card(
        "", "Mum", numbers=(("a", "2025550147"), ("b", "+1 202 555 0147"), ("c", "at  work"), ("d", " "))
    )
    numbers = content_of(card, "US").numbers
    assert [(one.label, one.text, one.e164) for one in numbers] == [
        ("a", "2025550147", "+12025550147"),
        ("c", "at work", None),
    ]


@pytest.mark.parametrize(
    ("card", "name"),
    [
        (Card("", "  Mum\n\t", organization="Bakery"), "Mum"),
        (Card("", "", organization="Bakery", numbers=(("", "1"),)), "Bakery"),
        (Card("", "\u200b", numbers=(("", "2025550147"),)), "2025550147"),
    ],
)
def test_who_has_no_name_is_called_something(card: Card, name: str) -> None:
    assert content_of(card, "US").name == name


def test_what_is_too_long_is_cut() -> None:
    numbers = tuple(("l" * 99, f"{one}" * 99) for one in range(99))
    content = content_of(Card("", "n" * 999, "n" * 999, "o" * 999, numbers), "US")
    assert {len(content.name), len(content.nickname), len(content.organization)} == {MAX_NAME}
    assert len(content.numbers) == MAX_NUMBERS
    assert {len(one.text) for one in content.numbers} == {MAX_NUMBER}
    assert len(entry_of(Card("u" * 9_999, "Mum"), "US").uid) <= MAX_UID


def test_without_a_uid_a_card_is_known_by_what_it_says() -> None:
    one, same, other = (entry_of(Card("", name), "US") for name in ("Mum", " Mum ", "Mam"))
    assert one == same
    assert one.uid != other.uid
    assert entry_of(Card("u1", "Mum"), "US").uid == "u1"


def test_of_cards_with_one_uid_the_last_counts() -> None:
    found = entries_of((Card("u", "Old"), Card("v", "Else"), Card("u", "New")), "US")
    assert {entry.uid: entry.content.name for entry in found} == {"u": "New", "v": "Else"}


def test_nothing_that_is_printed_shows_a_name_or_a_number() -> None:
    shown = repr(content_of(Card("", "Mum", "Mama", "Bakery", (("home", "2025550147"),)), "US"))
    assert not any(word in shown for word in ("Mum", "Mama", "Bakery", "2025550147"))
