"""The mixer as a process, and endpoints with real ICE, DTLS, SRTP and Opus: who hears whom, and who is kept out."""

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from aiortc.rtp import RtcpReceiverInfo, RtcpRrPacket

from media.mixer import control
from tests.support.mixer_peers import (
    Load,
    MixerProcess,
    Packet,
    Peer,
    mixer,
    quiet_packets,
    strengths,
    tone_packets,
)

SILENCE = quiet_packets()


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def process() -> AsyncIterator[MixerProcess]:
    async with mixer() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def load(process: MixerProcess) -> AsyncIterator[Load]:
    async with Load() as running:
        yield running
    process.said.clear()


@pytest_asyncio.fixture(loop_scope="module")
async def room(process: MixerProcess, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A room of the test's own."""
    name = request.node.name[:60]
    yield name
    process.tell(control.Close(name))


async def sit(process: MixerProcess, room: str, says: Sequence[Sequence[Packet]], **how: bool) -> list[Peer]:
    """Peers in a room, each of whom says something else."""
    peers = [Peer(room, f"e_{n}", **how) for n in range(len(says))]
    for some in range(0, len(peers), 10):
        await asyncio.gather(*(process.seat(peer) for peer in peers[some : some + 10]))
    for peer, packets in zip(peers, says, strict=True):
        peer.says = packets
    return peers


async def all_hear_all(process: MixerProcess, load: Load, sizes: Sequence[int]) -> None:
    """Rooms of these sizes at a time, a pitch each."""
    rooms: list[tuple[list[Peer], list[float]]] = []
    for size in sizes:
        tones = [300.0 + 60.0 * n for n in range(size)]
        says = [tone_packets(hertz, level=0.9 / max(9, size)) for hertz in tones]
        rooms.append((await sit(process, f"c_{size}", says), tones))
    for peers, _ in rooms:
        load.add(*peers)
    waiting = [
        (peer, [*tones[:number], *tones[number + 1 :]], tones[number])
        for peers, tones in rooms
        for number, peer in enumerate(peers)
    ]
    try:
        for _ in range(10):
            await asyncio.gather(*(peer.hears(75) for peer, _, _ in waiting))
            waiting = [one for one in waiting if not one[0].has_heard(one[1], [one[2]])]
            if not waiting:
                return
        raise AssertionError(f"{[peer.name for peer, _, _ in waiting]} hear themselves, or not all others")
    finally:
        for size in sizes:
            process.tell(control.Close(f"c_{size}"))


async def test_everybody_hears_all_others_and_not_themselves(process: MixerProcess, load: Load) -> None:
    await all_hear_all(process, load, (2, 3, 6))


@pytest.mark.alone
async def test_fifty_who_all_talk_hear_each_other(process: MixerProcess, load: Load) -> None:
    await all_hear_all(process, load, (50,))


async def test_in_a_room_of_two_packets_pass_as_they_are(
    process: MixerProcess, load: Load, room: str
) -> None:
    """Byte for byte, with the gaps of what was lost on the way in; with a third it is a mix for a while."""
    says = [tone_packets(440), tone_packets(700)]
    ana, ben = await sit(process, room, says)
    ana.fate = lambda number: number % 10 != 5
    load.add(ana, ben)
    await ben.hears(100)
    heard = list(ben.heard)[-50:]
    assert {one.payload for one in heard} <= {packet.payload for packet in says[0]}
    span = (heard[-1].sequence - heard[0].sequence) & 0xFFFF
    assert span - len(heard) in (3, 4, 5, 6), "a tenth is missing, and can be seen to be"
    assert (heard[-1].timestamp - heard[0].timestamp) & 0xFFFF_FFFF == span * 960

    eva = await process.sit(room, "e_eva")
    eva.says = tone_packets(1_000)
    load.add(eva)
    await ben.hears_tones((440, 1_000), (700,))
    sequences = [one.sequence for one in list(ben.heard)[-40:]]
    assert all((after - before) & 0xFFFF == 1 for before, after in pairwise(sequences))
    load.remove(eva)
    process.tell(control.Unseat(room, "e_eva"))
    await ben.hears(100)
    assert {one.payload for one in list(ben.heard)[-20:]} <= {packet.payload for packet in says[0]}


async def test_who_did_not_negotiate_the_level_is_heard_and_measured(
    process: MixerProcess, load: Load, room: str
) -> None:
    plain = await sit(process, room, [tone_packets(440), SILENCE], level=False)
    talker, quiet = plain
    other = await process.sit(room, "e_other")
    other.says = SILENCE
    load.add(talker, quiet, other)
    said = await process.says(control.Speaking, where=lambda one: one.room == room)
    assert said.seats == (talker.name,)
    await other.hears_tones((440,))
    await talker.hears_tones((), (440,))
    talker.says = SILENCE
    await process.says(control.Speaking, where=lambda one: one.room == room and not one.seats)


async def test_a_forged_level_opens_nothing(process: MixerProcess, load: Load, room: str) -> None:
    """Loud packets from the right address that nobody has authenticated; and true ones of another kind."""
    peers = await sit(process, room, [SILENCE, SILENCE, SILENCE])
    load.add(*peers)
    await peers[0].hears(50)
    forger = peers[1]
    number = struct.pack("!H", 5)
    head = b"\x90\x60" + number + bytes(4) + forger.source.to_bytes(4, "big") + b"\xbe\xde\0\1\x20\x80\0\0"
    for _ in range(200):
        forger.raw(head + bytes(60))
    forger.raw(b"\x80\xc8\0\6" + bytes(60))
    await peers[0].hears(60)
    assert not any(isinstance(one, control.Speaking) and one.room == room for one in process.said)
    assert int(np.abs(peers[0].sound(40)).max()) < 50


async def test_a_flood_from_one_seat_is_nobody_elses_delay(
    process: MixerProcess, load: Load, room: str
) -> None:
    """Twenty thousand datagrams a second of one's own, of all kinds, for a second and a half."""
    peers = await sit(process, room, [tone_packets(440), tone_packets(700), SILENCE])
    load.add(*peers)
    await peers[0].hears(100)
    flooder = peers[2]

    async def flood() -> None:
        junk = (
            b"\x00\x01\0\0" + bytes(16),
            b"\x16" + bytes(100),
            b"\x80\x60" + bytes(160),
            b"\x80\xc8\0\6" + bytes(40),
        )
        for _ in range(300):
            for n in range(100):
                flooder.raw(junk[n % 4])
            await asyncio.sleep(0.004)

    before = peers[0].received
    flooding = asyncio.create_task(flood())
    await peers[0].hears(75)
    flooding.cancel()
    assert peers[0].received - before >= 75
    heard = list(peers[0].heard)[-75:]
    lost = ((heard[-1].sequence - heard[0].sequence) & 0xFFFF) - (len(heard) - 1)
    assert lost <= 4
    tone, other = strengths(peers[0].sound(60), (700, 440))
    assert tone > 0.05 and other < 0.01
    loaded = await process.load()
    seats = next(one.seats for one in loaded.rooms if one.room == room)
    assert all(seat.lost <= 6 for seat in seats if seat.seat != flooder.name)


async def test_a_seat_is_replaced_while_everybody_hears_on(
    process: MixerProcess, load: Load, room: str
) -> None:
    tones = (440, 700, 1_000)
    peers = await sit(process, room, [tone_packets(hertz) for hertz in tones])
    load.add(*peers)
    await peers[1].hears(50)
    again = Peer(room, "e_0")
    again.epoch, again.says = 1, tone_packets(440)
    process.tell(control.Seat(room, "e_0", 1, await again.offer()))
    answer = (await process.says(control.Seated, where=lambda one: (one.room, one.epoch) == (room, 1))).answer
    await peers[0].hears(10)  # the former one still sits
    await again.take(answer)
    await process.says(control.Connected, where=lambda one: (one.room, one.epoch) == (room, 1))
    load.remove(peers[0])
    load.add(again)
    await again.hears_tones((700, 1_000), (440,))
    await peers[1].hears_tones((440, 1_000), (700,))
    before = peers[0].received
    await again.hears(25)
    assert peers[0].received == before and not any(
        isinstance(one, control.Gone) and one.room == room for one in process.said
    )
    process.tell(control.Seat(room, "e_0", 1, await Peer(room, "e_0").offer()))
    refused = await process.says(control.Refused, where=lambda one: one.room == room)
    assert (refused.epoch, refused.reason) == (1, "bad_offer"), "an epoch is used once"


async def test_who_hangs_up_is_gone_and_what_is_no_offer_is_refused(process: MixerProcess, room: str) -> None:
    peer = await process.sit(room, "e_0")
    await peer.close()
    gone = await process.says(control.Gone, where=lambda one: one.room == room)
    assert (gone.seat, gone.epoch) == ("e_0", 0)
    for offer in ("", "v=0\r\n", "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=fingerprint:sha-256 AA\r\n"):
        process.tell(control.Seat(room, "e_1", 0, offer))
        assert (await process.says(control.Refused)).reason == "bad_offer"
        process.said.clear()


async def test_losses_that_a_listener_reports_bring_error_correction(
    process: MixerProcess, load: Load, room: str
) -> None:
    peers = await sit(process, room, [tone_packets(440), SILENCE, SILENCE])
    load.add(*peers)
    await peers[1].hears(50)
    assert list(peers[1].heard)[-1].payload[0] >> 3 >= 16, "low delay (RFC 6716 section 3.1)"
    block = RtcpReceiverInfo(
        peers[1].hears_from, fraction_lost=40, packets_lost=9, highest_sequence=1, jitter=0, lsr=0, dlsr=0
    )
    peers[1].control(bytes(RtcpRrPacket(ssrc=peers[1].source, reports=[block])))
    await peers[1].hears(60)
    assert list(peers[1].heard)[-1].payload[0] >> 3 < 16, (
        "the speech layer, which carries the frame before along"
    )


async def test_nothing_of_it_can_be_dumped_and_closed_rooms_give_their_memory_back(
    process: MixerProcess, load: Load, room: str
) -> None:
    proc = Path(f"/proc/{process.process.pid}")
    limits = {line[:26].strip(): line[26:].split()[:2] for line in (proc / "limits").read_text().splitlines()}
    assert limits["Max core file size"] == ["0", "0"]

    def resident() -> int:
        return int((proc / "statm").read_text().split()[1]) * 4_096

    levels = []
    for number in range(12):
        name = f"c_{number}"
        peers = await sit(process, name, [tone_packets(440), tone_packets(700), SILENCE])
        load.add(*peers)
        await peers[2].hears(5)
        for peer in peers:
            load.remove(peer)
        process.tell(control.Close(name))
        if number % 6 == 5:
            await process.load(lambda one: not any(room.room.startswith("c_") for room in one.rooms))
            levels.append(resident())
    assert levels[1] - levels[0] < 2 << 20, levels
