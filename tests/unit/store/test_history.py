"""The own history in the store: each deletion takes exactly what it says."""

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from kith.core.history import MONTH, Months
from kith.core.ids import EndpointId, HouseholdId, PersonId, new_person
from kith.directory.model import Person
from kith.store import history
from kith.store.database import Database
from kith.store.erasure import erase_person
from kith.store.history import SqliteHistory, tidy_history
from kith.store.rows import add_person
from signaling.past import Past, Which
from tests.support.database import fresh

PHONE, TABLET = EndpointId("e_phone"), EndpointId("e_tablet")
NOW = 100_000_000.0
EVERYTHING = Which()


class World:
    def __init__(self, database: Database) -> None:
        self.database, self.store = database, SqliteHistory(database)

    async def person(self, name: str) -> PersonId:
        person = Person(new_person(), HouseholdId("h_1"), name, None, 1.0)
        await self.database.write(lambda db: _add(db, person))
        return person.id

    async def add(self, person: PersonId, *refs: str, **fields: object) -> None:
        for ref in refs:
            await self.store.add([replace(PAST, person=person, ref=ref, **fields)])  # type: ignore[arg-type]

    async def refs(self, person: PersonId, which: Which = EVERYTHING) -> list[str]:
        return [one.past.ref for one in await self.store.page(person, which, None, 100)]


def _add(db: sqlite3.Connection, person: Person) -> None:
    db.execute(
        "INSERT OR IGNORE INTO household(id, name, created) VALUES (?, 'Home', 0)", (person.household,)
    )
    add_person(db, person, None)


PAST = Past(
    person=PersonId("p_nobody"),
    kind="call",
    outgoing=True,
    outcome="done",
    at=NOW,
    other=None,
    name="Mum",
    ref="c_1",
    endpoint=PHONE,
    device="Phone",
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    database = await Database.open(fresh(tmp_path))
    yield World(database)
    await database.close()


async def test_the_latest_first_and_a_page_at_a_time(world: World) -> None:
    me = await world.person("Ana")
    await world.add(me, *(f"c_{n}" for n in range(5)))
    first = await world.store.page(me, EVERYTHING, None, 2)
    assert [one.past.ref for one in first] == ["c_4", "c_3"]
    assert await world.store.page(me, EVERYTHING, first[-1].number, 2) != first
    assert await world.refs(me) == ["c_4", "c_3", "c_2", "c_1", "c_0"]


async def test_the_same_again_is_the_same(world: World) -> None:
    me = await world.person("Ana")
    await world.add(me, "c_1", "c_1")
    assert await world.refs(me) == ["c_1"]


@pytest.mark.row("R141")
@pytest.mark.parametrize(
    ("which", "left"),
    [
        (Which(endpoint=TABLET), ["c_3", "c_1"]),
        (Which(since=NOW + 10, until=NOW + 30), ["c_4", "c_1"]),
        (Which(since=NOW, until=NOW + 10), ["c_4", "c_3", "c_2"]),
        (Which(endpoint=TABLET, since=NOW + 10, until=NOW + 20), ["c_4", "c_3", "c_1"]),
        (EVERYTHING, []),
    ],
)
async def test_each_deletes_exactly_that(world: World, which: Which, left: list[str]) -> None:
    me, other = await world.person("Ana"), await world.person("Ben")
    for number, endpoint in enumerate((PHONE, TABLET, PHONE, TABLET), start=1):
        await world.add(me, f"c_{number}", endpoint=endpoint, at=NOW + 10 * (number - 1))
        await world.add(other, f"c_{number}", endpoint=endpoint, at=NOW + 10 * (number - 1))
    shown = await world.refs(me, which)
    assert sorted([*shown, *left]) == ["c_1", "c_2", "c_3", "c_4"], "what is shown is what is deleted"
    await world.store.delete(me, which)
    assert await world.refs(me) == left
    assert len(await world.refs(other)) == 4, "what somebody else keeps is theirs"


async def test_one_is_deleted_by_its_number_and_only_by_its_owner(world: World) -> None:
    me, other = await world.person("Ana"), await world.person("Ben")
    await world.add(me, "c_1", "c_2")
    [second, _] = await world.store.page(me, EVERYTHING, None, 10)
    assert await world.store.delete(other, Which(entry=second.number)) == 0
    assert await world.store.delete(me, Which(entry=second.number)) == 1
    assert await world.refs(me) == ["c_1"]


@pytest.mark.row("R141")
@pytest.mark.parametrize(
    ("months", "left"),
    [
        (3, ["now", "3-"]),
        (18, ["now", "3-", "3+", "18-"]),
        (None, ["now", "3-", "3+", "18-", "18+"]),
        (0, []),
    ],
)
async def test_what_is_too_old_goes_by_itself(world: World, months: Months | None, left: list[str]) -> None:
    me, other = await world.person("Ana"), await world.person("Ben")
    for person in (me, other):
        for ref, age in (("18+", 18.1), ("18-", 17.9), ("3+", 3.1), ("3-", 2.9), ("now", 0.0)):
            await world.add(person, ref, at=NOW - age * MONTH)
    await world.store.keep(me, months, NOW)
    assert await world.store.months(me) == months
    assert await world.refs(me) == left, "at once"
    assert len(await world.refs(other)) == 5
    await world.add(me, "new", at=NOW)
    assert await world.refs(me) == (["new", *left] if months != 0 else []), "none is none"
    assert await world.store.months(other) == 18
    await tidy_history(world.database, NOW)
    assert await world.refs(other) == ["now", "3-", "3+", "18-"]
    await tidy_history(world.database, NOW + MONTH)
    assert "3-" not in await world.refs(me) or months != 3


async def test_the_other_one_is_called_what_they_are_now_and_what_they_were_when_gone(world: World) -> None:
    me, other = await world.person("Ana"), await world.person("Benjamin")
    await world.add(me, "c_1", other=other, name="Ben")
    [shown] = await world.store.page(me, EVERYTHING, None, 10)
    assert shown.past.name == "Benjamin"
    await world.database.write(lambda db: erase_person(db, other))
    [shown] = await world.store.page(me, EVERYTHING, None, 10)
    assert shown.past.name == "Benjamin"
    await world.database.write(lambda db: erase_person(db, me))
    assert await world.refs(me) == []
    await world.add(me, "c_2")
    assert await world.refs(me) == [], "nothing is written of somebody who is gone"


async def test_also_what_is_kept_for_ever_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST", 3)
    me = await world.person("Ana")
    await world.store.keep(me, None, NOW)
    await world.add(me, *(f"c_{n}" for n in range(5)))
    await tidy_history(world.database, NOW)
    assert await world.refs(me) == ["c_4", "c_3", "c_2"]
