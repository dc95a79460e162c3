"""Contacts in the browser: asked for first, brought, added, looked through, called, blocked."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from kith.core.ids import new_call
from tests.support.browsers import Launcher, Screen, browsers
from tests.support.contacts import until_reached, vcard
from tests.support.server import Joined, running_server
from tests.support.stored import rows
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANA_MOBILE = "+12025559001"
BROKEN = "BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n"


@dataclass
class House:
    launch: Launcher
    directory: Path
    ana: Screen
    tablet: Screen
    """Ana's, too; Firefox."""
    ben: Joined
    """Somebody elsewhere, with a number, without a browser."""
    ben_mobile: str

    def file(self, name: str, *cards: str) -> Path:
        path = self.directory / name
        path.write_bytes("".join(cards).encode())
        return path

    def online(self) -> Endpoint:
        """Ben's phone."""
        return Endpoint(self.launch.server, self.ben)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    directory = tmp_path_factory.mktemp("contacts")
    async with running_server(directory, "--open-sign-up") as server, browsers(server, directory) as launch:
        ana = await launch.person("Ana", "chromium")
        tablet = await launch.screen("firefox", tone=880)
        await tablet.pair(await ana.offer_pairing(shared=False), "Tablet")
        ben, code = await server.sign_up("Benjamin Okafor", secret=None)
        mobile = f"+1202555{server._numbers:04d}"
        status, reply = await server.post("verify", token=await server.token(ben), code=code)
        assert status == 200, reply
        yield House(launch, directory, ana, tablet, ben, mobile)
        assert ana.errors == tablet.errors == []


async def open_contacts(screen: Screen) -> None:
    await screen.button("Contacts", exact=True).click()
    await expect(screen.page.get_by_role("heading", name="Contacts", exact=True)).to_be_visible()


async def go_home(screen: Screen) -> None:
    await screen.button("Home", exact=True).click()
    await screen.at_home()


async def choose(screen: Screen, file: Path) -> None:
    async with screen.page.expect_file_chooser() as chooser:
        await screen.button("Choose a file").click()
    await (await chooser.value).set_files(file)


async def add(screen: Screen, name: str, number: str) -> None:
    await screen.button("Add").click()
    await screen.page.get_by_label("Name", exact=True).fill(name)
    await screen.page.get_by_label("Number", exact=True).fill(number)
    await screen.page.keyboard.press("Enter")
    await expect(screen.page.get_by_role("dialog")).to_be_hidden()


def row(screen: Screen, name: str) -> Any:
    """A contact in the list; pressed, it opens the card."""
    return screen.page.locator("[data-key] .open", has=screen.page.get_by_text(name, exact=True))


def card(screen: Screen, name: str) -> Any:
    return screen.page.get_by_role("dialog", name=name, exact=True)


async def names(page: Page) -> list[str]:
    """The names in the list that are built, in order."""
    return await page.locator("kith-contact-list [data-key] .name").all_inner_texts()


# -- asked first --------------------------------------------------------------------------------------


@pytest.mark.row("R13")
async def test_whoever_says_no_at_sign_up_brings_nothing(house: House) -> None:
    eva = await house.launch.screen("chromium")
    await eva.sign_up(await house.ana.invite(household=False), "Eva", "+12025557001")
    await expect(eva.page.get_by_role("heading", name="Bring your contacts?")).to_be_visible()
    assert (await eva.state())["own"]["contacts"] == 0
    await eva.button("No thanks").click()
    home = eva.page.get_by_role("heading", name="People")
    await expect(home).to_be_visible()
    await eva.page.reload()
    await expect(home).to_be_visible()
    await open_contacts(eva)
    await expect(eva.page.get_by_text("No contacts yet")).to_be_visible()
    own = (await eva.state())["own"]
    assert (own["contact_import"], own["contacts"]) == (False, 0)
    await eva.context.close()


