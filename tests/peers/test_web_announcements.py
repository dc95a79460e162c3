"""Announcements in the browser: spoken and written, played with everybody else's, shown, and answered."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from kith.core.trust.untrusted import SENTENCES, Reason
from kith.endpoint.announce_hearing import HeardAnnouncement
from media.tones import RATE, Tone, samples
from tests.peers.test_web_calls import ANA, Device, device
from tests.support.browsers import Screen, browsers
from tests.support.ears import Ear, until_loud
from tests.support.server import running_server
from tests.support.sound import dominant
from tests.support.speakers import silent_speakers

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHIME = len(samples(Tone.ANNOUNCEMENT)) / RATE
SPOKEN = 1_200
"""Milliseconds for which Ana holds the button."""

PLAYED = """
() => {
  window.played = [];
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (when, ...rest) {
    const { contextTime, performanceTime } = this.context.getOutputTimestamp();
    const at = (performance.timeOrigin + performanceTime) / 1000 + when - contextTime;
    window.played.push({ at, sound: Array.from(this.buffer.getChannelData(0)), rate: this.buffer.sampleRate });
    return start.call(this, when, ...rest);
  };
}
"""
"""What the page plays of recordings, and when that is to be heard, in Unix seconds."""

HEAR_AGAIN = """
async (other) => {
  const { parts } = document.querySelector('kith-app'); const { announcementsOf } = await
  import('/announcements/announcements.js'); const [event] = window.announcements; const envelope = { ...event.envelope,
  ...other }; announcementsOf(parts).heard({ ...event, envelope }); announcementsOf(parts).heard({ t:
  'announcement_plays', seq: 0, announcement: envelope.id, at: Date.now() / 1000 + 1 });
}
"""
"""What a forged server could do with what it has seen: say it once more, or say that it is another one."""

VOICES = """
() => {
  window.spoken = [];
  window.voices = [{ lang: 'en-US', localService: false, name: 'in the cloud' }];
  window.SpeechSynthesisUtterance = class {
    constructor(text) {
      this.text = text;
    }
  };
  const speak = ({ text, voice }) => window.spoken.push([text, voice.name]);
  const value = { getVoices: () => window.voices, speak, cancel: () => {} };
  Object.defineProperty(window, 'speechSynthesis', { value, configurable: true });
}
"""
"""A browser whose only voice sends what it says to its maker."""

KEEP = """
() => {
  window.announcements = []; const { account } = document.querySelector('kith-app').parts; account.followers.push({
  heard: (event) => event.t === 'announcement' && window.announcements.push(event), restored: () => {} });
}
"""


@dataclass
class Home:
    """Ana's page is Chromium, Ben's Firefox; they live together, with a hall that is listened to."""

    ana: Screen
    ben: Screen
    hall: Device
    ear: Ear
    heard: list[HeardAnnouncement]
    """What the hall has played."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    directory = tmp_path_factory.mktemp("announcements")
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running_server(directory))
        speakers = await stack.enter_async_context(silent_speakers(directory))
        launch = await stack.enter_async_context(browsers(server, directory, speakers=speakers))
        ana = await launch.person("Ana", "chromium", tone=ANA)
        ben = await launch.person("Ben", "firefox", by=ana)
        parts = {"microphone": "silence", "camera": "none", "speaker": "null"}
        hall = await stack.enter_async_context(device(ana, "Hall", directory / "hall", **parts))
        for screen in (ana, ben):
            await screen.page.evaluate(PLAYED)
            await screen.page.evaluate(KEEP)
        made = Home(ana, ben, hall, Ear(hall.endpoint), [])
        hall.endpoint.on("announcement", made.heard.append)
        yield made


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def clean(home: Home) -> AsyncIterator[None]:
    home.ear.heard.clear()
    home.heard.clear()
    for screen in (home.ana, home.ben):
        await screen.page.evaluate("() => { window.played.length = 0; window.announcements.length = 0; }")
    yield
    for screen in (home.ana, home.ben):
        await screen.page.keyboard.press("Escape")
        await screen.page.evaluate(
            "() => document.querySelector('kith-app').parts.store.dispatch({ t: 'announcement', announcement: null })"
        )


def card(screen: Screen) -> Locator:
    return screen.page.get_by_role("region", name="Announcement")


async def write(screen: Screen, text: str) -> None:
    await screen.button("Announce at home").click()
    await screen.page.get_by_label("What is to be said").fill(text)
    await screen.button("Announce", exact=True).click()


async def played(screen: Screen) -> dict[str, Any]:
    (one,) = await screen.page.evaluate("() => window.played")
    found: dict[str, Any] = one
    return found


