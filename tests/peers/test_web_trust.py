"""The browsers' own cryptography makes of the trust formats, those of messages too, what the vectors say."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.support.browsers import Kind, Launcher, Screen, browsers
from tests.support.server import running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

VECTORS = Path(__file__).resolve().parents[1] / "vectors"

RUN = """
async ([file, vectors]) => {
  const { check, checkMessages = check } = await import(`/${file}`);
  return checkMessages(vectors, (name) => import(`/${name}`));
}
"""

FILES = {"check.mjs": "trust.json", "check-message.mjs": "message.json"}
"""What runs the vectors of which file."""

PARTIES = "endpoints"
"""Whose keys the vectors of messages use: no cases."""

SAFETY = """
async (roots) => {
  const { safetyNumber } = await import('/trust/safety.js');
  const { fromBase64 } = await import('/core/bytes.js');
  let longest = 0;
  let last = performance.now();
  const breathe = () => {
    const now = performance.now();
    [longest, last] = [Math.max(longest, now - last), now];
    if (!done) pause.port1.postMessage(0);
  };
  const pause = new MessageChannel();
  let done = false;
  pause.port2.onmessage = breathe;
  breathe();
  const start = performance.now();
  await safetyNumber(...roots.map(fromBase64));
  done = true;
  return { took: performance.now() - start, longest };
}
"""
"""How long a safety number takes, and the longest that the page could do nothing else meanwhile; in ms."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def launch(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Launcher]:
    directory = tmp_path_factory.mktemp("trust")
    async with running_server(directory) as server, browsers(server, directory) as launch:
        yield launch


async def opened(launch: Launcher, kind: Kind) -> Screen:
    """A page at the server's origin that shows nothing of the app yet, but can."""
    screen = await launch.screen(kind, service_workers="block")
    await screen.page.route(
        "**/check*.mjs", lambda route: route.fulfill(path=VECTORS / Path(route.request.url).name)
    )
    await screen.page.goto(f"{launch.server.url}/offline.html")
    return screen


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_every_vector_holds(launch: Launcher, kind: Kind) -> None:
    screen = await opened(launch, kind)
    for file, name in FILES.items():
        vectors: dict[str, list[Any]] = json.loads((VECTORS / name).read_text())
        outcome = await screen.page.evaluate(RUN, [file, vectors])
        assert outcome["failed"] == []
        cases = {section: len(cases) for section, cases in vectors.items() if section != PARTIES}
        assert outcome["passed"] == cases


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_a_safety_number_does_not_hold_the_page_up(launch: Launcher, kind: Kind) -> None:
    screen = await opened(launch, kind)
    found = await screen.page.evaluate(SAFETY, ["A" * 43 + "=", "B" * 42 + "A="])
    assert found["longest"] < 200


READER = """
() => {
  window.inSight = [];
  window.BarcodeDetector = class {
    static async getSupportedFormats() { return ['qr_code']; }
    async detect(picture) {
      if (picture.videoWidth === 0) throw new Error('no picture yet');
      return window.inSight.map((rawValue) => ({ rawValue }));
    }
  };
}
"""
"""The browser's own reader of codes, which desktops lack: it sees what the test puts in sight."""

