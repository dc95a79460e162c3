"""One endpoint's media: what it says, decrypted where it lies; what it hears, encrypted where it lies.

Most packets of a room are of people who listen. Their level (RFC 6464) says so in the clear; it is not authentic, and
so it decides one thing only: whether to look closer. A packet that claims a voice is decrypted first, and heard if it
is authentic. Of the others one in 64 is decrypted all the same: SRTP counts the wraps of 16-bit sequence numbers
(RFC 3711 section 3.3.1), and must see one of them in each half.
"""

import struct
import time
from dataclasses import replace
from typing import Protocol

from media.level import speaks
from media.mixer import rtcp
from media.mixer.aiortc_hooks import (
    Address,
    Keys,
    protect,
    protect_control,
    unprotect,
    unprotect_control,
)
from media.mixer.header import FIXED, shape
from media.mixer.mmsg import NAME, SLOT, SLOTS
from media.mixer.numbering import Numbering
from media.mixer.port import Way
from media.mixer.reception import Reception
from media.opus import Samples
from media.voice import Voice

QUIET = 50
"""-dBov from which nobody talks. A voice at the far end of a room has some 40, a fan 55."""

HANGOVER = 25
"""Ticks that a talker stays one after the last loud packet: half a second, the pauses inside a sentence."""

UNSEEN = 63
"""A mask: of 64 quiet packets one is decrypted. Rarer saves nothing that can be measured."""

ALLOWED = 100
"""Packets that are looked at in half a second. Endpoints send 25 or 50; a stall of two seconds may come at once."""

ALLOWED_CONTROL = 20
"""RTCP packets in half a second."""

SOURCES = 4
"""SSRCs a seat may ever use: SRTP keeps a context for each. A page that changes its microphone keeps one."""

LOSSY = 5
"""Of 256 packets lost, 2 %, from which FEC is worth what it costs."""

LOSSY_FOR = 20.0
"""Seconds that a report of loss is remembered: what was lost once will be again."""

_HEADER = struct.Struct("!BBHII")
_NUMBERS = struct.Struct("!HII")


class Around(Protocol):
    """The room, as far as a seat knows it."""

    def opened(self, seat: "Seat") -> None: ...

    def changed(self) -> None: ...


