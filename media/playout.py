"""When to play which packet of an incoming voice. Pure: packets and times in, decisions out.

    put(packet, now)      as packets arrive, in any order
    step(now)             whenever the sink has less than one frame left: what to decode next

Theory of operation. Every packet has a transit: its arrival minus its timestamp. The least transit of the
last seconds is the path's floor; what a packet has above it is its jitter. The delay is how much later
than the floor the next packet is due to be played:

    delay  = now - (floor + timestamp of the next packet)
    target = jitter that all but a few packets stay below + MARGIN

A packet that is missing when it is due is concealed, or recovered from its successor's in-band FEC. Concealing
while nothing is there does not skip: if the packet comes after all it is played, and the delay has grown by what
was concealed. If its successor comes instead, the concealed time is what was lost, and the delay is as before. A delay
above the target is shortened by blending two packets into the time of one, a delay below it
lengthened by concealing a frame. So a loss or a stall costs delay only for as long as the network needs it.

All times are seconds; timestamps run at 48 kHz (RFC 7587 section 4.1).
"""

from collections import deque
from dataclasses import dataclass

CLOCK = 48_000
FRAME = 0.02
"""Seconds that one concealment lasts."""

LONGEST_FRAME = 0.12
"""Seconds of voice that one packet holds at most (RFC 7587 section 4.2)."""

WINDOW = 125
"""Packets whose transit counts: 2.5 s. Longer remembers a stall longer than it hurts; shorter forgets
between two beats of a Wi-Fi that scans every second."""

OUTLIERS = 3
"""Packets of the window that may come later than the target. Each is a concealed frame in 2.5 s at worst."""

MARGIN = 0.01
"""Seconds on top of the jitter, for the sink's own unevenness."""

LONGEST_TARGET = 0.4
"""Seconds beyond which waiting hurts a conversation more than gaps do."""

LONGEST_DELAY = 0.8
"""Seconds of delay at which the backlog is thrown away at once instead of being caught up with."""

SLACK = 0.02
"""Seconds that the delay may differ from the target: one frame, or it would oscillate."""

HURRY = 0.06
"""Seconds off the target from which every fourth frame is corrected rather than every 25th (10th if too early)."""

IDLE_AFTER = 10
"""Concealed frames after which the silence is meant: Opus has faded out by then."""

RESTART_JUMP = 3_000
"""A sequence number this far away belongs to another stream (RFC 3550 appendix A.1, MAX_DROPOUT)."""

CAPACITY = 128
"""Packets held at most: 2.5 s of voice."""


@dataclass(frozen=True, slots=True)
class Play:
    """Decode this packet and play it."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Blend:
    """Decode this packet, ask for the next step at once, and let the two fade into the time of one."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Recover:
    """The frame before this packet is lost: decode it from this packet's in-band FEC."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Conceal:
    """Let the decoder invent one frame."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody is sending."""


Step = Play | Blend | Recover | Conceal | Silence


@dataclass(frozen=True, slots=True)
class _Packet:
    time: float
    payload: bytes


@dataclass(slots=True)
class Counts:
    """What has been decided so far, in packets or frames."""

    played: int = 0
    blended: int = 0
    recovered: int = 0
    concealed: int = 0
    late: int = 0
    flushed: int = 0


