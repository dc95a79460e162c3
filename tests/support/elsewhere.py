"""Servers that a person may have named to ours: raw TLS, so that they can answer as no real one would.

async with elsewhere(certificates, answer) as there:
    await guarded.ask(Request("GET", f"{there.url}/"))
    assert there.heads == []
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from kith.server.authority import Certificates

NAME = "dav.local"
Respond = Callable[[str, asyncio.StreamWriter], Awaitable[None]]
"""Given the head of a request (its body is thrown away), writes what it likes."""


@dataclass
class Elsewhere:
    """One that listens. `heads` are those of the requests that came, `connections` counts what connected at all."""

    port: int
    name: str = NAME
    heads: list[str] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"https://{self.name}:{self.port}"


def saying(text: str, *headers: str, status: str = "200 OK") -> Respond:
    """Always the same answer."""

    async def respond(head: str, writer: asyncio.StreamWriter) -> None:
        body = text.encode()
        lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", "")
        writer.write("\r\n".join(lines).encode() + body)

    return respond


@asynccontextmanager
async def elsewhere(
    certificates: Certificates | None,
    respond: Respond,
    *,
    address: str = "127.0.0.1",
    port: int = 0,
    name: str = NAME,
) -> AsyncIterator[Elsewhere]:
    """Listening on `address`; without certificates it speaks plainly, to what begins as TLS does."""
    context = None
    if certificates is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificates.chain, certificates.key)
    there = Elsewhere(port, name)
    here: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        here.add(task)
        there.connections += 1
        with suppress(OSError, EOFError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n" if context else b"\x03")).decode()
                there.heads.append(head)
                await reader.readexactly(_length(head))
                await respond(head, writer)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, address, port, ssl=context)
    there.port = server.sockets[0].getsockname()[1]
    try:
        yield there
    finally:
        server.close()
        for task in here:
            task.cancel()
        await asyncio.gather(*here, return_exceptions=True)


def _length(head: str) -> int:
    lines = (line.partition(":") for line in head.lower().splitlines())
    return next((int(value) for name, _, value in lines if name == "content-length"), 0)
