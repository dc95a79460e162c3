"""Two links without a server between: trickled candidates, nonsense, who is let hear what and when."""

import asyncio
from dataclasses import dataclass, field

import pytest

from kith.core.trust.fingerprint import fingerprint_of
from kith.endpoint import body
from kith.endpoint.equipment import Equipment
from kith.endpoint.link import Impostor, Link, LinkEvent, Up
from signaling.protocol import MediaView

AUDIO = MediaView(send_audio=True, receive_audio=True, send_video=False, receive_video=False)
BOTH = MediaView(send_audio=True, receive_audio=True, send_video=True, receive_video=True)


@dataclass
class End:
    """One link and what it told."""

    media: MediaView = AUDIO
    told: list[LinkEvent] = field(default_factory=list)
    up: asyncio.Event = field(default_factory=asyncio.Event)
    impostor: asyncio.Event = field(default_factory=asyncio.Event)
    captured: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.equipment = Equipment(
            {"microphone": "tone:440", "speaker": "null", "camera": "pattern"},
            changed=self.captured.set,
            own_frame=lambda frame: None,
        )
        self.link = Link(
            0, self.media, equipment=self.equipment, send_voice=True, send_picture=True, tell=self._tell
        )

    async def take_offer(self, offer: str) -> str:
        """As one who believes who offers."""
        self.link.pin(fingerprint_of(offer))
        answer = await self.link.take_offer(offer)
        self.link.let_out()
        return answer

    async def take_answer(self, answer: str) -> None:
        self.link.pin(fingerprint_of(answer))
        self.link.let_out()
        await self.link.take_answer(answer)

    def _tell(self, event: LinkEvent) -> None:
        self.told.append(event)
        if isinstance(event, Up):
            self.up.set()
        if isinstance(event, Impostor):
            self.impostor.set()


async def connected(*ends: End) -> None:
    async with asyncio.timeout(20):
        await asyncio.gather(*(end.up.wait() for end in ends))


async def test_candidates_may_come_one_by_one_early_late_hidden_or_as_nonsense() -> None:
    near, far = End(), End()
    offer = await near.link.offer()
    lines = [line[2:] for line in offer.splitlines() if line.startswith("a=candidate:")]
    kept = [line for line in offer.splitlines() if "candidate" not in line]
    trickled = [
        "candidate:9 1 udp 2130706431 1b2c3d.local 50000 typ host",
        "candidate:x y z",
        "",
        "candidate:7 1 tcp 2105524479 192.0.2.1 9 typ host tcptype active",
        *lines,
    ]
    first, *rest = trickled
    await far.link.take_candidate(candidate(first))
    for line in rest[: len(rest) // 2]:
        await far.link.take_candidate(candidate(line))
    answer = await far.take_offer("\r\n".join(kept) + "\r\n")
    for line in rest[len(rest) // 2 :]:
        await far.link.take_candidate(candidate(line))
    await far.link.take_candidate(None)
    await near.take_answer(answer)
    await connected(near, far)
    for end in (near, far):
        await end.link.close()


def candidate(line: str) -> body.CandidateLine:
    return body.CandidateLine(candidate=line, sdpMid="0", sdpMLineIndex=0)


async def test_nothing_is_captured_and_nothing_is_up_before_the_other_end_is_believed() -> None:
    near, far = End(BOTH), End(BOTH)
    offer = await near.link.offer()
    far.link.pin(fingerprint_of(offer))
    await near.take_answer(await far.link.take_offer(offer))
    await connected(near)
    assert not far.equipment.voice.live and not far.equipment.picture.live
    assert far.told == [] and not far.link.up
    assert set((await far.link.packets_sent()).values()) == {0}
    far.link.let_out()
    await connected(far)
    async with asyncio.timeout(20):
        while not (far.equipment.voice.live and far.equipment.picture.live):
            far.captured.clear()
            await far.captured.wait()
    for end in (near, far):
        await end.link.close()


async def test_who_connects_with_another_certificate_is_an_impostor() -> None:
    near, far = End(BOTH), End(BOTH)
    answer = await far.take_offer(await near.link.offer())
    near.link.pin(bytes(32))
    near.link.let_out()
    await near.link.take_answer(answer)
    await connected(far)
    async with asyncio.timeout(20):
        await near.impostor.wait()
    assert not near.link.up and not near.up.is_set()
    assert not near.equipment.voice.live and not near.equipment.picture.live
    for end in (near, far):
        await end.link.close()


async def test_descriptions_are_lean_and_prefer_vp8() -> None:
    near = End(BOTH)
    text = await near.link.offer()
    assert text.count("a=fingerprint:sha-256") == 2 and text.count("a=fingerprint:") == 2
    video = text[text.index("m=video") :].split("\r\n")
    first = video[0].split()[3]
    assert any(line.lower() == f"a=rtpmap:{first} vp8/90000" for line in video)
    assert "useinbandfec=1" in text
    await near.link.close()
    audio = End(AUDIO)
    assert "m=video" not in await audio.link.offer()
    await audio.link.close()


@pytest.mark.parametrize("text", ["", "v=0\r\n", "nonsense", "v=0\r\nm=audio 9 X 0\r\n"])
async def test_a_description_that_cannot_be_used_is_a_value_error(text: str) -> None:
    far = End()
    try:
        await far.link.take_offer(text)
    except ValueError:
        pass
    else:
        assert not far.up.is_set()
    await far.link.close()


async def test_video_that_was_not_agreed_on_is_not_shown() -> None:
    near, far = End(BOTH), End(AUDIO)
    answer = await far.take_offer(await near.link.offer())
    await near.take_answer(answer)
    await connected(near, far)
    video = answer[answer.index("m=video") :]
    assert "a=inactive" in video
    await asyncio.sleep(0.5)
    assert all(isinstance(event, Up) for event in far.told)
    for end in (near, far):
        await end.link.close()


async def test_closing_leaves_nothing_behind() -> None:
    before = asyncio.all_tasks()
    near, far = End(BOTH), End(BOTH)
    await near.take_answer(await far.take_offer(await near.link.offer()))
    await connected(near, far)
    for end in (near, far):
        await end.link.close()
        assert not end.equipment.voice.live and not end.equipment.picture.live
    await asyncio.sleep(0.1)
    left = {task for task in asyncio.all_tasks() - before if not task.done()}
    assert not left, left
