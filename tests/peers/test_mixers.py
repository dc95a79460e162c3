"""The mixers of a server, as processes: replaced when they are lost, ended when nobody needs them."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kith.core.ids import CallId
from kith.core.problem import Code, Problem
from kith.server.mixer_link import Patience, mixer_command
from kith.server.mixers import Mixers
from media.mixer.control import Load, RoomLoad, Seated, SeatLoad, frame
from tests.support.mixer_peers import Peer
from tests.support.mixer_stand_in import HASTY, command, pull
from tests.support.room_bench import (
    ANNA,
    BEN,
    OFFER,
    OTHER_ROOM,
    ROOM,
    RoomBench,
    stand_in_bench,
    strings,
    until,
)
from tests.support.server import GENEROUS, ROOT


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[tuple[RoomBench, Mixers]]:
    async with stand_in_bench(tmp_path, most=2) as both:
        yield both


def pids(mixers: Mixers) -> set[int]:
    return {mixer.link.pid for mixer in mixers._mixers if mixer.link.pid is not None}


async def ready(mixers: Mixers, number: int) -> set[int]:
    """The process ids, once so many are ready and no other runs."""
    await until(
        lambda: (
            [mixer.link.ready for mixer in mixers._mixers] == [True] * number and len(mixers._lives) == number
        )
    )
    return pids(mixers)


def alive(pid: int) -> bool:
    """Whether it runs. One that has ended may stay listed until whoever it was left to has looked."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


async def test_the_first_room_has_a_process_and_another_one_waits(made: tuple[RoomBench, Mixers]) -> None:
    bench, mixers = made
    assert pids(mixers) == set(), "none is started before it is needed"
    await bench.rooms.seat(ROOM, ANNA, 0, OFFER)
    both = await ready(mixers, 2)
    await bench.rooms.seat(OTHER_ROOM, ANNA, 0, OFFER)
    assert {status.mixer for status in bench.rooms.status()} == {1}
    assert await ready(mixers, 2) == both


async def test_a_killed_one_is_replaced_by_the_one_that_waits(made: tuple[RoomBench, Mixers]) -> None:
    bench, mixers = made
    await bench.rooms.seat(ROOM, ANNA, 0, OFFER)
    before = await ready(mixers, 2)
    await bench.hands.kill()
    await bench.told.hears("moved", ROOM)
    await bench.rooms.seat(ROOM, ANNA, 1, OFFER)
    assert bench.rooms.status()[0].mixer == 2
    assert len(before & await ready(mixers, 2)) == 1, "and another one waits now"


async def test_one_that_hangs_is_killed_and_replaced(made: tuple[RoomBench, Mixers]) -> None:
    bench, mixers = made
    await bench.rooms.seat(ROOM, ANNA, 0, OFFER)
    await ready(mixers, 2)
    hanging = mixers._rooms[ROOM].mixer
    assert hanging is not None and hanging.link.pid is not None
    os.kill(hanging.link.pid, signal.SIGSTOP)
    with pytest.raises(Problem) as refused:
        await bench.rooms.seat(ROOM, BEN, 0, OFFER)
    assert refused.value.code is Code.MIXER_UNAVAILABLE
    await bench.told.hears("moved", ROOM)
    await bench.rooms.seat(ROOM, ANNA, 1, OFFER)
    await ready(mixers, 2)
    assert not alive(hanging.link.pid)


@pytest.mark.parametrize(
    "nonsense", [b"\xff" * 8, b"\0\0\0\1\xc1", frame(Load(0, 0.0, ()))[:4] + b"\xc0" * 99]
)
async def test_one_that_talks_nonsense_is_replaced(
    made: tuple[RoomBench, Mixers], tmp_path: Path, nonsense: bytes
) -> None:
    bench, mixers = made
    await bench.rooms.seat(ROOM, ANNA, 0, OFFER)
    mixer = mixers._rooms[ROOM].mixer
    assert mixer is not None
    await pull(strings(tmp_path, mixer.slot), nonsense)
    await bench.told.hears("moved", ROOM)


