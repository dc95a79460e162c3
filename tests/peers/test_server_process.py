"""The server as its machine and its network see it: names, sockets, files."""

import resource
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.support.server import COMMAND, RunningServer, running_server


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
    async with running_server(
        tmp_path, "--no-tls", "--host=Kith.Example", "--name=Home", program=COMMAND
    ) as server:
        assert server.url == f"http://kith.example:{server.port}"
        for host in ("kith.example", "Kith.Example", "home.local", "Home.Local", "localhost"):
            assert await status(server, host) == 200, host
        assert await status(server, "kith.elsewhere") == 421


@pytest.fixture
def few_files() -> Iterator[int]:
    """Programs start with few open files, as they do on many systems. Gives how many they may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_the_server_may_open_as_many_files_as_its_system_allows(tmp_path: Path, few_files: int) -> None:
    async with running_server(tmp_path, "--no-tls", program=COMMAND) as server:
        assert resource.prlimit(server.pid, resource.RLIMIT_NOFILE)[0] == few_files
        assert f"open files: limit={few_files}" in server.log.read_text()


async def test_the_data_are_for_nobody_else(tmp_path: Path) -> None:
    async with running_server(tmp_path, "--no-tls", program=COMMAND) as server:
        assert server.data.stat().st_mode & 0o077 == 0
