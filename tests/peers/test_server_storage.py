"""A disk that is full, read-only or held by somebody else: a clear error, no half-made call, a server that
stays up and is well again as soon as the disk is."""

import asyncio
import os
import resource
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from kith.core.guidelines import VERSION
from kith.core.ids import new_call
from kith.core.keys import KeyPair
from tests.support.home import Home, living_at_home
from tests.support.server import RunningServer, as_json
from tests.support.wire import Connection, Endpoint

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")


class Disk:
    """Can be filled, and emptied again."""

    def __init__(self, data: Path, kind: str) -> None:
        self.data = data
        self.kind = kind
        self.server: RunningServer | None = None

    @contextmanager
    def full(self) -> Iterator[None]:
        if self.kind == "small":
            ballast = self.data / "ballast"
            with ballast.open("wb", buffering=0) as file, suppress(OSError):
                while True:
                    file.write(b"\0" * 4096)
            assert os.statvfs(self.data).f_bfree == 0
            yield
            ballast.unlink()
        else:  # no file of the server's may grow or be written beyond its first byte
            assert self.server is not None
            resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            yield
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, unlimited)


@pytest.fixture(params=[pytest.param("small", marks=root_only), "limited"])
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Disk]:
    data = tmp_path / "data"
    data.mkdir()
    with ExitStack() as stack:
        if request.param == "small":
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(data)], check=True)
            stack.callback(subprocess.run, ["umount", str(data)], check=True)
        yield Disk(data, request.param)


@pytest.fixture
async def home(tmp_path: Path, disk: Disk) -> AsyncIterator[Home]:
    async with living_at_home(tmp_path) as home:
        disk.server = home.server
        yield home


async def refused(endpoint: Endpoint, t: str, **fields: object) -> None:
    reply = await endpoint.ask(t, **fields)
    assert (reply["t"], reply.get("code")) == ("problem", "storage_unavailable"), reply


async def test_no_call_is_half_made(home: Home, disk: Disk) -> None:
    async with home.online(home.granny, home.mum) as (granny, mum):
        call, to = new_call(), home.mum.person
        with disk.full():
            await refused(granny, "call", call=call, to=to)
            await refused(granny, "call", call=call, to=to)
            await mum.ok("ping")
            assert not mum.had("ringing")
            assert not granny.had("ended")
            assert (await granny.ask("cancel", call=call))["code"] == "unknown_call"
        await granny.call(to or "", call)
        assert (await mum.event("ringing", call=call))["call"]["phase"] == "ringing"
        await granny.ok("cancel", call=call)


async def test_an_answer_that_cannot_be_saved_has_not_happened(home: Home, disk: Disk) -> None:
    async with home.online(home.granny, home.mum, home.kitchen) as (granny, mum, kitchen):
        call = new_call()
        await granny.call(home.mum.person or "", call)
        await mum.event("ringing", call=call)
        with disk.full():
            await refused(mum, "answer", call=call)
            await refused(mum, "decline", call=call)
            await granny.ok("ping")
            await kitchen.ok("ping")
            assert not granny.had("call_changed")
            assert not kitchen.had("ended")
        await kitchen.ok("answer", call=call)
        assert await mum.ended(call) == "answered_elsewhere"
        await granny.event("call_changed", call=call, phase="answering")


async def test_those_who_talk_go_on_talking(home: Home, disk: Disk) -> None:
    async with home.online(home.granny, home.mum) as (granny, mum):
        call = await talk(granny, mum, home)
        with disk.full():
            await granny.say("signal", call=call, epoch=0, body=b"x")
            await mum.event("signalled", call=call)
            await refused(granny, "hang_up", call=call)
            await refused(granny, "invite")
            await granny.ok("list_directory")
            assert not mum.had("ended")
        await granny.ok("hang_up", call=call)
        assert [await one.ended(call) for one in (granny, mum)] == ["hung_up"] * 2


async def talk(caller: Endpoint, callee: Endpoint, home: Home) -> str:
    call = new_call()
    await caller.call(callee.joined.person or "", call)
    await callee.event("ringing", call=call)
    await callee.ok("answer", call=call)
    await caller.media_up(call)
    await callee.media_up(call)
    for one in (caller, callee):
        await one.event("call_changed", call=call, phase="active")
    return call


async def test_one_who_comes_back_meanwhile_gets_in_and_the_call_goes_on(home: Home, disk: Disk) -> None:
    async with home.online(home.granny, home.mum) as (granny, mum):
        call = await talk(granny, mum, home)
        with disk.full():
            await mum.cut()
            await mum.back()
            await mum.cut()
            mum.session = None
            await mum.back()
            assert [one["id"] for one in mum.snapshot["calls"]] == [call]
            await granny.ok("ping")
        await mum.ok("hang_up", call=call)
        assert await granny.ended(call) == "hung_up"


async def test_one_who_went_meanwhile_is_noticed_afterwards(home: Home, disk: Disk) -> None:
    async with home.online(home.granny, home.mum) as (granny, mum):
        call = await talk(granny, mum, home)
        with disk.full():
            await mum.cut()
            await refused(granny, "media_lost", call=call, epoch=0)
        await granny.event("call_changed", call=call, phase="recovering", epoch=0)
        await mum.back()
        await granny.event("call_changed", call=call, phase="active", epoch=0)


