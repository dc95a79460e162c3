"""The switchboard when the disk is slow or full, and endpoints come and go meanwhile.

Only the disk is stood in for, by ports whose writes wait to be released; sessions, presence and
deadlines are the real ones. What the same parts do on a real disk is in tests/peers/test_server_calls.py.
"""

import asyncio

import pytest

from kith.core.ids import (
    PersonId,
    new_call,
)
from kith.core.problem import Code, Problem
from signaling import call as calls
from signaling import protocol as wire
from signaling.placing import MAX_PLACED
from tests.support.switchboard import World


@pytest.fixture
def world() -> World:
    return World()


async def test_one_who_is_back_before_the_going_is_saved_keeps_the_call(world: World) -> None:
    _, other, call = await world.talk()
    world.disk.open.clear()
    world.disk.waiting.clear()
    world.disconnect(other)
    await world.disk.waiting.wait()
    back = asyncio.create_task(world.connect(other))
    await asyncio.sleep(0)
    world.disk.open.set()
    await back
    await world.board.settle()
    assert world.disk.calls[call].legs[other.id].away_until is None
    assert world.disk.calls[call].phase is calls.Phase.ACTIVE


async def test_nobody_hears_of_a_call_that_is_not_on_disk(world: World) -> None:
    ann, ben = world.person("Ann"), world.person("Ben")
    one, other = world.endpoint(ann), world.endpoint(ben)
    await world.connect(one)
    heard = await world.connect(other)
    world.disk.open.clear()
    call = new_call()
    placing = asyncio.create_task(world.place(one, ann, ben.id, call))
    await world.disk.waiting.wait()
    retried = asyncio.create_task(world.place(one, ann, ben.id, call))
    await asyncio.sleep(0)
    assert heard.events == []
    assert world.board.views_for(other.id) == ()
    assert not retried.done()
    world.disk.open.set()
    assert await placing == await retried
    assert [type(event) for event in heard.events] == [wire.Ringing]


async def test_a_call_that_cannot_be_saved_leaves_nothing_behind(world: World) -> None:
    ann, ben = world.person("Ann"), world.person("Ben")
    one, other = world.endpoint(ann), world.endpoint(ben)
    await world.connect(one)
    heard = await world.connect(other)
    world.disk.open.clear()
    world.disk.full = True
    placing = asyncio.create_task(world.place(one, ann, ben.id, new_call()))
    await world.disk.waiting.wait()
    late = world.endpoint(ben)
    joining = asyncio.create_task(world.connect(late))  # connects while the call is neither there nor not
    answering = asyncio.create_task(world.place(other, ben, ann.id, new_call()))
    await asyncio.sleep(0)
    world.disk.open.set()
    for asked in (placing, answering):
        with pytest.raises(Problem) as refused:
            await asked
        assert refused.value.code is Code.STORAGE_UNAVAILABLE
    await joining
    assert len(world.board) == 0
    assert heard.events == []
    world.disk.full = False
    await world.connect(other)
    reply = await world.place(one, ann, ben.id, new_call())
    assert isinstance(reply, wire.CallState)


async def test_a_retried_invite_that_became_an_answer_means_that_call(world: World) -> None:
    ann, ben = world.person("Ann"), world.person("Ben")
    one, other = world.endpoint(ann), world.endpoint(ben)
    await world.connect(one)
    await world.connect(other)
    first, second = new_call(), new_call()
    await world.place(one, ann, ben.id, first)
    answer = await world.place(other, ben, ann.id, second)
    again = await world.place(other, ben, ann.id, second)
    assert isinstance(answer, wire.CallState)
    assert isinstance(again, wire.CallState)
    assert answer.call.id == again.call.id == first
    assert len(world.board) == 1
    with pytest.raises(Problem) as refused:
        await world.place(one, ann, ben.id, second)
    assert refused.value.code is Code.CALL_ID_TAKEN


async def test_calls_that_ring_at_somebody_do_not_keep_them_from_calling(world: World) -> None:
    ann, gran, ben = world.person("Ann"), world.person("Gran"), world.person("Ben")
    phone, chair, tablet = world.endpoint(ann), world.endpoint(gran), world.endpoint(gran)
    world.endpoint(ben)
    for endpoint in (phone, chair, tablet):
        await world.connect(endpoint)
    for number in range(MAX_PLACED):
        await world.place((chair, tablet)[number % 2], gran, ann.id, new_call())
    with pytest.raises(Problem) as refused:
        await world.place(tablet, gran, ben.id, new_call())
    assert refused.value.code is Code.RATE_LIMITED
    assert isinstance(await world.place(phone, ann, ben.id, new_call()), wire.CallState)


async def test_signals_wait_for_a_peer_that_has_no_session(world: World) -> None:
    one, other, call = await world.talk()
    world.disconnect(other)
    for number in range(3):
        body = bytes([number])
        world.board.signal(one.id, wire.Signal(id=str(number), call=call, epoch=0, body=body))
    heard = await world.connect(other)
    bodies = [event.body for event in heard.events if isinstance(event, wire.Signalled)]
    assert bodies == [b"\x00", b"\x01", b"\x02"]


async def test_one_who_comes_back_learns_again_that_the_microphone_is_off(world: World) -> None:
    one, other, call = await world.talk()
    world.board.indicate(
        one.id, wire.Indicate(id="i", call=call, audio=False, video=False, hardware_muted=True)
    )
    world.disconnect(other)
    heard = await world.connect(other)
    told = [event for event in heard.events if isinstance(event, wire.PeerIndicated)]
    assert [event.hardware_muted for event in told] == [True]


async def test_a_signal_of_an_epoch_to_come_is_invalid(world: World) -> None:
    one, _, call = await world.talk()
    with pytest.raises(Problem) as refused:
        world.board.signal(one.id, wire.Signal(id="s", call=call, epoch=7, body=b"?"))
    assert (refused.value.code, refused.value.path) == (Code.INVALID, "epoch")


async def test_a_shared_endpoint_may_not_take_over_a_call(world: World) -> None:
    _, other, call = await world.talk()
    ben = world.people.people[other.person or PersonId("")]
    kitchen = world.endpoint(ben, shared=True)
    await world.connect(kitchen)
    with pytest.raises(Problem) as refused:
        await world.board.move(world.principal(kitchen, ben), wire.Move(id="m", call=call))
    assert refused.value.code is Code.NOT_PERMITTED


async def test_a_call_to_a_device_is_missed_by_nobody(world: World) -> None:
    ann = world.person("Ann")
    one, kitchen = world.endpoint(ann), world.endpoint(ann, shared=True)
    await world.connect(one)
    await world.connect(kitchen)
    call = new_call()
    await world.place(one, ann, kitchen.id, call)
    await world.board.act(one.id, wire.Cancel(id="c", call=call), call, calls.HungUp)
    assert calls.missed_by(world.disk.calls[call]) is None


async def test_a_shared_device_may_call_the_person_it_acts_for(world: World) -> None:
    ann = world.person("Ann")
    phone, kitchen = world.endpoint(ann), world.endpoint(ann, shared=True)
    heard = await world.connect(phone)
    await world.connect(kitchen)
    assert isinstance(await world.place(kitchen, ann, ann.id, new_call()), wire.CallState)
    await asyncio.sleep(0)  # the caller's reply leaves first
    assert [event.call.peer_name for event in heard.events if isinstance(event, wire.Ringing)] == ["Thing"]
    with pytest.raises(Problem) as refused:
        await world.place(phone, ann, ann.id, new_call())
    assert refused.value.code is Code.SELF_CALL
