"""The sessions that are alive, and the connection that each has at the moment."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from kith.core.capabilities import Capabilities
from kith.core.ids import EndpointId, SessionId, new_session
from kith.core.principal import Principal
from kith.core.standing import DeviceStanding
from kith.directory.model import Endpoint
from signaling.closing import Close
from signaling.deadlines import Deadlines
from signaling.limits import Rates
from signaling.protocol import (
    ActivityView,
    AnyCommand,
    AnyEvent,
    AnyReply,
    CallChanged,
    Codec,
    Ended,
    GrantedView,
    GroupChanged,
    GroupEnded,
    GroupRings,
    Resume,
    Ringing,
)
from signaling.session import Overflow, Session

log = logging.getLogger(__name__)

_SHOWN = (Ringing, CallChanged, Ended, GroupRings, GroupChanged, GroupEnded)


class Channel(Protocol):
    """The sending side of one connection. Never blocks, never raises."""

    def send(self, frame: bytes) -> None: ...
    def close(self, code: Close, reason: str) -> None:
        """Close after what was sent before. Doing so twice is harmless."""
        ...


class Live:
    """One signed-in endpoint.

    `claim` is the connection whose the session is; None while signaling is away. `channel` is the same
    from the welcome on, and None before. `fresh` until the first welcome is out: the calls in the snapshot,
    taken last of all, then show more than events about them that came before. `pending` are commands that
    wait their turn: a session's commands are carried out in order, but for those `aside`, by their ids, and those that
    were `begun` out of their turn.
    `standing` is what the endpoint says of itself, and `standing_at` when Do Not Disturb was switched there, None
    until it has said anything. `granted` is on whom it knows that it may drop in, `activity` what it knows of who was
    recently active.
    """

    __slots__ = (
        "activity",
        "aside",
        "begun",
        "channel",
        "claim",
        "endpoint",
        "fresh",
        "granted",
        "inflight",
        "pending",
        "principal",
        "rates",
        "session",
        "standing",
        "standing_at",
        "working",
    )

    def __init__(self, endpoint: Endpoint, principal: Principal, session: Session, now: float) -> None:
        self.endpoint = endpoint
        self.principal = principal
        self.session = session
        self.rates = Rates(now)
        self.claim: Channel | None = None
        self.channel: Channel | None = None
        self.fresh = True
        self.pending: deque[AnyCommand] | None = None
        self.inflight: str | None = None
        self.aside: dict[str, asyncio.Task[None]] = {}
        self.begun: set[str] = set()
        self.working = False
        self.standing = DeviceStanding()
        self.standing_at: float | None = None
        self.granted: tuple[GrantedView, ...] = ()
        self.activity: tuple[ActivityView, ...] = ()

    def report(self, standing: DeviceStanding, now: float) -> bool:
        """The endpoint says how things stand there. Whether that is news."""
        news = standing != self.standing
        if self.standing_at is None or standing.quiet != self.standing.quiet:
            self.standing_at = now
        self.standing = standing
        return news

    @property
    def capabilities(self) -> Capabilities:
        return self.endpoint.capabilities

    def reply(self, command: AnyCommand, reply: AnyReply) -> None:
        """Remember and, where a connection is up, send."""
        self.session.replies.remember(command, reply)
        if self.channel is not None:
            self.channel.send(self.session.codec.encode(reply))


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that a connection has claimed. `resumed`: with all it missed; else a new one began."""

    live: Live
    resumed: bool


class Sessions:
    """One session an endpoint, and one connection a session."""

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

    def open(
        self,
        endpoint: Endpoint,
        principal: Principal,
        codec: Codec,
        resume: Resume | None,
        channel: Channel,
    ) -> Opened:
        """Take up the session that `resume` names, or begin a new one in its place; it is `channel`'s now.

        The connection is attached by `attach`, after the welcome has been sent.
        """
        old = self._by_endpoint.get(endpoint.id)
        if old is not None:
            self._take_away(old)
        if old is not None and _resumes(old.session, codec, resume):
            live, resumed = old, True
            live.endpoint, live.principal = endpoint, principal
        else:
            live, resumed = Live(endpoint, principal, Session(new_session(), codec), self._clock()), False
            self._by_endpoint[endpoint.id] = live
        live.claim = channel
        return Opened(live, resumed)

    def _take_away(self, live: Live) -> None:
        """From the connection that has or claims it; it may be on its way out already."""
        self._deadlines.set(_key(live.session.id), None, _nothing)
        claim, live.claim, live.channel = live.claim, None, None
        if claim is not None:
            claim.close(Close.REPLACED, "signed in elsewhere")

    def attach(self, live: Live, channel: Channel) -> None:
        """The welcome is out: send what was numbered meanwhile, then every event as it comes."""
        assert live.claim is channel
        for frame in live.session.replay_all():
            channel.send(frame)
        live.channel = channel
        live.fresh = False

    def lost(self, live: Live, channel: Channel) -> bool:
        """The connection is gone; keep the session for the grace. False if it is another one's already."""
        if live.claim is not channel:
            return False
        live.claim = live.channel = None
        when = self._clock() + self.grace
        self._deadlines.set(_key(live.session.id), when, lambda: self.drop(live))
        return True

    def drop(self, live: Live) -> None:
        """The session is over; what it had not acked is gone."""
        self._deadlines.set(_key(live.session.id), None, _nothing)
        if self._by_endpoint.get(live.endpoint.id) is live:
            del self._by_endpoint[live.endpoint.id]

    def expel(self, live: Live, why: Close = Close.REMOVED) -> None:
        """The endpoint may not be here: its connection is closed, and nothing that waits is carried out."""
        claim, live.claim, live.channel = live.claim, None, None
        if live.pending is not None:
            live.pending.clear()
        if claim is not None:
            claim.close(why, "suspended" if why is Close.SUSPENDED else "signed out for good")
        self.drop(live)

    def push(self, endpoint: EndpointId, event: AnyEvent) -> None:
        """Number and send an event; to nobody where the endpoint has no session."""
        live = self._by_endpoint.get(endpoint)
        if live is not None and not (live.fresh and isinstance(event, _SHOWN)):
            self.push_to(live, event)

    def push_to(self, live: Live, event: AnyEvent) -> None:
        """Number and send an event that no snapshot shows."""
        try:
            frame = live.session.number(event)
        except Overflow:
            log.warning("session broken: endpoint=%s reason=slow", live.endpoint.id)
            if live.channel is not None:
                live.channel.close(Close.SLOW, "too much unacked")
            return
        if live.channel is not None:
            live.channel.send(frame)


def _resumes(session: Session, codec: Codec, resume: Resume | None) -> bool:
    """Whether the session can go on from where the endpoint says that it is."""
    if resume is None or resume.session != session.id or session.codec is not codec:
        return False
    return session.replay(resume.seq) is not None


def _key(session: SessionId) -> str:
    return f"session {session}"


def _nothing() -> None:
    """What a deadline that is taken away calls back."""
