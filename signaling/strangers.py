"""How people and endpoints come in: the commands of who has not signed in yet."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from kith.core.ids import EndpointId, HouseholdId, PersonId, new_endpoint, new_household
from kith.core.problem import Code, Problem
from kith.core.trust.person_links import PersonBegin
from kith.directory.identities import Identities
from kith.directory.model import Endpoint, Person
from kith.directory.ports import DirectoryStore
from kith.directory.registry import Newcomer, Registry, tidy
from signaling import protocol as wire
from signaling.announcing import Announcer
from signaling.identities import IdentityDesk
from signaling.news import HouseholdNews
from signaling.passkeys import PasskeyDesk
from signaling.views import public_keys


class Strangers:
    """Raises Problem for every "no"."""

    def __init__(
        self,
        *,
        directory: DirectoryStore,
        registry: Registry,
        identities: Identities,
        identity_desk: IdentityDesk,
        passkey_desk: PasskeyDesk,
        announcer: Announcer,
        news: HouseholdNews,
        profiles: Callable[[HouseholdId], Awaitable[Sequence[Person]]],
        expel: Callable[[EndpointId], None],
        server: bytes,
        clock: Callable[[], float],
    ) -> None:
        """`profiles` are whom a household has saved; `server` is the server's identity key."""
        self._directory = directory
        self._registry = registry
        self._identities = identities
        self._identity_desk = identity_desk
        self._passkey_desk = passkey_desk
        self._announcer = announcer
        self._news = news
        self._profiles = profiles
        self._expel = expel
        self._server = server
        self._clock = clock

    async def welcome(self, command: wire.AnyCommand, *, origin: str) -> wire.AnyReply:
        """The commands by which one joins. `challenge` and `sign_in` belong to the connection. `origin` is how
        the stranger dialled this server."""
        match command:
            case wire.LookUpInvitation():
                return await self._look_up(command)
            case wire.SignUp():
                if command.link is not None:
                    self._identities.check_begin(command.link, command.keys.identity)
                enrolled = await self._registry.sign_up(_newcomer(command))
                endpoint = enrolled.endpoint
                assert endpoint.person is not None
                if command.link is not None:
                    await self._identities.begin(endpoint.person, command.link)
                    await self._announcer.told(self._identity_desk.household_changed(endpoint.household))
                return wire.SignedUp(
                    re=command.id,
                    person=endpoint.person,
                    household=endpoint.household,
                    endpoint=endpoint.id,
                    server=self._server,
                    code_sent=enrolled.code_sent,
                )
            case wire.Pair():
                return await self._pair(command)
            case wire.LookUpRecovery():
                person, signed = await self._identities.by_recovery(command.recovery)
                found = await self._directory.person(person)
                return wire.RecoveryFound(
                    re=command.id,
                    name="" if found is None else found.name,
                    identity=wire.PersonIdentity(
                        person=person, links=signed.links, delegations=signed.delegations
                    ),
                )
            case wire.Recover():
                endpoint, former = await self._identities.recover(
                    command.link, command.name, command.capabilities
                )
                for one in former:
                    self._expel(one)
                await self.told_of_newcomer(endpoint)
                await self._announcer.told(
                    self._identity_desk.person_changed(PersonId(endpoint.person or ""))
                )
                return self._paired(endpoint, command.id, shared=False)
            case wire.AskPasskey():
                return self._passkey_desk.ask(command, origin)
            case wire.UsePasskey():
                endpoint = await self._passkey_desk.enrol(command, origin)
                await self.told_of_newcomer(endpoint)
                return self._paired(endpoint, command.id, shared=False)
            case wire.EnrolTest():
                return await self._enrol_test(command)
            case _:
                raise Problem(Code.NOT_SIGNED_IN)

    async def _pair(self, command: wire.Pair) -> wire.Paired:
        if command.link is not None:
            self._identities.check_begin(command.link, command.keys.identity)
        endpoint = await self._registry.pair(
            command.code, public_keys(command.keys), command.name, command.capabilities
        )
        begun = command.link is not None and await self._begins(endpoint, command.link)
        await self.told_of_newcomer(endpoint)
        offered_by = await self._directory.offered_by(endpoint.id)
        paired = self._paired(endpoint, command.id, shared=endpoint.shared)
        return msgspec.structs.replace(paired, offered_by=offered_by, begun=begun)

    async def _begins(self, endpoint: Endpoint, link: PersonBegin) -> bool:
        """Whether a child's chain begins with the endpoint; the same again, because the reply was lost, does too."""
        if endpoint.shared or endpoint.person is None:
            return False
        person = await self._directory.person(endpoint.person)
        if person is None or not person.child:
            return False
        signed = await self._identities.of(person.id)
        if signed is None:
            await self._identities.begin(person.id, link)
        return signed is None or signed.links[0] == link

    async def told_of_newcomer(self, endpoint: Endpoint) -> None:
        """Everybody whom it concerns, of an endpoint that has just been enrolled."""
        await self._announcer.told(self._announcer.endpoints_changed(endpoint))
        await self._announcer.told(self._identity_desk.household_changed(endpoint.household))
        await self._announcer.told(self._news.tell(endpoint.household))

    async def _look_up(self, command: wire.LookUpInvitation) -> wire.AnyReply:
        invitation = await self._registry.invitation(command.secret)
        inviter = await self._directory.person(invitation.inviter) if invitation.inviter else None
        home = invitation.household
        saved = () if home is None else await self._profiles(home)
        return wire.InvitationDetails(
            re=command.id,
            inviter="" if inviter is None else inviter.name,
            household=home is not None,
            owner=invitation.owner,
            profiles=tuple(wire.ProfileView(id=one.id, name=one.name) for one in saved),
        )

    async def _enrol_test(self, command: wire.EnrolTest) -> wire.AnyReply:
        bare = Endpoint(
            id=new_endpoint(),
            household=new_household(),  # replaced by the one that is named
            person=None,
            name=tidy(command.device_name, "device_name"),
            shared=command.shared,
            keys=public_keys(command.keys),
            capabilities=command.capabilities,
            test=True,
            added=self._clock(),
            seen=self._clock(),
        )
        endpoint = await self._registry.enrol_test(
            household=command.household,
            person=command.person,
            endpoint=bare,
            knows=[PersonId(person) for person in command.knows],
        )
        return self._paired(endpoint, command.id, shared=False)

    def _paired(self, endpoint: Endpoint, request: str, *, shared: bool) -> wire.Paired:
        return wire.Paired(
            re=request,
            household=endpoint.household,
            endpoint=endpoint.id,
            server=self._server,
            person=None if shared else endpoint.person,
        )


def _newcomer(command: wire.SignUp) -> Newcomer:
    return Newcomer(
        secret=command.secret,
        name=command.name,
        mobile=command.mobile,
        keys=public_keys(command.keys),
        device_name=command.device_name,
        guidelines=command.guidelines,
        capabilities=command.capabilities,
        profile=None if command.profile is None else PersonId(command.profile),
    )
