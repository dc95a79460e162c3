"""A browser's call outlives its server, its signaling and its media."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.support.browsers import Screen, browsers
from tests.support.server import RunningServer, running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANA, BEN = 440, 880
NEAR = 8.0


@dataclass
class Couple:
    server: RunningServer
    ana: Screen
    ben: Screen


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def joined(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Couple]:
    directory = tmp_path_factory.mktemp("recovery")
    async with running_server(directory) as server, browsers(server, directory) as launch:
        ana = await launch.person("Ana", "chromium", tone=ANA)
        ben = await launch.person("Ben", "chromium", by=ana, tone=BEN)
        yield Couple(server, ana, ben)


@pytest_asyncio.fixture(loop_scope="module")
async def couple(joined: Couple) -> AsyncIterator[Couple]:
    yield joined
    for screen in (joined.ana, joined.ben):
        await screen.leave_calls()


async def video_call(couple: Couple) -> None:
    await couple.ana.place("Ben", video=True)
    await couple.ben.answer("Ana")
    for screen in (couple.ana, couple.ben):
        await screen.connected()
        await screen.sees_picture()


async def epoch(screen: Screen) -> int:
    return int((await screen.state())["talks"][0]["view"]["epoch"])


async def test_the_server_is_killed_and_media_never_stops(couple: Couple) -> None:
    await video_call(couple)
    before = await couple.ben.statistics("transport")
    await couple.server.kill()
    for screen in (couple.ana, couple.ben):
        await expect(screen.page.get_by_text("Your call goes on")).to_be_visible()
    assert await couple.ben.hears() == pytest.approx(ANA, abs=NEAR)
    await couple.ben.frames_beyond(await couple.ben.frames_decoded())
    await couple.server.start()
    for screen in (couple.ana, couple.ben):
        await expect(screen.page.get_by_text("Your call goes on")).to_be_hidden()
        await screen.connected()
    after = await couple.ben.statistics("transport")
    assert [one["id"] for one in after] == [one["id"] for one in before]
    assert await epoch(couple.ben) == 0  # the very same connection
    await couple.ana.button("Mute").click()  # control is back: what one does reaches the other
    await expect(couple.ben.page.get_by_text("s microphone is off")).to_be_visible()


async def test_an_invite_while_the_server_is_away_is_answered_with_words(couple: Couple) -> None:
    await couple.server.kill()
    await expect(couple.ana.page.get_by_text("Reconnecting")).to_be_visible()
    await expect(couple.ana.button("Call Ben", exact=True)).to_be_disabled()
    await couple.server.start()
    await expect(couple.ana.button("Call Ben", exact=True)).to_be_enabled()


LOSSES = """
() => {
  const { account } = document.querySelector('kith-app').parts;
  const send = account.send.bind(account);
  window.losses = new Set();
  account.send = (draft, options) => {
    if (draft.t === 'media_lost') window.losses.add(draft.epoch);
    return send(draft, options);
  };
}
"""
"""Keep in which epochs the page has lost its media."""

WORDS = """
() => {
  window.words = [];
  new MutationObserver(() => {
    const now = document.querySelector('kith-call .standing')?.textContent;
    if (now && now !== window.words.at(-1)) window.words.push(now);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}
"""
"""Keep what the call screen says, however briefly."""

REPLACED = """
() => {
  const [talk] = document.querySelector('kith-app').parts.store.state.talks;
  return talk.view.epoch > 0 && talk.media === 'up';
}
"""


async def test_lost_media_is_replaced_by_a_new_connection(couple: Couple) -> None:
    """By one for each loss: a machine that is too busy for pictures and sound may bring about another of its own."""
    for screen in (couple.ana, couple.ben):
        await screen.page.evaluate(LOSSES)
    await video_call(couple)
    for screen in (couple.ana, couple.ben):
        await screen.page.evaluate(WORDS)
    await couple.ana.lose_media()
    said: list[str] = []
    for screen in (couple.ana, couple.ben):
        await screen.page.wait_for_function(REPLACED)
        await screen.connected()
        said += await screen.page.evaluate("() => window.words")
    assert "Reconnecting …" in said, "whoever noticed first says so"
    lost = [await one.page.evaluate("() => [...window.losses]") for one in (couple.ana, couple.ben)]
    assert await epoch(couple.ben) == len({*lost[0], *lost[1]}) >= 1
    assert await couple.ben.hears() == pytest.approx(ANA, abs=NEAR)
    await couple.ben.sees_picture()


async def test_a_page_that_comes_back_may_rejoin(couple: Couple) -> None:
    """A crashed page's call is offered, not taken up: no camera opens by itself."""
    await video_call(couple)
    await couple.ben.crash()
    await expect(couple.ben.page.get_by_text("Your call still goes on")).to_be_visible()
    assert await couple.ben.live_tracks() == set()
    await couple.ben.button("Go back to it").click()
    for screen in (couple.ana, couple.ben):
        await screen.connected()
        await screen.sees_picture()
    assert await couple.ana.hears() == pytest.approx(BEN, abs=NEAR)


async def test_closing_the_page_ends_the_call(couple: Couple) -> None:
    await video_call(couple)
    page = await couple.ben.context.new_page()
    await couple.ben.page.close()
    couple.ben.page = page
    await couple.ana.call_is_over("The call has ended.")
    await couple.ben.open()
    await couple.ben.at_home()
