"""Sequence numbers and timestamps of what goes to one seat, whoever it comes from. Pure.

While a room is mixed each tick makes the next packet. While it is forwarded the other seat's numbers go through with
an offset, so that what was lost on its way to the mixer looks lost to the listener, who can conceal it or recover it.
A stream never goes back when it changes between the two, or to another source.
"""

from media.playout import unwrap

FRAME = 960
"""Timestamp units of a tick (RFC 7587 section 4.1)."""


class Numbering:
    """The numbers of one outgoing stream."""

    __slots__ = ("_offset", "_shift", "_source", "sequence", "timestamp")

    def __init__(self, sequence: int, timestamp: int) -> None:
        """Begin after these (RFC 3550 section 5.1: at random)."""
        self.sequence = sequence
        """Of the newest packet."""
        self.timestamp = timestamp
        self._source: int | None = None
        self._offset = 0
        self._shift = 0

    def next(self) -> None:
        """A mixed packet: one on."""
        self._source = None
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.timestamp = (self.timestamp + FRAME) & 0xFFFF_FFFF

    def skip(self, ticks: int) -> None:
        """Ticks went by without a packet: a gap in time that is none in numbers."""
        self.timestamp = (self.timestamp + FRAME * ticks) & 0xFFFF_FFFF

    def forward(self, source: int, sequence: int, timestamp: int) -> tuple[int, int]:
        """The numbers under which a packet of `source` goes on."""
        if source != self._source or self._jumps(sequence):
            self._source = source
            self._offset = self.sequence + 1 - sequence
            self._shift = self.timestamp + FRAME - timestamp
        number = (sequence + self._offset) & 0xFFFF
        stamp = (timestamp + self._shift) & 0xFFFF_FFFF
        if unwrap(number, self.sequence, 16) > self.sequence:
            self.sequence, self.timestamp = number, stamp
        return number, stamp

    def _jumps(self, sequence: int) -> bool:
        """Whether the source began anew (RFC 3550 appendix A.1, MAX_DROPOUT)."""
        return abs(unwrap((sequence + self._offset) & 0xFFFF, self.sequence, 16) - self.sequence) > 3_000
