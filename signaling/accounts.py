"""The endpoints of a person and of their household, as the person sees them: list, rename, sign out for good.

The law of this file

    A personal endpoint lists, names and removes the personal endpoints of its person and the shared ones of
    its household; a child's only the former. Everything else, another person's too, is answered like what was never
    there.
    What is removed is dead on disk before anybody is told, and here before the answer leaves.
"""

import asyncio
from collections.abc import Callable

from kith.core.ids import EndpointId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.model import Endpoint
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered, tidy
from presence.reachable import Reachable
from signaling import protocol as wire
from signaling.announcing import Announcer
from signaling.closing import Close
from signaling.news import HouseholdNews
from signaling.sessions import Sessions
from signaling.switchboard import Switchboard

Command = wire.ListEndpoints | wire.RenameEndpoint | wire.RemoveEndpoint
ACCOUNT_COMMANDS = (wire.ListEndpoints, wire.RenameEndpoint, wire.RemoveEndpoint)


class Accounts:
    """The three commands about endpoints that are not about oneself."""

    def __init__(
        self,
        *,
        directory: DirectoryStore,
        sessions: Sessions,
        reachable: Reachable,
        switchboard: Switchboard,
        announcer: Announcer,
        news: HouseholdNews,
        clock: Callable[[], float],
    ) -> None:
        self._directory = directory
        self._sessions = sessions
        self._reachable = reachable
        self._switchboard = switchboard
        self._announcer = announcer
        self._news = news
        self._clock = clock

    async def carry_out(self, principal: Principal, command: Command) -> wire.AnyReply:
        """One of the three commands. Raises Problem(unknown_endpoint) for what is not this person's."""
        match command:
            case wire.ListEndpoints():
                return await self._list(principal, command.id)
            case wire.RenameEndpoint():
                endpoint = await self._own(principal, command.endpoint)
                await self._directory.rename_endpoint(endpoint.id, tidy(command.name, "name"))
                await self._announcer.told(self._renamed(endpoint))
            case wire.RemoveEndpoint():
                await self._remove(await self._own(principal, command.endpoint), principal)
        return wire.Ok(re=command.id)

    async def _list(self, principal: Principal, request: str) -> wire.Endpoints:
        enrolled = await self._directory.endpoints_for(registered(principal))
        return wire.Endpoints(
            re=request,
            endpoints=tuple(
                wire.EnrolledEndpoint(
                    id=one.id,
                    identity=one.keys.identity,
                    name=one.name,
                    shared=one.shared,
                    added=one.added,
                    seen=one.seen,
                    online=one.id in self._reachable,
                    current=one.id == principal.endpoint,
                )
                for one in enrolled
            ),
        )

    async def _own(self, principal: Principal, wanted: str) -> Endpoint:
        person = registered(principal)
        endpoint = await self._directory.endpoint(EndpointId(wanted))
        if endpoint is not None:
            shared = endpoint.household == principal.household and not principal.child
            theirs = shared if endpoint.shared else endpoint.person == person
            if theirs:
                return endpoint
        raise Problem(Code.UNKNOWN_ENDPOINT, path="endpoint")

    async def _renamed(self, endpoint: Endpoint) -> None:
        await self._announcer.described(endpoint.id)
        await self._announcer.endpoints_changed(endpoint)

    async def _remove(self, endpoint: Endpoint, principal: Principal) -> None:
        """What the server does about it. That nobody else believes the endpoint any more is signed
        by whoever removes it, before (`extend_person`, `extend_household`)."""
        if not await self._directory.remove_endpoint(endpoint, by=registered(principal), now=self._clock()):
            raise Problem(Code.UNKNOWN_ENDPOINT, path="endpoint")
        itself = endpoint.id == principal.endpoint
        if not itself:
            self.expel(endpoint.id)
        await self._announcer.told(self._announcer.endpoints_changed(endpoint))
        await self._announcer.told(self._news.tell(endpoint.household))
        if itself:  # its answer leaves first: nothing is awaited from here to there
            asyncio.get_running_loop().call_soon(self.expel, endpoint.id)

    def expel(self, endpoint: EndpointId, why: Close = Close.REMOVED) -> None:
        """One that was removed or suspended: out of its calls, and away, at once and whatever it is doing."""
        self._switchboard.left(endpoint)
        live = self._sessions.of(endpoint)
        if live is not None:
            self._sessions.expel(live, why)
        self._reachable.leave(endpoint)
        self._switchboard.went(endpoint)
