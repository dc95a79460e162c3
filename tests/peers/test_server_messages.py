"""Messages on a running server: sealed to everybody's endpoints, stored until they are fetched, gone after that."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.family import Family, family
from tests.support.wire import Endpoint
from tests.support.writing import say, text_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Family]:
    async with family(tmp_path_factory.mktemp("messages")) as home:
        yield home


async def arrived(endpoint: Endpoint, letter_id: str) -> dict[str, object]:
    """The item of this message, as an event brings it."""

    def found() -> dict[str, object] | None:
        for event in endpoint.events:
            if event["t"] == "message_arrived" and event["item"].get("envelope", {}).get("id") == letter_id:
                return dict(event["item"])
        return None

    item: dict[str, object] = await endpoint.until(found)
    return item


async def test_a_text_reaches_every_endpoint_of_both_sides(home: Family) -> None:
    async with home.online(home.dad, home.tablet, home.granny, home.parlour) as (
        dad,
        tablet,
        granny,
        parlour,
    ):
        letter, sent = await say(granny, str(home.dad.person), "Dinner on Sunday?")
        assert sent["t"] == "message_sent"
        for endpoint in (dad, tablet):
            item = await arrived(endpoint, letter.id)
            assert text_of(endpoint, item) == "Dinner on Sunday?"
            assert (item["with"], item["name"], item["seq"]) == (home.granny.person, "Granny", sent["seq"])
        item = await arrived(parlour, letter.id)
        assert text_of(parlour, item) == "Dinner on Sunday?"
        assert (item["with"], item["person"]) == (home.dad.person, home.granny.person)
