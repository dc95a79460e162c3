"""Being here: number, name, guidelines, saved profiles, and leaving. What is done in the directory, and who is told.

The law of this file

    A person does these things on an endpoint of their own, never on a shared one.
    What is gone is dead on disk before anybody is told, and here before the answer leaves.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.leaving import Gone, Leaving
from kith.directory.model import Person
from kith.directory.people import People
from kith.directory.ports import DirectoryStore
from kith.directory.regions import checked
from kith.directory.registry import registered, tidy
from kith.directory.verifying import Verifying
from presence.reachable import Reachable
from signaling import protocol as wire
from signaling.announcing import Announcer
from signaling.books import BookDesk
from signaling.contacts import ContactDesk
from signaling.identities import IdentityDesk
from signaling.limits import Buckets
from signaling.news import HouseholdNews
from signaling.own import OwnProfiles
from signaling.sessions import Sessions
from signaling.switchboard import Switchboard

Command = (
    wire.Verify
    | wire.ResendCode
    | wire.ChangeMobile
    | wire.Rename
    | wire.AcceptGuidelines
    | wire.ListProfiles
    | wire.AddProfile
    | wire.RemoveProfile
    | wire.SetRegion
    | wire.LeaveHousehold
    | wire.Deregister
)

PEOPLE_COMMANDS = (
    wire.Verify,
    wire.ResendCode,
    wire.ChangeMobile,
    wire.Rename,
    wire.AcceptGuidelines,
    wire.ListProfiles,
    wire.AddProfile,
    wire.RemoveProfile,
    wire.SetRegion,
    wire.LeaveHousehold,
    wire.Deregister,
)


EXPORTS = (1 / 600.0, 3.0)
"""Exports of one person, a second and at once. With 10,000 contacts one takes the reader's thread some 100 ms."""

REGIONS = (1 / 600.0, 10.0)
"""How often a household may have another country, a second and at once. With 10,000 contacts each takes the thread that
reads contacts some 2 s for each adult."""

Exporter = Callable[[PersonId, float], Awaitable[dict[str, Any]]]
"""Gathers what is kept of a person at this time, as plain values."""