async def test_an_offer_that_is_not_answered_or_has_no_room_is_refused(
    made: tuple[RoomBench, Mixers],
) -> None:
    bench, _ = made
    await bench.rooms.seat(ROOM, ANNA, 0, OFFER)
    for epoch, offer in enumerate((OFFER + "silence", OFFER + "full")):
        with pytest.raises(Problem) as refused:
            await bench.rooms.seat(ROOM, BEN, epoch, offer)
        assert refused.value.code is Code.MIXER_UNAVAILABLE
    assert [seat.endpoint for seat in bench.rooms.status()[0].seats] == [ANNA]
    assert bench.told.events == []


@pytest.mark.parametrize("offer", [OFFER + "a" * 70_000, OFFER + "\ud800"])
async def test_an_offer_that_no_message_holds_does_not_reach_the_mixer(
    made: tuple[RoomBench, Mixers], offer: str
) -> None:
    bench, mixers = made
    with pytest.raises(Problem) as refused:
        await bench.rooms.seat(ROOM, ANNA, 0, offer)
    assert (refused.value.code, refused.value.path) == (Code.BAD_OFFER, "sdp")
    assert pids(mixers) == set()


async def test_reports_are_shown(made: tuple[RoomBench, Mixers], tmp_path: Path) -> None:
    bench, mixers = made
    await bench.rooms.seat(ROOM, ANNA, 0, OFFER)
    await ready(mixers, 2)
    told = SeatLoad(ANNA, 900, 9, 3.5, 40.0)
    unknown = RoomLoad("c_00000000000000000000", (told,))
    path = strings(tmp_path, 0)
    await pull(path, Load(2, 0.5, (RoomLoad(ROOM, (told, SeatLoad(BEN, 1, 1, 1.0, 1.0))), unknown)))
    await until(lambda: bench.rooms.status()[0].seats[0].received > 0)
    (seat,) = bench.rooms.status()[0].seats
    assert (seat.received, seat.lost, seat.jitter_ms, seat.delay_ms) == (900, 9, 3.5, 40.0)


async def test_a_late_answer_is_nobodys(made: tuple[RoomBench, Mixers], tmp_path: Path) -> None:
    bench, _ = made
    await bench.rooms.seat(ROOM, ANNA, 0, OFFER)
    await pull(strings(tmp_path, 0), Seated(ROOM, ANNA, 0, "v=0"), Seated(ROOM, BEN, 5, "v=0"))
    await bench.rooms.seat(ROOM, BEN, 0, OFFER)
    assert len(bench.rooms.status()[0].seats) == 2


async def test_who_leaves_before_there_is_a_mixer_takes_no_seat(made: tuple[RoomBench, Mixers]) -> None:
    bench, mixers = made
    leaving = asyncio.ensure_future(bench.rooms.seat(ROOM, ANNA, 0, OFFER))
    closing = asyncio.ensure_future(bench.rooms.seat(OTHER_ROOM, ANNA, 0, OFFER))
    giving_up = asyncio.ensure_future(bench.rooms.seat(CallId("c_22222222222222222222"), ANNA, 0, OFFER))
    await asyncio.sleep(0)
    bench.rooms.unseat(ROOM, ANNA)
    bench.rooms.close(OTHER_ROOM)
    giving_up.cancel()
    for refused in (leaving, closing):
        with pytest.raises(Problem, match=Code.MIXER_UNAVAILABLE):
            await refused
    with pytest.raises(asyncio.CancelledError):
        await giving_up
    assert bench.rooms.status() == () and mixers._rooms == {}


async def test_when_nobody_needs_them_any_more_they_end(made: tuple[RoomBench, Mixers]) -> None:
    bench, mixers = made
    await bench.rooms.seat(ROOM, ANNA, 0, OFFER)
    ended = await ready(mixers, 2)
    bench.rooms.close(ROOM)
    await ready(mixers, 0)
    assert not any(map(alive, ended))
    await bench.rooms.seat(ROOM, ANNA, 0, OFFER)
    assert bench.told.events == [], "that is no loss"


async def test_what_was_prepared_for_nobody_ends_as_well(made: tuple[RoomBench, Mixers]) -> None:
    bench, mixers = made
    bench.rooms.prepare()
    bench.rooms.prepare()
    await ready(mixers, 1)
    await ready(mixers, 0)


