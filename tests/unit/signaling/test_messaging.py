"""Messages at the slice: what is asked for again and what is not, how many there may be, and what is only begun."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kith.core.ids import EndpointId
from kith.core.problem import Code, Problem
from kith.messaging import counts
from kith.store.database import Database
from kith.store.erasure import erase_person
from kith.store.tidy import SENT_LIFE, WAITING_LIFE, tidy
from policy.message import MESSAGES
from policy.quota import DAY, Quota
from signaling import messaging
from signaling import protocol as wire
from signaling import unsent as pieces
from signaling.unsent import Unsent
from tests.support.database import fresh
from tests.support.message_world import Device, MessageWorld

HERE = EndpointId("e_" + "1" * 20)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[MessageWorld]:
    database = await Database.open(fresh(tmp_path))
    world = MessageWorld(database, 1)
    await world.begin()
    yield world
    await database.close()


def command(world: MessageWorld, device: Device) -> wire.SendMessage:
    """The next message of this device."""
    world.write(device, voice=False)
    return world.command(device, device.outbox[-1])


async def send(world: MessageWorld, device: Device) -> wire.AnyReply:
    return await world.slice.carry_out(device.principal, command(world, device))


async def refused(world: MessageWorld, device: Device) -> Problem:
    with pytest.raises(Problem) as problem:
        await send(world, device)
    return problem.value


# -- what is remembered -----------------------------------------------------------------------------


async def test_who_writes_again_asks_the_database_for_nothing(world: MessageWorld) -> None:
    anna = world.devices[0]
    world.connect(anna)
    live = world.sessions.of(anna.endpoint.id)
    assert live is not None
    assert world.slice.quick(live, command(world, anna)) is None, "nothing is known yet"
    await send(world, anna)

    async def not_again(*about: Any) -> Any:
        raise AssertionError(about)

    for name in ("person", "endpoints_for", "knows"):
        setattr(world.people, name, not_again)
    begun = world.slice.quick(live, command(world, anna))
    assert begun is not None
    done, then = begun
    assert isinstance(then(await done), wire.MessageSent)


async def test_what_is_remembered_is_forgotten_with_every_change(world: MessageWorld) -> None:
    anna, _, ben, _ = world.devices
    world.connect(anna)
    live = world.sessions.of(anna.endpoint.id)
    assert live is not None
    await send(world, anna)
    world.distances.blocks.add((ben.person.id, anna.person.id))
    await world.database.write(lambda db: None)
    assert world.slice.quick(live, command(world, anna)) is None
    before = await waiting(world, ben)
    assert isinstance(await send(world, anna), wire.MessageSent)
    assert await waiting(world, ben) == before, "it was withheld"


async def waiting(world: MessageWorld, device: Device) -> int:
    return await world.slice.waiting(device.endpoint.id)


async def test_a_no_is_never_remembered(world: MessageWorld) -> None:
    anna, _, ben, _ = world.devices
    world.distances.blocks.add((anna.person.id, ben.person.id))
    assert (await refused(world, anna)).code is Code.YOU_BLOCKED
    world.distances.blocks.clear()
    assert isinstance(await send(world, anna), wire.MessageSent)


async def test_what_changes_before_it_is_stored_counts(world: MessageWorld) -> None:
    """A block that is on disk, and answered, holds for whatever was decided before it and is stored after it."""
    anna, _, ben, _ = world.devices
    world.connect(anna)
    live = world.sessions.of(anna.endpoint.id)
    assert live is not None
    await send(world, anna)
    await send(world, anna)  # the next one waits a moment
    begun = world.slice.quick(live, command(world, anna))
    assert begun is not None
    world.distances.blocks.add((ben.person.id, anna.person.id))
    await world.database.write(lambda db: None)
    done, then = begun
    before = await waiting(world, ben)
    assert then(await done) is None, "it is decided anew"
    again = await world.slice.carry_out(anna.principal, world.command(anna, anna.outbox[-1]))
    assert isinstance(again, wire.MessageSent)
    assert await waiting(world, ben) == before


async def test_what_has_the_lower_number_is_written_first(world: MessageWorld) -> None:
    """Or who confirms up to a number would lose what is written behind it."""
    anna, _, ben, other = world.devices
    await send(world, anna)
    late = asyncio.ensure_future(send(world, anna))
    await asyncio.sleep(0)
    seal = (wire.OwnSeal(endpoint=ben.endpoint.id, body=bytes(29)),)
    own = wire.SendOwn(id="o", topic="transcript", item="m_" + "1" * 20, items=seal)
    await world.slice.carry_out(other.principal, own)
    page = await world.slice.carry_out(ben.principal, wire.FetchInbox(id="f"))
    assert isinstance(page, wire.Inbox)
    confirm = wire.ConfirmInbox(id="c", upto=page.items[-1].n)
    await world.slice.carry_out(ben.principal, confirm)
    await late
    rest = await world.slice.carry_out(ben.principal, wire.FetchInbox(id="f"))
    assert isinstance(rest, wire.Inbox)
    assert len(page.items) + len(rest.items) == 3


# -- how many ---------------------------------------------------------------------------------------


async def test_more_than_so_many_are_refused_until_they_may_be_sent_again(
    world: MessageWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, other = world.devices[:2]
    monkeypatch.setattr(counts, "MESSAGES", (Quota(3, 60.0), MESSAGES[1]))
    for _ in range(3):
        await send(world, anna)
    problem = await refused(world, other)
    assert (problem.code, 59 < float(problem.data["retry_after"]) <= 60) == (Code.QUOTA_EXCEEDED, True)
    assert world.over_quota == [anna.person.id], "the operator is told"
    world.now += 60
    assert isinstance(await send(world, other), wire.MessageSent)


async def test_so_many_a_day_also_after_a_restart(
    world: MessageWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = world.devices[0]
    monkeypatch.setattr(counts, "MESSAGES", (MESSAGES[0], Quota(4, DAY)))
    for _ in range(4):
        await send(world, anna)
    await world.kill()
    problem = await refused(world, anna)
    assert problem.code is Code.QUOTA_EXCEEDED
    world.now += float(problem.data["retry_after"])
    assert isinstance(await send(world, anna), wire.MessageSent)


async def test_so_many_bytes_a_day(world: MessageWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = world.devices[0]
    monkeypatch.setattr(counts, "BYTES", Quota(100, DAY))
    await send(world, anna)
    await send(world, anna)
    assert (await refused(world, anna)).code is Code.QUOTA_EXCEEDED


async def test_few_to_whom_does_not_know_the_sender_until_they_answer(
    world: MessageWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, _, ben, other = world.devices
    monkeypatch.setattr(counts, "TO_STRANGERS", Quota(2, DAY))
    world.strangers(anna.person, ben.person)
    for _ in range(2):
        await send(world, anna)
    assert (await refused(world, anna)).code is Code.QUOTA_EXCEEDED
    assert isinstance(await send(world, ben), wire.MessageSent), "whoever was written to may answer"
    await confirm_all(world, anna)
    assert isinstance(await send(world, anna), wire.MessageSent)
    assert other.person is ben.person


async def test_of_whom_too_many_have_sent_since_it_is_read_again(
    world: MessageWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What else is remembered of somebody outlives how much they have sent."""
    anna, _, ben, _ = world.devices
    monkeypatch.setattr(counts, "MOST", 1)
    monkeypatch.setattr(counts, "MESSAGES", (MESSAGES[0], Quota(2, DAY)))
    for device in (anna, ben, anna, ben):
        assert isinstance(await send(world, device), wire.MessageSent)
    ask = wire.ListRecipients(id="r", to=ben.person.id)
    assert isinstance(await world.slice.carry_out(anna.principal, ask), wire.Recipients)
    assert (await refused(world, anna)).code is Code.QUOTA_EXCEEDED, "and it is counted on"


