"""A forged server opens nobody's microphone: whatever it says of who drops in and what they were granted.

It presents ordinary calls as drop ins that may open at once, to the endpoint in question alone. What leaves that
endpoint is counted at the sockets of the other end.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec.structs import replace

from kith.core.ids import new_call
from kith.core.keys import PublicKeys
from kith.core.trust import grants_write
from kith.core.trust.grants import Grant, Grants, HomeTerm, Mode, signed
from kith.core.trust.session import Kind
from policy.drop_in import Reason
from tests.support import signing
from tests.support.conspiracy import Conspiracy, conspiracy, keys_of
from tests.support.endpoints import Clock, Watched, endpoint_of
from tests.support.far_end import FarEnd
from tests.support.server import Joined
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY = 86_400
AT_ONCE = "a drop in"


@dataclass
class House:
    """Anna lives with Bob; the study is hers. Carl lives elsewhere, with Dora, and they share a porch."""

    plot: Conspiracy
    anna: Joined
    study: Watched
    speaker: Watched
    clock: Clock
    carl: Joined
    callers: dict[str, Endpoint] = field(default_factory=dict)
    known: Grants | None = None

    async def sign(self, edit: Callable[[Grants], Grants], *, tell: bool = True) -> Grants:
        """Anna signs what follows, with her phone; told or not, it is what she wants."""
        chain, _ = await signing.identity(self.plot.server, self.anna)
        assert chain is not None
        draft = grants_write.draft(chain, self.anna.keys, self.known, time=int(time.time()))
        self.known = signed(edit(draft), self.anna.keys.sign)
        if tell:
            await self.tell(self.known)
        return self.known

    async def tell(self, grants: Grants) -> None:
        await self.study.endpoint.reach.sets.hear(str(self.anna.person), grants)

    async def root(self, person: Joined) -> bytes:
        chain, _ = await signing.identity(self.plot.server, person)
        assert chain is not None
        return chain.root

    async def allow(self, person: Joined, mode: Mode = Mode.INSTANT) -> Grants:
        """Anna lets this one person drop in."""
        grant = Grant(receiver=await self.root(person), mode=mode, since=1)
        return await self.sign(lambda known: replace(known, grants=(grant,), home=HomeTerm.UNSET))

    @asynccontextmanager
    async def drops_in(
        self, who: str, *, forgery: str = AT_ONCE, kind: Kind = "drop_in", strange: bool = False
    ) -> AsyncIterator[FarEnd]:
        """`who` calls the study, which is told that it is a drop in. Yields the far end, which has offered if the
        study has answered by then."""
        wire = self.callers[who]
        wire.events.clear()
        self.study.history.clear()
        self.plot.lie(forgery, self.study.endpoint.enrolment.endpoint)
        call = new_call()
        as_person = {} if wire.joined.person is not None else {"as": self.carl.person}
        await wire.ok("call", call=call, to=self.anna.person, **as_person)
        person = self.plot.bob if who in HERE else self.carl
        chain, _ = await signing.identity(self.plot.server, person)
        assert chain is not None
        answered = asyncio.create_task(wire.event("call_changed", call=call, phase="answering"))
        ended = asyncio.create_task(wire.event("ended", call=call))
        refused = asyncio.create_task(self.study.until("refused"))
        knocked = asyncio.create_task(self.study.until("knock"))
        first = (answered, ended, refused, knocked)
        try:
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            victim = self.keys
            far = FarEnd(
                wire,
                keys=self.plot.plot.mallory if strange else wire.joined.keys,
                speaks=(chain.root, chain.point),
                victim=victim,
                call=call,
                kind=kind,
            )
            async with far:
                if answered.done():
                    assert keys_of(answered.result()["call"]) == victim
                    await far.offer()
                yield far
        finally:
            for task in first:
                task.cancel()

    @property
    def keys(self) -> PublicKeys:
        return self.study.endpoint._calls._keys.public


HERE = ("phone",)
"""Callers who live with Anna."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    directory: Path = tmp_path_factory.mktemp("forged")
    clock = Clock()
    async with conspiracy(directory, "--no-tls") as plot, AsyncExitStack() as stack:
        anna = await plot.server.person("Anna", by=plot.bob, household=True)
        await signing.begin(plot.server, anna)
        carl = await plot.server.person("Carl", by=anna)
        await signing.begin(plot.server, carl)
        assert anna.person is not None
        await plot.take_in(anna.person)
        study = await stack.enter_async_context(
            endpoint_of(
                plot.server, anna, "Study", directory, clock=clock, microphone="tone:440", camera="pattern"
            )
        )
        await study.endpoint.belonging.move_in()
        speaker = await stack.enter_async_context(
            endpoint_of(plot.server, anna, "Speaker", directory, shared=True, clock=clock)
        )
        made = House(plot, anna, study, speaker, clock, carl)
        porch = await plot.server.device("Porch", by=carl, shared=True)
        await signing.take_in(plot.server, carl, porch.keys.public, shared=True)
        made.callers["phone"] = plot.helpers["phone"]
        for name, joined in (("carl", carl), ("porch", porch)):
            made.callers[name] = await stack.enter_async_context(Endpoint(plot.server, joined))
        await plot.close_ranks()
        yield made


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def clean(house: House) -> AsyncIterator[None]:
    house.clock.ahead = 0.0
    yield
    house.plot.be_honest()
    if house.study.endpoint.current is not None:
        await house.study.endpoint.current.hang_up()
    house.study.endpoint._circle.identities.forget_shown()