class Seat:
    """One connected endpoint. See the module."""

    def __init__(self, name: str, keys: Keys, room: Around, numbering: Numbering) -> None:
        self.name = name
        self.measured = keys.level == 0
        """The level was not negotiated: everything is decoded, and measured."""
        self.arrived = 0
        self.voice = Voice()
        self.reception = Reception()
        self.partner: Seat | None = None
        """Who hears this seat's packets as they are, in a room of two."""
        self._keys = keys
        self._room = room
        self._numbering = numbering
        self._way: Way | None = None
        self._name = b""
        self._open = 0
        self._level_at = 16
        self._tag = keys.level << 4
        self._allowed = ALLOWED
        self._control = ALLOWED_CONTROL
        self._sources: set[int] = set()
        self._source: int | None = None
        """The newest of them, which is the one that is reported on."""
        self._packets = self._octets = 0
        self._clock, self._clock_came = 0, 0.0
        self.loses = 0
        """Of 256 packets that were sent to it, as it last reported."""
        self._lossy_until = 0.0
        self.lossy = False

    # -- what comes ----------------------------------------------------------------------------------------

    def take(self, way: Way, slot: int, now: float) -> None:
        """A datagram in this slot of the way's inbox is RTP or RTCP from this seat, or says so."""
        data, at = way.inbox.data, slot * SLOT
        if 191 < data[at + 1] < 224:  # header.is_control, without the call
            self._take_control(way, slot, now)
            return
        self.arrived = arrived = self.arrived + 1
        if arrived > self._allowed:
            return
        if (
            not self._open
            and arrived & UNSEEN
            and self.partner is None
            and not self.measured
            and data[at + self._level_at] == self._tag
            and data[at + self._level_at + 1] & 0x7F >= QUIET
        ):
            return
        self._look(way, slot)

    def _look(self, way: Way, slot: int) -> None:
        """Unless it is quiet after all: decrypt, and let it be heard if it is authentic."""
        inbox, at = way.inbox, slot * SLOT
        place = slot * inbox.stride + inbox.first
        found = shape(inbox.data, at, inbox.lengths[place], self._keys.level)
        if found is None:
            return
        loud = found.level is None or inbox.data[found.level] & 0x7F < QUIET
        if found.level is not None:
            self._level_at = found.level - 1 - at
        if (
            not loud
            and not self._open
            and self.arrived & UNSEEN
            and self.partner is None
            and not self.measured
        ):
            return
        sequence, timestamp, source = _NUMBERS.unpack_from(inbox.data, at + 2)
        if source not in self._sources and len(self._sources) >= SOURCES:
            return
        if unprotect(self._keys.incoming, way.packets[slot], way.lengths[slot]):
            return
        if source != self._source:
            self._sources.add(source)
            self._source = source
            self.reception = Reception()
        came = inbox.came(slot)
        self.reception.note(sequence, timestamp, self.arrived, came)
        found = shape(inbox.data, at, inbox.lengths[place], self._keys.level)  # padding is in the clear now
        if (
            found is None
            or found.payload == found.end
            or inbox.data[at + 1] & 0x7F != self._keys.payload_type
        ):
            return
        if loud and not self.measured:
            self.open()
        payload = inbox.data[found.payload : found.end]
        if self.partner is not None:
            self.partner.pass_on(source, sequence, timestamp, inbox.data[at + 1] & 0x80, payload)
        elif self._open or self.measured:
            self.voice.put(source, sequence, timestamp, bytes(payload), came)

    def _take_control(self, way: Way, slot: int, now: float) -> None:
        self._control -= 1
        if self._control < 0:
            return
        inbox, at = way.inbox, slot * SLOT
        place = slot * inbox.stride + inbox.first
        if inbox.lengths[place] < 8 or unprotect_control(
            self._keys.incoming, way.packets[slot], way.lengths[slot]
        ):
            return
        heard = rtcp.hear(bytes(inbox.data[at : at + inbox.lengths[place]]), self._keys.source)
        if heard.clock is not None:
            self._clock, self._clock_came = heard.clock, now
        if heard.fraction is not None:
            self.loses = heard.fraction
            if heard.fraction >= LOSSY:
                self._lossy_until = now + LOSSY_FOR

    # -- whether it talks ----------------------------------------------------------------------------------

    def open(self) -> None:
        """It talks: now, and for a while."""
        if not self._open:
            self._room.opened(self)
        self._open = HANGOVER

    def tire(self) -> bool:
        """A tick went by. Returns whether it talks no more."""
        self._open -= 1
        if self._open > 0:
            return False
        if not self.measured:
            self.voice.pause()
        return True

    def pull(self, now: float) -> Samples | None:
        """Its voice for this tick, if it has one."""
        samples = self.voice.pull(now)
        if self.measured and samples is not None and speaks(samples):
            self.open()
        return samples if self._open else None

    def rest(self, now: float) -> None:
        """Twice a second: what it may send until the next time, and whether its losses are long ago."""
        self._allowed = self.arrived + ALLOWED
        self._control = ALLOWED_CONTROL
        if self.lossy != (now < self._lossy_until):
            self.lossy = not self.lossy
            self._room.changed()

    # -- what goes -----------------------------------------------------------------------------------------

    def aim(self, way: Way, address: Address) -> None:
        """From now on send it here."""
        self._way = way
        self._name = way.name_of(address)

    def send(self, payload: bytes) -> None:
        """The next packet of the mix that this seat hears."""
        numbering = self._numbering
        numbering.next()
        self._emit(0, numbering.sequence, numbering.timestamp, payload)

    def pass_on(self, source: int, sequence: int, timestamp: int, marker: int, payload: memoryview) -> None:
        """Another seat's packet as it is."""
        number, stamp = self._numbering.forward(source, sequence, timestamp)
        self._emit(marker, number, stamp, payload)

    def skip(self, ticks: int) -> None:
        """The mixer was away for so many ticks."""
        self._numbering.skip(ticks)

    def _emit(self, marker: int, sequence: int, timestamp: int, payload: bytes | memoryview) -> None:
        way = self._way
        if way is None:
            return
        outbox, keys = way.outbox, self._keys
        slot = outbox.used
        at, size = slot * SLOT, len(payload)
        if size > SLOT - FIXED - 16:
            return
        begin = at + FIXED
        _HEADER.pack_into(outbox.data, at, 0x80, marker | keys.payload_type, sequence, timestamp, keys.source)
        outbox.data[begin : begin + size] = payload
        outbox.lengths[slot * outbox.stride + outbox.first] = FIXED + size
        if protect(keys.outgoing, way.out_packets[slot], way.out_lengths[slot]):
            return
        self._address(way, slot)
        self._packets += 1
        self._octets += size

    def _address(self, way: Way, slot: int) -> None:
        outbox, name = way.outbox, self._name
        outbox.names[slot * NAME : slot * NAME + len(name)] = name
        outbox.used = slot + 1
        if slot + 1 == SLOTS:
            outbox.flush()

    def report(self, now: float) -> None:
        """Every two seconds: an RTCP packet about what was sent and what came."""
        way = self._way
        if way is None:
            return
        sent = rtcp.Sent(
            self._keys.source, time.time(), self._numbering.timestamp, self._packets, self._octets
        )
        report = self.reception.report()
        if (
            report is not None and self.partner is not None
        ):  # one way: it prepares for what the listener loses, too
            report = replace(report, fraction=max(report.fraction, self.partner.loses))
        compound = rtcp.compose(sent, self._source, report, self._clock, now - self._clock_came)
        outbox, slot = way.outbox, way.outbox.used
        outbox.data[slot * SLOT : slot * SLOT + len(compound)] = compound
        outbox.lengths[slot * outbox.stride + outbox.first] = len(compound)
        if not protect_control(self._keys.outgoing, way.out_packets[slot], way.out_lengths[slot]):
            self._address(way, slot)
