"""Lists of names that are kept prepared: always as they are, never read more than they have changed, and bounded."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from types import MappingProxyType
from typing import cast

import pytest

from kith.core.contacts import Source
from kith.core.ids import ContactId, PersonId
from kith.directory.contact_store import ContactStore, ListState
from kith.directory.contacts import Changes, Contact, Listed, Number, Reach
from kith.directory.name_keys import Said, Target, scores
from signaling import name_lists
from signaling.name_lists import NameLists

ANA, EVE = PersonId("ana"), PersonId("p_eve")


class Lists:
    """As much of a store of contacts as names need: every contact is called as its id."""

    def __init__(self, **sizes: int) -> None:
        self.revisions = Counter[str]()
        self.contacts: dict[str, dict[str, int]] = {}
        self.removed: dict[str, dict[str, int]] = {}
        self.read = Counter[str]()
        self.floor = 0
        self.reading = asyncio.Event()
        for owner, size in sizes.items():
            self.contacts[owner], self.removed[owner] = {}, {}
            self.add(owner, *(f"Friend{number}" for number in range(size)))

    def add(self, owner: str, *names: str) -> None:
        for name in names:
            self.revisions[owner] += 1
            self.contacts[owner][name] = self.revisions[owner]

    def remove(self, owner: str, name: str) -> None:
        self.revisions[owner] += 1
        del self.contacts[owner][name]
        self.removed[owner][name] = self.revisions[owner]

    async def state(self, owner: PersonId) -> ListState:
        await asyncio.sleep(0)
        return ListState(self.revisions[owner], import_allowed=True)

    async def everything(self, owner: PersonId) -> Sequence[Listed]:
        self.read[owner] += 1
        found = [_contact(owner, name) for name in self.contacts[owner]]
        self.reading.set()
        await asyncio.sleep(0)
        return found

    async def changes(self, owner: PersonId, since: int, *, most: int) -> Changes:
        await asyncio.sleep(0)
        found = sorted((at, name) for name, at in self.contacts[owner].items() if at > since)
        more = len(found) > most
        end = found[most - 1][0] if more else self.revisions[owner]
        return Changes(
            tuple(_contact(owner, name) for _, name in found[:most]),
            tuple(ContactId(name) for name, at in self.removed[owner].items() if since < at <= end),
            end,
            more=more,
            whole=since < self.floor,
        )

    def prepared(self) -> NameLists:
        return NameLists(cast("ContactStore", self))


def _contact(owner: PersonId, name: str) -> Listed:
    numbers = (Number("home", "1", None), Number("mobile", "2", "+2"))
    contact = Contact(ContactId(name), owner, Source.MANUAL, None, "", name, "Buddy", "Acme", numbers)
    return Listed(contact, MappingProxyType({"+2": Reach(EVE, moved=True)}))


async def found(lists: NameLists, name: str) -> int:
    return sum(len(scores(keys, Said(name), sure_only=True)) for keys in await lists.of(ANA))


async def test_a_list_is_prepared_once_however_many_ask() -> None:
    store = Lists(ana=3)
    lists = store.prepared()
    one, other = await asyncio.gather(lists.of(ANA), lists.of(ANA))
    assert one == other and store.read["ana"] == 1


async def test_a_list_has_its_names_and_whom_they_reach() -> None:
    (keys,) = await Lists(ana=1).prepared().of(ANA)
    (entry,) = keys.entries
    assert (entry.name, entry.nickname, entry.note) == ("Friend0", "Buddy", "Acme")
    assert entry.targets == (Target("mobile", EVE, moved=True),)


async def test_what_was_deleted_is_not_found_any_more_and_what_is_new_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(name_lists, "PAGE", 2)
    store = Lists(ana=200)
    lists = store.prepared()
    for number in range(10):
        assert await found(lists, f"Friend{number}") == 1
        store.remove("ana", f"Friend{number}")
        assert await found(lists, f"Friend{number}") == 0
        store.add("ana", f"Neighbour{number}", "Friend199")
        assert await found(lists, f"Neighbour{number}") == await found(lists, "Friend199") == 1
        store.remove("ana", f"Neighbour{number}")
        assert await found(lists, f"Neighbour{number}") == 0
    assert store.read["ana"] == 1, "what has not changed is not read again"


async def test_a_list_that_has_changed_much_is_prepared_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_lists, "MAX_CHANGED", 5)
    store = Lists(ana=20)
    lists = store.prepared()
    await lists.of(ANA)
    store.add("ana", *(f"New{number}" for number in range(5)))
    assert await found(lists, "New4") == 1 and store.read["ana"] == 1
    store.add("ana", "One", "more")
    assert await found(lists, "One") == 1 and store.read["ana"] == 2
    store.floor = store.revisions["ana"] + 1  # all that was imported is gone: what has changed is not kept
    store.contacts["ana"] = {}
    store.revisions["ana"] += 1
    assert await found(lists, "One") == await found(lists, "Friend1") == 0 and store.read["ana"] == 3


async def test_who_asks_while_a_list_is_prepared_hears_of_what_was_deleted_before_they_asked() -> None:
    store = Lists(ana=3)
    lists = store.prepared()
    first = asyncio.create_task(lists.of(ANA))
    await store.reading.wait()
    store.remove("ana", "Friend1")
    assert await found(lists, "Friend1") == 0
    await first


async def test_what_is_kept_is_bounded_and_what_was_asked_for_last_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = Lists(ana=4, ben=4, cleo=4, dan=40)
    lists = store.prepared()
    (keys,) = await lists.of(ANA)
    monkeypatch.setattr(name_lists, "ROOM", keys.size * 2)
    for owner in ("ana", "ben", "ana", "cleo", "ana"):
        await lists.of(PersonId(owner))
    assert list(lists._kept) == ["cleo", "ana"] and store.read["ana"] == 1
    await lists.of(PersonId("dan"))
    assert list(lists._kept) == ["dan"], "the one that is in use is kept, however large"
