"""The server is killed, or told to stop, in every state of a call, and started again on the same data
and port. Both ends take up control again; nothing of a call is lost and nobody is left ringing."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from kith.core.ids import new_call
from tests.support.home import Home, living_at_home
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

RESTART = 1012


async def restart(home: Home, how: str, *endpoints: Endpoint) -> None:
    """End the server one way or the other, start it again, and let the endpoints come back."""
    if how == "kill":
        await home.server.kill()
    else:
        stopping = asyncio.create_task(home.server.stop())
        for endpoint in endpoints:
            leaving = await endpoint.event("server_leaving")
            assert 0 < leaving["retry_after"] <= 5
        assert await stopping == 0
    for endpoint in endpoints:
        code = await endpoint.closed()
        assert code == (RESTART if how == "stop" else 1006)
        await endpoint.close()
    await home.server.start()
    for endpoint in endpoints:
        endpoint.events.clear()
        await endpoint.back()
        assert not endpoint.welcome["resumed"], "sessions end with the process, calls do not"


def shown(endpoint: Endpoint, call: str) -> tuple[str, int]:
    """Phase and epoch of the call in the endpoint's snapshot."""
    (view,) = [one for one in endpoint.snapshot["calls"] if one["id"] == call]
    return view["phase"], view["epoch"]


async def ring(caller: Endpoint, callee: Endpoint) -> str:
    call = new_call()
    await caller.call(callee.joined.person or "", call)
    await callee.event("ringing", call=call)
    await callee.ok("alerting", call=call)
    return call


async def talk(caller: Endpoint, callee: Endpoint) -> str:
    call = await ring(caller, callee)
    await callee.ok("answer", call=call)
    await caller.media_up(call)
    await callee.media_up(call)
    for one in (caller, callee):
        await one.event("call_changed", call=call, phase="active")
    return call


async def hang_up(one: Endpoint, *others: Endpoint, call: str) -> None:
    await one.ok("hang_up", call=call)
    for endpoint in (one, *others):
        assert await endpoint.ended(call) == "hung_up"
        await endpoint.ok("ping")
        assert not endpoint.had("ended"), "the end is told once"


