"""What stands in for a mixer process: it answers offers, and says whatever the test has it say.

usage: python -m tests.support.mixer_stand_in CONTROL STRINGS [REPORTS]

CONTROL is the number of its control socket. At STRINGS, a path, it listens for the test: what comes there goes out at
the control socket as it is. REPORTS are the seconds between two reports. An offer without `m=audio` is refused as bad,
one that says `full` for want of room, and one that says `silence` is not answered.
"""

import asyncio
import hashlib
import os
import socket
import sys
from pathlib import Path

from kith.server.mixer_link import Command, Patience
from media.mixer.control import Deframer, FromMixer, Load, Quit, Ready, Refused, Seat, Seated, ToMixer, frame

HASTY = Patience(start=20.0, silence=1.5, answer=1.0, quit=2.0, idle=0.5)
"""For a mixer that reports every 0.2 seconds."""


def fingerprint(pid: int) -> bytes:
    """That of the certificate which the process says it has."""
    return hashlib.sha256(str(pid).encode()).digest()


def command(strings: Path) -> Command:
    """How `kith.server.mixers` starts it."""

    def line(control: int) -> tuple[str, ...]:
        return (sys.executable, "-m", "tests.support.mixer_stand_in", str(control), str(strings))

    return line


async def pull(strings: Path, *messages: FromMixer | bytes) -> None:
    """Have it say these, or anything else. It has when this returns."""
    reader, writer = await asyncio.open_unix_connection(strings)
    for message in messages:
        writer.write(message if isinstance(message, bytes) else frame(message))
    writer.write_eof()
    await reader.read()
    writer.close()
    await writer.wait_closed()


async def _main(control: int, strings: Path, reports: float) -> None:
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_unix_connection(sock=socket.socket(fileno=control))

    async def forward(said: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        writer.write(await said.read())
        back.close()

    def report() -> None:
        writer.write(frame(Load(0, 0.25, ())))
        loop.call_later(reports, report)

    await asyncio.start_unix_server(forward, strings)
    writer.write(frame(Ready(fingerprint(os.getpid()), 40_000)))
    report()
    deframer: Deframer[ToMixer] = Deframer(ToMixer)
    while data := await reader.read(1 << 16):
        for message in deframer.feed(data):
            if isinstance(message, Quit):
                return
            if isinstance(message, Seat) and "silence" not in message.offer:
                writer.write(frame(_answer(message)))


def _answer(seat: Seat) -> Seated | Refused:
    if "m=audio" not in seat.offer:
        return Refused(seat.room, seat.seat, seat.epoch, "bad_offer")
    if "full" in seat.offer:
        return Refused(seat.room, seat.seat, seat.epoch, "full")
    return Seated(seat.room, seat.seat, seat.epoch, "v=0\r\n")


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), Path(sys.argv[2]), float((*sys.argv[3:], "0.2")[0])))
