"""One live call: its state, who is in it, and what waits for those who are away."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from kith.core.ids import EndpointId
from signaling.call import Call, Event
from signaling.protocol import PeerIndicated, Signalled
from signaling.turns import Turns
from signaling.views import Faces

MAX_PARKED = 64
"""Signals kept for an endpoint that has no session: an offer and the candidates of a phone with many networks."""

Turn = Callable[["LiveCall", Event], Awaitable[None]]


class LiveCall(Turns[Event]):
    """A call that is not over.

    `behind`: something that happened could not be saved, so the call does not show it yet.
    `talking`: in the current epoch, to whom the signals of each of the two go: looked up for every one of them.
    `parked`: signals for endpoints that have no session just now. `indicated`: what each endpoint last
    said that it sends. Neither is saved: after a restart endpoints say both again.
    """

    __slots__ = ("_turn", "behind", "call", "faces", "indicated", "parked", "talking")

    def __init__(self, call: Call, faces: Faces, turn: Turn, tasks: "set[asyncio.Task[None]]") -> None:
        super().__init__(call.id, tasks)
        self.become(call)
        self.faces = faces
        self.behind = False
        self.parked: dict[EndpointId, deque[Signalled]] = {}
        self.indicated: dict[EndpointId, PeerIndicated] = {}
        self._turn = turn

    def become(self, call: Call) -> None:
        """The call's new state, which has been saved."""
        self.call = call
        self.talking = call.talking()

    async def take(self, event: Event) -> None:
        await self._turn(self, event)

    def park(self, endpoint: EndpointId, signal: Signalled) -> None:
        """Keep a signal for an endpoint that is expected back; the oldest go first where it is too much."""
        self.parked.setdefault(endpoint, deque(maxlen=MAX_PARKED)).append(signal)
