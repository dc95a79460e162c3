"""Routes each command to the one who carries it out, whichever way it came. Raises Problem for every "no".

The law of this file

    Who asks is found out first (`signaling.signing_in`), then whether they may ask that (`signaling.permitted`);
    what they want is looked at by one subject alone (`signaling.subjects`).
    A command that no subject takes is unknown here: those by which one comes in are `signaling.strangers`', and those
    about a connection are the connection's own.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, Protocol

from kith.core.ids import EndpointId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.model import Endpoint
from signaling import protocol as wire
from signaling.accounts import ACCOUNT_COMMANDS
from signaling.announcements import ANNOUNCE_COMMANDS
from signaling.at_endpoint import ENDPOINT_COMMANDS
from signaling.blocking import BLOCK_COMMANDS
from signaling.books import BOOK_COMMANDS
from signaling.calling import CALL_COMMANDS
from signaling.children import CHILD_COMMANDS
from signaling.contacts import CONTACT_COMMANDS
from signaling.given import Given
from signaling.granting import GRANT_COMMANDS
from signaling.grouping import GROUP_COMMANDS
from signaling.history import HISTORY_COMMANDS
from signaling.identities import IDENTITY_COMMANDS
from signaling.inviting import INVITE_COMMANDS
from signaling.journal import JOURNAL_COMMANDS
from signaling.live_rooms import ROOM_COMMANDS
from signaling.message_reports import REPORT_COMMANDS
from signaling.messaging import MESSAGE_COMMANDS
from signaling.passkeys import PASSKEY_COMMANDS
from signaling.people import PEOPLE_COMMANDS
from signaling.permitted import Permits
from signaling.push import PUSH_COMMANDS
from signaling.subjects import Subjects

TOKEN_LIFE = 900.0
"""Seconds a script's bearer token lives; a new one costs one signature."""


class Desk:
    """Everything that an endpoint can ask, in one place; each answer is made elsewhere."""

    def __init__(self, given: Given, subjects: Subjects) -> None:
        self.directory, self.registry, self.sessions = given.directory, given.registry, given.sessions
        self.server, self.clock = given.server, given.clock
        self.strangers, self.messaging = subjects.strangers, subjects.messaging
        self.authenticate = subjects.signing_in.authenticate
        self.principal = subjects.signing_in.principal
        self._switchboard, self._grouping = given.switchboard, subjects.grouping
        self._people = subjects.people
        self._permits = Permits(given.directory)
        self._routes = dict(_routes(subjects))

    def pass_on(self, endpoint: EndpointId, command: wire.Signal | wire.SignalGroup) -> None:
        """A blob for another endpoint: nothing to await, to save or to answer. Raises Problem."""
        if type(command) is wire.Signal:
            self._switchboard.signal(endpoint, command)
        elif type(command) is wire.SignalGroup:
            self._grouping.media.signal(endpoint, command)

    async def carry_out(
        self, principal: Principal, endpoint: Endpoint, command: wire.AnyCommand, *, origin: str
    ) -> wire.AnyReply:
        """One command of a signed-in endpoint, which dialled this server as `origin`."""
        if command.as_person is not None:
            principal = await self.principal(endpoint, command.as_person)
        await self._permits.check(principal, endpoint, command)
        route = self._routes.get(type(command))
        if route is None:
            raise Problem(Code.UNKNOWN_COMMAND, path="t")
        return await route(principal, endpoint, command, origin)

    async def export(self, endpoint: Endpoint) -> dict[str, Any]:
        """All that is kept of an endpoint's person. Raises Problem."""
        principal = await self.principal(endpoint, None)
        if principal.shared:
            raise Problem(Code.NOT_PERMITTED)
        if endpoint.waiting:
            raise Problem(Code.NOT_CONFIRMED)
        return await self._people.export(principal)


# -- who carries out what --------------------------------------------------------------------------

_Kinds = Iterable[type[wire.Command]]
_Route = Callable[[Principal, Endpoint, Any, str], Awaitable[wire.AnyReply]]


class _Subject(Protocol):
    """What carries out the commands about one subject, for a principal."""

    async def carry_out(self, principal: Principal, command: Any) -> wire.AnyReply: ...


class _AtEndpoint(Protocol):
    """The same, where it matters what the endpoint is as well."""

    async def carry_out(self, principal: Principal, endpoint: Endpoint, command: Any) -> wire.AnyReply: ...


class _Dialled(Protocol):
    """The same, where it matters under which address the endpoint came."""

    async def carry_out(self, principal: Principal, command: Any, origin: str) -> wire.AnyReply: ...


def _routes(subjects: Subjects) -> Iterator[tuple[type[wire.Command], _Route]]:
    by_subject: tuple[tuple[_Kinds, _Subject], ...] = (
        (ACCOUNT_COMMANDS, subjects.accounts),
        (ANNOUNCE_COMMANDS, subjects.announcements),
        (BLOCK_COMMANDS, subjects.blocks),
        (BOOK_COMMANDS, subjects.books),
        (CALL_COMMANDS, subjects.calls),
        (CHILD_COMMANDS, subjects.children),
        (CONTACT_COMMANDS, subjects.contacts),
        (GRANT_COMMANDS, subjects.grants),
        (GROUP_COMMANDS, subjects.grouping),
        (HISTORY_COMMANDS, subjects.history),
        (IDENTITY_COMMANDS, subjects.identities),
        (INVITE_COMMANDS, subjects.invitations),
        (JOURNAL_COMMANDS, subjects.journal),
        (MESSAGE_COMMANDS, subjects.messaging),
        (PEOPLE_COMMANDS, subjects.people),
        (PUSH_COMMANDS, subjects.push),
        (REPORT_COMMANDS, subjects.message_reports),
        (ROOM_COMMANDS, subjects.rooms),
    )
    at_endpoint: tuple[tuple[_Kinds, _AtEndpoint], ...] = (
        (ENDPOINT_COMMANDS, subjects.endpoints),
        ((wire.BeginAnew,), subjects.beginning),
        ((wire.ResolveName,), subjects.names),
        ((wire.Utter,), subjects.utterances),
    )
    dialled: tuple[tuple[_Kinds, _Dialled], ...] = ((PASSKEY_COMMANDS, subjects.passkeys),)
    yield from ((kind, _subject(one)) for kinds, one in by_subject for kind in kinds)
    yield from ((kind, _at_endpoint(one)) for kinds, one in at_endpoint for kind in kinds)
    yield from ((kind, _dialled(one)) for kinds, one in dialled for kind in kinds)


def _subject(one: _Subject) -> _Route:
    return lambda principal, _, command, __: one.carry_out(principal, command)


def _at_endpoint(one: _AtEndpoint) -> _Route:
    return lambda principal, endpoint, command, _: one.carry_out(principal, endpoint, command)


def _dialled(one: _Dialled) -> _Route:
    return lambda principal, _, command, origin: one.carry_out(principal, command, origin)
