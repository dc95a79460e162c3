"""Signals that may not have reached the server. Pure.

The server answers no signal that it passes on. It counts them, and says at each sign-in how many have come in the
session; what came after those was lost with the connection. A new session begins without any: whatever a
server knew that was killed, it knows no more. So everything that is kept is sent again then, which does no
harm: whoever gets a description or a candidate twice ignores the second.
"""

from collections import deque

KEPT = 64
"""An offer and the candidates of a phone with many networks; the server keeps as many for a peer that is away."""


class Unconfirmed:
    """The last KEPT signals, numbered as the server counts them."""

    __slots__ = ("_count", "_kept")

    def __init__(self) -> None:
        self._count = 0
        self._kept: deque[tuple[int, str, bytes]] = deque(maxlen=KEPT)

    def add(self, call: str, data: bytes) -> None:
        """`data` is sent now, or at the next sign-in."""
        self._count += 1
        self._kept.append((self._count, call, data))

    def forget(self, call: str) -> None:
        """The call is over: nobody waits for its signals."""
        self._kept = deque((one for one in self._kept if one[1] != call), maxlen=KEPT)

    def settle(self, arrived: int, *, resumed: bool) -> None:
        """The server has `arrived` signals of the session, which goes on or is a new one: number the others anew."""
        lost = [one for one in self._kept if not resumed or one[0] > arrived]
        self._count = arrived + len(lost)
        numbers = range(arrived + 1, self._count + 1)
        renumbered = ((number, call, data) for number, (_, call, data) in zip(numbers, lost, strict=True))
        self._kept = deque(renumbered, maxlen=KEPT)

    def after(self, number: int) -> list[tuple[int, bytes]]:
        """The signals later than `number`, in order, each with its own."""
        return [(one, data) for one, _, data in self._kept if one > number]
