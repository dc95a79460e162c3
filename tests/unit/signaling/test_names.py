"""What is kept for names, and how much of others' lists a household is told."""

from collections import OrderedDict

import pytest

from kith.core.ids import PersonId
from kith.core.problem import Problem
from kith.directory.name_keys import Entry, Target, prepare
from kith.directory.resolve import Choice
from signaling import names
from signaling.names import NEW_NAMES, Told, _revealed

EVE = PersonId("p_eve")


def choice(name: str) -> Choice:
    return Choice(name, Target(person=EVE), far=True)


def test_what_a_household_knows_it_is_told_again_and_news_are_counted() -> None:
    told = Told(0.0)
    most = int(NEW_NAMES[1])
    for number in range(most):
        told.tell([choice(f"Friend {number}")], 0.0)
    for number in range(most):
        told.tell([choice(f"Friend {number}")], 0.0)
    with pytest.raises(Problem, match="rate_limited"):
        told.tell([choice("Friend 1"), choice("Somebody new")], 0.0)
    told.tell([choice("Somebody new")], 1 / NEW_NAMES[0])
    with pytest.raises(Problem, match="rate_limited"):
        told.tell([choice("Another")], 1 / NEW_NAMES[0])


def test_at_a_shared_endpoint_all_counts_that_the_directory_there_does_not_show() -> None:
    here = prepare([Entry("p_eve", "Eve", targets=(Target("mobile", EVE),))])
    own = Choice("Mum", Target("home", PersonId("p_1")), far=False)
    shown, renamed = (
        Choice("Eve", Target(person=EVE), far=False),
        Choice("Snake", Target(person=EVE), far=False),
    )
    assert _revealed([own, shown, renamed, choice("Eve")], here) == [own, renamed]


def test_only_so_much_of_what_was_told_is_kept() -> None:
    told = Told(0.0)
    for number in range(names.MAX_TOLD * 2):
        told.tell([choice(f"Friend {number}")], number / NEW_NAMES[0])
    assert len(told._known) == names.MAX_TOLD


def test_rates_of_those_who_asked_long_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MAX_ASKERS", 3)
    rates = OrderedDict[str, object]()
    first = names._kept(rates, "a", object)
    for key in "bcad":
        names._kept(rates, key, object)
    assert list(rates) == ["c", "a", "d"] and rates["a"] is first
