"""A bad network between one peer and a mixer: a UDP proxy that loses, delays and reorders media, and nothing else.

async with rough_path(answer, up=Roughness(loss=0.05)) as answer: await participant.answered(answer)

What sets the connection up (STUN, DTLS) passes as it is: the tests are about what is heard once it stands.
"""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

MEDIA = range(128, 192)
"""First bytes of RTP and RTCP (RFC 7983 section 7)."""

OVERTAKEN = 0.03
"""Seconds that a reordered packet comes late: the next one is there first."""

_CANDIDATE = re.compile(r"(a=candidate:\S+ \d+ udp \d+ )(\S+) (\d+)( typ host.*)", re.IGNORECASE)


@dataclass(frozen=True)
class Roughness:
    """`loss` and `reorder` are shares of packets, `jitter` the longest extra delay in seconds. `burst`: with this
    chance a packet and the `burst_length - 1` after it are lost together."""

    loss: float = 0.0
    jitter: float = 0.0
    reorder: float = 0.0
    burst: float = 0.0
    burst_length: int = 3


SMOOTH = Roughness()


class _Way(asyncio.DatagramProtocol):
    """One direction: what this socket receives leaves through `out`, to `to`."""

    def __init__(self, rough: Roughness, chance: random.Random) -> None:
        self.to: tuple[Any, ...] | None = None
        self.out: asyncio.DatagramTransport | None = None
        self.back: _Way | None = None
        self._rough = rough
        self._chance = chance
        self._losing = 0
        self._last = 0.0

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        if self.back is not None and self.back.to is None:
            self.back.to = addr
        if data[0] not in MEDIA:
            self._pass(data)
        elif not self._lost():
            self._delayed(data)

    def _lost(self) -> bool:
        rough = self._rough
        if self._losing == 0 and self._chance.random() < rough.burst:
            self._losing = rough.burst_length
        if self._losing:
            self._losing -= 1
            return True
        return self._chance.random() < rough.loss

    def _delayed(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        if self._chance.random() < self._rough.reorder:
            loop.call_later(OVERTAKEN, self._pass, data)
            return
        if self._rough.jitter == 0:
            self._pass(data)
            return
        due = max(self._last, loop.time() + self._chance.uniform(0, self._rough.jitter))
        self._last = due  # a queue delays, it does not change the order
        loop.call_at(due, self._pass, data)

    def _pass(self, data: bytes) -> None:
        if self.out is not None and self.to is not None and not self.out.is_closing():
            self.out.sendto(data, self.to)


@asynccontextmanager
async def rough_path(
    answer: str, *, up: Roughness = SMOOTH, down: Roughness = SMOOTH, seed: int = 1
) -> AsyncIterator[str]:
    """Yields the answer with the proxy in the place of the mixer's first host candidate and without any other."""
    found = next(
        match for match in map(_CANDIDATE.match, answer.splitlines()) if match and ":" not in match[2]
    )
    host, port = found[2], int(found[3])
    loop = asyncio.get_running_loop()
    chance = random.Random(seed)
    near, there = await loop.create_datagram_endpoint(lambda: _Way(up, chance), local_addr=(host, 0))
    far, back = await loop.create_datagram_endpoint(lambda: _Way(down, chance), local_addr=(host, 0))
    there.out, there.to, there.back = far, (host, port), back
    back.out = near
    own = near.get_extra_info("sockname")
    try:
        yield _redirected(answer, str(own[0]), int(own[1]))
    finally:
        near.close()
        far.close()


def _redirected(answer: str, host: str, port: int) -> str:
    lines, told = [], False
    for line in answer.splitlines():
        if match := _CANDIDATE.match(line):
            if told:
                continue
            told = True
            lines.append(f"{match[1]}{host} {port}{match[4]}")
        elif not line.startswith("a=candidate"):
            lines.append(line)
    return "\r\n".join(lines) + "\r\n"