@pytest.mark.row("R13")
async def test_whoever_says_yes_brings_exactly_what_is_in_the_file(house: House) -> None:
    fred = await house.launch.screen("chromium")
    await fred.sign_up(await house.ana.invite(household=False), "Fred", "+12025557002")
    people = [
        vcard(f"Person {number}", f"+1202555{number}", uid=f"u{number}") for number in range(3000, 3250)
    ]
    photo = f"PHOTO;ENCODING=b:{'QUJD' * 20_000}\r\n"
    with_photo = people[7].replace("END:VCARD", f"{photo}END:VCARD")
    await choose(fred, house.file("all.vcf", *people[:7], with_photo, BROKEN, *people[8:]))
    said = fred.page.get_by_role("dialog", name="Your contacts")
    await expect(said.get_by_role("status")).to_have_text("250 new.")
    await expect(said).to_contain_text("Left out: 1")
    at = 1 + sum(one.count("\r\n") for one in people[:8]) + 1
    await expect(said).to_contain_text(f"Line {at}: there is neither a name nor a number.")
    await fred.button("Done").click()
    await open_contacts(fred)
    await expect(fred.page.get_by_text("250 contacts")).to_be_visible()

    await fred.button("Manage").click()
    await choose(fred, house.file("again.vcf", *people[:100], vcard("New", "+12025553999")))
    await expect(said.get_by_role("status")).to_have_text("1 new. 100 here already.")
    await fred.button("Done").click()
    await add(fred, "By hand", "+12025553998")
    await fred.button("Manage").click()
    await fred.button("Bring none any more").click()
    await expect(fred.button("Cancel")).to_be_focused()
    await fred.button("Bring none any more").click()
    await expect(fred.button("Allow", exact=True)).to_be_visible()
    await fred.button("Close").click()
    await expect(fred.page.get_by_text("1 contact", exact=True)).to_be_visible()
    assert await names(fred.page) == ["By hand"]
    assert fred.errors == []
    await fred.context.close()


async def test_a_file_of_something_else_says_so(house: House) -> None:
    ana = house.ana
    await open_contacts(ana)
    await ana.button("Manage").click()
    await ana.button("Allow", exact=True).click()
    await choose(ana, house.file("photo.jpg", "\xff\xd8 not a card\n" * 100))
    await expect(ana.page.get_by_text("There are no contacts in this file.")).to_be_visible()
    await ana.button("Done").click()
    await go_home(ana)


async def test_a_call_of_somebody_unknown_says_so(house: House) -> None:
    ana = house.ana
    person = (await ana.state())["person"]["id"]
    async with house.online() as ben:
        await ben.ok("add_contact", name="Ana", numbers=[{"label": "", "number": ANA_MOBILE}])
        await until_reached(ben, "Ana", person)
        call = new_call()
        await ben.call(person, call)
        await expect(ana.incoming("Benjamin Okafor")).to_contain_text("Call · Not among your contacts")
        await ana.button("Decline").click()
        await ben.ended(call)


# -- by hand ------------------------------------------------------------------------------------------


@pytest.mark.row("R20")
async def test_a_contact_added_by_hand_is_on_the_other_device_at_once(house: House) -> None:
    ana, tablet = house.ana, house.tablet
    await open_contacts(ana)
    await open_contacts(tablet)
    await add(ana, "Ben", house.ben_mobile)
    await expect(row(tablet, "Ben")).to_be_visible()
    await expect(row(ana, "Ben")).to_be_visible()
    await row(ana, "Ben").click()
    await ana.button("Edit").click()
    await ana.page.get_by_label("Nickname").fill("Benny")
    await ana.button("Save").click()
    await expect(tablet.page.locator("[data-key] .about", has_text="Benny")).to_be_visible()
    await add(tablet, "Zoë Nobody", "+12025556666")
    await expect(row(ana, "Zoë Nobody")).to_be_visible()


async def test_the_household_says_of_which_country_its_numbers_are(house: House) -> None:
    ana, tablet = house.ana, house.tablet
    await add(ana, "Bookshop", "020 7946 0123")
    await row(tablet, "Bookshop").click()
    await expect(card(tablet, "Bookshop")).to_contain_text("020 7946 0123")
    for chosen, before in (("United Kingdom", "US"), ("United States", "GB")):
        await go_home(ana)
        await ana.button("Settings").click()
        country = ana.page.get_by_label("Country", exact=True)
        await expect(country).to_have_value(before)
        await country.select_option(chosen)
        await ana.page.locator("form", has=country).get_by_role("button", name="Save").click()
        await expect(ana.page.get_by_role("dialog").get_by_text("Saved")).to_be_visible()
        await ana.page.keyboard.press("Escape")
        await open_contacts(ana)
        shown = "+44 207 946 0123" if chosen == "United Kingdom" else "020 7946 0123"
        await expect(card(tablet, "Bookshop")).to_contain_text(shown)
    await tablet.page.keyboard.press("Escape")
    await row(ana, "Bookshop").click()
    await ana.button("Delete").click()
    await ana.button("Delete").click()
    await expect(row(tablet, "Bookshop")).to_be_hidden()


