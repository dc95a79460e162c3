"""Calls between every pair of the three kinds of endpoint, both ways: what one says and shows arrives at the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from av import VideoFrame

from kith import Endpoint
from kith.core.trust import log
from kith.core.trust.log import Outcome, What
from kith.endpoint.call import Call
from media.tones import RATE, Samples
from tests.support.browsers import Kind, Launcher, Screen, browsers
from tests.support.server import running_server
from tests.support.sound import dominant
from tests.support.stored import rows

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANA, BEN, KITCHEN = 440, 880, 660
"""Hz that each one's microphone hears, all the time."""

NEAR = 8.0
"""Hz: a codec does not move a pitch, but a second of it is measured no finer."""

LISTEN = 1.0
PATIENCE = 60.0
WRITTEN = """
async () => {
  const { load } = await import('/session/database.js');
  const diary = await load('log', 'diary');
  return diary?.sent?.number % 2 === 1 && diary.unsent.length === 0;
}
"""
"""Whether the page has brought to the server what it wrote of calls: of each that they began and ended."""


@dataclass
class Cast:
    """Everybody, joined once for the whole module."""

    launch: Launcher
    people: dict[str, Screen] = field(default_factory=dict)

    async def screen(self, name: str, kind: Kind, tone: int) -> Screen:
        known = self.people.get(name)
        if known is None:
            owner = next(iter(self.people.values()), None)
            known = self.people[name] = await self.launch.person(name, kind, by=owner, tone=tone)
        return known


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def everybody(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cast]:
    directory = tmp_path_factory.mktemp("calls")
    async with running_server(directory) as server, browsers(server, directory) as launch:
        yield Cast(launch)


async def couple(everybody: Cast, one: Kind, other: Kind) -> tuple[Screen, Screen]:
    caller = await everybody.screen(f"Ana {one}", one, ANA)
    callee = await everybody.screen(f"Ben {other}", other, BEN)
    return caller, callee


PAIRS: list[tuple[Kind, Kind]] = [
    ("chromium", "chromium"),
    ("chromium", "firefox"),
    ("firefox", "chromium"),
    ("firefox", "firefox"),
]


@pytest.mark.row("R30", "R34", "R35", "R80")
@pytest.mark.parametrize(("one", "other"), PAIRS)
async def test_browsers_see_and_hear_each_other(everybody: Cast, one: Kind, other: Kind) -> None:
    caller, callee = await couple(everybody, one, other)
    await caller.place(callee.name, video=True)
    await callee.answer(caller.name)
    for screen in (caller, callee):
        await screen.connected()
        await screen.sees_picture()
    assert await callee.hears() == pytest.approx(ANA, abs=NEAR)
    assert await caller.hears() == pytest.approx(BEN, abs=NEAR)
    await caller.hang_up()
    await callee.call_is_over("The call has ended.")
    for screen in (caller, callee):
        assert await screen.live_tracks() == set()
        assert screen.errors == []


@pytest.mark.row("R47")
@pytest.mark.parametrize(("one", "other"), PAIRS[1:3])
async def test_a_call_without_video_opens_no_camera(everybody: Cast, one: Kind, other: Kind) -> None:
    caller, callee = await couple(everybody, one, other)
    await caller.place(callee.name, video=False)
    await callee.answer(caller.name)
    for screen in (caller, callee):
        await screen.connected()
        assert await screen.live_tracks() == {"audio"}
        assert await screen.button("Video off").is_hidden()
    assert await callee.hears() == pytest.approx(ANA, abs=NEAR)
    await callee.hang_up()
    await caller.call_is_over("The call has ended.")
    await callee.page.wait_for_function(WRITTEN)
    person = (await callee.state())["person"]["id"]
    written = rows(
        everybody.launch.server,
        "SELECT payload FROM log_entry WHERE owner = ? ORDER BY id DESC LIMIT 2",
        person,
    )
    ended, admitted = (log.read(payload) for (payload,) in written)
    assert (admitted.what, admitted.outcome, admitted.name) == (What.CALL, Outcome.ADMITTED, caller.name)
    assert (ended.what, ended.outcome, ended.call) == (What.CALL, Outcome.ENDED, admitted.call)
    assert ended.length is not None


# -- with kith.Endpoint -------------------------------------------------------------------------------------


