"""A forged server opens no page's microphone, whatever it says of who drops in and what they were granted.

It presents ordinary calls as drop ins that may open at once, to the page in question alone. What leaves that page is
counted at the sockets of the other end.
"""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from kith.core.ids import new_call
from kith.core.trust.session import Kind as CallKind
from tests.support import signing
from tests.support.browsers import Kind, Screen, browsers
from tests.support.conspiracy import Conspiracy, conspiracy
from tests.support.contacts import until_reached
from tests.support.doors import Doors
from tests.support.far_end import FarEnd
from tests.support.server import Joined
from tests.support.speakers import silent_speakers
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

KINDS: tuple[Kind, ...] = ("chromium", "firefox")
AT_ONCE = "a drop in"
DAY = 86_400
TONE = 0.6
"""Seconds that it lasts at least."""


@dataclass
class Victim:
    """A page whose person lives with Bob, and what becomes of drop ins on it."""

    screen: Screen
    doors: Doors
    endpoint: str
    person: str


@dataclass
class House:
    """Carl lives elsewhere, and shares a porch with nobody here."""

    plot: Conspiracy
    carl: Joined
    callers: dict[str, Endpoint]
    victims: dict[Kind, Victim] = field(default_factory=dict)

    async def root(self, person: Joined) -> str:
        chain, _ = await signing.identity(self.plot.server, person)
        assert chain is not None
        return base64.b64encode(chain.root).decode()

    @asynccontextmanager
    async def drops_in(
        self,
        victim: Victim,
        who: str,
        *,
        forgery: str = AT_ONCE,
        kind: CallKind = "drop_in",
        strange: bool = False,
    ) -> AsyncIterator[FarEnd]:
        """`who` calls the page, which is told that it is a drop in. Yields the far end, which has offered."""
        wire = self.callers[who]
        wire.events.clear()
        await victim.doors.forget()
        self.plot.lie(forgery, victim.endpoint)
        call = new_call()
        as_person = {} if wire.joined.person is not None else {"as": self.carl.person}
        await wire.ok("call", call=call, to=victim.person, **as_person)
        person = self.plot.bob if who == "phone" else self.carl
        chain, _ = await signing.identity(self.plot.server, person)
        assert chain is not None
        async with FarEnd(
            wire,
            keys=self.plot.plot.mallory if strange else wire.joined.keys,
            speaks=(chain.root, chain.point),
            victim=await victim.doors.keys(),
            call=call,
            kind=kind,
        ) as far:
            offers = asyncio.create_task(self._offer(wire, far, call))
            try:
                yield far
            finally:
                offers.cancel()
                await asyncio.wait([offers])
        self.plot.be_honest()
        await wire.say("cancel", call=call)

    async def _offer(self, wire: Endpoint, far: FarEnd, call: str) -> None:
        await wire.event("call_changed", call=call, phase="answering")
        await far.offer()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    directory: Path = tmp_path_factory.mktemp("forged")
    async with AsyncExitStack() as stack:
        plot = await stack.enter_async_context(conspiracy(directory))
        speakers = await stack.enter_async_context(silent_speakers(directory))
        launch = await stack.enter_async_context(browsers(plot.server, directory, speakers=speakers))
        screens: dict[Kind, Screen] = {}
        for number, kind in enumerate(KINDS):
            token = await plot.server.token(plot.bob)
            _, invited = await plot.server.post("invite", token=token, household=True)
            screens[kind] = await launch.screen(kind)
            await screens[kind].join(invited["secret"], kind.title(), f"+1202555777{number}")
            await plot.take_in((await screens[kind].state())["person"]["id"])
        await plot.close_ranks()
        carl = await plot.server.person("Carl", by=plot.bob)
        await signing.begin(plot.server, carl)
        porch = await plot.server.device("Carl's porch", by=carl, shared=True)
        await signing.take_in(plot.server, carl, porch.keys.public, shared=True)
        callers = {"phone": plot.helpers["phone"]}
        for name, joined in (("carl", carl), ("porch", porch)):
            callers[name] = await stack.enter_async_context(Endpoint(plot.server, joined))
        for number, kind in enumerate(KINDS):
            card = {"name": kind, "numbers": [{"number": f"+1202555777{number}", "label": "mobile"}]}
            await callers["carl"].ok("add_contact", **card)
            await until_reached(callers["carl"], kind, (await screens[kind].state())["person"]["id"])
        made = House(plot, carl, callers)
        for kind, screen in screens.items():
            await screen.button("Yes, I live there").click()
            state = await screen.state()
            doors = Doors(screen.page)
            await doors.watch()
            made.victims[kind] = Victim(screen, doors, state["endpoint"]["id"], state["person"]["id"])
        yield made


@pytest_asyncio.fixture(params=KINDS, loop_scope="module")
async def victim(house: House, request: pytest.FixtureRequest) -> AsyncIterator[Victim]:
    victim = house.victims[request.param]
    await victim.doors.ready()
    yield victim
    house.plot.be_honest()
    await victim.doors.set_clock(0)
    await victim.screen.leave_calls()


async def shut(victim: Victim, far: FarEnd) -> None:
    """It is over, nothing was captured for it, and nothing lit up."""
    await victim.doors.over()
    assert far.counts.captured == 0
    assert await victim.doors.stages() in ([], ["checking"])
    assert await victim.screen.live_tracks() == set() and await victim.screen.live() == set()


def to(root: str, mode: str = "instant") -> dict[str, Any]:
    return {"receiver": root, "household": "", "mode": mode, "carer": False, "since": 1, "until": 0}


