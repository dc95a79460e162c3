"""Debian's coturn, set up with what `kith turn-config` prints, on free ports of this machine."""

import asyncio
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aioice.stun
from aioice import turn

from kith.cli.turn_config import configuration

GENEROUS = 20.0


@dataclass(frozen=True)
class Coturn:
    """A running relay; `secret_file` is for `--turn-secret-file`."""

    host: str
    port: int
    secret_file: Path

    @property
    def secret(self) -> bytes:
        return self.secret_file.read_bytes().strip()

    @property
    def options(self) -> tuple[str, ...]:
        """For `kith serve`."""
        return (
            f"--stun=stun:{self.host}:{self.port}",
            f"--turn=turn:{self.host}:{self.port}",
            f"--turn=turn:{self.host}:{self.port}?transport=tcp",
            f"--turn-secret-file={self.secret_file}",
        )

    async def relays(self, username: str, password: str) -> bool:
        """Whether the relay gives a place for this credential; False if it refuses it (401)."""
        try:
            transport, _ = await turn.create_turn_endpoint(
                asyncio.DatagramProtocol,
                server_addr=(self.host, self.port),
                username=username,
                password=password,
            )
        except aioice.stun.TransactionFailed as failure:
            if failure.response.error_code != 401:
                raise
            return False
        transport.close()
        return True


@asynccontextmanager
async def coturn(
    directory: Path, *, host: str = "127.0.0.1", inside: Sequence[str] = (), port: int | None = None
) -> AsyncIterator[Coturn]:
    """`inside` is a command that the relay is started with, such as `ip netns exec NAME`. Ended by its process id."""
    chosen = free_port() if port is None else port
    secret, file = _written(directory, host, chosen)
    with (directory / "coturn.out").open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *inside,
            str(shutil.which("turnserver") or "/usr/bin/turnserver"),
            "-c",
            str(file),
            stdout=out,
            stderr=out,
        )
    try:
        await _answers(host, chosen, process)
        yield Coturn(host, chosen, secret)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _written(directory: Path, host: str, port: int) -> tuple[Path, Path]:
    """The files with the secret and the configuration."""
    directory.mkdir(parents=True, exist_ok=True)
    secret, file, log = (directory / name for name in ("turn.secret", "turnserver.conf", "coturn.log"))
    secret.write_text("a-secret-that-only-tests-know\n")
    text = configuration(realm="kith.test", secret=secret.read_text().strip(), port=port)
    file.write_text(_for_tests(text, host, log, directory))
    return secret, file


def free_port() -> int:
    """One that nothing listens on, for TCP and UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream:
        stream.bind(("127.0.0.1", 0))
        return int(stream.getsockname()[1])


def _for_tests(text: str, host: str, log: Path, directory: Path) -> str:
    """The configuration as people get it, but in the test's own place and with a log."""
    kept = [line for line in text.splitlines() if line not in ("log-file=/dev/null", "no-stdout-log")]
    return "\n".join(
        [
            *kept,
            f"listening-ip={host}",
            f"relay-ip={host}",
            f"allowed-peer-ip={host}",
            *(["allow-loopback-peers"] if host.startswith("127.") else []),
            f"log-file={log}",
            "simple-log",
            "verbose",
            f"pidfile={directory / 'coturn.pid'}",
            f"userdb={directory / 'coturn.db'}",
            "",
        ]
    )


async def _answers(host: str, port: int, process: asyncio.subprocess.Process) -> None:
    """Ask until it listens: it does not say so in a way that can be waited for."""
    async with asyncio.timeout(GENEROUS):
        while True:
            assert process.returncode is None, "coturn ended"
            try:
                _, writer = await asyncio.open_connection(host, port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
