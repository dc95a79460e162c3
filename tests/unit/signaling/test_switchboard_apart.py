"""Blocks and suspensions at the switchboard, at moments that a running server rarely has."""

import asyncio

import pytest

from kith.core.ids import new_call
from kith.core.problem import Code, Problem
from signaling import call as calls
from signaling import protocol as wire
from tests.support.switchboard import World


@pytest.fixture
def world() -> World:
    return World()


async def test_a_block_that_is_made_while_a_call_is_decided_counts(world: World) -> None:
    ann, ben = world.person("Ann"), world.person("Ben")
    one, other = world.endpoint(ann), world.endpoint(ben)
    await world.connect(one)
    heard = await world.connect(other)
    world.distances.prompt.clear()
    call = new_call()
    placing = asyncio.create_task(world.place(one, ann, ben.id, call))
    await asyncio.sleep(0)
    world.distances.blocks.add((ben.id, ann.id))
    world.board.keep_apart(ben.id, {ann.id})
    world.distances.prompt.set()
    assert isinstance(await placing, wire.CallState)
    await asyncio.sleep(0)
    assert world.disk.calls[call].silent
    assert heard.events == []


async def test_a_block_that_is_made_while_a_call_is_saved_silences_it(world: World) -> None:
    ann, ben = world.person("Ann"), world.person("Ben")
    one, other = world.endpoint(ann), world.endpoint(ben)
    await world.connect(one)
    heard = await world.connect(other)
    world.disk.open.clear()
    call = new_call()
    placing = asyncio.create_task(world.place(one, ann, ben.id, call))
    await world.disk.waiting.wait()
    world.distances.blocks.add((ben.id, ann.id))
    world.board.keep_apart(ben.id, {ann.id})
    world.disk.open.set()
    await placing
    await world.board.settle()
    assert world.disk.calls[call].silent
    assert not any(isinstance(event, wire.Ringing) for event in heard.events[-1:]), "it has fallen silent"
    assert calls.missed_by(world.disk.calls[call]) is None


async def test_an_answer_at_the_same_moment_connects_nobody(world: World) -> None:
    ann, ben = world.person("Ann"), world.person("Ben")
    one, other = world.endpoint(ann), world.endpoint(ben)
    await world.connect(one)
    await world.connect(other)
    call = new_call()
    await world.place(one, ann, ben.id, call)
    world.disk.open.clear()
    answer = wire.Answer(id="a", call=call)
    answering = asyncio.create_task(
        world.board.act(other.id, answer, call, lambda by: calls.Answered(by, video=False))
    )
    await asyncio.sleep(0)
    world.board.keep_apart(ben.id, {ann.id})
    world.disk.open.set()
    await answering
    await world.board.settle()
    assert world.disk.calls[call].reason is calls.EndReason.HUNG_UP


async def test_who_unblocks_does_not_answer_a_silent_call_by_calling_back(world: World) -> None:
    ann, ben = world.person("Ann"), world.person("Ben")
    one, other = world.endpoint(ann), world.endpoint(ben)
    heard = await world.connect(one)
    await world.connect(other)
    world.distances.blocks.add((ben.id, ann.id))
    silent, back = new_call(), new_call()
    await world.place(one, ann, ben.id, silent)
    world.distances.blocks.clear()
    reply = await world.place(other, ben, ann.id, back)
    assert isinstance(reply, wire.CallState)
    assert reply.call.id == back, "it is a call of its own"
    await asyncio.sleep(0)
    assert [event.call.id for event in heard.events if isinstance(event, wire.Ringing)] == [back]


async def test_one_that_connects_while_a_silent_call_rings_out_does_not_ring(world: World) -> None:
    ann, ben = world.person("Ann"), world.person("Ben")
    one, late = world.endpoint(ann), world.endpoint(ben)
    await world.connect(one)
    world.distances.blocks.add((ben.id, ann.id))
    call = new_call()
    await world.place(one, ann, ben.id, call)
    heard = await world.connect(late)
    assert heard.events == []
    assert world.board.views_for(late.id) == ()
    with pytest.raises(Problem) as refused:
        await world.board.act(late.id, wire.Answer(id="a", call=call), call, calls.Declined)
    assert refused.value.code is Code.UNKNOWN_CALL, "what it cannot know of is not there"


async def test_what_was_decided_just_before_the_server_ended_is_made_up_for(world: World) -> None:
    ann, ben = world.person("Ann"), world.person("Ben")
    one = world.endpoint(ann)
    world.endpoint(ben)
    await world.connect(one)
    call = new_call()
    await world.place(one, ann, ben.id, call)
    world.distances.blocks.add((ben.id, ann.id))
    board = world.anew()
    await board.load()
    await board.settle()
    assert world.disk.calls[call].silent
