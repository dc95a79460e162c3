"""News and networks are bounded, and dismissed for one person only."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kith.core.ids import PersonId
from kith.directory.model import Endpoint
from kith.store.database import Database
from kith.store.directory import SqliteDirectory
from kith.store.news import KEPT, NETWORKS
from tests.support.database import fresh
from tests.unit.directory.test_registry import World

HOUR = 3600.0


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    database = await Database.open(fresh(tmp_path))
    yield World(SqliteDirectory(database))
    await database.close()


async def mum(world: World) -> tuple[Endpoint, PersonId]:
    endpoint = await world.registered()
    assert endpoint.person is not None
    return endpoint, endpoint.person


async def test_the_oldest_make_room(world: World) -> None:
    endpoint, person = await mum(world)
    for number in range(KEPT + NETWORKS):
        digest = number.to_bytes(32, "big")
        told = await world.store.note_network(endpoint, digest, now=world.now + number * HOUR, silent=False)
        assert told is (number > 0), "the first network of a person is no news"
    news = await world.store.news(person)
    assert len(news) == KEPT
    numbers = [one.id for one in news]
    assert numbers == sorted(numbers, reverse=True)
    newest = (KEPT + NETWORKS - 1).to_bytes(32, "big")
    assert await world.store.knows_network(person, newest, since=world.now)
    assert not await world.store.knows_network(person, bytes(32), since=0.0)


async def test_a_number_is_not_given_twice(world: World) -> None:
    endpoint, person = await mum(world)
    for digest in (b"home", b"work"):
        await world.store.note_network(endpoint, digest, now=world.now, silent=False)
    (first,) = await world.store.news(person)
    await world.store.dismiss_news(person, up_to=first.id)
    await world.store.note_network(endpoint, b"train", now=world.now, silent=False)
    (second,) = await world.store.news(person)
    assert second.id > first.id


async def test_what_is_known_is_no_news_but_silence_is_remembered(world: World) -> None:
    endpoint, person = await mum(world)
    for digest, silent in ((b"home", False), (b"work", True), (b"work", False), (b"home", False)):
        assert not await world.store.note_network(endpoint, digest, now=world.now, silent=silent)
    assert await world.store.news(person) == []
