"""Whose an endpoint is, it learns from its person's other endpoints and not from the server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kith import Endpoint
from kith.core.capabilities import Capabilities
from kith.core.guidelines import VERSION
from kith.core.keys import KeyPair
from kith.core.trust.person import Chain
from kith.core.trust.recovery import RecoveryKey
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint import enrol
from kith.endpoint.acts import NotJoined
from kith.endpoint.directory import Unclear
from kith.endpoint.home import Home
from tests.support import signing
from tests.support.endpoints import DEFAULTS, Watched, phone_of
from tests.support.server import Joined, RunningServer, running_server

ANNA, BOB, NEW = 440, 1000, 700


@dataclass
class Pairing:
    """Anna and Bob live apart, each at a phone that is signed in."""

    server: RunningServer
    anna: Joined
    bob: Joined
    phone: Watched
    other: Watched
    home: Path
    stack: AsyncExitStack

    async def new(self, code: str, name: str = "New") -> Watched:
        """A new endpoint that was given this code, signed in."""
        parts: Any = {**DEFAULTS, "microphone": f"tone:{NEW}"}
        watched = Watched(
            await Endpoint.pair(
                self.server.url, code, name=name, home=self.home / name, ca=self.server.ca, **parts
            )
        )
        await self.stack.enter_async_context(watched.endpoint)
        return watched

    async def talks(self, one: Watched) -> None:
        """The new endpoint and Bob hear each other."""
        await one.endpoint.call("Bob")
        await self.other.until("ringing")
        await self.other.endpoint.answer()
        await asyncio.gather(one.hears(BOB), self.other.hears(NEW))
        assert one.call.verified and self.other.call.verified
        await one.endpoint.hang_up()
        await self.other.until("ended")


@pytest.fixture
async def pairing(tmp_path: Path) -> AsyncIterator[Pairing]:
    async with running_server(tmp_path) as server, AsyncExitStack() as stack:
        anna = await server.person("Anna")
        bob = await server.person("Bob", by=anna)
        phone = await stack.enter_async_context(phone_of(server, anna, tmp_path, microphone=f"tone:{ANNA}"))
        other = await stack.enter_async_context(phone_of(server, bob, tmp_path, microphone=f"tone:{BOB}"))
        yield Pairing(server, anna, bob, phone, other, tmp_path, stack)


async def digits(watched: Watched) -> str:
    """What a new endpoint shows."""
    _, _, (progress,) = await watched.until_progress("digits")
    assert progress.digits is not None
    return str(progress.digits)


async def nobody(_: str) -> bool:
    raise AssertionError("nobody is asked anything")


@pytest.mark.parametrize("shared", [False, True], ids=["an own one", "a shared one"])
async def test_who_has_the_secret_is_signed_for_without_a_question(pairing: Pairing, shared: bool) -> None:
    offered = await pairing.phone.endpoint.belonging.offer_pairing(shared=shared, same=nobody)
    assert offered.link.startswith(f"{offered.code}.") and len(offered.link) == len(offered.code) + 23
    new = await pairing.new(offered.link)
    await new.until_progress("signed")
    assert new.endpoint.joined and not (pairing.home / "New" / "pairing.json").exists()
    await pairing.phone.until_progress("signed")
    assert not await pairing.phone.endpoint.belonging.waiting()
    await pairing.talks(new)


@pytest.mark.parametrize("shared", [False, True], ids=["an own one", "a shared one"])
async def test_who_has_the_code_only_shows_digits_that_two_people_compare(
    pairing: Pairing, shared: bool
) -> None:
    shown: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    said = asyncio.Event()

    async def same(here: str) -> bool:
        shown.set_result(here)
        await said.wait()
        return True

    offered = await pairing.phone.endpoint.belonging.offer_pairing(shared=shared, same=same)
    new = await pairing.new(offered.code)
    assert await digits(new) == await shown
    await new.until("speak", f"Do both show {(await shown)[:3]} {(await shown)[3:]}?")
    await new.endpoint.belonging.compared(same=True)
    with pytest.raises(NotJoined):
        await new.endpoint.call("Bob")
    assert await signing.sign_for_all(pairing.server, pairing.bob) == []
    said.set()
    await new.until_progress("signed")
    await pairing.talks(new)


async def test_a_no_here_signs_nothing_and_another_pair_of_digits_can_be_compared(pairing: Pairing) -> None:
    answers = [False, True]
    asked: list[str] = []

    async def same(here: str) -> bool:
        asked.append(here)
        new.wake()
        return answers.pop(0)

    new = await pairing.new(
        (await pairing.phone.endpoint.belonging.offer_pairing(shared=False, same=same)).code
    )
    await digits(new)
    await new.until_progress("stopped")
    (waiting,) = await pairing.phone.endpoint.belonging.waiting()
    assert (waiting.id, waiting.name) == (new.endpoint.enrolment.endpoint, "New") and not new.endpoint.joined
    confirming = asyncio.create_task(pairing.phone.endpoint.belonging.sign_for(waiting.id, same))
    await new.until_true(lambda: len(new.details("pairing")) == 3 and len(asked) == 2, "other digits")
    assert new.details("pairing")[-1][0].digits == asked[1] != asked[0]
    await new.endpoint.belonging.compared(same=True)
    await confirming
    await new.until_progress("signed")
    await pairing.talks(new)


async def test_a_no_there_believes_nobody_although_it_was_signed_for(pairing: Pairing) -> None:
    new = await pairing.new(
        (await pairing.phone.endpoint.belonging.offer_pairing(shared=False, same=yes)).code
    )
    await digits(new)
    await new.endpoint.belonging.compared(same=False)
    await pairing.phone.until_progress("signed")
    assert not new.endpoint.joined and Home(pairing.home / "New").memory().persons == {}
    with pytest.raises(NotJoined):
        await new.endpoint.call("Bob")


async def yes(_: str) -> bool:
    return True


async def test_digits_are_shown_three_times_and_then_only_if_a_person_there_asks(pairing: Pairing) -> None:
    async def no(_: str) -> bool:
        return False

    new = await pairing.new((await pairing.phone.endpoint.belonging.offer_pairing(shared=False)).code)
    new_id = new.endpoint.enrolment.endpoint
    for _ in range(3):
        with pytest.raises(Untrusted):
            await pairing.phone.endpoint.belonging.sign_for(new_id, no)
    with pytest.raises(Untrusted) as refused:
        await pairing.phone.endpoint.belonging.sign_for(new_id, nobody)
    assert refused.value.reason is Reason.NOT_CONFIRMED


async def test_one_that_waits_neither_calls_nor_rings_and_rings_at_once_when_it_is_signed_for(
    pairing: Pairing,
) -> None:
    new = await pairing.new((await pairing.phone.endpoint.belonging.offer_pairing(shared=False)).code)
    with pytest.raises(NotJoined):
        await new.endpoint.call("Bob")
    await pairing.other.endpoint.call("Anna")
    await pairing.phone.until("ringing")
    await pairing.other.endpoint.hang_up()
    await pairing.phone.until("ended")
    assert not new.times("ringing")
    new_id = new.endpoint.enrolment.endpoint
    await pairing.phone.endpoint.belonging.sign_for(new_id, _compared_by(new))
    await pairing.other.endpoint.call("Anna")  # the new one may just be asking whose it is
    await new.until("ringing")
    await new.endpoint.answer()
    await asyncio.gather(new.hears(BOB), pairing.other.hears(NEW))


def _compared_by(new: Watched) -> Callable[[str], Awaitable[bool]]:
    async def same(here: str) -> bool:
        assert await digits(new) == here
        await new.endpoint.belonging.compared(same=True)
        return True

    return same


async def test_housemates_let_what_one_of_them_took_in_act_for_them(pairing: Pairing) -> None:
    server, home = pairing.server, pairing.home
    dad = await server.person("Dad", by=pairing.anna, household=True)
    async with phone_of(server, dad, home) as phone:
        assert dad.person is not None
        await pairing.phone.endpoint.belonging.welcome(dad.person)
        with pytest.raises(Untrusted) as unknown:  # others have taken him in, which says nothing about them
            await phone.endpoint.belonging.welcome(dad.person)
        assert unknown.value.reason is Reason.NOT_CONFIRMED
        await phone.endpoint.belonging.move_in()
        new = await pairing.new((await pairing.phone.endpoint.belonging.offer_pairing(shared=True)).link)
        await new.until_progress("signed")
        wanted = (Home(home / "New").keys().public.identity,)

        signed = asyncio.Event()
        pairing.phone.endpoint.on("identity", lambda person: signed.set())
        while (found := (await signing.identity(server, dad))[1]) is None or found.endpoints != wanted:
            await asyncio.wait_for(signed.wait(), 20)
            signed.clear()
        await pairing.other.endpoint.call("Anna")  # at Dad's it does not ring, at what both share it does
        await new.until("ringing")
        assert phone.endpoint.current is None


async def test_two_who_compare_safety_numbers_remember_it(pairing: Pairing) -> None:
    phone, other = pairing.phone.endpoint, pairing.other.endpoint
    assert pairing.anna.person is not None and pairing.bob.person is not None
    mine, theirs = await phone.belonging.safety("Bob"), await other.belonging.safety("Anna")
    assert mine == theirs and len(mine.number) == 60 and not mine.verified
    assert await phone.belonging.compare_safety(
        "Bob", " ".join(theirs.number[at : at + 5] for at in range(0, 60, 5))
    )
    assert await other.belonging.compare_safety("Anna", mine.code)
    assert (await phone.belonging.safety("Bob")).verified and (
        await other.belonging.safety(pairing.anna.person)
    ).verified
    kept = Home(phone._circle._home.path).memory().persons[pairing.bob.person]
    assert kept.verified and kept.root in {each.root for each in await _chains(pairing)}
    for wrong in (theirs.number[::-1], "", theirs.code[:-1]):
        assert not await phone.belonging.compare_safety("Bob", wrong)
        assert not (await phone.belonging.safety("Bob")).verified, "what was compared before counts no more"


@pytest.mark.parametrize("shared", [False, True], ids=["an own one", "a shared one"])
async def test_who_is_removed_is_out_and_nobodys_any_more(pairing: Pairing, shared: bool) -> None:
    phone = pairing.phone.endpoint
    new = await pairing.new((await phone.belonging.offer_pairing(shared=shared)).link)
    await new.until_progress("signed")
    key = Home(pairing.home / "New").keys().public.identity
    with pytest.raises(Unclear):
        await phone.belonging.remove_endpoint("Newer")
    await phone.belonging.remove_endpoint("New")
    await new.until("closed")
    chain, delegations = await signing.identity(pairing.server, pairing.anna)
    roster, _ = await signing.roster_of(pairing.server, pairing.anna)
    assert chain is not None and (shared or key in chain.endpoints.ever) and key not in chain.active
    if shared:
        assert roster is not None and delegations is not None
        assert key in roster.endpoints.ever and key not in roster.shared and key not in delegations.endpoints
    await pairing.other.endpoint.call("Anna")  # and whoever is left is believed
    await pairing.phone.until("ringing")
    await phone.answer()
    await pairing.other.hears(ANNA)


async def _chains(pairing: Pairing) -> list[Chain]:
    found = [(await signing.identity(pairing.server, one))[0] for one in (pairing.anna, pairing.bob)]
    return [one for one in found if one is not None]


async def test_a_person_who_joins_by_the_library_has_a_chain_and_the_only_copy_of_its_key(
    pairing: Pairing,
) -> None:
    status, invited = await pairing.server.post(
        "invite", token=await pairing.server.token(pairing.anna), household=False
    )
    assert status == 200
    keys = KeyPair.generate()
    connector = aiohttp.TCPConnector(ssl=pairing.server.tls or False)
    async with aiohttp.ClientSession(connector=connector) as http:
        begun = await enrol.sign_up(
            http,
            pairing.server.url,
            secret=invited["secret"],
            keys=keys,
            name="Cleo",
            mobile="+12025550199",
            device_name="Study",
            guidelines=VERSION,
            capabilities=Capabilities(),
            tls=pairing.server.tls,
        )
    assert begun.recovery not in repr(begun)
    code = (await pairing.server.line(r"ending in 99: (\d{6})$"))[1]
    cleo = Joined("Cleo", keys, begun.signed_up.endpoint, begun.signed_up.person, begun.signed_up.household)
    await pairing.server.post("verify", token=await pairing.server.token(cleo), code=code)
    chain, _ = await signing.identity(pairing.server, cleo)
    assert chain is not None and chain.root == begun.known.root
    assert chain.recovery == RecoveryKey.from_text(begun.recovery).public
