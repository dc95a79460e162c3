"""Whom an utterance is about that may be read in several ways, and of how much of it the server hears."""

import pytest

from kith.core.utterances.intents import Act
from tests.support.said import HUNDRED, Understood, among, listed, understood

LOOK = among(listed())
RIGHT = 95


def test_a_hundred_utterances() -> None:
    """95 of them right, and none silently wrong about whom: who is not the one that was meant is asked about."""
    assert len(HUNDRED) == 100
    right, silently_wrong = [], []
    for said in HUNDRED:
        found = understood(said.language, said.words, LOOK)
        same_text = found.text == said.text or found.whom[:1] in ("?", "-")
        if (found.act, found.whom) == (said.act, said.whom) and same_text:
            right.append(said)
        elif found.whom[:1] not in ("", "?", "-"):
            silently_wrong.append((said, found))
    assert not silently_wrong
    assert len(right) >= RIGHT, [said for said in HUNDRED if said not in right]


@pytest.mark.parametrize(
    ("words", "whom", "text", "asked"),
    [
        ("tell Ben dinner is ready", "Ben", "dinner is ready", ("Ben", "Ben dinner")),
        ("tell Ben that dinner is ready", "Ben", "dinner is ready", ("Ben",)),
        ("send a message to Ben saying my secret is safe", "Ben", "my secret is safe", ("Ben",)),
        (
            "tell anna maria is late",
            "?Anna|Anna Maria",
            "maria is late",
            ("anna", "anna maria", "anna maria is"),
        ),
        ("tell lucia maria is late", "Lucía", "maria is late", ("lucia", "lucia maria", "lucia maria is")),
        ("message Anna Maria", "Anna Maria", "", ("Anna Maria",)),
        ("call Ben's mobile", "Ben", "", ("Ben", "Ben's mobile")),
        ("call Anna back", "Anna", "", ("Anna", "Anna back")),
    ],
)
def test_no_more_is_asked_than_it_takes(words: str, whom: str, text: str, asked: tuple[str, ...]) -> None:
    assert understood("en", words, LOOK) == Understood(found_act(words), whom, text, asked)


def found_act(words: str) -> Act:
    return Act.CALL if words.startswith("call") else Act.MESSAGE
