"""A forged server and real browsers: whatever it forges, the app refuses, says so, and nothing leaves it."""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from kith import Endpoint
from kith.core.ids import new_call
from kith.core.keys import PublicKeys
from kith.core.trust.person import replay
from kith.endpoint.home import Home
from signaling import protocol
from tests.support import signing
from tests.support.browsers import Kind, Screen, browsers
from tests.support.conspiracy import Conspiracy, Who, conspiracy
from tests.support.endpoints import DEFAULTS, Watched, phone_of
from tests.support.far_end import FarEnd
from tests.support.lies import LIES, Lie

pytestmark = pytest.mark.asyncio(loop_scope="module")

KINDS: tuple[Kind, ...] = ("chromium", "firefox")
UNSAFE = "it could not make sure that nobody stands in between"
SENT = """
async () => {
  const reports = await Promise.all(window.connections.map((one) => one.getStats()));
  const sent = reports.flatMap((report) => [...report.values()]).filter(({ type }) => type === 'outbound-rtp');
  return sent.reduce((sum, { packetsSent }) => sum + packetsSent, 0);
}
"""
"""RTP packets that left through any connection that the page has ever made, by its own account."""


KEYS = """
async () => {
  const { loadIdentity } = await import('/session/database.js');
  const { publicKeys } = await import('/session/keys.js');
  return publicKeys((await loadIdentity()).keys);
}
"""
"""The page's own public keys."""


@dataclass
class House:
    """One browser that is lied to, by kind."""

    plot: Conspiracy
    screens: dict[Kind, Screen]


@dataclass
class Victim:
    plot: Conspiracy
    screen: Screen
    id: str
    person: str

    @property
    def name(self) -> str:
        return self.screen.name

    async def refuses(self) -> None:
        """The call is over, and the person is told why."""
        await expect(self.screen.page.locator("kith-call .standing")).to_contain_text(UNSAFE)

    def far_end(self, lie: Lie, call: str, keys: PublicKeys) -> FarEnd:
        return self.plot.far_end(
            lie.helper, call, keys, forgery=lie.forgery, strange=lie.strange, household=lie.household
        )

    async def begin_anew(self, forgery: str) -> None:
        """The page is loaded anew, and asks again."""
        self.plot.lie(forgery, self.id)
        await self.screen.page.reload()
        await self.screen.at_home()

    async def keys(self) -> PublicKeys:
        shown = await self.screen.page.evaluate(KEYS)
        return PublicKeys(*(base64.b64decode(shown[name]) for name in protocol.Keys.__struct_fields__))

    async def sent(self) -> int:
        return int(await self.screen.page.evaluate(SENT))

    async def calls(self, whom: str, who: Who, forgery: str = "") -> tuple[str, PublicKeys]:
        """Call, and let `who` answer."""
        wire = self.plot.helpers[who]
        wire.events.clear()
        self.plot.lie(forgery, self.id)
        await self.screen.place(whom, video=False)
        call = (await wire.event("ringing"))["call"]["id"]
        return call, await self.plot.answer(who, call)

    async def is_called(self, who: Who, forgery: str = "") -> tuple[str, PublicKeys]:
        """Be called by `who`, and answer."""
        self.plot.lie(forgery, self.id)
        call = await self.plot.call(who, self.person)
        await self.screen.button("Answer", exact=True).click()
        return call, await self.plot.answered(who, call)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    directory: Path = tmp_path_factory.mktemp("forged")
    async with conspiracy(directory) as plot, browsers(plot.server, directory) as launch:
        screens: dict[Kind, Screen] = {}
        for number, kind in enumerate(KINDS):
            token = await plot.server.token(plot.bob)
            _, invited = await plot.server.post("invite", token=token, household=True)
            screens[kind] = await launch.screen(kind)
            await screens[kind].join(invited["secret"], kind.title(), f"+1202555777{number}")
            await plot.take_in((await screens[kind].state())["person"]["id"])
        await plot.close_ranks()
        for screen in screens.values():
            await screen.button("Yes, I live there").click()
        house = House(plot, screens)
        for screen in screens.values():
            await honest(await victim_of(house, screen))
        yield house
        for screen in screens.values():  # and no lie has spoilt what it remembers
            await honest(await victim_of(house, screen))


async def victim_of(house: House, screen: Screen) -> Victim:
    state = await screen.state()
    return Victim(house.plot, screen, state["endpoint"]["id"], state["person"]["id"])


@pytest_asyncio.fixture(params=KINDS, loop_scope="module")
async def victim(house: House, request: pytest.FixtureRequest) -> AsyncIterator[Victim]:
    victim = await victim_of(house, house.screens[request.param])
    await victim.screen.page.evaluate("() => { window.connections.length = 0; }")
    yield victim
    house.plot.be_honest()
    if not await victim.screen.page.get_by_role("heading", name="People").is_visible():
        await victim.begin_anew("")
    await victim.screen.leave_calls()


