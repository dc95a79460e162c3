"""A forged server and a real endpoint: whatever it forges, the endpoint refuses, says why, and nothing leaves it.

Before each kind of lie, and after the last one, there is an honest call in which the same counter sees as many packets
as one likes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from kith import Endpoint
from kith.core.ids import new_call
from kith.core.keys import PublicKeys
from kith.core.trust.safety import safety_number
from kith.core.trust.untrusted import Reason
from kith.endpoint.equipment import Parts
from tests.support import signing
from tests.support.conspiracy import Conspiracy, Who, conspiracy
from tests.support.endpoints import DEFAULTS, Watched, endpoint_of
from tests.support.lies import LIES, Lie
from tests.support.server import Joined

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class House:
    """An endpoint that is lied to: Anna's own, or one that the household shares."""

    plot: Conspiracy
    anna: Watched
    joined: Joined
    shared: bool = False
    heard: str = ""
    """By which test it was heard in an honest call before the lies began."""

    @property
    def person(self) -> str:
        """Whom the others call to reach it."""
        assert self.joined.person is not None
        return self.id if self.shared else self.joined.person

    async def call(self, whom: str) -> None:
        """A shared one calls in Anna's name."""
        await self.anna.endpoint.call(whom, profile="Anna" if self.shared else None)

    @property
    def id(self) -> str:
        return self.anna.endpoint.enrolment.endpoint


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def houses(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, House]]:
    directory: Path = tmp_path_factory.mktemp("forged")
    async with conspiracy(directory, "--no-tls") as plot:
        anna = await plot.server.person("Anna", by=plot.bob, household=True)
        await signing.begin(plot.server, anna)
        assert anna.person is not None
        await plot.take_in(anna.person)
        parts: Parts = {"microphone": "tone:440", "speaker": "null"}
        async with (
            endpoint_of(plot.server, anna, "Study", directory, **parts) as study,
            endpoint_of(plot.server, anna, "Speaker", directory, shared=True, **parts) as speaker,
        ):
            await study.endpoint.belonging.move_in()
            both = {
                "her own": House(plot, study, anna),
                "a shared one": House(plot, speaker, anna, shared=True),
            }
            await plot.close_ranks()
            yield both
            for house in both.values():
                await honest(house)


@pytest.fixture
def house(houses: dict[str, House]) -> House:
    return houses["her own"]


@pytest.fixture(params=["her own", "a shared one"])
def victim(houses: dict[str, House], request: pytest.FixtureRequest) -> House:
    return houses[request.param]


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def clean(houses: dict[str, House], request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """Nothing is left of the test before, but what the endpoints remember; and no lie of its kind has spoilt that."""
    kind = request.function.__name__
    for house in houses.values():
        if house.heard != kind:
            await forget_answers(house)
            await honest(house)
            house.heard = kind
        house.anna.history.clear()
    yield
    for house in houses.values():
        house.plot.be_honest()
        if house.anna.endpoint.current is not None:
            await house.anna.endpoint.current.hang_up()
        await forget_answers(house)


async def honest(house: House, who: Who = "phone", *, household: bool = False) -> None:
    """A call as it should be: Anna's endpoint is heard."""
    plot, anna = house.plot, house.anna
    plot.be_honest()
    anna.history.clear()
    call = await plot.call(who, house.person)
    await anna.until("ringing")
    await anna.endpoint.answer()
    async with plot.far_end(who, call, await plot.answered(who, call), household=household) as far:
        await far.offer()
        await far.media()
    await anna.endpoint.hang_up()
    await plot.helpers[who].ended(call)


@pytest.mark.row("R87", "S9")
@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.forgery)
async def test_a_lie_about_who_calls_is_refused_before_any_media(victim: House, lie: Lie) -> None:
    house, plot, anna = victim, victim.plot, victim.anna
    await forget_answers(house)
    plot.lie(lie.forgery, house.id)
    call = await plot.call(lie.helper, house.person)
    await anna.until("ringing")
    await anna.endpoint.answer()
    keys = await plot.answered(lie.helper, call)
    async with plot.far_end(
        lie.helper, call, keys, forgery=lie.forgery, strange=lie.strange, household=lie.household
    ) as far:
        await far.offer()
        await refused(house, (lie.shared if house.shared else None) or lie.why)
        assert far.counts.media == 0 and far.heard == []


@pytest.mark.row("R87", "S9")
@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.forgery)
async def test_a_lie_about_who_is_called_is_refused_before_any_media(victim: House, lie: Lie) -> None:
    house, plot, anna = victim, victim.plot, victim.anna
    await forget_answers(house)
    anna.history.clear()
    for helper in plot.helpers.values():
        helper.events.clear()
    plot.lie(lie.forgery, house.id)
    target = "Bob" if lie.household is False else lie.helper.title()
    await house.call(target)
    wire = plot.helpers[lie.helper]
    call = (await wire.event("ringing"))["call"]["id"]
    keys = await plot.answer(lie.helper, call)
    async with plot.far_end(
        lie.helper, call, keys, forgery=lie.forgery, strange=lie.strange, household=lie.household
    ) as far:
        await refused(house, (lie.shared if house.shared else None) or lie.called or lie.why)
        await wire.ended(call)
        assert far.counts.media == 0 and far.heard == [], "not even where it can be reached was said"


