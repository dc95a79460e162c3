"""Contacts are no way to find out whose numbers are registered: not by trying many, and not by the clock."""

import json
import random
import sqlite3
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from signaling.discovery import BUDGET, SUSPICIOUS
from tests.support.contacts import reached, until_reached, vcard, whole_list
from tests.support.home import Home, living_at_home
from tests.support.samples import difference
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

REGISTERED = ("+12025550001", "+12025550002", "+12025550003")
FREE = ("+12025558001", "+12025558002", "+12025558003")
TRIED = 10_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    async with living_at_home(tmp_path_factory.mktemp("mining")) as home:
        yield home


async def bring_all(endpoint: Endpoint, numbers: list[str]) -> None:
    """As few messages as possible: twenty numbers a card, two hundred cards a message."""
    cards = [
        vcard(f"Guess {start}", *numbers[start : start + 20], uid=numbers[start])
        for start in range(0, len(numbers), 20)
    ]
    for start in range(0, len(cards), 60):
        reply = await endpoint.ok("import_contacts", text="".join(cards[start : start + 60]))
        assert reply["problems"] == []


async def found_by(endpoint: Endpoint) -> set[str]:
    contacts, _ = await whole_list(endpoint)
    return {person for one in contacts.values() for person in reached(one)}


@pytest.mark.row("R139")
async def test_ten_thousand_numbers_from_one_account_are_stopped_and_logged(home: Home) -> None:
    miner = await home.server.person("Miner", by=home.mum)
    numbers = [f"+1202{exchange}{line:04d}" for exchange in (556, 557, 558, 559) for line in range(2_500)]
    assert len(numbers) == TRIED
    numbers[100], numbers[5_000], numbers[9_999] = REGISTERED
    async with home.online(miner) as (endpoint,):
        await endpoint.ok("set_contact_import", allowed=True)
        await bring_all(endpoint, numbers)
        await until_reached(endpoint, "Guess 100", home.mum.person)
        # This number is spent, so it is shown; and with it whatever else could be is looked up.
        await endpoint.ok("add_contact", name="Again", numbers=[{"label": "", "number": REGISTERED[0]}])
        await until_reached(endpoint, "Again", home.mum.person)
        assert await found_by(endpoint) == {home.mum.person}
        # What was tried is tried: throwing it away gives nothing back, and nothing more is looked up.
        await endpoint.ok("set_contact_import", allowed=False)
        await endpoint.ok("set_contact_import", allowed=True)
        await bring_all(endpoint, [REGISTERED[2], *numbers[2_000:2_019]])
        await endpoint.ok("add_contact", name="Last", numbers=[{"label": "", "number": REGISTERED[0]}])
        await until_reached(endpoint, "Last", home.mum.person)
        assert await found_by(endpoint) == {home.mum.person}
    await home.server.stop()
    await home.server.start()
    async with home.online(miner) as (endpoint,):
        assert await found_by(endpoint) == {home.mum.person}
    with sqlite3.connect(home.server.data / "kith.db") as db:
        spent = db.execute("SELECT count(*) FROM discovered WHERE owner = ?", (miner.person,)).fetchone()[0]
        rows = db.execute("SELECT kind, person, details FROM incident").fetchall()
    assert spent == BUDGET
    ((kind, person, details),) = rows
    assert (kind, person) == ("enumeration", miner.person)
    assert SUSPICIOUS < json.loads(details)["waiting"] <= TRIED - BUDGET
    log = home.server.log.read_text()
    assert f"numbers may be guessed: person={miner.person}" in log
    assert not any(number in log for number in REGISTERED)


@pytest.mark.alone
@pytest.mark.row("R139")
async def test_an_answer_takes_as_long_whether_a_number_is_registered_or_not(home: Home) -> None:
    took: dict[bool, list[float]] = {True: [], False: []}
    order = random.Random(7)
    for number in range(3):
        curious = await home.server.person(f"Curious {number}", by=home.mum)
        tries = [True, False] * 26
        order.shuffle(tries)
        async with home.online(curious) as (endpoint,):
            for registered in tries:
                one = order.choice(REGISTERED if registered else FREE)
                began = time.perf_counter()
                saved = await endpoint.ok("add_contact", name="Who", numbers=[{"label": "", "number": one}])
                took[registered].append(time.perf_counter() - began)
                assert saved["contact"]["numbers"][0]["person"] is None
    assert abs(difference(took[True], took[False])) < 4
    slower = [seconds * 3 for seconds in took[True]]
    assert abs(difference(slower, took[False])) > 4, "a difference would not have been seen"
