"""Two homes: Anna's kitchen opens for whom Anna lets in, and shows and sounds it. Real endpoints, a real server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from av import VideoFrame

from kith.core.problem import Code, Problem
from kith.core.trust import log as chains
from kith.core.trust.grants import DropInTerm, HomeTerm, Mode
from kith.core.trust.log import Outcome, What
from kith.core.utterances.answers import say
from kith.endpoint import attention, vigil
from kith.endpoint.call import Call
from kith.endpoint.equipment import Parts
from kith.endpoint.indicators import Light
from kith.endpoint.lock import Locked
from kith.endpoint.obey import obey
from media.tones import RATE, Tone, samples
from signaling import protocol
from signaling.call import EndReason
from signaling.protocol import Command
from tests.peers.test_endpoint_survives import cut_the_wire, is_in_epoch
from tests.support.endpoints import Clock, Happened, Watched, endpoint_of, phone_of
from tests.support.leaving import Leaving
from tests.support.server import Joined, RunningServer, running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

TONE = len(samples(Tone.DROP_IN)) / RATE
FROST = 3
SHARP = 20
"""Steps of brightness between two neighbours: a bar's edge has 20, a frosted one 2 and what the codec makes of it."""


def now() -> float:
    return asyncio.get_running_loop().time()


def sharpness(frame: VideoFrame) -> float:
    """How steep the steepest edges are."""
    luma = frame.to_ndarray(format="yuv420p")[: frame.height].astype(int)
    return float(np.percentile(np.abs(np.diff(luma, axis=1)), 99.98))


class Seen:
    """How sharp the frames are that reach an endpoint, and when."""

    def __init__(self, watched: Watched) -> None:
        self.frames: list[tuple[float, float]] = []
        self._watched = watched
        watched.endpoint.on("frame", self._see)

    def _see(self, call: Call, frame: VideoFrame) -> None:
        del call
        self.frames.append((now(), sharpness(frame)))

    async def clear(self) -> None:
        await self._watched.until_true(lambda: self.frames[-1:] != [] and self.frames[-1][1] > SHARP, "clear")
        self._watched.endpoint.remove_listener("frame", self._see)

    @property
    def cleared(self) -> float:
        """When the first clear one came."""
        return next(at for at, sharp in self.frames if sharp > SHARP)

    def before(self, time: float) -> int:
        return sum(at < time for at, _ in self.frames)


@dataclass
class Homes:
    """Anna has a phone and shares the kitchen; Bob lives elsewhere, and calls from a screen."""

    server: RunningServer
    anna: Joined
    bob: Joined
    hers: Watched
    his: Watched
    kitchen: Watched
    clock: Clock

    async def allow(self, mode: Mode = Mode.INSTANT) -> None:
        """Until the kitchen has heard it, and Bob knows."""
        began = now()
        await self.hers.endpoint.grants.give("Bob", mode=mode)
        await self.his.until("granted", after=began)
        await self.heard()

    async def heard(self) -> None:
        """The kitchen goes by what Anna has signed."""
        own = await self.hers.endpoint.grants.own()
        if own is None:
            return
        sets = self.kitchen.endpoint.reach.sets
        await self.kitchen.until_true(lambda: sets.terms.known(own.person) == own, "the kitchen has heard")

    async def drop_in(self) -> tuple[Call, Leaving]:
        """Bob drops in; what leaves the kitchen is counted from before anything does."""
        began = now()
        call = await self.his.endpoint.drop_in("Anna")
        await self.kitchen.until("drop_in", after=began)
        return call, Leaving(self.kitchen.call)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def homes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Homes]:
    directory: Path = tmp_path_factory.mktemp("homes")
    clock = Clock()
    async with (
        running_server(directory, "--no-tls", program=("tests.support.unhurried",)) as server,
        AsyncExitStack() as stack,
    ):
        enter = stack.enter_async_context
        anna = await server.person("Anna")
        bob = await server.person("Bob", by=anna)
        hers = await enter(phone_of(server, anna, directory))
        parts: Parts = {"microphone": "tone:1000", "camera": "pattern", "screen": True, "stream_tones": True}
        his = await enter(phone_of(server, bob, directory, clock=clock, **parts))
        kitchen = await enter(
            endpoint_of(
                server, anna, "Kitchen", directory, shared=True, microphone="tone:440", camera="pattern"
            )
        )
        await hers.endpoint.reach.allow_drop_in(DropInTerm.OFF)
        made = Homes(server, anna, bob, hers, his, kitchen, clock)
        yield made


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def clean(homes: Homes) -> AsyncIterator[None]:
    for one in (homes.hers, homes.his, homes.kitchen):
        one.history.clear()
    yield
    for one in (homes.his, homes.kitchen):
        if one.endpoint.current is not None:
            await one.endpoint.hang_up()
    await homes.kitchen.until_true(lambda: homes.kitchen.endpoint.current is None, "quiet")
    await again(homes)


