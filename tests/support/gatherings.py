"""What several pages in one group see, hear and send: looked at in the pages' own parts and in what a person sees."""

import asyncio
import base64
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.async_api import expect

from media.tones import RATE
from tests.support.browsers import PATIENCE, Screen, decode
from tests.support.sound import dominant

FAINT = 0.1
"""Of the strongest tone: less is none, more is somebody."""

HEAR_ALL = """
async (milliseconds) => {
  const elements = [...document.querySelectorAll('kith-group .tile:not(.own) video, kith-group audio')];
  const heard = elements.filter(({ srcObject }) => srcObject?.getAudioTracks().length > 0).map(async (element) => {
    const recorder = new MediaRecorder(new MediaStream(element.srcObject.getAudioTracks()));
    const parts = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.start();
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    await new Promise((resolve) => { recorder.onstop = resolve; recorder.stop(); });
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    const name = element.closest('.tile')?.querySelector('.tile-name').textContent ?? 'the mixer';
    return [name, btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ''))];
  });
  return Object.fromEntries(await Promise.all(heard));
}
"""

FRAMES = """
() => Promise.all([...document.querySelectorAll('kith-group .tile.picture:not(.own) video')].map(
  (video) => new Promise((resolve) => {
    const name = video.closest('.tile').querySelector('.tile-name').textContent;
    video.requestVideoFrameCallback(() => resolve(name));
  }),
))
"""
"""Whose picture shows another frame from now on."""

BONDS = """
(count) => {
  const { store } = document.querySelector('kith-app').parts;
  const group = store.state.groups.find(({ mine, ended }) => mine && ended === null);
  return group && Object.values(group.bonds).filter(({ media }) => media === 'up').length === count;
}
"""

CLOSE = """
() => {
  const { store, groups } = document.querySelector('kith-app').parts;
  for (const { id, mine, ended } of store.state.groups) {
    if (mine && ended === null) groups.leave(id);
    else if (!mine) groups.decline(id);
    store.dispatch({ t: 'group', what: { t: 'forget', id } });
  }
}
"""

OPEN_CONNECTIONS = """
(count) => window.connections.filter(({ connectionState }) => connectionState !== 'closed').length === count
"""

SENT = """
async () => {
  const open = window.connections.filter(({ connectionState }) => connectionState === 'connected');
  const tracks = (one) => one.getSenders().flatMap(({ track }) => (track ? [`${track.kind} ${track.id}`] : []));
  return open.map((one) => tracks(one).sort());
}
"""


