"""Passkeys: a person's way in from a new browser, as far as the server is concerned.

The law of this file

    A passkey lets one more endpoint in, which waits: that it is the person's, their other endpoints must sign.
    A challenge serves once, for CHALLENGE_LIFE, at the origin (and, for a new passkey, the endpoint) that asked.
    The relying party is the host name that was dialled: a passkey for one name serves under no other.
    Whatever is wrong, an unknown passkey, a wrong signature or an old challenge, is one and the same answer.
    What is stored are public keys: whoever has read them all can sign with none.
"""

import asyncio
import ipaddress
import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from kith.core.capabilities import Capabilities
from kith.core.ids import EndpointId, PersonId, new_endpoint, new_household
from kith.core.keys import PublicKeys
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.ceremonies import Assertion, Expected, challenge_in, counted, made, nobodys_key
from kith.directory.model import Endpoint, Passkey
from kith.directory.registry import check_keys, registered, tidy

CHALLENGE_LIFE = 300.0
"""Seconds that a person has to find the phone or key that holds the passkey; WebAuthn, section 15.1, recommends
five to ten minutes."""

MAX_CHALLENGES = 10_000
"""Beyond this the oldest are forgotten: some 3 MB, whoever knocks. One network address asks for 0.2 a second."""

MOST = 20
"""Passkeys of one person: a phone, a laptop, two keys and a password manager are five."""


class PasskeyStore(Protocol):
    """Every method may raise Problem(storage_unavailable), and then has changed nothing."""

    async def passkey(self, credential: bytes) -> Passkey | None: ...
    async def passkeys(self, person: PersonId) -> Sequence[Passkey]:
        """The oldest first."""
        ...

    async def add_passkey(self, passkey: Passkey, *, by: EndpointId, most: int) -> None:
        """Which is news. Problem(passkey_refused) if it is there already, (too_many_passkeys) for more than `most`
        of a person, (endpoint_removed) if that is what the endpoint is that asks."""
        ...

    async def rename_passkey(self, person: PersonId, credential: bytes, name: str) -> bool: ...
    async def remove_passkey(self, person: PersonId, credential: bytes) -> bool: ...
    async def enrol_by_passkey(
        self, credential: bytes, counter: int, endpoint: Endpoint, *, now: float
    ) -> Endpoint:
        """Count on and enrol the endpoint in one step; returns it with household and person. Problem(passkey_refused)
        if the passkey was removed or has counted as far meanwhile. The person's endpoint with the same identity key,
        if there is one, is returned instead."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What an authenticator is to sign."""

    challenge: bytes
    relying_party: str


class Challenges:
    """Those that wait for an answer. Pure: time is passed in."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[bytes, tuple[str, EndpointId | None, float]] = OrderedDict()

    def issue(self, origin: str, endpoint: EndpointId | None, now: float) -> bytes:
        challenge = secrets.token_bytes(32)
        self._waiting[challenge] = origin, endpoint, now + CHALLENGE_LIFE
        while len(self._waiting) > MAX_CHALLENGES:
            self._waiting.popitem(last=False)
        return challenge

    def take(self, challenge: bytes | None, origin: str, endpoint: EndpointId | None, now: float) -> bool:
        """Whether it may be answered here and now; it is gone in any case."""
        issued = None if challenge is None else self._waiting.pop(challenge, None)
        return issued is not None and issued[:2] == (origin, endpoint) and now < issued[2]


class Passkeys:
    """Raises Problem for every "no"."""

    def __init__(self, store: PasskeyStore, clock: Callable[[], float], *, test: bool) -> None:
        self._store = store
        self._clock = clock
        self._test = test
        self._own = Challenges()
        self._strangers = Challenges()  # apart, so that no stranger pushes out what a person has begun
        self._nobody = nobodys_key()

    # -- one's own -------------------------------------------------------------------------------

    def begin(self, principal: Principal, origin: str) -> Asked:
        registered(principal)
        relying_party = relying_party_of(origin)
        return Asked(self._own.issue(origin, principal.endpoint, self._clock()), relying_party)

    async def add(
        self, principal: Principal, origin: str, *, name: str, client_data: bytes, attestation: bytes
    ) -> None:
        person = registered(principal)
        shown = tidy(name, "name")
        challenge = challenge_in(client_data)
        now = self._clock()
        relying_party = relying_party_of(origin)
        if challenge is None or not self._own.take(challenge, origin, principal.endpoint, now):
            raise Problem(Code.PASSKEY_REFUSED)
        expected = Expected(challenge, origin, relying_party)
        new = await asyncio.to_thread(made, client_data, attestation, expected)
        if new is None:
            raise Problem(Code.PASSKEY_REFUSED)
        passkey = Passkey(new.credential, person, new.public_key, new.counter, shown, added=now)
        await self._store.add_passkey(passkey, by=principal.endpoint, most=MOST)

    async def of(self, principal: Principal) -> Sequence[Passkey]:
        return await self._store.passkeys(registered(principal))

    async def rename(self, principal: Principal, credential: bytes, name: str) -> None:
        if not await self._store.rename_passkey(registered(principal), credential, tidy(name, "name")):
            raise Problem(Code.PASSKEY_REFUSED, path="credential")

    async def remove(self, principal: Principal, credential: bytes) -> None:
        if not await self._store.remove_passkey(registered(principal), credential):
            raise Problem(Code.PASSKEY_REFUSED, path="credential")

    # -- coming in -------------------------------------------------------------------------------

    def ask(self, origin: str) -> Asked:
        relying_party = relying_party_of(origin)
        return Asked(self._strangers.issue(origin, None, self._clock()), relying_party)

    async def enrol(
        self, said: Assertion, origin: str, *, keys: PublicKeys, name: str, capabilities: Capabilities
    ) -> Endpoint:
        """One more endpoint of the person whose passkey signed."""
        if self._test:
            raise Problem(Code.TEST_SERVER)
        check_keys(keys)
        shown = tidy(name, "name")
        relying_party = relying_party_of(origin)
        challenge = challenge_in(said.client_data)
        now = self._clock()
        if challenge is None or not self._strangers.take(challenge, origin, None, now):
            raise Problem(Code.PASSKEY_REFUSED)
        expected = Expected(challenge, origin, relying_party)
        counter = await self._counted(said, expected)
        if counter is None:
            raise Problem(Code.PASSKEY_REFUSED)
        endpoint = Endpoint(
            id=new_endpoint(),
            household=new_household(),  # replaced by the person's
            person=None,
            name=shown,
            shared=False,
            keys=keys,
            capabilities=capabilities,
            added=now,
            seen=now,
            waiting=True,
        )
        return await self._store.enrol_by_passkey(said.credential, counter, endpoint, now=now)

    async def _counted(self, said: Assertion, expected: Expected) -> int | None:
        known = await self._store.passkey(said.credential)
        key, before = (self._nobody, 0) if known is None else (known.public_key, known.counter)
        counter = await asyncio.to_thread(counted, said, expected, public_key=key, counter=before)
        theirs = known is not None and known.person.encode() == said.handle  # WebAuthn, section 7.2, step 6
        return counter if theirs else None


def relying_party_of(origin: str) -> str:
    """The host name of an origin. Raises Problem(passkeys_unavailable) where browsers would offer none: for an
    address, and without TLS anywhere but on the machine itself (WebAuthn, section 5.1.3)."""
    try:
        parts = urlsplit(origin)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    local = host == "localhost" or host.endswith(".localhost")
    if not host or _is_address(host) or not (local or parts.scheme == "https"):
        raise Problem(Code.PASSKEYS_UNAVAILABLE)
    return host


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