@pytest.mark.row("R74", "R75", "R134")
async def test_who_was_allowed_is_let_in_and_heard_only_after_the_tone(house: House, victim: Victim) -> None:
    """What all others are told apart from: the same call, by the same way, to somebody who was granted it. The first
    packet comes after the tone, and at once then; the light is on before and goes with the track."""
    await victim.doors.sign(grants=[to(await house.root(house.carl))])
    async with house.drops_in(victim, "carl") as far:
        offset = time.time() - asyncio.get_running_loop().time()
        await far.media(40)
        assert await victim.screen.live() == {"microphone"}
        times = dict(await victim.doors.times())
        assert far.counts.first is not None
        assert times["open"] - times["tone"] >= TONE
        assert 0 <= far.counts.first + offset - times["open"] <= 0.1
    await victim.doors.over()
    assert await victim.screen.live_tracks() == set() and await victim.screen.live() == set()


@pytest.mark.row("R67")
@pytest.mark.parametrize("who", ["carl", "porch", "phone"])
async def test_whom_nobody_granted_anything_the_server_grants_nothing(
    house: House, victim: Victim, who: str
) -> None:
    """A stolen database is no more than this: all that the server knows, and no key of the person's."""
    await victim.doors.sign(grants=[to("A" * 43 + "=")])
    async with house.drops_in(victim, who) as far:
        await shut(victim, far)


@pytest.mark.row("R69")
async def test_a_housemate_is_let_in_where_the_household_is(house: House, victim: Victim) -> None:
    await victim.doors.sign(home="instant")
    async with house.drops_in(victim, "phone") as far:
        await far.media(40)
        assert await victim.doors.stages() == ["checking", "tone", "open"]


@pytest.mark.parametrize(
    "forgery",
    [
        "a drop in, keys swapped",
        "a drop in, somebody else",
        "a drop in by an invented member",
        "a drop in by an invented endpoint",
    ],
)
async def test_an_invented_housemate_and_a_swapped_key_open_nothing(
    house: House, victim: Victim, forgery: str
) -> None:
    """Although the household may: whoever the server says lives here signs with a key that nobody has signed for."""
    await victim.doors.sign(home="instant")
    async with house.drops_in(victim, "phone", forgery=forgery, strange=True) as far:
        await shut(victim, far)


async def test_a_grant_that_was_taken_back_is_not_given_again_by_showing_it(
    house: House, victim: Victim
) -> None:
    await victim.doors.sign(grants=[to(await house.root(house.carl))])
    await victim.doors.sign(grants=[])
    assert await victim.doors.hear_again(1) == "stale"
    await victim.doors.sign(home="knock")
    async with house.drops_in(victim, "carl") as far:
        await shut(victim, far)


@pytest.mark.row("R72")
@pytest.mark.parametrize("days", [6, 8])
async def test_a_revocation_that_is_withheld_opens_at_once_for_a_week_and_not_a_day_longer(
    house: House, victim: Victim, days: int
) -> None:
    """After that somebody has to let in who was granted it. (That week is in the threat model.)"""
    await victim.doors.sign(grants=[to(await house.root(house.carl))])
    await victim.doors.set_clock(days * DAY)
    async with house.drops_in(victim, "carl") as far:
        if days < 7:
            await far.media(40)
        else:
            await shut(victim, far)


@pytest.mark.row("S2")
async def test_a_clock_that_is_set_back_brings_nothing_back(house: House, victim: Victim) -> None:
    """What was over when it was signed last is over, whatever the page's clock says."""
    over = to(await house.root(house.carl)) | {"until": int(time.time()) - 60}
    await victim.doors.sign(grants=[over])
    await victim.doors.set_clock(-DAY)
    async with house.drops_in(victim, "carl") as far:
        await shut(victim, far)


@pytest.mark.row("R87")
async def test_an_ordinary_call_is_no_drop_in(house: House, victim: Victim) -> None:
    """Carl, who may drop in, only calls; the server would have it that he drops in, and nobody had to answer."""
    await victim.doors.sign(grants=[to(await house.root(house.carl))])
    async with house.drops_in(victim, "carl", kind="call") as far:
        await shut(victim, far)


@pytest.mark.row("R87")
async def test_a_drop_in_is_no_ordinary_call(house: House, victim: Victim) -> None:
    """Carl drops in; the server has it ring like a call, and somebody answers."""
    await victim.doors.sign(grants=[to(await house.root(house.carl))])
    async with house.drops_in(victim, "carl", forgery="") as far:
        await victim.screen.answer("Carl")
        await victim.doors.over()
        assert far.counts.captured == 0


@pytest.mark.row("R68")
async def test_a_grant_to_one_person_is_not_for_what_their_household_shares(
    house: House, victim: Victim
) -> None:
    """The porch says, and may say, that it acts for Carl."""
    await victim.doors.sign(grants=[to(await house.root(house.carl))])
    async with house.drops_in(victim, "porch") as far:
        await shut(victim, far)


@pytest.mark.row("R64")
async def test_do_not_disturb_is_not_switched_off_by_the_server(house: House, victim: Victim) -> None:
    await victim.doors.sign(grants=[to(await house.root(house.carl))])
    await victim.doors.unheard(deaf=True)
    await victim.screen.page.get_by_role("switch", name="Do Not Disturb").click()
    async with house.drops_in(victim, "carl") as far:
        await shut(victim, far)
    await victim.screen.page.get_by_role("switch", name="Do Not Disturb").click()
    await victim.doors.unheard(deaf=False)


@pytest.mark.row("S1")
async def test_a_knock_is_not_made_an_entry_by_the_server(house: House, victim: Victim) -> None:
    """The server says that it may open at once; the grant says that one knocks."""
    await victim.doors.sign(grants=[to(await house.root(house.carl), "knock")])
    async with house.drops_in(victim, "carl") as far:
        await shut(victim, far)
