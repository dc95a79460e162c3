"""What every chain of signed links has in common: numbers, hashes and times. Pure.

A link names the hash of the one before, so whoever has believed a chain up to one link can tell whether
another chain continues it.
"""

import hashlib
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypedDict

from msgspec import Meta

from kith.core.trust.untrusted import Reason, Untrusted, require

MAX_EXACT = 2**53 - 1
"""The highest version and time (Unix seconds): what JavaScript still counts exactly."""

Key = Annotated[bytes, Meta(min_length=32, max_length=32)]
Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]
Count = Annotated[int, Meta(ge=0, le=MAX_EXACT)]

NO_HASH = bytes(32)


def u64(number: int) -> bytes:
    """Eight bytes, big-endian. Raises Untrusted for what is no version and no time."""
    require(0 <= number <= MAX_EXACT, Reason.MALFORMED)
    return struct.pack(">Q", number)


class Place(TypedDict):
    """Where a new link goes; its signature is still to be made."""

    version: int
    previous: bytes
    time: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Point:
    """A place in a chain: the number of a link and its hash. The number alone would pin nothing down."""

    version: int
    head: bytes

    def fields(self) -> tuple[bytes, bytes]:
        """As it stands in statements."""
        return u64(self.version), self.head


@dataclass(frozen=True, slots=True)
class History:
    """The hashes of a chain's links, and the time of its newest."""

    hashes: tuple[bytes, ...] = ()
    time: int = 0

    @property
    def root(self) -> bytes:
        """The hash of the first link, which names the chain for good."""
        return self.hashes[0]

    @property
    def newest(self) -> Point:
        return Point(len(self.hashes) - 1, self.hashes[-1])

    def contains(self, point: Point) -> bool:
        return 0 <= point.version < len(self.hashes) and self.hashes[point.version] == point.head

    def require(self, point: Point) -> None:
        """Raise Untrusted unless the chain passes through this point."""
        if point.version >= len(self.hashes):
            raise Untrusted(Reason.MISSING)
        if not self.contains(point):
            raise Untrusted(Reason.FORKED)

    def place(self, time: int) -> Place:
        """Where the next link goes. Its time is not before the newest, whatever this endpoint's clock says."""
        previous = self.hashes[-1] if self.hashes else NO_HASH
        return {
            "version": len(self.hashes),
            "previous": previous,
            "time": max(time, self.time),
            "signature": b"",
        }

    def after(self, version: int, previous: bytes, time: int, message: bytes, *, limit: int) -> "History":
        """With one more link, whose signed bytes are `message`. Raises Untrusted if it is not the next."""
        require(version == len(self.hashes), Reason.OUT_OF_ORDER)
        require(previous == (self.hashes[-1] if self.hashes else NO_HASH), Reason.BROKEN)
        require(time >= self.time, Reason.TIME_REVERSED)
        require(len(self.hashes) < limit, Reason.TOO_MANY)
        return History((*self.hashes, hashlib.sha256(message).digest()), time)


@dataclass(frozen=True, slots=True)
class Known:
    """What an endpoint remembers of a chain. `verified`: somebody compared the safety number."""

    root: bytes
    version: int
    head: bytes
    verified: bool = False


class Change(StrEnum):
    """How a chain relates to what was remembered."""

    NEW = "new"
    SAME = "same"
    EXTENDED = "extended"
    CHANGED = "changed"
    ROLLED_BACK = "rolled_back"
    FORKED = "forked"


def reconcile(known: Known | None, history: History) -> Change:
    """What a (replayed, hence well signed) chain is to who remembers `known`.

    NEW, SAME and EXTENDED may be believed. CHANGED is another identity altogether: to be shown before anything
    is sent. ROLLED_BACK and FORKED come from a server that withholds links, or from a key that was removed.
    """
    if known is None:
        return Change.NEW
    if history.root != known.root:
        return Change.CHANGED
    if history.newest.version < known.version:
        return Change.ROLLED_BACK
    if not history.contains(Point(known.version, known.head)):
        return Change.FORKED
    return Change.SAME if history.newest.version == known.version else Change.EXTENDED


def believed(known: Known | None, history: History) -> Known:
    """What to remember next. Raises Untrusted for STALE and FORKED; a CHANGED root is remembered unverified."""
    change = reconcile(known, history)
    if change is Change.ROLLED_BACK:
        raise Untrusted(Reason.STALE)
    if change is Change.FORKED:
        raise Untrusted(Reason.FORKED)
    kept = known is not None and known.verified and change is not Change.CHANGED
    return Known(history.root, history.newest.version, history.newest.head, kept)