async def honest(victim: Victim, who: Who = "phone") -> None:
    """A call as it should be: the browser is heard."""
    call, keys = await victim.is_called(who)
    async with victim.plot.far_end(who, call, keys) as far:
        await far.offer()
        await far.media()
        assert await victim.sent() > 0
    await victim.screen.leave_calls()


NEW_ROSTER = {"a roster rolled back", "a roster withheld"}
"""Nobody asks for a roster that is known already, unless the page begins anew."""

CHANGED = "another identity"
SHOWN = [lie for lie in LIES if lie.forgery != CHANGED]


@pytest.mark.row("R87", "S9")
@pytest.mark.parametrize("lie", SHOWN, ids=lambda lie: lie.forgery)
async def test_a_lie_about_who_calls_is_refused_before_any_media(victim: Victim, lie: Lie) -> None:
    if lie.forgery in NEW_ROSTER:
        await victim.begin_anew(lie.forgery)
    call, keys = await victim.is_called(lie.helper, lie.forgery)
    async with victim.far_end(lie, call, keys) as far:
        await far.offer()
        await victim.refuses()
        assert far.counts.media == 0 and far.heard == [] and await victim.sent() == 0


@pytest.mark.row("R87", "S9")
@pytest.mark.parametrize("lie", SHOWN, ids=lambda lie: lie.forgery)
async def test_a_lie_about_who_is_called_is_refused_before_any_media(victim: Victim, lie: Lie) -> None:
    if lie.forgery in NEW_ROSTER:
        await victim.begin_anew(lie.forgery)
    call, keys = await victim.calls(lie.helper.title() if lie.household else "Bob", lie.helper, lie.forgery)
    async with victim.far_end(lie, call, keys) as far:
        await victim.refuses()
        assert far.counts.media == 0 and far.heard == [] and await victim.sent() == 0


@pytest.mark.row("S9")
@pytest.mark.parametrize("calls", [True, False], ids=["calls", "is called"])
async def test_another_identity_is_shown_before_any_media(victim: Victim, *, calls: bool) -> None:
    """The person is asked; hanging up is the end of it."""
    call, keys = await (
        victim.calls("Bob", "phone", CHANGED) if calls else victim.is_called("phone", CHANGED)
    )
    async with victim.plot.far_end("phone", call, keys, forgery=CHANGED, strange=True) as far:
        if not calls:
            await far.offer()
        notice = victim.screen.page.get_by_role("alertdialog", name="has changed")
        await expect(notice).to_be_visible()
        assert await far.nothing_for(0.5) and far.heard == [] and await victim.sent() == 0
        await notice.get_by_role("button", name="Hang up").click()
        await victim.plot.helpers["phone"].ended(call)
        assert far.counts.media == 0 and await victim.sent() == 0


@pytest.mark.row("R87")
@pytest.mark.parametrize("said", ["sealed by a stranger", "not sealed", "as a drop in"])
@pytest.mark.parametrize("calls", [True, False], ids=["calls", "is called"])
async def test_what_is_not_sealed_for_this_call_is_refused(victim: Victim, said: str, *, calls: bool) -> None:
    call, keys = await (victim.calls("Bob", "phone") if calls else victim.is_called("phone"))
    async with victim.plot.far_end(
        "phone",
        call,
        keys,
        strange=said == "sealed by a stranger",
        sealed=said != "not sealed",
        kind="drop_in" if said == "as a drop in" else "call",
    ) as far:
        if not calls:
            await far.offer()
        await victim.refuses()
        assert far.counts.media == 0 and await victim.sent() == 0


@pytest.mark.row("R87")
async def test_an_earlier_call_played_again_is_refused(victim: Victim) -> None:
    first, keys = await victim.is_called("phone")
    async with victim.plot.far_end("phone", first, keys) as far:
        await far.offer()
        await far.media()
        said = far.sent
    await victim.screen.leave_calls()
    await victim.begin_anew("")
    second = new_call()
    victim.plot.lie("another call's id", victim.id, renamed={second: first})
    await victim.plot.call("phone", victim.person, second)
    await victim.screen.button("Answer", exact=True).click()
    await victim.plot.answered("phone", second)
    async with victim.plot.far_end("phone", second, keys) as silent:
        await silent.replay(said)
        await victim.refuses()
        assert silent.counts.media == 0 and await victim.sent() == 0


@pytest.mark.row("R87")
@pytest.mark.parametrize("calls", [True, False], ids=["calls", "is called"])
async def test_what_was_said_before_the_media_was_lost_is_refused_afterwards(
    victim: Victim, *, calls: bool
) -> None:
    """Played again in the next epoch of the same call: it was sealed for the one before."""
    call, keys = await (victim.calls("Bob", "phone") if calls else victim.is_called("phone"))
    async with victim.plot.far_end("phone", call, keys) as far:
        if not calls:
            await far.offer()
        await far.media()
        phone = victim.plot.helpers["phone"]
        await phone.ok("media_up", call=call, epoch=0)
        await phone.event("call_changed", call=call, phase="active")
        async with victim.plot.far_end("phone", call, keys, epoch=1, mute=True) as again:
            await phone.ok("media_lost", call=call, epoch=0)
            await again.replay(far.sent)
            await victim.refuses()
            assert again.counts.media == 0
            async with asyncio.timeout(5):  # a goodbye to the honest one may be on its way
                while not await far.nothing_for(0.3):
                    pass


