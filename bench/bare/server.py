"""Serves the bare page and passes on what the two pages of a room say to each other."""

import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import WSMsgType, web

PAGE = Path(__file__).parent


@contextlib.asynccontextmanager
async def bare_server() -> AsyncIterator[str]:
    """The address of the page's server, which runs meanwhile."""
    app = web.Application()
    rooms: dict[str, list[web.WebSocketResponse]] = defaultdict(list)

    async def relay(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        room = rooms[request.query["room"]]
        room.append(socket)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                for other in room:
                    if other is not socket:
                        await other.send_str(message.data)
        room.remove(socket)
        return socket

    app.router.add_get("/relay", relay)
    app.router.add_static("/", PAGE)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://localhost:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
