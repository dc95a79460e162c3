"""Messages between pages and devices: text and voice, from either to either, read on one and so on all."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from kith.endpoint.voice_codec import decoded, encoded
from media.tones import RATE, Samples, sine
from tests.peers.test_web_ringing import PRESS, background, notifications
from tests.support.browsers import Launcher, Screen, browsers, decode
from tests.support.endpoints import Watched, phone_of
from tests.support.messaging import Talking, until
from tests.support.pages import settle_beside
from tests.support.server import running_server
from tests.support.sound import dominant
from tests.support.speakers import silent_speakers

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

ANA, DORA, DEVICE = 440, 880, 660
"""Hz, of what their microphones hear."""

NEAR = 8.0

TRANSCRIPTS = "async () => (await import('/messages/database.js')).all('transcripts')"
EXPIRED = f"async () => (await ({TRANSCRIPTS})()).every(({{ expires }}) => expires < Date.now())"
DISK_FAILS = """
() => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...what) {
    if (this.name !== 'items') return put.apply(this, what);
    IDBObjectStore.prototype.put = put;
    throw new DOMException('there is no room', 'QuotaExceededError');
  };
}
"""
TOO_MANY = """
(seconds) => {
  const send = WebSocket.prototype.send;
  window.refused = 0;
  WebSocket.prototype.send = function (frame) {
    const { t, id } = JSON.parse(frame);
    if (t !== 'send_message' || window.refused === 2) return send.call(this, frame);
    window.refused += 1;
    const problem = { t: 'problem', re: id, code: 'quota_exceeded', data: { retry_after: seconds }, path: '' };
    const data = JSON.stringify(problem);
    setTimeout(() => this.dispatchEvent(new MessageEvent('message', { data })));
  };
}
"""
"""Twice the server says that these are too many, and when it is over."""

NOTHING_KEPT = """
() => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...what) {
    if (this.name !== 'outgoing') return put.apply(this, what);
    IDBObjectStore.prototype.put = put;
    throw new DOMException('there is no room', 'QuotaExceededError');
  };
}
"""
FRAMES = """
() => {
  const send = WebSocket.prototype.send;
  window.frames = [];
  WebSocket.prototype.send = function (frame) {
    const { t, upto } = JSON.parse(frame);
    if (t === 'mark_read' || t === 'remove_conversation') window.frames.push([t, upto]);
    return send.call(this, frame);
  };
}
"""
"""Keeps how far the page says that something was read or is to be removed."""

TOLD_OF_MORE = """
async (more) => {
  const { conversations } = await document.querySelector('kith-app').parts.messages();
  const [{ view }] = conversations.listed;
  await conversations.heard({ ...view, last: view.last + more });
  return view.last;
}
"""
"""The server says that there are more messages than have come."""

TRANSCRIBED = """
async (expires) => {
  const disk = await import('/messages/database.js');
  const { id } = (await disk.all('items')).find(({ voice }) => voice);
  await disk.put('transcripts', id, { text: 'Told on', expires });
  return id;
}
"""
RECORDINGS = "async () => (await (await import('/messages/database.js')).keys('voices')).length"


@dataclass
class Friends:
    """Ana has a page in Chromium. Dora, who knows her and lives elsewhere, has a device and a page in Firefox."""

    launch: Launcher
    ana: Talking
    dora: Talking
    device: Watched
    ana_id: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def joined(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Friends]:
    directory = tmp_path_factory.mktemp("messages")
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running_server(directory))
        speakers = await stack.enter_async_context(silent_speakers(directory))
        launch = await stack.enter_async_context(browsers(server, directory, speakers=speakers))
        dora = await server.person("Dora")
        device = await stack.enter_async_context(phone_of(server, dora, directory))
        page = await launch.screen("firefox", tone=DORA)
        await settle_beside(page, device, "Laptop")
        token = await server.token(dora)
        _, invited = await server.post("invite", token=token, household=False)
        ana = await launch.screen("chromium", tone=ANA)
        await ana.join(invited["secret"], "Ana", "+12025559001")
        ana_id = (await ana.state())["person"]["id"]
        yield Friends(launch, Talking(ana), Talking(page), device, ana_id)
        for screen in (ana, page):
            assert screen.errors == []


@pytest_asyncio.fixture(loop_scope="module")
async def friends(joined: Friends) -> AsyncIterator[Friends]:
    """Everybody in the conversation of the two."""
    await joined.ana.open("Dora")
    await joined.dora.open("Ana")
    yield joined


async def said(device: Watched, other: str, text: str) -> bool:
    return any(one.text == text for one in await device.endpoint.messages.history(other))


@pytest.mark.row("R49", "R54")
async def test_a_text_goes_from_a_page_to_all_that_the_other_has_and_it_is_said_how_far_it_came(
    friends: Friends,
) -> None:
    """To Dora's device and to her page; Ana's page says delivered, and read once one of them has been read."""
    await friends.dora.home()
    await friends.ana.write("Dinner is at seven, right?")
    await friends.ana.stands("Dinner is at seven, right?", "Delivered")
    await until(lambda: said(friends.device, friends.ana_id, "Dinner is at seven, right?"), "on the device")
    assert [one.text for one in await friends.device.endpoint.messages.unread()] == [
        "Dinner is at seven, right?"
    ]
    await expect(
        friends.dora.page.get_by_role("button", name="Messages, 1 with something new")
    ).to_be_visible()
    await friends.dora.open("Ana")
    await friends.dora.sees("Dinner is at seven, right?", "Ana")
    await friends.ana.stands("Dinner is at seven, right?", "Read")
    await until(lambda: nothing_unread(friends.device), "read at the device, too")


async def nothing_unread(device: Watched) -> bool:
    return not await device.endpoint.messages.unread()


@pytest.mark.row("R49", "R54")
async def test_a_text_goes_from_a_device_to_a_page_and_to_the_own_page(friends: Friends) -> None:
    await friends.ana.home()
    await friends.device.endpoint.messages.send_text(friends.ana_id, "I bring the cake.")
    await expect(friends.dora.row("I bring the cake.")).to_contain_text("You said:")
    await expect(
        friends.ana.page.get_by_role("button", name="Messages, 1 with something new")
    ).to_be_visible()
    await friends.ana.open("Dora")
    await friends.ana.sees("I bring the cake.", "Dora")
    await friends.dora.stands("I bring the cake.", "Read")


@pytest.mark.row("R54")
async def test_what_is_read_on_the_device_is_read_at_the_page(friends: Friends) -> None:
    await friends.dora.home()
    await friends.ana.write("Read this somewhere.")
    await expect(
        friends.dora.page.get_by_role("button", name="Messages, 1 with something new")
    ).to_be_visible()
    await friends.device.endpoint.messages.mark_read(friends.ana_id)
    await expect(friends.dora.page.get_by_role("button", name="Messages", exact=True)).to_be_visible()
    await friends.ana.stands("Read this somewhere.", "Read")


@pytest.mark.row("R49", "R53")
@pytest.mark.parametrize("sender", ["ana", "dora"], ids=["chromium", "firefox"])
async def test_a_voice_goes_from_a_page_to_a_page_and_a_device(friends: Friends, sender: str) -> None:
    """Recorded in one kind of browser, heard in the other, and at the device; nothing of it is changed on the way."""
    talks, hears = (friends.ana, friends.dora) if sender == "ana" else (friends.dora, friends.ana)
    tone = ANA if sender == "ana" else DORA
    before = await hears.voices.count()
    await talks.say(1.2)
    await expect(hears.voices).to_have_count(before + 1)
    row = hears.voices.last
    await expect(row).to_contain_text("Text not available")
    sound = await hears.plays(row)
    assert abs(dominant(sound, RATE) - tone) < NEAR
    kept = [one for one in await hears.items() if "voice" in one][-1]
    ogg = await hears.recording(kept["id"])
    assert ogg == await talks.recording(kept["id"]) and len(ogg) == kept["voice"]["bytes"]
    assert abs(dominant(decode(ogg), RATE) - tone) < NEAR
    assert abs(len(sound) / RATE - kept["voice"]["seconds"]) < 0.3

    async def at_device() -> bool:
        newest = (await friends.device.endpoint.messages.history(friends.ana_id))[-1]
        return newest.id == kept["id"] and newest.playable

    await until(at_device, "the whole recording at the device")
    newest = (await friends.device.endpoint.messages.history(friends.ana_id))[-1]
    heard = b"".join([part async for part in friends.device.endpoint.messages.sound(newest)])
    assert heard == ogg and abs(dominant(decoded(heard), RATE) - tone) < NEAR


@pytest.mark.row("R49", "R53")
async def test_a_voice_goes_from_a_device_to_a_page(friends: Friends) -> None:
    """Written by another library than the page's own, and cut elsewhere."""
    before = await friends.ana.voices.count()
    ogg = encoded(sine(DEVICE, 0, 3 * RATE))
    await friends.device.endpoint.messages.send_voice(friends.ana_id, ogg)
    await expect(friends.ana.voices).to_have_count(before + 1)
    sound = await friends.ana.plays(friends.ana.voices.last)
    assert abs(dominant(sound, RATE) - DEVICE) < NEAR and abs(len(sound) / RATE - 3) < 0.3


