"""The engine in this process, where what a test cannot wait for is hastened and what must be gone can be looked at."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import TypeVar

import aioice.ice
import pytest
from aiortc import RTCCertificate

from media.mixer import control, engine
from media.mixer.control import FromMixer
from media.mixer.engine import Engine
from media.mixer.link import Link
from media.mixer.offers import BadOffer
from media.mixer.port import Port
from tests.support.mixer_peers import Load, Peer, quiet_packets, tone_packets

Kind = TypeVar("Kind")


class Inside:
    """An engine and what it says."""

    def __init__(self) -> None:
        self.port = Port(["127.0.0.1"], 0)
        self.said: asyncio.Queue[FromMixer] = asyncio.Queue()
        self.failed = False
        self.engine = Engine(
            self.port, RTCCertificate.generateCertificate(), self.said.put_nowait, self._fail
        )

    def _fail(self) -> None:
        self.failed = True

    async def says(self, kind: type[Kind]) -> Kind:
        async with asyncio.timeout(20):
            while not isinstance(one := await self.said.get(), kind):
                pass
            return one

    async def sit(self, name: str) -> Peer:
        peer = Peer("c_1", name)
        self.engine.obey(control.Seat("c_1", name, 0, await peer.offer()))
        await peer.take((await self.says(control.Seated)).answer)
        await self.says(control.Connected)
        return peer


@pytest.fixture
async def inside() -> AsyncIterator[Inside]:
    running = Inside()
    yield running
    assert not running.failed
    await running.engine.close()
    running.port.close()


async def test_who_vanishes_without_a_word_is_gone_when_its_consent_is(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 7675: half a minute, here a second."""
    monkeypatch.setattr(aioice.ice, "CONSENT_INTERVAL", 0.2)
    monkeypatch.setattr(aioice.ice, "CONSENT_FAILURES", 2)
    peer = await inside.sit("e_1")
    await peer.vanish()
    assert (await inside.says(control.Gone)).seat == "e_1"
    assert not inside.port.strangers and not inside.port.ways[0].guests and not inside.port.ways[0].media


async def test_nothing_that_was_said_stays_in_memory(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    tidied = asyncio.Event()
    monkeypatch.setattr(engine, "TIDY", 0.05)
    monkeypatch.setattr(engine, "give_back", tidied.set)
    async with Load() as load:
        peers = [await inside.sit(name) for name in ("e_1", "e_2", "e_3")]
        for peer, says in zip(peers, (tone_packets(440), quiet_packets(), quiet_packets()), strict=True):
            peer.says = says
        load.add(*peers)
        await peers[1].hears_tones((440,))
    way = inside.port.ways[0]
    assert any(way.inbox.data) and any(way.outbox.data)
    inside.engine.obey(control.Close("c_1"))
    async with asyncio.timeout(20):
        await tidied.wait()
    assert not any(way.inbox.data) and not any(way.outbox.data)
    assert not inside.port.strangers and not way.guests and not way.media


async def test_a_connection_that_never_comes_is_given_up(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media.mixer.link.PATIENCE", 0.1)
    peer = Peer("c_1", "e_1")
    inside.engine.obey(control.Seat("c_1", "e_1", 0, await peer.offer()))
    assert (await inside.says(control.Gone)).seat == "e_1"
    await peer.close()


async def test_a_full_process_says_so(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "ROOM_SEATS", 1)
    offer = await Peer("c_1", "e_1").offer()
    inside.engine.obey(control.Seat("c_1", "e_1", 0, offer))
    inside.engine.obey(control.Seat("c_1", "e_2", 0, offer))
    refused = await inside.says(control.Refused)
    assert (refused.seat, refused.reason) == ("e_2", "full")
    inside.engine.obey(control.Seat("c_1", "e_1", 1, offer))  # nobody more: the same one again
    seated = await inside.says(control.Seated)
    if seated.epoch == 0:  # to refuse is quicker than to seat, and may come first
        seated = await inside.says(control.Seated)
    assert seated.epoch == 1


async def test_whatever_is_done_to_an_offer_it_is_answered_or_refused(inside: Inside) -> None:
    lines = (await Peer("c_1", "e_1").offer()).splitlines()
    chance = random.Random(6)
    certificate = RTCCertificate.generateCertificate()
    refused = 0
    for _ in range(60):
        spoilt = list(lines)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(spoilt))
            line = spoilt[at]
            cut = chance.randrange(len(line) + 1)
            other = chance.choice(
                ["", line + "-1", line[:cut], line[:cut] + "\x7f" + line[cut + 1 :], spoilt[0]]
            )
            spoilt[at : at + chance.randint(0, 1)] = [other]
        link = Link(inside.port, certificate, 0, lambda link, change: None)
        try:
            assert (await link.answer("\r\n".join(spoilt))).startswith("v=0")
        except BadOffer:
            refused += 1
        await link.close()
    assert 8 < refused < 60
