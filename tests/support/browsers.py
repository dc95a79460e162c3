"""Real browsers in tests: Debian's Chromium and Firefox, headless, with made-up cameras and microphones.

    async with browsers(server) as launch:
        ana = await launch.screen("chromium", tone=440)      # a page of its own, nobody yet
        await ana.join(await server.owner_link(), "Ana")     # as a person would: by link, form and code

A `Screen` does what a person does, by roles and names, and looks at what a person cannot see (decoded
frames, the pitch of what arrives) through the page's own parts.
"""

import asyncio
import base64
import hashlib
import io
import os
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

import av
import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright._impl._driver import compute_driver_executable
from playwright.async_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    Playwright,
    async_playwright,
    expect,
)

from media.tones import RATE, sine
from tests.support.server import RunningServer
from tests.support.sound import dominant, write_wav

CHROMIUM = "/usr/bin/chromium"
FIREFOX = "/usr/bin/firefox-esr"
PATIENCE = 30_000
"""Milliseconds to wait for what takes a few hundred when two browsers have the machine for themselves."""

expect.set_options(timeout=PATIENCE)

Kind = Literal["chromium", "firefox"]

CHROMIUM_FLAGS = (
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",  # stay at home
)

SOUND_AT_ONCE = "--autoplay-policy=no-user-gesture-required"

SAY_YES = "--use-fake-ui-for-media-stream"
"""Without it headless Chromium answers every question about camera and microphone with no."""

FIREFOX_PREFERENCES: dict[str, str | int | bool] = {
    "media.navigator.permission.disabled": True,
    "media.navigator.streams.fake": True,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "permissions.default.camera": 1,
    "permissions.default.microphone": 1,
    "permissions.default.desktop-notification": 1,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "network.dns.forceResolve": "127.0.0.1",  # stay at home
    "dom.push.connection.enabled": False,
    "layout.frame_rate": 20,  # nobody looks: what moves on the screen need not move smoothly
}

VIEWPORT = {"width": 390, "height": 844}

HEAR = """
async ([selector, milliseconds]) => {
  const stream = document.querySelector(selector).srcObject;
  const recorder = new MediaRecorder(new MediaStream(stream.getAudioTracks()));
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.start();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  await new Promise((resolve) => { recorder.onstop = resolve; recorder.stop(); });
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ''));
}
"""
"""Records what arrives. An AudioContext would do, too, but Firefox runs none without a sound card."""

KEEP_CONNECTIONS = """
if (window === window.top) window.connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...options) { super(...options); window.top.connections.push(this); }
};
"""
"""So that a test can pull the plug of one."""

NEXT_FRAME = """
() => new Promise((resolve) => {
  document.querySelector('kith-call .remote').requestVideoFrameCallback(resolve);
})
"""

STATISTICS = """
async (kind) => {
  const { store, calls } = document.querySelector('kith-app').parts;
  const [talk] = store.state.talks.filter((one) => one.mine && one.ended === null);
  const report = (talk && (await calls.statsOf(talk.id))) ?? new Map();
  return [...report.values()].filter((one) => one.type === kind);
}
"""


