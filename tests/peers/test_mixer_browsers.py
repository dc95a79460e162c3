"""Chromium and Firefox in one room of the mixer with an endpoint of ours, each with a tone of its own."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import web
from playwright.async_api import Page

from media.mixer import control
from tests.support.browsers import Kind, browsers, decode
from tests.support.mixer_peers import Load, MixerProcess, mixer, strengths, tone_packets
from tests.support.server import RunningServer

OFFER = """
async ({ video }) => {
  const microphone = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  window.pc = new RTCPeerConnection();
  pc.addTransceiver(microphone.getAudioTracks()[0], { direction: 'sendrecv' });
  if (video) pc.addTransceiver('video');
  pc.ontrack = ({ track, streams }) => {
    if (track.kind !== 'audio') return;
    const audio = document.body.appendChild(document.createElement('audio'));
    audio.autoplay = true;
    audio.srcObject = new MediaStream([track]);
  };
  await pc.setLocalDescription();
  return pc.localDescription.sdp;
}
"""

ANSWER = """
async (sdp) => {
  const up = new Promise((resolve) => {
    pc.onconnectionstatechange = () => { if (pc.connectionState === 'connected') resolve(); };
  });
  await pc.setRemoteDescription({ type: 'answer', sdp });
  await up;
  return pc.getTransceivers().map(({ currentDirection }) => currentDirection);
}
"""

HEAR = """
async (milliseconds) => {
  const recorder = new MediaRecorder(document.querySelector('audio').srcObject);
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.start();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  await new Promise((resolve) => { recorder.onstop = resolve; recorder.stop(); });
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ''));
}
"""


@pytest.fixture
async def origin() -> AsyncIterator[str]:
    """An empty page on this machine, which is a secure context."""
    app = web.Application()

    async def page(request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>Kith</title>", content_type="text/html")

    app.router.add_get("/", page)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = cast("Any", site)._server.sockets[0].getsockname()[1]
    yield f"http://localhost:{port}"
    await runner.cleanup()


async def sit(process: MixerProcess, page: Page, name: str, *, video: bool) -> list[str]:
    """Take a place; the directions of its media."""
    offer = await page.evaluate(OFFER, {"video": video})
    process.tell(control.Seat("c_1", name, 0, offer))
    seated = await process.says(control.Seated, where=lambda one: one.seat == name)
    directions: list[str] = await page.evaluate(ANSWER, seated.answer)
    await process.says(control.Connected, where=lambda one: one.seat == name)
    return directions


async def test_browsers_and_an_endpoint_hear_each_other(origin: str, tmp_path: Path) -> None:
    tones = {"chromium": 440, "firefox": 660, "peer": 900}
    nowhere = cast("RunningServer", SimpleNamespace(url=origin))
    async with mixer() as process, browsers(nowhere, tmp_path) as launch, Load() as load:
        pages: dict[str, Page] = {}
        kinds: tuple[Kind, ...] = ("chromium", "firefox")
        for kind in kinds:
            screen = await launch.screen(kind, tone=tones[kind])
            await screen.page.goto(origin)
            directions = await sit(process, screen.page, kind, video=kind == "chromium")
            assert directions[0] == "sendrecv" and set(directions[1:]) <= {"inactive"}
            pages[kind] = screen.page
        peer = await process.sit("c_1", "peer")
        peer.says = tone_packets(tones["peer"])
        load.add(peer)
        await peer.hears(150)
        heard = dict(zip(tones, strengths(peer.sound(100), list(tones.values())), strict=True))
        assert heard["chromium"] > 0.02 and heard["firefox"] > 0.02 and heard["peer"] < 0.01, heard
        for kind in kinds:
            sound = decode(await _recording(pages[kind]))
            found = dict(
                zip(tones, strengths((sound * 32_767).astype("int16"), list(tones.values())), strict=True)
            )
            others = [strength for name, strength in found.items() if name != kind]
            assert min(others) > 0.02 and found[kind] < 0.2 * min(others), (kind, found)


async def _recording(page: Page) -> bytes:
    return base64.b64decode(await page.evaluate(HEAR, 2_000))
