"""The commands about passkeys: a person's own, and coming in with one."""

from kith.core.principal import Principal
from kith.directory.ceremonies import ALGORITHMS, Assertion
from kith.directory.model import Endpoint, Person
from kith.directory.passkeys import CHALLENGE_LIFE, Passkeys
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered
from signaling import protocol as wire
from signaling.announcing import Announcer
from signaling.news import HouseholdNews
from signaling.views import public_keys

Command = wire.BeginPasskey | wire.AddPasskey | wire.ListPasskeys | wire.RenamePasskey | wire.RemovePasskey
PASSKEY_COMMANDS = (
    wire.BeginPasskey,
    wire.AddPasskey,
    wire.ListPasskeys,
    wire.RenamePasskey,
    wire.RemovePasskey,
)


class PasskeyDesk:
    """`origin` is the address under which whoever asks has dialled this server."""

    def __init__(
        self, passkeys: Passkeys, directory: DirectoryStore, announcer: Announcer, news: HouseholdNews
    ) -> None:
        self._passkeys = passkeys
        self._directory = directory
        self._announcer = announcer
        self._news = news

    async def carry_out(self, principal: Principal, command: Command, origin: str) -> wire.AnyReply:
        """One of a signed-in person's. Raises Problem."""
        match command:
            case wire.BeginPasskey():
                return await self._begin(principal, command.id, origin)
            case wire.AddPasskey():
                await self._passkeys.add(
                    principal,
                    origin,
                    name=command.name,
                    client_data=command.client_data,
                    attestation=command.attestation,
                )
                await self._announcer.told(self._news.tell(principal.household))
                return await self._list(principal, command.id)
            case wire.ListPasskeys():
                return await self._list(principal, command.id)
            case wire.RenamePasskey():
                await self._passkeys.rename(principal, command.credential, command.name)
            case wire.RemovePasskey():
                await self._passkeys.remove(principal, command.credential)
        return wire.Ok(re=command.id)

    def ask(self, command: wire.AskPasskey, origin: str) -> wire.PasskeyAsked:
        asked = self._passkeys.ask(origin)
        return wire.PasskeyAsked(
            re=command.id,
            challenge=asked.challenge,
            relying_party=asked.relying_party,
            expires_in=CHALLENGE_LIFE,
        )

    async def enrol(self, command: wire.UsePasskey, origin: str) -> Endpoint:
        """The endpoint of whoever came in. Raises Problem."""
        said = Assertion(
            credential=command.credential,
            client_data=command.client_data,
            authenticator_data=command.authenticator_data,
            signature=command.signature,
            handle=command.handle,
        )
        return await self._passkeys.enrol(
            said,
            origin,
            keys=public_keys(command.keys),
            name=command.name,
            capabilities=command.capabilities,
        )

    async def _begin(self, principal: Principal, request: str, origin: str) -> wire.PasskeyBegun:
        asked = self._passkeys.begin(principal, origin)
        known = await self._passkeys.of(principal)
        person: Person | None = await self._directory.person(registered(principal))
        return wire.PasskeyBegun(
            re=request,
            challenge=asked.challenge,
            relying_party=asked.relying_party,
            expires_in=CHALLENGE_LIFE,
            handle=registered(principal).encode(),
            name="" if person is None else person.name,
            algorithms=ALGORITHMS,
            exclude=tuple(one.credential for one in known),
        )

    async def _list(self, principal: Principal, request: str) -> wire.Passkeys:
        found = await self._passkeys.of(principal)
        return wire.Passkeys(
            re=request,
            passkeys=tuple(
                wire.PasskeyView(credential=one.credential, name=one.name, added=one.added, used=one.used)
                for one in found
            ),
        )
