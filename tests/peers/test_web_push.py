"""A closed app: what wakes it goes through a push service, to the real service worker, and from there to the person."""

import asyncio
import base64
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, CDPSession, Page, Worker, expect

from kith import Endpoint as KithEndpoint
from kith.endpoint.voice_codec import encoded
from kith.server.authority import ensure
from media.tones import RATE, Samples, sine
from tests.support.browsers import (
    CHROMIUM,
    CHROMIUM_FLAGS,
    KEEP_CONNECTIONS,
    PATIENCE,
    SAY_YES,
    SOUND_AT_ONCE,
    VIEWPORT,
    Launcher,
    Screen,
    browsers,
)
from tests.support.endpoints import Watched, phone_of
from tests.support.messaging import PLAYED, SOUNDS, Talking, until
from tests.support.push import Browser, PushService, push_service
from tests.support.server import running_server
from tests.support.sound import dominant

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUBSCRIBED = """
([url, p256dh, auth]) => {
  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer;
  const keys = { p256dh: bytes(p256dh), auth: bytes(auth) };
  const there = () => localStorage.getItem('test.subscribed') === 'yes';
  const subscription = {
    endpoint: url,
    getKey: (name) => keys[name],
    unsubscribe: async () => (localStorage.setItem('test.subscribed', 'no'), true),
  };
  PushManager.prototype.getSubscription = async () => (there() ? subscription : null);
  PushManager.prototype.subscribe = async (options) => {
    window.subscribedFor = btoa(String.fromCharCode(...new Uint8Array(options.applicationServerKey)));
    localStorage.setItem('test.subscribed', 'yes');
    return subscription;
  };
}
"""
"""A push service of our own in the place of the browser's: there is no other in a browser that knows nobody."""

SHOWN = """
async () => (await self.registration.getNotifications()).map((one) => ({
  title: one.title, body: one.body, actions: one.actions.map((action) => [action.action, action.title]),
  insists: one.requireInteraction, silent: one.silent,
}))
"""

PRESS = """
async (action) => {
  const [notification] = await self.registration.getNotifications();
  self.dispatchEvent(new NotificationEvent('notificationclick', { notification, action }));
}
"""
"""What the browser does when the person presses a button of the notification."""

OPENED = """
() => { self.opened = []; self.clients.openWindow = async (url) => (self.opened.push(url), null); }
"""
"""A worker opens a window only for a person's own press, which no test can make: it says what it would open."""

SOUNDED = "() => window.sounds.reduce((count, part) => count + part.length, 0) > 24_000"
"""Half a second of it."""

UNDERSTOOD = """
async (text) => {
  const disk = await import('/messages/database.js');
  return (await disk.all('transcripts')).some((one) => JSON.stringify(one).includes(text));
}
"""

VOICE, NEAR = 660, 8.0
"""Hz: of what Gus says, and how far from it a loudspeaker may be."""

PAGES = """
async () => (await self.clients.matchAll({ type: 'window', includeUncontrolled: true })).length
"""

MAKE_CLEAR = "async () => { for (const one of await self.registration.getNotifications()) one.close(); }"


@dataclass
class Closed:
    """Ben's app: a profile whose page can be closed, and what stays of it."""

    context: BrowserContext
    screen: Screen
    service: PushService
    browser: Browser
    pump: asyncio.Task[None] | None = None
    brought: list[dict[str, Any]] = field(default_factory=list)
    registrations: dict[str, str] = field(default_factory=dict)

    @property
    def worker(self) -> Worker:
        return self.context.service_workers[-1]

    async def session(self, page: Page) -> CDPSession:
        """To the browser's service workers."""
        session = await self.context.new_cdp_session(page)
        found = asyncio.get_running_loop().create_future()

        def registered(event: dict[str, Any]) -> None:
            for one in event["registrations"]:
                if not one["isDeleted"] and not found.done():
                    found.set_result(one["registrationId"])

        session.on("ServiceWorker.workerRegistrationUpdated", registered)
        await session.send("ServiceWorker.enable")
        self.registrations["here"] = await found
        return session

    async def deliver(self, session: CDPSession) -> None:
        """Bring what the push service was posted to the worker, as the browser's maker would."""
        while True:
            data = self.browser.read((await self.service.next()).body).decode()
            self.brought.append(json.loads(data))
            origin = self.screen.server.url
            await session.send(
                "ServiceWorker.deliverPushMessage",
                {"origin": origin, "registrationId": self.registrations["here"], "data": data},
            )

    async def alone(self) -> None:
        """Until the worker sees no page any more: a busy browser takes its time to close one."""
        async with asyncio.timeout(PATIENCE / 1_000):
            while await self.worker.evaluate(PAGES):
                await self.worker.evaluate("() => new Promise((resolve) => setTimeout(resolve, 20))")

    async def notifications(self, count: int) -> list[dict[str, Any]]:
        """As soon as there are `count`: the browser shows them in its own time."""
        shown: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(PATIENCE / 1_000):
                while len(shown := await self.worker.evaluate(SHOWN)) != count:
                    await self.worker.evaluate("() => new Promise((resolve) => setTimeout(resolve, 20))")
        except TimeoutError:
            if self.pump is not None and self.pump.done():
                self.pump.result()
            raise AssertionError(f"shown: {shown}; brought: {self.brought}") from None
        return shown