async def refused(homes: Homes) -> None:
    """Bob is told at once that it is not permitted, and nothing happens in the kitchen."""
    with pytest.raises(Problem) as caught:
        await homes.his.endpoint.drop_in("Anna")
    assert caught.value.code is Code.NOT_PERMITTED
    for sign in ("ringing", "knock", "drop_in", "light", "indicator", "tone"):
        assert homes.kitchen.details(sign) == []


@pytest.mark.row("R67")
async def test_on_a_fresh_install_every_drop_in_is_refused(homes: Homes) -> None:
    await refused(homes)


@pytest.mark.alone
@pytest.mark.row("R74", "R75", "R76", "R78", "R79", "R134")
async def test_it_opens_by_itself_after_tone_and_light_and_the_picture_clears(homes: Homes) -> None:
    await homes.hers.endpoint.grants.frost(FROST)
    await homes.allow()
    seen = Seen(homes.his)
    _, leaving = await homes.drop_in()
    tone, _, _ = await homes.kitchen.until("tone", Tone.DROP_IN)
    opens, _, _ = await homes.kitchen.until("opens")
    await homes.his.hears(440)
    assert leaving.first is not None
    assert opens - tone >= TONE and leaving.first >= opens
    assert leaving.first - opens <= 0.1
    lit, _, _ = await homes.kitchen.until("light", Light.GREEN)
    assert lit <= tone + 0.05 and homes.kitchen.details("ringing") == []
    await seen.clear()
    assert seen.cleared - opens >= FROST, "blurred until then"
    assert seen.frames[0][0] - opens < FROST / 2 and seen.before(opens + FROST) >= 10, "and seen before"
    before = now()
    await homes.kitchen.endpoint.hang_up()
    await homes.his.until("ended", EndReason.HUNG_UP)
    assert leaving.last <= before + 0.5
    await homes.kitchen.until("light", Light.OFF, after=before)


@pytest.mark.row("R78", "R79", "R80", "R81")
async def test_neither_loss_nor_a_new_connection_nor_the_camera_makes_the_frost_shorter(homes: Homes) -> None:
    """And the self-view is what is sent, from the first picture on."""
    await homes.hers.endpoint.grants.frost(2 * FROST)
    await homes.allow()
    own: list[float] = []
    homes.kitchen.endpoint.on("own_frame", lambda frame: own.append(sharpness(frame)))
    seen = Seen(homes.his)
    began = now()
    await homes.his.endpoint.drop_in("Anna")
    await homes.kitchen.until("drop_in", after=began)
    leaving = Leaving(homes.kitchen.call, lossy=True)
    opens, _, _ = await homes.kitchen.until("opens")
    await homes.his.sees(3)
    homes.kitchen.endpoint.video(on=False)
    homes.kitchen.endpoint.video(on=True)
    await homes.his.sees(3)
    cut_the_wire(homes.kitchen)
    await homes.his.until_true(is_in_epoch(homes.his, 1), "a new connection")
    assert max(own) <= SHARP and max(sharp for _, sharp in seen.frames) <= SHARP
    await seen.clear()
    assert seen.cleared - opens >= 2 * FROST
    assert max(own) > SHARP
    leaving.look()
    heard = len(leaving.times)
    homes.kitchen.endpoint.video(on=False)
    await homes.his.until_true(lambda: not homes.kitchen.endpoint.equipment.picture.live, "no picture")
    await homes.his.hears(440)
    assert len(leaving.times) > heard, "the sound goes on"


@pytest.mark.row("S1")
async def test_who_is_to_knock_waits_until_somebody_lets_them_in(homes: Homes) -> None:
    await homes.allow(Mode.KNOCK)
    await homes.his.endpoint.drop_in("Anna")
    await homes.kitchen.until("knock")
    await homes.kitchen.until("tone", Tone.KNOCK)
    assert homes.kitchen.details("indicator") == [] and not homes.kitchen.endpoint.equipment.voice.live
    await homes.kitchen.endpoint.let_in()
    await homes.his.hears(440)
    tone, _, _ = await homes.kitchen.until("tone", Tone.DROP_IN)
    opens, _, _ = await homes.kitchen.until("opens")
    assert opens - tone >= TONE
    await homes.his.endpoint.hang_up()
    await homes.kitchen.until("ended", EndReason.HUNG_UP)


