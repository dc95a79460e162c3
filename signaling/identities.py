"""The commands about who is who, and who is told when that changes."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.contact_store import ContactStore
from kith.directory.identities import Identities
from kith.directory.model import Endpoint, Signed
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered
from signaling import protocol as wire
from signaling.call_facts import Distances
from signaling.news import HouseholdNews
from signaling.sessions import Sessions
from signaling.switchboard import Switchboard
from signaling.views import keys_view

Command = (
    wire.ListIdentities
    | wire.ShowRoster
    | wire.ExtendPerson
    | wire.ExtendHousehold
    | wire.Delegate
    | wire.PairingSignal
)
IDENTITY_COMMANDS = (
    wire.ListIdentities,
    wire.ShowRoster,
    wire.ExtendPerson,
    wire.ExtendHousehold,
    wire.Delegate,
    wire.PairingSignal,
)


class IdentityDesk:
    """Shows what people signed to those whom it concerns, and takes what they sign."""

    def __init__(
        self,
        identities: Identities,
        directory: DirectoryStore,
        sessions: Sessions,
        switchboard: Switchboard,
        news: HouseholdNews,
        contacts: ContactStore,
        distances: Distances,
        *,
        private: Sequence[Callable[[PersonId], Awaitable[None]]],
        settled: Callable[[HouseholdId], Awaitable[None]],
        writers: Callable[[EndpointId, Sequence[PersonId]], Awaitable[Iterable[PersonId]]],
    ) -> None:
        """`private` tell a person's confirmed endpoints what nobody else is shown; `settled` sees to what depends on
        who belongs to a household and which endpoints are whose; `writers` says from whom of several
        messages wait at an endpoint, which has to check who they are."""
        self._writers = writers
        self._settled = settled
        self._distances = distances
        self._private = private
        self._identities = identities
        self._directory = directory
        self._sessions = sessions
        self._switchboard = switchboard
        self._news = news
        self._contacts = contacts

    async def carry_out(self, principal: Principal, command: Command) -> wire.AnyReply:
        """One of the commands. Raises Problem."""
        match command:
            case wire.ListIdentities():
                return await self._list(principal, command)
            case wire.ShowRoster():
                return await self._show(principal, command.id)
            case wire.ExtendPerson():
                await self._identities.extend_person(principal, command.links, command.delegations)
                await self.person_changed(registered(principal))
                await self.household_changed(principal.household)
                await self.catch_up(principal)
            case wire.ExtendHousehold():
                await self._identities.extend_household(principal, command.links)
                await self.household_changed(principal.household)
                await self._news.tell(principal.household)
            case wire.Delegate():
                await self._identities.delegate(principal, command.delegations)
                await self.person_changed(registered(principal))
            case wire.PairingSignal():
                await self._pass_on(principal, command)
        return wire.Ok(re=command.id)

    # -- showing ---------------------------------------------------------------------------------

    async def _list(self, principal: Principal, command: wire.ListIdentities) -> wire.Identities:
        persons = list(dict.fromkeys(map(PersonId, command.persons)))
        visible = await self._visible(principal, persons)
        found = [
            identity_view(one, signed, await self._identities.lives_in(one))
            for one in persons
            if one in visible and (signed := await self._identities.of(one)) is not None
        ]
        return wire.Identities(re=command.id, identities=tuple(found))

    async def _visible(self, principal: Principal, persons: Sequence[PersonId]) -> set[PersonId]:
        """Whoever lives here, is known to the person or is in a call with this endpoint; and of `persons` those whose
        number the person has, or at a shared endpoint anybody who lives with it."""
        people = {one.id for one in await self._directory.housemates(principal.household)}
        people |= self._switchboard.people_with(principal.endpoint)
        people |= set(await self._writers(principal.endpoint, [one for one in persons if one not in people]))
        owner = principal.household if principal.shared else principal.person
        if owner is not None:
            people |= await self._contacts.known_among(owner, persons)
        if principal.person is not None:
            people |= {one.id for one in await self._directory.people_known_to(principal.person)}
        return people

    async def _show(self, principal: Principal, request: str) -> wire.RosterShown:
        links, signed = await self._identities.roster(principal.household)
        waiting = () if principal.shared else await self._identities.waiting(principal)
        return wire.RosterShown(
            re=request,
            links=tuple(links),
            identities=tuple(identity_view(one, each) for one, each in signed),
            waiting=tuple(_waiting(one) for one in waiting),
        )

    # -- pairing ---------------------------------------------------------------------------------

    async def _pass_on(self, principal: Principal, command: wire.PairingSignal) -> None:
        """To the other one of a pairing; whoever may not be is answered as if it was not there."""
        sender = await self._directory.endpoint(principal.endpoint)
        receiver = await self._directory.endpoint(EndpointId(command.to))
        if sender is None or receiver is None or not _may_pair(sender, receiver):
            raise Problem(Code.UNKNOWN_ENDPOINT, path="to")
        if self._sessions.of(receiver.id) is None:
            raise Problem(Code.UNKNOWN_ENDPOINT, path="to")
        self._sessions.push(receiver.id, wire.PairingSignalled(endpoint=_waiting(sender), body=command.body))

    # -- telling ---------------------------------------------------------------------------------

    async def person_changed(self, one: PersonId) -> None:
        """Tell everybody who may see the person's identity. Whoever has blocked them is not told, but what they share
        is."""
        knowing = [one, *(each.id for each in await self._directory.people_known_to(one))]
        deaf = await self._distances.blockers(one)
        endpoints = [
            each.id
            for person in knowing
            for each in await self._directory.endpoints_for(person)
            if each.shared or person not in deaf
        ]
        for owner in await self._contacts.knowing(one):
            if owner not in deaf:  # and not at home: what is in a list is for its owner's eyes only
                endpoints += [
                    each.id for each in await self._directory.endpoints_for(owner) if not each.shared
                ]
        self._push(endpoints, wire.IdentityChanged(person=one))

    async def catch_up(self, principal: Principal) -> None:
        """What an endpoint was not told while it waited to be signed for."""
        person = registered(principal)
        await self._switchboard.announce_missed(person)
        await self._switchboard.elsewhere.tell(person)
        await self._news.tell(principal.household)
        for tell in self._private:
            await tell(person)

    async def household_changed(self, household: HouseholdId) -> None:
        """Tell the household that its roster has grown, or that somebody waits."""
        people = await self._directory.housemates(household)
        endpoints = [each.id for one in people for each in await self._directory.endpoints_for(one.id)]
        shared = [each.id for each in await self._directory.household_endpoints(household)]
        self._push((*endpoints, *shared), wire.RosterChanged())
        await self._settled(household)

    def _push(self, endpoints: Iterable[EndpointId], event: wire.AnyEvent) -> None:
        for endpoint in dict.fromkeys(endpoints):
            self._sessions.push(endpoint, event)


def identity_view(one: PersonId, signed: Signed, household: bytes | None = None) -> wire.PersonIdentity:
    """`household` is the root of the roster in which the person is."""
    return wire.PersonIdentity(
        person=one, links=signed.links, delegations=signed.delegations, household=household
    )


def _may_pair(one: Endpoint, other: Endpoint) -> bool:
    """Whether one of the two could sign for the other."""
    if one.household != other.household or one.id == other.id or (one.shared and other.shared):
        return False
    return one.shared or other.shared or one.person == other.person


def _waiting(endpoint: Endpoint) -> wire.WaitingEndpoint:
    return wire.WaitingEndpoint(
        id=endpoint.id, name=endpoint.name, shared=endpoint.shared, keys=keys_view(endpoint.keys)
    )