@pytest.mark.row("R56", "R57", "R58")
async def test_a_conversation_that_is_removed_is_gone_from_the_own_endpoints_and_from_no_others(
    friends: Friends,
) -> None:
    await friends.dora.write("Before it is removed.")
    await friends.ana.sees("Before it is removed.", "Dora")
    theirs = len(await friends.ana.items())
    await friends.dora.page.get_by_role("button", name="Remove conversation").click()
    asked = friends.dora.page.get_by_role("dialog")
    await expect(asked).to_contain_text("Ana keeps theirs")
    await asked.get_by_role("button", name="Remove conversation").click()
    await expect(asked).to_be_hidden()
    await until(lambda: forgotten(friends.dora), "nothing is kept at the page")
    await until(lambda: nothing_said(friends), "nothing is kept at the device")
    assert len(await friends.ana.items()) == theirs
    await friends.ana.sees("Before it is removed.", "Dora")
    await friends.ana.write("Still here.")
    await friends.dora.home()
    await friends.dora.open("Ana")
    await friends.dora.sees("Still here.", "Ana")
    assert await friends.dora.page.locator("kith-message-list li").count() == 1


async def forgotten(page: Talking) -> bool:
    return not await page.items()


async def nothing_said(friends: Friends) -> bool:
    return not await friends.device.endpoint.messages.history(friends.ana_id)


