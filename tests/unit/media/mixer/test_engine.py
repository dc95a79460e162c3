"""The rooms of a process without anybody in them: what a tick does, and what breaks alone."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiortc import RTCCertificate

from media.mixer import control, engine
from media.mixer.aiortc_hooks import Keys
from media.mixer.control import FromMixer
from media.mixer.engine import Engine
from media.mixer.link import Change, Link
from media.mixer.offers import BadOffer
from media.mixer.port import Listener, Port


class Inside:
    """An engine whose ticks are done by hand, and what it says."""

    def __init__(self) -> None:
        self.port = Port(["127.0.0.1"], 0)
        self.said: list[FromMixer] = []
        self.failed = False
        self.engine = Engine(self.port, RTCCertificate.generateCertificate(), self.said.append, self._fail)

    def _fail(self) -> None:
        self.failed = True

    def tick(self) -> None:
        self.engine._due = self.engine._loop.time()
        self.engine._tick()
        assert not self.failed
        if self.engine._ticking is not None:
            self.engine._ticking.cancel()

    def sit(self, room: str, name: str) -> None:
        """As if it had connected."""
        self.engine.obey(control.Seat(room, name, 0, ""))
        self.tick()
        link = self.engine._halls[room].places[name].coming
        assert link is not None
        self.engine._changed(self.engine._halls[room], name, link, Change.UP)


class Nobody(Link):
    """A link that is up as soon as the test says so, with keys that nobody has."""

    answers: BaseException | str = "v=0\r\n"

    async def answer(self, offer: str) -> str:
        if isinstance(self.answers, str):
            return self.answers
        raise self.answers

    def keys(self) -> Keys:
        return cast(
            "Keys", SimpleNamespace(level=1, source=7, payload_type=111, incoming=None, outgoing=None)
        )

    def listen(self, listener: Listener) -> None:
        pass


@pytest.fixture
async def inside(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Inside]:
    monkeypatch.setattr(engine, "TICK", 60.0)
    monkeypatch.setattr(engine, "PROMPT", 60.0)
    monkeypatch.setattr(engine, "TIDY", 60.0)
    monkeypatch.setattr(engine, "Link", Nobody)
    made = Inside()
    yield made
    await made.engine.close()
    made.port.close()


async def settled(running: Inside) -> None:
    await asyncio.gather(*running.engine._tasks)


async def test_one_offer_is_answered_a_tick(inside: Inside) -> None:
    for name in ("e_1", "e_2", "e_3"):
        inside.engine.obey(control.Seat("c_1", name, 0, ""))
    for answered in (1, 2, 3, 3):
        inside.tick()
        await settled(inside)
        assert inside.said == [control.Seated("c_1", f"e_{n}", 0, "v=0\r\n") for n in range(1, answered + 1)]


async def test_who_offers_again_waits_once_and_whoever_leaves_no_more(inside: Inside) -> None:
    for name, epoch in (("e_1", 0), ("e_1", 1), ("e_2", 0), ("e_1", 1), ("e_1", 7), ("e_3", 0)):
        inside.engine.obey(control.Seat("c_1", name, epoch, ""))
    refused = [control.Refused("c_1", "e_1", epoch, "bad_offer") for epoch in (0, 1, 1)]
    assert inside.said == refused
    inside.engine.obey(control.Unseat("c_1", "e_3"))
    inside.tick()
    inside.tick()
    await settled(inside)
    assert inside.said == [
        *refused,
        control.Seated("c_1", "e_1", 7, "v=0\r\n"),
        control.Seated("c_1", "e_2", 0, "v=0\r\n"),
    ]
    inside.engine.obey(control.Seat("c_1", "e_4", 0, ""))
    inside.engine.obey(control.Close("c_1"))
    assert not inside.engine._offers


async def test_not_all_may_wait(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SEATS", 2)
    for number in range(3):
        inside.engine.obey(control.Seat("c_1", f"e_{number}", 0, ""))
    assert inside.said == [control.Refused("c_1", "e_2", 0, "full")]


async def test_an_offer_that_fails_leaves_nothing(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Nobody, "answers", BadOffer("OSError"))
    inside.engine.obey(control.Seat("c_1", "e_1", 0, ""))
    inside.tick()
    await settled(inside)
    assert inside.said == [control.Refused("c_1", "e_1", 0, "bad_offer")]
    assert not inside.engine._connecting and not inside.engine._links and not inside.engine._halls


@pytest.mark.parametrize("part", ["tick", "report", "rest", "load"])
async def test_a_room_that_breaks_ends_alone(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    inside.sit("c_1", "e_1")
    inside.sit("c_2", "e_2")
    inside.engine.obey(control.Seat("c_1", "e_1", 1, ""))
    inside.tick()
    await settled(inside)
    inside.said.clear()
    monkeypatch.setattr(engine, "ROUND", 1)
    monkeypatch.setattr(engine, "REST", 1)
    broken, sound = inside.engine._halls["c_1"].room, inside.engine._halls["c_2"].room

    def fail(*_: object) -> None:
        raise RuntimeError("c_1 e_1")

    seat = broken.seats["e_1"]
    target: Any = {"tick": broken, "report": seat, "rest": seat, "load": seat.voice}[part]
    with monkeypatch.context() as patch:
        try:
            patch.setattr(target, {"load": "delay"}.get(part, part), fail)
        except AttributeError:
            patch.setattr(type(target), {"load": "delay"}.get(part, part), fail)
        inside.engine._load() if part == "load" else inside.tick()
    gone = [one for one in inside.said if isinstance(one, control.Gone)]
    assert gone == [control.Gone("c_1", "e_1", epoch) for epoch in (1, 0)], "the one that stood last"
    assert set(inside.engine._halls) == {"c_2"} and inside.engine._halls["c_2"].room is sound
    inside.tick()
    inside.sit("c_1", "e_1")
    assert inside.said[-1] == control.Connected("c_1", "e_1", 0), "it may come back"


async def test_a_connection_without_keys_is_gone(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise AttributeError

    monkeypatch.setattr(Nobody, "keys", fail)
    inside.sit("c_1", "e_1")
    assert inside.said[-1] == control.Gone("c_1", "e_1", 0)
    assert not inside.engine._connecting and not inside.engine._halls
