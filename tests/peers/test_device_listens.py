"""`kith device --listen`: woken by a word, it writes down what is said, does it, and says how it went."""

import asyncio
from pathlib import Path

import numpy as np

from kith.endpoint.speech import speak
from media.tones import RATE
from tests.peers.test_endpoint_calls import Two, two
from tests.peers.test_endpoint_device import device, running
from tests.support import signing
from tests.unit.endpoint.test_sound_parts import write_wav

__all__ = ["two"]


async def room(path: Path, *said: str) -> Path:
    """A room in which this is said, with a second between, and then nothing for a while."""
    parts = [np.zeros(RATE, np.int16)]
    for each in said:
        sound = await speak(each)
        assert sound is not None
        parts += [sound, np.zeros(RATE // 2, np.int16)]
    write_wav(path, np.concatenate([*parts, np.zeros(60 * RATE, np.int16)]))
    return path


async def test_a_word_wakes_it_and_it_calls(two: Two, tmp_path: Path) -> None:
    sounds = await room(tmp_path / "room.wav", "Call Bob, it is late.", "Hey Jarvis!", "Call Bob.")
    code = await two.server.pairing(two.anna, shared=False)
    options = (f"--server={two.server.url}", f"--pair={code}", "--trust-server", "--name=Shelf")
    async with running(
        *device(tmp_path / "shelf", *options, f"--microphone={sounds}", "--listen=hey_jarvis")
    ) as shelf:
        await shelf.event("signed_in")
        await signing.sign_for_all(two.server, two.anna)
        heard = await shelf.event("heard")
        assert heard["text"].rstrip(".!").lower() == "call bob", (
            "and nothing of what was said before the word"
        )
        assert (await shelf.event("said"))["text"] == "Calling Bob."
        assert await asyncio.wait_for(shelf.end(), 30) == 0
