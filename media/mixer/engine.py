"""The rooms of one process, and the tick that moves them.

Nothing runs between two ticks but what opens connections: at a tick everything that came is taken, each room makes
everybody's next packet, and all of them go out together. Then one offer is answered, if any waits: it costs more than
a seat does in a second, and must cost nobody a packet.
"""

import asyncio
import logging
import time
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from secrets import randbits
from typing import Any, Literal, TypeVar

from aiortc import RTCCertificate

from media.mixer import control
from media.mixer.control import FromMixer, ToMixer
from media.mixer.link import Change, Link
from media.mixer.numbering import Numbering
from media.mixer.offers import BadOffer
from media.mixer.port import Port
from media.mixer.private import give_back
from media.mixer.room import Room
from media.mixer.seat import Seat

log = logging.getLogger(__name__)

Result = TypeVar("Result")

TICK = 0.02
"""Seconds: one Opus frame."""

PROMPT = 0.004
"""Seconds between two drains while somebody connects, or somebody floods: ICE and DTLS take five exchanges, and
the kernel holds some hundred datagrams."""

FLOOD = 300
"""Datagrams in one drain from which it is drained more often, on top of four a seat."""

AWAY = 0.5
"""Seconds that the process may have stood still (a suspended machine) and still make up for all ticks."""

ROOM_SEATS = 128
SEATS = 600
"""Of a room and of a process. What a core bears is less where many talk; the server places rooms by load."""

ROUND = 100
"""Ticks from one RTCP packet of a seat to the next, and from one `Load` to the next: two seconds."""

REST = 25
"""Ticks from one allowance of a seat to the next."""

NEWS = 13
"""Ticks from one look at who speaks to the next: a quarter of a second."""

TIDY = 1.0
"""Seconds after the last closing at which memory is given back."""


@dataclass
class _Place:
    """An endpoint's chair: who sits on it, and who comes to replace it."""

    sitting: Link | None = None
    coming: Link | None = None


@dataclass
class _Hall:
    """A room with its chairs."""

    name: str
    room: Room = field(default_factory=Room)
    places: dict[str, _Place] = field(default_factory=dict)
    said: frozenset[str] = frozenset()