@pytest.mark.row("R24")
async def test_those_who_cannot_be_reached_need_not_be_listed(house: House) -> None:
    for screen in (house.ana, house.tablet):
        await expect(screen.button("Call Ben", exact=True)).to_be_visible()
        assert await names(screen.page) == ["Ben", "Zoë Nobody"]
        await screen.page.get_by_text("Can be reached here").click()
        await expect(row(screen, "Zoë Nobody")).to_be_hidden()
        assert await names(screen.page) == ["Ben"]
        await expect(screen.page.get_by_text("1 of 2 contacts")).to_be_visible()
        await screen.page.get_by_text("Can be reached here").click()
        await screen.page.get_by_label("Search").fill("zoe")
        await expect(row(screen, "Ben")).to_be_hidden()
        assert await names(screen.page) == ["Zoë Nobody"]
        await screen.page.keyboard.press("Escape")
        await expect(row(screen, "Ben")).to_be_visible()


# -- what can be done ----------------------------------------------------------------------------------


async def test_two_taps_call_a_contact(house: House) -> None:
    async with house.online() as ben:
        await go_home(house.ana)
        await open_contacts(house.ana)
        await house.ana.button("Call Ben", exact=True).click()
        await ben.event("ringing")
        await house.ana.leave_calls()


@pytest.mark.row("R26")
async def test_the_card_carries_what_can_be_done(house: House) -> None:
    async with house.online() as ben:
        for screen in (house.ana, house.tablet):
            await row(screen, "Ben").click()
            shown = card(screen, "Ben")
            for action in ("Call Ben", "Video call to Ben", "Edit", "Delete", "Block", "Report"):
                await expect(shown.get_by_role("button", name=action, exact=True)).to_be_visible()
            await shown.get_by_role("button", name="Video call to Ben").click()
            ringing = await ben.event("ringing")
            assert ringing["call"]["video"]
            await screen.leave_calls()
            await ben.ended(ringing["call"]["id"])
    await row(house.ana, "Zoë Nobody").click()
    missing = card(house.ana, "Zoë Nobody")
    await expect(missing.get_by_role("button", name="Invite someone")).to_be_visible()
    await expect(missing.get_by_role("button", name="Call Zoë Nobody")).to_be_hidden()
    await expect(missing.get_by_role("button", name="Report")).to_be_hidden()
    await house.ana.page.keyboard.press("Escape")
    await expect(row(house.ana, "Zoë Nobody")).to_be_focused()


@pytest.mark.row("R28", "R29")
async def test_who_is_blocked_reaches_nobody_until_they_are_unblocked(house: House) -> None:
    ana = house.ana
    person = (await ana.state())["person"]["id"]
    async with house.online() as ben:
        await row(ana, "Ben").click()
        shown = card(ana, "Ben")
        await shown.get_by_role("button", name="Block").click()
        await expect(ana.button("Cancel")).to_be_focused()
        await ana.button("Cancel").click()
        await expect(shown.get_by_role("button", name="Block")).to_be_focused()
        assert (await ana.state())["blocks"] == []
        await shown.get_by_role("button", name="Block").click()
        await shown.get_by_role("button", name="Block").click()
        await expect(shown).to_contain_text("You have blocked this person")
        await expect(shown.get_by_role("button", name="Call Ben")).to_be_hidden()
        await ana.page.keyboard.press("Escape")
        for screen in (ana, house.tablet):
            await expect(screen.button("Call Ben", exact=True)).to_be_hidden()

        unheard, heard = new_call(), new_call()
        await ben.call(person, unheard)
        await ana.button("Manage").click()
        await ana.button("See whom you blocked").click()
        await ana.button("Unblock Ben").click()
        await ana.button("Unblock", exact=True).click()
        await expect(ana.page.get_by_text("is not blocked any more")).to_be_visible()
        await ana.button("Close").click()
        for screen in (ana, house.tablet):
            await expect(screen.button("Call Ben", exact=True)).to_be_visible()
            state = await screen.state()  # of the call before there was not a word
            assert (state["talks"], state["missed"], state["blocks"]) == ([], [], [])
        await ben.ask("cancel", call=unheard)

        await ben.call(person, heard)
        await expect(ana.incoming("Benjamin Okafor")).to_contain_text("Call")
        await expect(ana.incoming("Benjamin Okafor")).not_to_contain_text("Not among")
        await ana.button("Decline").click()
        await ben.ended(heard)