@pytest.mark.row("R87", "R134")
async def test_nobody_answers_in_the_persons_place(victim: Victim) -> None:
    victim.plot.lie("answered for them", victim.id)
    call = await victim.plot.call("phone", victim.person)
    keys = await victim.keys()
    async with victim.plot.far_end("phone", call, keys) as far:
        await far.offer()
        assert await far.nothing_for(1.0) and far.heard == []
    assert await victim.screen.live_tracks() == set() and await victim.sent() == 0


@pytest.mark.row("R87")
async def test_a_key_that_is_swapped_on_its_way_shows_other_digits(victim: Victim, tmp_path: Path) -> None:
    """The browser takes a device in by its code, the server has put its own key in the device's place: whoever looks at
    both screens says no, and nothing is signed."""
    page = victim.screen.page
    await victim.screen.button("Add a device").click()
    await victim.screen.button("Mine").click()
    code = await page.get_by_label("Pairing code").inner_text()
    victim.plot.lie("the new key swapped", victim.id)
    server = victim.plot.server
    new = Watched(
        await Endpoint.pair(server.url, code, name="New", home=tmp_path / "new", ca=server.ca, **DEFAULTS)
    )
    async with new.endpoint:
        _, _, (shown,) = await new.until_progress("digits")
        here = page.get_by_label("Six digits").locator("span")
        await expect(here.first).to_be_visible()
        assert "".join(await here.all_inner_texts()).replace(" ", "") != shown.digits
        await victim.screen.button("Different").click()
        await expect(page.get_by_role("alert")).to_contain_text("Nothing was confirmed")
        await new.until_progress("stopped")
        assert not new.endpoint.joined
    victim.plot.be_honest()
    found = await signing.ask(
        server, victim.plot.bob, protocol.Identities, "list_identities", persons=[victim.person]
    )
    chain = replay(found.identities[0].links)
    assert set(chain.endpoints.ever) == {(await victim.keys()).identity}
    await victim.screen.button("Close").click()


STEPS = """
() => {
  const { hosting } = document.querySelector('kith-app').parts.account;
  const heard = hosting.heard.bind(hosting);
  window.steps = 0;
  hosting.heard = (event) => { heard(event); window.steps += 1; };
}
"""
"""Count what devices that want to be taken in say to the page."""


@pytest.mark.row("R87")
async def test_a_key_that_is_swapped_behind_a_link_is_not_signed_for(victim: Victim, tmp_path: Path) -> None:
    """The browser shows a link with a secret, and the server, which does not know it, puts its own key in the place of
    the device's. The device's own proof is taken afterwards: the page has listened all the time."""
    page, server = victim.screen.page, victim.plot.server
    link = await victim.screen.offer_pairing(shared=False)
    await page.evaluate(STEPS)
    victim.plot.lie("the new key swapped", victim.id)
    home = tmp_path / "new"
    new = await Endpoint.pair(server.url, link, name="New", home=home, ca=server.ca, **DEFAULTS)
    async with new:
        await page.wait_for_function("() => window.steps > 0")
        assert not new.joined
    victim.plot.be_honest()
    again = Watched(await Endpoint.open(home, **DEFAULTS))
    async with again.endpoint:
        await again.until_progress("signed")
        found = await signing.ask(
            server, victim.plot.bob, protocol.Identities, "list_identities", persons=[victim.person]
        )
        ever = set(replay(found.identities[0].links).endpoints.ever)
        assert Home(home).keys().public.identity in ever
        assert victim.plot.plot.mallory.public.identity not in ever


@pytest.mark.row("R87")
async def test_a_browser_does_not_believe_a_chain_that_is_swapped_behind_a_link(
    house: House, victim: Victim, tmp_path: Path
) -> None:
    """A page is to be one more device of Eve's, and whoever signs for it is shown to it with the server's chain."""
    plot, server = house.plot, house.plot.server
    eve = await server.person("Eve", by=plot.bob)
    async with phone_of(server, eve, tmp_path) as phone:
        offered = await phone.endpoint.belonging.offer_pairing(shared=False)
        plot.lie("another root", "*")
        browser = victim.screen.context.browser
        assert browser is not None
        context = await browser.new_context(ignore_https_errors=True)
        screen = Screen(victim.screen.kind, server, context, await context.new_page())
        await screen.open(f"#pair={offered.link}")
        await screen.page.get_by_label("Name of this device").fill("New")
        await screen.button("Add this device").click()
        await expect(screen.page.get_by_role("alert")).to_contain_text("Nothing was confirmed")
        await phone.until_progress("signed")
        assert (await screen.state())["standing"] != "confirmed"
        await context.close()
    plot.be_honest()
