"""What came of what was sent: the numbers of a reception report (RFC 3550 section 6.4.1 and appendix A). Pure.

Every packet that a mixer gets is counted, but of quiet ones only one in 64 is authenticated, and only those are
believed. So what was expected and what came are compared at authenticated packets: exact there, never wrong by more
than a forger of a source address could add to what came.
"""

from dataclasses import dataclass

from media.playout import unwrap

CLOCK = 48_000


@dataclass(frozen=True, slots=True)
class Report:
    """`fraction` in 1/256 since the last report, `lost` since the beginning, `highest` extended to 32 bits,
    `jitter` in timestamp units."""

    fraction: int
    lost: int
    highest: int
    jitter: int


class Reception:
    """One stream as it arrives."""

    __slots__ = ("_arrived", "_before", "_first", "_first_arrived", "_jitter", "_transit", "highest")

    def __init__(self) -> None:
        self.highest: int | None = None
        """The highest authenticated sequence number, counted on through its wraps."""
        self._first = 0
        self._first_arrived = 0
        self._arrived = 0
        self._before = (0, 0)
        self._transit: float | None = None
        self._jitter = 0.0

    def note(self, sequence: int, timestamp: int, arrived: int, now: float) -> None:
        """An authenticated packet; `arrived` is how many came in all, with this one."""
        if self.highest is None:
            self.highest = self._first = sequence
            self._first_arrived = arrived - 1
        else:
            self.highest = max(self.highest, unwrap(sequence, self.highest, 16))
        self._arrived = arrived
        transit = now * CLOCK - timestamp
        if self._transit is not None:
            change = abs(unwrap(round(transit - self._transit), 0, 32))
            if change < CLOCK:  # a second more or less is a pause or a new beginning, not jitter
                self._jitter += (change - self._jitter) / 16
        self._transit = transit

    @property
    def expected(self) -> int:
        return 0 if self.highest is None else self.highest - self._first + 1

    @property
    def lost(self) -> int:
        """Packets lost so far; duplicates count against it, but never below none."""
        return max(0, self.expected - (self._arrived - self._first_arrived))

    @property
    def jitter(self) -> float:
        """Seconds, smoothed over some 16 packets."""
        return self._jitter / CLOCK

    def report(self) -> Report | None:
        """The numbers now; the fraction is since the last call. None before anything came."""
        if self.highest is None:
            return None
        expected, lost = self.expected, self.lost
        before, lost_before = self._before
        self._before = (expected, lost)
        share = (expected - before, lost - lost_before)
        fraction = 256 * share[1] // share[0] if share[0] > 0 and share[1] > 0 else 0
        return Report(
            min(255, fraction), min(lost, 0x7F_FFFF), self.highest & 0xFFFF_FFFF, round(self._jitter)
        )