class Engine:
    """See the module."""

    def __init__(
        self,
        port: Port,
        certificate: RTCCertificate,
        say: Callable[[FromMixer], None],
        failed: Callable[[], None],
    ) -> None:
        """`failed` is called when a tick raised outside of any room: end the process then, the server moves its rooms
        to another one."""
        self._port = port
        self._certificate = certificate
        self._say = say
        self._failed = failed
        self._halls: dict[str, _Hall] = {}
        self._seats: list[tuple[_Hall, Seat]] = []
        self._offers: dict[tuple[str, str], control.Seat] = {}
        """By room and seat, in the order in which they are answered."""
        self._links: set[Link] = set()
        self._connecting: set[Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._ticking: asyncio.TimerHandle | None = None
        self._prompt: asyncio.TimerHandle | None = None
        self._tidying: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._count = 0
        self._flooded = False
        self._late = 0
        self._measured = (self._loop.time(), time.process_time())
        self._loading = self._loop.call_later(ROUND * TICK, self._load)

    # -- what the server wants -----------------------------------------------------------------------------

    def obey(self, message: ToMixer) -> None:
        """Carry out one message; what follows is said later. `Quit` is the caller's business."""
        match message:
            case control.Seat():
                self._await_turn(message)
            case control.Unseat(room, seat):
                self._unseat(room, seat)
            case control.Close(room):
                waiting = [seat for name, seat in self._offers if name == room]
                sitting = self._halls[room].places if room in self._halls else ()
                for seat in (*waiting, *sitting):
                    self._unseat(room, seat)
            case control.Quit():
                pass

    async def close(self) -> None:
        """Say goodbye to everybody."""
        for timer in (self._ticking, self._prompt, self._tidying, self._loading):
            if timer is not None:
                timer.cancel()
        self._halls.clear()
        self._offers.clear()
        await asyncio.gather(*(link.close() for link in self._links), return_exceptions=True)

    def _await_turn(self, asked: control.Seat) -> None:
        """One offer waits for each seat, the latest: who offers a lot makes nobody else wait."""
        key = (asked.room, asked.seat)
        former = self._offers.get(key)
        if former is None and len(self._offers) >= SEATS:
            self._refuse(asked, "full")
        elif former is not None and asked.epoch <= former.epoch:
            self._refuse(asked, "bad_offer")
        else:
            if former is not None:
                self._refuse(former, "bad_offer")
            self._offers[key] = asked
            self._run()

    def _refuse(self, asked: control.Seat, reason: Literal["bad_offer", "full"]) -> None:
        self._say(control.Refused(asked.room, asked.seat, asked.epoch, reason))

    def _take_offer(self) -> None:
        if self._offers:
            asked = self._offers.pop(next(iter(self._offers)))
            self._seat(asked.room, asked.seat, asked.epoch, asked.offer)

    def _seat(self, room: str, name: str, epoch: int, offer: str) -> None:
        hall = self._halls.get(room) or _Hall(room)
        place = hall.places.get(name) or _Place()
        newest = max((link.epoch for link in (place.sitting, place.coming) if link is not None), default=-1)
        if epoch <= newest:
            self._say(control.Refused(room, name, epoch, "bad_offer"))
        elif len(self._links) >= SEATS or (name not in hall.places and len(hall.places) >= ROOM_SEATS):
            self._say(control.Refused(room, name, epoch, "full"))
        else:
            if place.coming is not None:
                self._drop(place.coming)

            def tell(link: Link, change: Change) -> None:
                self._changed(hall, name, link, change)

            link = place.coming = Link(self._port, self._certificate, epoch, tell)
            hall.places[name] = place
            self._halls[room] = hall
            self._links.add(link)
            self._connecting.add(link)
            self._start(self._answer(hall, name, link, offer))
            self._run()

    async def _answer(self, hall: _Hall, name: str, link: Link, offer: str) -> None:
        try:
            answer = await link.answer(offer)
        except BadOffer:
            self._say(control.Refused(hall.name, name, link.epoch, "bad_offer"))
            self._left(hall, name, link)
        else:
            if link in self._links:
                self._say(control.Seated(hall.name, name, link.epoch, answer))

    def _unseat(self, room: str, name: str) -> None:
        self._offers.pop((room, name), None)
        hall = self._halls.get(room)
        place = hall.places.get(name) if hall is not None else None
        if hall is not None and place is not None:
            for link in (place.coming, place.sitting):
                if link is not None:
                    self._left(hall, name, link)

    # -- connections come and go ---------------------------------------------------------------------------

    def _changed(self, hall: _Hall, name: str, link: Link, change: Change) -> None:
        if change is Change.UP:
            try:
                self._sit(hall, name, link)
            except Exception as error:  # noqa: BLE001 - aiortc may say it is connected and have no keys
                log.warning("a connection broke: %s", _where(error))
                self._lost(hall, name, link)
        else:
            self._lost(hall, name, link)

    def _lost(self, hall: _Hall, name: str, link: Link) -> None:
        self._left(hall, name, link)
        self._say(control.Gone(hall.name, name, link.epoch))

    def _sit(self, hall: _Hall, name: str, link: Link) -> None:
        """It takes the place of whoever sat there: at no moment is nobody there."""
        seat = Seat(name, link.keys(), hall.room, Numbering(randbits(15), randbits(32)))
        place = hall.places[name]
        former, place.sitting, place.coming = place.sitting, link, None
        self._connecting.discard(link)
        hall.room.enter(seat)
        link.aimed = seat.aim
        link.listen(seat)
        self._count_seats()
        if former is not None:
            self._drop(former)
        self._say(control.Connected(hall.name, name, link.epoch))

    def _left(self, hall: _Hall, name: str, link: Link) -> None:
        place = hall.places.get(name)
        if place is not None:
            if place.sitting is link:
                place.sitting = None
                hall.room.leave(name)
            if place.coming is link:
                place.coming = None
            if place.sitting is None and place.coming is None:
                del hall.places[name]
            if not hall.places:
                self._halls.pop(hall.name, None)
        self._count_seats()
        self._drop(link)

    def _count_seats(self) -> None:
        self._seats = [(hall, seat) for hall in self._halls.values() for seat in hall.room.seats.values()]

    def _drop(self, link: Link) -> None:
        if link in self._links:
            self._links.discard(link)
            self._connecting.discard(link)
            self._start(link.close())
            if self._tidying is not None:
                self._tidying.cancel()
            self._tidying = self._loop.call_later(TIDY, self._tidy)

    def _tidy(self) -> None:
        """What was said in a room that is closed is in no memory of ours."""
        self._tidying = None
        self._port.wipe()
        give_back()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- time ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        if self._ticking is None:
            self._due = self._loop.time() + TICK
            self._ticking = self._loop.call_at(self._due, self._tick)
        if self._prompt is None:
            self._prompt = self._loop.call_later(PROMPT, self._drain_early)

    def _tick(self) -> None:
        if not self._links and not self._offers:
            self._ticking = None
            return
        now = self._loop.time()
        late = now - self._due
        self._late += late > TICK / 2
        if late > AWAY:
            self._skip(int(late / TICK))
        try:
            self._step(now)
        except BaseException:
            self._failed()
            raise
        self._due += TICK
        self._ticking = self._loop.call_at(self._due, self._tick)

    def _step(self, now: float) -> None:
        self._drain(now)
        for hall in tuple(self._halls.values()):
            self._within(hall, hall.room.tick, self._due)
        self._routine(now)
        self._port.flush()
        self._take_offer()

    def _within(self, hall: _Hall, work: Callable[[float], Result], when: float) -> Result | None:
        """What breaks in a room ends this one, and no other."""
        try:
            return work(when)
        except Exception as error:  # noqa: BLE001 - codecs and SRTP have no common base
            log.warning("a room broke: %s", _where(error))
            hall.room = Room()  # nothing of the broken one is asked any more
            for name, place in tuple(hall.places.items()):
                for link in (place.coming, place.sitting):
                    if link is not None:
                        self._lost(hall, name, link)
            return None

    def _skip(self, ticks: int) -> None:
        """Too late to make up for: go on from here, the listeners' clocks with us."""
        self._due += ticks * TICK
        for _, seat in self._seats:
            seat.skip(ticks)

    def _routine(self, now: float) -> None:
        """What is due every so many ticks, a few seats at a time."""
        self._count += 1
        for hall, seat in self._seats[self._count % ROUND :: ROUND]:
            self._within(hall, seat.report, now)
        for hall, seat in self._seats[self._count % REST :: REST]:
            self._within(hall, seat.rest, now)
        if self._count % NEWS == 0:
            for hall in self._halls.values():
                talking = frozenset(seat.name for seat in hall.room.talkers)
                if talking != hall.said:
                    hall.said = talking
                    self._say(control.Speaking(hall.name, tuple(sorted(talking))))

    def _drain(self, now: float) -> None:
        self._flooded = self._port.drain(now) > FLOOD + 4 * len(self._seats)
        if self._flooded:
            self._run()

    def _drain_early(self) -> None:
        """Between ticks, only while somebody connects or floods."""
        self._prompt = None
        if self._connecting or self._flooded:
            self._drain(self._loop.time())
            self._port.flush()
            self._prompt = self._prompt or self._loop.call_later(PROMPT, self._drain_early)

    def _load(self) -> None:
        self._loading = self._loop.call_later(ROUND * TICK, self._load)
        now, used = self._loop.time(), time.process_time()
        (since, before), self._measured = self._measured, (now, used)
        late, self._late = self._late, 0
        loads = [self._within(hall, partial(_room_load, hall), now) for hall in tuple(self._halls.values())]
        rooms = tuple(load for load in loads if load is not None)
        self._say(control.Load(late, (used - before) / max(now - since, TICK), rooms))
        if spoilt := self._port.spoilt():
            log.warning("datagrams dropped that broke who read them: %d", spoilt)


def _where(error: Exception) -> str:
    """What broke, and where; not its words, which may be of what came."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name}:{frame.lineno}"


def _room_load(hall: _Hall, now: float) -> control.RoomLoad:
    return control.RoomLoad(
        hall.name,
        tuple(
            control.SeatLoad(
                seat.name,
                seat.arrived,
                seat.reception.lost,
                1_000 * seat.reception.jitter,
                1_000 * max(0.0, seat.voice.delay(now)),
            )
            for seat in hall.room.seats.values()
        ),
    )
