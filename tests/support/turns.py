"""Whose turn it is, where two processes run the tests: most may go on side by side, those that measure time may not.

Two locks, held by the system and so let go of when a process dies. A test that wants to be alone keeps the door shut
until it has been: otherwise those who need less would slip past it for ever.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def turn(directory: Path, *, alone: bool) -> Iterator[None]:
    """Wait for one's turn, and have it. Blocks: there is nothing else for this process to do meanwhile."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "door").open("w") as door, (directory / "room").open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        if not alone:
            fcntl.flock(door, fcntl.LOCK_UN)
        yield
