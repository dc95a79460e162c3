"""Answers to the questions of a device."""

import pytest

from kith.core.utterances.replies import declines, picked, together

BILLS = ["Bill Smith", "Bill Jones, mobile", "Bill Jones, home"]


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("the first", 0),
        ("second one please", 1),
        ("3", 2),
        ("the last one", 2),
        ("Bill Smith", 0),
        ("smith", 0),
        ("the mobile", 1),
        ("bill jones home", 2),
        ("bill", None),
        ("jones", None),
        ("the fourth", None),
        ("bob", None),
        ("", None),
        ("please", None),
    ],
)
def test_an_answer_picks_one_or_none(said: str, place: int | None) -> None:
    assert picked(said, BILLS) == place
    assert picked(said, []) is None


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("Anna", ("Anna",)),
        ("Anna and Ben", ("Anna", "Ben")),
        ("Anna, Ben and the kitchen", ("Anna", "Ben", "kitchen")),
        ("mum, dad, and Sandy", ("mum", "dad", "Sandy")),
        ("", ()),
    ],
)
def test_several_are_named_one_after_another(said: str, names: tuple[str, ...]) -> None:
    assert together(said) == names


def test_a_name_that_is_a_number_word_is_a_name_first() -> None:
    assert picked("second", ["Bill", "Bob", "Second"]) == 2


def test_answers_in_spanish() -> None:
    assert picked("la segunda, por favor", BILLS, "es") == 1
    assert picked("el último", BILLS, "es") == 2
    assert declines("ninguno", "es") and declines("déjalo", "es") and not declines("sí", "es")
    assert together("Ana, Luis y la cocina", "es") == ("Ana", "Luis", "cocina")
