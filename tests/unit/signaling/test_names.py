"""What is kept for names, and how much of others' lists a household is told."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Sequence
from types import MappingProxyType
from typing import cast

import pytest

from kith.core.contacts import Source
from kith.core.ids import ContactId, PersonId
from kith.core.problem import Problem
from kith.directory.contact_store import ContactStore, ListState
from kith.directory.contacts import Contact, Listed, Number, Reach
from kith.directory.name_keys import Entry, Target, prepare
from kith.directory.resolve import Choice
from signaling import names
from signaling.names import NEW_NAMES, Told, _Lists, _revealed

EVE = PersonId("p_eve")


def choice(name: str) -> Choice:
    return Choice(name, Target(person=EVE), far=True)


class Lists:
    """As much of a store of contacts as names need: for each owner so many contacts."""

    def __init__(self, **sizes: int) -> None:
        self.sizes = sizes
        self.revisions = Counter[str]()
        self.read = Counter[str]()
        self.now = 0.0

    async def state(self, owner: PersonId) -> ListState:
        await asyncio.sleep(0)
        return ListState(self.revisions[owner], import_allowed=True)

    async def everything(self, owner: PersonId) -> Sequence[Listed]:
        self.read[owner] += 1
        await asyncio.sleep(0)
        return [self._contact(owner, number) for number in range(self.sizes[owner])]

    def _contact(self, owner: PersonId, number: int) -> Listed:
        numbers = (Number("home", "1", None), Number("mobile", "2", "+2"))
        contact = Contact(
            ContactId(f"k_{number}"), owner, Source.MANUAL, None, "", f"Friend {number}", "Buddy", "", numbers
        )
        return Listed(contact, MappingProxyType({"+2": Reach(EVE, moved=True)}))

    def prepared(self) -> _Lists:
        return _Lists(cast("ContactStore", self), lambda: self.now)


async def test_a_list_is_prepared_once_for_each_revision_however_many_ask() -> None:
    store = Lists(ana=3)
    lists = store.prepared()
    one, other = await asyncio.gather(lists.of(PersonId("ana")), lists.of(PersonId("ana")))
    assert one is other and store.read["ana"] == 1
    store.revisions["ana"] += 1
    assert await lists.of(PersonId("ana")) is not one
    assert store.read["ana"] == 2


async def test_a_long_list_that_changes_all_the_time_is_not_read_all_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(names, "INLINE", 20)
    store = Lists(ana=120, ben=20)
    lists = store.prepared()
    for second in range(21):
        store.now = second / 100
        for owner in ("ana", "ben"):
            store.revisions[owner] += 1
            await lists.of(PersonId(owner))
    assert (store.read["ana"], store.read["ben"]) == (2, 21), "a short one is always as it is"
    store.now = -1.0
    store.revisions["ana"] += 1
    await lists.of(PersonId("ana"))
    assert store.read["ana"] == 3, "a clock that was set back holds nothing up"


async def test_a_list_has_its_names_and_whom_they_reach() -> None:
    keys = await Lists(ana=1).prepared().of(PersonId("ana"))
    (entry,) = keys.entries
    assert (entry.name, entry.nickname) == ("Friend 0", "Buddy")
    assert entry.targets == (Target("mobile", EVE, moved=True),)


async def test_what_is_kept_is_bounded_and_what_was_asked_for_last_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(names, "ROOM", 50)
    store = Lists(ana=4, ben=4, cleo=4, dan=11)
    lists = store.prepared()
    for owner in ("ana", "ben", "ana", "cleo", "ana"):
        await lists.of(PersonId(owner))
    assert list(lists._kept) == ["cleo", "ana"] and store.read["ana"] == 1
    await lists.of(PersonId("dan"))
    assert list(lists._kept) == ["dan"], "the one that is in use is kept, however large"


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
