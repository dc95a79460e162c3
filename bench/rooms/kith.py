"""Rooms of Kith's mixer: processes like those the server starts, which are told what the server would tell them."""

import asyncio
import socket
import sys
from contextlib import suppress

from bench.rooms.participant import NotConnected, Participant
from media.mixer.control import Close, Deframer, FromMixer, Quit, Ready, Refused, Seat, Seated, ToMixer, frame

STARTED_WITHIN = 20.0
ANSWERED_WITHIN = 20.0
CHUNK = 1 << 16


class MixerProcess:
    """One `python -m media.mixer`. Everything it says but answers goes to `told`."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.pid = process.pid
        self.port = 0
        self.told: list[FromMixer] = []
        self._process = process
        self._reader = reader
        self._writer = writer
        self._awaited: dict[tuple[str, str, int], asyncio.Future[Seated | Refused]] = {}
        self._ready = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def started(cls, address: str) -> "MixerProcess":
        """Raises TimeoutError if it does not get ready."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "media.mixer", "--control", str(theirs.fileno())),
                *("--address", address, "--port", "0"),
                pass_fds=(theirs.fileno(),),
            )
        mixer = cls(process, *await asyncio.open_unix_connection(sock=ours))
        async with asyncio.timeout(STARTED_WITHIN):
            await mixer._ready.wait()
        return mixer

    async def seat(self, room: str, seat: str, offer: str, epoch: int = 0) -> str:
        """The answer. Raises NotConnected if it is refused."""
        awaited: asyncio.Future[Seated | Refused] = asyncio.get_running_loop().create_future()
        self._awaited[room, seat, epoch] = awaited
        self.say(Seat(room, seat, epoch, offer))
        async with asyncio.timeout(ANSWERED_WITHIN):
            answer = await awaited
        if isinstance(answer, Refused):
            raise NotConnected(answer.reason)
        return answer.answer

    def say(self, message: ToMixer) -> None:
        self._writer.write(frame(message))

    async def _listen(self) -> None:
        deframer: Deframer[FromMixer] = Deframer(FromMixer)
        while data := await self._reader.read(CHUNK):
            for message in deframer.feed(data):
                self._hear(message)

    def _hear(self, message: FromMixer) -> None:
        match message:
            case Ready(port=port):
                self.port = port
                self._ready.set()
            case Seated(room, seat, epoch) | Refused(room, seat, epoch):
                if awaited := self._awaited.pop((room, seat, epoch), None):
                    awaited.set_result(message)
            case _:
                self.told.append(message)

    async def end(self) -> None:
        with suppress(ConnectionError):
            self.say(Quit())
            await self._writer.drain()
        await self._process.wait()
        self._listening.cancel()
        self._writer.close()


class Kith:
    """`processes` of them, with rooms placed in turn. Implements bench.rooms.load.Mixer."""

    def __init__(self, address: str, processes: int = 1) -> None:
        self.pids: list[int] = []
        self.ports: list[int] = []
        self._address = address
        self._count = processes
        self._processes: list[MixerProcess] = []
        self._rooms: set[str] = set()

    async def start(self) -> None:
        self._processes = [await MixerProcess.started(self._address) for _ in range(self._count)]
        self.pids = [process.pid for process in self._processes]
        self.ports = [process.port for process in self._processes]

    async def seat(self, room: int, participant: Participant) -> None:
        process = self._processes[room % self._count]
        name = f"r{room}"
        self._rooms.add(name)
        offer = await participant.offer()
        await participant.answered(await process.seat(name, participant.name, offer))

    async def clear(self) -> None:
        for room in self._rooms:
            for process in self._processes:
                process.say(Close(room))
        self._rooms.clear()

    async def close(self) -> None:
        for process in self._processes:
            await process.end()
