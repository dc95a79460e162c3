"""The mixers of this server: processes that are started when first needed, supervised, and ended when none is needed.

    needed   there are rooms, or somebody offers: as many processes as the rooms take, and an empty one beside them
    lost     its rooms are told at once (`Listener.moved`); the empty one takes them as their members offer anew, and
             another empty one is started, after a pause if that happens often
    idle     a minute after the last room closed all of them end, and the system has its memory back

A room is in one process, and a process has many rooms (kith.server.mixer_places).
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import assert_never

from kith.core.ids import CallId, EndpointId
from kith.core.problem import Code, Problem
from kith.server.mixer_link import Command, Lost, MixerLink, Patience
from kith.server.mixer_places import Pauses, Work, place
from kith.server.mixer_rooms import Seats
from media.mixer.control import (
    Close,
    Connected,
    FromMixer,
    Gone,
    Load,
    Ready,
    Refused,
    Seat,
    Seated,
    Speaking,
    Unseat,
)
from signaling.rooms import Answer, Listener, RoomStatus

log = logging.getLogger(__name__)

LONGEST_OFFER = 65_536
"""Bytes; media.mixer.control takes as many characters."""


class _Nobody:
    """Listens where nobody else does."""

    def connected(self, room: CallId, endpoint: EndpointId, epoch: int) -> None: ...
    def gone(self, room: CallId, endpoint: EndpointId, epoch: int) -> None: ...
    def speaking(self, room: CallId, endpoints: tuple[EndpointId, ...]) -> None: ...
    def moved(self, room: CallId) -> None: ...


@dataclass(eq=False, slots=True)
class _Mixer:
    """One process: its number, its place among the ports, and what it does."""

    number: int
    slot: int
    link: MixerLink
    empty_since: float
    rooms: "dict[CallId, _Room]" = field(default_factory=dict)
    fingerprint: bytes = b""
    load: Load = field(default_factory=lambda: Load(0, 0.0, ()))
    joined: int = 0

    @property
    def work(self) -> Work:
        return Work(len(self.rooms), self.load.cpu, self.joined)


@dataclass(eq=False, slots=True)
class _Room:
    seats: Seats = field(default_factory=Seats)
    mixer: _Mixer | None = None


class Mixers:
    """`signaling.rooms.Rooms` in processes. At most `most` have rooms, and one more is empty; none at all for 0.

    `command` says how the one in a slot, 0 to `most`, is started: no two that run have the same.
    """

    def __init__(
        self, most: int, command: Callable[[int], Command], patience: Patience | None = None
    ) -> None:
        self._most = most
        self._command = command
        self._patience = patience or Patience()
        self._listener: Listener = _Nobody()
        self._rooms: dict[CallId, _Room] = {}
        self._mixers: list[_Mixer] = []
        self._lives: dict[asyncio.Task[None], int] = {}
        self._waiting: set[asyncio.Future[None]] = set()
        self._numbers = count(1)
        self._pauses = Pauses()
        self._resuming: asyncio.TimerHandle | None = None
        self._sweeping: asyncio.TimerHandle | None = None
        self._up = True
        self._closed = False

    # -- what the slice of groups sees --------------------------------------------------------------

    @property
    def available(self) -> bool:
        """Not while mixers do not come up either, so that nobody is promised one."""
        return self._most > 0 and not self._closed and (self._up or self._pauses.until <= self._now())

    def listen(self, listener: Listener) -> None:
        self._listener = listener

    def prepare(self) -> None:
        if self.available and not self._mixers:
            self._start()
            self._sweep_later()

    async def seat(self, room: CallId, endpoint: EndpointId, epoch: int, offer: str) -> Answer:
        if not self.available:
            raise Problem(Code.MIXER_UNAVAILABLE)
        if not _sendable(offer):
            raise Problem(Code.BAD_OFFER, path="sdp")
        found = self._rooms.get(room) or _Room()
        found.seats.offer(endpoint, epoch)
        self._rooms[room] = found
        try:
            return await self._seat(found, Seat(room, endpoint, epoch, offer))
        except BaseException:  # also where whoever asked did not wait
            found.seats.gone(endpoint, epoch)
            self._forget_if_empty(room, found)
            raise

    async def _seat(self, found: _Room, seat: Seat) -> Answer:
        while found.mixer is None:
            await self._one_ready()
            self._put(CallId(seat.room), found)
        if not found.seats.offered(EndpointId(seat.seat), seat.epoch):
            raise Problem(Code.MIXER_UNAVAILABLE)  # it has left meanwhile
        mixer = found.mixer
        mixer.joined += 1
        try:
            said = await mixer.link.ask(seat)
        except Lost:
            raise Problem(Code.MIXER_UNAVAILABLE) from None
        match said:
            case Seated():
                return Answer(said.answer, mixer.fingerprint)
            case Refused(reason="full"):
                log.warning("a mixer is full: number=%d rooms=%d", mixer.number, len(mixer.rooms))
                raise Problem(Code.MIXER_UNAVAILABLE)
            case Refused():
                raise Problem(Code.BAD_OFFER, path="sdp")
            case _:
                assert_never(said)

    def unseat(self, room: CallId, endpoint: EndpointId) -> None:
        found = self._rooms.get(room)
        if found is None or found.seats.taken.pop(endpoint, None) is None:
            return
        if found.mixer is not None:
            found.mixer.link.send(Unseat(room, endpoint))
        self._forget_if_empty(room, found)

    def close(self, room: CallId) -> None:
        found = self._rooms.get(room)
        if found is not None:
            found.seats.taken.clear()
            self._forget_if_empty(room, found)

    def status(self) -> tuple[RoomStatus, ...]:
        return tuple(
            RoomStatus(room, mixer.number, mixer.load.cpu, mixer.load.late_ticks, found.seats.status())
            for room, found in sorted(self._rooms.items())
            if (mixer := found.mixer) is not None
        )

    async def end(self) -> None:
        """End all processes, by force if need be; nobody is told, and nobody gets a seat any more."""
        self._closed = True
        for timer in (self._resuming, self._sweeping):
            if timer is not None:
                timer.cancel()
        self._wake(Problem(Code.MIXER_UNAVAILABLE))
        self._rooms.clear()
        for mixer in self._mixers:
            mixer.link.quit()
        self._mixers.clear()
        if self._lives:
            await asyncio.wait(self._lives)

    # -- rooms --------------------------------------------------------------------------------------

    def _put(self, room: CallId, found: _Room) -> None:
        """Into a mixer, if one is ready and nobody was faster."""
        if self._rooms.get(room) is not found:
            raise Problem(Code.MIXER_UNAVAILABLE)  # it was closed meanwhile
        ready = [mixer for mixer in self._mixers if mixer.link.ready]
        at = place([mixer.work for mixer in ready], self._most)
        if at is not None and found.mixer is None:
            found.mixer = ready[at]
            ready[at].rooms[room] = found
            self._tend()

    def _forget_if_empty(self, room: CallId, found: _Room) -> None:
        if found.seats.taken or self._rooms.get(room) is not found:
            return
        del self._rooms[room]
        if (mixer := found.mixer) is not None:
            mixer.link.send(Close(room))
            del mixer.rooms[room]
            mixer.empty_since = self._now()
            self._sweep_later()

    # -- processes ----------------------------------------------------------------------------------

    async def _one_ready(self) -> None:
        """Raises Problem(mixer_unavailable) where none comes up."""
        if any(mixer.link.ready for mixer in self._mixers):
            return
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            self._tend()
            async with asyncio.timeout(self._patience.start):
                await waiting
        except TimeoutError:
            raise Problem(Code.MIXER_UNAVAILABLE) from None
        finally:
            self._waiting.discard(waiting)

    def _wake(self, problem: Problem | None = None) -> None:
        for waiting in self._waiting:
            if waiting.done():
                continue
            if problem is None:
                waiting.set_result(None)
            else:
                waiting.set_exception(problem)

    def _tend(self) -> None:
        """Start one more, where rooms have them all or there is none."""
        unneeded = not self._rooms or any(not mixer.rooms for mixer in self._mixers)
        if self._closed or unneeded or len(self._lives) > self._most:
            return  # one that has ended is buried first: its port is taken until then
        if (pause := self._pauses.until - self._now()) > 0:
            if self._resuming is None:
                self._resuming = asyncio.get_running_loop().call_later(pause, self._resume)
        else:
            self._start()

    def _resume(self) -> None:
        self._resuming = None
        self._tend()

    def _start(self) -> None:
        slot = min(set(range(self._most + 1)) - set(self._lives.values()))
        link = MixerLink(
            self._command(slot),
            self._patience,
            lambda message: self._heard(mixer, message),
            lambda why: self._lost(mixer, why),
        )
        mixer = _Mixer(next(self._numbers), slot, link, self._now())
        self._mixers.append(mixer)
        life = asyncio.create_task(link.run())
        self._lives[life] = slot
        life.add_done_callback(self._buried)

    def _buried(self, life: asyncio.Task[None]) -> None:
        del self._lives[life]
        self._tend()

    def _lost(self, mixer: _Mixer, why: str) -> None:
        log.warning("a mixer was lost: number=%d rooms=%d why=%s", mixer.number, len(mixer.rooms), why)
        self._mixers.remove(mixer)
        self._pauses.lost(self._now())
        if not mixer.fingerprint:
            self._up = False
            self._wake(Problem(Code.MIXER_UNAVAILABLE))
        for room in mixer.rooms:
            del self._rooms[room]
        self._sweep_later()
        for room in mixer.rooms:
            self._listener.moved(room)

    def _heard(self, mixer: _Mixer, message: FromMixer) -> None:
        match message:
            case Ready():
                log.info("mixer ready: number=%d pid=%s port=%d", mixer.number, mixer.link.pid, message.port)
                mixer.fingerprint = message.fingerprint
                self._up = True
                self._wake()
            case Load():
                mixer.load, mixer.joined = message, 0
                for load in message.rooms:
                    if (found := mixer.rooms.get(CallId(load.room))) is not None:
                        found.seats.heard(load.seats)
            case Connected() | Gone() | Speaking():
                room = CallId(message.room)
                if (found := mixer.rooms.get(room)) is not None:
                    self._happened(room, found, message)
            case Seated() | Refused():
                pass  # answers are the link's
            case _:
                assert_never(message)

    def _happened(self, room: CallId, found: _Room, message: Connected | Gone | Speaking) -> None:
        seats = found.seats
        match message:
            case Connected():
                endpoint = EndpointId(message.seat)
                if seats.connected(endpoint, message.epoch):
                    self._listener.connected(room, endpoint, message.epoch)
            case Gone():
                endpoint = EndpointId(message.seat)
                if seats.gone(endpoint, message.epoch):
                    self._forget_if_empty(room, found)
                    self._listener.gone(room, endpoint, message.epoch)
            case Speaking():
                speaking = (EndpointId(seat) for seat in message.seats)
                self._listener.speaking(room, tuple(one for one in speaking if one in seats.taken))
            case _:
                assert_never(message)

    # -- what is not needed any more ----------------------------------------------------------------

    def _sweep_later(self, seconds: float | None = None) -> None:
        if self._sweeping is None and not self._closed:
            delay = self._patience.idle if seconds is None else seconds
            self._sweeping = asyncio.get_running_loop().call_later(delay, self._sweep)

    def _sweep(self) -> None:
        """End the empty ones that have waited long enough: all but one where there are rooms, the freshest."""
        self._sweeping = None
        empty = sorted(
            (mixer for mixer in self._mixers if not mixer.rooms), key=lambda mixer: mixer.number, reverse=True
        )
        surplus = empty[1:] if self._rooms else empty
        longest = self._now() - self._patience.idle
        for mixer in surplus:
            if mixer.empty_since <= longest:
                self._mixers.remove(mixer)
                mixer.link.quit()
            else:
                self._sweep_later(mixer.empty_since - longest)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _sendable(offer: str) -> bool:
    """Whether it fits into a message. A half of a surrogate pair does not."""
    try:
        return len(offer.encode()) <= LONGEST_OFFER
    except UnicodeEncodeError:
        return False
