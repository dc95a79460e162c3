"""Spoken sentences, by espeak-ng if it is installed. Without it a device is silent; the event comes all the same."""

import asyncio
import io
import shutil
import wave

import numpy as np

from kith.endpoint.microphones import at_rate
from media.tones import Samples

WITHIN = 5.0
"""Seconds to find the words. A ring does not wait for ever."""


async def speak(text: str, language: str = "en") -> Samples | None:
    """The sentence as sound; None if nobody here can speak."""
    program = shutil.which("espeak-ng")
    if program is None:
        return None
    process = await asyncio.create_subprocess_exec(
        program,
        "--stdin",
        "--stdout",
        "-v",
        language,
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