# -- what goes --------------------------------------------------------------------------------------


async def confirm_all(world: MessageWorld, device: Device) -> None:
    """And it is forgotten, as it is before more is fetched."""
    await world.slice.carry_out(device.principal, wire.ConfirmInbox(id="c", upto=2**53 - 1))
    page = await world.slice.carry_out(device.principal, wire.FetchInbox(id="f"))
    assert isinstance(page, wire.Inbox)
    assert not page.items


async def rows(world: MessageWorld, table: str) -> int:
    sql = f"SELECT count(*) FROM {table}"
    return await world.database.read(lambda db: int(db.execute(sql).fetchone()[0]))


async def test_what_nobody_fetches_goes_after_a_month_and_its_id_after_a_week(world: MessageWorld) -> None:
    anna = world.devices[0]
    world.write(anna, voice=True)
    await world.deliver(anna, anna.outbox[0])
    assert (await rows(world, "inbox"), await rows(world, "segment")) == (3, 2)
    await tidy(world.database, world.now + WAITING_LIFE - 60, lambda dead: None)
    assert (await rows(world, "inbox"), await rows(world, "segment")) == (3, 2)
    await tidy(world.database, world.now + WAITING_LIFE + 60, lambda dead: None)
    assert (await rows(world, "inbox"), await rows(world, "segment"), await rows(world, "message")) == (
        0,
        0,
        0,
    )
    await send(world, anna)
    for device in world.devices:
        await confirm_all(world, device)
    await tidy(world.database, world.now + SENT_LIFE - 60, lambda dead: None)
    assert await rows(world, "message") == 1
    await tidy(world.database, world.now + SENT_LIFE + 60, lambda dead: None)
    assert await rows(world, "message") == 0


