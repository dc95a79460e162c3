"""Who it is that asks: an endpoint that proves its key, and the person whom it acts as.

The law of this file

    Only the key proves an endpoint; one that nobody knows costs the same time as a wrong signature.
    A personal endpoint acts for its person, a shared one for any adult who lives with it.
    Whoever is suspended acts no more, whichever endpoint they stand before.
"""

from dataclasses import replace

from kith.core.ids import EndpointId, PersonId
from kith.core.keys import KeyPair, sign_in_statement, verify
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.model import Endpoint, Person
from kith.directory.ports import DirectoryStore
from kith.directory.registry import named
from signaling import protocol as wire
from signaling.attendance import Attendance
from signaling.news import HouseholdNews


class SigningIn:
    """`server` is the server's identity key, which is part of what an endpoint signs."""

    def __init__(
        self, directory: DirectoryStore, attendance: Attendance, news: HouseholdNews, server: bytes
    ) -> None:
        self._directory = directory
        self._attendance = attendance
        self._news = news
        self._server = server
        self._nobody = KeyPair.generate().public.identity
        """Nobody's key: an unknown endpoint costs the same time as a wrong signature."""

    async def authenticate(
        self, command: wire.SignIn, *, origin: str, nonce: bytes | None, address: str
    ) -> tuple[Endpoint, Principal]:
        """The endpoint whose key signed. An unknown endpoint and a wrong signature look the same; that it
        was removed is said only to whoever holds its key. Raises Problem."""
        if nonce is None or command.nonce != nonce:
            raise Problem(Code.STALE_NONCE, path="nonce")
        endpoint = await self._directory.record(EndpointId(command.endpoint))
        message = sign_in_statement(self._server, origin, nonce, command.endpoint)
        key = self._nobody if endpoint is None else endpoint.keys.identity
        if not verify(key, command.signature, message) or endpoint is None:
            raise Problem(Code.BAD_SIGNATURE, path="signature")
        if endpoint.removed is not None:
            raise Problem(Code.ENDPOINT_REMOVED)
        self._attendance.note(endpoint)
        self._news.signed_in(endpoint, address)
        if command.capabilities is not None and command.capabilities != endpoint.capabilities:
            await self._directory.describe_endpoint(endpoint.id, None, command.capabilities)
            endpoint = replace(endpoint, capabilities=command.capabilities)
        return endpoint, await self.principal(endpoint, None)

    async def principal(self, endpoint: Endpoint, as_person: str | None) -> Principal:
        """The endpoint acting as a person: its own, or on a shared one any adult of the household. Raises
        Problem(not_permitted), (suspended)."""
        person = None
        wanted = as_person or endpoint.person
        if wanted is not None:
            person = await self._directory.person(PersonId(wanted))
        if as_person is not None and not _may_act_as(endpoint, person):
            raise Problem(Code.NOT_PERMITTED, path="as")
        chosen = as_person is not None or not endpoint.shared  # what a household shares is not one person's
        if chosen and person is not None and person.suspended is not None:
            raise Problem(Code.SUSPENDED)
        return named(endpoint, person)


def _may_act_as(endpoint: Endpoint, person: Person | None) -> bool:
    """A personal endpoint acts for its person; a shared one for those of its household. Whether the person has
    signed for that too is not the server's to say: the other end of a call looks (docs/trust.md)."""
    if person is None:
        return False
    if endpoint.shared:
        return person.household == endpoint.household
    return person.id == endpoint.person
