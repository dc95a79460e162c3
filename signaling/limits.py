"""Rates, as token buckets. Pure: time is passed in.

Commands of people are rare; what is not rare is candidates, of which a phone with many networks
sends some twenty in a burst. So signals have a bucket of their own and everything else a smaller one.
"""

import ipaddress
from contextlib import suppress
from typing import Generic, TypeVar

from kith.core.problem import Code, Problem

Key = TypeVar("Key", bound=str)


class Bucket:
    """`rate` tokens a second come back, up to `burst`. Starts full."""

    __slots__ = ("_at", "_level", "burst", "rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate = rate
        self.burst = burst
        self._level = burst
        self._at = now

    def take(self, now: float) -> None:
        """Take one token. Raises Problem(rate_limited) with `retry_after` in seconds if there is none."""
        level = self._level + (now - self._at) * self.rate
        if not self._level <= level <= self.burst:  # full again, or the clock was set back
            level = self.burst if level > self._level else self._level
        self._at = now
        if level < 1.0:
            self._level = level
            raise Problem(Code.RATE_LIMITED, data={"retry_after": round((1.0 - level) / self.rate, 3)})
        self._level = level - 1.0

    def check(self, now: float) -> None:
        """Raises what `take` would raise, and takes nothing."""
        self.take(now)
        self._level += 1.0


class Buckets(Generic[Key]):
    """One bucket for each of many."""

    MOST = 10_000
    """Beyond this the oldest are forgotten: some 2 MB."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: dict[Key, Bucket] = {}

    def take(self, key: Key, now: float) -> None:
        """Take one token. Raises Problem(rate_limited)."""
        bucket = self._buckets.pop(key, None) or Bucket(self._rate, self._burst, now)
        self._buckets[key] = bucket  # the most recent last
        while len(self._buckets) > self.MOST:
            del self._buckets[next(iter(self._buckets))]
        bucket.take(now)


class Rates:
    """What one endpoint may send. About 200 bytes, there for every session."""

    __slots__ = ("commands", "signals")

    def __init__(self, now: float) -> None:
        self.commands = Bucket(rate=10.0, burst=60.0, now=now)
        self.signals = Bucket(rate=50.0, burst=300.0, now=now)


class AddressRates:
    """What strangers at one network address may ask. A household shares one address, and after a restart
    all of its endpoints sign in at once, so the burst is generous; guessing needs the rate, which is not."""

    MAX_ADDRESSES = 20_000
    """Beyond this the oldest are forgotten: some 3 MB, whoever knocks."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def sign_in(self, address: str, now: float) -> None:
        self._take("sign_in", address, now, rate=5.0, burst=200.0)

    def join(self, address: str, now: float) -> None:
        """Sign-up, pairing, looking up an invitation: whatever answers whether a secret is right."""
        self._take("join", address, now, rate=0.2, burst=30.0)

    def sign_up(self, address: str, now: float) -> None:
        """Besides, for a whole block of addresses: who has many of them side by side makes no more accounts than a
        large family with friends."""
        block = _block(address)
        self._bucket("sign_up", block, now, rate=1.0 / 60.0, burst=60.0).take(now)

    def code(self, address: str, now: float) -> None:
        """One more code that somebody signed in asks for, from a block of addresses: a household that waits for its
        messages needs a handful."""
        self._bucket("code", _block(address), now, rate=30.0 / 3600.0, burst=30.0).take(now)

    def check_token(self, address: str, now: float) -> None:
        """Before a bearer token is looked at. After too many wrong ones right ones are refused too: an answer
        that told them apart would let the guessing go on."""
        if ("token", _source(address)) in self._buckets:
            self._bucket("token", address, now, rate=1.0, burst=60.0).check(now)

    def wrong_token(self, address: str, now: float) -> None:
        """A token was wrong: a script whose token has expired has one or two, whoever guesses has many."""
        with suppress(Problem):
            self._bucket("token", address, now, rate=1.0, burst=60.0).take(now)

    def _take(self, kind: str, address: str, now: float, *, rate: float, burst: float) -> None:
        self._bucket(kind, address, now, rate=rate, burst=burst).take(now)

    def _bucket(self, kind: str, address: str, now: float, *, rate: float, burst: float) -> Bucket:
        key = (kind, _source(address))
        bucket = self._buckets.pop(key, None) or Bucket(rate, burst, now)
        self._buckets[key] = bucket  # the most recent last
        while len(self._buckets) > self.MAX_ADDRESSES:
            del self._buckets[next(iter(self._buckets))]
        return bucket


def _block(address: str) -> str:
    """The network around an address: 24 bits of IPv4, and of IPv6 the 48 that one customer may be given (RFC 6177,
    section 2)."""
    try:
        found = ipaddress.ip_address(_source(address))
    except ValueError:
        return address
    bits = 24 if found.version == 4 else 48
    return str(ipaddress.ip_network((found, bits), strict=False).network_address)


def _source(address: str) -> str:
    """What counts as one address: of IPv6 the first 64 bits, since everybody is given at least so many to
    choose from (RFC 6177, section 2)."""
    if ":" not in address:
        return address
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(found) >> 64 << 64))
