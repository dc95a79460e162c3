"""Pieces of messages and announcements that were put and not sent yet. In memory: whoever put them still has them.

The law of this file

    A piece is put once; the same one again changes nothing, and another one in its place is refused.
    One endpoint has few messages begun at a time, and all endpoints together so many bytes: what lies there longest
    makes room. Whoever sends a message whose pieces are gone is told so, and puts them again.
"""

from collections import OrderedDict

from kith.core.ids import EndpointId
from kith.core.problem import Code, Problem

BEGUN = 4
"""Messages that one endpoint may have begun and not sent."""

LIFE = 3_600.0
"""Seconds for which pieces wait: a message is recorded for five minutes at most."""

MOST_BYTES = 64 << 20
"""Of all endpoints together: sixty of the longest recordings, begun at the same time."""

_Key = tuple[EndpointId, str]


class _Begun:
    __slots__ = ("at", "pieces", "size")

    def __init__(self, at: float) -> None:
        self.at = at
        self.pieces: dict[int, bytes] = {}
        self.size = 0


class Unsent:
    """By endpoint and message id. Raises Problem for every "no"."""

    def __init__(self) -> None:
        self._begun: OrderedDict[_Key, _Begun] = OrderedDict()
        self._size = 0

    def put(self, endpoint: EndpointId, message: str, index: int, body: bytes, now: float) -> None:
        """Problem(message_id_taken) where another piece is there, (rate_limited) where too many are begun."""
        self._forget(now)
        key = endpoint, message
        begun = self._begun.get(key)
        if begun is None:
            if sum(one == endpoint for one, _ in self._begun) >= BEGUN:
                raise Problem(Code.RATE_LIMITED, data={"limit": BEGUN})
            begun = self._begun[key] = _Begun(now)
        there = begun.pieces.get(index)
        if there is not None:
            if there != body:
                raise Problem(Code.MESSAGE_ID_TAKEN, path="index")
            return
        begun.pieces[index] = body
        begun.size += len(body)
        self._size += len(body)
        while self._size > MOST_BYTES:
            self._drop(next(iter(self._begun)))

    def find(self, endpoint: EndpointId, message: str, count: int) -> tuple[bytes, ...] | None:
        """All `count` pieces; None where one is not there, or there are more."""
        if count == 0:
            return ()
        begun = self._begun.get((endpoint, message))
        if begun is None or set(begun.pieces) != set(range(count)):
            return None
        return tuple(begun.pieces[index] for index in range(count))

    def take(self, endpoint: EndpointId, message: str, count: int) -> tuple[bytes, ...]:
        """The same, and they are here no more. Problem(segments_missing)."""
        pieces = self.find(endpoint, message, count)
        if pieces is None:
            raise Problem(Code.SEGMENTS_MISSING, path="segments")
        self.drop(endpoint, message)
        return pieces

    def drop(self, endpoint: EndpointId, message: str) -> None:
        """They are not needed any more."""
        if (endpoint, message) in self._begun:
            self._drop((endpoint, message))

    def _drop(self, key: _Key) -> None:
        self._size -= self._begun.pop(key).size

    def _forget(self, now: float) -> None:
        while self._begun:
            key = next(iter(self._begun))
            if now - self._begun[key].at < LIFE:
                return
            self._drop(key)
