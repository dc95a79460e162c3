"""The server as its machine and its network see it: names, sockets, files."""

import asyncio
import resource
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from kith.server.main import KEEP_ALIVE
from tests.support.server import GENEROUS, RunningServer, running_server


async def status(server: RunningServer, host: str) -> int:
    """What a request gets that calls the server so."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(
            f"http://127.0.0.1:{server.port}/", headers={"Host": f"{host}:{server.port}"}
        ) as response,
    ):
        return response.status


async def test_a_name_is_the_same_however_it_is_written(tmp_path: Path) -> None:
    async with running_server(tmp_path, "--no-tls", "--host=Kith.Example", "--name=Home") as server:
        assert server.url == f"http://kith.example:{server.port}"
        for host in ("kith.example", "Kith.Example", "home.local", "Home.Local", "localhost"):
            assert await status(server, host) == 200, host
        assert await status(server, "kith.elsewhere") == 421


@pytest.mark.parametrize("carrier", ["picows", "aiohttp"])
async def test_half_a_second_request_is_not_waited_for(tmp_path: Path, carrier: str) -> None:
    loop = asyncio.get_running_loop()
    async with running_server(tmp_path, "--no-tls", f"--carrier={carrier}") as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
        writer.write(request + b"\r\n" + request)
        async with asyncio.timeout(GENEROUS):
            assert b" 200 " in await reader.readline()
            began = loop.time()
            await reader.read()
        assert loop.time() - began < KEEP_ALIVE + 5
        writer.close()


@pytest.fixture
def few_files() -> Iterator[int]:
    """Programs start with few open files, as they do on many systems. Gives how many they may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_the_server_may_open_as_many_files_as_its_system_allows(tmp_path: Path, few_files: int) -> None:
    async with running_server(tmp_path, "--no-tls") as server:
        assert resource.prlimit(server.pid, resource.RLIMIT_NOFILE)[0] == few_files
        assert f"open files: limit={few_files}" in server.log.read_text()


async def test_the_data_are_for_nobody_else(tmp_path: Path) -> None:
    async with running_server(tmp_path, "--no-tls") as server:
        assert server.data.stat().st_mode & 0o077 == 0
