"""A mixer for a long time: rooms that come and go, a room that stays, and networks that are bad. `make soak`."""

import asyncio
import itertools
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvloop
from rich.console import Console
from rich.table import Table

from bench.driver import Driver, driver
from bench.meter import resident_kib
from bench.namespace import namespace
from media.mixer.control import Close
from tests.support.mixer_peers import Load, MixerProcess, mixer, quiet_packets, tone_packets
from tests.support.nets import need_root
from tests.support.rough_path import Roughness
from tests.support.rough_rooms import Outcome, Place, listen_in

pytestmark = pytest.mark.soak

MINUTE = 60.0
KIB = 2_048
"""Resident memory that a process may have gained: an allocator keeps some, and thirty rooms have thrice that."""

PLACES = {
    "good": Place(),
    "2 % lost": Place(Roughness(loss=0.02)),
    "5 % lost": Place(Roughness(loss=0.05)),
    "20 % lost": Place(Roughness(loss=0.2)),
    "30 ms jitter": Place(Roughness(jitter=0.03)),
    "reordered": Place(Roughness(reorder=0.05)),
    "bursts": Place(Roughness(burst=0.01, burst_length=4)),
    "200 ppm fast": Place(drift=1.0002),
    "200 ppm slow": Place(drift=0.9998),
    "all of it": Place(Roughness(loss=0.05, jitter=0.03, reorder=0.02, burst=0.002), drift=1.0002),
}
PILED = 0.06
"""Seconds of delay that may have come. In ten minutes a clock that is 200 ppm wrong is 0.12 off."""

LATEST = 0.25


@pytest.mark.timeout(900)
async def test_two_hundred_rooms_come_and_go_and_leave_nothing() -> None:
    async with mixer() as process, Load() as load:
        await _open_and_close(process, load, range(40))
        memory, files = resident_kib(process.process.pid), _files(process)
        for first in range(100, 300, 20):
            await _open_and_close(process, load, range(first, first + 20))
        assert (await process.load()).rooms == ()
        assert resident_kib(process.process.pid) - memory < KIB
        assert _files(process) == files


async def _open_and_close(process: MixerProcess, load: Load, rooms: range) -> None:
    """All of them at once, with three in each, two of whom speak and all of whom hear something."""
    peers = [await process.sit(f"c_{room}", f"e_{seat}") for room in rooms for seat in range(3)]
    for number, peer in enumerate(peers):
        peer.says = quiet_packets() if number % 3 == 2 else tone_packets(400.0 + 100 * (number % 3))
    load.add(*peers)
    await asyncio.gather(*(peer.hears(50) for peer in peers))
    for room in rooms:
        process.tell(Close(f"c_{room}"))
    for peer in peers:
        load.remove(peer)
        await peer.close()
    await process.load(lambda one: not one.rooms)


def _files(process: MixerProcess) -> int:
    return len(list(Path(f"/proc/{process.process.pid}/fd").iterdir()))


@pytest.mark.timeout(2_400)
async def test_half_an_hour_in_a_room_of_twenty() -> None:
    async with mixer() as process, Load() as load:
        peers = [await process.sit("c_1", f"e_{seat}") for seat in range(20)]
        for number, peer in enumerate(peers):
            peer.says = tone_packets(300.0 + 100 * number) if number < 2 else quiet_packets(seed=number)
        load.add(*peers)
        await asyncio.sleep(2 * MINUTE)
        memory = resident_kib(process.process.pid)
        for _ in range(28):
            before = [peer.received for peer in peers]
            await asyncio.sleep(MINUTE)
            got = [peer.received - earlier for peer, earlier in zip(peers, before, strict=True)]
            assert min(got) > 49 * MINUTE
            (room,) = (await process.load()).rooms
            assert max(seat.delay_ms for seat in room.seats) < 1000 * LATEST
        assert resident_kib(process.process.pid) - memory < KIB


@pytest.mark.timeout(1_200)
def test_ten_minutes_of_bad_networks() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        outcomes = runner.run(listen_in(PLACES, MINUTE, stretches=10))
    _show(outcomes)
    for name, (first, *_, last) in outcomes.items():
        assert last.ends() - first.begins() < PILED, name
    for name, one in ((name, one) for name, minutes in outcomes.items() for one in minutes):
        lost = PLACES[name].rough.loss + PLACES[name].rough.burst
        assert one.arrived > 0.99, name
        assert one.worst() < LATEST, name
        assert one.clicks < 0.005 + lost / 10, name


def _show(outcomes: dict[str, list[Outcome]]) -> None:
    table = Table("", "first ms", "last ms", "worst p95 ms", "clicks %", "holes %", title="Ten minutes")
    for name, minutes in outcomes.items():
        worst = max(one.worst() for one in minutes)
        clicks, holes = (max(getattr(one, kind) for one in minutes) for kind in ("clicks", "holes"))
        cells = (
            1000 * minutes[0].begins(),
            1000 * minutes[-1].ends(),
            1000 * worst,
            100 * clicks,
            100 * holes,
        )
        table.add_row(name, *(f"{cell:.1f}" for cell in cells))
    Console().print(table)


_LOSS = """
table inet rough
delete table inet rough
table inet rough {{
  chain arriving {{
    type filter hook input priority filter; policy accept;
    udp dport {port} numgen random mod 100 < {percent} drop
  }}
}}
"""
"""In the place of what was there before."""


@pytest.mark.timeout(900)
def test_loss_in_the_kernel_is_hardly_heard() -> None:
    """nft drops what comes to the mixer, whatever it is: media, consent, the answers to its checks."""
    need_root()
    heard: dict[int, float] = {}
    with _load() as (load, inside, port):
        for percent in (0, 2, 5, 20):
            load.order("join", rooms=1, size=3, talkers=2, level=True)
            rules = _LOSS.format(port=port, percent=percent)
            subprocess.run([*inside, "nft", "-f", "-"], input=rules, text=True, check=True)
            found = load.order("measure", seconds=15, pids=[])
            assert found["packets_min"] > 49
            assert found["latency_p95_ms"] < 1000 * LATEST
            heard[percent] = load.order("listen", seconds=25)["estoi"]
            load.order("leave")
            subprocess.run([*inside, "nft", "flush", "ruleset"], check=True)
    Console().print(f"two talk, ESTOI by loss in percent: {heard}")
    assert all(better >= worse - 0.02 for better, worse in itertools.pairwise(heard.values()))
    assert heard[2] > heard[0] - 0.05
    assert heard[5] > heard[0] - 0.1
    assert heard[20] > 0.6


@contextmanager
def _load() -> Iterator[tuple[Driver, tuple[str, ...], int]]:
    """Peers and a mixer in a network of their own; yields the mixer's port, too."""
    with namespace() as inside, driver("bench.rooms", "kith", inside=inside) as load:
        (port,) = load.order("start")["ports"]
        yield load, inside, port