each_way = pytest.mark.parametrize("how", ["kill", "stop"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    async with living_at_home(tmp_path_factory.mktemp("restart")) as home:
        yield home


@pytest_asyncio.fixture(loop_scope="module")
async def pair(home: Home) -> AsyncIterator[tuple[Home, Endpoint, Endpoint]]:
    async with home.online(home.granny, home.mum) as (granny, mum):
        yield home, granny, mum


Pair = tuple[Home, Endpoint, Endpoint]


@each_way
async def test_while_it_rings(pair: Pair, how: str) -> None:
    home, granny, mum = pair
    call = await ring(granny, mum)
    await restart(home, how, granny, mum)
    assert shown(granny, call)[0] == shown(mum, call)[0] == "ringing"
    reply = await mum.ok("answer", call=call)
    assert reply["call"]["phase"] == "answering"
    told = await granny.event("call_changed", call=call, phase="answering")
    assert told["call"]["endpoint"]["id"] == mum.id
    await hang_up(mum, granny, call=call)


@each_way
async def test_while_it_rings_and_the_caller_gives_up_after_it(pair: Pair, how: str) -> None:
    home, granny, mum = pair
    call = await ring(granny, mum)
    await restart(home, how, granny, mum)
    await granny.ok("cancel", call=call)
    assert [await one.ended(call) for one in (mum, granny)] == ["cancelled"] * 2
    assert [one["call"] for one in (await mum.event("missed_calls"))["missed"]].count(call) == 1


@each_way
async def test_after_the_answer_before_there_is_media(pair: Pair, how: str) -> None:
    home, granny, mum = pair
    call = await ring(granny, mum)
    await mum.ok("answer", call=call)
    await granny.media_up(call)
    await restart(home, how, granny, mum)
    assert shown(granny, call) == shown(mum, call) == ("answering", 0)
    await mum.media_up(call)
    for one in (granny, mum):
        await one.event("call_changed", call=call, phase="active", epoch=0)
    await granny.say("signal", call=call, epoch=0, body=b"still here")
    assert (await mum.event("signalled", call=call))["body"] == b"still here"
    await hang_up(granny, mum, call=call)


@each_way
async def test_while_they_talk(pair: Pair, how: str) -> None:
    home, granny, mum = pair
    call = await talk(granny, mum)
    await restart(home, how, granny, mum)
    assert shown(granny, call)[0] == "recovering", "the other one was not back yet"
    assert shown(mum, call) == ("active", 0), "media never stopped: nothing is renegotiated"
    await granny.event("call_changed", call=call, phase="active", epoch=0)
    await granny.ok("media_lost", call=call, epoch=0)
    await mum.event("call_changed", call=call, phase="recovering", epoch=1)
    await hang_up(mum, granny, call=call)


@each_way
async def test_while_media_is_being_made_anew(pair: Pair, how: str) -> None:
    home, granny, mum = pair
    call = await talk(granny, mum)
    await granny.ok("media_lost", call=call, epoch=0)
    await mum.event("call_changed", call=call, epoch=1)
    await mum.media_up(call, 1)
    await restart(home, how, granny, mum)
    assert shown(granny, call) == shown(mum, call) == ("recovering", 1)
    await granny.media_up(call, 1)
    for one in (granny, mum):
        await one.event("call_changed", call=call, phase="active", epoch=1)
    await hang_up(granny, mum, call=call)


@each_way
async def test_while_it_moves(home: Home, how: str) -> None:
    async with home.online(home.mum, home.dad, home.tablet) as (mum, dad, tablet):
        call = await talk(mum, dad)
        assert await tablet.ended(call) == "answered_elsewhere"
        await tablet.ok("move", call=call)
        await restart(home, how, mum, dad, tablet)
        assert {shown(one, call) for one in (mum, dad, tablet)} == {("recovering", 1)}
        await mum.media_up(call, 1)
        await tablet.media_up(call, 1)
        assert await dad.ended(call) == "moved"
        await hang_up(mum, tablet, call=call)
        assert not dad.had("ended")


@each_way
async def test_after_the_end(pair: Pair, how: str) -> None:
    home, granny, mum = pair
    call = await talk(granny, mum)
    await hang_up(granny, mum, call=call)
    await restart(home, how, granny, mum)
    assert granny.snapshot["calls"] == mum.snapshot["calls"] == []
    again = await granny.call(home.mum.person or "", call)
    assert (again["t"], again["reason"]) == ("call_ended", "hung_up")


async def test_killed_many_times_in_one_call(pair: Pair) -> None:
    home, granny, mum = pair
    call = await talk(granny, mum)
    for _ in range(3):
        await restart(home, "kill", granny, mum)
        await granny.event("call_changed", call=call, phase="active", epoch=0)
    await hang_up(mum, granny, call=call)


async def test_a_reply_that_was_lost_with_the_server_is_asked_for_again(pair: Pair) -> None:
    home, granny, mum = pair
    call = await ring(granny, mum)
    await restart(home, "kill", granny, mum)
    first = await granny.call(home.mum.person or "", call)
    assert (first["t"], first["call"]["phase"]) == ("call_state", "ringing")
    await mum.ok("answer", call=call)
    assert (await mum.ok("answer", call=call))["t"] == "call_state"
    await hang_up(mum, granny, call=call)
    assert (await mum.ok("hang_up", call=call))["reason"] == "hung_up"


async def test_a_command_while_it_drains_has_an_answer(pair: Pair) -> None:
    home, granny, mum = pair
    call = await talk(granny, mum)
    stopping = asyncio.create_task(home.server.stop())
    await mum.event("server_leaving")
    reply = await mum.ask("hang_up", call=call)
    assert reply["t"] in ("call_ended", "problem")
    assert await stopping == 0
    for one in (granny, mum):
        await one.closed()
        await one.close()
    await home.server.start()
    await granny.back()
    await mum.back()
    assert (mum.snapshot["calls"] == []) == (reply["t"] == "call_ended")


async def test_the_server_stops_promptly_with_many_connected(home: Home) -> None:
    everybody = (home.mum, home.dad, home.tablet, home.kitchen, home.hall, home.granny)
    endpoints = [await Endpoint(home.server, one).open() for one in everybody]
    async with asyncio.timeout(5):
        assert await home.server.stop() == 0
    for one in endpoints:
        assert await one.closed() == RESTART
        await one.close()
    assert "Traceback" not in home.server.log.read_text()