@pytest.mark.row("S1")
async def test_not_now_says_nothing_but_that_nobody_was_let_in(homes: Homes) -> None:
    await homes.allow(Mode.KNOCK)
    await homes.his.endpoint.drop_in("Anna")
    await homes.kitchen.until("knock")
    await homes.kitchen.endpoint.not_now()
    await homes.his.until("ended", EndReason.NOT_LET_IN)
    assert homes.kitchen.details("indicator") == []


@pytest.mark.row("R64", "R66")
async def test_do_not_disturb_refuses_until_it_is_off(homes: Homes) -> None:
    await homes.allow()
    await homes.kitchen.endpoint.reach.do_not_disturb(on=True)
    await homes.kitchen.until("quiet", True)  # noqa: FBT003
    await reported(homes)
    await refused(homes)
    await homes.kitchen.endpoint.reach.do_not_disturb(on=False)
    await reported(homes)
    await homes.his.endpoint.drop_in("Anna")
    await homes.his.hears(440)


async def reported(homes: Homes) -> None:
    """What the kitchen said of itself has reached the server: it is sent in order, and answered in order."""
    endpoint = homes.kitchen.endpoint
    for _ in range(2):
        await endpoint.request(protocol.Ping(id=endpoint.new_id()))


async def revoke(homes: Homes) -> None:
    await homes.hers.endpoint.grants.revoke("Bob")


async def block(homes: Homes) -> None:
    endpoint = homes.hers.endpoint
    await endpoint.request(protocol.Block(id=endpoint.new_id(), person=str(homes.bob.person)))


async def disturb_nobody(homes: Homes) -> None:
    await homes.hers.endpoint.grants.quiet(on=True)


async def disturb_nobody_here(homes: Homes) -> None:
    await homes.kitchen.endpoint.reach.do_not_disturb(on=True)


async def close_the_kitchen(homes: Homes) -> None:
    await homes.hers.endpoint.grants.device("Kitchen", DropInTerm.HOUSEHOLD)


async def turn_the_switch(homes: Homes) -> None:
    await homes.kitchen.endpoint.reach.allow_drop_in(DropInTerm.OFF)


async def cut_the_microphone(homes: Homes) -> None:
    homes.kitchen.endpoint.microphone_off()


async def close_everything(homes: Homes) -> None:
    await homes.hers.endpoint.grants.panic()


ENDS = (
    revoke,
    disturb_nobody,
    disturb_nobody_here,
    close_the_kitchen,
    turn_the_switch,
    cut_the_microphone,
    close_everything,
)


@pytest.mark.alone
@pytest.mark.row("R64", "R72", "R73", "R132", "S6")
@pytest.mark.parametrize("end", ENDS, ids=lambda end: str(end.__name__))
async def test_what_is_taken_back_ends_at_both_ends_within_half_a_second(
    homes: Homes, end: Callable[[Homes], Awaitable[None]]
) -> None:
    await homes.allow()
    _, leaving = await homes.drop_in()
    his = Leaving(homes.his.call)
    await homes.his.hears(440)
    began = now()
    await end(homes)
    await homes.his.until("ended")
    await homes.kitchen.until("ended")
    assert not homes.kitchen.endpoint.equipment.voice.live and not homes.his.endpoint.equipment.voice.live
    assert leaving.last - began <= 0.5 and his.last - began <= 0.5


async def again(homes: Homes) -> None:
    """As before, so that the next one can be dropped in on."""
    kitchen, grants = homes.kitchen.endpoint, homes.hers.endpoint.grants
    kitchen.microphone_off(off=False)
    await kitchen.reach.allow_drop_in(DropInTerm.ON)
    await kitchen.reach.do_not_disturb(on=False)
    own = await grants.own()
    if own is not None and own.closed:
        await grants.open_again()
    if own is not None and own.quiet:
        await grants.quiet(on=False)
    if own is not None and own.devices:
        await grants.device("Kitchen", DropInTerm.ON)
    await homes.heard()
    await reported(homes)


