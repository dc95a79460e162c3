"""How people and endpoints come to be known, over the real store and with a clock of our own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kith.core.capabilities import Capabilities
from kith.core.keys import KeyPair
from kith.core.problem import Code, Problem
from kith.directory.digest import Digest
from kith.directory.model import Endpoint, Invitation, Person
from kith.directory.registry import (
    CODES,
    CODES_SPAN,
    INVITATION_LIFE,
    PAIRING_LIFE,
    VERIFICATION_LIFE,
    Admission,
    Registry,
    named,
    tidy,
)
from kith.store.database import Database
from kith.store.directory import SqliteDirectory

NOON = 1_800_000_000.0


class World:
    """A registry, its store, what it sent, and the time."""

    def __init__(self, store: SqliteDirectory, **admission: bool) -> None:
        self.store = store
        self.now = NOON
        self.sent: list[tuple[str, str]] = []
        self.registry = Registry(
            store,
            Digest(KeyPair.generate()),
            Admission(
                open_sign_up=admission.get("open_sign_up", False),
                test=admission.get("test", False),
                region="US",
                household="Home",
            ),
            lambda mobile, code: self.sent.append((mobile, code)),
            lambda: self.now,
        )

    async def owner_secret(self) -> str:
        invitation = Invitation(None, None, owner=True, expires=self.now + INVITATION_LIFE)
        return await self.registry.invite(invitation)

    async def sign_up(self, secret: str | None, mobile: str = "202 555 0123", name: str = "Mum") -> Endpoint:
        return await self.registry.sign_up(
            secret=secret,
            name=name,
            mobile=mobile,
            keys=KeyPair.generate().public,
            device_name="Phone",
            capabilities=Capabilities(),
        )

    async def person(self, endpoint: Endpoint) -> Person:
        assert endpoint.person is not None
        found = await self.store.person(endpoint.person)
        assert found is not None
        return found

    async def registered(self) -> Endpoint:
        endpoint = await self.sign_up(await self.owner_secret())
        assert endpoint.person is not None
        await self.registry.verify(endpoint.person, self.sent[-1][1])
        return endpoint


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteDirectory]:
    database = await Database.open(tmp_path / "kith.db")
    yield SqliteDirectory(database)
    await database.close()


@pytest.fixture
def world(store: SqliteDirectory) -> World:
    return World(store)


def code_of(refused: "pytest.ExceptionInfo[Problem]") -> Code:
    return refused.value.code


async def test_the_code_goes_to_the_number_and_registers(world: World) -> None:
    endpoint = await world.sign_up(await world.owner_secret())
    assert (await world.person(endpoint)).registered is None
    ((number, code),) = world.sent
    assert number == "+12025550123"
    assert endpoint.person is not None
    await world.registry.verify(endpoint.person, f" {code} ")
    assert (await world.person(endpoint)).registered == NOON


async def test_an_invitation_lapses(world: World) -> None:
    secret = await world.owner_secret()
    world.now += INVITATION_LIFE
    with pytest.raises(Problem) as refused:
        await world.sign_up(secret)
    assert code_of(refused) is Code.INVITATION_INVALID


async def test_a_pairing_lapses(world: World) -> None:
    endpoint = await world.registered()
    mum = named(endpoint, await world.person(endpoint))
    code, expires = await world.registry.offer_pairing_from(mum, shared=True)
    assert expires == NOON + PAIRING_LIFE
    world.now = expires
    with pytest.raises(Problem) as refused:
        await world.registry.pair(code, KeyPair.generate().public, "Porch", Capabilities())
    assert (code_of(refused), refused.value.path) == (Code.PAIRING_INVALID, "code")


async def test_a_code_lapses(world: World) -> None:
    endpoint = await world.sign_up(await world.owner_secret())
    assert endpoint.person is not None
    world.now += VERIFICATION_LIFE
    with pytest.raises(Problem) as refused:
        await world.registry.verify(endpoint.person, world.sent[-1][1])
    assert code_of(refused) is Code.WRONG_CODE
    await world.registry.resend(endpoint.person)
    await world.registry.verify(endpoint.person, world.sent[-1][1])


async def test_so_many_codes_an_hour(world: World) -> None:
    endpoint = await world.sign_up(await world.owner_secret())
    assert endpoint.person is not None
    for hour in range(3):
        for _ in range(CODES if hour else CODES - 1):  # the first was sent at sign-up
            await world.registry.resend(endpoint.person)
        with pytest.raises(Problem) as refused:
            await world.registry.resend(endpoint.person)
        assert code_of(refused) is Code.RATE_LIMITED
        assert 0 < float(refused.value.data["retry_after"]) <= CODES_SPAN
        world.now += CODES_SPAN
    assert len(world.sent) == 3 * CODES


async def test_only_the_registered_invite_and_pair(world: World) -> None:
    endpoint = await world.sign_up(await world.owner_secret())
    nobody = named(endpoint, await world.person(endpoint))
    for asked in (
        world.registry.invite_from(nobody, household=True),
        world.registry.offer_pairing_from(nobody, shared=True),
    ):
        with pytest.raises(Problem) as refused:
            await asked
        assert code_of(refused) is Code.NOT_REGISTERED


async def test_who_is_invited_into_the_household_lives_there_and_who_is_not_does_not(world: World) -> None:
    endpoint = await world.registered()
    mum = named(endpoint, await world.person(endpoint))
    for joins in (True, False):
        secret, _ = await world.registry.invite_from(mum, household=joins)
        other = await world.sign_up(secret, mobile=f"+1202555018{joins:d}", name="Other")
        assert (other.household == endpoint.household) == joins
        assert other.person is not None and mum.person is not None
        assert not await world.store.knows(mum.person, other.person), "not before the number is verified"
        await world.registry.verify(other.person, world.sent[-1][1])
        assert await world.store.knows(mum.person, other.person)
        assert await world.store.knows(other.person, mum.person)


async def test_open_sign_up_needs_no_invitation(store: SqliteDirectory) -> None:
    assert (await World(store, open_sign_up=True).sign_up(None)).person is not None
    with pytest.raises(Problem) as refused:
        await World(store).sign_up(None, mobile="+12025550199")
    assert code_of(refused) is Code.INVITATION_INVALID


async def test_a_server_for_tests_takes_nobody_in_but_its_own(store: SqliteDirectory) -> None:
    world = World(store, test=True, open_sign_up=True)
    with pytest.raises(Problem) as refused:
        await world.sign_up(None)
    assert code_of(refused) is Code.TEST_SERVER
    with pytest.raises(Problem) as refused:
        await world.registry.pair("12345678", KeyPair.generate().public, "Porch", Capabilities())
    assert code_of(refused) is Code.TEST_SERVER


async def test_a_token_lapses(world: World) -> None:
    endpoint = await world.registered()
    token = await world.registry.issue_token(endpoint.id, 900.0)
    assert await world.registry.bearer(token) == endpoint.id
    world.now += 900.0
    with pytest.raises(Problem) as refused:
        await world.registry.bearer(token)
    assert code_of(refused) is Code.INVALID_TOKEN


async def test_shared_devices_that_came_first_get_the_first_adult_as_their_profile(world: World) -> None:
    """The demo devices are enrolled before there is anybody."""
    endpoint = await world.registered()
    kitchen = await world.registry.pair(
        (await world.registry.offer_pairing_from(named(endpoint, await world.person(endpoint)), shared=True))[
            0
        ],
        KeyPair.generate().public,
        "Kitchen",
        Capabilities(),
    )
    assert (kitchen.shared, kitchen.person) == (True, endpoint.person)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Mum", "Mum"), ("  Mum\n\tand  Dad ", "Mum and Dad"), ("\x1b[31mRed", "[31mRed"), ("Zoë 👵", "Zoë 👵")],
)
def test_a_name_is_shown_on_one_line(name: str, shown: str) -> None:
    assert tidy(name, "name") == shown


@pytest.mark.parametrize("name", ["", " ", "\n", "\u200b", "\x00\x07", "\u202e"])
def test_a_name_that_shows_nothing_is_none(name: str) -> None:
    with pytest.raises(Problem) as refused:
        tidy(name, "name")
    assert (code_of(refused), refused.value.path) == (Code.INVALID, "name")


def test_a_digest_is_for_one_purpose_and_one_server() -> None:
    one, other = Digest(KeyPair.generate()), Digest(KeyPair.generate())
    assert one("token", "x") == one("token", "x")
    assert len({one("token", "x"), one("pairing", "x"), one("token", "y"), other("token", "x")}) == 4
    assert repr(one) == "Digest(redacted)"
