"""Blocks in the store: by what the blocked one is known, and what the owner can tell from it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from kith.core.contacts import Source
from kith.core.ids import ContactId, HouseholdId, PersonId, new_person
from kith.core.keys import KeyPair
from kith.core.problem import Code, Problem
from kith.directory.blocks import Blocks
from kith.directory.contacts import Contact, Listed, Number, Reach
from kith.directory.digest import Digest
from kith.directory.model import Person
from kith.store.blocks import SqliteBlocks, follow
from kith.store.database import Database
from kith.store.directory import SqliteDirectory
from kith.store.rows import add_person
from tests.support.database import fresh

FIRST, SECOND, THIRD = "+12025550101", "+12025550102", "+12025550103"
HOME = HouseholdId("h_1")


class World:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.directory = SqliteDirectory(database)
        self.store = SqliteBlocks(database)
        self.blocks = Blocks(self.store, self.directory, Digest(KeyPair.generate()), lambda: 1_000.0)

    async def person(self, mobile: str | None, *, verified: bool = True) -> Person:
        person = Person(new_person(), HOME, "Somebody", mobile, 1.0 if verified else None)
        await self.database.write(lambda db: add_person(db, person, None))
        if verified:
            await self._follow(person)
        return person

    async def moves_to(self, person: Person, mobile: str) -> None:
        sql = "UPDATE person SET mobile = ?, registered = 1 WHERE id = ?"
        await self.database.write(lambda db: db.execute(sql, (mobile, person.id)).rowcount)
        found = await self.directory.person(person.id)
        assert found is not None
        await self._follow(found)

    async def _follow(self, person: Person) -> None:
        if person.mobile is not None:
            key = self.blocks._key(person.mobile)
            await self.database.write(lambda db: follow(db, person.id, key))

    async def gives_up(self, person: Person) -> None:
        sql = "UPDATE person SET mobile = NULL, registered = NULL WHERE id = ?"
        await self.database.write(lambda db: db.execute(sql, (person.id,)).rowcount)

    async def keeps_away(self, owner: Person, other: Person) -> bool:
        return owner.id in await self.blocks.blockers(other.id)


def contact(owner: Person, *numbers: str, reached: PersonId | None = None) -> Listed:
    kept = Contact(
        id=ContactId("k_1"),
        owner=owner.id,
        source=Source.MANUAL,
        book=None,
        uid="",
        name="Bill",
        nickname="",
        organization="",
        numbers=tuple(Number("", number, number) for number in numbers),
    )
    return Listed(kept, {} if reached is None else {numbers[0]: Reach(reached, moved=False)})


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    database = await Database.open(fresh(tmp_path))
    await database.write(
        lambda db: db.execute("INSERT INTO household(id, name) VALUES ('h_1', 'Home')").rowcount
    )
    yield World(database)
    await database.close()


async def test_a_new_account_with_the_same_number_stays_blocked(world: World) -> None:
    mum, pest = await world.person(FIRST), await world.person(SECOND)
    await world.blocks.block(mum.id, pest.id)
    await world.gives_up(pest)
    again = await world.person(SECOND)
    assert await world.keeps_away(mum, again)


async def test_another_number_helps_neither_the_old_account_nor_a_new_one(world: World) -> None:
    mum, pest = await world.person(FIRST), await world.person(SECOND)
    await world.blocks.block(mum.id, pest.id)
    await world.moves_to(pest, THIRD)
    assert await world.keeps_away(mum, pest)
    await world.gives_up(pest)
    assert await world.keeps_away(mum, await world.person(THIRD))


async def test_a_number_that_was_only_claimed_blocks_nobody(world: World) -> None:
    mum, innocent = await world.person(FIRST), await world.person(SECOND)
    pest = await world.person(SECOND, verified=False)
    await world.blocks.block(mum.id, pest.id)
    assert not await world.keeps_away(mum, innocent)


async def test_a_number_is_blocked_before_anybody_has_it(world: World) -> None:
    mum = await world.person(FIRST)
    block = await world.blocks.block_contact(mum.id, contact(mum, SECOND))
    assert (block.person, block.contact) == (None, ContactId("k_1"))
    assert await world.keeps_away(mum, await world.person(SECOND))


async def test_a_block_names_the_contact_by_which_it_was_made_last(world: World) -> None:
    """A list that is brought anew has other ids."""
    mum, pest = await world.person(FIRST), await world.person(SECOND)
    by_person = await world.blocks.block(mum.id, pest.id)
    assert by_person.contact is None
    again = await world.blocks.block_contact(mum.id, contact(mum, SECOND, reached=pest.id))
    await world.blocks.block(mum.id, pest.id)
    assert again == replace(by_person, contact=ContactId("k_1"))
    assert await world.blocks.of(mum.id) == [again]


async def test_nobody_is_kept_from_themself(world: World) -> None:
    mum, pest = await world.person(FIRST), await world.person(SECOND)
    await world.blocks.block(mum.id, pest.id)
    await world.gives_up(pest)
    await world.moves_to(mum, SECOND)
    assert not await world.keeps_away(mum, mum)


async def test_unblocking_forgets_all_that_was_known(world: World) -> None:
    mum, pest = await world.person(FIRST), await world.person(SECOND)
    block = await world.blocks.block(mum.id, pest.id)
    await world.blocks.unblock(mum.id, block.id)
    assert not await world.keeps_away(mum, pest)
    keys = await world.database.read(lambda db: db.execute("SELECT count(*) FROM block_key").fetchone()[0])
    assert keys == 0


async def test_what_the_owner_sees_does_not_tell_who_has_a_number(world: World) -> None:
    mum, friend = await world.person(FIRST), await world.person(SECOND)
    right = await world.blocks.block_contact(mum.id, contact(mum, SECOND))
    wrong = await world.blocks.block_contact(mum.id, contact(mum, THIRD))
    assert (right.person, right.name) == (wrong.person, wrong.name) == (None, "Bill")
    assert right.id != wrong.id
    assert await world.blocks.blocked_by(mum.id) == frozenset()
    friends = await world.blocks.block(mum.id, friend.id)
    assert friends.id not in (right.id, wrong.id)


async def test_a_contact_whom_the_owner_knows_is_that_person(world: World) -> None:
    mum, friend = await world.person(FIRST), await world.person(SECOND)
    by_number = await world.blocks.block_contact(mum.id, contact(mum, SECOND, reached=friend.id))
    assert by_number.person == friend.id
    assert await world.blocks.block(mum.id, friend.id) == by_number
    assert await world.blocks.blocked_by(mum.id) == {friend.id}


async def test_a_contact_with_the_numbers_of_two_is_both(world: World) -> None:
    mum, one, two = await world.person(FIRST), await world.person(SECOND), await world.person(THIRD)
    listed = contact(mum, SECOND, THIRD)
    reach = {SECOND: Reach(one.id, moved=False), THIRD: Reach(two.id, moved=False)}
    block = await world.blocks.block_contact(mum.id, Listed(listed.contact, reach))
    assert block.people == (one.id, two.id)
    assert await world.blocks.blocked_by(mum.id) == {one.id, two.id}
    assert await world.blocks.of(mum.id) == [block]


async def test_the_same_again_is_one_block_and_there_are_only_so_many(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kith.directory.blocks.MOST", 2)
    mum = await world.person(FIRST)
    once = await world.blocks.block_contact(mum.id, contact(mum, SECOND))
    assert await world.blocks.block_contact(mum.id, contact(mum, SECOND)) == once
    await world.blocks.block_contact(mum.id, contact(mum, THIRD))
    with pytest.raises(Problem) as refused:
        await world.blocks.block(mum.id, (await world.person(None)).id)
    assert refused.value.code is Code.BLOCK_LIMIT