@dataclass
class Screen:
    """One page in a browser profile of its own."""

    kind: Kind
    server: RunningServer
    context: BrowserContext
    page: Page
    name: str = ""
    errors: list[str] = field(default_factory=list)

    # -- what a person does ------------------------------------------------------------------------------

    async def open(self, fragment: str = "") -> None:
        await self.page.goto(f"{self.server.url}/{fragment}")

    async def join(self, secret: str, name: str, mobile: str) -> None:
        """From the invitation to the home screen."""
        await self.sign_up(secret, name, mobile)
        await self.at_home()

    async def sign_up(self, secret: str, name: str, mobile: str) -> None:
        """From the invitation to where contacts are asked for."""
        self.name = name
        before = len(self.server.console)
        await self.open(f"#join={secret}")
        await self.page.get_by_label("Your name").fill(name)
        await self.page.get_by_label("Mobile number").first.fill(mobile)
        await self.agree()
        await self.button("Continue").click()
        await expect(self.page.get_by_label("Code", exact=True)).to_be_visible()
        code = (await self.server.line(r"code .*: (\d{6})$", after=before))[1]
        await self.page.get_by_label("Code", exact=True).fill(code)
        await self.button("Confirm").click()

    async def agree(self) -> None:
        await self.page.get_by_label("I have read the usage guidelines").check()

    async def pair(self, code: str, device: str) -> None:
        """Become one more device, with a pairing code."""
        await self.open(f"#pair={code}")
        await self.page.get_by_label("Name of this device").fill(device)
        await self.button("Add this device").click()
        await self.at_home()

    async def at_home(self) -> None:
        """Whoever is asked for their contacts on the way says no."""
        home, asked = self.page.get_by_role("heading", name="People"), self.button("No thanks")
        await expect(home.or_(asked)).to_be_visible()
        if await asked.is_visible():
            await asked.click()
        await expect(home).to_be_visible()

    async def invite(self, *, household: bool) -> str:
        """An invitation's secret, read from the dialog."""
        await self.button("Invite someone").click()
        await self.button("Yes, they" if household else "No, they").click()
        link = await self.page.get_by_label("Invitation link", exact=True).inner_text()
        await self.button("Close").click()
        return link.partition("#join=")[2]

    async def offer_pairing(self, *, shared: bool) -> str:
        """A pairing code and its secret, CODE.SECRET, read from the dialog."""
        await self.button("Add a device").click()
        await self.button("Everybody" if shared else "Mine").click()
        command = await self.page.get_by_label("Command to run on the device").inner_text()
        code = command.partition("--pair ")[2].partition(" ")[0]
        await self.button("Close").click()
        return code

    async def place(self, name: str, *, video: bool) -> None:
        await self.button(f"Video call to {name}" if video else f"Call {name}", exact=True).click()

    async def answer(self, caller: str) -> None:
        await expect(self.incoming(caller)).to_be_visible()
        await self.button("Answer", exact=True).click()

    async def hang_up(self) -> None:
        await self.button("Hang up", exact=True).click()

    async def leave_calls(self) -> None:
        """Hang up what goes on, decline what rings, close what has ended."""
        for name in ("Decline", "Hang up", "Close"):
            if await self.button(name, exact=True).is_visible():
                with suppress(Error):  # the other side may have been faster
                    await self.button(name, exact=True).click(timeout=2_000)
        await expect(self.page.locator("kith-call")).to_be_hidden()

    async def lose_media(self) -> None:
        """The newest peer connection dies, and nobody is told."""
        await self.page.evaluate("() => window.connections.at(-1).close()")

    async def crash(self) -> None:
        """The page dies without a goodbye; another one is opened in its profile."""
        crashed = asyncio.get_running_loop().create_future()
        self.page.once("crash", lambda _: crashed.set_result(None))
        with suppress(Error):
            await self.page.goto("chrome://crash")
        await crashed
        self.page = await self.context.new_page()
        await self.open()

    def button(self, name: str, *, exact: bool = False) -> Any:
        return self.page.get_by_role("button", name=name, exact=exact).first

    def incoming(self, caller: str) -> Any:
        return self.page.get_by_role("alertdialog", name=caller)

    async def call_is_over(self, words: str) -> None:
        """The end of the call is shown, and read: back to the home screen."""
        await expect(self.page.locator("kith-call .standing")).to_have_text(words)
        await self.button("Close").click()
        await expect(self.page.locator("kith-call")).to_be_hidden()

    # -- what is there -----------------------------------------------------------------------------------

    async def ringing_name(self) -> str:
        """Whose name the incoming-call screen shows."""
        return str(await self.page.get_by_role("alertdialog").get_by_role("heading").inner_text())

    async def connected(self) -> None:
        await expect(self.page.locator("kith-call .standing")).to_have_text("Connected")

    async def sees_picture(self) -> None:
        """The other side's picture is on the screen, and moves: frames are decoded one after another."""
        await expect(self.page.locator("kith-call.picture")).to_be_visible()
        await self.frames_beyond(await self.frames_decoded())

    async def frames_decoded(self) -> int:
        received = await self.statistics("inbound-rtp")
        return sum(int(one.get("framesDecoded", 0)) for one in received)

    async def frames_beyond(self, count: int) -> None:
        """Wait until more than `count` frames have been decoded."""
        async with asyncio.timeout(PATIENCE / 1000):
            while await self.frames_decoded() <= count:
                await self.page.evaluate(NEXT_FRAME)

    async def statistics(self, kind: str) -> list[dict[str, Any]]:
        """The entries of one type in the current connection's statistics."""
        return cast("list[dict[str, Any]]", await self.page.evaluate(STATISTICS, kind))

    async def hears(self, milliseconds: int = 1200) -> float:
        """The pitch in Hz that dominates what arrives now."""
        text = await self.page.evaluate(HEAR, ["kith-call .remote", milliseconds])
        return dominant(decode(base64.b64decode(text)), RATE)

    async def state(self) -> dict[str, Any]:
        """The app's whole state."""
        found = await self.page.evaluate("() => document.querySelector('kith-app').parts.store.state")
        return cast("dict[str, Any]", found)

    async def live(self) -> set[str]:
        """What the indicators on the call screen say is captured: "microphone", "video"."""
        lights = await self.page.locator("kith-call [data-live]").all()
        return {str(await light.get_attribute("data-live")) for light in lights}

    async def live_tracks(self) -> set[str]:
        """What is really captured: kinds of the tracks that are live."""
        found = await self.page.evaluate(
            """() => Object.values(document.querySelector('kith-app').parts.calls.capture.tracks)
              .filter((track) => track?.readyState === 'live').map((track) => track.kind)"""
        )
        return set(found)


