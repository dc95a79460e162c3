"""The order that everything rests on: decide, save, and only then speak; one event after the other."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from kith.core.capabilities import Capabilities
from kith.core.ids import CallId, EndpointId, HouseholdId, PersonId
from kith.core.keys import PublicKeys
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.contact_store import ContactStore
from kith.directory.model import Endpoint, Person
from kith.directory.ports import DirectoryStore
from presence.reachable import Reachable
from signaling import call as calls
from signaling import call_board
from signaling import protocol as wire
from signaling.call import Call, Phase
from signaling.deadlines import Deadlines
from signaling.protocol import MSGPACK
from signaling.sessions import Sessions
from signaling.switchboard import Switchboard
from signaling.turns import MAX_WAITING
from tests.support.contacts import NoContacts
from tests.support.distances import Distances, NeverTooMany
from tests.support.switchboard import Notebook

HOME = HouseholdId("h_" + "1" * 20)
MUM, DAD = PersonId("p_" + "1" * 20), PersonId("p_" + "2" * 20)
TABLET, PHONE, KITCHEN = (EndpointId(f"e_{letter * 20}") for letter in "abc")
OWNERS = {TABLET: MUM, PHONE: DAD, KITCHEN: DAD}
CALL = "c_" + "1" * 20
GENEROUS = 30.0


def endpoint(one: EndpointId) -> Endpoint:
    keys = PublicKeys(bytes(32), bytes(32), bytes(64))
    return Endpoint(
        one, HOME, OWNERS[one], one, shared=one == KITCHEN, keys=keys, capabilities=Capabilities()
    )


class Directory:
    """Mum and Dad, who know each other. Only what the switchboard asks."""

    async def person(self, person: PersonId) -> Person | None:
        return Person(person, HOME, person, None, 1.0)

    async def endpoint(self, one: EndpointId) -> Endpoint | None:
        return endpoint(one)

    record = endpoint

    async def endpoints_for(self, person: PersonId) -> Sequence[Endpoint]:
        return [endpoint(one) for one, owner in OWNERS.items() if owner == person]

    async def knows(self, one: PersonId, other: PersonId) -> bool:
        return True

    async def missed(self, person: PersonId) -> Sequence[Any]:
        return ()


class Disk(NeverTooMany):
    """A store whose disk can be held up, and can fail."""

    def __init__(self) -> None:
        self.saved: list[Call] = []
        self.running = asyncio.Event()
        self.running.set()
        self.fails = False

    async def add(self, call: Call) -> bool:
        await self.save(call)
        return True

    async def save(self, call: Call) -> None:
        await self.running.wait()
        if self.fails:
            raise Problem(Code.STORAGE_UNAVAILABLE)
        self.saved.append(call)

    async def find(self, call: CallId) -> Call | None:
        return None

    async def live(self) -> list[Call]:
        return self.saved[-1:]


class Heard:
    """The sending side of a connection that keeps what it was given."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def send(self, frame: bytes) -> None:
        self.events.append(MSGPACK.from_server(frame))

    def close(self, code: int, reason: str) -> None:
        raise AssertionError(reason)


class Bench:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        loop = asyncio.get_running_loop()
        started = loop.time()
        clock = lambda: self.now + loop.time() - started  # noqa: E731
        self.deadlines = Deadlines(clock)
        self.sessions = Sessions(self.deadlines, clock, 30.0)
        self.reachable = Reachable()
        self.disk = Disk()
        directory = cast(DirectoryStore, Directory())
        contacts = cast(ContactStore, NoContacts())
        self.board = Switchboard(
            self.disk,
            directory,
            contacts,
            self.sessions,
            self.reachable,
            self.deadlines,
            clock,
            Distances(),
            Notebook(),
        )
        self.heard = {one: self.connect(one) for one in OWNERS}

    def connect(self, one: EndpointId) -> Heard:
        heard = Heard()
        live = self.sessions.open(endpoint(one), principal(one), MSGPACK, None, heard).live
        self.sessions.attach(live, heard)
        self.reachable.arrive(one, HOME)
        return heard

    async def place(self) -> wire.AnyReply:
        return await self.board.place(principal(TABLET), wire.PlaceCall(id="1", call=CALL, to=DAD))

    async def act(self, one: EndpointId, event: Any, **values: Any) -> wire.AnyReply:
        return await self.board.act(one, wire.Ping(id="2"), CALL, lambda by: event(by, **values))

    def told(self, one: EndpointId, kind: type[Any]) -> list[Any]:
        return [event for event in self.heard[one].events if isinstance(event, kind)]


def principal(one: EndpointId) -> Principal:
    return Principal(one, HOME, OWNERS[one], shared=one == KITCHEN, registered=True)


@pytest.fixture
async def bench() -> Any:
    bench = Bench()
    yield bench
    bench.deadlines.close()


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_nobody_hears_of_a_call_before_it_is_saved(bench: Bench) -> None:
    bench.disk.running.clear()
    placing = asyncio.create_task(bench.place())
    await settle()
    assert not placing.done()
    assert not bench.heard[PHONE].events
    bench.disk.running.set()
    reply = await placing
    assert isinstance(reply, wire.CallState)
    assert len(bench.told(PHONE, wire.Ringing)) == len(bench.told(KITCHEN, wire.Ringing)) == 1