@pytest.mark.alone
@pytest.mark.row("R93", "R94", "R95")
async def test_what_is_spoken_into_a_page_plays_on_page_and_device_at_once(home: Home) -> None:
    await home.ana.button("Announce at home").click()
    await home.ana.button("Hold to speak, or tap").hover()
    await home.ana.page.mouse.down()
    await home.ana.page.wait_for_timeout(SPOKEN)
    await home.ana.page.mouse.up()
    await expect(home.ana.page.get_by_text("Announced on 2 devices.")).to_be_visible()
    await until_loud([home.ear], CHIME - 0.2 + 0.7)
    sound = np.concatenate([part for _, part in home.ear.heard])
    assert dominant(sound[-RATE // 2 :]) == pytest.approx(ANA, abs=8)
    await expect(card(home.ben)).to_contain_text("Ana")
    await expect(card(home.ben)).to_contain_text("Said something to everybody at home.")
    one = await played(home.ben)
    voice = np.array(one["sound"])
    assert dominant(voice[-int(one["rate"]) // 2 :], int(one["rate"])) == pytest.approx(ANA, abs=8)
    loop = asyncio.get_running_loop()
    hall_began = home.ear.heard[0][0] + time.time() - loop.time()
    assert one["at"] - CHIME == pytest.approx(hall_began, abs=0.3)
    assert await home.ben.live_tracks() == set(), "no microphone was opened to hear it"
    assert await home.ana.live_tracks() == set(), "and that of the speaker is closed"
    await expect(card(home.ana)).to_have_count(0)


@pytest.mark.row("R94", "R96")
async def test_a_text_is_shown_and_answered_where_it_was_said(home: Home) -> None:
    await write(home.ana, "Dinner is ready")
    await expect(card(home.ben)).to_contain_text("Dinner is ready")
    await until_loud([home.ear], CHIME)
    await home.ben.button("Reply").click()
    await expect(home.ben.page.get_by_role("heading", name="Reply to Ana")).to_be_visible()
    await home.ben.page.get_by_label("What is to be said").fill("I am coming")
    await home.ben.button("Announce", exact=True).click()
    await expect(card(home.ana)).to_contain_text("I am coming")
    await expect(home.ben.page.get_by_text("Ana hears it.")).to_be_visible()
    await expect(card(home.ben)).to_contain_text("Dinner is ready")
    assert [one.text for one in home.heard] == ["Dinner is ready"], "the answer was for her alone"


async def test_a_text_is_spoken_by_a_voice_of_the_machine_or_by_none(home: Home) -> None:
    page = home.ben.page
    await page.evaluate(VOICES)
    await write(home.ana, "Not for the cloud")
    await expect(card(home.ben)).to_contain_text("Not for the cloud")
    await until_loud([home.ear], CHIME)
    await page.evaluate(
        "() => window.voices.push({ lang: 'en-GB', localService: true, name: 'of this machine' })"
    )
    await page.keyboard.press("Escape")
    await write(home.ana, "For everybody here")
    await expect(card(home.ben)).to_contain_text("For everybody here")
    await page.wait_for_function("() => window.spoken.length > 0")
    assert await page.evaluate("window.spoken") == [["For everybody here", "of this machine"]]


@pytest.mark.row("R96")
async def test_a_drop_in_in_reply_is_offered_where_one_may(home: Home) -> None:
    await home.hall.endpoint.announce("Somebody is at the door")
    await expect(card(home.ben)).to_contain_text("Somebody is at the door")
    await expect(card(home.ben)).to_contain_text("Hall")
    await expect(card(home.ben).get_by_role("button", name="Drop in")).to_be_hidden()


@pytest.mark.row("R61", "R65", "R66")
async def test_a_page_that_is_not_to_disturb_stays_silent(home: Home) -> None:
    quiet = "({ on }) => document.querySelector('kith-app').parts.account.quiet.set(on)"
    await home.ben.page.evaluate(quiet, {"on": True})
    await write(home.ana, "Quietly")
    await until_loud([home.ear], CHIME)
    await expect(home.ana.page.get_by_text("Announced on 2 devices.")).to_be_visible()
    assert await home.ben.page.evaluate("() => window.announcements") == []
    await expect(card(home.ben)).to_be_hidden()
    await home.ben.page.evaluate(quiet, {"on": False})
    await write(home.ana, "Aloud")
    await expect(card(home.ben)).to_contain_text("Aloud")


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({}, Reason.STALE),
        ({"sent": 2**52}, Reason.BAD_SIGNATURE),
        ({"person": None}, Reason.UNKNOWN_PERSON),
    ],
    ids=["once more", "as if it was new", "as if the household said it"],
)
async def test_what_was_played_once_plays_no_second_time(
    home: Home, other: dict[str, Any], why: Reason
) -> None:
    """Whoever keeps it, to play it again, whatever they write on it."""
    await write(home.ana, "Once")
    await expect(card(home.ben)).to_contain_text("Once")
    await card(home.ben).get_by_role("button", name="Close").click()
    await expect(card(home.ben)).to_be_hidden()
    async with home.ben.page.expect_console_message(lambda said: "does not play here" in said.text) as told:
        await home.ben.page.evaluate(HEAR_AGAIN, other)
    assert SENTENCES[why] in (await told.value).text
    await expect(card(home.ben)).to_be_hidden()