async def test_one_who_said_goodbye_meanwhile_is_missed_afterwards(home: Home, disk: Disk) -> None:
    async with home.online(home.granny) as (granny,):
        mum = await Endpoint(home.server, home.mum).open()
        call = await talk(granny, mum, home)
        with disk.full():
            await mum.ask("leave", how="disconnect")
            await mum.closed()
            await mum.close()
            await refused(
                granny, "media_lost", call=call, epoch=0
            )  # after the goodbye, in the call's own order
        await granny.event("call_changed", call=call, phase="recovering", epoch=0)


async def test_nobody_joins_by_halves(home: Home, disk: Disk) -> None:
    async with home.online(home.mum) as (mum,):
        secret = (await mum.ok("invite"))["secret"]
        code = (await mum.ok("offer_pairing", shared=True))["code"]
        keys = as_json(KeyPair.generate().public)
        person = {"name": "Bo", "mobile": "+12025550777", "device_name": "P", "guidelines": VERSION}
        fields = {"secret": secret, "keys": keys, **person}
        with disk.full():
            for command, body in (("sign_up", fields), ("pair", {"code": code, "name": "S", "keys": keys})):
                status, reply = await home.server.post(command, **body)
                assert (status, reply["code"]) == (503, "storage_unavailable")
        status, _ = await home.server.post("sign_up", **fields)
        assert status == 200, "the invitation was not used up"
        status, _ = await home.server.post(
            "pair", code=code, name="S", keys=as_json(KeyPair.generate().public)
        )
        assert status == 200


async def test_a_server_that_is_killed_with_a_full_disk_starts_when_there_is_room(
    home: Home, disk: Disk
) -> None:
    async with home.online(home.granny, home.mum) as (granny, mum):
        call = await talk(granny, mum, home)
        with disk.full():
            await refused(granny, "hang_up", call=call)
            await home.server.kill()
            for one in (granny, mum):
                await one.closed()
                await one.close()
            if disk.kind == "limited":
                await home.server.start()
                disk.server = home.server
        if disk.kind == "small":
            await home.server.start()
        for one in (granny, mum):
            await one.back()
        assert mum.snapshot["calls"][0]["phase"] == "active"
        await granny.ok("hang_up", call=call)
        assert await mum.ended(call) == "hung_up"


async def test_a_database_that_is_held_by_another_process_holds_up_nobody_else(tmp_path: Path) -> None:
    async with living_at_home(tmp_path) as home, home.online(home.granny, home.mum) as (granny, mum):
        other = sqlite3.connect(home.server.data / "kith.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            waiting = asyncio.create_task(granny.ask("call", call=new_call(), to=home.mum.person))
            while not waiting.done():
                began = time.perf_counter()
                await mum.ok("ping")
                assert time.perf_counter() - began < 1.0
                await asyncio.wait([waiting], timeout=0.5)
            assert waiting.result()["code"] == "storage_unavailable"
            assert not mum.had("ringing")
        finally:
            other.execute("ROLLBACK")
            other.close()
        call = new_call()
        await granny.call(home.mum.person or "", call)
        await mum.event("ringing", call=call)


# -- starting on a disk that is not right ----------------------------------------------------------------


@contextmanager
def read_only(directory: Path) -> Iterator[None]:
    """Mounted on itself, without leave to write."""
    subprocess.run(["mount", "--bind", directory, directory], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", directory], check=True)
        yield
    finally:
        subprocess.run(["umount", directory], check=True)


async def fails_to_start(tmp_path: Path) -> str:
    server = RunningServer(tmp_path / "data", tmp_path / "certs", ("--no-tls",))
    with pytest.raises(AssertionError, match="the server ended"):
        await server.start()
    assert await server.stop() != 0
    said = server.log.read_text()
    assert "Traceback" not in said
    return said


async def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "kith.db").write_bytes(b"something else entirely, and long enough" * 100)
    assert "kith.db cannot be opened" in await fails_to_start(tmp_path)


@root_only
async def test_a_read_only_disk_is_said_to_be_one(tmp_path: Path) -> None:
    async with living_at_home(tmp_path) as home:
        assert await home.server.stop() == 0
    with read_only(tmp_path / "data"):
        assert "kith.db cannot be opened" in await fails_to_start(tmp_path)


async def test_a_key_file_that_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "server.key").write_bytes(b"short")
    assert "server.key" in await fails_to_start(tmp_path)
    assert (tmp_path / "data" / "server.key").read_bytes() == b"short"


async def test_a_connection_is_told_and_not_dropped(home: Home, disk: Disk) -> None:
    with disk.full():
        async with Connection(home.server) as connection:
            assert (await connection.ask("look_up_invitation", secret="x" * 22))[
                "code"
            ] == "invitation_invalid"
        async with Endpoint(home.server, home.mum) as mum:
            await refused(mum, "describe", name="Other")
            await mum.ok("ping")
