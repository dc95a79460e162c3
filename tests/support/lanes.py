"""Which file of tests a worker takes next, where several go on side by side.

A file with browsers keeps a processor busy; one with other real parts waits most of the time. So two workers, one for
each processor of a small machine, take browsers as long as there are any, and the others take what can go on beside
that. Unit tests come last: they are short, and at the end nobody waits long for the last.
"""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

WITH_BROWSERS = 2
"""Workers that take files with browsers first. One more would have browsers wait for processors, and tests for them."""

_ROOT = Path(__file__).resolve().parents[2]
_IMPORT = "from tests.support.browsers import"


class Lanes(LoadFileScheduling):  # type: ignore[misc] # it has no types
    """Files are dealt out whole, as by `--dist=loadfile`, but not simply in their order."""

    def _assign_work_unit(self, node: Any) -> None:
        browsers = self.nodes.index(node) < WITH_BROWSERS
        self.workqueue.move_to_end(chosen(self.workqueue, browsers=browsers, heavy=_heavy), last=False)
        super()._assign_work_unit(node)


def chosen(files: Iterable[str], *, browsers: bool, heavy: Callable[[str], bool]) -> str:
    """The first of the kind that this worker prefers, else the first. There is at least one."""
    queue = list(files)
    return next((one for one in queue if heavy(one) is browsers), queue[0])


def unit_tests_last(tests: list[pytest.Item]) -> None:
    """Puts them in order; those of one file stay together, in theirs."""
    tests.sort(key=lambda test: "peers" not in test.path.parts)


@cache
def _heavy(file: str) -> bool:
    return _IMPORT in (_ROOT / file).read_text()
