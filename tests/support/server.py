"""A real server in its own process, and people who join it over the wire."""

import asyncio
import base64
import os
import re
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import aiohttp

from kith.core.guidelines import VERSION
from kith.core.keys import KeyPair, PublicKeys, sign_in_statement
from tests.support.forked import Process, serving

ROOT = Path(__file__).resolve().parents[2]
PLENTY = ("--calls-an-hour=100000", "--calls-a-day=100000")
"""A test calls as often as it likes; those that are about quotas say so."""

COMMAND = ("kith",)
"""The program as a shell starts it."""

GENEROUS = 30.0
"""Seconds to wait for what a healthy machine does in milliseconds."""


@dataclass
class Joined:
    """An endpoint that has been enrolled, and the person it belongs to (None for a shared one)."""

    name: str
    keys: KeyPair
    endpoint: str
    person: str | None
    household: str


@dataclass
class RunningServer:
    """`kith serve` as a process. `console` holds every line it printed on standard output."""

    data: Path
    certs: Path
    arguments: Sequence[str]
    inside: Sequence[str] = ()
    program: Sequence[str] = ()
    port: int = 0
    url: str = ""
    ca: Path | None = None
    owner_secret: str | None = None
    process: Process | None = None
    console: list[str] = field(default_factory=list)
    _grown: asyncio.Condition = field(default_factory=asyncio.Condition)
    _reader: asyncio.Task[None] | None = None
    _numbers: int = 0

    @property
    def log(self) -> Path:
        """What the server wrote on standard error, over all of its lives."""
        return self.data.parent / "server.log"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def tls(self) -> ssl.SSLContext | None:
        return None if self.ca is None else ssl.create_default_context(cafile=str(self.ca))

    async def start(self) -> None:
        """Start, and wait until the address has been printed. The same port again after the first time."""
        self.console.clear()
        with self.log.open("ab") as log:
            self.process = await self._started(log)
        self._reader = asyncio.create_task(self._read())
        self.url = (await self.line(r"^Kith is at (\S+)$"))[1]
        self.port = int(self.url.rpartition(":")[2])
        ca = self.certs / "ca.pem"
        self.ca = ca if self.url.startswith("https") and ca.exists() else None

    async def _started(self, log: BinaryIO) -> Process:
        """Forked, unless it is a program of its own or runs elsewhere."""
        arguments = (
            f"--data={self.data}",
            f"--certs={self.certs}",
            f"--port={self.port}",
            "--bind=127.0.0.1",
            "--host=localhost",
            "--no-announce",
            *PLENTY,
            *self.arguments,
        )
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
        if not self.program and not self.inside:
            return await serving(arguments, log=log.fileno(), environment=environment)
        return await asyncio.create_subprocess_exec(
            *(*self.inside, sys.executable, "-m", *(self.program or COMMAND), "serve", *arguments),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            env=environment,
        )

    async def line(self, pattern: str, *, after: int = 0) -> re.Match[str]:
        """The first line from `after` on that matches, waiting for it to be printed."""
        compiled = re.compile(pattern)

        def found() -> re.Match[str] | None:
            return next((m for text in self.console[after:] if (m := compiled.search(text))), None)

        async with self._grown, asyncio.timeout(GENEROUS):
            await self._grown.wait_for(lambda: found() or self._ended())
        match = found()
        assert match is not None, f"the server ended: {self.log.read_text()[-2000:]}"
        return match

    async def owner_link(self) -> str:
        """The secret in the one-time owner link."""
        return (await self.line(r"#join=([\w-]+)"))[1]

    async def kill(self) -> None:
        """SIGKILL: no goodbye."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        process, reader = self.process, self._reader  # it may be started again meanwhile
        assert process is not None
        if process.returncode is None:
            process.send_signal(number)
        async with asyncio.timeout(GENEROUS):
            code = await process.wait()
            if reader is not None:
                await asyncio.wait([reader])
        return code

    async def _read(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        async for raw in self.process.stdout:
            async with self._grown:
                self.console.append(raw.decode().rstrip("\n"))
                self._grown.notify_all()
        async with self._grown:
            self._grown.notify_all()

    def _ended(self) -> bool:
        return self._reader is not None and self._reader.done()

    # -- people --------------------------------------------------------------------------------------

    async def post(
        self, command: str, *, token: str | None = None, **fields: Any
    ) -> tuple[int, dict[str, Any]]:
        """One command over HTTP: status and reply."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        connector = aiohttp.TCPConnector(ssl=self.tls or False)
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.post(f"{self.url}/v1/{command}", json=fields, headers=headers) as response,
        ):
            return response.status, await response.json()

    async def sign_up(
        self,
        name: str,
        *,
        secret: str | None,
        device: str = "Phone",
        mobile: str | None = None,
        profile: str | None = None,
        capabilities: dict[str, bool] | None = None,
    ) -> tuple[Joined, str]:
        """A new person who has not verified their number yet, and the code that was sent."""
        keys = KeyPair.generate()
        self._numbers += 1
        before = len(self.console)
        status, reply = await self.post(
            "sign_up",
            secret=secret,
            name=name,
            mobile=mobile or f"+1202555{self._numbers:04d}",
            device_name=device,
            guidelines=VERSION,
            keys=as_json(keys.public),
            capabilities=capabilities or {},
            **({} if profile is None else {"profile": profile}),
        )
        assert status == 200, reply
        code = (await self.line(r"code .*: (\d{6})$", after=before))[1]
        joined = Joined(name, keys, reply["endpoint"], reply["person"], reply["household"])
        return joined, code

    async def key(self) -> bytes:
        """The server's identity key."""
        _, issued = await self.post("challenge")
        return base64.b64decode(issued["server"])

    async def token(self, joined: Joined) -> str:
        """A bearer token for scripts."""
        _, issued = await self.post("challenge")
        nonce = base64.b64decode(issued["nonce"])
        server = base64.b64decode(issued["server"])
        message = sign_in_statement(server, self.url, nonce, joined.endpoint)
        status, reply = await self.post(
            "sign_in",
            endpoint=joined.endpoint,
            nonce=issued["nonce"],
            signature=base64.b64encode(joined.keys.sign(message)).decode(),
        )
        assert status == 200, reply
        return str(reply["token"])

    async def person(
        self, name: str, *, by: Joined | None = None, household: bool = False, **capabilities: bool
    ) -> Joined:
        """A registered person: the owner, or somebody `by` invited (into the own household or not)."""
        if by is None:
            secret = await self.owner_link()
        else:
            _, invited = await self.post("invite", token=await self.token(by), household=household)
            secret = invited["secret"]
        joined, code = await self.sign_up(name, secret=secret, device="Phone", capabilities=capabilities)
        status, reply = await self.post("verify", token=await self.token(joined), code=code)
        assert status == 200, reply
        return joined

    async def pairing(self, by: Joined, *, shared: bool) -> str:
        """A code that enrols one more endpoint."""
        status, reply = await self.post("offer_pairing", token=await self.token(by), shared=shared)
        assert status == 200, reply
        return str(reply["code"])

    async def device(self, name: str, *, by: Joined, shared: bool, **capabilities: bool) -> Joined:
        """One more endpoint of `by`, or one shared by their household."""
        keys = KeyPair.generate()
        status, reply = await self.post(
            "pair",
            code=await self.pairing(by, shared=shared),
            name=name,
            keys=as_json(keys.public),
            capabilities=capabilities,
        )
        assert status == 200, reply
        return Joined(name, keys, reply["endpoint"], reply["person"], reply["household"])


def as_json(keys: PublicKeys) -> dict[str, str]:
    """Public keys as the JSON subprotocol writes them."""
    return {
        "identity": base64.b64encode(keys.identity).decode(),
        "sealing": base64.b64encode(keys.sealing).decode(),
        "sealing_signature": base64.b64encode(keys.sealing_signature).decode(),
    }


@asynccontextmanager
async def running_server(
    directory: Path,
    *arguments: str,
    inside: Sequence[str] = (),
    program: Sequence[str] = (),
    certs: Path | None = None,
) -> AsyncIterator[RunningServer]:
    """A server on a free port with its data under `directory`; ended by its process id. `certs` are another's, which
    whoever trusts that one trusts here as well.

    `inside` is a command that it is started with, such as `ip netns exec NAME`; `program` a module to run, with what it
    wants before `serve`. Without either it is forked from a process that has imported it (`tests.support.forked`).
    """
    server = RunningServer(directory / "data", certs or directory / "certs", arguments, inside, program)
    await server.start()
    try:
        yield server
    finally:
        await server._end(signal.SIGTERM)
