"""How people and endpoints come to be known: invitation, sign-up, pairing.

An invitation's secret travels in a link, a pairing code is typed; both work once and for a short
time. A person exists from sign-up but calls and is reached only once their number is verified (R1, and
kith.directory.verifying).
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kith.core import guidelines
from kith.core.capabilities import Capabilities
from kith.core.ids import EndpointId, PersonId, new_endpoint, new_household, new_person, new_secret
from kith.core.keys import PublicKeys
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.digest import Digest
from kith.directory.legible import tidied
from kith.directory.model import Endpoint, Invitation, Pairing, Person
from kith.directory.ports import DirectoryStore
from kith.directory.verifying import Verifying

INVITATION_LIFE = 7 * 86_400.0
"""A link is sent today and opened at the weekend; a forgotten one should not lie around for longer."""

PAIRING_LIFE = 600.0
"""Long enough to walk to the device and type; 40 bits must not be guessed meanwhile."""

_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing to misread when read aloud


@dataclass(frozen=True, slots=True)
class Admission:
    """Whom this server takes in."""

    open_sign_up: bool
    test: bool
    region: str
    household: str


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who signs up, as they say. `secret` is an invitation's, `guidelines` the version that they accept, `profile` who
    of the household's saved ones they are, None for somebody else."""

    secret: str | None
    name: str
    mobile: str = field(repr=False)
    keys: PublicKeys
    device_name: str
    guidelines: int
    capabilities: Capabilities = field(default_factory=Capabilities)
    profile: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """`code_sent`: a code is on its way to the number; else it could not be sent, and may be asked for again."""

    endpoint: Endpoint
    code_sent: bool = True


class Registry:
    """The commands by which people and endpoints join. Raises Problem for every "no"."""

    def __init__(
        self,
        store: DirectoryStore,
        digest: Digest,
        admission: Admission,
        verifying: Verifying,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._digest = digest
        self._admission = admission
        self._verifying = verifying
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

    async def offer_pairing_from(
        self, principal: Principal, *, shared: bool, child: PersonId | None = None
    ) -> tuple[str, float]:
        """For an own endpoint, one that the household shares, or one of a child's, who may have one."""
        person = registered(principal)
        if child is not None and shared:
            raise Problem(Code.INVALID, path="child")
        expires = self._clock() + PAIRING_LIFE
        pairing = Pairing(
            principal.household, child or person, shared, expires, offered_by=principal.endpoint
        )
        return await self.offer_pairing(pairing), expires

    async def sign_up(self, newcomer: Newcomer) -> Enrolled:
        """Add an unverified person with a first endpoint, and send the code to their number.

        The same keys with the same invitation again are the same endpoint: its reply was lost on the way.
        """
        self._refuse_on_test_server()
        check_keys(newcomer.keys)
        check_guidelines(newcomer.guidelines)
        try:
            return await self._sign_up(newcomer)
        except Problem as problem:
            await self._verifying.noticed(problem)
            if problem.code is not Code.INVITATION_INVALID or newcomer.secret is None:
                raise
            digest = self._digest("invitation", newcomer.secret)
            return Enrolled(await self._enrolled_before(digest, newcomer.keys, problem))

    async def _enrolled_before(self, digest: bytes, keys: PublicKeys, problem: Problem) -> Endpoint:
        before = await self._store.enrolled_by(digest, keys.identity)
        if before is None:
            raise problem
        return before

    async def _sign_up(self, newcomer: Newcomer) -> Enrolled:
        secret = newcomer.secret
        invitation = None if secret is None else await self.invitation(secret)
        if invitation is None and not self._admission.open_sign_up:
            raise Problem(Code.INVITATION_INVALID, path="secret")
        now = self._clock()
        joins = invitation.household if invitation is not None else None
        if newcomer.profile is not None and joins is None:
            raise Problem(Code.PROFILE_TAKEN, path="profile")
        mobile = self._verifying.number(newcomer.mobile)
        person = Person(
            id=newcomer.profile or new_person(),
            household=joins or new_household(),
            name=tidy(newcomer.name, "name"),
            mobile=mobile,
            registered=None,
            created=now,
            profile=newcomer.profile is not None,
        )
        endpoint = Endpoint(
            id=new_endpoint(),
            household=person.household,
            person=person.id,
            name=tidy(newcomer.device_name, "device_name"),
            shared=False,
            keys=newcomer.keys,
            capabilities=newcomer.capabilities,
            added=now,
            seen=now,
        )
        code, verification = self._verifying.new_code(person.id, mobile)
        await self._store.sign_up(
            person,
            endpoint,
            verification,
            self._verifying.claimed(mobile),
            household_name=None if joins else self._admission.household,
            invitation=None if secret is None else self._digest("invitation", secret),
            guidelines=newcomer.guidelines,
            now=now,
        )
        return Enrolled(endpoint, code_sent=await self._sent(person.id, mobile, code))

    async def _sent(self, person: PersonId, mobile: str, code: str) -> bool:
        """The person is here, whether the code is on its way or not: it can be sent again."""
        try:
            await self._verifying.send(person, mobile, code)
        except Problem as problem:
            if problem.code is not Code.CODE_NOT_SENT:
                raise
            return False
        return True

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
        child=person is not None and person.child,
    )


def check_guidelines(version: int) -> None:
    """Raises Problem(guidelines_required), with the version that is in force, for any other."""
    if version != guidelines.VERSION:
        data = {"version": guidelines.VERSION}
        raise Problem(Code.GUIDELINES_REQUIRED, path="guidelines", data=data)


def check_keys(keys: PublicKeys) -> None:
    """Raises Problem(bad_signature) for keys that do not belong together."""
    if not keys.consistent():
        raise Problem(Code.BAD_SIGNATURE, path="keys.sealing_signature")