@pytest.mark.row("R87")
@pytest.mark.parametrize("said", ["sealed by a stranger", "not sealed", "as a drop in"])
@pytest.mark.parametrize("calls", [True, False], ids=["calls", "is called"])
async def test_what_is_not_sealed_for_this_call_is_refused(house: House, said: str, *, calls: bool) -> None:
    """`calls`: Anna does. The server tells the truth, and what was said between the two is replaced."""
    plot = house.plot
    call, victim = await (placed(house) if calls else taken(house))
    async with plot.far_end(
        "phone",
        call,
        victim,
        strange=said == "sealed by a stranger",
        sealed=said != "not sealed",
        kind="drop_in" if said == "as a drop in" else "call",
    ) as far:
        if not calls:
            await far.offer()
        await refused(house, Reason.UNREADABLE)
        assert far.counts.media == 0


async def placed(house: House, forgery: str = "") -> tuple[str, PublicKeys]:
    """Anna has called Bob, who has answered with his phone."""
    phone = house.plot.helpers["phone"]
    house.plot.lie(forgery, house.id)
    phone.events.clear()
    await house.call("Bob")
    call = (await phone.event("ringing"))["call"]["id"]
    return call, await house.plot.answer("phone", call)


async def taken(house: House, forgery: str = "", who: Who = "phone") -> tuple[str, PublicKeys]:
    """Anna was called, and has answered."""
    house.plot.lie(forgery, house.id)
    call = await house.plot.call(who, house.person)
    await house.anna.until("ringing")
    await house.anna.endpoint.answer()
    return call, await house.plot.answered(who, call)


@pytest.mark.row("R87")
async def test_an_earlier_call_played_again_is_refused(house: House) -> None:
    """Under its own id, with what Bob's phone said then: it is well sealed, and signed for another time."""
    plot, anna = house.plot, house.anna
    first, victim = await taken(house)
    async with plot.far_end("phone", first, victim) as far:
        await far.offer()
        await far.media()
        said = far.sent
    await anna.endpoint.hang_up()
    await anna.until("ended")
    anna.history.clear()
    second = new_call()
    plot.lie("another call's id", house.id, renamed={second: first})
    await plot.call("phone", house.person, second)
    await anna.until("ringing")
    await anna.endpoint.answer()
    await plot.answered("phone", second)
    async with plot.far_end("phone", second, victim) as silent:
        await silent.replay(said)
        await refused(house, Reason.BAD_SIGNATURE)
        assert silent.counts.media == 0


@pytest.mark.row("R87")
@pytest.mark.parametrize("calls", [True, False], ids=["calls", "is called"])
async def test_what_was_said_before_the_media_was_lost_is_refused_afterwards(
    victim: House, *, calls: bool
) -> None:
    """Played again in the next epoch of the same call: it was sealed for the one before."""
    plot = victim.plot
    call, keys = await (placed(victim) if calls else taken(victim))
    async with plot.far_end("phone", call, keys) as far:
        if not calls:
            await far.offer()
        await far.media()
        phone = plot.helpers["phone"]
        await phone.ok("media_up", call=call, epoch=0)
        await phone.event("call_changed", call=call, phase="active")
        async with plot.far_end("phone", call, keys, epoch=1, mute=True) as again:
            await phone.ok("media_lost", call=call, epoch=0)
            await again.replay(far.sent)
            await refused(victim, Reason.UNREADABLE)
            assert again.counts.media == 0
            async with asyncio.timeout(5):  # a goodbye to the honest one may be on its way
                while not await far.nothing_for(0.3):
                    pass


@pytest.mark.row("R87", "R134")
async def test_nobody_answers_in_the_endpoints_place(house: House) -> None:
    """Bob, who is Bob, has the server say that Anna answered."""
    plot, anna = house.plot, house.anna
    plot.lie("answered for them", house.id)
    call = await plot.call("phone", house.person)
    await anna.until("ringing")
    async with plot.far_end("phone", call, anna.endpoint._calls._keys.public) as far:
        await far.offer()
        assert await far.nothing_for(1.0) and far.heard == []
    assert anna.details("connected") == [] and anna.details("indicator") == []