@dataclass
class Launcher:
    """Starts browsers as they are wanted, one process for each kind and tone."""

    server: RunningServer
    directory: Path
    playwright: Playwright
    stack: AsyncExitStack
    afar: bool = False
    trusting: Path | None = None
    speakers: str | None = None
    running: dict[tuple[Kind, int, Path | None, bool, bool], Browser] = field(default_factory=dict)
    numbers: int = 0
    people: list[Screen] = field(default_factory=list)
    screens: list[Screen] = field(default_factory=list)

    @property
    def owner(self) -> Screen:
        """The first who joined."""
        return self.people[0]

    async def screen(
        self,
        kind: Kind,
        *,
        tone: int = 440,
        camera: Path | None = None,
        refusing: bool = False,
        plain: bool = False,
        **context: Any,
    ) -> Screen:
        """A fresh profile in `kind`, whose microphone hears `tone` Hz and whose camera sees the film `camera`,
        else the browser's own test picture. `refusing` gives the page neither; `plain`: it sounds only once it was
        touched, and may use what the person has allowed it (all Chromium only)."""
        key = (kind, tone, camera, refusing, plain)
        if key not in self.running:
            chromium = kind == "chromium"
            start = (
                self._chromium(tone, camera, refusing=refusing, plain=plain)
                if chromium
                else self._firefox(tone)
            )
            self.running[key] = await start
            self.stack.push_async_callback(self.running[key].close)
        browser = self.running[key]
        granted = [] if refusing else ["camera", "microphone"]
        permissions = [*granted, "notifications"] if kind == "chromium" else []
        options: dict[str, Any] = {"viewport": VIEWPORT, "locale": "en-US", "permissions": permissions}
        profile = await browser.new_context(ignore_https_errors=kind == "firefox", **(options | context))
        profile.set_default_timeout(PATIENCE)
        await profile.add_init_script(KEEP_CONNECTIONS)
        screen = Screen(kind, self.server, profile, await profile.new_page())
        screen.page.on("pageerror", lambda error: screen.errors.append(str(error)))
        self.screens.append(screen)
        return screen

    def at(self, server: RunningServer) -> "Launcher":
        """The same browsers for another server, one that shows the same certificate; nobody is there yet."""
        return replace(self, server=server, numbers=0, people=[], screens=[])

    async def dismiss(self, *, keep: Sequence[Screen] = ()) -> None:
        """Close every profile but these: each holds half a dozen of the sockets that one address may have."""
        for screen in [one for one in self.screens if one not in keep]:
            await screen.context.close()
            self.screens.remove(screen)

    async def person(
        self, name: str, kind: Kind, *, by: Screen | None = None, household: bool = True, **options: Any
    ) -> Screen:
        """Somebody who has joined: the owner, or whom `by` invited."""
        secret = await (self.server.owner_link() if by is None else by.invite(household=household))
        screen = await self.screen(kind, **options)
        self.numbers += 1
        await screen.join(secret, name, f"+1202555{9000 + self.numbers:04d}")
        if by is not None and household:
            await by.button(f"Yes, that is {name}", exact=True).click()
            moving = screen.button("Yes, I live there")
            await moving.click()
            await expect(moving).to_be_hidden()  # whoever leaves the page before is asked again
        self.people.append(screen)
        return screen

    async def _chromium(self, tone: int, camera: Path | None, *, refusing: bool, plain: bool) -> Browser:
        home = (
            {} if self.trusting is None else {"HOME": str(await believer_of(self.directory, self.trusting))}
        )
        sound = self.directory / f"{tone}.wav"
        write_wav(sound, np.concatenate([sine(tone, 0, RATE // 2), np.zeros(RATE // 8, np.int16)]))
        return await self.playwright.chromium.launch(
            executable_path=CHROMIUM,
            chromium_sandbox=False,
            env={**os.environ, **home},
            args=[
                *CHROMIUM_FLAGS,
                *([] if plain else [SOUND_AT_ONCE]),
                *([] if refusing or plain else [SAY_YES]),
                f"--use-file-for-fake-audio-capture={sound}",
                *([] if camera is None else [f"--use-file-for-fake-video-capture={camera}"]),
                *self._trust(),
                *(self._chromium_afar() if self.afar else []),
            ],
        )

    def _chromium_afar(self) -> list[str]:
        return [
            f"--unsafely-treat-insecure-origin-as-secure={self.server.url}",
            f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {self._host}",
        ]

    def _firefox_afar(self) -> dict[str, str | int | bool]:
        return {
            "dom.securecontext.allowlist": self._host,
            "network.dns.forceResolve": self._host,
            "media.peerconnection.ice.loopback": False,
        }

    @property
    def _host(self) -> str:
        return str(urlsplit(self.server.url).hostname)

    def _trust(self) -> list[str]:
        if not self.server.url.startswith("https:"):
            return []
        return [f"--ignore-certificate-errors-spki-list={fingerprint(self.server)}"]

    async def _firefox(self, tone: int) -> Browser:
        sound = {} if self.speakers is None else {"PULSE_SERVER": self.speakers}
        return await self.playwright.firefox.launch(
            channel="moz-firefox",
            executable_path=FIREFOX,
            env={**os.environ, **sound},
            firefox_user_prefs={
                **FIREFOX_PREFERENCES,
                "media.navigator.audio.fake_frequency": tone,
                **(self._firefox_afar() if self.afar else {}),
            },
        )


@asynccontextmanager
async def browsers(
    server: RunningServer,
    directory: Path,
    *,
    inside: Sequence[str] = (),
    trusting: Path | None = None,
    speakers: str | None = None,
) -> AsyncIterator[Launcher]:
    """Browsers that trust `server`; closed with everything in them at the end. `inside` is a command that they are
    started with, such as `ip netns exec NAME`; they may then use the server's own address without TLS. `trusting` is a
    certificate authority that Chromium has been told to believe, for whatever else there is; `speakers` is the
    PULSE_SERVER through which Firefox sounds, which it does not without one."""
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(_playwright(directory, inside))
        launcher = Launcher(
            server, directory, playwright, stack, afar=bool(inside), trusting=trusting, speakers=speakers
        )
        yield launcher
        await launcher.dismiss()


@asynccontextmanager
async def _playwright(directory: Path, inside: Sequence[str]) -> AsyncIterator[Playwright]:
    """With its driver inside, as the driver speaks to Firefox over the network of where it is itself."""
    starting = async_playwright()
    if not inside:
        async with starting as playwright:
            yield playwright
        return
    node = directory / f"node-{inside[-1]}"
    node.write_text(f'#!/bin/sh\nexec {" ".join(inside)} {compute_driver_executable()[0]} "$@"\n')
    node.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:  # it is looked at once, at the start
        patch.setenv("PLAYWRIGHT_NODEJS_PATH", str(node))
        playwright = await starting.__aenter__()
    try:
        yield playwright
    finally:
        await starting.__aexit__()


async def believer_of(directory: Path, authority: Path) -> Path:
    """The home directory of somebody who has told Chromium to believe a certificate authority (NSS)."""
    store = directory / "home" / ".pki" / "nssdb"
    store.mkdir(parents=True, exist_ok=True)
    for what in (("-N", "--empty-password"), ("-A", "-t", "C,,", "-n", "kith", "-i", str(authority))):
        process = await asyncio.create_subprocess_exec("certutil", "-d", f"sql:{store}", *what)
        assert await process.wait() == 0
    return directory / "home"


def fingerprint(server: RunningServer) -> str:
    """Base64 SHA-256 of the public key in the server's certificate, as Chromium wants it."""
    pem = ssl.get_server_certificate(("127.0.0.1", server.port))
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()


def decode(recording: bytes) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """A recording of the browser's (Opus in WebM or Ogg) as mono samples at 48 kHz."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    with av.open(io.BytesIO(recording), "r") as container:
        frames = [
            resampled.to_ndarray().ravel()
            for frame in container.decode(audio=0)
            for resampled in resampler.resample(frame)
        ]
    return np.concatenate(frames).astype(np.float64) if frames else np.zeros(0)
