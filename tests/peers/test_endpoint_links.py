"""Two links without a server between: trickled candidates, nonsense, descriptions that come twice."""

import asyncio
from dataclasses import dataclass, field

import pytest

from kith.endpoint import body
from kith.endpoint.equipment import Equipment
from kith.endpoint.link import Link, LinkEvent, Up
from signaling.protocol import MediaView

AUDIO = MediaView(send_audio=True, receive_audio=True, send_video=False, receive_video=False)
BOTH = MediaView(send_audio=True, receive_audio=True, send_video=True, receive_video=True)


@dataclass
class End:
    """One link and what it told."""

    media: MediaView = AUDIO
    told: list[LinkEvent] = field(default_factory=list)
    up: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.equipment = Equipment(
            {"microphone": "tone:440", "speaker": "null", "camera": "pattern"},
            changed=lambda: None,
            own_frame=lambda frame: None,
        )
        self.link = Link(
            0, self.media, equipment=self.equipment, send_voice=True, send_picture=True, tell=self._tell
        )

    def _tell(self, event: LinkEvent) -> None:
        self.told.append(event)
        if isinstance(event, Up):
            self.up.set()


def description(data: bytes | None) -> body.Description:
    read = body.read(data or b"")
    assert isinstance(read, body.Description)
    return read


async def connected(*ends: End) -> None:
    async with asyncio.timeout(20):
        await asyncio.gather(*(end.up.wait() for end in ends))


async def test_candidates_may_come_one_by_one_early_late_hidden_or_as_nonsense() -> None:
    near, far = End(), End()
    offer = description(await near.link.offer())
    lines = [line[2:] for line in offer.sdp.splitlines() if line.startswith("a=candidate:")]
    kept = [line for line in offer.sdp.splitlines() if "candidate" not in line]
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
    bare = body.Description(type="offer", sdp="\r\n".join(kept) + "\r\n")
    answer = description(await far.link.take_description(bare))
    for line in rest[len(rest) // 2 :]:
        await far.link.take_candidate(candidate(line))
    await far.link.take_candidate(body.Candidate(candidate=None))
    await near.link.take_description(answer)
    await connected(near, far)
    for end in (near, far):
        await end.link.close()


def candidate(line: str) -> body.Candidate:
    return body.Candidate(candidate=body.CandidateLine(candidate=line, sdpMid="0", sdpMLineIndex=0))


async def test_a_description_that_comes_twice_is_answered_the_same() -> None:
    near, far = End(BOTH), End(BOTH)
    offer = description(await near.link.offer())
    answer = await far.link.take_description(offer)
    assert answer is not None and await far.link.take_description(offer) == answer
    for _ in range(2):
        assert await near.link.take_description(description(answer)) is None
    await connected(near, far)
    assert len(near.told) - sum(not isinstance(event, Up) for event in near.told) == 1
    for end in (near, far):
        await end.link.close()


async def test_descriptions_are_lean_and_prefer_vp8() -> None:
    near = End(BOTH)
    text = description(await near.link.offer()).sdp
    assert text.count("a=fingerprint:sha-256") == 2 and text.count("a=fingerprint:") == 2
    video = text[text.index("m=video") :].split("\r\n")
    first = video[0].split()[3]
    assert any(line.lower() == f"a=rtpmap:{first} vp8/90000" for line in video)
    assert "useinbandfec=1" in text
    await near.link.close()
    audio = End(AUDIO)
    assert "m=video" not in description(await audio.link.offer()).sdp
    await audio.link.close()


@pytest.mark.parametrize("text", ["", "v=0\r\n", "nonsense", "v=0\r\nm=audio 9 X 0\r\n"])
async def test_a_description_that_cannot_be_used_is_a_value_error(text: str) -> None:
    far = End()
    try:
        await far.link.take_description(body.Description(type="offer", sdp=text))
    except ValueError:
        pass
    else:
        assert not far.up.is_set()
    await far.link.close()


async def test_video_that_was_not_agreed_on_is_not_shown() -> None:
    near, far = End(BOTH), End(AUDIO)
    answer = description(await far.link.take_description(description(await near.link.offer())))
    await near.link.take_description(answer)
    await connected(near, far)
    video = answer.sdp[answer.sdp.index("m=video") :]
    assert "a=inactive" in video
    await asyncio.sleep(0.5)
    assert all(isinstance(event, Up) for event in far.told)
    for end in (near, far):
        await end.link.close()


async def test_closing_leaves_nothing_behind() -> None:
    before = asyncio.all_tasks()
    near, far = End(BOTH), End(BOTH)
    answer = await far.link.take_description(description(await near.link.offer()))
    await near.link.take_description(description(answer))
    await connected(near, far)
    for end in (near, far):
        await end.link.close()
        assert not end.equipment.voice.live and not end.equipment.picture.live
    await asyncio.sleep(0.1)
    left = {task for task in asyncio.all_tasks() - before if not task.done()}
    assert not left, left
