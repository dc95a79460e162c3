"""Address books elsewhere, in the browser: linked after what that means was read, followed, unlinked."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.support.books import trusting
from tests.support.browsers import Screen, browsers
from tests.support.radicale import ACCOUNT, PASSWORD, Radicale, card, crowd, radicale
from tests.support.server import running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Reader:
    screen: Screen
    dav: Radicale
    book: str
    """The address of a book with 30 contacts."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reader(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Reader]:
    directory = tmp_path_factory.mktemp("books")
    async with (
        radicale(directory / "dav") as dav,
        running_server(directory, *trusting(dav)) as server,
        browsers(server, directory) as launch,
    ):
        screen = await launch.screen("chromium")
        await screen.sign_up(await server.owner_link(), "Ana", "+12025550001")
        yield Reader(screen, dav, await dav.fill(crowd(30)))
        assert screen.errors == []


async def fill_in(screen: Screen, url: str, password: str) -> None:
    for label, text in (("Address", url), ("Account", ACCOUNT), ("Password", password)):
        await screen.page.get_by_label(label, exact=True).fill(text)
    await screen.button("Link", exact=True).click()


@pytest.mark.row("R126")
async def test_what_linking_means_is_read_before_anything_is_linked(reader: Reader) -> None:
    screen = reader.screen
    await screen.button("Link an address book").click()  # asked at the end of signing up
    books = screen.page.get_by_role("dialog", name="Address books")
    await books.get_by_role("button", name="Link an address book").click()
    for words in ("10,000 contacts", "charges nothing", "cannot call emergency services", "encrypted"):
        await expect(books).to_contain_text(words)
    await expect(screen.button("I have read this")).to_be_focused()
    await expect(screen.page.get_by_label("Address", exact=True)).to_be_hidden()
    await screen.button("Cancel").click()
    await expect(screen.page.get_by_label("Address", exact=True)).to_be_hidden()
    assert (await screen.state())["books"] == []
    await books.get_by_role("button", name="Link an address book").click()
    await screen.button("I have read this").click()
    await expect(screen.page.get_by_label("Address", exact=True)).to_be_focused()


@pytest.mark.row("R124")
async def test_a_book_is_linked_followed_and_unlinked(reader: Reader) -> None:
    screen, dav = reader.screen, reader.dav
    await fill_in(screen, reader.book, "wrong")
    await expect(screen.page.get_by_role("alert")).to_contain_text(
        "does not accept this account and password"
    )
    await fill_in(screen, reader.book, PASSWORD)
    books = screen.page.get_by_role("dialog", name="Address books")
    await expect(books.locator(".own")).to_contain_text(f"30 contacts, as {ACCOUNT} · up to date today")
    name = await books.locator(".own strong").inner_text()
    await dav.put("zoe.vcf", card("Zoë Ruiz", "+12025550123"))
    await screen.button(f"Look at {name} now").click()
    await expect(books.locator(".own")).to_contain_text("31 contacts")
    await screen.button("Close").click()

    await screen.button("Contacts", exact=True).click()
    await expect(screen.page.get_by_text("31 contacts")).to_be_visible()
    await screen.page.get_by_label("Search").fill("zoe")
    await screen.page.locator("[data-key] .open").click()
    shown = screen.page.get_by_role("dialog", name="Zoë Ruiz")
    await expect(shown).to_contain_text("From your address book. Change it there.")
    await expect(shown.get_by_role("button", name="Edit")).to_be_hidden()
    await expect(shown.get_by_role("button", name="Delete")).to_be_hidden()
    await screen.page.keyboard.press("Escape")

    await screen.button("Manage").click()
    await screen.button("Link an address book").click()
    await screen.button(f"Unlink {name}").click()
    await expect(books).to_contain_text("Its contacts are deleted here: 31.")
    await screen.button("Unlink", exact=True).click()
    await expect(books).to_contain_text(f"{name} is not linked any more.")
    await expect(books.locator(".own")).to_have_count(0)
    await screen.button("Close").click()
    await expect(screen.page.get_by_text("No contacts yet")).to_be_visible()
