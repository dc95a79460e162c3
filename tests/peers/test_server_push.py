"""An endpoint that is not connected is woken by its push service, which learns nothing; and whoever has gone is not."""

import json
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from kith.core.ids import new_call
from kith.server.authority import Certificates, ensure
from tests.support.home import Home, living_at_home
from tests.support.push import Browser, Posted, PushService, push_service
from tests.support.server import Joined
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

HIDDEN = "known-to-the-browser-alone"


@dataclass
class World:
    home: Home
    service: PushService
    certificates: Certificates

    async def subscribe(self, endpoint: Endpoint, name: str) -> Browser:
        browser = Browser()
        url = f"{self.service.url}/{HIDDEN}/{name}"
        await endpoint.ok("subscribe_push", url=url, p256dh=browser.public, auth=browser.auth)
        return browser

    @asynccontextmanager
    async def asleep(self, joined: Joined, name: str) -> AsyncIterator[Browser]:
        """One who has asked to be woken, and is not connected."""
        async with self.home.online(joined) as (endpoint,):
            browser = await self.subscribe(endpoint, name)
        yield browser
        async with self.home.online(joined) as (endpoint,):
            await endpoint.ok("unsubscribe_push")

    async def told(self, browser: Browser) -> dict[str, Any]:
        return browser.json((await self.service.next()).body)

    @property
    def logged(self) -> str:
        return self.home.server.log.read_text()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    directory = tmp_path_factory.mktemp("push")
    certificates = ensure(directory / "elsewhere", ("localhost",), datetime.now(UTC))
    options = (
        "--allow-private-address=127.0.0.1",
        "--allow-private-address=::1",
        f"--trust-ca={certificates.ca}",
        "--ring-timeout=20",
        "--push-contact=mailto:operator@example.org",
    )
    async with push_service(certificates) as service, living_at_home(directory, *options) as home:
        yield World(home, service, certificates)


async def call_dad(mum: Endpoint, world: World, call: str) -> None:
    assert world.home.dad.person is not None
    await mum.call(world.home.dad.person, call, video=True)


def readable(posted: Posted) -> str:
    return json.dumps([posted.path, posted.headers]) + posted.body.decode("latin-1")


@pytest.mark.row("R36")
async def test_a_call_wakes_whoever_is_away_and_says_nothing_of_itself(world: World) -> None:
    call = new_call()
    async with world.asleep(world.home.dad, "dad") as browser, world.home.online(world.home.mum) as (mum,):
        await call_dad(mum, world, call)
        posted = await world.service.next()
        said = browser.json(posted.body)
        assert (said.pop("what"), said.pop("ref"), list(said)) == ("call", call, ["until"])
        headers = posted.headers
        assert 1 <= int(headers["ttl"]) <= 20 and headers["urgency"] == "high"
        assert headers["authorization"].startswith("vapid t=") and headers["content-encoding"] == "aes128gcm"
        clear = readable(posted) + browser.read(posted.body).decode()
        for told in ("Mum", "Dad", "Phone", "+1202", world.home.mum.person, world.home.dad.person, call):
            assert str(told) not in readable(posted)
            assert str(told) not in clear or told == call
        await mum.ok("cancel", call=call)
        over = await world.service.next()
        assert over.headers["topic"] == headers["topic"], "what was not delivered yet is replaced"
        assert browser.json(over.body) == {"what": "over", "ref": call, "missed": True}
        assert len({len(one.body) for one in (posted, over)}) == 1
    assert HIDDEN not in world.logged


@pytest.mark.row("R36")
async def test_whoever_was_woken_is_told_who_calls_and_answers(world: World) -> None:
    call = new_call()
    async with world.asleep(world.home.dad, "dad") as browser, world.home.online(world.home.mum) as (mum,):
        await call_dad(mum, world, call)
        assert (await world.told(browser))["ref"] == call
        token = await world.home.server.token(world.home.dad)
        _, shown = await world.home.server.post("show_pushed", token=token, ref=call)
        told = {"what": "call", "name": "Mum", "person": world.home.mum.person, "video": True, "over": None}
        assert told.items() <= shown.items()
        async with world.home.online(world.home.dad) as (dad,):
            assert [one["id"] for one in dad.snapshot["calls"]] == [call]
            await dad.ok("answer", call=call, video=False)
            await mum.event("call_changed", call=call, phase="answering")
    assert world.service.waiting == 0, "whoever answers is not told that it rings no more"


@pytest.mark.row("R36")
async def test_whoever_was_woken_declines_without_a_connection(world: World) -> None:
    call = new_call()
    async with world.asleep(world.home.dad, "dad") as browser, world.home.online(world.home.mum) as (mum,):
        await call_dad(mum, world, call)
        await world.told(browser)
        token = await world.home.server.token(world.home.dad)
        await world.home.server.post("show_pushed", token=token, ref=call)
        _, declined = await world.home.server.post("decline", token=token, call=call)
        assert declined["t"] == "call_ended"
        assert await mum.ended(call) == "declined"
        assert (await world.told(browser)) == {"what": "over", "ref": call, "missed": False}
        _, shown = await world.home.server.post("show_pushed", token=token, ref=call)
        assert shown["over"] == "elsewhere"


async def test_answered_elsewhere_it_is_taken_back(world: World) -> None:
    call = new_call()
    async with (
        world.asleep(world.home.dad, "dad") as browser,
        world.home.online(world.home.mum, world.home.tablet) as (mum, tablet),
    ):
        await call_dad(mum, world, call)
        await world.told(browser)
        await tablet.event("ringing", call=call)
        await tablet.ok("answer", call=call, video=False)
        assert await world.told(browser) == {"what": "over", "ref": call, "missed": False}


