"""The operator's door: a Unix socket in the data directory, mode 0600. Who may read the database may open it."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import aiohttp
import msgspec
from aiohttp import web

from kith.server.operator import Answer, AnyWish, Operator, read_answer, read_wish, write

log = logging.getLogger(__name__)

PATH = "/wish"
LONGEST_NAME = 107
PATIENCE = 30.0
"""Seconds that `kith admin` waits for a server that is busy."""


@asynccontextmanager
async def open_door(path: Path, operator: Operator) -> AsyncIterator[None]:
    """Answer at `path` meanwhile. A server without its door runs all the same: the log says so."""
    try:
        with _short(path) as name:
            listening = _listen(path, name)
    except OSError as error:
        log.warning("no socket for kith admin: %s", error.strerror or error)
        yield
        return
    app = web.Application(client_max_size=1 << 16)
    app.router.add_post(PATH, lambda request: _answer(request, operator))
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    assert runner.server is not None
    door = await asyncio.get_running_loop().create_unix_server(runner.server, sock=listening)
    try:
        yield
    finally:
        door.close()
        with suppress(OSError):
            await asyncio.to_thread(path.unlink)
        await runner.cleanup()


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name of the socket that fits into an address of one (unix(7): 107 bytes), however deep it lies."""
    if len(os.fsencode(path)) <= LONGEST_NAME:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _listen(path: Path, name: str) -> socket.socket:
    """A socket that is the owner's alone from its first moment on. One that is there is of a server that was killed:
    two do not run on one database."""
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listening.bind(name)
    except BaseException:
        listening.close()
        raise
    finally:
        os.umask(before)
    return listening


async def _answer(request: web.Request, operator: Operator) -> web.Response:
    try:
        wish = read_wish(await request.read())
    except msgspec.DecodeError as error:
        return _said(Answer(refused=f"That is not understood: {error}."), status=400)
    return _said(await operator.carry_out(wish))


def _said(answer: Answer, status: int = 200) -> web.Response:
    return web.Response(body=write(answer), status=status, content_type="application/json")


async def ask(path: Path, wish: AnyWish) -> Answer | None:
    """What the running server answers; None where none runs."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    try:
        with _short(path) as name:
            async with (
                aiohttp.ClientSession(connector=aiohttp.UnixConnector(path=name), timeout=timeout) as session,
                session.post(f"http://kith{PATH}", data=write(wish)) as response,
            ):
                return read_answer(await response.read())
    except (aiohttp.ClientConnectorError, FileNotFoundError):
        return None
