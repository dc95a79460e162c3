"""Lists whose household has another country: what is read anew, how much at once, and what is left alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest

from kith.core.ids import ContactId, HouseholdId, PersonId
from kith.core.problem import Code, Problem
from kith.directory.contacts import Card, Contact, Content, content_of, entries_of
from kith.directory.regions import Regions
from kith.store.contacts import SqliteContacts
from kith.store.database import Database
from kith.store.directory import SqliteDirectory
from signaling import rereading as module
from signaling.deadlines import Deadlines
from signaling.rereading import Rereading
from tests.support.tables import HOME, Tables

LOCAL, WHOLE, ELSEWHERE = "020 7946 0123", "+442079460999", "(202) 555-0147"


class Store(SqliteContacts):
    """Writes down how much is written at once, and fails when it is told to."""

    broken = False

    def __init__(self, tables: Tables) -> None:
        super().__init__(cast(Database, tables), lambda owner, one: f"{owner} {one}".encode())
        self.writes: list[int] = []

    async def take_reread(self, owner: PersonId, changed: Sequence[tuple[Contact, Content]]) -> None:
        if self.broken:
            raise Problem(Code.STORAGE_UNAVAILABLE)
        self.writes.append(len(changed))
        await super().take_reread(owner, changed)


class World:
    def __init__(self) -> None:
        self.tables = Tables()
        self.store = Store(self.tables)
        self.directory = SqliteDirectory(cast(Database, self.tables))
        self.ann = self.tables.person("ann", "+12025550101")
        self.told: asyncio.Queue[PersonId] = asyncio.Queue()
        clock = asyncio.get_running_loop().time
        self.deadlines = Deadlines(clock)
        self.thread = ThreadPoolExecutor(1)
        self.regions = Regions(self.directory, "DE")
        self.rereading = Rereading(
            self.store, self.regions.of, self.thread, self.deadlines, clock, self.tell, delay=0.0
        )

    async def tell(self, owner: PersonId) -> None:
        self.told.put_nowait(owner)

    async def done(self) -> PersonId:
        async with asyncio.timeout(20):
            return await self.told.get()

    async def add(self, name: str, *numbers: str, region: str = "US") -> ContactId:
        card = Card("", name, numbers=tuple(("", one) for one in numbers))
        return (await self.store.add(self.ann, content_of(card, region))).contact.id

    async def numbers(self) -> dict[str, list[str | None]]:
        everything = await self.store.everything(self.ann)
        return {one.contact.name: [number.e164 for number in one.contact.numbers] for one in everything}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    await world.directory.set_region(HOME, "US")
    yield world
    await world.rereading.stop()
    world.thread.shutdown()
    world.deadlines.close()


async def test_only_what_was_written_without_a_country_is_another_number(world: World) -> None:
    await world.add("Shop", LOCAL)
    await world.add("Both", WHOLE, ELSEWHERE)
    revision = (await world.store.state(world.ann)).revision
    assert await world.directory.set_region(HOME, "GB")
    assert await world.store.misread() == [world.ann]
    await world.rereading.start()
    assert await world.done() == world.ann
    assert await world.numbers() == {"Shop": ["+442079460123"], "Both": [WHOLE, None]}
    assert await world.store.misread() == []
    assert (await world.store.state(world.ann)).revision == revision + 2
    looked_up = world.tables.db.execute("SELECT e164, state FROM contact_number ORDER BY e164").fetchall()
    assert [tuple(row) for row in looked_up] == [("+442079460123", 0), (WHOLE, 0)], "out of the same budget"


async def test_back_again_is_as_before(world: World) -> None:
    await world.add("Shop", LOCAL, ELSEWHERE)
    before = await world.numbers()
    for region in ("GB", "US"):
        await world.directory.set_region(HOME, region)
        world.rereading.soon(world.ann)
        await world.done()
    assert await world.numbers() == before


async def test_a_card_without_a_uid_is_known_when_it_comes_again(world: World) -> None:
    await world.store.allow_import(world.ann, allowed=True)
    cards = [Card("", "Shop", numbers=(("", LOCAL),)), Card("7", "Bank", numbers=(("", LOCAL),))]
    await world.store.take_file(world.ann, entries_of(cards, "US"))
    await world.directory.set_region(HOME, "GB")
    world.rereading.soon(world.ann)
    await world.done()
    again = await world.store.would_write(world.ann, entries_of(cards, "GB"))
    assert again is not None and again.unchanged == 2


async def test_no_write_is_long_and_what_changed_meanwhile_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 4)
    for count in range(10):
        await world.add(f"Shop {count}", LOCAL)
    edited = await world.add("Mine", LOCAL)
    stale = (await world.store.contact(world.ann, edited)).contact
    mine = content_of(Card("", "Mine", numbers=(("", "+12025550188"),)), "US")
    await world.store.edit(world.ann, edited, mine)
    await world.store.take_reread(world.ann, [(stale, content_of(Card("", "Not mine"), "GB"))])
    await world.directory.set_region(HOME, "GB")
    world.rereading.soon(world.ann)
    await world.done()
    assert sum(world.store.writes) == 11 and max(world.store.writes) <= 4
    assert (await world.numbers())["Mine"] == ["+12025550188"]


async def test_a_disk_that_refuses_is_asked_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AGAIN", 0.01)
    await world.add("Shop", LOCAL)
    await world.directory.set_region(HOME, "GB")
    world.store.broken = True
    again = asyncio.Event()

    async def misses(owner: PersonId) -> str:
        if again.is_set():
            world.store.broken = False
        again.set()
        return await world.regions.of(owner)

    world.rereading._region = misses
    world.rereading.soon(world.ann)
    await world.done()
    assert (await world.numbers())["Shop"] == ["+442079460123"]


async def test_who_has_no_household_with_a_country_lives_where_their_number_is(world: World) -> None:
    eve = world.tables.person("eve", "+447400123456", household=HouseholdId("h_else"))
    nobody = world.tables.person("nobody", household=HouseholdId("h_else"), registered=False)
    assert [await world.regions.of(one) for one in (world.ann, eve, nobody)] == ["US", "GB", "DE"]