@pytest.mark.row("R28")
async def test_who_is_not_here_yet_is_blocked_beforehand(house: House) -> None:
    ana, server = house.ana, house.launch.server
    person = (await ana.state())["person"]["id"]
    shown = card(ana, "Zoë Nobody")
    await row(ana, "Zoë Nobody").click()
    await shown.get_by_role("button", name="Block").click()
    await expect(ana.button("Cancel")).to_be_focused()
    await shown.get_by_role("button", name="Block").click()
    await expect(shown).to_contain_text("You have blocked this person")
    await expect(shown.get_by_role("button", name="Unblock")).to_be_focused()
    await ana.page.reload()
    await open_contacts(ana)
    await row(ana, "Zoë Nobody").click()
    await expect(shown).to_contain_text("You have blocked this person")

    zoe, code = await server.sign_up("Zoë", secret=None, mobile="+12025556666")
    status, reply = await server.post("verify", token=await server.token(zoe), code=code)
    assert status == 200, reply
    async with Endpoint(server, zoe) as phone:
        await phone.ok("add_contact", name="Ana", numbers=[{"label": "", "number": ANA_MOBILE}])
        await until_reached(phone, "Ana", person)
        unheard, heard = new_call(), new_call()
        await phone.call(person, unheard)
        await phone.ok("cancel", call=unheard)
        await expect(shown.get_by_role("button", name="Call Zoë Nobody")).to_be_hidden()
        await shown.get_by_role("button", name="Unblock").click()
        await expect(shown.get_by_role("button", name="Call Zoë Nobody")).to_be_visible()
        assert (await ana.state())["missed"] == []
        await ana.page.keyboard.press("Escape")
        await phone.call(person, heard)
        await ana.incoming("Zoë").wait_for()
        await phone.ok("cancel", call=heard)
        await phone.ok("deregister")
    await expect(ana.button("Call Zoë Nobody", exact=True)).to_be_hidden()


async def test_housemates_are_blocked_and_reported_from_the_home_list(house: House) -> None:
    ana, server = house.ana, house.launch.server
    await go_home(ana)
    dan, code = await server.sign_up("Dan", secret=await ana.invite(household=True))
    status, reply = await server.post("verify", token=await server.token(dan), code=code)
    assert status == 200, reply
    await ana.button("About Dan").click()
    shown = card(ana, "Dan")
    await shown.get_by_role("button", name="Report").click()
    await _report(ana, "Dan", "Something else", "He eats my biscuits")
    await ana.button("About Dan").click()
    await shown.get_by_role("button", name="Block").click()
    await shown.get_by_role("button", name="Block").click()
    await expect(shown).to_contain_text("open Contacts, Manage, Blocked people")
    await expect(ana.button("About Dan")).to_have_count(0)
    await shown.get_by_role("button", name="Unblock").click()
    await expect(shown.get_by_role("button", name="Call Dan")).to_be_visible()
    await ana.page.keyboard.press("Escape")
    await expect(ana.button("About Dan")).to_be_visible()
    kept = rows(
        server, "SELECT person, why, text FROM report WHERE by = ?", (await ana.state())["person"]["id"]
    )
    assert kept == [(dan.person, "other", "He eats my biscuits")]
    await open_contacts(ana)


async def _report(screen: Screen, name: str, why: str, text: str) -> None:
    """With the keyboard; nothing is sent before a reason is chosen."""
    keys = screen.page.keyboard
    dialog = screen.page.get_by_role("dialog", name=f"Report {name}", exact=True)
    await expect(dialog).to_contain_text(f"{name} is not told who wrote it")
    await dialog.get_by_label("What happened?").fill(text)
    await dialog.get_by_role("button", name="Send the report").click()
    await expect(dialog.get_by_role("alert")).to_have_text("Please choose what it is.")
    await dialog.get_by_role("radio", name="Unwanted calls or advertising").focus()
    await keys.press("Space")
    for _ in range(3):
        await keys.press("ArrowDown")
    await expect(dialog.get_by_role("radio", name=why)).to_be_checked()
    await keys.press("Enter")
    await expect(dialog.get_by_role("status")).to_contain_text("Thank you.")
    await expect(dialog.get_by_role("button", name="Close").last).to_be_focused()
    await keys.press("Enter")
    await expect(dialog).to_be_hidden()


