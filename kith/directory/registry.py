"""How people and endpoints come to be known: invitation, sign-up, verification, pairing.

An invitation's secret travels in a link, a pairing code is typed; both work once and for a short
time. A person exists from sign-up but calls and is reached only once their number is verified (R1).
"""

import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kith.core.capabilities import Capabilities
from kith.core.ids import EndpointId, PersonId, new_endpoint, new_household, new_person, new_secret
from kith.core.keys import PublicKeys
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.digest import Digest
from kith.directory.legible import tidied
from kith.directory.model import Endpoint, Invitation, Pairing, Person, Verification
from kith.directory.numbers import mobile as to_mobile
from kith.directory.ports import DirectoryStore

INVITATION_LIFE = 7 * 86_400.0
"""A link is sent today and opened at the weekend; a forgotten one should not lie around for longer."""

PAIRING_LIFE = 600.0
"""Long enough to walk to the device and type; 40 bits must not be guessed meanwhile."""

VERIFICATION_LIFE = 600.0
VERIFICATION_TRIES = 5
"""Six digits and five tries: one chance in 200,000 for somebody who guesses."""

CODES = 5
CODES_SPAN = 3600.0
"""So many codes an hour, or guessing would only have to ask for another one: 25 tries an hour are one
chance in 40,000. Each also costs the operator, and whoever has the number, a message."""

_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing to misread when read aloud

CodeSender = Callable[[str, str], None]
"""Delivers a verification code: (mobile in E.164, code). Must not log either."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Whom this server takes in."""

    open_sign_up: bool
    test: bool
    region: str
    household: str


