"""Announcing at home, and hearing what is announced: to all devices of the own household, in the own voice or as a
text.

await endpoint.announce("Dinner is ready")                      a text, which each device speaks
await endpoint.announce(ogg)                                    a recording, Opus in Ogg, which each device plays
await endpoint.reply_to_announcement("I am coming")             to the device that spoke last

There is no connection between the devices: what is heard here can open nothing.
"""

import asyncio
from collections.abc import Callable

from kith.core.keys import KeyPair
from kith.endpoint.announce_hearing import LONGEST, HeardAnnouncement, Hearing, Unplayed
from kith.endpoint.announce_kept import Heard
from kith.endpoint.announce_sending import Recorded, Sending, To
from kith.endpoint.home import Enrolment, Home
from kith.endpoint.identities import Identities
from kith.endpoint.playback import Playback
from kith.endpoint.recorder import pieces
from kith.endpoint.timekeeper import Timekeeper
from kith.endpoint.voice_codec import decoded
from kith.endpoint.wire import Wire
from media.tones import RATE
from signaling import protocol

REMEMBERED = 600.0
"""Seconds in which one can reply to the last one that was heard. Later, nobody remembers what it was."""


class TooLong(Exception):
    """An announcement lasts a minute at most."""


class Announcements:
    """`quiet` says whether Do Not Disturb is on here, `busy` whether there is a call, `called` what a person is
    called here, by id, "" where they are not known; `clock` gives Unix seconds,
    `steady` seconds of a clock that only ever goes on. Raises ValueError, OSError if what is remembered cannot be
    used."""

    def __init__(
        self,
        home: Home,
        enrolment: Enrolment,
        keys: KeyPair,
        identities: Identities,
        wire: Wire,
        playback: Playback,
        *,
        quiet: Callable[[], bool],
        busy: Callable[[], bool],
        clock: Callable[[], float],
        steady: Callable[[], float],
        called: Callable[[str], str],
        emit: Callable[..., object],
    ) -> None:
        heard = Heard(home.path)
        self._wire = wire
        self._quiet = quiet
        self._busy = busy
        self._emit = emit
        self._steady = steady
        self._last: tuple[HeardAnnouncement, float] | None = None
        self.time = Timekeeper(wire.request, wire.new_id, steady)
        self._sending = Sending(
            enrolment, keys, identities, heard, ask=wire.request, new_id=wire.new_id, clock=clock
        )
        self._hearing = Hearing(
            keys,
            identities,
            heard,
            self.time,
            playback,
            ask=wire.request,
            new_id=wire.new_id,
            clock=clock,
            silent=self._silent,
            called=called,
            emit=self._emitted,
        )

    @property
    def last(self) -> HeardAnnouncement | None:
        """The one that was heard last, if that was of late."""
        if self._last is None or self._steady() - self._last[1] > REMEMBERED:
            return None
        return self._last[0]

    async def send(self, what: str | bytes, to: To) -> protocol.Announced:
        """A text, or a recording as Opus in Ogg. Raises ValueError for an empty text, TooLong, voice_codec.Unplayable,
        Untrusted, Problem, Unreachable."""
        if isinstance(what, str):
            text = what.strip()
            if not text:
                raise ValueError("there is nothing to announce")
            return await self._sending.send(text, to)
        seconds = len(await asyncio.to_thread(decoded, what)) / RATE
        if seconds > LONGEST:
            raise TooLong("an announcement lasts a minute at most")
        return await self._sending.send(Recorded(seconds, pieces(what)), to)

    def happened(self, event: protocol.Announcement | protocol.AnnouncementPlays) -> None:
        match event:
            case protocol.Announcement():
                self._wire.spawn(self._hearing.arrived(event))
            case protocol.AnnouncementPlays():
                self._hearing.plays(event)

    def begun_anew(self) -> None:
        """Signed in with a new session: what the server's clock shows is worth knowing before it is needed."""
        self._wire.spawn(self.time.refresh())

    def hush(self) -> None:
        """Nothing that plays here goes on."""
        self._hearing.stop()

    def _silent(self) -> Unplayed | None:
        if self._quiet():
            return Unplayed.QUIET
        return Unplayed.BUSY if self._busy() else None

    def _emitted(self, event: str, *details: object) -> None:
        if event == "announcement" and isinstance(details[0], HeardAnnouncement):
            self._last = (details[0], self._steady())
        self._emit(event, *details)