@dataclass
class Device:
    """An Echo-like endpoint with what arrives at it."""

    endpoint: Endpoint
    voice: list[Samples] = field(default_factory=list)
    frames: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, done: Any) -> None:
        async with self.changed, asyncio.timeout(PATIENCE):
            await self.changed.wait_for(done)

    async def hears(self) -> float:
        """The pitch of the next second, in Hz."""
        self.voice.clear()
        await self.until(lambda: sum(len(part) for part in self.voice) >= LISTEN * RATE)
        return dominant(np.concatenate(self.voice))

    async def sees(self) -> None:
        """Ten more frames arrive."""
        wanted = self.frames + 10
        await self.until(lambda: self.frames >= wanted)

    async def voice_came(self, _: Call, samples: Samples) -> None:
        async with self.changed:
            self.voice.append(samples.copy())
            self.changed.notify_all()

    async def frame_came(self, _: Call, __: VideoFrame) -> None:
        async with self.changed:
            self.frames += 1
            self.changed.notify_all()

    async def tell(self, *_: object) -> None:
        async with self.changed:
            self.changed.notify_all()


@asynccontextmanager
async def device(owner: Screen, name: str, home: Path, **parts: Any) -> AsyncIterator[Device]:
    """A device of the household, paired with the code that `owner` is shown."""
    code = await owner.offer_pairing(shared=True)
    server = owner.server
    endpoint = await Endpoint.pair(server.url, code, name=name, home=home, ca=server.ca, **parts)
    found = Device(endpoint)
    endpoint.on("audio", found.voice_came)
    endpoint.on("frame", found.frame_came)
    for event in ("ringing", "connected", "ended", "directory", "pairing"):
        endpoint.on(event, found.tell)
    async with endpoint:
        await found.until(lambda: endpoint.joined)
        yield found


HALL = {"microphone": f"tone:{KITCHEN}", "camera": "pattern", "speaker": "null", "screen": True}
SPEAKER = {"microphone": f"tone:{KITCHEN}", "camera": "none", "speaker": "null"}


@pytest.mark.row("R30", "R34", "R35", "R80")
@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_browser_calls_a_screen(everybody: Cast, kind: Kind, tmp_path: Path) -> None:
    ana = await everybody.screen(f"Ana {kind}", kind, ANA)
    async with device(ana, f"Hall {kind}", tmp_path, **HALL) as hall:
        await ana.place(f"Hall {kind}", video=True)
        await hall.until(lambda: hall.endpoint.current is not None)
        await hall.endpoint.answer()
        await ana.connected()
        await ana.sees_picture()
        await hall.sees()
        assert await ana.hears() == pytest.approx(KITCHEN, abs=NEAR)
        assert await hall.hears() == pytest.approx(ANA, abs=NEAR)
        await hall.endpoint.hang_up()
        await ana.call_is_over("The call has ended.")


@pytest.mark.row("R30", "R34", "R35", "R80")
@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_screen_calls_a_browser(everybody: Cast, kind: Kind, tmp_path: Path) -> None:
    ana, ben = await couple(everybody, kind, kind)
    async with device(ana, f"Den {kind}", tmp_path, **HALL) as den:
        call = await den.endpoint.call(ben.name, video=True, profile=ana.name)
        await ben.answer(await ben.ringing_name())
        await ben.connected()
        await ben.sees_picture()
        await den.sees()
        assert await ben.hears() == pytest.approx(KITCHEN, abs=NEAR)
        assert await den.hears() == pytest.approx(BEN, abs=NEAR)
        await ben.hang_up()
        async with asyncio.timeout(PATIENCE):
            await call.ended()


@pytest.mark.row("R47")
async def test_a_speaker_is_sent_no_picture(everybody: Cast, tmp_path: Path) -> None:
    """No camera runs for a device that has no screen, even if one was asked for."""
    ana = await everybody.screen("Ana chromium", "chromium", ANA)
    async with device(ana, "Kitchen", tmp_path, **SPEAKER) as kitchen:
        await kitchen.until(lambda: True)
        assert await ana.button("Video call to Kitchen").is_hidden()
        await ana.place("Kitchen", video=False)
        await kitchen.until(lambda: kitchen.endpoint.current is not None)
        await kitchen.endpoint.answer()
        await ana.connected()
        assert await kitchen.hears() == pytest.approx(ANA, abs=NEAR)
        assert await ana.live_tracks() == {"audio"}
        assert await ana.statistics("outbound-rtp") and all(
            one["kind"] == "audio" for one in await ana.statistics("outbound-rtp")
        )
        await ana.hang_up()