@dataclass
class House:
    """Ana and Ben live together and have pages; Gus, who knows Ben, has a device."""

    launch: Launcher
    ana: Screen
    ben: Closed
    gus: Watched

    @asynccontextmanager
    async def away(self) -> AsyncIterator[Closed]:
        """Ben has closed the app: nothing is left of it but the worker."""
        ben = self.ben
        session = await ben.session(other := await ben.context.new_page())
        await ben.screen.page.close()
        await ben.alone()
        ben.brought.clear()
        pump = ben.pump = asyncio.create_task(ben.deliver(session))
        await ben.worker.evaluate(OPENED)
        await expect(self.ana.page.get_by_role("button", name="Call Ben", exact=True)).to_be_visible()
        try:
            yield ben
        finally:
            pump.cancel()
            await asyncio.wait([pump])
            await ben.worker.evaluate(MAKE_CLEAR)
            if ben.screen.page.is_closed():
                await self.open()
            await ben.screen.leave_calls()
            await self.ana.leave_calls()
            await session.detach()
            await other.close()

    async def open(self, fragment: str = "") -> None:
        """As somebody, or the worker, opens the app."""
        self.ben.screen.page = await self.ben.context.new_page()
        await self.ben.screen.page.add_init_script(f"({SOUNDS})()")
        await self.ben.screen.open(fragment)


@asynccontextmanager
async def profile(directory: Path, launch: Launcher, service: PushService) -> AsyncIterator[Closed]:
    """One that stays on the disk: a browser delivers a push to no other."""
    browser = Browser()
    context = await launch.playwright.chromium.launch_persistent_context(
        str(directory / "profile"),
        executable_path=CHROMIUM,
        chromium_sandbox=False,
        env=dict(os.environ),
        args=[*CHROMIUM_FLAGS, SOUND_AT_ONCE, SAY_YES, *launch._trust()],
        viewport=VIEWPORT,  # type: ignore[arg-type]
        locale="en-US",
        permissions=["camera", "microphone", "notifications"],
    )
    context.set_default_timeout(PATIENCE)
    await context.add_init_script(KEEP_CONNECTIONS)
    keys = [base64.b64encode(part).decode() for part in (browser.public, browser.auth)]
    await context.add_init_script(f"({SUBSCRIBED})({json.dumps([f'{service.url}/ben', *keys])})")
    screen = Screen("chromium", launch.server, context, await context.new_page())
    screen.page.on("pageerror", lambda error: screen.errors.append(str(error)))
    try:
        yield Closed(context, screen, service, browser)
    finally:
        await context.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    directory = tmp_path_factory.mktemp("web-push")
    certificates = ensure(directory / "elsewhere", ("localhost",), datetime.now(UTC))
    options = (
        "--allow-private-address=127.0.0.1",
        "--allow-private-address=::1",
        f"--trust-ca={certificates.ca}",
    )
    async with (
        push_service(certificates) as service,
        running_server(directory, *options) as server,
        browsers(server, directory) as launch,
        profile(directory, launch, service) as ben,
    ):
        ana = await launch.person("Ana", "chromium")
        await ben.screen.join(await ana.invite(household=True), "Ben", "+12025559100")
        await ana.button("Yes, that is Ben", exact=True).click()
        await ben.screen.button("Yes, I live there").click()
        gus, code = await server.sign_up("Gus", secret=await ben.screen.invite(household=False))
        await server.post("verify", token=await server.token(gus), code=code)
        async with phone_of(server, gus, directory) as phone:
            house = House(launch, ana, ben, phone)
            await switched_on(house)
            yield house