@pytest.mark.row("R49")
async def test_what_cannot_be_sent_waits_and_is_sent_once(friends: Friends) -> None:
    """The network is away; the page is closed and opened again, and the network comes back."""
    await friends.ana.screen.context.set_offline(True)
    await friends.ana.screen.page.evaluate("() => document.querySelector('kith-app').parts.account.redial()")
    await friends.ana.write("Written in a tunnel.")
    await friends.ana.stands("Written in a tunnel.", "Waits for the connection")
    assert "Written in a tunnel." not in [one.get("text") for one in await friends.dora.items()]
    await friends.ana.screen.context.set_offline(False)
    await friends.ana.page.reload()
    await friends.dora.sees("Written in a tunnel.", "Ana")
    await friends.ana.stands("Written in a tunnel.", "Read")
    texts = [one.get("text") for one in await friends.dora.items()]
    assert texts.count("Written in a tunnel.") == 1


@pytest.mark.row("R49")
async def test_a_message_is_left_where_nobody_takes_the_call(friends: Friends) -> None:
    before = await friends.dora.voices.count()
    await friends.ana.home()
    await friends.ana.screen.place("Dora", video=False)
    await friends.dora.page.get_by_role("button", name="Decline", exact=True).click()
    await friends.ana.screen.button("Leave a message", exact=True).click()
    now = friends.ana.page.locator("kith-composer .recording")
    await expect(now.get_by_role("timer")).to_have_text("0:01")
    await now.get_by_role("button", name="Send").click()
    await expect(friends.dora.voices).to_have_count(before + 1)


