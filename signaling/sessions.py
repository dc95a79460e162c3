"""The sessions that are alive, and the connection that each has at the moment."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from kith.core.capabilities import Capabilities
from kith.core.ids import EndpointId, SessionId, new_session
from kith.core.principal import Principal
from kith.directory.model import Endpoint
from signaling.deadlines import Deadlines
from signaling.limits import Rates
from signaling.protocol import AnyCommand, AnyEvent, AnyReply, Codec, Resume
from signaling.session import Overflow, Session

log = logging.getLogger(__name__)

REPLACED = 4001
SLOW = 4009


class Channel(Protocol):
    """The sending side of one connection. Never blocks, never raises."""

    def send(self, frame: bytes) -> None: ...
    def close(self, code: int, reason: str) -> None:
        """Close after what was sent before. Doing so twice is harmless."""
        ...


class Live:
    """One signed-in endpoint. `channel` is None while its signaling is away.

    `pending` are commands that wait their turn: a session's commands are carried out in order.
    """

    __slots__ = ("channel", "endpoint", "inflight", "pending", "principal", "rates", "session", "working")

    def __init__(self, endpoint: Endpoint, principal: Principal, session: Session, now: float) -> None:
        self.endpoint = endpoint
        self.principal = principal
        self.session = session
        self.rates = Rates(now)
        self.channel: Channel | None = None
        self.pending: deque[AnyCommand] | None = None
        self.inflight: str | None = None
        self.working = False

    @property
    def capabilities(self) -> Capabilities:
        return self.endpoint.capabilities

    def reply(self, reply: AnyReply) -> None:
        """Remember and, where a connection is up, send."""
        self.session.replies.remember(reply)
        if self.channel is not None:
            self.channel.send(self.session.codec.encode(reply))


@dataclass(frozen=True, slots=True)
class Opened:
    """A session with a connection on its way. `replay` is None where a new session began."""

    live: Live
    replay: list[bytes] | None


class Sessions:
    """One session an endpoint. `on_dropped` is told when one is over for good."""

    def __init__(
        self,
        deadlines: Deadlines,
        clock: Callable[[], float],
        grace: float,
    ) -> None:
        self._deadlines = deadlines
        self._clock = clock
        self.grace = grace
        self._by_endpoint: dict[EndpointId, Live] = {}

    def __len__(self) -> int:
        return len(self._by_endpoint)

    def all(self) -> list[Live]:
        return list(self._by_endpoint.values())

    def of(self, endpoint: EndpointId) -> Live | None:
        return self._by_endpoint.get(endpoint)

    def open(self, endpoint: Endpoint, principal: Principal, codec: Codec, resume: Resume | None) -> Opened:
        """Take up the session that `resume` names, or begin a new one in its place.

        The connection is attached by `attach`, after the welcome has been sent.
        """
        old = self._by_endpoint.get(endpoint.id)
        if old is not None and old.channel is not None:
            channel, old.channel = old.channel, None
            channel.close(REPLACED, "signed in elsewhere")
        if old is not None and resume is not None and old.session.id == resume.session:
            replay = old.session.replay(resume.seq) if old.session.codec is codec else None
            if replay is not None:
                old.endpoint, old.principal = endpoint, principal
                self._deadlines.set(_key(old.session.id), None, _nothing)
                return Opened(old, replay)
        if old is not None:
            self._deadlines.set(_key(old.session.id), None, _nothing)
        live = Live(endpoint, principal, Session(new_session(), codec), self._clock())
        self._by_endpoint[endpoint.id] = live
        return Opened(live, None)

    def attach(self, live: Live, channel: Channel) -> None:
        """The welcome is out: send what was numbered meanwhile, then every event as it comes."""
        if live.channel is not None:
            live.channel.close(REPLACED, "signed in elsewhere")
        for frame in live.session.replay_all():
            channel.send(frame)
        live.channel = channel

    def lost(self, live: Live, channel: Channel) -> bool:
        """The connection is gone; keep the session for the grace. False if it has another one already."""
        if live.channel is not channel:
            return False
        live.channel = None
        when = self._clock() + self.grace
        self._deadlines.set(_key(live.session.id), when, lambda: self.drop(live))
        return True

    def drop(self, live: Live) -> None:
        """The session is over; what it had not acked is gone."""
        self._deadlines.set(_key(live.session.id), None, _nothing)
        if self._by_endpoint.get(live.endpoint.id) is live:
            del self._by_endpoint[live.endpoint.id]

    def push(self, endpoint: EndpointId, event: AnyEvent) -> None:
        """Number and send an event; to nobody where the endpoint has no session."""
        live = self._by_endpoint.get(endpoint)
        if live is None:
            return
        try:
            frame = live.session.number(event)
        except Overflow:
            log.warning("session broken: endpoint=%s reason=slow", endpoint)
            if live.channel is not None:
                live.channel.close(SLOW, "too much unacked")
            return
        if live.channel is not None:
            live.channel.send(frame)


def _key(session: SessionId) -> str:
    return f"session {session}"


def _nothing() -> None:
    """What a deadline that is taken away calls back."""