async def test_no_more_own_items_wait_than_may(world: MessageWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messaging, "OWN_WAITING", 2)
    anna, other = world.devices[:2]
    own = (wire.OwnSeal(endpoint=other.endpoint.id, body=bytes(29)),)
    items = ["m_" + sign * 20 for sign in "123"]
    for item in (items[0], items[0], items[1]):
        await world.slice.carry_out(
            anna.principal, wire.SendOwn(id="o", topic="transcript", item=item, items=own)
        )
    with pytest.raises(Problem) as problem:
        await world.slice.carry_out(
            anna.principal, wire.SendOwn(id="o", topic="transcript", item=items[2], items=own)
        )
    assert problem.value.code is Code.INBOX_LIMIT


# -- pieces -----------------------------------------------------------------------------------------


def test_pieces_wait_for_an_hour() -> None:
    unsent = Unsent()
    unsent.put(HERE, "m", 0, b"x", 0.0)
    unsent.put(HERE, "m", 1, b"y", pieces.LIFE - 1)
    assert unsent.find(HERE, "m", 2) == (b"x", b"y")
    unsent.put(HERE, "n", 0, b"z", pieces.LIFE)
    assert unsent.find(HERE, "m", 2) is None
    with pytest.raises(Problem):
        unsent.take(HERE, "m", 2)
    assert unsent.take(HERE, "n", 1) == (b"z",)
    assert unsent.find(HERE, "n", 1) is None


def test_what_lies_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "MOST_BYTES", 10)
    unsent = Unsent()
    unsent.put(HERE, "a", 0, b"12345", 0.0)
    unsent.put(HERE, "b", 0, b"12345", 0.0)
    unsent.put(EndpointId("e_" + "2" * 20), "c", 0, b"1", 0.0)
    assert unsent.find(HERE, "a", 1) is None
    assert unsent.find(HERE, "b", 1) == (b"12345",)


def test_nobody_finds_anothers_pieces() -> None:
    unsent = Unsent()
    unsent.put(HERE, "m", 0, b"x", 0.0)
    assert unsent.find(EndpointId("e_" + "2" * 20), "m", 1) is None
    assert unsent.find(HERE, "m", 0) == ()
    assert unsent.find(HERE, "m", 2) is None


async def test_with_a_person_all_that_they_wrote_or_was_written_to_them_goes(world: MessageWorld) -> None:
    anna, _, ben, _ = world.devices
    world.write(anna, voice=True)
    await world.deliver(anna, anna.outbox[0])
    await send(world, ben)
    assert (await rows(world, "inbox"), await rows(world, "segment")) == (6, 2)
    await world.database.write(lambda db: erase_person(db, anna.person.id))
    for table in ("inbox", "segment", "conversation"):
        assert await rows(world, table) == 0
    left = "message WHERE author IS NOT NULL OR receiver IS NOT NULL OR envelope IS NOT NULL OR sender IS NOT NULL"
    assert await rows(world, left) == 0


async def test_with_an_endpoint_what_waits_for_it_goes(world: MessageWorld) -> None:
    anna, second, _, _ = world.devices
    await send(world, anna)
    assert await waiting(world, second) == 1
    await world.database.write(
        lambda db: db.execute("UPDATE endpoint SET removed = 1 WHERE id = ?", (second.endpoint.id,))
    )
    assert await waiting(world, second) == 0