async def test_what_leaves_is_counted_and_a_first_meeting_is_a_matter_of_trust(
    house: House, tmp_path: Path
) -> None:
    """Who has never met Bob cannot know him: then the server is heard. Comparing safety numbers shows it, and so does
    the first time that the server is honest."""
    plot = house.plot
    carol = await plot.server.person("Carol", by=plot.bob)
    await signing.begin(plot.server, carol)
    async with endpoint_of(plot.server, carol, "Tablet", tmp_path, microphone="tone:440") as tablet:
        met = House(plot, tablet, carol)
        call, victim = await taken(met, "another identity")
        async with plot.far_end("phone", call, victim, forgery="another identity", strange=True) as far:
            await far.offer()
            await far.media()
        await tablet.endpoint.hang_up()
        bob, hers = await root_of(plot, plot.bob), await root_of(plot, carol)
        shown = tablet.endpoint._circle.identities.memory.persons[plot.bob.person or ""].root
        assert safety_number(hers, shown) != safety_number(bob, hers)
        await forget_answers(met)
        tablet.history.clear()
        await taken(met)
        await tablet.until("identity_changed")
        await refused(met, Reason.FORKED)


async def root_of(plot: Conspiracy, person: Joined) -> bytes:
    chain, _ = await signing.identity(plot.server, person)
    assert chain is not None
    return chain.root


async def test_a_removal_can_be_withheld_from_who_never_heard_of_it_and_from_nobody_else(
    house: House, tmp_path: Path
) -> None:
    plot = house.plot
    dora = await plot.server.person("Dora", by=plot.bob)
    await signing.begin(plot.server, dora)
    async with endpoint_of(plot.server, dora, "Tablet", tmp_path, microphone="tone:440") as tablet:
        met = House(plot, tablet, dora)
        withheld = "a removal withheld"
        call, victim = await taken(met, withheld, "old phone")
        async with plot.far_end("old phone", call, victim, forgery=withheld) as far:
            await far.offer()
            await far.media()
        await tablet.endpoint.hang_up()
        await forget_answers(met)
        await honest(met)
        await forget_answers(met)
        tablet.history.clear()
        await taken(met, withheld, "old phone")
        await refused(met, Reason.STALE)


async def forget_answers(house: House) -> None:
    """Make the endpoint ask again who everybody is, as after a night."""
    house.plot.be_honest()
    house.anna.endpoint._circle.identities.forget_shown()


async def refused(house: House, why: Reason) -> None:
    """Anna's endpoint has said why, and the call is over there."""
    _, _, (_, reason) = await house.anna.until("untrusted")
    await house.anna.until("ended")
    assert reason is why
    assert house.anna.endpoint.current is None


# -- pairing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["link", "digits"])
async def test_a_key_that_is_swapped_on_its_way_is_not_signed_for(
    house: House, tmp_path: Path, way: str
) -> None:
    plot, anna = house.plot, house.anna
    shown: list[str] = []

    async def same(digits: str) -> bool:
        shown.append(digits)
        _, _, (there,) = await new.until_progress("digits")
        return bool(there.digits == digits)

    offered = await anna.endpoint.belonging.offer_pairing(
        shared=False, same=same if way == "digits" else None
    )
    plot.lie("the new key swapped", house.id)
    code = offered.link if way == "link" else offered.code
    async with new_endpoint(plot, code, tmp_path) as new:
        _, _, (stopped,) = await anna.until_progress("stopped")
        assert stopped.reason is (Reason.WRONG_PROOF if way == "link" else Reason.NOT_CONFIRMED)
        assert not new.endpoint.joined and len(shown) == (way == "digits")
    chain, _ = await signing.identity(plot.server, house.joined)
    assert chain is not None and plot.plot.mallory.public.identity not in chain.endpoints.ever


@pytest.mark.parametrize("way", ["link", "digits"])
async def test_a_chain_that_is_swapped_on_its_way_is_not_believed(
    house: House, tmp_path: Path, way: str
) -> None:
    plot, anna = house.plot, house.anna

    async def same(digits: str) -> bool:
        _, _, (there,) = await new.until_progress("digits")
        await new.endpoint.belonging.compared(same=there.digits == digits)
        return bool(there.digits == digits)

    offered = await anna.endpoint.belonging.offer_pairing(
        shared=False, same=same if way == "digits" else None
    )
    code = offered.link if way == "link" else offered.code
    new = await paired(plot, code, tmp_path)
    plot.lie("another root", new.endpoint.enrolment.endpoint)
    async with new.endpoint:
        _, _, (stopped,) = await new.until_progress("stopped")
        assert stopped.reason is (Reason.WRONG_PROOF if way == "link" else Reason.NOT_CONFIRMED)
        assert not new.endpoint.joined


async def paired(plot: Conspiracy, code: str, home: Path) -> Watched:
    """A new endpoint that has not signed in yet."""
    endpoint = await Endpoint.pair(
        plot.server.url, code, name="New", home=home / "new", ca=plot.server.ca, **DEFAULTS
    )
    return Watched(endpoint)


@asynccontextmanager
async def new_endpoint(plot: Conspiracy, code: str, home: Path) -> AsyncIterator[Watched]:
    watched = await paired(plot, code, home)
    async with watched.endpoint:
        yield watched
