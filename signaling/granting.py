"""The commands about who may drop in, and closing everything. Who is told: the own endpoints and the household's shared
ones of the set itself, those whom it names of what they may do, and every adult of the household that there is news.
"""

from collections.abc import Callable, Iterable

from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.trust.grants import Grants
from kith.directory.granting import Change, Granting, Heard
from kith.directory.identities import Identities
from kith.directory.model import Endpoint
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered
from signaling import protocol as wire
from signaling.announcing import Announcer
from signaling.dropping_in import DropIns
from signaling.granted import Granted
from signaling.identities import IdentityDesk, identity_view
from signaling.limits import Buckets
from signaling.news import HouseholdNews
from signaling.sessions import Sessions
from signaling.switchboard import Switchboard

Command = wire.SetGrants | wire.ShowGrants | wire.HeardGrants | wire.Panic | wire.ShowRosters
GRANT_COMMANDS = (wire.SetGrants, wire.ShowGrants, wire.HeardGrants, wire.Panic, wire.ShowRosters)


SETS = (1.0, 60.0)
"""Sets of one person a second, and at once: somebody makes one choice after another; a loop that signs is stopped."""


class GrantDesk:
    """Raises Problem for every "no"."""

    def __init__(
        self,
        granting: Granting,
        granted: Granted,
        drop_ins: DropIns,
        identities: Identities,
        identity_desk: IdentityDesk,
        directory: DirectoryStore,
        sessions: Sessions,
        switchboard: Switchboard,
        announcer: Announcer,
        news: HouseholdNews,
        expel: Callable[[EndpointId], None],
        clock: Callable[[], float],
        stirred: Callable[[EndpointId], None],
    ) -> None:
        self._granting = granting
        self._granted = granted
        self._drop_ins = drop_ins
        self._identities = identities
        self._identity_desk = identity_desk
        self._directory = directory
        self._sessions = sessions
        self._switchboard = switchboard
        self._announcer = announcer
        self._news = news
        self._expel = expel
        self._clock = clock
        self._sets: Buckets[PersonId] = Buckets(*SETS)
        self._stirred = stirred

    async def carry_out(self, principal: Principal, command: Command) -> wire.AnyReply:
        """One of the commands."""
        match command:
            case wire.SetGrants():
                self._sets.take(registered(principal), self._clock())
                change = await self._granting.put(principal, command.grants)
                await self._changed(principal.household, change)
            case wire.ShowGrants():
                return await self._show(principal, command.id)
            case wire.HeardGrants():
                await self._heard(principal, command)
            case wire.Panic():
                await self._close(principal, command)
            case wire.ShowRosters():
                return await self._rosters(principal, command)
        return wire.Ok(re=command.id)

    async def _changed(self, household: HouseholdId, change: Change) -> None:
        """First what must end, then who is told."""
        if change.before == change.after:
            return
        await self._announcer.told(self._drop_ins.reconsider(household))
        await self._announcer.told(self._hush(change.person))
        await self._announcer.told(self._tell_set(household, change))
        await self._announcer.told(self._news.tell(household))

    async def _hush(self, person: PersonId) -> None:
        """Do Not Disturb may have been switched by it, wherever it counts."""
        for endpoint in await self._directory.endpoints_for(person):
            await self._switchboard.hush(endpoint.id)
            self._stirred(endpoint.id)

    async def _tell_set(self, household: HouseholdId, change: Change) -> None:
        changed = wire.GrantsChanged(person=change.person, grants=change.after)
        person = await self._directory.person(change.person)
        child = person is not None and person.child
        for endpoint in await self._directory.endpoints_for(change.person):
            if not (endpoint.waiting or (child and endpoint.shared)):
                self._sessions.push(endpoint.id, changed)
        people = await self._granting.receivers([change.before, change.after])
        await self._granted.tell({household, *(one.household for one in people.values())})

    # -- showing ---------------------------------------------------------------------------------

    async def _show(self, principal: Principal, request: str) -> wire.GrantsShown:
        endpoint = await self._endpoint(principal)
        counting = await self._granting.signed_at(endpoint)
        if endpoint.shared:
            sets = [wire.PersonGrants(person=one, grants=grants) for one, grants in counting]
        else:
            sets = [await self._own(one, grants) for one, grants in counting]
        return wire.GrantsShown(re=request, sets=tuple(sets))

    async def _own(self, person: PersonId, grants: Grants) -> wire.PersonGrants:
        heard = await self._granting.heard(person, grants)
        named = await self._granting.receivers([grants])
        receivers = [
            wire.ReceiverView(
                root=root, person=one.id, name=one.name, household=await self._identities.lives_in(one.id)
            )
            for root, one in sorted(named.items())
        ]
        return wire.PersonGrants(
            person=person, grants=grants, heard=_heard_views(heard), receivers=tuple(receivers)
        )

    async def _heard(self, principal: Principal, command: wire.HeardGrants) -> None:
        endpoint = await self._endpoint(principal)
        people = [await self._granting.hear(endpoint, receipt) for receipt in command.receipts]
        await self._announcer.told(self._drop_ins.reconsider_at(endpoint.id))
        for person in dict.fromkeys(one for one in people if one is not None):
            await self._announcer.told(self._tell_heard(person))

    async def _tell_heard(self, person: PersonId) -> None:
        grants = await self._granting.newest(person)
        heard = () if grants is None else _heard_views(await self._granting.heard(person, grants))
        for endpoint in await self._directory.endpoints_for(person):
            if not (endpoint.shared or endpoint.waiting):
                self._sessions.push(endpoint.id, wire.GrantsHeard(heard=heard))

    async def _rosters(self, principal: Principal, command: wire.ShowRosters) -> wire.Rosters:
        """Only of households from which somebody is here, or wants to be: that a grant names them is no reason, as
        anybody may name anybody."""
        people = sorted(self._switchboard.people_with(principal.endpoint))
        found = [await self._directory.person(one) for one in people]
        homes = {one.household for one in found if one is not None}
        rosters = []
        for home in sorted({*homes, principal.household}):
            roster = await self._identities.roster_of(home)
            if roster is not None and roster[0].root in command.households:
                links, signed = await self._identities.roster(home)
                views = tuple(identity_view(one, each) for one, each in signed)
                rosters.append(wire.RosterView(links=tuple(links), identities=views))
        return wire.Rosters(re=command.id, rosters=tuple(rosters))

    # -- closing everything ----------------------------------------------------------------------

    async def _close(self, principal: Principal, command: wire.Panic) -> None:
        person = registered(principal)
        change, gone = await self._granting.close(
            principal, command.grants, command.links, command.delegations
        )
        for endpoint in gone:
            self._expel(endpoint)
        self._switchboard.take_out(person)
        self._switchboard.shut(principal.household)
        await self._changed(principal.household, change)
        await self._announcer.told(self._identity_desk.person_changed(person))
        await self._announcer.told(self._identity_desk.household_changed(principal.household))
        endpoints: Iterable[Endpoint] = await self._directory.endpoints_for(person)
        for one in endpoints:
            if one.id == principal.endpoint:
                await self._announcer.told(self._announcer.endpoints_changed(one))

    async def _endpoint(self, principal: Principal) -> Endpoint:
        endpoint = await self._directory.endpoint(principal.endpoint)
        if endpoint is None:
            raise Problem(Code.ENDPOINT_REMOVED)
        return endpoint


def _heard_views(heard: Iterable[Heard]) -> tuple[wire.HeardView, ...]:
    return tuple(wire.HeardView(endpoint=one.endpoint, name=one.name, receipt=one.receipt) for one in heard)