async def test_a_message_is_reported_to_whoever_runs_the_server(friends: Friends) -> None:
    await friends.dora.write("Buy this now!")
    row = friends.ana.row("Buy this now!")
    await friends.ana.sees("Buy this now!", "Dora")
    await row.get_by_role("button", name="More about this message from Dora").click()
    await friends.ana.page.get_by_role("button", name="Report this message").click()
    dialog = friends.ana.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("will be shown this message of Dora")
    await dialog.get_by_label("Unwanted calls or advertising").check()
    await dialog.get_by_role("button", name="Send").click()
    await expect(dialog.get_by_role("status")).to_be_visible()
    await dialog.get_by_role("button", name="Close").first.click()


async def test_what_is_looked_for_is_found_and_shown(friends: Friends) -> None:
    await friends.dora.write("The plumber comes on Thursday.")
    await friends.ana.sees("The plumber comes on Thursday.", "Dora")
    await friends.ana.home()
    await friends.ana.overview()
    await friends.ana.page.get_by_label("Search names and words").fill("plumb thurs")
    await expect(friends.ana.page.get_by_role("status").filter(has_text="1 message found")).to_be_visible()
    await friends.ana.page.locator(".found .open").click()
    await expect(friends.ana.row("The plumber comes on Thursday.")).to_be_focused()


@pytest.mark.row("R54")
async def test_an_endpoint_that_is_signed_for_now_is_told_what_was_said(
    friends: Friends, tmp_path: Path
) -> None:
    """Ana adds another browser: it shows what was said before it was there."""
    texts = {one["text"] for one in await friends.ana.items() if "text" in one}
    assert texts
    tomorrow = (int(time.time()) + 86_400) * 1_000
    await friends.ana.page.evaluate(TRANSCRIBED, tomorrow)
    await friends.ana.home()
    new = await friends.launch.screen("chromium")
    await new.pair(await friends.ana.screen.offer_pairing(shared=False), "Second")
    await until(lambda: knows(Talking(new), texts), "what was said is there")
    told = {one["text"]: one["expires"] for one in await new.page.evaluate(TRANSCRIPTS)}
    assert told["Told on"] == tomorrow, "its time goes on, and does not begin anew"
    page = Talking(new)
    await page.overview()
    await page.page.get_by_role("button", name="Dora").first.click()
    await page.sees("The plumber comes on Thursday.", "Dora")
    await new.context.close()


async def knows(page: Talking, texts: set[str]) -> bool:
    return texts <= {one["text"] for one in await page.items() if "text" in one}


@pytest.mark.row("R53")
async def test_a_page_in_the_background_tells_of_a_message_and_plays_it(friends: Friends) -> None:
    """The notification says who, and not what; what is pressed on it is done."""
    ana = friends.ana.screen
    await friends.ana.home()
    send = friends.device.endpoint.messages
    async with background(ana):
        await send.send_text(friends.ana_id, "The secret ingredient is salt.")
        [shown] = await notifications(ana, 1)
        assert shown["title"] == "Message from Dora" and shown["actions"] == ["read"]
        assert "salt" not in str(shown)
        await press(ana, "read")
        await friends.ana.sees("The secret ingredient is salt.", "Dora")
        await friends.dora.stands("The secret ingredient is salt.", "Read")
    await friends.ana.home()
    async with background(ana):
        await send.send_voice(friends.ana_id, encoded(sine(DEVICE, 0, RATE)))
        [shown] = await notifications(ana, 1)
        assert shown["actions"] == ["play"]
        await ana.page.evaluate("() => { window.heard = []; }")
        await friends.ana.watch_playing()
        await press(ana, "play")
        await ana.page.wait_for_function("() => window.heard.length > 0")


async def press(screen: Screen, action: str) -> None:
    [worker] = screen.context.service_workers
    await worker.evaluate(PRESS, action)


@pytest.mark.row("R61")
async def test_do_not_disturb_lets_messages_come_without_a_sound(friends: Friends) -> None:
    """Stored, shown, and neither heard nor put before anybody."""
    await friends.ana.home()
    switch = friends.ana.page.get_by_role("switch", name="Do Not Disturb")
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "true")
    await friends.ana.watch_sounds()
    async with background(friends.ana.screen):
        await friends.device.endpoint.messages.send_text(friends.ana_id, "No hurry.")
        await expect(
            friends.ana.page.get_by_role("button", name="Messages, 1 with something new")
        ).to_be_visible()
        assert await friends.ana.sounds() == 0
        await notifications(friends.ana.screen, 0)
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "false")
    await friends.device.endpoint.messages.send_text(friends.ana_id, "Now!")
    await until(lambda: heard(friends.ana), "the tone")


