"""Supervision of the demo devices, with small programs in their place. (With devices: tests/peers.)

Each program reports to a socket when it starts; that its process has ended is the end of that connection.
"""

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kith.endpoint.home import Enrolment, Home
from kith.server import demo
from kith.server.demo import Demo, DemoDevice

ONE = (DemoDevice("Kitchen", ()),)
PATIENT = 20.0

REPORT = (
    "import os, signal, socket, sys\n"
    "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(b'%d\\n' % os.getpid())\n"
)
STAY = REPORT + "signal.pause()"
STAY_STUBBORNLY = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + STAY


class Life:
    """One life of a program."""

    def __init__(self, pid: int, reader: asyncio.StreamReader) -> None:
        self.pid = pid
        self._reader = reader

    async def ended(self) -> None:
        async with asyncio.timeout(PATIENT):
            await self._reader.read()


class Reports:
    """Where programs report."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lives: asyncio.Queue[Life] = asyncio.Queue()

    async def receive(self, reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        self._lives.put_nowait(Life(int(await reader.readline()), reader))

    async def next(self) -> Life:
        return await asyncio.wait_for(self._lives.get(), PATIENT)

    def command(self, code: str) -> demo.Command:
        return lambda _device, _own: (sys.executable, "-c", code, str(self.path))


@pytest.fixture
async def reports() -> AsyncIterator[Reports]:
    with tempfile.TemporaryDirectory() as directory:  # a socket's path must be short
        found = Reports(Path(directory) / "reports")
        async with await asyncio.start_unix_server(found.receive, found.path):
            yield found


@pytest.mark.parametrize("code", [STAY, STAY_STUBBORNLY])
async def test_a_device_ends_with_the_server(
    tmp_path: Path, reports: Reports, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "PATIENCE", 0.2)
    running = Demo(tmp_path, reports.command(code), ONE)
    running.start()
    life = await reports.next()
    await running.close()
    await life.ended()
    with pytest.raises(ProcessLookupError):
        os.kill(life.pid, 0)


async def test_a_device_that_ends_is_started_again(
    tmp_path: Path, reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "FIRST_PAUSE", 0.01)
    running = Demo(tmp_path, reports.command(STAY), ONE)
    running.start()
    first = await reports.next()
    os.kill(first.pid, 9)
    second = await reports.next()
    assert first.pid != second.pid
    await running.close()
    await second.ended()


async def test_what_goes_wrong_is_in_the_log_and_what_is_said_about_calls_is_not(
    tmp_path: Path, reports: Reports
) -> None:
    home = tmp_path / "demo"
    said = "import sys; print('Anna is calling', flush=True); print('trouble', file=sys.stderr, flush=True)\n"
    running = Demo(home, reports.command(said + STAY), ONE)
    running.start()
    await reports.next()
    await running.close()
    assert (home / "kitchen.log").read_text() == "trouble\n"
    assert (home / "kitchen").is_dir()
    assert home.stat().st_mode & 0o077 == 0


async def test_a_code_is_handed_over_where_only_the_owner_of_a_process_looks(
    tmp_path: Path, reports: Reports
) -> None:
    """Arguments are for everybody on the machine."""
    running = Demo(tmp_path, reports.command(STAY), ONE, codes={"Kitchen": "a-code", "Hall": "another"})
    running.start()
    life = await reports.next()
    process = Path(f"/proc/{life.pid}")
    assert b"KITH_PAIR=a-code" in (process / "environ").read_bytes().split(b"\0")
    assert b"a-code" not in (process / "cmdline").read_bytes()
    assert b"another" not in (process / "environ").read_bytes()
    assert (process / "environ").stat().st_mode & 0o077 == 0
    await running.close()


def test_only_those_that_were_never_enrolled_need_a_code(tmp_path: Path) -> None:
    assert demo.unpaired(tmp_path) == ("Kitchen", "Hall")
    enrolled = Enrolment(server="", server_key=b"", endpoint="e_1", name="Kitchen", household="h_1")
    Home(tmp_path / "kitchen").save(enrolled)
    assert demo.unpaired(tmp_path) == ("Hall",)


async def test_nothing_is_loaded_between_a_process_and_its_program() -> None:
    """A library that is opened after a fork waits for a lock that may never be free."""
    code = (
        "import ctypes; from kith.server import demo\n"
        "def fail(*_): raise AssertionError\n"
        "ctypes.CDLL = fail; demo._die_with_parent()"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await asyncio.wait_for(process.wait(), PATIENT) == 0


async def test_a_device_that_cannot_start_hurts_nobody(
    tmp_path: Path, reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first two attempts fail, the third is well."""
    monkeypatch.setattr(demo, "FIRST_PAUSE", 0.01)
    commands = iter([("/nowhere/at-all",), (sys.executable, "-c", "raise SystemExit(3)")])
    well = reports.command(STAY)
    running = Demo(tmp_path, lambda device, own: next(commands, None) or well(device, own), ONE)
    running.start()
    life = await reports.next()
    await running.close()
    await life.ended()


async def test_a_device_does_not_outlive_a_server_that_was_killed(tmp_path: Path, reports: Reports) -> None:
    server = (
        "import asyncio, sys; from pathlib import Path; from kith.server.demo import Demo, DemoDevice\n"
        "def command(device, own): return (sys.executable, '-c', sys.argv[2], sys.argv[3])\n"
        "async def run():\n"
        "    Demo(Path(sys.argv[1]), command, [DemoDevice('Kitchen', ())]).start()\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(run())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", server, str(tmp_path), STAY, str(reports.path)
    )
    try:
        life = await reports.next()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    await life.ended()
