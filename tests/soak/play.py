"""A planned play on a real server of its own, with an eye on the server's event loop."""

import asyncio
import resource
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from kith.simulator.ledger import Ledger
from kith.simulator.plan import Plan
from kith.simulator.report import outcome
from kith.simulator.stage import Stage
from tests.support.server import RunningServer, running_server


@dataclass(frozen=True)
class Played:
    """`stall` is how long the server's loop was held up at worst while calls went through, in milliseconds;
    `sessions` how many endpoints were signed in then."""

    result: dict[str, Any]
    ledger: Ledger
    stall: float
    sessions: int
    log: str


def play(directory: Path, plan: Plan) -> Played:
    """Start a server, play, stop it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # a connection is a file, at both ends
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_play(directory, plan))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def _play(directory: Path, plan: Plan) -> Played:
    async with running_server(directory, "--admit-test") as server:
        watcher = _Watcher(server)
        ledger = await Stage(plan, server.url, tls=server.tls, watcher=watcher).perform()
        health = await watcher.health()
    return Played(
        result=outcome(plan, ledger),
        ledger=ledger,
        stall=health["loop_stall_max_ms"],
        sessions=int(watcher.before["sessions"]),
        log=server.log.read_text(),
    )


class _Watcher:
    """Asks the server for its worst stall when the calls begin, which starts the measurement, and when the
    last one is over. Implements kith.simulator.stage.Watcher."""

    def __init__(self, server: RunningServer) -> None:
        self.before: dict[str, float] = {}
        self._server = server
        self._left = 0
        self._first: asyncio.Task[dict[str, float]] | None = None
        self._last: asyncio.Task[dict[str, float]] | None = None

    def begins(self, act: str, total: int) -> None:
        if act == "calling":
            self._left = total
            self._first = asyncio.create_task(self._ask())

    def advances(self) -> None:
        self._left -= 1
        if self._first is not None and not self._left:
            self._last = asyncio.create_task(self._ask())

    async def health(self) -> dict[str, float]:
        """What the server said after the last call."""
        assert self._first is not None
        assert self._last is not None
        self.before = await self._first
        return await self._last

    async def _ask(self) -> dict[str, float]:
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self._server.tls or False)) as http,
            http.get(f"{self._server.url}/healthz?verbose") as response,
        ):
            found: dict[str, float] = await response.json()
            return found
