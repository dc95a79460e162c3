"""One direction between two endpoints, along which messages are relayed."""

import time
from collections import deque
from collections.abc import Callable


class Lane:
    """`send` sends one message; whoever receives it calls `arrived`. Messages of a lane stay in order."""

    __slots__ = ("_sent", "_took", "send_one")

    def __init__(self, send_one: Callable[[], None], took: Callable[[float], None]) -> None:
        self.send_one = send_one
        self._took = took
        self._sent: deque[float] = deque()

    def send(self) -> None:
        self._sent.append(time.perf_counter())
        self.send_one()

    def arrived(self) -> None:
        self._took(time.perf_counter() - self._sent.popleft())

    @property
    def under_way(self) -> int:
        return len(self._sent)