async def heard(page: Talking) -> bool:
    return await page.sounds() == 1


@pytest.mark.row("R50", "R142")
async def test_a_voice_shows_its_text_where_a_device_could_make_it_out_and_until_that_expires(
    friends: Friends,
) -> None:
    async def listened(_: Samples) -> str:
        return "Hello dear, the parcel is here."

    transcripts = friends.device.endpoint.messages.transcripts
    transcripts.transcriber, transcripts.days = listened, 4 / 86_400
    await friends.ana.say(1)
    row = friends.dora.voices.last
    await expect(row).to_contain_text("Hello dear, the parcel is here.")
    transcripts.transcriber = None
    await until(lambda: expired(friends.dora), "it is over")
    await friends.dora.page.reload()
    await expect(friends.dora.voices.last).to_contain_text("Text not available")
    assert "parcel" not in str(await friends.dora.page.evaluate(TRANSCRIPTS))


async def expired(page: Talking) -> bool:
    return bool(await page.page.evaluate(EXPIRED))


@pytest.mark.row("R59")
async def test_recordings_can_go_and_messages_stay(friends: Friends) -> None:
    count, texts = await friends.ana.voices.count(), [one.get("text") for one in await friends.ana.items()]
    assert count > 0
    await friends.ana.home()
    await friends.ana.screen.button("You", exact=True).click()
    await friends.ana.screen.button("History").click()
    dialog = friends.ana.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Delete recordings").click()
    await dialog.get_by_role("button", name="Delete recordings").click()
    await expect(dialog.get_by_text("The recordings were deleted")).to_be_attached()
    await dialog.get_by_role("button", name="Close").click()
    assert await friends.ana.page.evaluate(RECORDINGS) == 0
    assert [one.get("text") for one in await friends.ana.items()] == texts
    await friends.ana.home()
    await friends.ana.open("Dora")
    await expect(friends.ana.voices.last).to_contain_text("The recording is only on your other devices.")


@pytest.mark.row("R49")
async def test_a_voice_is_recorded_with_the_keyboard_alone(friends: Friends) -> None:
    newest = str(await friends.ana.voices.last.get_attribute("data-key"))
    await friends.dora.page.get_by_role("button", name="Record your voice").focus()
    await friends.dora.page.keyboard.press("Enter")
    send = friends.dora.page.locator("kith-composer .recording").get_by_role("button", name="Send")
    await expect(send).to_be_focused()
    await expect(friends.dora.page.get_by_role("timer").last).to_have_text("0:01")
    await friends.dora.page.keyboard.press("Enter")
    await expect(friends.ana.voices.last).not_to_have_attribute("data-key", newest)
    await expect(friends.dora.page.get_by_role("button", name="Record your voice")).to_be_focused()


@pytest.mark.row("R56")
async def test_what_was_removed_before_it_came_does_not_come_back(friends: Friends) -> None:
    """Dora's page is closed: Ana writes, and Dora takes the conversation out of her list at her device."""
    await friends.dora.page.goto("about:blank")
    await friends.ana.write("Seen at the device, and done with.")
    await until(
        lambda: said(friends.device, friends.ana_id, "Seen at the device, and done with."), "on the device"
    )
    await friends.device.endpoint.messages.remove(friends.ana_id)
    await friends.dora.screen.open()
    await friends.dora.screen.at_home()
    await friends.dora.overview()
    await expect(friends.dora.page.get_by_role("heading", name="No messages yet")).to_be_visible()
    await friends.ana.write("Something new.")
    await friends.dora.page.locator(".conversations .open").click()
    await friends.dora.sees("Something new.", "Ana")
    assert [one.get("text") for one in await friends.dora.items()] == ["Something new."]