@pytest.mark.row("R134", "R143", "R76")
async def test_the_indicator_is_on_exactly_while_packets_leave(homes: Homes) -> None:
    """And Bob's device, which is set so, sounds when they begin and when they cease; the kitchen is not."""
    await homes.allow()
    _, leaving = await homes.drop_in()
    await homes.his.hears(440)
    homes.kitchen.endpoint.mute()
    homes.kitchen.endpoint.video(on=False)
    off, _, _ = await homes.kitchen.until("indicator", False, False)  # noqa: FBT003
    await homes.kitchen.until("light", Light.RED)
    await asyncio.sleep(0.3)
    homes.kitchen.endpoint.mute(on=False)
    on, _, _ = await homes.kitchen.until("indicator", True, False, after=off)  # noqa: FBT003
    await homes.his.hears(440)
    ending = now()
    await homes.his.endpoint.hang_up()
    ended, _, _ = await homes.kitchen.until("indicator", False, False, after=on)  # noqa: FBT003
    assert ended - ending < 0.5
    between = [at for at in leaving.times if off + 0.06 < at < on]
    assert between == [] and leaving.last <= ended + 0.06
    steady = [at for at in leaving.times if on + 0.1 < at < ending]
    assert max(later - sooner for sooner, later in pairwise(steady)) < 0.2
    await homes.his.until("tone", Tone.STREAM_END)
    sounded = [what for _, name, (what, *_) in with_details(homes.his) if name == "tone"]
    assert sounded.count(Tone.STREAM_START) == sounded.count(Tone.STREAM_END) == 1
    assert not {Tone.STREAM_START, Tone.STREAM_END} & {
        what for _, name, (what, *_) in with_details(homes.kitchen) if name == "tone"
    }


def with_details(watched: Watched) -> list[Happened]:
    return [one for one in watched.history if one[2]]


@pytest.mark.row("R69", "R70", "R71", "R77")
async def test_the_own_household_may_once_somebody_says_drop_in_on_home(homes: Homes) -> None:
    """Said to Anna's own phone, which signs it; everybody hears of it. "Disable drop in" takes it back, and leaves Bob
    what he was given."""
    hers = homes.hers.endpoint
    assert (await granted_at_home(homes)) is HomeTerm.UNSET
    began = now()
    assert "Dropping in" in await obey(hers, "drop in on home")
    await homes.kitchen.until("drop_in", after=began)
    assert (await granted_at_home(homes)) is HomeTerm.INSTANT
    await homes.hers.hears(440)
    assert await obey(homes.kitchen.endpoint, "hang up") == "OK."
    await homes.hers.until("ended")
    await homes.allow()
    assert "may not" in await obey(hers, "disable drop in")
    with pytest.raises(Problem) as caught:
        await hers.drop_in("home")
    assert caught.value.code is Code.NOT_PERMITTED
    await homes.heard()
    await homes.his.endpoint.drop_in("Anna")
    await homes.his.hears(440)


async def granted_at_home(homes: Homes) -> HomeTerm:
    own = await homes.hers.endpoint.grants.own()
    return HomeTerm.UNSET if own is None else own.home


@pytest.mark.row("S10")
async def test_a_carer_passes_do_not_disturb_and_nothing_else(homes: Homes) -> None:
    began = now()
    await homes.hers.endpoint.grants.give("Bob", carer=True)
    await homes.his.until("granted", after=began)
    await homes.heard()
    await homes.hers.endpoint.grants.quiet(on=True)
    await homes.heard()
    await homes.his.endpoint.drop_in("Anna")
    await homes.his.hears(440)
    await homes.his.endpoint.hang_up()
    await homes.kitchen.until("ended")
    for stop in (cut_the_microphone, turn_the_switch):
        await stop(homes)
        await reported(homes)
        homes.kitchen.history.clear()
        await refused(homes)
        homes.kitchen.endpoint.microphone_off(off=False)


@pytest.mark.row("S7")
async def test_it_chimes_and_ends_when_nobody_speaks(homes: Homes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vigil, "MINUTE", 0.05)
    await homes.allow()
    await homes.drop_in()
    await homes.kitchen.until("tone", Tone.CHIME)
    homes.kitchen.endpoint.mute()
    homes.his.endpoint.mute()
    await homes.kitchen.until("ended", EndReason.SILENCE)
    await homes.his.until("ended")