async def switched_on(house: House) -> None:
    """As a person does it: a tap on the own card."""
    page = house.ben.screen.page
    await page.get_by_role("button", name="You", exact=True).click()
    await house.ben.screen.button("Notifications").click()
    toggle = page.get_by_role("switch", name="Ring while Kith is closed")
    await expect(toggle).to_have_attribute("aria-checked", "false")
    await toggle.click()
    await expect(page.get_by_role("switch", name="Ring while Kith is closed")).to_have_attribute(
        "aria-checked", "true"
    )
    await house.ben.screen.button("Close", exact=True).click()
    await page.get_by_role("button", name="Home", exact=True).click()


@pytest.mark.row("R36")
async def test_a_closed_app_rings_and_is_answered_from_the_notification(house: House) -> None:
    async with house.away() as ben:
        await house.ana.place("Ben", video=True)
        [shown] = await ben.notifications(1)
        assert shown == {
            "title": "Ana is calling",
            "body": "Video call",
            "actions": [["answer", "Answer"], ["decline", "Decline"]],
            "insists": True,
            "silent": False,
        }
        [brought] = ben.brought
        assert set(brought) == {"what", "ref", "until"}, "it was asked for, not brought"
        await ben.worker.evaluate(PRESS, "answer")
        await expect_opened(ben, "/")
        await house.open()
        for screen in (house.ana, ben.screen):
            await screen.connected()
            await screen.sees_picture()
        await ben.notifications(0)


async def expect_opened(ben: Closed, *urls: str) -> None:
    async with asyncio.timeout(PATIENCE / 1_000):
        while (await ben.worker.evaluate("() => self.opened")) != list(urls):
            await ben.worker.evaluate("() => new Promise((resolve) => setTimeout(resolve, 20))")


@pytest.mark.row("R36")
async def test_it_is_declined_and_no_app_is_opened(house: House) -> None:
    async with house.away() as ben:
        await house.ana.place("Ben", video=False)
        await ben.notifications(1)
        await ben.worker.evaluate(PRESS, "decline")
        await house.ana.call_is_over("Ben declined.")
        await ben.notifications(0)
        await expect_opened(ben)


async def test_what_is_over_rings_for_nobody(house: House) -> None:
    """The caller gives up: what rang says so, quietly, and nothing rings when the app is opened."""
    async with house.away() as ben:
        await house.ana.place("Ben", video=False)
        await ben.notifications(1)
        await house.ana.hang_up()
        async with asyncio.timeout(PATIENCE / 1_000):
            while (await ben.notifications(1))[0]["title"] != "Missed call from Ana":
                pass
        [shown] = await ben.notifications(1)
        assert (shown["actions"], shown["insists"], shown["silent"]) == ([], False, True)
        await house.open()
        await expect(ben.screen.page.get_by_role("region", name="Missed calls")).to_contain_text("Ana")
        await expect(ben.screen.incoming("Ana")).to_be_hidden()
        await ben.screen.button("Seen").click()


async def test_a_push_that_comes_too_late_rings_for_nobody(house: House) -> None:
    """A push service may hold one back, or bring it twice."""
    async with house.away() as ben:
        await house.ana.place("Ben", video=False)
        await ben.notifications(1)
        first = dict(ben.brought[0])
        await house.ana.hang_up()
        async with asyncio.timeout(PATIENCE / 1_000):
            while (await ben.notifications(1))[0]["insists"]:
                pass
        session = await ben.session(page := await ben.context.new_page())
        await session.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": ben.screen.server.url,
                "registrationId": ben.registrations["here"],
                "data": json.dumps(first),
            },
        )
        await ben.worker.evaluate("() => new Promise((resolve) => setTimeout(resolve, 300))")
        [shown] = await ben.notifications(1)
        assert (shown["title"], shown["actions"]) == ("Missed call from Ana", [])
        await page.close()
        await house.open()
        await ben.screen.button("Seen").click()


async def test_answered_too_late_the_app_says_so(house: House) -> None:
    async with house.away() as ben:
        await house.ana.place("Ben", video=False)
        await ben.notifications(1)
        await ben.worker.evaluate(PRESS, "answer")
        await expect_opened(ben, "/")
        await house.ana.hang_up()
        await house.open()
        await expect(ben.screen.page.get_by_text("The call is over already.")).to_be_visible()
        await expect(ben.screen.incoming("Ana")).to_be_hidden()
        await ben.screen.button("Seen").click()


