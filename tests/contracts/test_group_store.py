"""Where groups outlive the process: what the live groups rely on, whatever keeps them."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from kith.core.ids import PersonId
from kith.store.calls import SqliteCalls
from kith.store.children import SqliteChildren
from kith.store.database import Database
from kith.store.directory import SqliteDirectory
from kith.store.erasure import erase_child, erase_person
from kith.store.groups import SqliteGroups
from signaling.call import EndReason
from signaling.group import Connected, Joins, Leaves, Withdraws, missed_at
from tests.support.group_bench import ANN, BEN, CLEO, FAR, PHONE, STARTER, Bench


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "kith.db")

    def people(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO household(id, name) VALUES ('h_home', 'Home')")
        for one in (ANN, BEN, CLEO):
            db.execute(
                "INSERT INTO person(id, household, name) VALUES (?, 'h_home', ?)", (one, one[2:].title())
            )

    await database.write(people)
    yield database
    await database.close()


@pytest.fixture
def store(database: Database) -> SqliteGroups:
    return SqliteGroups(database)


async def missed(database: Database, person: PersonId) -> list[str]:
    return [one.name for one in await SqliteDirectory(database).missed(person)]


async def test_a_group_comes_back_as_it_was(store: SqliteGroups) -> None:
    bench = Bench.calling()
    assert await store.add(bench.group)
    assert await store.find(bench.group.id) == bench.group
    bench.feed(Joins(PHONE, BEN, personal=True))
    await store.save(bench.group, ())
    assert await store.live() == [bench.group]
    bench.feed(Leaves(STARTER), Leaves(PHONE))
    assert bench.group.reason is EndReason.HUNG_UP
    await store.save(bench.group, ())
    assert (await store.live(), await store.find(bench.group.id)) == ([], bench.group)


async def test_an_id_is_used_once(store: SqliteGroups) -> None:
    bench = Bench.calling()
    assert await store.add(bench.group)
    assert not await store.add(msgspec.structs.replace(bench.group, created=2.0))
    assert await store.find(bench.group.id) == bench.group, "the first one stays"


async def test_who_did_not_come_has_missed_it_unless_they_come_after_all(
    store: SqliteGroups, database: Database
) -> None:
    bench = Bench.calling()
    await store.add(bench.group)
    bench.feed(Joins(PHONE, BEN, personal=True), Connected(PHONE, STARTER), Connected(STARTER, PHONE))
    before = bench.group
    bench.elapse(60.0)
    gone = missed_at(before, bench.group)
    assert gone == {CLEO}
    await store.save(bench.group, gone)
    assert (await missed(database, CLEO), await missed(database, BEN)) == (["Ann"], [])
    bench.feed(Joins(FAR, CLEO, personal=True))
    await store.save(bench.group, ())
    assert await missed(database, CLEO) == []


async def test_a_group_counts_as_a_call_of_whoever_started_it(
    store: SqliteGroups, database: Database
) -> None:
    bench = Bench.calling()
    await store.add(bench.group)
    calls = SqliteCalls(database)
    assert await calls.placed(ANN, since=0.0, most=5) == [1_000.0]
    assert await calls.placed(BEN, since=0.0, most=5) == []


async def test_a_parent_sees_a_childs_groups_but_none_that_the_child_was_not_to_hear_of(
    store: SqliteGroups, database: Database
) -> None:
    bench = Bench.calling()
    await store.add(bench.group)
    bench.feed(Joins(PHONE, BEN, personal=True), Withdraws(frozenset({CLEO})))
    await store.save(bench.group, ())
    children = SqliteChildren(database)
    (by_ann,) = await children.calls(ANN, before=None, most=5)
    assert (by_ann.person, by_ann.name, by_ann.outgoing) == (BEN, "Ben", True)
    (of_ben,) = await children.calls(BEN, before=None, most=5)
    assert (of_ben.person, of_ben.outgoing, of_ben.answered) == (ANN, False, 1_000.0)
    assert await children.calls(CLEO, before=None, most=5) == []


async def test_what_is_erased_of_a_person_and_of_a_child(store: SqliteGroups, database: Database) -> None:
    bench = Bench.calling()
    await store.add(bench.group)
    await database.write(lambda db: erase_person(db, ANN))
    rows = await database.read(lambda db: db.execute("SELECT starter FROM group_call").fetchall())
    assert [row["starter"] for row in rows] == [None], "the group stays, and is nobody's"
    await database.write(lambda db: erase_child(db, CLEO))
    assert await store.find(bench.group.id) is None
    assert await database.read(lambda db: db.execute("SELECT count(*) FROM group_person").fetchone()[0]) == 0
