"""How endpoints come and go: session, reachability and calls are told of it together, in one order.

A connection claims a session as soon as its endpoint has proved its key, and has it once it is attached,
after the welcome. In between another connection of the same endpoint may claim it; what becomes of the
earlier one is of no account from then on.
"""

from dataclasses import dataclass
from typing import Literal

from kith.core.principal import Principal
from kith.core.standing import DeviceStanding
from kith.directory.model import Endpoint
from presence.reachable import Reachable
from signaling.protocol import Codec, Resume, Snapshot
from signaling.sessions import Channel, Live, Sessions
from signaling.subjects import Subjects
from signaling.switchboard import Switchboard


@dataclass(frozen=True, slots=True)
class Arrived:
    """What to say in the welcome. `snapshot` is None where the session was resumed; `inbox` items wait."""

    live: Live
    resumed: bool
    inbox: int
    snapshot: Snapshot | None


class Arrivals:
    """Everything that happens to a session because a connection came or went."""

    def __init__(
        self, subjects: Subjects, sessions: Sessions, reachable: Reachable, switchboard: Switchboard
    ) -> None:
        self._subjects = subjects
        self._sessions = sessions
        self._reachable = reachable
        self._switchboard = switchboard

    async def come(
        self,
        endpoint: Endpoint,
        principal: Principal,
        codec: Codec,
        resume: Resume | None,
        channel: Channel,
        standing: DeviceStanding | None = None,
    ) -> Arrived:
        """Claim a session for a connection whose endpoint has proved its key.

        Raises Problem where nothing can be read; then it is as if the connection had been lost.
        """
        opened = self._sessions.open(endpoint, principal, codec, resume, channel)
        live = opened.live
        self._reachable.arrive(endpoint.id, endpoint.household)
        try:
            if standing is not None:  # before anything could ring
                await self._subjects.endpoints.report(endpoint.id, standing)
            await self._switchboard.arrived(endpoint)
            me = await self._subjects.announcer.refresh(live)
            inbox = await self._subjects.messaging.waiting(endpoint.id)
            snapshot = None if opened.resumed else await self._subjects.snapshots.take(live, me)
        except BaseException:
            self.lost(live, channel)
            raise
        return Arrived(live, opened.resumed, inbox, snapshot)

    def attach(self, live: Live, channel: Channel) -> None:
        """The welcome is out: events go to this connection from now on."""
        self._sessions.attach(live, channel)
        self._subjects.announcer.endpoint_changed(live.endpoint)
        self._subjects.books.signed_in(live.endpoint)

    def lost(self, live: Live, channel: Channel) -> None:
        """The connection is gone, before its welcome or after. Nothing if another has claimed the session."""
        if self._sessions.lost(live, channel):
            self._gone(live)

    def leave(self, live: Live, channel: Channel, how: Literal["resume", "reconnect", "disconnect"]) -> None:
        """The endpoint says goodbye. All at once: it may be signing in again already."""
        if how == "resume":
            return  # the same as a connection that is lost, which it will be at once
        if self._sessions.lost(live, channel):
            self._sessions.drop(live)
            if how == "disconnect":
                self._switchboard.left(live.endpoint.id)
            self._gone(live)

    def _gone(self, live: Live) -> None:
        self._subjects.attendance.note(live.endpoint)
        self._reachable.leave(live.endpoint.id)
        self._switchboard.went(live.endpoint.id)
        self._subjects.announcer.endpoint_changed(live.endpoint)