@dataclass
class Gathering:
    """One page's part in a group."""

    screen: Screen

    async def choose(self, *names: str) -> None:
        """Up to what will happen; nothing rings yet."""
        await self.screen.button("Call several").click()
        for name in names:
            await self.screen.page.get_by_role("checkbox", name=name).check()
        await self.screen.button("Continue").click()
        await expect(self.seal).to_be_visible()

    async def begin(self, how: str) -> None:
        """Call, Video call or Drop in, as was chosen."""
        await self.screen.page.locator("dialog").get_by_role("button", name=how, exact=True).click()

    async def join(self) -> None:
        await self.screen.button("Join", exact=True).click()

    async def leave(self) -> None:
        await self.screen.button("Leave", exact=True).click()
        await expect(self.screen.page.locator("kith-group .standing")).to_have_text("You have left.")

    async def come_back(self) -> None:
        await self.screen.button("Join again").click()

    async def ask_in(self, name: str) -> None:
        """One more, who rings then."""
        await self.screen.button("Add", exact=True).click()
        await self.screen.page.get_by_role("checkbox", name=name).check()
        await self.screen.button("Ask them in").click()

    async def stands(self, words: str) -> None:
        """What the group's screen says of how it is."""
        await expect(self.screen.page.locator("kith-group .standing")).to_have_text(words)

    async def close(self) -> None:
        """Whatever goes on, rings or has ended: at once, as the others close it as well."""
        await self.screen.page.evaluate(CLOSE)
        await expect(self.screen.page.locator("kith-group")).to_be_hidden()

    @property
    def seal(self) -> Any:
        """What the page says of who can hear it, where it is in sight."""
        return self.screen.page.locator("[data-seal]:visible").first

    async def is_end_to_end(self) -> bool:
        await expect(self.seal).to_be_visible()
        words = {"sealed": "End-to-end encrypted", "mixed": "Processed by your server, not end-to-end"}
        said = str(await self.seal.get_attribute("data-seal"))
        await expect(self.seal).to_contain_text(words[said])
        return said == "sealed"

    async def connected(self, others: int) -> None:
        """With so many others, each over a connection of its own."""
        await self.screen.page.wait_for_function(BONDS, arg=others)

    async def hears(self, milliseconds: int = 1200) -> dict[str, NDArray[Any]]:
        """What arrives now, by who sends it."""
        found = cast("dict[str, str]", await self.screen.page.evaluate(HEAR_ALL, milliseconds))
        return {name: decode(base64.b64decode(text)) for name, text in found.items()}

    async def hears_each(self, tones: dict[str, int], near: float) -> None:
        """Each of these at their own pitch, and nobody else; before long, as sound may come a moment after its
        connection."""
        async with asyncio.timeout(PATIENCE / 1000):
            while True:
                heard = {name: dominant(sound) for name, sound in (await self.hears()).items()}
                if 0 not in heard.values():
                    break
        assert heard == {name: pytest.approx(tone, abs=near) for name, tone in tones.items()}

    async def hears_only(self, tones: tuple[int, ...], *, but: int) -> None:
        """All of these in what the mixer sends, and not the own one; before long."""
        async with asyncio.timeout(PATIENCE / 1000):
            while True:
                heard = [strengths(sound, tones) for sound in (await self.hears()).values()]
                others = [share for one in heard for tone, share in one.items() if tone != but]
                if others and min(others) > FAINT:
                    break
        assert [one[but] < FAINT for one in heard] == [True]

    async def sees(self, others: int) -> set[str]:
        """Whose picture moves, once so many are there: one that stalls for a moment is not shown for that long."""
        pictures = self.screen.page.locator("kith-group .tile.picture:not(.own)")
        async with asyncio.timeout(PATIENCE / 1_000):
            while True:
                await expect(pictures).to_have_count(others)
                moving = set(await self.screen.page.evaluate(FRAMES))
                if len(moving) == others:
                    return moving

    async def tiles(self) -> list[str]:
        """The others, as the screen names them."""
        return [
            str(name)
            for name in await self.screen.page.locator(
                "kith-group .tile:not(.own) .tile-name"
            ).all_text_contents()
        ]

    async def has_connections(self, count: int) -> None:
        """So many that are not closed, and no more: each is closed in the moment in which its end is heard of."""
        await self.screen.page.wait_for_function(OPEN_CONNECTIONS, arg=count, timeout=PATIENCE)

    async def sends(self) -> list[list[str]]:
        """The tracks that leave, by connection."""
        return cast("list[list[str]]", await self.screen.page.evaluate(SENT))

    async def enhance(self, *, on: bool) -> None:
        """Switch enhanced groups on or off, as the person."""
        await self.screen.button("You", exact=True).click()
        switch = self.screen.page.locator("[data-does=enhanced]")
        if await switch.get_attribute("aria-checked") != str(on).lower():
            await switch.click()
        await expect(switch).to_have_attribute("aria-checked", str(on).lower())
        await self.screen.button("Home", exact=True).click()


def strengths(sound: NDArray[Any], tones: tuple[int, ...]) -> dict[int, float]:
    """How strong each tone is in it, as a share of the strongest of them."""
    spectrum = np.abs(np.fft.rfft(sound.astype(np.float64) * np.hanning(len(sound))))
    pitch = np.fft.rfftfreq(len(sound), 1 / RATE)
    found = {tone: float(spectrum[(pitch > tone - 15) & (pitch < tone + 15)].max()) for tone in tones}
    return {tone: value / max(*found.values(), 1e-9) for tone, value in found.items()}
