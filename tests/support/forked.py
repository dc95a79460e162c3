"""Processes of our server that need not import it: they are forked from one that has.

Importing takes nine tenths of what starting `kith serve` costs, and the tests start hundreds. What runs is the same
program with the same arguments, in a process of its own, with an environment, a standard output and an end of its own.
"""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.reduction import DupFd
from typing import Any, Protocol

ABSENT = 127


class Process(Protocol):
    """What tests use of a process, whichever way it was started: that of `asyncio.subprocess`."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    @property
    def stdout(self) -> asyncio.StreamReader | None: ...
    def send_signal(self, signal: int, /) -> None: ...
    async def wait(self) -> int: ...


class Forked:
    """One that was forked. Its exit code is negative where a signal ended it."""

    def __init__(self, process: ForkServerProcess, stdout: asyncio.StreamReader) -> None:
        assert process.pid is not None
        self.pid = process.pid
        self.stdout = stdout
        self._process = process
        self._over: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_reader(process.sentinel, self._ended)

    @property
    def returncode(self) -> int | None:
        return self._over.result() if self._over.done() else None

    def send_signal(self, signal: int, /) -> None:
        os.kill(self.pid, signal)

    async def wait(self) -> int:
        return await asyncio.shield(self._over)

    def _ended(self) -> None:
        self._over.get_loop().remove_reader(self._process.sentinel)
        self._process.join()
        code = self._process.exitcode
        self._over.set_result(ABSENT if code is None else code)


async def serving(arguments: Sequence[str], *, log: int, environment: Mapping[str, str]) -> Forked:
    """`kith serve` with these arguments. It writes to the descriptor `log` what is meant for standard error."""
    reading, writing = os.pipe()
    try:
        process = _context().Process(
            target=_serve, args=(DupFd(writing), DupFd(log), tuple(arguments), dict(environment))
        )
        process.start()
    finally:
        os.close(writing)
    stdout = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stdout), os.fdopen(reading, "rb")
    )
    return Forked(process, stdout)


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["kith.cli.serve"])
    return context


def _serve(stdout: Any, log: Any, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """In the new process."""
    os.environ.clear()
    os.environ.update(environment)
    for number, descriptor in ((1, stdout.detach()), (2, log.detach())):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.argv = ["kith", "serve", *arguments]
    from kith.cli import main

    main()