async def test_nobodys_name_where_that_was_chosen(house: House) -> None:
    await choose(house, "Nobody.s name")
    try:
        async with house.away() as ben:
            await house.ana.place("Ben", video=False)
            [shown] = await ben.notifications(1)
            assert shown["title"] == "Somebody is calling" and "Ana" not in json.dumps(shown)
            await ben.worker.evaluate(PRESS, "decline")
            await house.ana.call_is_over("Ben declined.")
    finally:
        await choose(house, "Who it is")


async def choose(house: House, what: str) -> None:
    page = house.ben.screen.page
    await page.get_by_role("button", name="You", exact=True).click()
    await house.ben.screen.button("Notifications").click()
    await page.get_by_role("radio", name=re.compile(what)).check()
    await house.ben.screen.button("Close", exact=True).click()
    await page.get_by_role("button", name="Home", exact=True).click()


async def test_in_the_persons_language(house: House) -> None:
    page = house.ben.screen.page
    await page.evaluate("() => document.querySelector('kith-app').parts.chosen.change({ language: 'es' })")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await kept_language(page, "es")
    async with house.away() as ben:
        await house.ana.place("Ben", video=False)
        [shown] = await ben.notifications(1)
        assert shown["title"] == "Llamada de Ana" or "Ana" in shown["title"]
        assert [title for _, title in shown["actions"]] == ["Contestar", "Rechazar"]
        await ben.worker.evaluate(PRESS, "decline")
        await house.ana.call_is_over("Ben declined.")
    await ben.screen.page.evaluate(
        "() => document.querySelector('kith-app').parts.chosen.change({ language: 'en' })"
    )
    await kept_language(ben.screen.page, "en")
    await ben.screen.button("Close", exact=True).click()


async def kept_language(page: Page, language: str) -> None:
    """Wait until the worker finds it."""
    async with asyncio.timeout(PATIENCE / 1_000):
        while (await page.evaluate(KEPT))["language"] != language:
            pass


KEPT = """
() => new Promise((resolve) => {
  const opening = indexedDB.open('kith');
  opening.onsuccess = () => {
    const request = opening.result.transaction('own').objectStore('own').get('push');
    request.onsuccess = () => (opening.result.close(), resolve(request.result ?? null));
  };
})
"""


@pytest.mark.row("R53")
async def test_a_message_wakes_the_app_and_is_read_from_the_notification(house: House) -> None:
    ben_id = (await house.ben.screen.state())["person"]["id"]
    async with house.away() as ben:
        await house.gus.endpoint.messages.send_text(ben_id, "Dinner on Sunday?")
        [shown] = await ben.notifications(1)
        assert (shown["title"], shown["body"]) == ("Gus sent you a message", "Text message")
        assert shown["actions"] == [["read", "Read"]]
        assert {"what", "ref"} == ben.brought[0].keys() and "Dinner" not in json.dumps([shown, ben.brought])
        await ben.worker.evaluate(PRESS, "read")
        await expect_opened(ben, opened := f"/#message={house.gus.endpoint.enrolment.person}")
        await house.open(opened[1:])
        await expect(ben.screen.page.get_by_role("heading", name="Gus")).to_be_visible()
        await expect(Talking(ben.screen).row("Dinner on Sunday?")).to_be_visible()
        await Talking(ben.screen).home()


@pytest.mark.row("R53")
async def test_a_voice_message_is_played_from_the_notification(house: House) -> None:
    ben_id = (await house.ben.screen.state())["person"]["id"]
    async with house.away() as ben:
        await house.gus.endpoint.messages.send_voice(ben_id, encoded(sine(VOICE, 0, RATE)))
        [shown] = await ben.notifications(1)
        assert (shown["body"], shown["actions"]) == ("Voice message", [["play", "Play"]])
        await ben.worker.evaluate(PRESS, "play")
        await expect_opened(ben, opened := f"/#play={house.gus.endpoint.enrolment.person}")
        await house.open(opened[1:])
        page = ben.screen.page
        await page.wait_for_function(SOUNDED)
        played = np.frombuffer(base64.b64decode(await page.evaluate(PLAYED)), np.int16)
        assert abs(dominant(played.astype(np.float64), RATE) - VOICE) < NEAR
        await Talking(ben.screen).home()


