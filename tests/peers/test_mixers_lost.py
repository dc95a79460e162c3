"""A mixer that is killed or hangs in the middle of a room: whoever was there hears the others again."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from kith.core.ids import CallId, EndpointId
from kith.server.mixer_link import Patience, mixer_command
from kith.server.mixers import Mixers
from tests.support.mixer_peers import Load, Peer, strengths, tone_packets
from tests.support.room_bench import ROOM, until

TONES = {"e_00000000000000000001": 440.0, "e_00000000000000000002": 700.0, "e_00000000000000000003": 1_000.0}
AUDIBLE = 0.02
"""Of full scale; each speaks at 0.1."""


class Household:
    """Everybody offers, and offers anew in the next epoch when the room has moved, as endpoints do."""

    def __init__(self, mixers: Mixers, load: Load) -> None:
        self._mixers = mixers
        self._load = load
        self._tasks: set[asyncio.Task[None]] = set()
        self.epoch = 0
        self.peers: dict[str, Peer] = {}
        self.lost: list[EndpointId] = []
        mixers.listen(self)

    async def sit(self, name: str) -> None:
        peer = Peer(ROOM, name)
        peer.epoch, peer.says = self.epoch, tone_packets(TONES[name])
        answer = await self._mixers.seat(ROOM, EndpointId(name), self.epoch, await peer.offer())
        await peer.take(answer.sdp)
        former = self.peers.get(name)
        self.peers[name] = peer
        self._load.add(peer)
        if former is not None:
            self._load.remove(former)
            await former.close()

    def connected(self, room: CallId, endpoint: EndpointId, epoch: int) -> None: ...
    def speaking(self, room: CallId, endpoints: tuple[EndpointId, ...]) -> None: ...

    def gone(self, room: CallId, endpoint: EndpointId, epoch: int) -> None:
        self.lost.append(endpoint)

    def moved(self, room: CallId) -> None:
        self.epoch += 1
        for name in TONES:
            task = asyncio.create_task(self.sit(name))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def hears_all(self, name: str) -> bool:
        """Whether this one hears all others, and not itself, in the newest fifth of a second of this epoch."""
        peer = self.peers[name]
        if peer.epoch != self.epoch or peer.received < 10:
            return False
        return set(self._heard(peer)) == set(TONES) - {name}

    def _heard(self, peer: Peer) -> Iterator[str]:
        loud = strengths(peer.sound(10), list(TONES.values()))
        return (name for name, strength in zip(TONES, loud, strict=True) if strength > AUDIBLE)

    async def close(self) -> None:
        for peer in self.peers.values():
            await peer.close()


@pytest.fixture
async def household() -> AsyncIterator[tuple[Household, Mixers]]:
    mixers = Mixers(1, lambda _: mixer_command(0, ()), Patience(silence=3.0))
    async with Load() as load:
        household = Household(mixers, load)
        try:
            for name in TONES:
                await household.sit(name)
            await until(lambda: len(mixers._mixers) == 2 and all(one.link.ready for one in mixers._mixers))
            await until(lambda: all(map(household.hears_all, TONES)))
            yield household, mixers
        finally:
            await mixers.end()
            await household.close()


def used(mixers: Mixers) -> int:
    mixer = mixers._rooms[ROOM].mixer
    assert mixer is not None and mixer.link.pid is not None
    return mixer.link.pid


@pytest.mark.alone
async def test_after_a_kill_there_is_sound_again_within_two_seconds(
    household: tuple[Household, Mixers], record_property: Callable[[str, object], None]
) -> None:
    people, mixers = household
    loop = asyncio.get_running_loop()
    before = used(mixers)
    os.kill(before, signal.SIGKILL)
    killed = loop.time()
    await until(lambda: people.epoch == 1 and all(map(people.hears_all, TONES)))
    taken = loop.time() - killed
    record_property("seconds", round(taken, 2))
    assert taken <= 2.0
    assert used(mixers) != before
    assert people.lost == [], "nobody was dropped"
    (status,) = mixers.status()
    assert [seat.endpoint for seat in status.seats] == list(TONES)


async def test_one_that_hangs_is_found_out_and_there_is_sound_again(
    household: tuple[Household, Mixers],
) -> None:
    people, mixers = household
    os.kill(used(mixers), signal.SIGSTOP)
    await until(lambda: people.epoch == 1 and all(map(people.hears_all, TONES)))
    assert people.lost == []
