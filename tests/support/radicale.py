"""A real server of address books, Radicale, in a process of its own: over TLS, with the tests' own authority.

Mum (password "secret") has what a test makes; `put` and `delete` do what her phone would.
"""

import asyncio
import base64
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp

from kith.server.authority import Certificates, ensure
from tests.support.server import GENEROUS

ACCOUNT, PASSWORD = "mum", "secret"
MEMORY = Path("/dev/shm")

_CONFIG = """
[server]
hosts = 127.0.0.1:{port}
ssl = True
certificate = {made.chain}
key = {made.key}
max_content_length = 100000000
[auth]
type = htpasswd
htpasswd_filename = {place}/people
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {kept}
[web]
type = none
"""

_MAKE = """<mkcol xmlns="DAV:"><set><prop><resourcetype><collection/><C:addressbook
 xmlns:C="urn:ietf:params:xml:ns:carddav"/></resourcetype><displayname>{name}</displayname></prop></set></mkcol>"""


def card(name: str, *numbers: str, uid: str | None = None, extra: str = "") -> str:
    """A vCard as a phone would send it."""
    lines = [f"TEL;TYPE=CELL:{number}" for number in numbers]
    return "\r\n".join(
        (
            "BEGIN:VCARD",
            "VERSION:3.0",
            f"UID:{uid or name}",
            f"FN:{name}",
            f"N:{name};;;;",
            *lines,
            f"{extra}END:VCARD",
            "",
        )
    )


def crowd(count: int) -> dict[str, str]:
    """So many contacts of different names and numbers."""
    return {f"{n}.vcf": card(f"Person {n}", f"+1202{2_000_000 + n}", uid=f"person-{n}") for n in range(count)}


@dataclass
class Radicale:
    """One that runs, or did: `stop` and `start` keep what is in it, at the same port."""

    place: Path
    made: Certificates
    kept: Path
    port: int = 0
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def book(self, name: str = "contacts") -> str:
        return f"{self.url}/{ACCOUNT}/{name}/"

    async def start(self) -> None:
        self.port = self.port or _free_port()
        self.place.mkdir(parents=True, exist_ok=True)
        (self.place / "people").write_text(f"{ACCOUNT}:{PASSWORD}\n")
        (self.place / "config").write_text(
            _CONFIG.format(port=self.port, made=self.made, place=self.place, kept=self.kept)
        )
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "radicale",
            "--config",
            str(self.place / "config"),
            stderr=asyncio.subprocess.PIPE,
        )
        assert self.process.stderr is not None
        async with asyncio.timeout(GENEROUS):
            async for line in self.process.stderr:
                if b"server ready" in line:
                    break
        self._rest = asyncio.create_task(self.process.stderr.read())  # nothing must fill the pipe

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(GENEROUS):
                await self.process.wait()

    # -- what a phone does ----------------------------------------------------------------------------

    async def make(self, name: str = "contacts") -> str:
        """An empty address book; returns its address."""
        await self._ask("MKCOL", f"/{ACCOUNT}/{name}/", _MAKE.format(name=name.title()))
        return self.book(name)

    async def fill(self, cards: dict[str, str], name: str = "contacts") -> str:
        """A whole address book at once, laid where Radicale keeps it: sending it would take as long as all the rest."""
        url = await self.make(name)
        folder = self.kept / "collection-root" / ACCOUNT / name
        await asyncio.to_thread(
            lambda: [(folder / file).write_text(text, newline="") for file, text in cards.items()]
        )
        return url

    async def put(self, file: str, text: str, *, name: str = "contacts") -> None:
        await self._ask(
            "PUT", f"/{ACCOUNT}/{name}/{file}", text, **{"Content-Type": "text/vcard; charset=utf-8"}
        )

    async def delete(self, file: str, *, name: str = "contacts") -> None:
        await self._ask("DELETE", f"/{ACCOUNT}/{name}/{file}")

    async def move(self, file: str, *, from_: str, to: str) -> None:
        await self._ask(
            "MOVE",
            f"/{ACCOUNT}/{from_}/{file}",
            Destination=f"{self.url}/{ACCOUNT}/{to}/{file}",
            Overwrite="T",
        )

    async def _ask(self, method: str, path: str, body: str = "", **headers: str) -> None:
        basic = base64.b64encode(f"{ACCOUNT}:{PASSWORD}".encode()).decode()
        connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=str(self.made.ca)))
        async with (
            aiohttp.ClientSession(
                connector=connector, headers={"Authorization": f"Basic {basic}"}
            ) as session,
            session.request(method, self.url + path, data=body.encode(), headers=headers) as response,
        ):
            assert response.status < 300, (response.status, await response.text())


def _free_port() -> int:
    """Radicale does not say which one it took."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _fast(place: Path) -> Path:
    return MEMORY if MEMORY.is_dir() else place


@asynccontextmanager
async def radicale(place: Path) -> AsyncIterator[Radicale]:
    """One that runs, with an authority of its own under `place`; ended by its process id.

    What it keeps is in memory where the system has a place for that: it waits for the disk several times a contact.
    """
    with TemporaryDirectory(dir=_fast(place)) as kept:
        server = Radicale(place, ensure(place / "certs", ("localhost",), datetime.now(UTC)), Path(kept))
        await server.start()
        try:
            yield server
        finally:
            await server.stop()
