"""Ringing in browsers: everywhere at once, in the background, and never longer than it should."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.support.browsers import Launcher, Screen, browsers
from tests.support.server import running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHOWN = """
async () => {
  const registration = await navigator.serviceWorker.ready;
  return (await registration.getNotifications()).map((one) => ({
    title: one.title, body: one.body, actions: one.actions.map((action) => action.action),
  }));
}
"""

PRESS = """
async (action) => {
  const [notification] = await self.registration.getNotifications();
  self.dispatchEvent(new NotificationEvent('notificationclick', { notification, action }));
}
"""
"""What the browser does when the person presses a button of the notification."""

PLACE_AT = """
async (moment) => {
  const { calls, store } = document.querySelector('kith-app').parts;
  const [{ id, name }] = store.state.people.filter((person) => person.id !== store.state.person.id);
  await new Promise((resolve) => setTimeout(resolve, moment - Date.now()));
  void calls.place({ to: id, name, person: id, video: false });
}
"""
"""Two hands cannot press at the same millisecond."""


@dataclass
class House:
    launch: Launcher
    ana: Screen
    phone: Screen
    tablet: Screen
    """Phone and tablet are both Ben's."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def built(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    directory = tmp_path_factory.mktemp("ringing")
    async with running_server(directory) as server, browsers(server, directory) as launch:
        ana = await launch.person("Ana", "chromium")
        phone = await launch.person("Ben", "chromium", by=ana)
        tablet = await launch.screen("firefox")
        await tablet.pair(await phone.offer_pairing(shared=False), "Tablet")
        yield House(launch, ana, phone, tablet)


@pytest_asyncio.fixture(loop_scope="module")
async def house(built: House) -> AsyncIterator[House]:
    yield built
    for screen in (built.ana, built.phone, built.tablet):
        await screen.leave_calls()


@asynccontextmanager
async def background(screen: Screen) -> AsyncIterator[None]:
    """The person has turned to something else."""
    session = await screen.context.new_cdp_session(screen.page)
    await session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    other = await screen.context.new_page()
    await other.bring_to_front()
    assert not await screen.page.evaluate("() => document.hasFocus()")
    yield
    await other.close()
    await session.send("Emulation.setFocusEmulationEnabled", {"enabled": True})
    await screen.page.bring_to_front()
    await session.detach()


async def notifications(screen: Screen, count: int) -> list[dict[str, Any]]:
    """The notifications that the browser shows, as soon as there are `count`: it shows them in its own time."""
    shown: list[dict[str, Any]] = []
    try:
        async with asyncio.timeout(30):
            while len(shown := await screen.page.evaluate(SHOWN)) != count:
                await screen.page.evaluate("() => new Promise((resolve) => setTimeout(resolve))")
    except TimeoutError:
        focused = await screen.page.evaluate("() => document.hasFocus()")
        talks = (await screen.state())["talks"]
        raise AssertionError(
            f"shown: {shown}; focused: {focused}; talks: {talks}; errors: {screen.errors}"
        ) from None
    return shown


async def test_declined_on_one_personal_device_is_declined(house: House) -> None:
    await house.ana.place("Ben", video=False)
    for screen in (house.phone, house.tablet):
        await expect(screen.incoming("Ana")).to_be_visible()
    await house.tablet.button("Decline").click()
    await house.ana.call_is_over("Ben declined.")
    await expect(house.phone.incoming("Ana")).to_be_hidden()


async def test_the_caller_gives_up_and_the_call_is_missed(house: House) -> None:
    await house.ana.place("Ben", video=False)
    await expect(house.phone.incoming("Ana")).to_be_visible()
    await house.ana.hang_up()
    for screen in (house.phone, house.tablet):
        await expect(screen.incoming("Ana")).to_be_hidden()
        await expect(screen.page.get_by_role("region", name="Missed calls")).to_contain_text("Ana")
    await house.phone.button("Seen").click()
    for screen in (house.phone, house.tablet):
        await expect(screen.page.get_by_role("region", name="Missed calls")).to_be_hidden()


async def test_escape_silences_and_enter_answers(house: House) -> None:
    """The keyboard is where it is needed; silencing is not declining."""
    await house.ana.place("Ben", video=False)
    await expect(house.phone.button("Answer", exact=True)).to_be_focused()
    await house.phone.page.keyboard.press("Escape")
    assert (await house.phone.state())["silenced"] == (await house.phone.state())["talks"][0]["id"]
    await expect(house.phone.incoming("Ana")).to_be_visible()
    await house.phone.page.keyboard.press("Enter")
    await house.ana.connected()


@pytest.mark.row("R33")
async def test_the_incoming_screen_says_who_calls_and_how(house: House) -> None:
    await house.ana.place("Ben", video=True)
    incoming = house.phone.incoming("Ana")
    await expect(incoming.get_by_role("heading", name="Ana")).to_be_visible()
    await expect(incoming.get_by_text("Video call")).to_be_visible()
    for name in ("Answer", "Without video", "Decline"):
        await expect(incoming.get_by_role("button", name=name, exact=True)).to_be_visible()
    assert await house.phone.page.title() == "Ana is calling · Kith"


@pytest.mark.row("R36")
async def test_answered_from_a_notification_in_the_background(house: House) -> None:
    ben = house.phone
    async with background(ben):
        await house.ana.place("Ben", video=True)
        await expect(ben.incoming("Ana")).to_be_visible()
        [shown] = await notifications(ben, 1)
        assert shown == {"title": "Ana is calling", "body": "Video call", "actions": ["answer", "decline"]}
        [worker] = ben.context.service_workers
        await worker.evaluate(PRESS, "answer")
        for screen in (house.ana, ben):
            await screen.connected()
            await screen.sees_picture()
        await notifications(ben, 0)


@pytest.mark.row("R36")
async def test_declined_from_a_notification_in_the_background(house: House) -> None:
    ben = house.phone
    async with background(ben):
        await house.ana.place("Ben", video=False)
        await notifications(ben, 1)
        [worker] = ben.context.service_workers
        await worker.evaluate(PRESS, "decline")
        await house.ana.call_is_over("Ben declined.")
        await notifications(ben, 0)


async def test_a_notification_goes_when_the_ringing_does(house: House) -> None:
    ben = house.phone
    async with background(ben):
        await house.ana.place("Ben", video=False)
        await expect(ben.incoming("Ana")).to_be_visible()
        await notifications(ben, 1)
        await house.ana.hang_up()
        await expect(ben.incoming("Ana")).to_be_hidden()
        await notifications(ben, 0)
        await ben.button("Seen").click()


async def test_both_call_each_other_at_once(house: House) -> None:
    """Two invites that cross become one call."""
    moment = await house.ana.page.evaluate("() => Date.now() + 500")
    await asyncio.gather(*(screen.page.evaluate(PLACE_AT, moment) for screen in (house.ana, house.phone)))
    for screen in (house.ana, house.phone):
        await screen.connected()
    calls = [(await screen.state())["talks"] for screen in (house.ana, house.phone)]
    assert [len(talks) for talks in calls] == [1, 1]
    assert calls[0][0]["id"] == calls[1][0]["id"]
