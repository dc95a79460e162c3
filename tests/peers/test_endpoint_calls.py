"""Endpoints call each other through a real server: what each hears, sees, shows and is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

import pytest

from kith.endpoint.equipment import Parts
from kith.endpoint.indicators import Light, Screen
from kith.endpoint.obey import obey
from media.tones import Tone
from signaling.call import EndReason, Phase
from tests.support.endpoints import Watched, endpoint_of
from tests.support.server import Joined, RunningServer, running_server


@dataclass
class Two:
    """Anna and Bob know each other and live apart. `endpoint` gives one of them another device."""

    server: RunningServer
    anna: Joined
    bob: Joined
    home: Path
    stack: AsyncExitStack

    async def endpoint(self, person: Joined, name: str, **parts: Unpack[Parts]) -> Watched:
        return await self.stack.enter_async_context(
            endpoint_of(self.server, person, name, self.home, **parts)
        )

    async def video_pair(self) -> tuple[Watched, Watched]:
        """A 440 Hz screen of Anna's and a 1000 Hz screen of Bob's."""
        return (
            await self.endpoint(self.anna, "Study", microphone="tone:440", camera="pattern", screen=True),
            await self.endpoint(self.bob, "Hall", microphone="tone:1000", camera="pattern", screen=True),
        )


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    async with running_server(tmp_path) as server, AsyncExitStack() as stack:
        anna = await server.person("Anna")
        bob = await server.person("Bob", by=anna)
        yield Two(server, anna, bob, tmp_path, stack)


async def in_call(caller: Watched, callee: Watched, whom: str, *, video: bool = False) -> None:
    """Call, answer, and wait until both are connected."""
    await caller.endpoint.call(whom, video=video)
    await callee.until("ringing")
    await callee.endpoint.answer()
    await caller.until("connected")
    await callee.until("connected")


@pytest.mark.row("R32", "R34", "R35", "R80")
@pytest.mark.parametrize("turned", [False, True], ids=["Anna calls", "Bob calls"])
async def test_a_video_call_from_ring_to_hang_up(two: Two, turned: bool) -> None:
    anna, bob = await two.video_pair()
    caller, callee, name = (bob, anna, "Anna") if turned else (anna, bob, "Bob")
    own_frames: list[object] = []
    callee.endpoint.on("own_frame", own_frames.append)
    await caller.endpoint.call(name, video=True)
    await caller.until("tone", Tone.RINGBACK)
    _, _, (call,) = await callee.until("ringing")
    assert call.peer_name == ("Bob" if turned else "Anna") and call.view.video
    await callee.until("speak", f"Call from {call.peer_name}")
    await callee.until("tone", Tone.RINGING)
    assert call.ringing and not own_frames, "nothing is captured before the answer"

    await callee.endpoint.answer()
    await asyncio.gather(anna.hears(1000), bob.hears(440), anna.sees(10), bob.sees(10))
    assert own_frames, "the self-view shows what is sent"
    await caller.until_true(lambda: caller.call.view.phase is Phase.ACTIVE, "an active call")

    await caller.endpoint.hang_up()
    await callee.until("ended", EndReason.HUNG_UP)
    assert caller.details("ended")[0][1] is EndReason.HUNG_UP
    assert anna.endpoint.current is None and bob.endpoint.current is None
    frames = anna.frames, bob.frames
    assert await anna.heard_nothing_for(0.3) and await bob.heard_nothing_for(0.3)
    assert (anna.frames, bob.frames) == frames
    for one in (anna, bob):
        assert len(one.details("ended")) == 1 and one.details("indicator")[-1] == (False, False)


@pytest.mark.alone
@pytest.mark.row("R31")
async def test_every_endpoint_rings_the_first_to_answer_wins_and_the_others_stop_at_once(two: Two) -> None:
    caller = await two.endpoint(two.anna, "Study", microphone="tone:440")
    hall = await two.endpoint(two.bob, "Hall", microphone="tone:1000")
    others = [await two.endpoint(two.bob, name) for name in ("Kitchen", "Phone")]
    await caller.endpoint.call("Bob")
    for one in (hall, *others):
        await one.until("ringing")
    answered = asyncio.get_running_loop().time()
    await hall.endpoint.answer()
    for one in others:
        at, _, _ = await one.until("ended", EndReason.ANSWERED_ELSEWHERE)
        assert at - answered < 0.2
        assert one.endpoint.current is None and one.endpoint.presentation.signs.light is Light.OFF
    await asyncio.gather(caller.hears(1000), hall.hears(440))


@pytest.mark.row("R30")
async def test_a_spoken_call_is_the_same_as_the_button(two: Two) -> None:
    caller, callee = await two.endpoint(two.anna, "Study"), await two.endpoint(two.bob, "Hall")
    seen = []
    for start in (lambda: caller.endpoint.call("Bob"), lambda: obey(caller.endpoint, "call bob, please")):
        began = asyncio.get_running_loop().time()
        await start()
        _, _, (call,) = await callee.until("ringing", after=began)
        view = call.view
        seen.append((view.peer_name, view.peer_person, view.video, view.role, view.phase))
        assert await obey(callee.endpoint, "decline") == "OK."
        await caller.until("ended", EndReason.DECLINED, after=began)
    assert seen[0] == seen[1]
    assert await obey(caller.endpoint, "call Zoe") == "I do not know Zoe."
    assert await obey(caller.endpoint, "answer") == "There is no call."
    assert await obey(caller.endpoint, "dance") == "I did not understand that."


@pytest.mark.row("R33")
async def test_lights_and_screens_match_what_the_device_has(two: Two) -> None:
    caller = await two.endpoint(two.anna, "Study")
    plain = await two.endpoint(two.bob, "Kitchen")
    screen = await two.endpoint(two.bob, "Hall", screen=True)
    await caller.endpoint.call("Bob")
    await plain.until("light", Light.GREEN_PULSE)
    await screen.until("screen", Screen.INCOMING)
    assert not plain.details("screen") and not screen.details("light")
    await plain.endpoint.answer()
    await plain.until("light", Light.GREEN)
    await screen.until("screen", Screen.IDLE)
    await plain.until("connected")
    await plain.endpoint.hang_up()
    await plain.until("light", Light.OFF)


@pytest.mark.row("R81")
async def test_video_off_stops_the_camera_and_the_sound_goes_on(two: Two) -> None:
    anna, bob = await two.video_pair()
    await in_call(anna, bob, "Bob", video=True)
    await asyncio.gather(anna.hears(1000), anna.sees(10))
    assert await obey(bob.endpoint, "video off") == "OK."
    await anna.until_true(lambda: (i := anna.call.indicated) is not None and not i.video, "the word of it")
    assert not bob.endpoint.equipment.picture.live
    await asyncio.sleep(0.3)
    before = anna.frames, (await bob.call.packets_sent())["video"]
    played, since = anna.call.played, asyncio.get_running_loop().time()
    await anna.hears(1000)
    await asyncio.sleep(0.5)
    assert (anna.frames, (await bob.call.packets_sent())["video"]) == before
    due = (asyncio.get_running_loop().time() - since) * 50
    assert anna.call.played - played > 0.7 * due, "the sound must not be interrupted"
    bob.endpoint.video(on=True)
    await anna.sees(10)


@pytest.mark.row("R132", "R134")
async def test_microphone_off_cuts_everything_and_the_caller_is_told(two: Two) -> None:
    anna, bob = await two.video_pair()
    plain = await two.endpoint(two.bob, "Kitchen", microphone="tone:700")
    await in_call(anna, plain, "Bob")
    await anna.hears(700)
    assert plain.details("indicator")[-1] == (True, False)
    plain.endpoint.microphone_off(off=True)
    assert plain.details("indicator")[-1] == (False, False)
    await plain.until("light", Light.RED)
    await anna.until_true(
        lambda: (i := anna.call.indicated) is not None and i.hardware_muted and not i.audio, "the word of it"
    )
    sent = (await plain.call.packets_sent())["audio"]
    assert await anna.heard_nothing_for(0.6)
    assert (await plain.call.packets_sent())["audio"] == sent, "not one packet may leave"
    plain.endpoint.microphone_off(off=False)
    await anna.hears(700)
    assert plain.details("indicator")[-1] == (True, False)
    assert plain.details("light")[-1] == (Light.GREEN,)
    assert bob.endpoint.presentation.signs.live_audio is False


@pytest.mark.row("R133")
@pytest.mark.parametrize("switch", ["shutter", "microphone"])
async def test_a_closed_shutter_or_the_button_means_that_video_is_never_offered(
    two: Two, switch: str
) -> None:
    anna, bob = await two.video_pair()
    for one in (anna, bob):
        if switch == "shutter":
            one.endpoint.shutter(closed=True)
        else:
            one.endpoint.microphone_off(off=True)
    await in_call(anna, bob, "Bob", video=True)
    for one in (anna, bob):
        media = one.call.view.media
        assert not media.send_video and not media.receive_video and media.send_audio
        assert not sends_video(said(one))
        assert not one.endpoint.equipment.picture.live
        assert set(await one.call.packets_sent()) == {"audio"}
    if switch == "microphone":
        assert (await anna.call.packets_sent())["audio"] == 0


def said(watched: Watched) -> str:
    """The session description that left."""
    assert watched.call.description is not None
    return watched.call.description


def sends_video(description: str) -> bool:
    """Whether it offers to (RFC 8866, 6.7: where no direction is named it does)."""
    videos = [part for part in description.split("m=")[1:] if part.startswith("video ")]
    return any("a=recvonly" not in part and "a=inactive" not in part for part in videos)


@pytest.mark.row("R133")
async def test_a_shutter_closed_during_a_call_stops_the_picture(two: Two) -> None:
    anna, bob = await two.video_pair()
    await in_call(anna, bob, "Bob", video=True)
    await anna.sees(5)
    bob.endpoint.shutter(closed=True)
    await anna.until_true(lambda: (i := anna.call.indicated) is not None and not i.video, "the word of it")
    await asyncio.sleep(0.3)
    frames = anna.frames
    await anna.hears(1000)
    assert anna.frames == frames and not bob.endpoint.equipment.picture.live


@pytest.mark.row("R47")
async def test_an_endpoint_without_a_screen_is_never_offered_video(two: Two) -> None:
    anna, _ = await two.video_pair()
    speaker = await two.endpoint(two.bob, "Kitchen", microphone="tone:700")
    camera = await two.endpoint(two.bob, "Doorbell", microphone="tone:800", camera="pattern")
    await in_call(anna, speaker, "Bob", video=True)
    assert "m=video" not in said(anna) and "m=video" not in said(speaker)
    await anna.endpoint.hang_up()
    await speaker.until("ended")
    ended = asyncio.get_running_loop().time()
    await anna.endpoint.call("Bob", video=True)
    await camera.until("ringing", after=ended)
    await camera.endpoint.answer()
    await anna.sees(5)
    assert not sends_video(said(anna)) and sends_video(said(camera))
    assert camera.frames == 0


async def test_an_answer_without_video_is_an_audio_call(two: Two) -> None:
    anna, bob = await two.video_pair()
    await anna.endpoint.call("Bob", video=True)
    await bob.until("ringing")
    await bob.endpoint.answer(video=False)
    await asyncio.gather(anna.hears(1000), bob.hears(440))
    assert "m=video" not in said(anna) and anna.frames == bob.frames == 0


async def test_mute_is_silence_and_is_told(two: Two) -> None:
    anna = await two.endpoint(two.anna, "Study", microphone="tone:440")
    bob = await two.endpoint(two.bob, "Hall", microphone="tone:1000")
    await in_call(anna, bob, "Bob")
    await bob.hears(440)
    anna.endpoint.mute()
    await bob.until_true(lambda: (i := bob.call.indicated) is not None and not i.audio, "the word of it")
    assert bob.call.indicated is not None and not bob.call.indicated.hardware_muted
    assert await bob.heard_nothing_for(0.3)
    assert anna.endpoint.presentation.signs.light is Light.RED
    anna.endpoint.mute(on=False)
    await bob.hears(440)


async def test_a_second_call_meets_busy(two: Two) -> None:
    anna, bob = await two.endpoint(two.anna, "Study"), await two.endpoint(two.bob, "Hall")
    third = await two.endpoint(two.anna, "Tablet")
    await in_call(anna, bob, "Bob")
    await third.endpoint.call("Bob")
    await third.until("ended", EndReason.BUSY)
    await third.until("tone", Tone.BUSY)
    assert bob.call.connected and len(bob.details("ringing")) == 1


@pytest.mark.parametrize("who", ["caller", "callee"])
async def test_a_call_that_is_given_up_while_it_rings_ends_for_both(two: Two, who: str) -> None:
    anna, bob = await two.endpoint(two.anna, "Study"), await two.endpoint(two.bob, "Hall")
    await anna.endpoint.call("Bob")
    await bob.until("ringing")
    await (anna if who == "caller" else bob).endpoint.hang_up()
    await anna.until("ended")
    await bob.until("ended")
    assert anna.endpoint.current is None and bob.endpoint.current is None
    assert bob.details("indicator") == [] and anna.details("indicator") == []


@pytest.mark.parametrize("order", ["at once", "while it rings"])
async def test_two_who_call_each_other_are_in_one_call(two: Two, order: str) -> None:
    anna = await two.endpoint(two.anna, "Study", microphone="tone:440")
    bob = await two.endpoint(two.bob, "Hall", microphone="tone:1000")
    if order == "at once":
        await asyncio.gather(anna.endpoint.call("Bob"), bob.endpoint.call("Anna"))
    else:
        await anna.endpoint.call("Bob")
        await bob.until("ringing")
        await bob.endpoint.call("Anna")
    await asyncio.gather(anna.hears(1000), bob.hears(440))
    assert anna.call.id == bob.call.id
    await bob.endpoint.hang_up()
    await anna.until("ended", EndReason.HUNG_UP)
    assert len(anna.details("ended")) == len(bob.details("ended")) == 1
