"""An enhanced group on a running server: it is mixed, seen to be live, and nothing of it stays anywhere."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kith.core.trust.fingerprint import fingerprint_of
from kith.core.trust.mixer import MixerPromise
from kith.server.admin import ask
from kith.server.operator import LiveRooms
from media.tones import sine
from tests.support.family import Family, family
from tests.support.granting import Signer, having
from tests.support.groups import ended, join, start
from tests.support.mixer_peers import Load, Peer, strengths, tone_packets
from tests.support.room_bench import until
from tests.support.wire import Endpoint

TONES = (440.0, 700.0, 1_000.0)
NONCE = bytes(range(32))
OTHER_HASH = re.compile("^a=fingerprint:(?!sha-256 )")
"""aiortc writes its fingerprint by three hashes, of which endpoints leave one."""

SLICE = 12
"""Bytes of what was said that are looked for: fewer would be found by chance."""


async def sit(endpoint: Endpoint, call: str, epoch: int) -> tuple[Peer, str]:
    """Offer to the mixer, believe its certificate by the server's word, and connect. Returns the offer as well."""
    peer = Peer(call, endpoint.id)
    offer = "".join(
        line for line in (await peer.offer()).splitlines(keepends=True) if not OTHER_HASH.search(line)
    )
    answer = await endpoint.ok("offer_mixer", call=call, epoch=epoch, sdp=offer, nonce=NONCE)
    own, identity = fingerprint_of(offer), endpoint.joined.keys.public.identity
    promise = MixerPromise(call, epoch, identity, answer["fingerprint"], own, NONCE)
    promise.verify(await endpoint.server.key(), answer["statement"])
    assert fingerprint_of(answer["sdp"]) == answer["fingerprint"]
    await peer.take(answer["sdp"])
    return peer, offer


async def live_rooms(home: Family) -> Sequence[Mapping[str, Any]]:
    """What the operator sees."""
    answer = await ask(home.server.data / "admin.sock", LiveRooms())
    assert answer is not None
    return answer.rows


def mixers_of(server: int) -> list[Path]:
    """Their directories in /proc."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    found = [Path("/proc", child) for child in children]
    return [each for each in found if b"media.mixer" in (each / "cmdline").read_bytes()]


def open_files(process: Path) -> Iterator[str]:
    """Files on a disk that it could write to (proc(5): fdinfo has the flags of open(2) in octal)."""
    for link in (process / "fd").iterdir():
        flags = re.search(r"^flags:\s+(\d+)", (process / "fdinfo" / link.name).read_text(), re.MULTILINE)
        assert flags is not None
        if int(flags[1], 8) & os.O_ACCMODE != os.O_RDONLY and str(link.readlink()).startswith("/"):
            yield str(link.readlink())


def marks(peers: list[Peer], offers: list[str]) -> set[bytes]:
    """What was said and heard, packed and plain, and how they were connected."""
    said = [packet.payload for peer in peers for packet in peer.says]
    heard = [packet.payload for peer in peers for packet in peer.heard]
    plain = [peer.sound(25)[at : at + 960].tobytes() for peer in peers for at in range(4_800, 24_000, 960)]
    plain += [sine(hertz, 0, 960, 0.1).tobytes() for hertz in TONES]
    secrets = [
        line.partition(":")[2].encode() for each in offers for line in each.split("\r\n") if "ice-pwd" in line
    ]
    assert len(secrets) == len(peers)
    return {
        one[4 : 4 + SLICE] for one in (*said, *heard, *plain, *secrets) if len(set(one[4 : 4 + SLICE])) > 4
    }


def holding(folder: Path, wanted: set[bytes]) -> list[Path]:
    """Files in which one of these stands, wherever in it."""
    texts = ((path, path.read_bytes()) for path in folder.rglob("*") if path.is_file())
    return [path for path, text in texts if any(one in text for one in wanted)]


@asynccontextmanager
async def talking(home: Family) -> AsyncIterator[tuple[str, list[Endpoint], list[Peer], list[str]]]:
    """A group of three who have all switched enhanced on, and hear each other's tones."""
    async with home.online(home.mum, home.dad, home.granny, home.gus) as everybody, Load() as load:
        gus_signs = Signer(home.server, home.gus)  # he lives with Granny, where it rings at what they share
        signers = (home.mum_signs, home.dad_signs, home.granny_signs, gus_signs)
        for endpoint, signer in zip(everybody, signers, strict=True):
            await signer.set(endpoint, having(enhanced=True))
        members = mum, dad, granny = everybody[:3]
        people = [home.dad.person, home.granny.person]
        plan = await mum.ok("plan_group", kind="call", to=people, path="any")
        assert (plan["path"], plan["e2ee"]) == ("mixer", False)
        group = await start(mum, people, path="mixer")
        for one in (dad, granny):
            assert not (await join(one, group["id"]))["e2ee"]
        sat = [await sit(one, group["id"], group["epoch"]) for one in members]
        peers = [peer for peer, _ in sat]
        for peer, hertz in zip(peers, TONES, strict=True):
            peer.says = tone_packets(hertz)
            load.add(peer)
        yield group["id"], members, peers, [offer for _, offer in sat]
        for peer in peers:
            await peer.close()


@pytest.mark.row("R90")
async def test_nothing_of_a_group_is_on_disk_or_in_a_log_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    async with family(tmp_path, "--mixers=1") as home:
        async with talking(home) as (call, members, peers, offers):
            await asyncio.gather(*(peer.hears(60) for peer in peers))
            for at, peer in enumerate(peers):
                loud = [strength > 0.02 for strength in strengths(peer.sound(25), TONES)]
                assert loud == [other != at for other in range(3)], "all others, and not itself"
            await until(lambda: home.server.log.read_bytes().count(b"mixer ready") == 2)
            running = mixers_of(home.server.pid)
            assert len(running) == 2, "one that mixes, and one that waits"
            for process in running:
                assert set(open_files(process)) == {"/dev/null", str(home.server.log)}
                assert re.search(
                    r"^Max core file size +0 +0 ", (process / "limits").read_text(), re.MULTILINE
                )
            (room,) = await live_rooms(home)
            assert room["room"] == call
            assert {seat["name"] for seat in room["seats"]} == {"Phone", "Dad's phone", "Granny's phone"}
            (seen,) = (await members[1].ok("list_rooms"))["rooms"]
            assert ([seat["device"] for seat in seen["seats"]], seen["others"]) == (["Dad's phone"], 2)
            for one in members[1:]:
                await one.ok("leave_group", call=call)
            await ended(members[0], call)
            assert (await members[1].ok("list_rooms"))["rooms"] == []
            assert await live_rooms(home) == ()
            wanted = marks(peers, offers)
        data, log = home.server.data, home.server.log
    assert len(wanted) > 300
    assert (data / "kith.db").stat().st_size > 0 and b"mixer ready" in log.read_bytes()
    assert holding(tmp_path, wanted) == []
    (temporary / "planted").write_bytes(b"before" + next(iter(wanted)) + b"after")
    assert holding(tmp_path, wanted) == [temporary / "planted"], "it would have been found"