class PeopleDesk:
    """`expel` makes an endpoint that was removed go at once."""

    def __init__(
        self,
        *,
        directory: DirectoryStore,
        verifying: Verifying,
        people: People,
        leaving: Leaving,
        contacts: ContactDesk,
        books: BookDesk,
        own: OwnProfiles,
        identities: IdentityDesk,
        announcer: Announcer,
        news: HouseholdNews,
        sessions: Sessions,
        reachable: Reachable,
        switchboard: Switchboard,
        export: Exporter,
        expel: Callable[[EndpointId], None],
        clock: Callable[[], float],
    ) -> None:
        self._directory = directory
        self._verifying = verifying
        self._people = people
        self._leaving = leaving
        self._contacts = contacts
        self._books = books
        self._own = own
        self._identities = identities
        self._announcer = announcer
        self._news = news
        self._sessions = sessions
        self._reachable = reachable
        self._switchboard = switchboard
        self._export = export
        self._expel = expel
        self._clock = clock
        self._exports: Buckets[PersonId] = Buckets(*EXPORTS)
        self._regions: Buckets[HouseholdId] = Buckets(*REGIONS)

    async def carry_out(self, principal: Principal, command: Command) -> wire.AnyReply:
        """One of the commands. Raises Problem."""
        match command:
            case wire.Verify():
                await self._verify(_somebody(principal), command.code)
            case wire.ResendCode():
                await self._verifying.resend(_somebody(principal))
            case wire.ChangeMobile():
                person = _somebody(principal)
                try:
                    await self._verifying.change(person, command.mobile)
                finally:  # also where the code could not be sent: it is this number that waits
                    await self._announcer.told(self._own.tell(person))
            case wire.Rename():
                person = registered(principal)
                await self._directory.rename_person(person, tidy(command.name, "name"))
                await self._announcer.told(self._announcer.person_changed(person))
            case wire.AcceptGuidelines():
                person = _somebody(principal)
                await self._people.accept(person, command.version)
                await self._announcer.told(self._own.tell(person))
            case wire.ListProfiles():
                registered(principal)
                return _profiles(command.id, await self._people.profiles(principal.household))
            case wire.AddProfile():
                return _profiles(command.id, await self._people.add_profile(principal, command.name))
            case wire.RemoveProfile():
                await self._people.remove_profile(principal, PersonId(command.profile))
            case wire.SetRegion():
                await self._set_region(principal, checked(command.region))
            case wire.LeaveHousehold():
                await self._leave(principal, command)
            case wire.Deregister():
                await self._deregister(principal, command)
        return wire.Ok(re=command.id)

    async def export(self, principal: Principal) -> dict[str, Any]:
        """Everything that is kept of the person, for JSON. Raises Problem(rate_limited): it is a lot to read."""
        person = _somebody(principal)
        now = self._clock()
        self._exports.take(person, now)
        return await self._export(person, now)

    async def _set_region(self, principal: Principal, region: str) -> None:
        registered(principal)
        home = principal.household
        self._regions.take(home, self._clock())
        if await self._directory.set_region(home, region):
            for one in await self._directory.housemates(home):
                self._contacts.region_changed(one.id)
                await self._announcer.told(self._own.tell(one.id))

    # -- numbers -----------------------------------------------------------------------------------

    async def _verify(self, person: PersonId, code: str) -> None:
        before = await self._directory.person(person)
        proved = await self._verifying.verify(person, code)
        after = await self._directory.person(person)
        await self._announcer.told(self._announcer.registered(person))
        if after is not None:
            await self._announcer.told(self._news.tell(after.household))
        if proved.former is not None:
            await self._announcer.told(self._announcer.unregistered(proved.former))
            await self._announcer.told(self._own.tell(proved.former))
        await self._announcer.told(self._own.tell(person))
        await self._announcer.told(self._numbers_changed(before, after))

    async def _numbers_changed(self, *states: Person | None) -> None:
        numbers = [one.mobile for one in states if one is not None and one.mobile is not None]
        for number in dict.fromkeys(numbers):
            await self._contacts.number_changed(number)

    # -- leaving -----------------------------------------------------------------------------------

    async def _leave(self, principal: Principal, command: wire.LeaveHousehold) -> None:
        person = registered(principal)
        shared = [one.id for one in await self._directory.household_endpoints(principal.household)]
        home = await self._leaving.leave(principal, command.link, command.delegations)
        self._switchboard.withdraw(person, shared)
        await self._announcer.told(self._moved(person, principal.household, home))

    async def _moved(self, person: PersonId, former: HouseholdId, home: HouseholdId) -> None:
        for endpoint in await self._directory.endpoints_for(person):
            live = self._sessions.of(endpoint.id)
            if live is not None:
                await self._announcer.refresh(live)
            if self._reachable.leave(endpoint.id):
                self._reachable.arrive(endpoint.id, home)
        await self._announcer.person_changed(person)
        await self._left_behind(former)
        await self._identities.person_changed(person)
        await self._identities.household_changed(home)

    async def _left_behind(self, household: HouseholdId) -> None:
        await self._announcer.household_changed(household)
        await self._identities.household_changed(household)
        await self._news.tell(household)

    async def _deregister(self, principal: Principal, command: wire.Deregister) -> None:
        """Its answer leaves first, and then the endpoint that asked goes like the others: nothing is awaited from
        here to there."""
        person = _somebody(principal)
        knew = [one.id for one in await self._directory.people_known_to(person)]
        gone = await self._leaving.deregister(principal, command.link)
        await self._gone(person, knew, gone, but=principal.endpoint)
        asyncio.get_running_loop().call_soon(self._expel, principal.endpoint)

    async def dismissed(self, person: PersonId) -> None:
        """The operator has terminated the account. Raises Problem(unknown_person)."""
        knew = [one.id for one in await self._directory.people_known_to(person)]
        await self._gone(person, knew, await self._leaving.dismiss(person), but=None)

    async def _gone(
        self, person: PersonId, knew: Iterable[PersonId], gone: Gone, *, but: EndpointId | None
    ) -> None:
        self._switchboard.take_out(person)
        await self._announcer.told(self._books.unlinked(person))
        for endpoint in gone.endpoints:
            if endpoint != but:
                self._expel(endpoint)
        await self._announcer.told(self._erased(knew, gone.household))
        if gone.mobile is not None:
            await self._announcer.told(self._contacts.number_changed(gone.mobile))

    async def _erased(self, knew: Iterable[PersonId], household: HouseholdId | None) -> None:
        await self._announcer.directories_changed(knew)
        if household is not None:
            await self._left_behind(household)


def _somebody(principal: Principal) -> PersonId:
    """The person of a personal endpoint, registered or not."""
    if principal.person is None or principal.shared:
        raise Problem(Code.NOT_REGISTERED)
    return principal.person


def _profiles(request: str, profiles: Iterable[Person]) -> wire.Profiles:
    views = tuple(wire.ProfileView(id=one.id, name=one.name) for one in profiles)
    return wire.Profiles(re=request, profiles=views)