async def shut(house: House, far: FarEnd, reason: Reason | None = None) -> None:
    """Nothing was captured for it, and nothing lit up."""
    if reason is not None:
        _, _, (_, why) = await house.study.until("refused")
        assert why is reason
    assert far.counts.captured == 0
    assert house.study.details("indicator") == [] and house.study.details("drop_in") == []
    assert not house.study.endpoint.equipment.voice.live


@pytest.mark.row("R74", "R75")
async def test_who_was_allowed_is_let_in_and_only_after_the_tone(house: House) -> None:
    """What all others are told apart from: the same call, by the same way, to somebody who was granted it."""
    await house.allow(house.carl)
    async with house.drops_in("carl") as far:
        tone, _, _ = await house.study.until("tone")
        await far.media()
        assert far.counts.first is not None and far.counts.first - tone >= 0.6
        assert house.study.endpoint.equipment.voice.live


@pytest.mark.row("R67")
@pytest.mark.parametrize(
    "who", ["carl", "porch", "phone"], ids=["a contact", "a contact's device", "a housemate"]
)
async def test_whom_nobody_granted_anything_the_server_grants_nothing(house: House, who: str) -> None:
    """A stolen database is no more than this: all that the server knows, and no key of Anna's."""
    await house.sign(lambda known: replace(known, grants=(), home=HomeTerm.UNSET))
    async with house.drops_in(who) as far:
        await shut(house, far, Reason.HOME_UNSET if who == "phone" else Reason.NOT_GIVEN)


async def test_a_housemate_is_let_in_where_the_household_is(house: House) -> None:
    await house.sign(lambda known: grants_write.at_home(known, HomeTerm.INSTANT))
    async with house.drops_in("phone") as far:
        await far.media()


@pytest.mark.parametrize(
    ("forgery", "who"),
    [
        ("a drop in, keys swapped", "phone"),
        ("a drop in, somebody else", "phone"),
        ("a drop in by an invented member", "phone"),
        ("a drop in by an invented endpoint", "phone"),
    ],
)
async def test_an_invented_housemate_and_a_swapped_key_open_nothing(
    house: House, forgery: str, who: str
) -> None:
    """Although the household may: whoever the server says lives here signs with a key that nobody has signed for."""
    await house.sign(lambda known: grants_write.at_home(known, HomeTerm.INSTANT))
    async with house.drops_in(who, forgery=forgery, strange=True) as far:
        await house.study.until_true(lambda: house.study.endpoint.current is None, "the end")
        await shut(house, far)
        assert await far.nothing_for(0.3)