def unwrap(value: int, near: int, bits: int) -> int:
    """The integer congruent to `value` modulo 2^bits that is nearest to `near`."""
    span = 1 << bits
    return near + (value - near + span // 2) % span - span // 2


class Playout:
    """The buffer of one voice. See the module."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._forget()

    def _forget(self) -> None:
        self._packets: dict[int, _Packet] = {}
        self._transits: deque[float] = deque(maxlen=WINDOW)
        self._floor = 0.0
        self._jitter = 0.0
        self._highest: int | None = None
        self._highest_timestamp = 0
        self._next: int | None = None
        self._passed: int | None = None
        self._played_until = 0.0
        self._length = FRAME
        self._concealed = 0
        self._since_change = 0

    @property
    def target(self) -> float:
        """Seconds of delay that the network needs now."""
        return min(self._jitter + MARGIN, LONGEST_TARGET)

    def delay(self, now: float) -> float:
        """Seconds from the fastest packet's arrival to its playing; 0 while nothing is played."""
        if self._next is None:
            return 0.0
        return now - self._floor - self._due()

    def put(self, sequence: int, timestamp: int, payload: bytes, now: float) -> None:
        """A packet arrived. `sequence` (16 bits) and `timestamp` (32 bits) are as in its RTP header."""
        if self._highest is None:
            number, stamp = sequence, timestamp
        else:
            number = unwrap(sequence, self._highest, 16)
            if abs(number - self._highest) > RESTART_JUMP:
                self._forget()
                number, stamp = sequence, timestamp
            else:
                stamp = unwrap(timestamp, self._highest_timestamp, 32)
        time = stamp / CLOCK
        if self._highest is None or number > self._highest:
            self._highest, self._highest_timestamp = number, stamp
        self._measure(now - time)
        if self._passed is not None and number < self._passed:
            self.counts.late += 1
            return
        self._packets.setdefault(number, _Packet(time, payload))
        if len(self._packets) > CAPACITY:
            self._flush(now)

    def pause(self) -> None:
        """Nothing will be put for a while. What is held is dropped; what was learned of the path stays."""
        self._packets.clear()
        self._next = None
        self._passed = None if self._highest is None else self._highest + 1

    def step(self, now: float) -> Step:
        """What to decode next. Called again whenever what it gave is played."""
        if self._next is None and not self._begin(now):
            return Silence()
        assert self._next is not None
        if self._packets and self.delay(now) > LONGEST_DELAY + self.target:
            self._flush(now)
        self._since_change += 1
        packet = self._packets.get(self._next)
        if packet is None:
            return self._missing(now)
        return self._present(packet, now)

    # -- the pieces -----------------------------------------------------------------------------------

    def _due(self) -> float:
        """The timestamp, in seconds, of what is to be played next."""
        packet = self._packets.get(self._next) if self._next is not None else None
        return self._played_until if packet is None else packet.time

    def _measure(self, transit: float) -> None:
        self._transits.append(transit)
        ordered = sorted(self._transits)
        self._floor = ordered[0]
        self._jitter = ordered[max(0, len(ordered) - 1 - OUTLIERS)] - self._floor

    def _begin(self, now: float) -> bool:
        """Start as soon as the first packet is old enough for its successors to be in time."""
        if not self._packets:
            return False
        first = min(self._packets)
        packet = self._packets[first]
        if now - self._floor - packet.time < self.target:
            return False
        self._next = self._passed = first
        self._played_until, self._concealed = packet.time, 0
        return True

    def _missing(self, now: float) -> Step:
        assert self._next is not None
        later = min(self._packets, default=None)
        self._concealed += 1
        if later is None:
            if self._concealed > IDLE_AFTER:
                self._next = None
                self._transits.clear()  # whoever speaks after a pause may come another way
                return Silence()
            self.counts.concealed += 1
            return Conceal()
        gap = later - self._next
        if self._concealed > gap:
            packet = self._packets[later]
            if self._too_early(packet, now):
                return self._lengthen()  # and give what is missing another chance to come
            self._next = self._passed = later
            return self._play(packet)
        if self._concealed == gap:
            self.counts.recovered += 1
            return Recover(self._packets[later].payload)
        self.counts.concealed += 1
        return Conceal()

    def _present(self, packet: _Packet, now: float) -> Step:
        assert self._next is not None
        if self._too_early(packet, now):
            return self._lengthen()
        excess = self._excess(packet, now)
        patience = 4 if excess > HURRY else 25
        if excess > SLACK and self._since_change >= patience and self._next + 1 in self._packets:
            self._since_change = 0
            self.counts.blended += 1
            self._advance(packet)
            return Blend(packet.payload)
        return self._play(packet)

    def _excess(self, packet: _Packet, now: float) -> float:
        """Seconds by which playing `packet` now is later than the target; negative if earlier."""
        return now - self._floor - packet.time - self.target

    def _too_early(self, packet: _Packet, now: float) -> bool:
        """Whether to let a frame pass first: the sender paused, or the network needs more delay than there is."""
        early = -self._excess(packet, now)
        paused = packet.time - self._played_until > FRAME / 2 and packet is self._packets.get(self._next or 0)
        return early > SLACK and (paused or self._since_change >= (4 if early > HURRY else 10))

    def _lengthen(self) -> Step:
        self._since_change = 0
        self.counts.concealed += 1
        return Conceal()

    def _play(self, packet: _Packet) -> Step:
        self.counts.played += 1
        self._advance(packet)
        return Play(packet.payload)

    def _advance(self, packet: _Packet) -> None:
        """Take the next packet out. Its length shows when its successor is there, unless the sender paused."""
        assert self._next is not None
        del self._packets[self._next]
        self._next += 1
        self._passed = self._next
        self._concealed = 0
        follower = self._packets.get(self._next)
        if follower is not None and 0 < follower.time - packet.time <= LONGEST_FRAME:
            self._length = follower.time - packet.time
        self._played_until = packet.time + self._length

    def _flush(self, now: float) -> None:
        """Go on with the first packet that is not overdue, or with the newest one."""
        latest = max(self._packets)
        keep = min(
            (
                number
                for number, packet in self._packets.items()
                if now - self._floor - packet.time <= self.target
            ),
            default=latest,
        )
        self.counts.flushed += sum(number < keep for number in self._packets)
        self._packets = {number: packet for number, packet in self._packets.items() if number >= keep}
        if self._next is not None:
            self._next = self._passed = keep
            self._played_until, self._concealed = self._packets[keep].time, 0
