"""Contacts of an endpoint of the library: brought from a file, followed, and called by."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from kith import Endpoint
from kith.core.contacts import CardFault
from kith.core.problem import Code, Problem
from tests.support.contacts import vcard
from tests.support.endpoints import phone_of
from tests.support.home import Home, living_at_home

pytestmark = pytest.mark.asyncio(loop_scope="module")

GRANNY = "+12025550003"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    async with living_at_home(tmp_path_factory.mktemp("contacts")) as home:
        yield home


@pytest.mark.row("R13")
async def test_a_file_is_imported_in_parts_with_exact_counts(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "contacts.vcf"
    cards = [vcard(f"Friend {number:04d}", f"+1202556{number:04d}") for number in range(600)]
    cards[300] = vcard("Pictured", "+12025561300").replace(
        "END:", "PHOTO;ENCODING=b:" + "A" * 90_000 + "\r\nEND:"
    )
    cards[400] = "BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n"
    path.write_text("".join(cards), newline="")
    lines = path.read_text().splitlines()
    async with phone_of(home.server, home.dad, tmp_path) as phone:
        contacts = phone.endpoint.contacts
        with pytest.raises(Problem) as caught:
            await contacts.import_file(path)
        assert caught.value.code is Code.IMPORT_NOT_ALLOWED
        await contacts.allow_import(allowed=True)
        steps: list[tuple[int, int]] = []
        done = await contacts.import_file(path, progress=lambda *step: steps.append(step))
        assert (done.added, done.updated, done.unchanged) == (599, 0, 0)
        ((line, fault),) = [(one.line, one.code) for one in done.problems]
        assert (lines[line - 2 : line + 2], fault) == (
            ["END:VCARD", "BEGIN:VCARD", "VERSION:3.0", "END:VCARD"],
            CardFault.EMPTY,
        )
        assert len(steps) > 1 and steps == sorted(steps) and steps[-1] == (path.stat().st_size,) * 2
        again = await contacts.import_file(path)
        assert (again.added, again.updated, again.unchanged) == (0, 0, 599)
        assert len(await contacts.all()) == 599
        await contacts.allow_import(allowed=False)
        assert await contacts.all() == ()


@pytest.mark.row("R11")
async def test_a_stranger_is_believed_by_whom_they_call_by_number(home: Home, tmp_path: Path) -> None:
    """Both ends see each other's signed identity, though neither has ever heard of the other."""
    eve = await home.server.person("Eve", by=home.dad)
    async with (
        phone_of(home.server, eve, tmp_path) as calling,
        phone_of(home.server, home.granny, tmp_path) as called,
    ):
        saved = await calling.endpoint.contacts.add("Old lady", ("mobile", GRANNY))
        assert saved.numbers[0].person is None
        person = str(home.granny.person)

        def found() -> bool:
            return calling.endpoint.contacts.called(person) == "Old lady"

        calling.endpoint.on("contacts", lambda _: calling.endpoint.accompany(refresh(calling.endpoint)))
        calling.endpoint.on("directory", calling.wake)
        await calling.until_true(found, "the contact to reach Granny")
        call = await calling.endpoint.call(person)
        assert call.peer_name in ("Old lady", "Granny")
        await called.until("ringing")
        assert called.call.peer_name == "Eve"
        await called.endpoint.answer()
        await calling.until("connected")
        await called.until("connected")
        await calling.endpoint.hang_up()
        assert called.details("untrusted") == calling.details("untrusted") == []


async def refresh(endpoint: Endpoint) -> None:
    await endpoint.contacts.all()
    endpoint.emit("directory")