class Registry:
    """The commands by which people and endpoints join. Raises Problem for every "no"."""

    def __init__(
        self,
        store: DirectoryStore,
        digest: Digest,
        admission: Admission,
        send_code: CodeSender,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._digest = digest
        self._admission = admission
        self._send_code = send_code
        self._clock = clock

    async def invite(self, invitation: Invitation) -> str:
        """Store an invitation; returns its secret, for a link."""
        secret = new_secret()
        await self._store.add_invitation(self._digest("invitation", secret), invitation)
        return secret

    async def invite_from(self, principal: Principal, *, household: bool) -> tuple[str, float]:
        """An invitation by a registered person: its secret and when it expires."""
        inviter = registered(principal)
        expires = self._clock() + INVITATION_LIFE
        joins = principal.household if household else None
        invitation = Invitation(inviter, joins, owner=False, expires=expires, offered_by=principal.endpoint)
        secret = await self.invite(invitation)
        return secret, expires

    async def invitation(self, secret: str) -> Invitation:
        found = await self._store.invitation(self._digest("invitation", secret))
        if found is None or found.expires <= self._clock():
            raise Problem(Code.INVITATION_INVALID, path="secret")
        return found

    async def offer_pairing(self, pairing: Pairing) -> str:
        """Store a pairing; returns its code, eight signs in two groups."""
        code = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(8))
        await self._store.add_pairing(self._digest("pairing", code), pairing)
        return f"{code[:4]}-{code[4:]}"

    async def offer_pairing_from(self, principal: Principal, *, shared: bool) -> tuple[str, float]:
        person = registered(principal)
        expires = self._clock() + PAIRING_LIFE
        pairing = Pairing(principal.household, person, shared, expires, offered_by=principal.endpoint)
        return await self.offer_pairing(pairing), expires

    async def sign_up(
        self,
        *,
        secret: str | None,
        name: str,
        mobile: str,
        keys: PublicKeys,
        device_name: str,
        capabilities: Capabilities,
    ) -> Endpoint:
        """Add an unverified person with a first endpoint, and send the code to their number.

        The same keys with the same invitation again are the same endpoint: its reply was lost on the way.
        """
        self._refuse_on_test_server()
        check_keys(keys)
        try:
            return await self._sign_up(secret, name, mobile, keys, device_name, capabilities)
        except Problem as problem:
            if problem.code is not Code.INVITATION_INVALID or secret is None:
                raise
            return await self._enrolled_before(self._digest("invitation", secret), keys, problem)

    async def _enrolled_before(self, digest: bytes, keys: PublicKeys, problem: Problem) -> Endpoint:
        before = await self._store.enrolled_by(digest, keys.identity)
        if before is None:
            raise problem
        return before

    async def _sign_up(
        self,
        secret: str | None,
        name: str,
        mobile: str,
        keys: PublicKeys,
        device_name: str,
        capabilities: Capabilities,
    ) -> Endpoint:
        invitation = None if secret is None else await self.invitation(secret)
        if invitation is None and not self._admission.open_sign_up:
            raise Problem(Code.INVITATION_INVALID, path="secret")
        now = self._clock()
        joins = invitation.household if invitation is not None else None
        person = Person(
            id=new_person(),
            household=joins or new_household(),
            name=tidy(name, "name"),
            mobile=to_mobile(mobile, self._admission.region),
            registered=None,
        )
        endpoint = Endpoint(
            id=new_endpoint(),
            household=person.household,
            person=person.id,
            name=tidy(device_name, "device_name"),
            shared=False,
            keys=keys,
            capabilities=capabilities,
            added=now,
            seen=now,
        )
        code, verification = self._new_code(person.id, now)
        await self._store.sign_up(
            person,
            endpoint,
            verification,
            household_name=None if joins else self._admission.household,
            invitation=None if secret is None else self._digest("invitation", secret),
            now=now,
        )
        self._send_code(person.mobile or "", code)
        return endpoint

    async def pair(self, code: str, keys: PublicKeys, name: str, capabilities: Capabilities) -> Endpoint:
        """Enrol one more endpoint. The same keys with the same code again are the same endpoint."""
        self._refuse_on_test_server()
        check_keys(keys)
        plain = code.upper().replace("-", "").replace(" ", "")
        now = self._clock()
        unplaced = Endpoint(
            id=new_endpoint(),
            household=new_household(),  # replaced by the pairing's
            person=None,
            name=tidy(name, "name"),
            shared=False,
            keys=keys,
            capabilities=capabilities,
            added=now,
            seen=now,
        )
        digest = self._digest("pairing", plain)
        try:
            return await self._store.pair(digest, unplaced, now=now)
        except Problem as problem:
            if problem.code is not Code.PAIRING_INVALID:
                raise
            return await self._enrolled_before(digest, keys, problem)

    async def enrol_test(
        self, *, household: str, person: str, endpoint: Endpoint, knows: Sequence[PersonId]
    ) -> Endpoint:
        if not self._admission.test:
            raise Problem(Code.NOT_TEST_SERVER)
        check_keys(endpoint.keys)
        return await self._store.enrol_test(household, person, endpoint, knows)

    async def verify(self, person: PersonId, code: str) -> None:
        """Register the person. The count of tries is saved before the code is compared."""
        verification = await self._store.verification(person)
        if verification is None:
            raise Problem(Code.ALREADY_REGISTERED)
        if verification.expires <= self._clock():
            raise Problem(Code.WRONG_CODE, path="code")
        tries = await self._store.count_try(person, most=VERIFICATION_TRIES)
        if tries is None:
            raise Problem(Code.TOO_MANY_TRIES, path="code")
        if not hmac.compare_digest(verification.digest, self._digest("verification", code.strip())):
            left = VERIFICATION_TRIES - tries
            raise Problem(Code.WRONG_CODE, path="code", data={"tries_left": left})
        await self._store.register(person, now=self._clock())

    async def resend(self, person: PersonId) -> None:
        """Send a new code. Raises Problem(rate_limited) after CODES in CODES_SPAN."""
        found = await self._store.person(person)
        if found is None or found.mobile is None or found.registered is not None:
            raise Problem(Code.ALREADY_REGISTERED)
        now = self._clock()
        code, verification = self._new_code(person, now)
        again = await self._store.renew_verification(verification, most=CODES, span=CODES_SPAN)
        if again is not None:
            raise Problem(Code.RATE_LIMITED, data={"retry_after": round(again - now, 3)})
        self._send_code(found.mobile, code)

    def network_digest(self, owner: str, network: str) -> bytes:
        """What is kept of a network from which an endpoint of `owner` signed in."""
        return self._digest(f"network {owner}", network)

    async def issue_token(self, endpoint: EndpointId, life: float) -> str:
        token = new_secret()
        await self._store.add_token(self._digest("token", token), endpoint, expires=self._clock() + life)
        return token

    async def bearer(self, token: str) -> EndpointId:
        endpoint = await self._store.token(self._digest("token", token), now=self._clock())
        if endpoint is None:
            raise Problem(Code.INVALID_TOKEN)
        return endpoint

    def _new_code(self, person: PersonId, now: float) -> tuple[str, Verification]:
        code = f"{secrets.randbelow(1_000_000):06d}"
        digest = self._digest("verification", code)
        return code, Verification(person, digest, now + VERIFICATION_LIFE, tries=0, sent=1, since=now)

    def _refuse_on_test_server(self) -> None:
        if self._admission.test:
            raise Problem(Code.TEST_SERVER)


def registered(principal: Principal) -> PersonId:
    """The person a principal acts as. Raises Problem(not_registered) unless their number is verified."""
    if principal.person is None or not principal.registered:
        raise Problem(Code.NOT_REGISTERED)
    return principal.person


def tidy(name: str, path: str) -> str:
    """A name as it will be shown. Raises Problem(invalid) at `path` where nothing is left of it."""
    shown = tidied(name)
    if not shown:
        raise Problem(Code.INVALID, path=path)
    return shown


def named(endpoint: Endpoint, person: Person | None) -> Principal:
    """The principal that an endpoint is, acting as `person`."""
    return Principal(
        endpoint=endpoint.id,
        household=endpoint.household,
        person=None if person is None else person.id,
        shared=endpoint.shared,
        registered=person is not None and person.registered is not None,
        test=endpoint.test,
    )


def check_keys(keys: PublicKeys) -> None:
    """Raises Problem(bad_signature) for keys that do not belong together."""
    if not keys.consistent():
        raise Problem(Code.BAD_SIGNATURE, path="keys.sealing_signature")