@pytest.mark.row("S7")
async def test_it_ends_when_it_has_lasted_its_time(homes: Homes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vigil, "MINUTE", 0.02)
    await homes.allow()
    await homes.drop_in()
    opened, _, _ = await homes.kitchen.until("opens")
    ended, _, _ = await homes.kitchen.until("ended")
    assert 1.1 <= ended - opened < 2.5
    await homes.his.until("ended")


@pytest.mark.row("R127", "R128", "R129")
async def test_two_clicks_call_and_one_ends_it_and_both_can_be_felt_and_heard(homes: Homes) -> None:
    his = homes.his.endpoint
    his.top_contact = "Anna"
    await his.press(2)
    await homes.hers.until("ringing")
    assert len(homes.his.details("vibrate")) == 1
    await homes.his.until("tone", Tone.CONFIRMED)
    await homes.hers.endpoint.answer()
    await homes.his.until("connected")
    await his.press()
    await homes.hers.until("ended", EndReason.HUNG_UP)
    assert len(homes.his.details("vibrate")) == 2


@pytest.mark.row("R130")
async def test_a_locked_phone_finds_nobody_after_half_an_hour(
    homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    his, lock, minutes = homes.his.endpoint, homes.his.endpoint.reach.lock, [0]
    monkeypatch.setattr(lock, "_clock", lambda: minutes[0] * 60.0)
    lock.turn(locked=True)
    minutes[0] = 29
    await (await his.call("Anna")).hang_up()
    assert isinstance(await his.contacts.all(), tuple)
    minutes[0] = 31
    for hidden in (his.call("Anna"), his.contacts.all(), his.drop_in("Anna")):
        with pytest.raises(Locked):
            await hidden
    assert await obey(his, "call Anna") == say("en", "locked")
    lock.rule(on=False)
    await (await his.call("Anna")).hang_up()
    lock.rule(on=True)
    lock.turn(locked=False)
    await (await his.call("Anna")).hang_up()


@pytest.mark.row("R86")
async def test_a_camera_that_is_off_or_covered_sees_nothing_move(
    homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "PAUSE", 0.0)
    kitchen = homes.kitchen.endpoint
    tell, told = kitchen._wire.tell, list[Command]()

    def telling(command: Command) -> None:
        told.append(command)
        tell(command)

    monkeypatch.setattr(kitchen._wire, "tell", telling)
    kitchen.motion()
    kitchen.touched()
    kitchen.shutter()
    kitchen.motion()
    kitchen.shutter(closed=False)
    kitchen.microphone_off()
    kitchen.motion()
    touches = [one.kind for one in told if isinstance(one, protocol.Touch)]
    assert touches == ["motion", "interaction"]
    homes.hers.endpoint.motion()
    assert not homes.hers.endpoint.equipment.capabilities.camera, "and where there is none, nothing does"


@pytest.mark.row("S4")
async def test_the_kitchen_writes_down_who_came_and_who_did_not(homes: Homes) -> None:
    await homes.allow()
    await homes.his.endpoint.drop_in("Anna")
    await homes.his.hears(440)
    await homes.his.endpoint.hang_up()
    await homes.kitchen.until("ended")
    await homes.allow(Mode.KNOCK)
    await homes.his.endpoint.drop_in("Anna")
    await homes.kitchen.until("knock")
    await homes.kitchen.endpoint.not_now()
    await homes.his.until("ended", EndReason.NOT_LET_IN)
    journal = homes.kitchen.endpoint.journal
    await homes.kitchen.endpoint._record.close()
    await journal.send()
    hers, writer = homes.hers.endpoint, homes.kitchen.endpoint._calls._keys.public.identity
    shown = await hers.request(protocol.ListLog(id=hers.new_id()))
    assert isinstance(shown, protocol.LogPage)
    own = [line for line in shown.lines if line.entry.writer == writer][:3]
    read = [chains.read(line.payload) for line in own if line.payload is not None]
    assert [(one.what, one.outcome, one.name) for one in read] == [
        (What.KNOCK, Outcome.NOT_LET_IN, "Bob"),
        (What.DROP_IN, Outcome.ENDED, "Bob"),
        (What.DROP_IN, Outcome.ADMITTED, "Bob"),
    ]
    assert read[1].length is not None and read[1].reason == "hung_up" and read[0].person == homes.bob.person


@pytest.mark.row("R28")
async def test_a_block_ends_it_at_once_and_takes_back_for_good_what_was_granted(homes: Homes) -> None:
    await test_what_is_taken_back_ends_at_both_ends_within_half_a_second(homes, block)
