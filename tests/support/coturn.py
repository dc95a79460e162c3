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

from kith.cli.turn_config import TLS_PORT, configuration

GENEROUS = 20.0


@dataclass(frozen=True)
class Coturn:
    """A running relay; `secret_file` is for `--turn-secret-file`."""

    host: str
    port: int
    secret_file: Path
    tls_port: int | None = None

    @property
    def tcp(self) -> tuple[str, ...]:
        """Options for a server whose relay is reached over TCP only."""
        return f"--turn=turn:{self.host}:{self.port}?transport=tcp", f"--turn-secret-file={self.secret_file}"

    @property
    def tls(self) -> tuple[str, ...]:
        """Over TLS only, under the name that the certificate is for."""
        return f"--turn=turns:localhost:{self.tls_port}", f"--turn-secret-file={self.secret_file}"

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
    directory: Path,
    *,
    host: str = "127.0.0.1",
    inside: Sequence[str] = (),
    port: int | None = None,
    certificate: tuple[Path, Path] | None = None,
) -> AsyncIterator[Coturn]:
    """`inside` is a command that the relay is started with, such as `ip netns exec NAME`; `certificate` a chain and its
    key, with which it offers TLS, too. Ended by its process id."""
    chosen = free_port() if port is None else port
    tls_port = None if certificate is None else free_port()
    chain, key = certificate or (None, None)
    secret, file = _files(directory)
    text = configuration(
        realm="kith.test",
        secret=secret.read_text().strip(),
        port=chosen,
        certificate=chain,
        private_key=key,
        tls_port=tls_port or TLS_PORT,
    )
    file.write_text(_for_tests(text, host, directory / "coturn.log", directory))
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
        for each in {chosen, tls_port or chosen}:
            await _answers(host, each, process)
        yield Coturn(host, chosen, secret, tls_port)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _files(directory: Path) -> tuple[Path, Path]:
    """The file with the secret, and the one for the configuration."""
    directory.mkdir(parents=True, exist_ok=True)
    secret, file = directory / "turn.secret", directory / "turnserver.conf"
    secret.write_text("a-secret-that-only-tests-know\n")
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