async def test_at_the_end_none_is_left(made: tuple[RoomBench, Mixers]) -> None:
    bench, mixers = made
    await bench.rooms.seat(ROOM, ANNA, 0, OFFER)
    ended = await ready(mixers, 2)
    await mixers.end()
    assert not any(map(alive, ended))
    assert bench.told.events == []
    with pytest.raises(Problem, match=Code.MIXER_UNAVAILABLE):
        await bench.rooms.seat(ROOM, ANNA, 0, OFFER)


async def test_one_that_does_not_end_in_peace_is_killed(tmp_path: Path) -> None:
    async with stand_in_bench(tmp_path, patience=Patience(quit=0.2)) as (bench, mixers):
        await bench.rooms.seat(ROOM, ANNA, 0, OFFER)
        both = await ready(mixers, 2)
        for pid in both:
            os.kill(pid, signal.SIGSTOP)
        await mixers.end()
        assert not any(map(alive, both))


async def test_where_none_comes_up_nobody_waits_and_nobody_tries_again_and_again(tmp_path: Path) -> None:
    begun: list[int] = []

    def failing(slot: int) -> object:
        begun.append(slot)
        return lambda control: (sys.executable, "-c", "raise SystemExit(3)")

    mixers = Mixers(2, failing, HASTY)  # type: ignore[arg-type]
    for _ in range(3):
        with pytest.raises(Problem, match=Code.MIXER_UNAVAILABLE):
            await mixers.seat(ROOM, ANNA, 0, OFFER)
    assert not mixers.available, "so that no group is planned with it"
    tried = len(begun)
    with pytest.raises(Problem, match=Code.MIXER_UNAVAILABLE):
        await mixers.seat(ROOM, ANNA, 0, OFFER)
    assert len(begun) == tried == 3
    assert mixers._rooms == {}
    await mixers.end()


async def test_a_program_that_is_not_there_is_no_more_than_that(tmp_path: Path) -> None:
    mixers = Mixers(1, lambda _: lambda _: (str(tmp_path / "none"),), HASTY)
    with pytest.raises(Problem, match=Code.MIXER_UNAVAILABLE):
        await mixers.seat(ROOM, ANNA, 0, OFFER)
    await mixers.end()


async def test_no_mixers_are_wanted() -> None:
    mixers = Mixers(0, lambda _: command(Path("unused")), HASTY)
    assert not mixers.available
    mixers.prepare()
    with pytest.raises(Problem, match=Code.MIXER_UNAVAILABLE):
        await mixers.seat(ROOM, ANNA, 0, OFFER)
    assert pids(mixers) == set()
    await mixers.end()


SERVER = """
import asyncio
import uvloop
from kith.server.mixer_link import mixer_command
from kith.server.mixers import Mixers

async def main():
    mixers = Mixers(1, lambda _: mixer_command(0, ()))
    mixers.prepare()
    while not mixers._mixers[0].link.ready:
        await asyncio.sleep(0.01)
    print(mixers._mixers[0].link.pid, flush=True)
    await asyncio.Event().wait()

uvloop.run(main())
"""


async def test_a_server_that_is_killed_leaves_no_mixer_behind() -> None:
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVER), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    try:
        assert server.stdout is not None
        async with asyncio.timeout(GENEROUS):
            mixer = int(await server.stdout.readline())
        assert alive(mixer)
    finally:
        server.kill()
        await server.wait()
    await until(lambda: not alive(mixer))


async def test_the_address_of_a_router_is_announced_with_the_mixers_own_port() -> None:
    mixers = Mixers(1, lambda _: mixer_command(0, ("203.0.113.7",)), Patience())
    peer = Peer(ROOM, ANNA)
    try:
        answer = await mixers.seat(ROOM, ANNA, 0, await peer.offer())
        found = re.findall(
            r"^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) ", answer.sdp, re.MULTILINE | re.IGNORECASE
        )
        assert "203.0.113.7" in {host for host, _ in found}
        assert len({host for host, _ in found}) > 1, "besides those of the machine"
        assert len({port for _, port in found}) == 1
        await peer.take(answer.sdp)
    finally:
        await mixers.end()
        await peer.close()
