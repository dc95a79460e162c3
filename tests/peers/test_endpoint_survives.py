"""What a call survives: the server killed, media cut, signaling dropped, a device's own crash."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from kith import Endpoint
from signaling.call import EndReason, Phase
from tests.peers.test_endpoint_calls import Two, in_call, two
from tests.support.endpoints import Watched, endpoint_of

__all__ = ["two"]


def now() -> float:
    return asyncio.get_running_loop().time()


def is_active(one: Watched) -> Callable[[], bool]:
    return lambda: one.call.view.phase is Phase.ACTIVE


def is_in_epoch(one: Watched, epoch: int) -> Callable[[], bool]:
    return lambda: one.call.view.epoch >= epoch


async def test_the_server_is_killed_in_a_call_and_the_media_never_stops(two: Two) -> None:
    anna, bob = await two.video_pair()
    await in_call(anna, bob, "Bob", video=True)
    await asyncio.gather(anna.hears(1000), bob.hears(440))
    played = anna.call.played, bob.call.played
    await two.server.kill()
    killed = now()
    await asyncio.gather(anna.until("away"), bob.until("away"))
    await asyncio.gather(anna.hears(1000), bob.hears(440), anna.sees(10), bob.sees(10))
    anna.endpoint.mute()
    assert await bob.heard_nothing_for(0.2), "what a person does here works without the server"
    anna.endpoint.mute(on=False)
    await two.server.start()
    await asyncio.gather(*(one.until("signed_in", after=killed) for one in (anna, bob)))
    for one in (anna, bob):
        await one.until_true(is_active(one), "an active call")
        assert one.call.view.epoch == 0, "the media was never in question"
    await asyncio.gather(anna.hears(1000), bob.hears(440))
    due = (now() - killed) * 50
    for one, before in ((anna, played[0]), (bob, played[1])):
        assert one.call.played - before > 0.6 * due, "most frames were heard, however busy this machine was"
    await bob.endpoint.hang_up()
    await anna.until("ended", EndReason.HUNG_UP)


@pytest.mark.parametrize("stage", ["ringing", "answering"])
async def test_the_server_is_killed_before_the_call_stands(two: Two, stage: str) -> None:
    anna = await two.endpoint(two.anna, "Study", microphone="tone:440")
    bob = await two.endpoint(two.bob, "Hall", microphone="tone:1000")
    await anna.endpoint.call("Bob")
    await bob.until("ringing")
    if stage == "answering":
        await bob.endpoint.answer()
    await two.server.kill()
    killed = now()
    await two.server.start()
    await asyncio.gather(*(one.until("signed_in", after=killed) for one in (anna, bob)))
    if stage == "ringing":
        assert bob.call.ringing and len(bob.details("ringing")) == 1
        await bob.endpoint.answer()
    await asyncio.gather(anna.hears(1000), bob.hears(440))
    await anna.endpoint.hang_up()
    await bob.until("ended", EndReason.HUNG_UP)


async def test_a_hang_up_while_the_server_is_away_is_heard_of_later(two: Two) -> None:
    anna = await two.endpoint(two.anna, "Study", microphone="tone:440")
    bob = await two.endpoint(two.bob, "Hall", microphone="tone:1000")
    await in_call(anna, bob, "Bob")
    await two.server.kill()
    await anna.until("away")
    hanging_up = asyncio.create_task(anna.endpoint.hang_up())
    await anna.until("ended", EndReason.HUNG_UP)
    assert not anna.endpoint.equipment.voice.live
    await two.server.start()
    await hanging_up
    await bob.until("ended")  # "hung up", or merely "lost" if Bob came back after the server forgot the call


async def test_lost_media_comes_back_in_a_new_epoch(two: Two) -> None:
    anna, bob = await two.video_pair()
    await in_call(anna, bob, "Bob", video=True)
    await asyncio.gather(anna.hears(1000), bob.hears(440))
    cut_the_wire(bob)
    for one in (anna, bob):
        await one.until_true(is_in_epoch(one, 1), "a new epoch")
        await one.until_true(is_active(one), "an active call")
    await asyncio.gather(anna.hears(1000), bob.hears(440), anna.sees(5), bob.sees(5))
    assert len(anna.details("connected")) == 1, "for a person it is one call"
    await anna.endpoint.hang_up()
    await bob.until("ended", EndReason.HUNG_UP)


def cut_the_wire(watched: Watched) -> None:
    """Nothing leaves and nothing arrives any more through the sockets of the current link."""
    link = watched.call.current_link
    assert link is not None
    for transceiver in link._pc.getTransceivers():
        for protocol in transceiver.receiver.transport.transport._connection._protocols:
            protocol.transport.abort()


async def test_a_dropped_connection_resumes_and_nothing_is_missed(two: Two) -> None:
    anna, bob = await two.endpoint(two.anna, "Study"), await two.endpoint(two.bob, "Hall")
    connection = bob.endpoint._wire.connection
    assert connection is not None
    connection.drop()
    await bob.until("away")
    await anna.endpoint.call("Bob")
    await bob.until("ringing")
    connection.drop()
    began = now()
    await anna.endpoint.hang_up()
    await bob.until("ended", after=began)


async def test_an_endpoint_that_crashed_leaves_its_call_behind(two: Two, tmp_path: Path) -> None:
    anna = await two.endpoint(two.anna, "Study")
    async with endpoint_of(two.server, two.bob, "Hall", tmp_path) as bob:
        await in_call(anna, bob, "Bob")
        crashed = bob.endpoint._wire.connection
        assert crashed is not None and crashed._task is not None
        crashed._task.cancel()
        again = await Endpoint.open(tmp_path / "Hall", microphone="silence", speaker="null")
        async with again:
            assert again.current is None
            await anna.until("ended", EndReason.HUNG_UP)
