"""The commands by which parents look after children, and who is told: every adult of the household, and those with
whom the child may talk.

The law of this file

    What a parent forbids is on disk before the answer leaves, and what goes on against it ends before it, too.
    Brothers and sisters learn nothing of each other here.
"""

from collections.abc import Awaitable, Callable, Iterable

from kith.core import consent
from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.principal import Principal
from kith.directory.children import Change, Child, ChildCall, Children
from kith.directory.ports import DirectoryStore
from policy.child import Limits
from signaling import protocol as wire
from signaling.announcing import Announcer
from signaling.journal import Journal
from signaling.news import HouseholdNews
from signaling.sessions import Sessions
from signaling.switchboard import Switchboard

Command = (
    wire.AddChild
    | wire.ListChildren
    | wire.GiveConsent
    | wire.SetChild
    | wire.ChildActivity
    | wire.EraseChild
)
CHILD_COMMANDS = (
    wire.AddChild,
    wire.ListChildren,
    wire.GiveConsent,
    wire.SetChild,
    wire.ChildActivity,
    wire.EraseChild,
)

NOT_FOR_CHILDREN = (
    *CHILD_COMMANDS,
    wire.Invite,
    wire.OfferPairing,
    wire.RenameEndpoint,
    wire.Verify,
    wire.ResendCode,
    wire.ChangeMobile,
    wire.AddProfile,
    wire.RemoveProfile,
    wire.ListProfiles,
    wire.LeaveHousehold,
    wire.Deregister,
    wire.ExtendHousehold,
    wire.SetRegion,
    wire.AddContact,
    wire.EditContact,
    wire.DeleteContact,
    wire.SetContactImport,
    wire.ImportContacts,
    wire.AcceptMoved,
    wire.LinkBook,
    wire.SyncBook,
    wire.UnlinkBook,
    wire.ListRooms,
)
"""What adults decide: who lives here and what belongs here, whom a child knows, and that it is one."""


class ChildDesk:
    """`expel` makes an endpoint that was removed go at once; in `journal` what others wrote of a child is taken away;
    `settled`: those drop ins of a household end that may not go on. Raises Problem for every "no"."""

    def __init__(
        self,
        children: Children,
        directory: DirectoryStore,
        sessions: Sessions,
        switchboard: Switchboard,
        announcer: Announcer,
        news: HouseholdNews,
        expel: Callable[[EndpointId], None],
        journal: Journal,
        settled: Callable[[HouseholdId], Awaitable[None]],
    ) -> None:
        self.children = children
        self._directory = directory
        self._sessions = sessions
        self._switchboard = switchboard
        self._announcer = announcer
        self._news = news
        self._expel = expel
        self._journal = journal
        self._settled = settled

    async def carry_out(self, principal: Principal, command: Command) -> wire.AnyReply:
        """One of the commands."""
        home = principal.household
        match command:
            case wire.AddChild():
                child = await self.children.add(principal, command.name)
                await self._announcer.told(self._tell(home))
                return wire.ChildShown(re=command.id, child=_view(child))
            case wire.ListChildren():
                return await self._list(principal, command.id)
            case wire.GiveConsent():
                return await self._agree(principal, command)
            case wire.SetChild():
                return await self._set(principal, command)
            case wire.ChildActivity():
                calls, more = await self.children.calls(
                    principal, PersonId(command.child), before=command.before
                )
                return wire.ChildCalls(re=command.id, calls=tuple(map(_call_view, calls)), more=more)
            case wire.EraseChild():
                await self._erase(principal, PersonId(command.child))
                return wire.Ok(re=command.id)

    async def _list(self, principal: Principal, request: str) -> wire.ChildrenShown:
        views = tuple(map(_view, await self.children.of(principal)))
        return wire.ChildrenShown(re=request, children=views, version=consent.VERSION)

    async def _agree(self, principal: Principal, command: wire.GiveConsent) -> wire.ChildShown:
        child = PersonId(command.child)
        if await self.children.agree(principal, child, command.version):
            await self._announcer.told(self._announcer.registered(child))
            await self._announcer.told(self._announcer.household_changed(principal.household))
            await self._announcer.told(self._tell(principal.household))
        return wire.ChildShown(re=command.id, child=_view(await self.children.one(principal, child)))

    async def _set(self, principal: Principal, command: wire.SetChild) -> wire.ChildShown:
        change = Change(
            name=command.name,
            calling=command.calling,
            messaging=command.messaging,
            drop_in=command.drop_in,
            drop_in_home=command.drop_in_home,
            contacts=None if command.contacts is None else frozenset(map(PersonId, command.contacts)),
        )
        before, after = await self.children.change(principal, PersonId(command.child), change)
        self._hold(after.id, before.limits, after.limits)
        await self._announcer.told(self._settled(principal.household))
        await self._announcer.told(self._announcer.person_changed(after.id))
        concerned = before.limits.contacts ^ after.limits.contacts
        await self._announcer.told(self._announcer.directories_changed((after.id, *sorted(concerned))))
        await self._announcer.told(self._tell(principal.household))
        return wire.ChildShown(re=command.id, child=_view(after))

    def _hold(self, child: PersonId, before: Limits, after: Limits) -> None:
        """What goes on and may not any more ends."""
        if before.calling and not after.calling:
            self._switchboard.take_out(child)
        elif before != after:
            self._switchboard.keep_apart(child, before.contacts - after.contacts)

    async def _erase(self, principal: Principal, child: PersonId) -> None:
        await self.children.one(principal, child)
        knew = [one.id for one in await self._directory.people_known_to(child)]
        await self._switchboard.taken_out(child)
        await self._journal.settled()
        written = await self._journal.about(child)
        dead = await self.children.erase(principal, child)
        self._journal.taken_away(written)
        for endpoint in dead:
            self._expel(endpoint)
        await self._announcer.told(self._announcer.directories_changed(knew))
        await self._announcer.told(self._announcer.household_changed(principal.household))
        await self._announcer.told(self._tell(principal.household))
        await self._announcer.told(self._missed_changed(knew))

    async def _missed_changed(self, people: Iterable[PersonId]) -> None:
        for person in people:
            await self._switchboard.announce_missed(person)

    async def _tell(self, household: HouseholdId) -> None:
        """Every adult: the news, and the children as they are now."""
        await self._news.tell(household)
        views = tuple(map(_view, await self.children.all(household)))
        for adult in await self._directory.housemates(household):
            if adult.child or adult.registered is None:
                continue
            for endpoint in await self._directory.endpoints_for(adult.id):
                if not (endpoint.shared or endpoint.waiting):
                    self._sessions.push(endpoint.id, wire.ChildrenChanged(children=views))


def _view(child: Child) -> wire.ChildView:
    limits, agreed = child.limits, child.consent
    return wire.ChildView(
        id=child.id,
        name=child.name,
        consent=None if agreed is None else agreed.version,
        consented=None if agreed is None else agreed.at,
        calling=limits.calling,
        messaging=limits.messaging,
        drop_in=limits.drop_in,
        drop_in_home=limits.drop_in_home,
        contacts=tuple(wire.ChildContact(person=one, name=name) for one, name in child.contacts),
    )


def _call_view(call: ChildCall) -> wire.ChildCallView:
    return wire.ChildCallView(
        call=call.id,
        person=call.person,
        name=call.name,
        outgoing=call.outgoing,
        video=call.video,
        at=call.at,
        answered=call.answered,
        ended=call.ended if call.answered is not None else None,
    )