async def test_what_is_not_ones_own_is_unknown(world: World) -> None:
    call = new_call()
    async with world.home.online(world.home.mum, world.home.granny) as (mum, granny):
        await call_dad(mum, world, call)
        assert (await granny.ask("show_pushed", ref=call))["code"] == "unknown_call"
        assert (await granny.ask("show_pushed", ref=new_call()))["code"] == "unknown_call"
        await mum.ok("cancel", call=call)


async def test_whoever_is_there_and_rings_is_not_woken_as_well(world: World) -> None:
    call = new_call()
    async with world.home.online(world.home.mum, world.home.dad) as (mum, dad):
        await world.subscribe(dad, "dad")
        await call_dad(mum, world, call)
        await dad.event("ringing", call=call)
        await dad.ok("alerting", call=call)
        await mum.ok("cancel", call=call)
        await dad.ended(call)
        await dad.ok("unsubscribe_push")
    assert world.service.waiting == 0


async def test_one_that_is_connected_and_asleep_is_woken(world: World) -> None:
    call = new_call()
    async with world.home.online(world.home.mum, world.home.dad) as (mum, dad):
        browser = await world.subscribe(dad, "dad")
        await call_dad(mum, world, call)
        assert (await world.told(browser))["what"] == "call"
        await mum.ok("cancel", call=call)
        await world.told(browser)
        await dad.ok("unsubscribe_push")


async def test_a_blocked_caller_wakes_nobody(world: World) -> None:
    async with world.asleep(world.home.mum, "mum"), world.home.online(world.home.granny) as (granny,):
        async with world.home.online(world.home.mum) as (mum,):
            blocked = await mum.ok("block", person=world.home.granny.person)
        call = new_call()
        assert world.home.mum.person is not None
        await granny.call(world.home.mum.person, call)
        await granny.ok("cancel", call=call)
        async with world.home.online(world.home.mum) as (mum,):
            await mum.ok("unblock", block=blocked["block"]["id"])
            assert (await mum.ask("show_pushed", ref=call))["code"] == "unknown_call"
    assert world.service.waiting == 0


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_is_gone_is_dropped(world: World, status: int) -> None:
    world.service.answer = lambda path: status
    call = new_call()
    async with world.asleep(world.home.dad, "gone"), world.home.online(world.home.mum) as (mum,):
        await call_dad(mum, world, call)
        await world.service.next()
        async with world.home.online(world.home.tablet) as (tablet,):
            assert (await tablet.ok("show_push"))["subscribed"] is False
        await mum.ok("cancel", call=call)
        world.service.answer = lambda path: 201
        async with world.home.online(world.home.dad) as (dad,):
            assert (await dad.ok("show_push"))["subscribed"] is False
        assert subscribed(world) == 0
    assert world.service.waiting == 0 and HIDDEN not in world.logged


def subscribed(world: World) -> int:
    with sqlite3.connect(world.home.server.data / "kith.db") as database:
        return int(database.execute("SELECT count(*) FROM push_subscription").fetchone()[0])


async def test_signing_out_ends_it(world: World) -> None:
    laptop = await world.home.server.device("Laptop", by=world.home.dad, shared=False)
    async with world.home.online(laptop, world.home.dad) as (wire, dad):
        await world.subscribe(wire, "laptop")
        assert subscribed(world) == 1
        await dad.ok("remove_endpoint", endpoint=laptop.endpoint)
    assert subscribed(world) == 0


async def test_a_browser_that_somebody_else_uses_now_is_theirs(world: World) -> None:
    async with world.home.online(world.home.dad, world.home.mum) as (dad, mum):
        await world.subscribe(dad, "shared-browser")
        await world.subscribe(mum, "shared-browser")
        assert subscribed(world) == 1
        await mum.ok("unsubscribe_push")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"url": "http://push.example/12345"}, "url"),
        ({"url": "https://me@push.example/1"}, "url"),
        ({"p256dh": b"\4" + bytes(64)}, "p256dh"),
        ({"auth": b"short"}, "auth"),
    ],
)
async def test_what_is_no_subscription(world: World, change: dict[str, Any], path: str) -> None:
    fields = {"url": "https://push.example/1", "p256dh": Browser().public, "auth": bytes(16)} | change
    async with world.home.online(world.home.dad) as (dad,):
        refused = await dad.ask("subscribe_push", **fields)
        assert (refused["code"], refused["path"]) == ("invalid", path)


async def test_a_shared_device_is_woken_by_nobody(world: World) -> None:
    async with world.home.online(world.home.kitchen) as (kitchen,):
        assert (await kitchen.ask("show_push"))["code"] == "not_permitted"


async def test_the_key_lies_beside_the_servers_other_one(world: World) -> None:
    data: Path = world.home.server.data
    assert {stat.S_IMODE((data / name).stat().st_mode) for name in ("push.key", "server.key")} == {0o600}


async def test_the_operator_may_want_none_of_it(tmp_path: Path) -> None:
    async with living_at_home(tmp_path, "--no-push") as home, home.online(home.dad) as (dad,):
        shown = await dad.ok("show_push")
        assert (shown["key"], shown["subscribed"]) == (None, False)
        refused = await dad.ask(
            "subscribe_push", url="https://push.example/1", p256dh=Browser().public, auth=bytes(16)
        )
        assert refused["code"] == "push_off"
        assert not (home.server.data / "push.key").exists()
