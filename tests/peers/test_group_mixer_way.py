"""An endpoint and the mixer of its server: what it offers, whom it believes, and what reaches the mixer."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from kith.core.keys import KeyPair
from kith.core.problem import Code, Problem
from kith.core.trust.fingerprint import fingerprint_of
from kith.core.trust.mixer import MixerPromise
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint import aiortc_hooks
from kith.endpoint.equipment import Equipment
from kith.endpoint.group_mixer import MixerWay, _Mixed
from kith.endpoint.group_pair import Due, Gear
from kith.endpoint.group_way import Ground, Listener
from kith.endpoint.ice_hooks import Helpers
from media.level import announced
from media.tones import sine
from signaling import protocol
from signaling.protocol import Command, GroupView, MemberView, MixerAnswer
from tests.support.gathering import CALL, Hall

GENEROUS = 20.0


@dataclass
class Booth:
    """A server with a mixer that only listens. It vouches for `vouches` where that is another certificate."""

    keys: KeyPair = field(default_factory=KeyPair.generate)
    offers: list[protocol.OfferMixer] = field(default_factory=list)
    levels: list[tuple[bool, int]] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    unavailable: int = 0
    vouches: bytes | None = None
    signs: KeyPair | None = None
    connections: list[RTCPeerConnection] = field(default_factory=list)

    async def ask(self, command: Command, identity: bytes) -> MixerAnswer:
        assert isinstance(command, protocol.OfferMixer)
        self.offers.append(command)
        if self.unavailable:
            self.unavailable -= 1
            raise Problem(Code.MIXER_UNAVAILABLE)
        aiortc_hooks.allow_loopback_when_alone()
        made = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self.connections.append(made)
        await made.setRemoteDescription(RTCSessionDescription(command.sdp, "offer"))
        cast("Any", made.getTransceivers()[0].receiver)._RTCRtpReceiver__jitter_buffer = self
        await made.setLocalDescription(await made.createAnswer())
        own = fingerprint_of(_one_fingerprint(made.localDescription.sdp))
        promise = MixerPromise(
            call=command.call,
            epoch=command.epoch,
            identity=identity,
            mixer=self.vouches or own,
            own=fingerprint_of(command.sdp),
            nonce=command.nonce,
        )
        return MixerAnswer(
            re="",
            sdp=_one_fingerprint(made.localDescription.sdp),
            fingerprint=self.vouches or own,
            statement=promise.sign(self.signs or self.keys),
        )

    def add(self, packet: Any) -> tuple[bool, None]:
        """In place of a jitter buffer."""
        self.levels.append(packet.extensions.audio_level)
        self.heard.set()
        return False, None

    async def close(self) -> None:
        for one in self.connections:
            await one.close()


def _one_fingerprint(sdp: str) -> str:
    """aiortc lists its certificate by three hashes; one is what may be signed."""
    lines = sdp.splitlines()
    kept = [
        line
        for line in lines
        if not line.startswith("a=fingerprint:") or line.startswith("a=fingerprint:sha-256")
    ]
    return "\r\n".join(kept) + "\r\n"


class End:
    """One endpoint's way, and what it says."""

    def __init__(self, booth: Booth, *, allowed: bool = True, held: bool = False) -> None:
        self.booth = booth
        self.allowed = allowed
        self.up = asyncio.Event()
        self.said: list[Command] = []
        self._items: asyncio.Queue[object] = asyncio.Queue()
        self._hall = Hall()
        self.guest = self._hall.guest(440.0)
        self._hall.orders[self.guest] = 0
        self.equipment = Equipment(
            {"microphone": "tone:440", "speaker": "null", "camera": "none"},
            changed=lambda: None,
            own_frame=lambda frame: None,
        )
        self._tasks: set[asyncio.Task[Any]] = set()
        ground = Ground(
            call=CALL,
            gear=Gear(self.equipment, cast("Any", self), self.guest.someone.keys),
            put=self._items.put_nowait,
            tell=self.said.append,
            ask=lambda command: booth.ask(command, self.guest.someone.keys.public.identity),
            signal=lambda endpoint, epoch, sealed: None,
            new_id=lambda: "1",
            spawn=self._spawn,
        )
        self.way = MixerWay(
            self.view,
            ground,
            cast("Listener", self),
            allowed=lambda: self.allowed,
            server_key=booth.keys.public.identity,
            held=held,
        )

    @property
    def view(self) -> GroupView:
        return self._hall.view(self.guest)

    def joined(self, order: int) -> MemberView:
        """Another one has."""
        guest = self._hall.guest(440.0 + order)
        self._hall.orders[guest] = order
        return next(one for one in self.view.members if one.endpoint == guest.endpoint)

    async def helpers(self) -> Helpers:
        return Helpers()

    def mixer_up(self) -> None:
        self.up.set()

    async def run_until(self, event: asyncio.Event) -> None:
        async with asyncio.timeout(GENEROUS):
            while not event.is_set():
                getting = asyncio.ensure_future(self._items.get())
                waiting = asyncio.ensure_future(event.wait())
                await asyncio.wait([getting, waiting], return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                if getting.done():
                    await self.way.deal_with(getting.result())
                else:
                    getting.cancel()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for link in self.way.stop():
            await link.close()
        await self.equipment.playback.close()


@contextlib.asynccontextmanager
async def ends(booth: Booth, **how: bool) -> AsyncIterator[End]:
    end = End(booth, **how)
    try:
        yield end
    finally:
        await end.close()
        await booth.close()


async def test_it_is_heard_with_the_level_of_what_it_captures() -> None:
    booth = Booth()
    async with ends(booth) as end:
        await end.way.settle()
        await end.run_until(end.up)
        assert "m=video" not in booth.offers[0].sdp and "ssrc-audio-level" in booth.offers[0].sdp
        await end.run_until(booth.heard)
        expected = announced(sine(440, 0, 960))
        assert abs(booth.levels[-1][1] - expected) <= 1
        assert any(isinstance(one, protocol.GroupMedia) and one.up and one.peer is None for one in end.said)
        await end.way.settle()
        assert len(booth.offers) == 1, "nothing is offered again in the same epoch"


@pytest.mark.row("R82", "R91")
async def test_without_the_own_word_nothing_is_offered() -> None:
    booth = Booth()
    async with ends(booth, allowed=False) as end:
        with pytest.raises(Untrusted) as caught:
            await end.way.settle()
        assert caught.value.reason is Reason.NOT_CONFIRMED
        assert booth.offers == [] and not end.equipment.voice.live


@pytest.mark.parametrize("lie", ["another key", "another certificate"])
async def test_who_is_not_vouched_for_hears_nothing(lie: str) -> None:
    booth = Booth()
    if lie == "another key":
        booth.signs = KeyPair.generate()
    else:
        booth.vouches = bytes(32)
    async with ends(booth) as end:
        with pytest.raises(Untrusted):
            await end.way.settle()
        assert end.way.stop()[0].stopped and not end.equipment.voice.live and booth.levels == []


async def test_a_mixer_that_is_away_is_asked_again_with_another_epoch() -> None:
    booth = Booth(unavailable=1)
    async with ends(booth) as end:
        await end.way.settle()
        await end.run_until(end.up)
        assert [one.epoch for one in booth.offers] == [0, 1]
        assert len({one.nonce for one in booth.offers}) == 2


async def test_what_is_held_leaves_once_it_is_opened() -> None:
    booth = Booth()
    async with ends(booth, held=True) as end:
        await end.way.settle()
        await end.run_until(end.up)
        assert booth.levels == [] and not end.equipment.voice.live
        end.way.open()
        await end.run_until(booth.heard)


async def test_at_a_drop_in_nothing_is_said_while_somebody_is_not_known_yet() -> None:
    booth = Booth()
    async with ends(booth, held=True) as end:
        starter, other = end.joined(1), end.joined(2)
        end.way.follow(end.view)
        await end.way.settle()
        await end.run_until(end.up)
        end.way.open(starter)
        assert not end.equipment.voice.live
        end.way.open(other)
        await end.run_until(booth.heard)
        newcomer = end.joined(3)
        end.way.follow(end.view)
        assert not end.equipment.voice.live, "at once, and not when it is known who they are"
        end.way.send(voice=True, picture=True)
        assert not end.equipment.voice.live
        booth.heard.clear()
        end.way.open(newcomer)
        await end.run_until(booth.heard)


async def test_a_connection_that_did_not_come_up_makes_room_for_the_next() -> None:
    booth = Booth()
    async with ends(booth) as end:
        await end.way.settle()
        await end.way.deal_with(_Mixed(Due()))
        assert [one.epoch for one in booth.offers] == [0, 1]
        (left,) = end.way.stop()
        assert left.epoch == 1
        await left.close()
