"""From the tap on "answer" to the first frame of the other side: Kith's web app and the bare page, in turn."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from playwright.async_api import Page

from bench.bare.server import PAGE, bare_server
from tests.support.browsers import Screen, browsers
from tests.support.server import running_server

CAPTURE = {
    "audio": {"echoCancellation": True, "noiseSuppression": True, "autoGainControl": True},
    "video": {"width": {"ideal": 960}, "height": {"ideal": 540}, "frameRate": {"ideal": 24, "max": 30}},
}
"""What the bare pages capture: the same as Kith's (web/call/capture.js)."""

SHOWN = "() => window.firstFrame !== undefined"
WARM = """
async (capture) => {
  const { mediaDevices } = navigator;
  const running = await mediaDevices.getUserMedia(capture);
  mediaDevices.getUserMedia = async (wanted) =>
    new MediaStream(running.getTracks().filter(({ kind }) => wanted[kind]).map((track) => track.clone()));
}
"""
"""The callee's camera runs before the answer. The bare page has its stream by then; Kith's asks for one on the
answer, out of respect for whoever is rung, and is given the one that runs."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """Milliseconds of each round, in order."""

    kith: list[float]
    bare: list[float]


async def measure(directory: Path, rounds: int) -> Rounds:
    """The pages are new in every round, so every peer connection is the first of its page."""
    found = Rounds([], [])
    async with (
        running_server(directory) as server,
        browsers(server, directory) as launch,
        bare_server() as bare,
    ):
        ana = await launch.person("Ana", "chromium")
        ben = await launch.person("Ben", "chromium", by=ana)
        pair = [await launch.screen("chromium") for _ in range(2)]
        for screen in (ana, ben, *pair):
            await screen.context.add_init_script(path=str(PAGE / "first_frame.js"))
        for number in range(rounds):
            found.bare.append(await _bare(pair, bare, number))
            found.kith.append(await _kith(ana, ben))
    return found


async def _bare(pair: list[Screen], url: str, room: int) -> float:
    address = f"{url}/index.html?" + urlencode({"room": room, "capture": json.dumps(CAPTURE)})
    async with _fresh(pair[0], address) as caller, _fresh(pair[1], address) as callee:
        for page in (caller, callee):
            await page.locator("#answer:enabled").wait_for()
        await callee.locator("#answer").click()
        return await _shown(callee)


async def _kith(ana: Screen, ben: Screen) -> float:
    url = ana.server.url
    async with _fresh(ana, url), _fresh(ben, url) as callee:
        await ana.at_home()
        await ben.at_home()
        await callee.evaluate(WARM, CAPTURE)
        await ana.place("Ben", video=True)
        await ana.page.locator("kith-call [data-live=video]").wait_for()
        await ben.answer("Ana")
        milliseconds = await _shown(callee)
        await ben.hang_up()
        return milliseconds


@contextlib.asynccontextmanager
async def _fresh(screen: Screen, address: str) -> AsyncIterator[Page]:
    """A page in the profile that has never been in a call; closed afterwards."""
    await screen.page.close()
    screen.page = await screen.context.new_page()
    await screen.page.goto(address)
    yield screen.page


async def _shown(page: Page) -> float:
    await page.wait_for_function(SHOWN)
    return float(await page.evaluate("window.firstFrame"))