async def test_a_number_that_is_somebody_elses_now_is_asked_about_before_it_is_called(house: House) -> None:
    ana, server = house.ana, house.launch.server
    cleo, code = await server.sign_up("Cleo", secret=None, mobile=house.ben_mobile)
    status, reply = await server.post("verify", token=await server.token(cleo), code=code)
    assert status == 200, reply
    await expect(ana.button("Call Ben", exact=True)).to_be_visible()
    async with Endpoint(server, cleo) as phone:
        await ana.page.wait_for_function(
            "() => [...document.querySelector('kith-app').parts.store.state.contacts.all.values()]"
            ".some(({ numbers }) => numbers.some(({ moved }) => moved))"
        )
        await ana.button("Call Ben", exact=True).click()
        shown = card(ana, "Ben")
        await expect(shown).to_contain_text("This number belongs to somebody else now. Is that still Ben?")
        await expect(shown.get_by_role("button", name="Call Ben")).to_be_hidden()
        assert phone.had("ringing") == []
        await shown.get_by_role("button", name="Yes, keep it").click()
        await shown.get_by_role("button", name="Call Ben").click()
        await phone.event("ringing")
        await ana.leave_calls()


# -- with the keyboard, and large letters -------------------------------------------------------------


async def test_the_list_is_at_home_on_the_keyboard(house: House) -> None:
    ana, keys = house.ana, house.ana.page.keyboard
    search = ana.page.get_by_label("Search")
    await search.focus()
    await keys.press("ArrowDown")
    await expect(row(ana, "Ben")).to_be_focused()
    await keys.press("ArrowDown")
    await expect(row(ana, "Zoë Nobody")).to_be_focused()
    await keys.press("Home")
    await keys.press("ArrowRight")
    await expect(ana.button("Call Ben", exact=True)).to_be_focused()
    await keys.press("ArrowLeft")
    await keys.press("ArrowUp")
    await expect(search).to_be_focused()
    await keys.press("Tab")
    await keys.press("Tab")
    await expect(row(ana, "Ben")).to_be_focused()
    await keys.press("Enter")
    await expect(card(ana, "Ben").get_by_role("button", name="Call Ben")).to_be_focused()
    await keys.press("Escape")
    await expect(row(ana, "Ben")).to_be_focused()
    await keys.press("z")
    await expect(row(ana, "Zoë Nobody")).to_be_focused()
    await keys.press("Enter")
    await card(ana, "Zoë Nobody").get_by_role("button", name="Delete").focus()
    await keys.press("Enter")
    await expect(ana.button("Cancel")).to_be_focused()
    await keys.press("Shift+Tab")
    await keys.press("Enter")
    await expect(ana.page.get_by_text("1 contact", exact=True)).to_be_visible()
    await expect(row(ana, "Ben")).to_be_focused()
    await expect(row(house.tablet, "Zoë Nobody")).to_be_hidden()
    assert await names(house.tablet.page) == ["Ben"]


FITS = """
() => document.documentElement.scrollWidth <= innerWidth
  && [...document.querySelectorAll('dialog')].every((one) => one.scrollWidth <= innerWidth)
  && [...document.querySelectorAll('.tab')].every((one) => one.getBoundingClientRect().right <= innerWidth)
"""


async def test_large_letters_on_the_smallest_screen(house: House) -> None:
    page = house.ana.page
    await page.set_viewport_size({"width": 320, "height": 640})
    await page.evaluate("() => { document.documentElement.dataset.text = 'large'; }")
    await expect(page.locator("kith-contact-list [data-key]").first).to_be_visible()
    assert await page.evaluate(FITS)
    await page.locator("[data-key] .open").first.click()
    assert await page.evaluate(FITS)
    await page.keyboard.press("Escape")
    for button in ("Add", "Manage"):
        await house.ana.button(button).click()
        assert await page.evaluate(FITS), button
        await page.keyboard.press("Escape")