async def test_a_grant_that_was_taken_back_is_not_given_again_by_showing_it(house: House) -> None:
    before = await house.allow(house.carl)
    receiver = await house.root(house.carl)
    await house.sign(lambda known: grants_write.revoked(known, receiver))
    await house.tell(before)
    async with house.drops_in("carl") as far:
        await shut(house, far, Reason.NOT_GIVEN)


@pytest.mark.parametrize("days", [6, 8])
async def test_a_revocation_that_is_withheld_opens_at_once_for_a_week_and_not_a_day_longer(
    house: House, days: int
) -> None:
    """After that somebody has to let in who was granted it. (That week is in the threat model.)"""
    await house.allow(house.carl)
    receiver = await house.root(house.carl)
    await house.sign(lambda known: grants_write.revoked(known, receiver), tell=False)
    house.clock.ahead = days * DAY
    async with house.drops_in("carl") as far:
        if days < 7:
            await far.media()
            return
        await house.study.until("knock")
        assert not house.study.endpoint.current or house.study.endpoint.current.ringing
        await shut(house, far)
        assert await far.nothing_for(0.3)


async def test_an_ordinary_call_is_no_drop_in(house: House) -> None:
    """Carl, who may drop in, only calls; the server would have it that he drops in, and nobody had to answer."""
    await house.allow(house.carl)
    async with house.drops_in("carl", kind="call") as far:
        _, _, (_, reason) = await house.study.until("untrusted")
        assert reason == "unreadable"
        await shut(house, far)
        assert await far.nothing_for(0.3)


async def test_a_drop_in_is_no_ordinary_call(house: House) -> None:
    """Carl drops in; the server has it ring like a call, and somebody answers."""
    await house.allow(house.carl)
    house.study.history.clear()
    answering = asyncio.create_task(_answer(house))
    async with house.drops_in("carl", forgery="") as far:
        await answering
        _, _, (_, reason) = await house.study.until("untrusted")
        assert reason == "unreadable"
        await shut(house, far)


async def _answer(house: House) -> None:
    await house.study.until("ringing")
    await house.study.endpoint.answer()


async def test_a_grant_to_one_person_is_not_for_what_their_household_shares(house: House) -> None:
    """The porch says, and may say, that it acts for Carl."""
    await house.allow(house.carl)
    async with house.drops_in("porch") as far:
        await shut(house, far, Reason.PERSON_ONLY)


async def test_do_not_disturb_is_not_switched_off_by_the_server(house: House) -> None:
    """Neither what was switched at the device, nor what its person has signed and it has heard."""
    await house.allow(house.carl)
    await house.study.endpoint.reach.do_not_disturb(on=True)
    house.plot.lie("grants withheld", house.study.endpoint.enrolment.endpoint)
    async with house.drops_in("carl") as far:
        await shut(house, far, Reason.QUIET)
    await house.study.endpoint.reach.do_not_disturb(on=False)
    await house.sign(lambda known: grants_write.quieted(known, on=True))
    async with house.drops_in("carl") as far:
        await shut(house, far, Reason.QUIET)
    await house.sign(lambda known: grants_write.quieted(known, on=False))


async def test_what_cannot_show_that_it_listens_does_not(house: House) -> None:
    await house.allow(house.carl)
    house.study.endpoint.reach.indicating(works=False)
    try:
        async with house.drops_in("carl") as far:
            await shut(house, far, Reason.NOT_READY)
    finally:
        house.study.endpoint.reach.indicating(works=True)


async def test_whoever_knocks_and_is_not_answered_hears_nothing(house: House) -> None:
    """The server says that it may open at once; the grant says that one knocks."""
    await house.allow(house.carl, Mode.KNOCK)
    async with house.drops_in("carl") as far:
        await house.study.until("knock")
        await shut(house, far)
        await house.study.endpoint.not_now()
        assert await far.nothing_for(0.3)


