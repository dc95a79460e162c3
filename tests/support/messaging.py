"""What a person does with messages at a page."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from playwright.async_api import expect

from tests.support.browsers import Screen

GENEROUS = 20.0
Sound = np.ndarray[Any, np.dtype[np.float64]]

CONTENT = """
async (id) => {
  const disk = await import('/messages/database.js');
  const pieces = await disk.all('voices', IDBKeyRange.bound([id], [id, []]));
  const whole = new Uint8Array(await new Blob(pieces).arrayBuffer());
  return btoa(whole.reduce((text, byte) => text + String.fromCharCode(byte), ''));
}
"""
ITEMS = """
async () => {
  const disk = await import('/messages/database.js');
  return (await disk.all('items')).map(({ envelope, key, ...rest }) => rest);
}
"""
TONES = """
() => {
  const { ringer } = document.querySelector('kith-app').parts;
  window.tones = 0;
  const announce = ringer.announce.bind(ringer);
  ringer.announce = (...tone) => {
    window.tones += 1;
    return announce(...tone);
  };
}
"""
HEARD = """
async () => {
  const engine = await document.querySelector('kith-app').parts.messages();
  window.heard = [];
  engine.playing.heard = (id) => window.heard.push(id);
}
"""
SOUNDS = """
() => {
  if (window.sounds) return;
  window.sounds = [];
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (...when) {
    window.sounds.push(this.buffer.getChannelData(0));
    return start.apply(this, when);
  };
}
"""
"""Keeps what is given to the loudspeaker: nobody hears a test's."""

PLAYED = """
() => {
  const parts = window.sounds.splice(0);
  const bytes = new Uint8Array(Int16Array.from(parts.flatMap((part) => [...part].map((one) => 32767 * one))).buffer);
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
"""


@dataclass
class Talking:
    """A page at its messages."""

    screen: Screen

    @property
    def page(self) -> Any:
        return self.screen.page

    async def overview(self) -> None:
        """All conversations."""
        await self.page.get_by_role("navigation").get_by_role("button", name="Messages").click()
        await expect(self.page.get_by_role("heading", name="Messages", exact=True)).to_be_visible()

    async def open(self, name: str) -> None:
        """The conversation with somebody who is on the home screen, by their card."""
        if await self.in_conversation(name):
            return
        await self.screen.button(f"More about {name}").click()
        await self.page.get_by_role("dialog").get_by_role("button", name=f"Message to {name}").click()
        await expect(self.page.get_by_label("Write a message")).to_be_visible()

    async def in_conversation(self, name: str) -> bool:
        title = self.page.locator("kith-conversation .bar .name", has_text=name)
        return bool(await title.is_visible())

    async def home(self) -> None:
        """From wherever it is."""
        await self.page.evaluate(
            "() => { const { depth = 0 } = history.state ?? {}; if (depth) history.go(-depth); }"
        )
        await expect(self.page.get_by_role("heading", name="People")).to_be_visible()

    async def write(self, text: str) -> None:
        await self.page.get_by_label("Write a message").fill(text)
        await self.page.locator("kith-composer").get_by_role("button", name="Send").first.click()

    async def say(self, seconds: float) -> None:
        """Record the microphone, and send it."""
        await self.page.get_by_role("button", name="Record your voice").click()
        now = self.page.locator("kith-composer .recording")
        await expect(now.get_by_role("timer")).to_have_text(f"0:0{int(seconds)}")
        await now.get_by_role("button", name="Send").click()
        await expect(now).to_be_hidden()

    def row(self, text: str) -> Any:
        """The message that says this."""
        return self.page.locator("kith-message-list li", has=self.page.get_by_text(text, exact=True)).last

    @property
    def voices(self) -> Any:
        """Voice messages that are in the page."""
        return self.page.locator("kith-message-list li", has=self.page.locator(".voice"))

    async def stands(self, text: str, standing: str) -> None:
        """How far an own message has come, in words."""
        await expect(self.row(text).locator(".standing")).to_have_text(standing)

    async def sees(self, text: str, by: str) -> None:
        """A message is there, and who said it is said."""
        await expect(self.row(text)).to_contain_text(f"{by} said:")

    async def items(self) -> list[dict[str, Any]]:
        """What is kept, as the page keeps it."""
        found: list[dict[str, Any]] = await self.page.evaluate(ITEMS)
        return found

    async def recording(self, message: str) -> bytes:
        """A voice message, as the page keeps it."""
        return base64.b64decode(await self.page.evaluate(CONTENT, message))

    async def watch_playing(self) -> None:
        """From now on `window.heard` names what was heard to its end."""
        await self.page.evaluate(HEARD)

    async def watch_sounds(self) -> None:
        await self.page.evaluate(TONES)

    async def sounds(self) -> int:
        """How many short tones there were since."""
        return int(await self.page.evaluate("() => window.tones"))

    async def plays(self, row: Any) -> Sound:
        """Play a voice message to its end. Returns the sound that was made: mono at 48 kHz."""
        await self.page.evaluate(SOUNDS)
        await self.watch_playing()
        await row.get_by_role("button", name="Play").click()
        await self.page.wait_for_function("() => window.heard.length > 0")
        text = await self.page.evaluate(PLAYED)
        return np.frombuffer(base64.b64decode(text), np.int16).astype(np.float64)


async def until(found: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait for what nobody is told of: what a page keeps on its disk."""
    try:
        async with asyncio.timeout(GENEROUS):
            while True:
                if await found():
                    return
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"never: {what}") from None
