"""Where calls outlive the process: what the switchboard relies on, whatever keeps them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kith.core.capabilities import Capabilities
from kith.core.guidelines import VERSION
from kith.core.ids import CallId, EndpointId, HouseholdId, PersonId
from kith.core.keys import KeyPair
from kith.directory.model import Claimed, Endpoint, Person, Verification
from kith.store.calls import SqliteCalls
from kith.store.database import Database
from kith.store.directory import SqliteDirectory
from signaling.call import Answered, Call, Declined, EndReason, HungUp
from signaling.call_store import CallStore
from tests.support.bench import CALLER, PERSONAL, PHONE, Bench


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "kith.db")
    yield database
    await database.close()


@pytest.fixture
def store(database: Database) -> CallStore:
    return SqliteCalls(database)


def ringing() -> Bench:
    return Bench.calling({PHONE: PERSONAL})


async def test_a_call_comes_back_as_it_was(store: CallStore) -> None:
    bench = ringing()
    assert await store.add(bench.call)
    assert await store.find(bench.call.id) == bench.call
    bench.feed(Answered(PHONE, video=False))
    await store.save(bench.call)
    assert await store.find(bench.call.id) == bench.call
    assert await store.live() == [bench.call]


async def test_an_id_is_used_once(store: CallStore) -> None:
    bench = ringing()
    assert await store.add(bench.call)
    other = Bench.calling({}).call
    assert not await store.add(other)
    assert await store.find(bench.call.id) == bench.call, "the first one stays"


async def test_what_is_over_is_remembered_and_not_live(store: CallStore) -> None:
    bench = ringing()
    await store.add(bench.call)
    bench.feed(HungUp(CALLER))
    await store.save(bench.call)
    assert await store.live() == []
    assert await store.find(bench.call.id) == bench.call
    assert not await store.add(ringing().call)


async def test_a_call_that_never_was_is_not_found(store: CallStore) -> None:
    assert await store.find(CallId("c_none")) is None


async def enrol(database: Database, person: str) -> None:
    """Somebody to miss calls from."""
    pair = KeyPair.generate()
    someone = PersonId(person)
    home = HouseholdId(f"h_{person}")
    await SqliteDirectory(database).sign_up(
        Person(someone, home, person, "+12025550123", None),
        Endpoint(
            EndpointId(f"e_{person}"),
            home,
            someone,
            "P",
            shared=False,
            keys=pair.public,
            capabilities=Capabilities(),
        ),
        Verification(someone, "+12025550123", b"", 0.0, tries=0, sent=1, since=0.0),
        Claimed(b"", b""),
        household_name="Home",
        invitation=None,
        guidelines=VERSION,
        now=0.0,
    )


async def missed(database: Database) -> list[str]:
    return [one.call for one in await SqliteDirectory(database).missed(PersonId("p_dad"))]


async def ended(store: CallStore, bench: Bench) -> Call:
    await store.add(bench.call)
    bench.feed(HungUp(CALLER))
    await store.save(bench.call)
    return bench.call


async def test_that_it_was_missed_is_saved_with_the_end(store: CallStore, database: Database) -> None:
    for one in ("p_mum", "p_dad"):
        await enrol(database, one)
    call = await ended(store, ringing())
    assert call.reason is EndReason.CANCELLED
    assert await missed(database) == [call.id]
    await store.save(call)
    assert await missed(database) == [call.id], "once"


async def test_what_was_answered_or_declined_was_not_missed(store: CallStore, database: Database) -> None:
    for one in ("p_mum", "p_dad"):
        await enrol(database, one)
    for event in (Answered(PHONE, video=False), Declined(PHONE)):
        bench = ringing()
        bench.feed(event)
        await ended(store, bench)
        assert await missed(database) == []