async def test_what_is_too_much_for_a_minute_goes_by_itself_and_for_a_day_somebody_is_told(
    friends: Friends,
) -> None:
    await friends.ana.page.evaluate(TOO_MANY, 0.2)
    await friends.ana.write("One of too many.")
    await friends.ana.write("And one more.")
    await friends.ana.stands("And one more.", "Read")
    assert await friends.ana.page.evaluate("window.refused") == 2
    texts = [one.get("text") for one in await friends.dora.items()]
    assert texts[-2:] == ["One of too many.", "And one more."]
    await friends.ana.page.evaluate(TOO_MANY, 40_000)
    await friends.ana.write("Too many today.")
    row = friends.ana.row("Too many today.")
    await expect(row.get_by_role("alert")).to_contain_text("very often in a short time")
    await friends.ana.page.evaluate("() => { window.refused = 2; }")
    await row.get_by_role("button", name="Try again").click()
    await friends.ana.stands("Too many today.", "Read")


async def test_words_that_could_not_be_kept_stay_where_they_were_written_and_go_once(
    friends: Friends,
) -> None:
    text = "Words that nobody has to type again."
    field = friends.ana.page.get_by_label("Write a message")
    await friends.ana.page.evaluate(NOTHING_KEPT)
    await friends.ana.write(text)
    problem = friends.ana.page.locator("kith-composer").get_by_role("alert")
    await expect(problem).to_contain_text("could not be kept on this device")
    await expect(field).to_have_value(text)
    await expect(friends.ana.row(text)).to_have_count(0)
    await friends.ana.page.locator("kith-composer").get_by_role("button", name="Send").first.click()
    await friends.ana.stands(text, "Read")
    await expect(field).to_have_value("")
    await expect(problem).to_be_hidden()
    await friends.ana.write("And these.")
    await friends.ana.stands("And these.", "Read")
    assert [one.get("text") for one in await friends.dora.items()].count(text) == 1


async def test_a_disk_that_fails_once_loses_nothing_and_is_told_of(friends: Friends) -> None:
    await friends.ana.page.evaluate(DISK_FAILS)
    await friends.dora.write("Before the disk failed.")
    await expect(friends.ana.page.locator(".toast")).to_contain_text("could not be kept on this device")
    await friends.dora.write("After the disk failed.")
    for text in ("Before the disk failed.", "After the disk failed."):
        await friends.ana.sees(text, "Dora")


async def test_what_has_not_come_here_is_neither_read_nor_removed_from_here(friends: Friends) -> None:
    """The server speaks of five more than have come: they may be waiting, and nobody has seen them."""
    await friends.ana.home()
    await friends.ana.page.evaluate(FRAMES)
    await friends.device.endpoint.messages.send_text(friends.ana_id, "The last that has come.")
    await expect(
        friends.ana.page.get_by_role("button", name="Messages, 1 with something new")
    ).to_be_visible()
    last = await friends.ana.page.evaluate(TOLD_OF_MORE, 5)
    await friends.ana.open("Dora")
    await friends.ana.sees("The last that has come.", "Dora")
    await friends.ana.page.wait_for_function("() => window.frames.length > 0")
    await friends.ana.page.evaluate(
        "async (other) => (await document.querySelector('kith-app').parts.messages()).remove(other)",
        (await friends.dora.screen.state())["person"]["id"],
    )
    assert await friends.ana.page.evaluate("window.frames") == [
        ["mark_read", last],
        ["remove_conversation", last],
    ]


async def test_no_link_has_a_message_read(friends: Friends) -> None:
    """Whoever sends a link to their own message does not learn when it was pressed: it leads to the list."""
    await friends.ana.home()
    await friends.device.endpoint.messages.send_text(friends.ana_id, "Press this.")
    marked = friends.ana.page.get_by_role("button", name="Messages, 1 with something new")
    await expect(marked).to_be_visible()
    dora = friends.device.endpoint.enrolment.person
    await friends.ana.page.evaluate("(other) => { location.hash = `play=${other}`; }", dora)
    await expect(friends.ana.page.get_by_role("heading", name="Messages", exact=True)).to_be_visible()
    await expect(friends.ana.page.get_by_label("Write a message")).to_be_hidden()
    await expect(marked).to_be_visible()
    await friends.dora.stands("Press this.", "Delivered")
