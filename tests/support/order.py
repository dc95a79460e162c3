"""In which order the files of tests go on, where two of them do side by side."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TypeVar

import pytest

T = TypeVar("T")


def spread(files: Sequence[T], *, heavy: Callable[[T], bool], light: Callable[[T], bool]) -> list[T]:
    """The heavy ones evenly among the light ones, so that of two that go on side by side one is light where that can
    be; then all others, which are short: at the end nobody waits long for the last."""
    browsers = [one for one in files if heavy(one)]
    parts = [one for one in files if light(one) and not heavy(one)]
    others = [one for one in files if not light(one) and not heavy(one)]
    placed = [((at + 0.5) / len(kind), one) for kind in (browsers, parts) for at, one in enumerate(kind)]
    return [one for _, one in sorted(placed, key=lambda pair: pair[0])] + others


def in_order(tests: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Those of one file stay together, in their order."""
    files = [list(together) for _, together in groupby(tests, key=lambda test: test.path)]
    return [test for file in spread(files, heavy=_with_browsers, light=_with_parts) for test in file]


def _with_parts(tests: Sequence[pytest.Item]) -> bool:
    """Whether a file of tests starts real parts, for which it waits most of the time."""
    return "peers" in tests[0].path.parts


def _with_browsers(tests: Sequence[pytest.Item]) -> bool:
    """Whether it starts browsers, which keep a processor busy."""
    things = vars(tests[0].module) if isinstance(tests[0], pytest.Function) else {}
    return any(getattr(thing, "__module__", "") == "tests.support.browsers" for thing in things.values())
