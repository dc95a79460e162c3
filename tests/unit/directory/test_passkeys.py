"""What lets a passkey in, and everything that does not, over the real store and with a clock of our own."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kith.core.capabilities import Capabilities
from kith.core.ids import EndpointId, PersonId
from kith.core.keys import KeyPair, PublicKeys
from kith.core.news import NewsKind
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.ceremonies import Assertion, challenge_in
from kith.directory.model import Endpoint
from kith.directory.passkeys import (
    CHALLENGE_LIFE,
    MAX_CHALLENGES,
    MOST,
    Challenges,
    Passkeys,
    relying_party_of,
)
from kith.directory.registry import named
from kith.store.database import Database
from kith.store.directory import SqliteDirectory
from kith.store.passkeys import SqlitePasskeys
from tests.support.authenticator import PRESENT, Authenticator, client_data
from tests.support.database import fresh
from tests.unit.directory.test_registry import World

ORIGIN = "https://kith.example:8443"
NAME = "kith.example"


class House:
    """Mum, registered with a phone, and her passkeys."""

    def __init__(self, database: Database, world: World, phone: Endpoint, principal: Principal) -> None:
        self.database = database
        self.world = world
        self.phone = phone
        self.mum = principal
        self.passkeys = Passkeys(SqlitePasskeys(database), lambda: world.now, test=False)

    async def add(self, authenticator: Authenticator, name: str = "Key") -> None:
        challenge = self.passkeys.begin(self.mum, ORIGIN).challenge
        said, attestation = authenticator.make(challenge, ORIGIN)
        await self.passkeys.add(self.mum, ORIGIN, name=name, client_data=said, attestation=attestation)

    async def passkey(self, counter: int = 0) -> Authenticator:
        """One that Mum has added."""
        authenticator = Authenticator(NAME, str(self.mum.person).encode(), counter)
        await self.add(authenticator)
        return authenticator

    async def use(
        self,
        authenticator: Authenticator,
        *,
        challenge: bytes | None = None,
        origin: str = ORIGIN,
        keys: PublicKeys | None = None,
        **forged: bytes,
    ) -> Endpoint:
        asked = self.passkeys.ask(ORIGIN).challenge if challenge is None else challenge
        said = Assertion(**(authenticator.sign(asked, origin) | forged))
        return await self.passkeys.enrol(
            said,
            ORIGIN,
            keys=keys or KeyPair.generate().public,
            name="Laptop",
            capabilities=Capabilities(),
        )

    async def refuses(self, authenticator: Authenticator, **how: object) -> None:
        """It is refused with the one code, without a word more, and nothing was enrolled."""
        before = await self.world.store.endpoints_for(PersonId(str(self.mum.person)))
        with pytest.raises(Problem) as refused:
            await self.use(authenticator, **how)  # type: ignore[arg-type]
        assert (refused.value.code, refused.value.path, dict(refused.value.data)) == (
            Code.PASSKEY_REFUSED,
            "",
            {},
        )
        assert await self.world.store.endpoints_for(PersonId(str(self.mum.person))) == before


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    database = await Database.open(fresh(tmp_path))
    world = World(SqliteDirectory(database))
    phone = await world.registered()
    person = await world.store.person(PersonId(str(phone.person)))
    yield House(database, world, phone, named(phone, person))
    await database.close()


async def test_a_passkey_enrols_an_endpoint_of_its_person(house: House) -> None:
    authenticator = await house.passkey()
    house.world.now += 60
    laptop = await house.use(authenticator)
    assert (laptop.person, laptop.household) == (house.mum.person, house.mum.household)
    assert (laptop.shared, laptop.waiting, laptop.name) == (False, True, "Laptop")
    assert await house.world.store.endpoint(laptop.id) == laptop
    news = await house.world.store.news(PersonId(str(house.mum.person)))
    assert [(one.kind, one.device) for one in news] == [
        (NewsKind.ENDPOINT_ADDED, "Laptop"),
        (NewsKind.PASSKEY_ADDED, "Phone"),
    ]
    (passkey,) = await house.passkeys.of(house.mum)
    assert (passkey.name, passkey.added, passkey.used) == ("Key", house.world.now - 60, house.world.now)


async def test_the_same_keys_again_are_the_same_endpoint(house: House) -> None:
    """The reply was lost on the way."""
    authenticator = await house.passkey()
    keys = KeyPair.generate().public
    first = await house.use(authenticator, keys=keys)
    assert await house.use(authenticator, keys=keys) == first
    assert len(await house.world.store.news(PersonId(str(house.mum.person)))) == 2
    mallory = KeyPair.generate().public
    mixed = PublicKeys(keys.identity, mallory.sealing, mallory.sealing_signature)
    with pytest.raises(Problem, match=Code.BAD_SIGNATURE):
        await house.use(authenticator, keys=mixed)


async def test_a_challenge_serves_once_and_for_a_while(house: House) -> None:
    authenticator = await house.passkey()
    challenge = house.passkeys.ask(ORIGIN).challenge
    await house.use(authenticator, challenge=challenge)
    await house.refuses(authenticator, challenge=challenge)
    challenge = house.passkeys.ask(ORIGIN).challenge
    await house.refuses(authenticator, challenge=challenge, signature=b"x")
    await house.refuses(authenticator, challenge=challenge)  # a wrong try used it up
    challenge = house.passkeys.ask(ORIGIN).challenge
    house.world.now += CHALLENGE_LIFE
    await house.refuses(authenticator, challenge=challenge)
    await house.refuses(authenticator, challenge=bytes(32))  # one that nobody asked for
    own = house.passkeys.begin(house.mum, ORIGIN).challenge
    await house.refuses(authenticator, challenge=own)  # one that was for something else
    elsewhere = house.passkeys.ask("https://kith.example").challenge
    await house.refuses(authenticator, challenge=elsewhere)  # one that was asked for under another origin


async def test_what_was_signed_must_be_said_here(house: House) -> None:
    authenticator = await house.passkey()
    await house.refuses(authenticator, origin="https://evil.example:8443")
    await house.refuses(authenticator, origin="http://kith.example:8443")
    authenticator.relying_party = "evil.example"
    await house.refuses(authenticator)
    authenticator.relying_party = NAME
    authenticator.flags = PRESENT
    await house.refuses(authenticator)  # whose finger it was has not been verified
    authenticator.flags = 0x05
    for field in ("signature", "client_data", "authenticator_data", "handle"):
        await house.refuses(authenticator, **{field: b"x"})
    await house.refuses(authenticator, client_data=b"[" * 4096)
    challenge = house.passkeys.ask(ORIGIN).challenge
    creating = client_data("webauthn.create", challenge, ORIGIN)
    await house.refuses(authenticator, challenge=challenge, client_data=creating)
    await house.use(authenticator)


async def test_an_unknown_credential_looks_like_a_wrong_one(house: House) -> None:
    known = await house.passkey()
    stranger = Authenticator(NAME, known.handle)
    await house.refuses(stranger)
    stranger.credential = known.credential  # another key under an id that is known
    await house.refuses(stranger)


async def test_a_counter_that_goes_back_is_refused(house: House) -> None:
    authenticator = await house.passkey(counter=5)
    await house.use(authenticator)
    assert authenticator.counter == 6
    authenticator.counter = 5  # and 6 when it signs: somebody has a copy
    await house.refuses(authenticator)
    authenticator.counter = 0
    await house.refuses(authenticator)
    authenticator.counter = 6
    await house.use(authenticator)


async def test_a_removed_passkey_is_dead(house: House) -> None:
    authenticator = await house.passkey()
    challenge = house.passkeys.ask(ORIGIN).challenge
    await house.passkeys.remove(house.mum, authenticator.credential)
    await house.refuses(authenticator, challenge=challenge)
    assert await house.passkeys.of(house.mum) == []
    with pytest.raises(Problem):
        await house.passkeys.remove(house.mum, authenticator.credential)
    with pytest.raises(Problem, match=Code.PASSKEY_REFUSED):  # removed between looking and enrolling
        await SqlitePasskeys(house.database).enrol_by_passkey(
            authenticator.credential, 1, house.phone, now=house.world.now
        )


async def test_another_persons_passkeys_are_not_there(house: House) -> None:
    authenticator = await house.passkey()
    dad = Principal(
        endpoint=house.mum.endpoint,
        household=house.mum.household,
        person=PersonId("p_00000000000000000000"),
        shared=False,
        registered=True,
    )
    assert await house.passkeys.of(dad) == []
    for change in (
        house.passkeys.remove(dad, authenticator.credential),
        house.passkeys.rename(dad, authenticator.credential, "Mine"),
    ):
        with pytest.raises(Problem, match=Code.PASSKEY_REFUSED):
            await change
    with pytest.raises(Problem, match=Code.PASSKEY_REFUSED):
        await house.add(authenticator)  # nor is one there twice
    (passkey,) = await house.passkeys.of(house.mum)
    assert passkey.name == "Key"


async def test_what_is_no_passkey_is_not_added(house: House) -> None:
    async def refused(
        authenticator: Authenticator, challenge: bytes, origin: str = ORIGIN, tail: int = 0
    ) -> None:
        said, attestation = authenticator.make(challenge, origin)
        with pytest.raises(Problem, match=Code.PASSKEY_REFUSED):
            await house.passkeys.add(
                house.mum,
                ORIGIN,
                name="Key",
                client_data=said,
                attestation=attestation[: len(attestation) - tail],
            )

    def fresh() -> bytes:
        return house.passkeys.begin(house.mum, ORIGIN).challenge

    authenticator = Authenticator(NAME)
    await refused(authenticator, house.passkeys.ask(ORIGIN).challenge)  # a stranger's
    await refused(authenticator, fresh(), origin="https://evil.example")
    await refused(authenticator, fresh(), tail=9)
    await refused(Authenticator("evil.example"), fresh())
    await refused(Authenticator(NAME, flags=PRESENT), fresh())
    late = fresh()
    house.world.now += CHALLENGE_LIFE
    await refused(authenticator, late)
    assert await house.passkeys.of(house.mum) == []


async def test_one_person_has_so_many_and_no_more(house: House) -> None:
    for number in range(MOST):
        await house.add(Authenticator(NAME), f"Key {number}")
    with pytest.raises(Problem, match=Code.TOO_MANY_PASSKEYS):
        await house.passkey()


async def test_who_is_not_registered_has_none(house: House) -> None:
    guest = Principal(
        endpoint=house.mum.endpoint,
        household=house.mum.household,
        person=house.mum.person,
        shared=False,
        registered=False,
    )
    with pytest.raises(Problem, match=Code.NOT_REGISTERED):
        house.passkeys.begin(guest, ORIGIN)
    authenticator = await house.passkey()

    def forget(db: sqlite3.Connection) -> None:
        db.execute("UPDATE person SET registered = NULL")

    await house.database.write(forget)
    await house.refuses(authenticator)


@pytest.mark.parametrize(
    "origin",
    [
        "https://192.168.1.7:8443",
        "https://[fd00::7]:8443",
        "http://kith.example",
        "https://",
        "https://[x",
        "",
    ],
)
def test_there_are_no_passkeys_for_an_address_or_without_tls(origin: str) -> None:
    with pytest.raises(Problem, match=Code.PASSKEYS_UNAVAILABLE):
        relying_party_of(origin)


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("https://kith.local:8443", "kith.local"),
        ("http://localhost:8080", "localhost"),
        ("https://Kith.Example", "kith.example"),
    ],
)
def test_the_relying_party_is_the_host_name_as_dialled(origin: str, name: str) -> None:
    assert relying_party_of(origin) == name


def test_challenges_are_bounded_and_for_whoever_asked() -> None:
    challenges = Challenges()
    first = challenges.issue(ORIGIN, None, 0.0)
    for _ in range(MAX_CHALLENGES):
        challenges.issue(ORIGIN, None, 0.0)
    assert not challenges.take(first, ORIGIN, None, 0.0)
    assert len(challenges._waiting) == MAX_CHALLENGES
    phone = EndpointId("e_1")
    assert not challenges.take(challenges.issue(ORIGIN, phone, 0.0), ORIGIN, EndpointId("e_2"), 0.0)
    assert challenges.take(challenges.issue(ORIGIN, phone, 0.0), ORIGIN, phone, 0.0)


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b"[" * 5000, b'{"challenge":5}', b'{"challenge":"!"}'])
def test_client_data_that_says_nothing(data: bytes) -> None:
    assert challenge_in(data) is None
