"""Contacts in the tables: what is written, what is told since when, who is reachable."""

from collections.abc import Iterable
from typing import cast

import pytest

from kith.core.contacts import Source
from kith.core.ids import BookId, ContactId, HouseholdId, PersonId
from kith.core.problem import Code, Problem
from kith.directory.contact_store import Known, LookedUp
from kith.directory.contacts import Card, Content, Entry, Imported, content_of, entries_of
from kith.store import contact_lists as lists
from kith.store import contacts as module
from kith.store.contacts import SqliteContacts
from kith.store.database import Database
from kith.store.discovery import DAY, look_up
from tests.support.tables import Tables

NOW = 1_800_000_000.0
BOOK = BookId("b_" + "1" * 20)


def number(count: int) -> str:
    return f"+1202555{count:04d}"


def content(name: str, *numbers: str) -> Content:
    return content_of(Card("", name, numbers=tuple(("", one) for one in numbers)), "US")


def entries(*cards: tuple[str, str, str]) -> tuple[Entry, ...]:
    return entries_of((Card(uid, name, numbers=(("", one),)) for uid, name, one in cards), "US")


class World:
    """Ann, who has contacts, and the tables."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.store = SqliteContacts(
            cast(Database, self.tables), lambda owner, one: f"{owner} {one}".encode()[::-1]
        )
        self.ann = self.tables.person("ann", number(1))

    async def look_up(self, budget: int = 10, now: float = NOW) -> LookedUp:
        while (found := await self.store.look_up(self.ann, now=now, budget=budget)).again == 0.0:
            pass
        return found

    async def reached(self) -> dict[str, list[tuple[str, bool]]]:
        return {
            one.contact.name: [(reach.person, reach.moved) for reach in one.reach.values()]
            for one in await self.store.everything(self.ann)
        }

    async def add(self, name: str, *numbers: str) -> ContactId:
        return (await self.store.add(self.ann, content(name, *numbers))).contact.id

    async def names(self, since: int = 0) -> list[str]:
        return [one.contact.name for one in (await self.store.changes(self.ann, since, most=100)).contacts]


@pytest.fixture
def world() -> World:
    return World()


# -- lists ------------------------------------------------------------------------------------------


async def test_a_list_that_nobody_has_touched_is_empty(world: World) -> None:
    changes = await world.store.changes(world.ann, 7, most=100)
    assert (changes.contacts, changes.revision, changes.whole) == ((), 0, True)


async def test_what_is_the_same_as_before_is_not_written(world: World) -> None:
    await world.store.allow_import(world.ann, allowed=True)
    cards = entries(("a", "Ben", number(2)), ("b", "Cat", number(3)))
    assert await world.store.take_file(world.ann, cards) == Imported(added=2)
    mine = await world.add("Dan", number(4))
    before = world.tables.changes()
    assert await world.store.would_write(world.ann, cards) == Imported(unchanged=2)
    assert await world.store.take_file(world.ann, cards) == Imported(unchanged=2)
    await world.store.edit(world.ann, mine, content("Dan", number(4)))
    assert world.tables.changes() == before


async def test_sources_do_not_know_each_others_uids(world: World) -> None:
    await world.store.allow_import(world.ann, allowed=True)
    ben = entries(("a", "Ben", number(2)))
    await world.store.take_file(world.ann, ben)
    done = lists.take(
        world.tables.db, world.ann, Source.BOOK, BOOK, entries(("a", "Benjamin", number(2))), gone=["a", "z"]
    )
    assert done == Imported(added=1)
    again = lists.take(world.tables.db, world.ann, Source.BOOK, BOOK, entries(("c", "Cat", "")), gone=["a"])
    assert again == Imported(added=1, removed=1)
    assert sorted(await world.names()) == ["Ben", "Cat"]
    assert lists.purge_book(world.tables.db, world.ann, BOOK) == 1
    assert await world.names() == ["Ben"]


async def test_nobody_reads_or_changes_another_persons_contact(world: World) -> None:
    eve = world.tables.person("eve", number(66), household=HouseholdId("h_else"))
    mine = await world.add("Ben", number(2))
    for attempt in (
        world.store.contact(eve, mine),
        world.store.edit(eve, mine, content("Mallory")),
        world.store.delete(eve, mine),
        world.store.accept_moved(eve, mine, number(2)),
    ):
        with pytest.raises(Problem) as caught:
            await attempt
        assert caught.value.code is Code.UNKNOWN_CONTACT
    assert await world.store.everything(eve) == []
    assert await world.names() == ["Ben"]


async def test_there_is_room_for_so_many_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MAX_CONTACTS", 10)
    await world.store.allow_import(world.ann, allowed=True)
    many = [Entry(str(one), content(f"Friend {one}")) for one in range(9)]
    assert (await world.store.take_file(world.ann, many)).added == 9
    rest = entries(("x", "Xeno", ""), ("y", "Yves", ""), ("0", "Friend Zero", ""))
    assert await world.store.take_file(world.ann, rest) == Imported(added=1, updated=1, left=1)
    with pytest.raises(Problem) as caught:
        await world.add("Zoe")
    assert caught.value.code is Code.CONTACT_LIMIT


async def test_who_asks_from_before_a_great_deletion_is_told_everything(world: World) -> None:
    await world.store.allow_import(world.ann, allowed=True)
    await world.store.take_file(world.ann, entries(*((str(one), f"F{one}", "") for one in range(5))))
    await world.add("Mine")
    here = (await world.store.state(world.ann)).revision
    await world.store.allow_import(world.ann, allowed=False)
    changes = await world.store.changes(world.ann, here, most=100)
    assert (changes.whole, [one.contact.name for one in changes.contacts]) == (True, ["Mine"])
    later = await world.store.changes(world.ann, changes.revision, most=100)
    assert (later.whole, later.contacts, later.removed, later.more) == (False, (), (), False)


async def test_removed_contacts_are_not_remembered_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MAX_REMOVED", 3)
    await world.add("Stays")
    here = (await world.store.state(world.ann)).revision
    for one in range(4):
        await world.store.delete(world.ann, await world.add(f"Goes {one}"))
    kept = world.tables.db.execute("SELECT count(*) FROM contact_removed").fetchone()[0]
    changes = await world.store.changes(world.ann, here, most=100)
    assert (kept, changes.whole, len(changes.contacts)) == (0, True, 1)


# -- who is reachable -------------------------------------------------------------------------------


async def test_a_number_is_nobodys_before_it_was_looked_up(world: World) -> None:
    ben = world.tables.person("ben", number(2))
    await world.add("Ben", number(2))
    assert await world.reached() == {"Ben": []}
    assert await world.store.known(world.ann, ben) is Known.NO
    assert (await world.look_up()).revision == (await world.store.state(world.ann)).revision
    assert await world.reached() == {"Ben": [(ben, False)]}
    assert await world.store.known(world.ann, ben) is Known.YES
    assert await world.store.known(ben, world.ann) is Known.NO
    assert await world.store.knowing(ben) == [world.ann]


async def test_an_unverified_number_matches_nobody(world: World) -> None:
    ben = world.tables.person("ben", number(2), registered=False)
    await world.add("Ben", number(2))
    assert (await world.look_up()).revision is None
    assert await world.reached() == {"Ben": []}
    assert await world.store.known(world.ann, ben) is Known.NO


async def test_the_own_number_reaches_nobody(world: World) -> None:
    await world.add("Me", number(1))
    await world.look_up()
    assert await world.reached() == {"Me": []}


async def test_whoever_verifies_a_number_later_appears_where_it_was_looked_up(world: World) -> None:
    await world.add("Ben", number(2))
    await world.look_up(budget=1)
    await world.add("Cat", number(3))
    await world.look_up(budget=1)
    ben, cat = world.tables.person("ben", number(2)), world.tables.person("cat", number(3))
    told = await world.store.number_changed(number(2))
    assert told == {world.ann: (await world.store.state(world.ann)).revision}
    assert await world.store.number_changed(number(3)) == {}
    assert await world.reached() == {"Ben": [(ben, False)], "Cat": []}
    await world.look_up(budget=1, now=NOW + DAY)
    assert await world.reached() == {"Ben": [(ben, False)], "Cat": [(cat, False)]}


async def test_a_days_budget_is_spent_once_and_not_given_back(world: World) -> None:
    added = [await world.add(f"F{one}", number(one)) for one in range(10, 15)]
    found = await world.look_up(budget=3)
    assert (found.waiting, found.again) == (2, NOW + DAY)
    for contact in added:
        await world.store.delete(world.ann, contact)
    for one in range(10, 13):
        await world.add(f"Again {one}", number(one))
    assert (await world.look_up(budget=3, now=NOW + 60)).waiting == 0  # those were paid for
    await world.add("New", number(20))
    found = await world.look_up(budget=3, now=NOW + DAY - 1)
    assert (found.waiting, found.dropped) == (1, 0)
    assert (await world.look_up(budget=3, now=NOW + DAY)).waiting == 0


async def test_leaving_and_coming_back_gives_no_new_budget(world: World) -> None:
    await world.add("A", *map(number, range(10, 15)))
    await world.look_up(budget=3)
    world.tables.db.execute("DELETE FROM person WHERE id = ?", (world.ann,))
    again = world.tables.person("ann again", number(1))
    await world.store.add(again, content("A", *map(number, range(20, 25))))
    found = LookedUp(None, 0.0)
    while found.again == 0.0:
        found = await world.store.look_up(again, now=NOW + 60, budget=3)
    assert (found.waiting, found.again) == (5, NOW + DAY)
    assert (await world.store.look_up(again, now=NOW + DAY, budget=3)).waiting == 2


@pytest.mark.parametrize("state", ["suspended = 1", "registered = NULL, mobile = NULL"])
async def test_nothing_is_looked_up_for_whoever_may_not_use_the_server(world: World, state: str) -> None:
    await world.add("Ben", number(2))
    world.tables.db.execute(f"UPDATE person SET {state} WHERE id = ?", (world.ann,))
    found = await world.look_up()
    assert (found.waiting, found.again) == (1, NOW + DAY)
    world.tables.db.execute("UPDATE person SET suspended = NULL, registered = 1 WHERE id = ?", (world.ann,))
    assert (await world.look_up(now=NOW + DAY)).waiting == 0


async def test_a_clock_that_was_ahead_holds_nobody_up(world: World) -> None:
    await world.add("A", number(10), number(11))
    await world.look_up(budget=1, now=NOW + 1_000 * DAY)
    assert (await world.look_up(budget=1, now=NOW)).waiting == 0


async def test_there_is_a_bound_to_what_is_looked_up_of_one_list(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MAX_LOOKED_UP", 3)
    monkeypatch.setattr(lists, "KEPT_FOR_BY_HAND", 2)
    await world.store.allow_import(world.ann, allowed=True)
    many = tuple(
        Entry(str(one), content(f"F{one}", number(one), number(one + 1))) for one in range(20, 30, 2)
    )
    await world.store.take_file(world.ann, many)
    rows = "SELECT count(*) FROM contact_number"
    assert world.tables.db.execute(rows).fetchone()[0] == 3
    kept = [one.contact.numbers for one in await world.store.everything(world.ann)]
    assert [len(numbers) for numbers in kept] == [2] * 5  # what is not looked up is there all the same
    ben = world.tables.person("ben", number(2))
    contact = await world.add("Ben", number(2))
    await world.look_up()
    assert (await world.reached())["Ben"] == [(ben, False)]
    await world.store.edit(world.ann, contact, content("Ben", *map(number, range(2, 12))))
    assert world.tables.db.execute(rows).fetchone()[0] == 5


async def test_a_long_list_is_read_in_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 2)
    names = ["Éva", "ann", "Ben", "cat", "Dan"]
    for name in names:
        await world.add(name)
    assert list(await world.reached()) == ["ann", "Ben", "cat", "Dan", "Éva"]


async def test_numbers_added_by_hand_do_not_wait_behind_an_import(world: World) -> None:
    await world.store.allow_import(world.ann, allowed=True)
    await world.store.take_file(
        world.ann, entries(*((str(one), f"F{one}", number(one)) for one in range(20, 30)))
    )
    ben = world.tables.person("ben", number(2))
    await world.add("Ben", number(2))
    await world.look_up(budget=1)
    assert (await world.reached())["Ben"] == [(ben, False)]


async def test_a_great_many_numbers_are_looked_up_in_several_writes(world: World) -> None:
    await world.add("A", *map(number, range(20, 30)))
    ben = world.tables.person("ben", number(29))
    db, seal = world.tables.db, world.store._seal
    steps: list[LookedUp] = []
    while not steps or steps[-1].again == 0.0:
        steps.append(look_up(db, world.ann, seal, now=NOW, budget=7, at_once=4))
    assert [step.again for step in steps] == [0.0] * 4 + [NOW + DAY]  # 4, 4 and 2 of them, then 4 and 3 spent
    assert steps[-1].waiting == 3
    assert await world.reached() == {"A": []}
    look_up(db, world.ann, seal, now=NOW + DAY, budget=7)
    assert await world.reached() == {"A": [(ben, False)]}


async def test_a_number_that_moves_reaches_the_new_one_only_after_that_was_accepted(world: World) -> None:
    ben, eve = world.tables.person("ben", number(2)), world.tables.person("eve")
    contact = await world.add("Ben", number(2))
    await world.look_up()
    world.tables.gives_number(number(2), eve)
    assert world.ann in await world.store.number_changed(number(2))
    assert await world.reached() == {"Ben": [(eve, True)]}
    assert await world.store.known(world.ann, eve) is Known.MOVED
    assert await world.store.known(world.ann, ben) is Known.NO
    assert await world.store.known_among(world.ann, [ben, eve]) == set()
    await world.store.delete(world.ann, contact)  # nor does adding it again make it trusted
    contact = await world.add("Ben", number(2))
    await world.look_up()
    assert await world.reached() == {"Ben": [(eve, True)]}
    assert await world.store.accept_moved(world.ann, contact, number(2)) is not None
    assert await world.reached() == {"Ben": [(eve, False)]}
    assert await world.store.known_among(world.ann, [ben, eve]) == {eve}
    assert await world.store.accept_moved(world.ann, contact, number(2)) is None
    with pytest.raises(Problem) as caught:
        await world.store.accept_moved(world.ann, contact, number(3))
    assert caught.value.path == "number"


async def test_at_home_somebodys_contact_is_enough(world: World) -> None:
    ben = world.tables.person("ben", number(2), household=HouseholdId("h_else"))
    await world.add("Ben", number(2))
    await world.look_up()
    home, elsewhere = HouseholdId("h_home"), HouseholdId("h_else")
    assert await world.store.known_at_home(home, ben) is Known.YES
    assert await world.store.known_at_home(elsewhere, ben) is Known.NO
    assert await world.store.known_among(home, [ben]) == {ben}
    assert await world.store.known_among(elsewhere, [ben]) == set()


async def test_what_was_spent_is_kept_without_the_number(world: World) -> None:
    await world.store.delete(world.ann, await world.add("Ben", number(77)))
    await world.look_up()
    assert number(77) not in _dump(world.tables.db.iterdump())


async def test_what_waits_is_found_again_after_a_restart(world: World) -> None:
    assert await world.store.due() == {}
    await world.add("Ben", number(2), number(3))
    assert await world.store.due() == {world.ann: 0.0}
    await world.look_up(budget=1)
    assert await world.store.due() == {world.ann: NOW + DAY}
    await world.look_up(budget=1, now=NOW + DAY)
    assert await world.store.due() == {}


async def test_who_is_erased_leaves_nothing_behind(world: World) -> None:
    await world.store.delete(world.ann, await world.add("Ben", number(2)))
    await world.add("Cat", number(3))
    await world.look_up()
    lists.erase(world.tables.db, world.ann)
    for table in ("contact_list", "contact", "contact_number", "contact_removed", "discovered"):
        assert world.tables.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0
    assert await world.store.everything(PersonId(world.ann)) == []


def _dump(lines: Iterable[str]) -> str:
    return "\n".join(lines)