@pytest.mark.row("R59")
async def test_without_its_recording_the_text_of_a_message_stays(house: House) -> None:
    """Ben's bedside device understands what Gus says, and tells his page."""
    ben = Talking(house.ben.screen)
    ben_id = (await house.ben.screen.state())["person"]["id"]
    async with bedside(house, "Dinner at seven"):
        await house.gus.endpoint.messages.send_voice(ben_id, encoded(sine(VOICE, 0, RATE)))
        await until(lambda: understood(ben, "Dinner at seven"), "the page has the text")
    await house.gus.endpoint.messages.send_text(ben_id, "Bring bread")
    await until(lambda: came(ben, "Bring bread"), "the page has the message")
    voices = [one["id"] for one in await ben.items() if one.get("voice")]
    assert voices and all([len(await ben.recording(one)) > 1_000 for one in voices])
    await ben.page.get_by_role("button", name="You", exact=True).click()
    await ben.screen.button("Your history").click()
    recordings = ben.page.get_by_role("button", name="Delete recordings", exact=True)
    await recordings.click()
    await ben.page.get_by_role("group").get_by_role("button", name="Delete recordings", exact=True).click()
    await expect(ben.page.get_by_text("The recordings were deleted")).to_be_attached()
    await ben.screen.button("Close", exact=True).click()
    await ben.page.get_by_role("button", name="Home", exact=True).click()
    assert not any([await ben.recording(one) for one in voices])
    await ben.open("Gus")
    for text in ("Dinner at seven", "Bring bread"):
        await expect(ben.row(text)).to_be_visible()
    await ben.home()


@asynccontextmanager
async def bedside(house: House, text: str) -> AsyncIterator[None]:
    """A device of Ben's that understands everything as this."""

    async def transcriber(_: Samples) -> str:
        return text

    code = await house.ben.screen.offer_pairing(shared=False)
    server = house.ben.screen.server
    device = await KithEndpoint.pair(
        server.url, code, name="Bedside", home=server.data.parent / "bedside", ca=server.ca, speaker="null"
    )
    device.messages.transcripts.transcriber = transcriber
    async with device:
        await Watched(device).until_true(lambda: device.joined, "Ben's page has signed for it")
        yield


async def came(ben: Talking, text: str) -> bool:
    return any(one.get("text") == text for one in await ben.items())


async def understood(ben: Talking, text: str) -> bool:
    return bool(await ben.page.evaluate(UNDERSTOOD, text))


async def test_a_page_that_is_looked_at_is_not_notified(house: House) -> None:
    await house.ana.place("Ben", video=False)
    await expect(house.ben.screen.incoming("Ana")).to_be_visible()
    await house.ana.hang_up()
    await house.ben.screen.button("Seen").click()
    assert house.ben.service.waiting == 0 and await house.ben.worker.evaluate(SHOWN) == []


async def test_no_link_answers_a_call(house: House) -> None:
    """What was pressed is kept where only this app writes."""
    async with house.away() as ben:
        await house.ana.place("Ben", video=False)
        await ben.notifications(1)
        call = ben.brought[0]["ref"]
        ben.screen.page = await ben.context.new_page()
        await ben.screen.open(f"#answer={call}&pressed=answer&call={call}")
        await expect(ben.screen.incoming("Ana")).to_be_visible()
        await ben.screen.button("Decline", exact=True).click()
        await house.ana.call_is_over("Ben declined.")


async def test_switched_off_nothing_wakes_it(house: House) -> None:
    page = house.ben.screen.page
    await page.get_by_role("button", name="You", exact=True).click()
    await house.ben.screen.button("Notifications").click()
    await page.get_by_role("switch", name="Ring while Kith is closed").click()
    await expect(page.get_by_role("switch", name="Ring while Kith is closed")).to_have_attribute(
        "aria-checked", "false"
    )
    assert await page.evaluate("() => localStorage.getItem('test.subscribed')") == "no"
    assert await page.evaluate(KEPT) is None
    await house.ben.screen.button("Close", exact=True).click()
    posted = len(house.ben.service.posted)
    async with house.away():
        await house.ana.place("Ben", video=False)
        await house.ana.hang_up()
    assert len(house.ben.service.posted) == posted