OPEN_SAFETY = """
async () => {
  const { openSafety } = await import('/components/safety.js');
  const { loadTexts, translator } = await import('/i18n.js');
  const root = (fill) => new Uint8Array(32).fill(fill);
  window.compared = [];
  window.current = true;
  openSafety(translator(await loadTexts('en')), {
    name: 'Ben', own: root(1), other: root(2), verified: false,
    compared: async (alike) => { window.compared.push(alike); return window.current; },
  });
  const { safetyCode, safetyNumber } = await import('/trust/safety.js');
  window.codes = [safetyCode(root(2), root(1)), safetyCode(root(1), root(3))];
  return safetyNumber(root(1), root(2));
}
"""


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_a_safety_number_is_compared(launch: Launcher, kind: Kind) -> None:
    page = (await opened(launch, kind)).page
    number = await page.evaluate(OPEN_SAFETY)
    dialog = page.get_by_role("dialog", name="Safety number with Ben")
    groups = dialog.get_by_role("list", name="Safety number").get_by_role("listitem")
    written = [number[at : at + 5] for at in range(0, 60, 5)]
    await expect(groups).to_have_text([group + " ".join(group) for group in written])  # seen, and read out
    await expect(dialog.get_by_role("img", name="QR code")).to_be_visible()

    await dialog.get_by_role("button", name="They do not match").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Somebody may stand between you and Ben")
    await expect(dialog.get_by_text("say nothing here that only Ben may hear")).to_be_visible()
    again = dialog.get_by_role("button", name="Compare again")
    await expect(again).to_be_focused()
    await again.click()
    await dialog.get_by_role("button", name="They match").click()
    await expect(dialog.get_by_role("status")).to_contain_text("You have compared it")
    assert await page.evaluate("() => window.compared") == [False, True]

    await again.click()
    await page.evaluate("() => { window.current = false; }")
    await dialog.get_by_role("button", name="They match").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Ben has another safety number now")
    await expect(dialog.get_by_text("You have compared it")).to_be_hidden()


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_a_camera_compares_codes(launch: Launcher, kind: Kind) -> None:
    page = (await opened(launch, kind)).page
    await page.evaluate(READER)
    await page.evaluate(OPEN_SAFETY)
    dialog = page.get_by_role("dialog", name="Safety number with Ben")
    scan = dialog.get_by_role("button", name="Scan Ben")
    for code, sentence in ((1, "Somebody may stand between you and Ben"), (0, "You have compared it")):
        await scan.click()
        await page.evaluate(
            "(code) => { window.inSight = ['https://kith.example', window.codes[code]]; }", code
        )
        await expect(dialog.get_by_text(sentence)).to_be_visible()
        await expect(dialog.get_by_role("img", name="QR code")).to_be_visible()
        await page.evaluate("() => { window.inSight = []; }")
        await dialog.get_by_role("button", name="Compare again").click()
    assert await page.evaluate("() => window.compared") == [False, True]


async def test_the_camera_stops_when_nobody_scans_any_more(launch: Launcher) -> None:
    page = (await opened(launch, "chromium")).page
    await page.evaluate(READER)
    await page.evaluate(OPEN_SAFETY)
    live = (
        "() => document.querySelector('video.scan')?.srcObject?.getTracks().map((track) => track.readyState)"
    )
    keep = "() => { [window.track] = document.querySelector('video.scan').srcObject.getTracks(); }"
    for name in ("Stop scanning", "Close"):
        await page.get_by_role("button", name="Scan Ben").click()
        await page.wait_for_function(f"() => ({live})()?.includes('live')")
        await page.evaluate(keep)
        await page.get_by_role("button", name=name).click()
        await page.wait_for_function("() => window.track.readyState === 'ended'")
    assert await page.evaluate("() => window.compared") == []


async def test_where_no_code_can_be_read_or_no_camera_used_digits_are_left(launch: Launcher) -> None:
    page = (await opened(launch, "firefox")).page
    await page.evaluate(OPEN_SAFETY)
    await expect(page.get_by_role("button", name="They match")).to_be_visible()
    await expect(page.get_by_role("button", name="Scan Ben")).to_be_hidden()
    await page.get_by_role("button", name="Close").click()
    await page.evaluate(READER)
    await page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = async () => { throw new Error('no'); }; }"
    )
    await page.evaluate(OPEN_SAFETY)
    await page.get_by_role("button", name="Scan Ben").click()
    await expect(page.get_by_role("alert")).to_contain_text("The camera cannot be used")
    await expect(page.get_by_role("button", name="They match")).to_be_visible()
