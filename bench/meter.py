"""What processes cost, read from /proc."""

import contextlib
from collections.abc import Iterator
from pathlib import Path


def cpu_seconds(pid: int) -> float:
    """Processor time that the threads of `pid` and its living descendants have used, user and system, to the
    nanosecond (proc(5), the first number in schedstat)."""
    return sum(_used(one) for one in family(pid)) / 1e9


def resident_kib(pid: int) -> int:
    """Resident memory (VmRSS) of `pid` and its living descendants."""
    return sum(_resident(one) for one in family(pid))


def family(pid: int) -> list[int]:
    """`pid` and all of its living descendants."""
    parents = dict(_parents())
    found = [pid]
    for one in found:  # grows while it is walked
        found += [child for child, parent in parents.items() if parent == one]
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            yield int(entry.name), int(fields[1])


def _used(pid: int) -> int:
    used = 0
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            used += int(thread.read_text().split()[0])
    return used


def _stat(pid: int) -> list[str]:
    """The fields of proc(5) /proc/PID/stat from `state` on; empty if the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _resident(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")), 0)
