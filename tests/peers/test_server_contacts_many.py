"""A very long list: all of it arrives, and nobody else waits for it."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.contacts import patiently, vcard, whole_list
from tests.support.home import Home, living_at_home
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

MANY, PART = 5_000, 200


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    async with living_at_home(tmp_path_factory.mktemp("many")) as home:
        yield home


async def longest_wait(endpoint: Endpoint, work: "asyncio.Task[None]") -> float:
    """The longest that an answer took while something else went on, asked one after another."""
    longest = 0.0
    while not work.done():
        began = time.perf_counter()
        await endpoint.ok("ping")
        longest = max(longest, time.perf_counter() - began)
        await asyncio.wait([work], timeout=0.15)  # as often as the rate allows
    await work
    return longest


@pytest.mark.alone
@pytest.mark.row("R13")
async def test_five_thousand_contacts_are_imported_exactly_while_others_go_on(home: Home) -> None:
    cards = [vcard(f"Friend {one}", f"+1202556{one:04d}", uid=f"u{one}") for one in range(MANY)]
    async with home.online(home.mum, home.dad) as (mum, dad):
        await mum.ok("set_contact_import", allowed=True)

        async def bring(expected: str) -> None:
            for start in range(0, MANY, PART):
                reply = await patiently(mum, "import_contacts", text="".join(cards[start : start + PART]))
                assert (reply[expected], reply["problems"]) == (PART, [])

        assert await longest_wait(dad, asyncio.ensure_future(bring("added"))) < 0.5
        found, revision = await whole_list(mum)
        assert sorted(found) == sorted(f"Friend {one}" for one in range(MANY))
        assert await longest_wait(dad, asyncio.ensure_future(bring("unchanged"))) < 0.5
        assert (await patiently(mum, "list_contacts", since=revision))["contacts"] == []
        cards[7] = vcard("Another", "+12025560007", uid="u7")
        reply = await patiently(mum, "import_contacts", text="".join(cards[:PART]))
        assert (reply["added"], reply["updated"], reply["unchanged"]) == (0, 1, PART - 1)


async def test_whoever_sends_more_than_any_list_has_is_slowed_down(home: Home) -> None:
    """Over HTTP all at once, as no app does: a few wait for their turn, the others are told when to come again."""
    token = await home.server.token(home.dad)
    await home.server.post("set_contact_import", token=token, allowed=True)
    card = vcard("Somebody", "+12025550001")
    answers = await asyncio.gather(
        *(home.server.post("import_contacts", token=token, text=card * 100) for _ in range(40))
    )
    refused = [reply for status, reply in answers if status == 429]
    assert refused
    assert all(reply["data"]["retry_after"] > 0 for reply in refused)
    assert {reply["t"] for status, reply in answers if status == 200} == {"contacts_imported"}
