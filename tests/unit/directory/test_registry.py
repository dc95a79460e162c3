"""How people and endpoints come to be known, over the real store and with a clock of our own."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kith.core.capabilities import Capabilities
from kith.core.guidelines import VERSION
from kith.core.keys import KeyPair, PublicKeys
from kith.core.problem import Code, Problem
from kith.directory.blocks import Blocks
from kith.directory.digest import Digest
from kith.directory.model import Endpoint, Invitation, Person
from kith.directory.registry import (
    INVITATION_LIFE,
    PAIRING_LIFE,
    Admission,
    Newcomer,
    Registry,
    named,
    tidy,
)
from kith.directory.verifying import (
    CODES,
    CODES_OF_BLOCK,
    CODES_OF_NUMBER,
    CODES_OF_SERVER,
    CODES_SPAN,
    CODES_UNPROVED,
    NUMBER_SPAN,
    SERVER_SPAN,
    VERIFICATION_LIFE,
    WRONG_OF_SERVER,
    Verifying,
)
from kith.store.blocks import SqliteBlocks
from kith.store.database import Database
from kith.store.directory import SqliteDirectory
from kith.store.verifying import SqliteVerifying
from tests.support.database import fresh

NOON = 1_800_000_000.0


class World:
    """A registry, its store, what it sent, and the time."""

    def __init__(self, store: SqliteDirectory, **admission: bool) -> None:
        self.store = store
        self.now = NOON
        self.sent: list[tuple[str, str]] = []
        digest = Digest(KeyPair.generate())
        self.verifying = Verifying(
            SqliteVerifying(store._db, digest),
            digest,
            "US",
            self.send,
            lambda: self.now,
        )
        self.registry = Registry(
            store,
            digest,
            Admission(
                open_sign_up=admission.get("open_sign_up", False),
                test=admission.get("test", False),
                region="US",
                household="Home",
            ),
            self.verifying,
            lambda: self.now,
        )

    async def send(self, mobile: str, code: str) -> None:
        self.sent.append((mobile, code))

    async def owner_secret(self) -> str:
        invitation = Invitation(None, None, owner=True, expires=self.now + INVITATION_LIFE)
        return await self.registry.invite(invitation)

    async def sign_up(
        self,
        secret: str | None,
        mobile: str = "202 555 0123",
        name: str = "Mum",
        keys: PublicKeys | None = None,
        guidelines: int = VERSION,
    ) -> Endpoint:
        newcomer = Newcomer(
            secret=secret,
            name=name,
            mobile=mobile,
            keys=keys or KeyPair.generate().public,
            device_name="Phone",
            guidelines=guidelines,
        )
        return (await self.registry.sign_up(newcomer)).endpoint

    async def person(self, endpoint: Endpoint) -> Person:
        assert endpoint.person is not None
        found = await self.store.person(endpoint.person)
        assert found is not None
        return found

    async def registered(self) -> Endpoint:
        endpoint = await self.sign_up(await self.owner_secret())
        assert endpoint.person is not None
        await self.verifying.verify(endpoint.person, self.sent[-1][1])
        return endpoint


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteDirectory]:
    database = await Database.open(fresh(tmp_path))
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
    await world.verifying.verify(endpoint.person, f" {code} ")
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
        await world.verifying.verify(endpoint.person, world.sent[-1][1])
    assert code_of(refused) is Code.WRONG_CODE
    await world.verifying.resend(endpoint.person)
    await world.verifying.verify(endpoint.person, world.sent[-1][1])


async def test_so_many_codes_an_hour(world: World) -> None:
    endpoint = await world.sign_up(await world.owner_secret())
    assert endpoint.person is not None
    for _ in range(CODES - 1):  # the first was sent at sign-up
        await world.verifying.resend(endpoint.person)
    with pytest.raises(Problem) as refused:
        await world.verifying.resend(endpoint.person)
    assert code_of(refused) is Code.RATE_LIMITED
    assert 0 < float(refused.value.data["retry_after"]) <= CODES_SPAN
    assert len(world.sent) == CODES
    world.now += CODES_SPAN
    await world.verifying.resend(endpoint.person)


async def test_who_asks_for_codes_at_once_gets_no_more(world: World) -> None:
    endpoint = await world.sign_up(await world.owner_secret())
    assert endpoint.person is not None
    asked = [world.verifying.resend(endpoint.person) for _ in range(40)]
    refused = [one for one in await asyncio.gather(*asked, return_exceptions=True) if one is not None]
    assert len(world.sent) == CODES
    assert {one.code for one in refused if isinstance(one, Problem)} == {Code.RATE_LIMITED}
    assert len(refused) == 40 - (CODES - 1)


async def test_many_persons_send_no_more_codes_to_one_number(store: SqliteDirectory) -> None:
    """Each code is five more tries, whoever asked for it."""
    world = World(store, open_sign_up=True)
    for name in range(CODES_OF_NUMBER):
        await world.sign_up(None, name=f"Eve {name}")
    with pytest.raises(Problem) as refused:
        await world.sign_up(None, name="Eve")
    assert (code_of(refused), refused.value.path) == (Code.RATE_LIMITED, "mobile")
    await world.sign_up(None, mobile="202 555 0199")
    world.now += NUMBER_SPAN
    await world.sign_up(None, name="Owner of the number")


async def test_numbers_in_a_row_are_sent_so_many_codes(store: SqliteDirectory) -> None:
    world = World(store, open_sign_up=True)
    for number in range(CODES_OF_BLOCK):
        await world.sign_up(None, mobile=f"202 555 {number:04d}")
    with pytest.raises(Problem) as refused:
        await world.sign_up(None, mobile="202 555 9999")
    assert code_of(refused) is Code.RATE_LIMITED
    await world.sign_up(None, mobile="202 556 9999")


async def test_a_mistyped_number_is_corrected_and_the_invitation_is_not_lost(world: World) -> None:
    endpoint = await world.sign_up(await world.owner_secret(), mobile="202 555 0177")
    assert endpoint.person is not None
    await world.verifying.change(endpoint.person, "202 555 0178")
    (_, wrong), (number, right) = world.sent
    assert number == "+12025550178"
    if wrong != right:
        with pytest.raises(Problem):
            await world.verifying.verify(endpoint.person, wrong)
    await world.verifying.verify(endpoint.person, right)
    assert (await world.person(endpoint)).mobile == "+12025550178"


async def test_who_proves_a_number_has_it_and_the_other_has_none(store: SqliteDirectory) -> None:
    world = World(store, open_sign_up=True)
    first = await world.sign_up(None)
    assert first.person is not None
    proved = await world.verifying.verify(first.person, world.sent[-1][1])
    assert (proved.first, proved.former) == (True, None)
    second = await world.sign_up(None, name="Later")
    assert second.person is not None
    assert (await world.person(first)).registered == NOON, "asking for a code takes nothing away"
    proved = await world.verifying.verify(second.person, world.sent[-1][1])
    assert proved.former == first.person
    assert (await world.person(second)).mobile == "+12025550123"
    former = await world.person(first)
    assert (former.mobile, former.registered) == (None, None)
    await world.verifying.change(first.person, "202 555 0188")
    proved = await world.verifying.verify(first.person, world.sent[-1][1])
    assert (proved.first, proved.former) == (False, None)
    assert (await world.person(first)).mobile == "+12025550188"


async def test_a_code_that_could_not_be_sent_counts_for_nothing_and_opens_nothing(
    store: SqliteDirectory,
) -> None:
    """Or many persons could have many codes for one number while a gateway is down, and guess at them."""
    world = World(store, open_sign_up=True)
    codes: list[str] = []

    async def keep(mobile: str, code: str) -> None:
        codes.append(code)
        raise Problem(Code.CODE_NOT_SENT)

    world.verifying._send_code = keep
    for name in range(CODES_OF_NUMBER + 4):
        endpoint = await world.sign_up(None, name=f"Eve {name}")
        assert endpoint.person is not None, "the person is there, and can ask again"
        with pytest.raises(Problem) as refused:
            await world.verifying.verify(endpoint.person, codes[-1])
        assert code_of(refused) is Code.WRONG_CODE
    world.verifying._send_code = world.send
    assert endpoint.person is not None
    await world.verifying.resend(endpoint.person)
    await world.verifying.verify(endpoint.person, world.sent[-1][1])


async def test_a_sign_up_that_proves_nothing_is_sent_so_many_codes_in_all(world: World) -> None:
    endpoint = await world.sign_up(await world.owner_secret())
    assert endpoint.person is not None
    for number in range(CODES_UNPROVED - 1):
        world.now += CODES_SPAN
        await world.verifying.change(endpoint.person, f"202 556 01{number:02d}")
    world.now += CODES_SPAN
    with pytest.raises(Problem) as refused:
        await world.verifying.change(endpoint.person, "202 557 0100")
    assert code_of(refused) is Code.RATE_LIMITED


async def test_so_many_codes_for_everybody_together_and_the_operator_is_told(store: SqliteDirectory) -> None:
    world = World(store, open_sign_up=True)

    def fill(db: sqlite3.Connection) -> None:
        rows = [(str(n).encode(), str(n).encode(), world.now) for n in range(CODES_OF_SERVER - 1)]
        db.executemany("INSERT INTO code_sent(number, block, at) VALUES (?, ?, ?)", rows)

    await store._db.write(fill)
    await world.sign_up(None)
    with pytest.raises(Problem) as refused:
        await world.sign_up(None, mobile="202 556 0100")
    assert code_of(refused) is Code.RATE_LIMITED
    kinds = await store._db.read(lambda db: [row[0] for row in db.execute("SELECT kind FROM incident")])
    assert kinds == ["codes"]
    world.now += SERVER_SPAN + 1
    await world.sign_up(None, mobile="202 556 0100")


async def test_so_many_wrong_codes_by_everybody_together(world: World) -> None:
    endpoint = await world.sign_up(await world.owner_secret())
    assert endpoint.person is not None
    world.verifying._wrong.extend([world.now] * WRONG_OF_SERVER)
    with pytest.raises(Problem) as refused:
        await world.verifying.verify(endpoint.person, "no code")
    assert code_of(refused) is Code.WRONG_CODE
    for _ in range(2):
        with pytest.raises(Problem) as refused:
            await world.verifying.verify(endpoint.person, world.sent[-1][1])
        assert code_of(refused) is Code.RATE_LIMITED
    kinds = await world.store._db.read(lambda db: [row[0] for row in db.execute("SELECT kind FROM incident")])
    assert kinds == ["wrong_codes"]
    world.verifying._wrong.clear()
    await world.verifying.verify(endpoint.person, world.sent[-1][1])


async def test_nobodys_guessing_keeps_out_who_has_the_code(world: World) -> None:
    endpoint = await world.sign_up(await world.owner_secret())
    assert endpoint.person is not None
    world.verifying._wrong.extend([world.now] * WRONG_OF_SERVER)
    proved = await world.verifying.verify(endpoint.person, world.sent[-1][1])
    assert proved.first


async def test_a_clock_that_is_set_back_keeps_nobody_out_and_lets_nobody_in(world: World) -> None:
    """As of a machine that thinks for a while that it is next year."""
    right = world.now
    world.now += 365 * 86_400.0
    endpoint = await world.sign_up(await world.owner_secret())
    assert endpoint.person is not None
    for _ in range(CODES - 1):
        await world.verifying.resend(endpoint.person)
    world.now = right
    with pytest.raises(Problem) as refused:
        await world.verifying.verify(endpoint.person, world.sent[-1][1])
    assert code_of(refused) is Code.WRONG_CODE, "it would be good for a year"
    await world.verifying.resend(endpoint.person)
    await world.verifying.verify(endpoint.person, world.sent[-1][1])


async def test_what_hangs_on_a_number_follows_it_in_the_same_write(store: SqliteDirectory) -> None:
    """A block of the number holds against whoever proves it, from the very moment on."""
    world = World(store, open_sign_up=True)
    blocker, first, second = [await world.sign_up(None, mobile=f"202 555 010{n}") for n in range(3)]
    for endpoint, (_, code) in zip((blocker, first), world.sent, strict=False):
        await world.verifying.verify(str(endpoint.person), code)  # type: ignore[arg-type]
    digest = world.registry._digest
    blocks = Blocks(SqliteBlocks(store._db), store, digest, lambda: world.now)
    assert blocker.person is not None and first.person is not None and second.person is not None
    await blocks.block(blocker.person, first.person)
    assert await blocks.blockers(second.person) == frozenset()
    await world.verifying.change(second.person, "202 555 0101")
    await world.verifying.verify(second.person, world.sent[-1][1])
    assert await blocks.blockers(second.person) == {blocker.person}


async def test_guidelines_that_are_not_in_force_are_not_accepted(world: World) -> None:
    secret = await world.owner_secret()
    for version in (0, VERSION + 1):
        with pytest.raises(Problem) as refused:
            await world.sign_up(secret, guidelines=version)
        assert code_of(refused) is Code.GUIDELINES_REQUIRED
        assert refused.value.data == {"version": VERSION}
    await world.sign_up(secret)


async def test_a_code_for_one_who_is_registered_is_not_sent(world: World) -> None:
    endpoint = await world.registered()
    assert endpoint.person is not None
    with pytest.raises(Problem) as refused:
        await world.verifying.resend(endpoint.person)
    assert code_of(refused) is Code.ALREADY_REGISTERED


async def test_a_sign_up_whose_reply_was_lost_can_be_asked_for_again(world: World) -> None:
    secret = await world.owner_secret()
    keys = KeyPair.generate().public
    first = await world.sign_up(secret, keys=keys)
    assert await world.sign_up(secret, keys=keys) == first
    assert len(world.sent) == 1, "the code is on its way already"
    with pytest.raises(Problem) as refused:
        await world.sign_up(secret)
    assert code_of(refused) is Code.INVITATION_INVALID, "another endpoint is another"


async def test_a_sign_up_that_is_sent_twice_at_once_is_one(world: World) -> None:
    secret = await world.owner_secret()
    keys = KeyPair.generate().public
    one, other = await asyncio.gather(*(world.sign_up(secret, keys=keys) for _ in range(2)))
    assert one == other


async def test_a_pairing_whose_reply_was_lost_can_be_asked_for_again(world: World) -> None:
    endpoint = await world.registered()
    mum = named(endpoint, await world.person(endpoint))
    code, _ = await world.registry.offer_pairing_from(mum, shared=True)
    other, _ = await world.registry.offer_pairing_from(mum, shared=True)
    keys = KeyPair.generate().public
    first = await world.registry.pair(code, keys, "Porch", Capabilities())
    assert await world.registry.pair(code, keys, "Porch", Capabilities()) == first
    for wrong_code, wrong_keys in ((code, KeyPair.generate().public), (other, keys)):
        with pytest.raises(Problem) as refused:
            await world.registry.pair(wrong_code, wrong_keys, "Porch", Capabilities())
        assert code_of(refused) in (Code.PAIRING_INVALID, Code.INVALID)


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
        await world.verifying.verify(other.person, world.sent[-1][1])
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


@pytest.mark.parametrize("name", ["می\u200cروم", "क्\u200dष", "👩\u200d🚀", "❤️\u200d🔥", "👩🏽\u200d🌾 Jo"])
def test_joiners_that_a_script_needs_are_kept(name: str) -> None:
    assert tidy(f" {name}\u200d", "name") == name


@pytest.mark.parametrize(
    ("name", "shown"), [("M\u200cum", "M um"), ("Mum\u200d", "Mum"), ("م\u200c\u200cی", "م ی")]
)
def test_joiners_that_only_hide_are_not(name: str, shown: str) -> None:
    assert tidy(name, "name") == shown


@pytest.mark.parametrize("name", ["", " ", "\u200d", "\u200c \u200d", "\n", "\u200b", "\x00\x07", "\u202e"])
def test_a_name_that_shows_nothing_is_none(name: str) -> None:
    with pytest.raises(Problem) as refused:
        tidy(name, "name")
    assert (code_of(refused), refused.value.path) == (Code.INVALID, "name")


def test_a_digest_is_for_one_purpose_and_one_server() -> None:
    one, other = Digest(KeyPair.generate()), Digest(KeyPair.generate())
    assert one("token", "x") == one("token", "x")
    assert len({one("token", "x"), one("pairing", "x"), one("token", "y"), other("token", "x")}) == 4
    assert repr(one) == "Digest(redacted)"
