"""A forged server and messages in real browsers: whatever it says of who is to read them, nothing is sealed to it."""

import base64
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from kith.core.keys import PublicKeys
from tests.support.browsers import Kind, Screen, browsers
from tests.support.conspiracy import Conspiracy, conspiracy
from tests.support.messaging import Talking, until
from tests.support.writing import say

pytestmark = pytest.mark.asyncio(loop_scope="module")

KINDS: tuple[Kind, ...] = ("chromium", "firefox")
LIES = (
    "a recipient swapped",
    "half of a recipient swapped",
    "a recipient added",
    "a recipient that signed itself in",
    "a removed recipient",
)
OUTGOING = """
async () => {
  const disk = await import('/messages/database.js');
  const all = await disk.all('outgoing');
  return all.map(({ standing, envelope, keys }) => ({ standing, sealed: Boolean(envelope || keys) }));
}
"""
"""What the page has not sent, and whether anything of it was sealed."""

OWN_KEYS = """
() => {
  const { identity, sealing, sealing_signature } = document.querySelector('kith-app').parts.account.identities.own.keys;
  return [identity, sealing, sealing_signature].map((key) => btoa(String.fromCharCode(...key)));
}
"""

WARNED = """
async () => {
  const { identities } = document.querySelector('kith-app').parts.account;
  const person = identities.person.bind(identities);
  window.looked = 0;
  identities.person = (id) => person(id).finally(() => (window.looked += 1));
}
"""
"""Counts how often the page has looked who somebody is."""


@dataclass
class House:
    plot: Conspiracy
    screens: dict[Kind, Screen]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    directory: Path = tmp_path_factory.mktemp("forged_messages")
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
            await honest(plot, Talking(screen))
        yield House(plot, screens)


async def honest(plot: Conspiracy, page: Talking) -> None:
    """A message as it should be: it is sealed to the devices that there are, and sent."""
    await page.open("Bob")
    await page.write("The truth")
    await page.stands("The truth", "Sent")
    event = await plot.helpers["phone"].event("message_arrived")
    assert event["item"]["envelope"]["kind"] == "message"
    plot.helpers["phone"].events.clear()


@pytest_asyncio.fixture(params=KINDS, loop_scope="module")
async def page(house: House, request: pytest.FixtureRequest) -> AsyncIterator[Talking]:
    page = Talking(house.screens[request.param])
    yield page
    house.plot.be_honest()


async def outgoing(page: Talking) -> Any:
    return await page.screen.page.evaluate(OUTGOING)


@pytest.mark.row("R87")
@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_about_who_reads_it_leaves_everything_unsealed(
    house: House, page: Talking, lie: str
) -> None:
    """Nothing is sealed to anybody, as one of them is not to be believed; the person is told. Once the server tells the
    truth, the same message goes out."""
    state = await page.screen.state()
    house.plot.lie(lie, state["endpoint"]["id"])
    await page.write(lie)
    row = page.row(lie)
    await expect(row.get_by_role("alert")).to_contain_text(
        "it could not be made sure that only Bob would read it"
    )
    assert await outgoing(page) == [{"standing": "unsafe", "sealed": False}]
    assert not [one for one in house.plot.helpers["phone"].events if one["t"] == "message_arrived"]
    house.plot.be_honest()
    await row.get_by_role("button", name="Try again").click()
    await page.stands(lie, "Sent")
    await house.plot.helpers["phone"].event("message_arrived")
    house.plot.helpers["phone"].events.clear()
    assert await outgoing(page) == []


@pytest.mark.row("S9")
async def test_another_identity_is_shown_before_anything_is_sealed(house: House, page: Talking) -> None:
    state = await page.screen.state()
    house.plot.lie("recipients of another identity", state["endpoint"]["id"])
    await page.write("Is that you?")
    row = page.row("Is that you?")
    await expect(row.get_by_role("alert")).to_contain_text("another safety number than before")
    assert await outgoing(page) == [{"standing": "changed", "sealed": False}]
    await row.get_by_role("button", name=re.compile("Don.t send")).click()
    await expect(row).to_be_hidden()
    await until(lambda: nothing_left(page), "nothing is kept of it")


async def nothing_left(page: Talking) -> bool:
    return bool(await outgoing(page) == [])


@pytest.mark.row("R87")
@pytest.mark.parametrize("lie", ["no identity", "a removal withheld", "a forked chain"])
async def test_what_cannot_be_told_now_is_neither_believed_nor_thrown_away(
    house: House, page: Talking, lie: str
) -> None:
    """Who wrote is not shown as it should be: nothing is shown, and nothing confirmed. Once the server tells the
    truth the message is there."""
    state = await page.screen.state()
    house.plot.lie(lie, state["endpoint"]["id"])
    await page.page.evaluate(WARNED)
    text = f"Written during: {lie}"
    await say(house.plot.helpers["phone"], state["person"]["id"], text)
    await page.page.wait_for_function("() => window.looked > 0")
    assert text not in [one.get("text") for one in await page.items()]
    house.plot.be_honest()
    await page.sees(text, "Bob")


async def test_what_a_stolen_device_writes_is_shown_as_that_or_not_at_all(
    house: House, page: Talking
) -> None:
    """At a point of long ago it cannot be told from what was on its way when the device was signed out; at any later
    one, or by a key that never was the person's, it is left out."""
    state = await page.screen.state()
    reader = PublicKeys(*(base64.b64decode(one) for one in await page.page.evaluate(OWN_KEYS)))
    before = len(await page.items())
    for lie in ("by the stolen one", "made up, long ago", "made up"):
        house.plot.lie(lie, state["endpoint"]["id"], reader=reader)
        await say(house.plot.helpers["phone"], state["person"]["id"], "What is made something else of")
        house.plot.be_honest()
        await say(house.plot.helpers["phone"], state["person"]["id"], f"Honest after: {lie}")
        await page.sees(f"Honest after: {lie}", "Bob")
    shown = (await page.items())[before:]
    assert [one["text"] for one in shown if not one["text"].startswith("Honest")] == []
    house.plot.lie("by the stolen one, long ago", state["endpoint"]["id"], reader=reader)
    await say(house.plot.helpers["phone"], state["person"]["id"], "What is made something else of")
    await page.sees("made up", "Bob")
    house.plot.be_honest()
    await expect(page.row("made up").locator(".notice")).to_contain_text(
        "Sent from a device that Bob has signed out since."
    )
    assert [one["text"] for one in await page.items() if one.get("signedOut")] == ["made up"]


@pytest.mark.row("R87")
async def test_a_number_of_the_servers_does_not_swallow_what_comes_later(house: House, page: Talking) -> None:
    """All that may ever come was read and removed, says the server. What comes afterwards is there, and new."""
    state = await page.screen.state()
    phone, person = house.plot.helpers["phone"], state["person"]["id"]
    await page.home()
    house.plot.lie("a conversation removed", state["endpoint"]["id"])
    await say(phone, person, "During the lie")
    await page.page.reload()
    await page.screen.at_home()
    house.plot.be_honest()
    await page.page.reload()
    await page.screen.at_home()
    await say(phone, person, "After the lie")
    await expect(page.page.get_by_role("button", name="Messages, 1 with something new")).to_be_visible()
    await page.open("Bob")
    await page.sees("After the lie", "Bob")
