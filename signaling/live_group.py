"""One live group: its state, who is in it, what each was shown last, and what waits for those who are away."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from kith.core.ids import EndpointId
from signaling.group import Event, Group
from signaling.live_call import MAX_PARKED
from signaling.protocol import GroupSignal, GroupView
from signaling.turns import Turns
from signaling.views import Faces

Turn = Callable[["LiveGroup", Event], Awaitable[None]]


class LiveGroup(Turns[Event]):
    """A group that is not over.

    `behind`: something that happened could not be saved, so the group does not show it yet.
    `shown`: what each endpoint was shown last, so that nobody is told what does not concern them, not even by being
    told the same again. `beside`: endpoints of whoever takes part at another one, by the target of their place, but for
    those at which it has rung. `parked`: signals for members that have no session just now.
    """

    __slots__ = ("_turn", "behind", "beside", "faces", "group", "parked", "shown")

    def __init__(self, group: Group, faces: Faces, turn: Turn, tasks: "set[asyncio.Task[None]]") -> None:
        super().__init__(group.id, tasks)
        self.group = group
        self.faces = faces
        self.behind = False
        self.beside: dict[EndpointId, str] = {}
        self.shown: dict[EndpointId, GroupView] = {}
        self.parked: dict[EndpointId, deque[GroupSignal]] = {}
        self._turn = turn

    async def take(self, event: Event) -> None:
        await self._turn(self, event)

    def park(self, endpoint: EndpointId, signal: GroupSignal) -> None:
        """Keep a signal for a member that is expected back; the oldest go first where it is too much."""
        self.parked.setdefault(endpoint, deque(maxlen=MAX_PARKED)).append(signal)
