"""Spoken sentences: English by hibari-tts where the extra `kith[speech]` is installed, everything else by espeak-ng if
that is. Without either a device is silent; the event comes all the same.
"""

import asyncio
import io
import shutil
import threading
import wave
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np

from kith.core.utterances.intents import Language
from kith.endpoint.microphones import at_rate
from media.tones import Samples

WITHIN = 5.0
"""Seconds to find the words. A ring does not wait for ever."""

LONGEST = 4_000
"""Characters: those of the longest message."""

PACE = 150
GAP = 3
"""Words a minute, and hundredths of a second between them. As fast as espeak-ng is by itself, ears that are new to it,
and machines, miss every third word."""

_VOICES: dict[Language, str] = {"en": "en-us", "es": "es"}
_ONE_AT_A_TIME = threading.Lock()


async def speak(text: str, language: Language = "en") -> Samples | None:
    """The sentence as sound; None if nobody here can speak, or has not found the words within WITHIN."""
    said = text[:LONGEST]
    if language == "en" and find_spec("hibari") is not None:
        try:
            async with asyncio.timeout(WITHIN):
                return await asyncio.to_thread(_by_hibari, said)
        except (TimeoutError, OSError, ValueError, RuntimeError):
            pass  # the other voice knows no sound that this one would not find either
    return await by_espeak(said, language)


def _by_hibari(text: str) -> Samples:
    """Its voice lies in the package; nothing is fetched. Raises ValueError or RuntimeError for what it cannot say."""
    with _ONE_AT_A_TIME:
        voice, rate = _hibari()
        sound = np.asarray(voice(text), np.float32)
    if not len(sound):
        raise ValueError("there is nothing to say")
    return at_rate((np.clip(sound, -1, 1) * 32_767).astype(np.int16), rate)


@lru_cache(1)
def _hibari() -> tuple[Any, int]:
    from hibari import SAMPLE_RATE, Hibari  # type: ignore[import-untyped]

    return Hibari(), SAMPLE_RATE


async def by_espeak(text: str, language: Language = "en") -> Samples | None:
    """The same by espeak-ng, None if that is not installed."""
    program = shutil.which("espeak-ng")
    if program is None:
        return None
    process = await asyncio.create_subprocess_exec(
        program,
        "--stdin",
        "--stdout",
        f"-v{_VOICES[language]}",
        f"-s{PACE}",
        f"-g{GAP}",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(WITHIN):
            data, _ = await process.communicate(text.encode())
    except TimeoutError:
        return None
    finally:  # also when nobody wants to hear it any more
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _decode(data)


def _decode(data: bytes) -> Samples | None:
    """espeak-ng streams: the length in its header is not the true one."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            rate = file.getframerate()
    except (wave.Error, EOFError):
        return None
    at = data.find(b"data")
    body = data[at + 8 :]
    return at_rate(np.frombuffer(body[: len(body) // 2 * 2], "<i2").astype(np.int16), rate)
