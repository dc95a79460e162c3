"""One mixer process as the server sees it: started, spoken to over a socket of its own, watched, ended.

    starting   until it says Ready
    ready      until `quit`, or its socket ends, it is silent, or what it says makes no sense
    ended      killed if need be, and waited for

Whatever ends it, `lost` is called once, at once, and the process is no more when `run` returns. The socket is the only
tie: a server that is killed closes it as well, and a mixer whose socket has ended ends itself (media.mixer.control).
"""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import media
from media.mixer.control import (
    ControlError,
    Deframer,
    FromMixer,
    Quit,
    Ready,
    Refused,
    Seat,
    Seated,
    ToMixer,
    frame,
)

log = logging.getLogger(__name__)

UNSENT = 4 << 20
"""Bytes that may wait for a mixer. It reads its socket between ticks; one that leaves that much does not live."""

LATE = 1.0
"""Seconds by which the timer itself may be late. Beyond, it was this process that was held up, and not the mixer."""

TREE = Path(media.__file__).resolve().parents[1]
"""Where the modules of this server are, which its mixers take as well."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait: for a process to come up, for the next sign of life (it reports every two seconds), for an
    answer to an offer (of which it answers 50 a second, also where it takes over the rooms of a lost one), for an end
    in peace; and how long a process without a room is kept."""

    start: float = 20.0
    silence: float = 6.0
    answer: float = 8.0
    quit: float = 2.0
    idle: float = 60.0


Command = Callable[[int], Sequence[str]]
"""The command line, from the number of the file that is the control socket."""


class Lost(Exception):
    """The mixer ended before it answered, or does not answer."""


class MixerLink(asyncio.Protocol):
    """`heard` gets every message but the answers to `ask`; `lost` is called when it ends, with the reason for the log,
    unless that was asked for by `quit`."""

    def __init__(
        self,
        command: Command,
        patience: Patience,
        heard: Callable[[FromMixer], None],
        lost: Callable[[str], None],
    ) -> None:
        self._command = command
        self._patience = patience
        self._heard = heard
        self._lost = lost
        self._deframer: Deframer[FromMixer] = Deframer(FromMixer)
        self._asked: dict[tuple[str, str, int], asyncio.Future[Seated | Refused]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._transport: asyncio.WriteTransport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._over = asyncio.Event()
        self._quitting = False
        self.ready = False

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    # -- its life -----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Its whole life. Never raises for what a process can do."""
        try:
            await self._start()
        except OSError as error:
            self._end(f"not started: {error.strerror or error}")
            return
        if not self._quitting:
            self._watch(self._patience.start)
        await self._over.wait()
        await self._bury()

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command(theirs.fileno()),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    env=_environment(),
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,  # Ctrl+C is for the server, which ends its mixers in order
                )
        except OSError:
            ours.close()
            raise
        await asyncio.get_running_loop().create_unix_connection(lambda: self, sock=ours)

    async def _bury(self) -> None:
        assert self._process is not None
        try:
            async with asyncio.timeout(self._patience.quit):
                code = await self._process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            code = await self._process.wait()
        log.info("mixer ended: pid=%d exit=%d", self._process.pid, code)

    def _end(self, why: str) -> None:
        if self._over.is_set():
            return
        self._over.set()
        self.ready = False
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()
        if self._process is not None and not self._quitting:
            with suppress(ProcessLookupError):
                self._process.kill()
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(Lost(why))
        if not self._quitting:
            self._lost(why)

    def _watch(self, seconds: float) -> None:
        """A sign of life is due within so many seconds."""
        if self._timer is not None:
            self._timer.cancel()
        if not self._over.is_set():
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(seconds, self._silent, loop.time() + seconds)

    def _silent(self, due: float) -> None:
        if asyncio.get_running_loop().time() - due > LATE:
            self._watch(LATE)
        else:
            self._end("silent" if self.ready else "did not come up")

    # -- what is said -------------------------------------------------------------------------------

    def send(self, message: ToMixer) -> None:
        """Say it. What is said to one that has ended is lost with it."""
        if self._transport is None or self._over.is_set():
            return
        self._transport.write(frame(message))
        if self._transport.get_write_buffer_size() > UNSENT:
            self._end("does not read")

    async def ask(self, seat: Seat) -> Seated | Refused:
        """What it answers to an offer. Raises Lost."""
        if self._over.is_set():
            raise Lost("ended")
        asked = asyncio.get_running_loop().create_future()
        name = (seat.room, seat.seat, seat.epoch)
        self._asked[name] = asked
        try:
            self.send(seat)
            async with asyncio.timeout(self._patience.answer):
                answer: Seated | Refused = await asked
        except TimeoutError:
            raise Lost("no answer") from None
        finally:
            del self._asked[name]
        return answer

    def quit(self) -> None:
        """Have it end; `run` returns when it has, by force if need be."""
        if self._quitting or self._over.is_set():
            return
        self.send(Quit())
        self._quitting = True
        self._watch(self._patience.quit)

    # -- what the socket says -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's do not say that they are
        if self._quitting:
            self._transport.write(frame(Quit()))

    def data_received(self, data: bytes) -> None:
        if not self._quitting:
            self._watch(self._patience.silence)
        try:
            for message in self._deframer.feed(data):
                self._take(message)
        except ControlError as error:
            self._end(str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end("ended")

    def _take(self, message: FromMixer) -> None:
        if isinstance(message, Seated | Refused):
            asked = self._asked.get((message.room, message.seat, message.epoch))
            if asked is not None and not asked.done():
                asked.set_result(message)
            return
        if isinstance(message, Ready):
            self.ready = True
        self._heard(message)


def _environment() -> dict[str, str]:
    """The server's own, but for its options, among which are secrets that are none of a mixer's business."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KITH_")}
    return {**kept, "PYTHONPATH": str(TREE)}


def mixer_command(port: int, announced: Sequence[str]) -> Command:
    """A mixer at this UDP port, 0 for any free one, that announces these addresses besides those of the machine."""

    def command(control: int) -> tuple[str, ...]:
        return (
            *(sys.executable, "-P", "-m", "media.mixer", f"--control={control}", f"--port={port}"),
            *(f"--announce={address}" for address in announced),
        )

    return command
