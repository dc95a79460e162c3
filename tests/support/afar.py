"""A real endpoint in a process of its own, which may be in another network: `Afar`, and the program that it starts.

    async with afar(inside, server, code, "Study", directory, tone=440) as study:
        await study.say("call Ben")
        heard = await study.until("heard", hertz=1000)

Every line that the program prints is an event with the time at which it happened, on the clock that all processes of
a machine share.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from kith import Endpoint
from kith.endpoint import aiortc_hooks
from kith.endpoint.call import Call
from kith.endpoint.obey import obey
from media.tones import Samples
from signaling import protocol
from tests.support.server import ROOT
from tests.support.sound import dominant

GENEROUS = 40.0
FRAMES = 5
"""20 ms each: how much sound is listened to at a time."""

BREAK = 0.3
"""Seconds without the right sound after which it is not one stretch. (What browsers hear in tests has pauses.)"""

Happened = dict[str, Any]
T = TypeVar("T")


@dataclass
class Afar:
    """The endpoint, from here."""

    name: str
    process: asyncio.subprocess.Process
    history: list[Happened] = field(default_factory=list)
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(self, text: str) -> None:
        """What a person says to it; "pairs" tells the paths in use."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\n".encode())
        await self.process.stdin.drain()

    async def until(self, event: str, *, after: float = 0.0, hertz: float | None = None) -> Happened:
        """The first such event after a time; of sound, one of this pitch."""

        def found() -> Happened | None:
            later = (one for one in self.history if one["event"] == event and one["at"] >= after)
            return next((one for one in later if hertz is None or _is(one, hertz)), None)

        return await self._wait(found, f"{event} {hertz}")

    async def steady(self, hertz: float, *, after: float) -> float:
        """When a second of this pitch began, after a time; it may have short breaks."""

        def found() -> float | None:
            began, last = 0.0, 0.0
            for one in self.history:
                if one["event"] != "heard" or one["at"] < after or not _is(one, hertz):
                    continue
                if not began or one["at"] - last > BREAK:
                    began = one["at"]
                last = one["at"]
                if last - began >= 1:
                    return began
            return None

        return await self._wait(found, f"a second of {hertz} Hz")

    async def _wait(self, found: Callable[[], T | None], what: str) -> T:
        try:
            async with asyncio.timeout(GENEROUS):
                while (result := found()) is None:
                    self._grown.clear()
                    await self._grown.wait()
        except TimeoutError:
            quiet = [one for one in self.history if one["event"] != "heard"]
            raise AssertionError(f"{self.name}: never came: {what}; what did: {quiet[-12:]}") from None
        return result

    async def pairs(self) -> list[list[str]]:
        """(own, other) kinds of candidates in use."""
        now = time.monotonic()
        await self.say("pairs")
        return list((await self.until("pairs", after=now))["pairs"])

    async def ready(self) -> None:
        """It is in no call, and the server answers it; what happened before is forgotten."""
        now = time.monotonic()
        await self.say("settle down")
        await self.until("ready", after=now)
        self.history.clear()

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.history.append(json.loads(line))
            self._grown.set()


@asynccontextmanager
async def afar(
    inside: tuple[str, ...],
    server: str,
    code: str,
    name: str,
    directory: Path,
    *,
    tone: int,
    ca: Path | None = None,
) -> AsyncIterator[Afar]:
    """Paired and signed in; it says "joined" when somebody has signed for it. Ended by its process id."""
    with (directory / f"{name}.err").open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *(*inside, sys.executable, "-m", "tests.support.afar"),
            *(server, code, name, str(directory / name), str(tone), "" if ca is None else str(ca)),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    one = Afar(name, process)
    reading = asyncio.create_task(one.read())
    try:
        await one.until("signed_in")
        yield one
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()
        await reading


def _is(one: Happened, hertz: float) -> bool:
    return bool(abs(one["hertz"] - hertz) < 15)


# -- the program -------------------------------------------------------------------------------------


def _tell(event: str, **details: Any) -> None:
    sys.stdout.write(json.dumps({"at": time.monotonic(), "event": event, **details}) + "\n")
    sys.stdout.flush()


def _listen(endpoint: Endpoint) -> None:
    frames: list[Samples] = []

    def hear(call: Call, samples: Samples) -> None:
        frames.append(samples)
        if len(frames) == FRAMES:
            _tell("heard", hertz=dominant(np.concatenate(frames)))
            frames.clear()

    def ended(call: Call, reason: Any) -> None:
        _tell("ended", reason=reason.value)

    endpoint.on("audio", hear)
    endpoint.on("ended", ended)
    endpoint.on("away", lambda cause: _tell("away", cause=repr(cause)))
    endpoint.on("signed_in", lambda: _tell("signed_in"))
    endpoint.on("pairing", lambda progress: _tell("joined") if endpoint.joined else None)
    endpoint.on("changed", lambda call: _tell("changed", phase=call.view.phase.value, epoch=call.view.epoch))
    for event in ("ringing", "calling", "answered", "connected"):
        endpoint.on(event, lambda call, event=event: _tell(event, name=call.peer_name))


async def _do(endpoint: Endpoint, text: str) -> None:
    if text == "pairs":
        call = endpoint.current
        link = None if call is None else call.current_link
        _tell("pairs", pairs=[] if link is None else aiortc_hooks.pairs_in_use(link._pc))
    elif text == "settle down":
        if endpoint.current is not None:
            await endpoint.hang_up()
        await endpoint.request(protocol.Ping(id=endpoint.new_id()))
        _tell("ready")
    else:
        _tell("said", text=await obey(endpoint, text))


async def _main(server: str, code: str, name: str, home: str, tone: str, ca: str) -> None:
    endpoint = await Endpoint.pair(
        *(server, code),
        name=name,
        home=Path(home),
        ca=Path(ca) if ca else None,
        trust_server=True,
        microphone=f"tone:{tone}",
        speaker="null",
    )
    _listen(endpoint)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def obeying() -> None:
        async for line in reader:
            await _do(endpoint, line.decode().strip())

    async with endpoint:
        endpoint.accompany(obeying())
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