async def test_nobody_hears_of_an_answer_before_it_is_saved(bench: Bench) -> None:
    await bench.place()
    bench.disk.running.clear()
    answering = asyncio.create_task(bench.act(PHONE, calls.Answered, video=True))
    await settle()
    assert not bench.told(TABLET, wire.CallChanged) + bench.told(KITCHEN, wire.Ended)
    bench.disk.running.set()
    await answering
    assert bench.disk.saved[-1].winner == PHONE
    assert len(bench.told(TABLET, wire.CallChanged)) == len(bench.told(KITCHEN, wire.Ended)) == 1


async def test_two_answers_that_wait_for_the_disk_have_one_winner(bench: Bench) -> None:
    await bench.place()
    bench.disk.running.clear()
    answers = [asyncio.create_task(bench.act(one, calls.Answered, video=True)) for one in (KITCHEN, PHONE)]
    await settle()
    bench.disk.running.set()
    replies = await asyncio.gather(*answers)
    assert [type(reply) for reply in replies] == [wire.CallState, wire.CallEnded]


async def test_an_answer_that_comes_while_the_call_is_being_saved_waits_for_it(bench: Bench) -> None:
    bench.disk.running.clear()
    placing = asyncio.create_task(bench.place())
    await settle()
    cancelling = asyncio.create_task(bench.act(TABLET, calls.HungUp))
    await settle()
    bench.disk.running.set()
    await placing
    assert isinstance(await cancelling, wire.CallEnded)
    assert [type(event) for event in bench.heard[PHONE].events][:2] == [wire.Ringing, wire.Ended]
    assert len(bench.board) == 0


async def test_a_call_that_cannot_be_saved_has_not_happened_and_may_be_tried_again(bench: Bench) -> None:
    bench.disk.fails = True
    with pytest.raises(Problem) as refused:
        await bench.place()
    assert refused.value.code is Code.STORAGE_UNAVAILABLE
    assert (len(bench.board), bench.heard[PHONE].events) == (0, [])
    bench.disk.fails = False
    assert isinstance(await bench.place(), wire.CallState)


async def test_an_answer_that_cannot_be_saved_has_not_happened(bench: Bench) -> None:
    await bench.place()
    bench.disk.fails = True
    with pytest.raises(Problem):
        await bench.act(PHONE, calls.Answered, video=True)
    assert bench.disk.saved[-1].phase is Phase.RINGING
    bench.disk.fails = False
    assert isinstance(await bench.act(KITCHEN, calls.Answered, video=True), wire.CallState)


async def test_what_happened_while_the_disk_was_full_is_made_up_for(bench: Bench) -> None:
    await bench.place()
    await bench.act(PHONE, calls.Answered, video=True)
    bench.disk.fails = True
    bench.reachable.leave(PHONE)
    bench.board.went(PHONE)
    await settle()
    assert bench.disk.saved[-1].legs[PHONE].away_until is None
    bench.disk.fails = False
    async with asyncio.timeout(GENEROUS):
        await bench.act(TABLET, calls.MediaUp, epoch=0)  # anything that is saved shows that it can be again
        await bench.board.settle()
    assert bench.disk.saved[-1].legs[PHONE].away_until is not None


async def test_whoever_goes_off_while_the_server_ends_is_not_held_to_it(bench: Bench) -> None:
    """A move would be given up, though its device is there again as soon as the server is."""
    await bench.place()
    await bench.act(PHONE, calls.Answered, video=True)
    saved = len(bench.disk.saved)
    bench.board.leave()
    bench.reachable.leave(PHONE)
    bench.board.went(PHONE)
    await settle()
    assert len(bench.disk.saved) == saved
    assert bench.disk.saved[-1].legs[PHONE].away_until is None


async def test_a_bug_in_one_call_stops_no_other_and_not_even_that_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.place()

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(call_board, "step", fail)
        with pytest.raises(Problem) as refused:
            await bench.act(PHONE, calls.Answered, video=True)
    assert refused.value.code is Code.INTERNAL
    assert isinstance(await bench.act(PHONE, calls.Answered, video=True), wire.CallState)


async def test_what_waits_for_one_calls_disk_is_bounded(bench: Bench) -> None:
    await bench.place()
    bench.disk.running.clear()
    waiting = [asyncio.create_task(bench.act(PHONE, calls.Alerting)) for _ in range(MAX_WAITING + 50)]
    await settle()
    refused = [task for task in waiting if task.done()]
    assert len(refused) >= 49
    bench.board.went(KITCHEN)  # what happens all the same is never refused
    bench.disk.running.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert {one.code for one in outcomes if isinstance(one, Problem)} == {Code.RATE_LIMITED}
    await bench.board.settle()
    assert bench.disk.saved[-1].legs[KITCHEN].away_until is not None


async def test_nothing_is_kept_of_calls_that_are_over(bench: Bench) -> None:
    for number in range(20):
        call = f"c_{number:020d}"
        await bench.board.place(principal(TABLET), wire.PlaceCall(id="1", call=call, to=DAD))
        await bench.board.act(TABLET, wire.Ping(id="2"), call, calls.HungUp)
    await bench.board.settle()
    assert len(bench.board) == 0
    assert not [held for held in vars(bench.board._calls).values() if held]
    assert not bench.board._tasks
    assert not [key for key in bench.deadlines._due if key.startswith("c_")]
