"""A message wakes whoever is away, and the push service learns nothing of it; that one wrote is in both histories."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from kith.core.ids import new_message
from kith.server.authority import ensure
from tests.peers.test_server_push import HIDDEN
from tests.support.family import Family, family
from tests.support.push import Browser, PushService, push_service
from tests.support.server import Joined
from tests.support.wire import Endpoint
from tests.support.writing import confirm, put_voice, say

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = "Dinner on Sunday?"
World = tuple[Family, PushService]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    directory = tmp_path_factory.mktemp("push-messages")
    certificates = ensure(directory / "elsewhere", ("localhost",), datetime.now(UTC))
    options = (
        "--allow-private-address=127.0.0.1",
        "--allow-private-address=::1",
        f"--trust-ca={certificates.ca}",
    )
    async with push_service(certificates) as service, family(directory, *options) as home:
        yield home, service


@asynccontextmanager
async def asleep(world: World, joined: Joined) -> AsyncIterator[Browser]:
    home, service = world
    browser = Browser()
    async with home.online(joined) as (endpoint,):
        url = f"{service.url}/{HIDDEN}/{joined.name}"
        await endpoint.ok("subscribe_push", url=url, p256dh=browser.public, auth=browser.auth)
    yield browser
    async with home.online(joined) as (endpoint,):
        await endpoint.ok("unsubscribe_push")


async def history(endpoint: Endpoint) -> list[tuple[Any, ...]]:
    entries = (await endpoint.ok("list_history"))["entries"]
    return [(one["kind"], one["outgoing"], one["name"], one["device"]) for one in entries]


@pytest.mark.row("R53")
async def test_a_message_wakes_whoever_is_away_and_says_nothing_of_itself(world: World) -> None:
    home, service = world
    async with asleep(world, home.dad) as browser, home.online(home.granny) as (granny,):
        letter, _ = await say(granny, str(home.dad.person), TEXT)
        posted = await service.next()
        assert browser.json(posted.body) == {"what": "message", "ref": letter.id}
        assert posted.headers["urgency"] == "normal" and 80_000 < int(posted.headers["ttl"]) <= 86_400
        clear = json.dumps([posted.path, posted.headers]) + browser.read(posted.body).decode()
        for told in (TEXT, "Granny", home.granny.person, home.dad.person):
            assert str(told) not in clear
        token = await home.server.token(home.dad)
        _, shown = await home.server.post("show_pushed", token=token, ref=letter.id)
        kept = {key: shown[key] for key in ("what", "name", "person", "voice", "over")}
        assert kept == {
            "what": "message",
            "name": "Granny",
            "person": home.granny.person,
            "voice": False,
            "over": None,
        }
        for other in (home.granny, home.gus):
            _, unknown = await home.server.post(
                "show_pushed", token=await home.server.token(other), ref=letter.id
            )
            assert (unknown["name"], unknown["over"]) == ("", "elsewhere"), "nobody else's to know"
        async with home.online(home.dad) as (dad,):
            inbox = await dad.ok("fetch_inbox", after=0)
            await confirm(dad, inbox["items"][-1]["n"])
            assert (await dad.ok("show_pushed", ref=letter.id))["over"] == "elsewhere", "it was fetched"
            assert (await dad.ok("show_pushed", ref=new_message()))["over"] == "elsewhere"
    assert TEXT not in home.server.log.read_text() and HIDDEN not in home.server.log.read_text()


@pytest.mark.row("R53")
async def test_a_voice_message_is_said_to_be_one(world: World) -> None:
    home, service = world
    async with asleep(world, home.dad) as browser, home.online(home.granny) as (granny,):
        letter = await put_voice(granny, str(home.dad.person), [b"one", b"two"])
        await granny.ok("send_message", **letter.fields)
        assert browser.json((await service.next()).body)["ref"] == letter.id
        token = await home.server.token(home.dad)
        _, shown = await home.server.post("show_pushed", token=token, ref=letter.id)
        assert shown["voice"] is True


async def test_whoever_is_there_is_not_woken_nor_is_the_sender(world: World) -> None:
    home, service = world
    async with asleep(world, home.granny), home.online(home.gus, home.mum) as (gus, mum):
        browser = Browser()
        url = f"{service.url}/{HIDDEN}/mum"
        await mum.ok("subscribe_push", url=url, p256dh=browser.public, auth=browser.auth)
        await say(gus, str(home.mum.person), TEXT)
        await mum.event("message_arrived")
        await mum.ok("unsubscribe_push")
    assert service.waiting == 0


@pytest.mark.row("R141")
async def test_that_one_wrote_is_in_both_histories_and_not_what(world: World) -> None:
    home, _ = world
    async with home.online(home.mum, home.gus) as (mum, gus):
        for endpoint in (mum, gus):
            await endpoint.ok("delete_history", all=True)
        for _ in range(3):
            await say(gus, str(home.mum.person), TEXT)
        await say(mum, str(home.gus.person), "Yes")
        assert await history(gus) == [
            ("message", False, "Mum", ""),
            ("message", True, "Mum", "Gus's phone"),
        ], "what is written within an hour is one entry"
        assert await history(mum) == [("message", True, "Gus", "Phone"), ("message", False, "Gus", "")]
        assert TEXT not in str(await mum.ok("list_history"))
        await mum.ok("delete_history", all=True)
        await say(gus, str(home.mum.person), TEXT)
        assert await history(mum) == [("message", False, "Gus", "")], "what comes after a deletion is new"


@pytest.mark.row("R141")
async def test_what_is_withheld_is_in_the_senders_history_alone(world: World) -> None:
    home, _ = world
    async with home.online(home.mum, home.gus) as (mum, gus):
        blocked = await mum.ok("block", person=home.gus.person)
        for endpoint in (mum, gus):
            await endpoint.ok("delete_history", all=True)
        await say(gus, str(home.mum.person), TEXT)
        await mum.ok("unblock", block=blocked["block"]["id"])
        assert await history(gus) == [("message", True, "Mum", "Gus's phone")]
        assert await history(mum) == []
