"""From the end of the tone in a page to the first captured sound that leaves it: real browsers and a real server.

A device drops in on a page of the same person, which opens by itself. The tone has ended when the page's own sound says
so, before it is heard to its end; the sound has left when its first packet has been decrypted at the device, on the
same machine and by the same clock. Before the tone has ended nothing may arrive.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.opening import A_PERSON
from kith.endpoint.link import Link
from tests.support.browsers import Kind, Launcher, Screen, browsers
from tests.support.doors import Doors
from tests.support.endpoints import Watched, endpoint_of
from tests.support.pages import settle
from tests.support.server import Joined, RunningServer, running_server
from tests.support.speakers import silent_speakers

KINDS: tuple[Kind, ...] = ("chromium", "firefox")

TONES = """
window.toneEnds = [];
const plain = AudioContext.prototype.createConstantSource;
AudioContext.prototype.createConstantSource = function () {
  const source = plain.call(this);
  source.addEventListener('ended', () => window.toneEnds.push((performance.timeOrigin + performance.now()) / 1000));
  return source;
};
"""
"""Each tone of the page ends with a source that sounds nothing (web/sound/ringer.js)."""


@dataclass(frozen=True, slots=True)
class Room:
    """A page that is dropped in on, and who does."""

    screen: Screen
    doors: Doors
    hall: Watched
    page: str
    """The id of its endpoint."""


async def measure(directory: Path, rounds: int) -> dict[Kind, list[float]]:
    """Milliseconds of each round, in each browser."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running_server(directory))
        speakers = await stack.enter_async_context(silent_speakers(directory))
        launch = await stack.enter_async_context(browsers(server, directory, speakers=speakers))
        first = await server.person("Person 0")
        return {kind: await _measured(launch, first, kind, rounds) for kind in KINDS}


async def _measured(launch: Launcher, first: Joined, kind: Kind, rounds: int) -> list[float]:
    found: list[float] = []
    while len(found) < rounds:
        person = await launch.server.person(f"{kind} {len(found)}", by=first)
        async with _room(launch, person, kind) as room:
            found += [await _opened(room) for _ in range(min(A_PERSON, rounds - len(found)))]
        await launch.dismiss()
    return found


@asynccontextmanager
async def _room(launch: Launcher, person: Joined, kind: Kind) -> AsyncIterator[Room]:
    server: RunningServer = launch.server
    screen = await launch.screen(kind)
    await screen.context.add_init_script(TONES)
    await settle(screen, server, person, launch.directory, "Study")
    doors = Doors(screen.page)
    name = f"{person.name}'s hall"
    async with endpoint_of(server, person, name, launch.directory, microphone="tone:440") as hall:
        await doors.sign(home="instant")
        await doors.watch()
        await doors.ready()
        yield Room(screen, doors, hall, str((await screen.state())["endpoint"]["id"]))


async def _opened(room: Room) -> float:
    """One drop in, from the tone's end to the first sound that arrives, in milliseconds."""
    arrived: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    take = Link._take_voice  # noqa: SLF001 - where sound arrives

    def taken(link: Link, *packet: Any) -> None:
        if not arrived.done():
            arrived.set_result(time.time())
        take(link, *packet)

    await room.doors.forget()
    with patch.object(Link, "_take_voice", taken):
        call = await room.hall.endpoint.drop_in(room.page, video=False)
        at = await asyncio.wait_for(arrived, timeout=30)
    ended = float(await room.screen.page.evaluate("() => window.toneEnds.at(-1) ?? Infinity"))
    await call.hang_up()
    await room.doors.over()
    assert at >= ended, "sound before the tone had ended"
    return (at - ended) * 1000
