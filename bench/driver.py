"""A load in a process of its own, which is given orders: one JSON object a line, answered by one line when done."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from bench import servers

ENDS_WITHIN = 30.0


class Driver:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def order(self, do: str, **details: Any) -> dict[str, Any]:
        """What was answered. Raises RuntimeError if the load ended over it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **details}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the load ended while it was to {do}")
        return dict(json.loads(answer))


@contextlib.contextmanager
def driver(module: str, *arguments: str, inside: Sequence[str] = ()) -> Iterator[Driver]:
    """`python -m module arguments`, with `inside` put before it; it ends when there are no more orders."""
    process = subprocess.Popen(
        [*inside, sys.executable, "-m", module, *arguments],
        cwd=servers.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Driver(process)
    finally:
        try:
            process.communicate(timeout=ENDS_WITHIN)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            process.kill()
            process.communicate()