@pytest.mark.parametrize("kind", ["call", "drop_in"])
async def test_nobody_began_a_call_here_that_nobody_began(house: House, kind: Kind) -> None:
    """Bob, who is Bob, has the server say that Anna called him, and offers nothing but to listen."""
    house.study.history.clear()
    await house.sign(lambda known: replace(known, grants=(), home=HomeTerm.INSTANT))
    house.plot.lie(f"a {kind.replace('_', ' ')} of one's own", house.study.endpoint.enrolment.endpoint)
    call = await house.plot.call("phone", str(house.anna.person))
    async with house.plot.far_end("phone", call, house.keys, kind=kind) as far:
        assert await far.nothing_for(1.0) and far.heard == []
        await shut(house, far)
    assert house.study.endpoint.current is None and house.study.details("connected") == []


async def test_whoever_was_to_be_dropped_in_on_does_not_become_the_one_who_drops_in(house: House) -> None:
    await house.allow(house.carl)
    async with house.drops_in("carl", forgery="a drop in turned round") as far:
        _, _, (_, reason) = await house.study.until("untrusted")
        assert reason == "out_of_turn"
        await shut(house, far)


async def test_nobody_takes_a_housemates_word_away_by_standing_in_for_them(house: House) -> None:
    """Bob wants nobody disturbed; the server shows somebody else by his id to what they share."""
    speaker, plot = house.speaker.endpoint, house.plot
    chain, _ = await signing.identity(plot.server, plot.bob)
    assert chain is not None
    draft = grants_write.draft(chain, plot.bob.keys, None, time=int(time.time()))
    wanted = signed(grants_write.quieted(draft, on=True), plot.bob.keys.sign)
    await speaker.reach.sets.hear(str(plot.bob.person), wanted)
    assert speaker.reach.quiet
    plot.lie("somebody else by a housemate's id", speaker.enrolment.endpoint)
    speaker._circle.identities.forget_shown()
    await speaker.reach.sets.in_force()
    assert speaker.reach.quiet
    plot.be_honest()
    speaker._circle.identities.forget_shown()


async def test_what_comes_from_the_future_or_from_a_stranger_grants_nothing(house: House) -> None:
    """Neither moves the clock of the device, by which hours and schedules go; and what it forbids is forbidden."""
    sets, before = house.study.endpoint.reach.sets, house.known
    await house.sign(
        lambda known: replace(known, time=int(time.time()) + DAY, home=HomeTerm.INSTANT, grants=())
    )
    async with house.drops_in("phone") as far:
        await shut(house, far, Reason.HOME_UNSET)
    chain, _ = await signing.identity(house.plot.server, house.carl)
    assert chain is not None
    theirs = grants_write.draft(chain, house.carl.keys, None, time=int(time.time()))
    await sets.hear(str(house.carl.person), signed(theirs, house.carl.keys.sign))
    assert sets.now() < time.time() + 1 and sets.terms.known(chain.root) is None
    house.clock.ahead = 2 * DAY
    async with house.drops_in("phone") as far:
        await far.media()
    assert before is None or house.known is not before


async def test_a_slow_clock_hears_what_is_taken_back(house: House) -> None:
    """A device that woke up yesterday, or whose clock somebody holds back, refuses no set for being of today."""
    await house.allow(house.carl)
    house.clock.ahead = -2 * DAY
    receiver = await house.root(house.carl)
    await house.sign(lambda known: grants_write.revoked(known, receiver))
    async with house.drops_in("carl") as far:
        await shut(house, far, Reason.NOT_GIVEN)


async def test_what_a_stolen_phone_granted_is_not_signed_again(house: House) -> None:
    """Anna's tablet signs for the thief before it is out; what Anna signs next begins without that."""
    study = house.study.endpoint
    await house.allow(house.carl)
    chain = (await study._circle.own_person()).chain
    known = study.reach.sets.terms.known(chain.root)
    assert known is not None and known.grants
    gone = replace(known, signer=b"t" * 32)
    assert study.grants._next(chain, gone, lambda same: same).grants == ()
    assert study.grants._next(chain, known, lambda same: same).grants == known.grants
