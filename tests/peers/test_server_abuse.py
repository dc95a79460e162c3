"""People who know how a server works and use it otherwise than it was meant."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from kith.core.ids import new_call
from tests.support.home import Home, living_at_home
from tests.support.wire import Closed, Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

FLOOD = 4008
SECURITY = (
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    async with living_at_home(tmp_path_factory.mktemp("abuse")) as home:
        yield home


async def answered(home: Home, method: str, path: str, headers: dict[str, str]) -> tuple[int, Any]:
    """Status and headers of the answer to a request with an empty object as its body."""
    url = home.server.url.replace("localhost", "127.0.0.1") + path
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, json={}, headers=headers) as response,
    ):
        return response.status, response.headers


# -- pages and names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_another_sites_page_cannot_ask_for_anything(home: Home, origin: str) -> None:
    status, headers = await answered(home, "POST", "/v1/challenge", {"Origin": origin})
    assert status == 403
    assert all(name in headers for name in SECURITY)


async def test_a_page_of_the_servers_own_may(home: Home) -> None:
    own = home.server.url.replace("localhost", "127.0.0.1")
    assert (await answered(home, "POST", "/v1/challenge", {"Origin": own}))[0] == 200


@pytest.mark.parametrize("host", ["192.0.2.1", "evil.example", "127.0.0.2"])
async def test_what_was_sent_to_another_address_is_refused(home: Home, host: str) -> None:
    for method, path in (("GET", "/healthz"), ("POST", "/v1/challenge")):
        status, headers = await answered(home, method, path, {"Host": f"{host}:{home.server.port}"})
        assert status == 421
        assert all(name in headers for name in SECURITY)
    upgrade = {
        "Host": f"{host}:{home.server.port}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": "kith.v1.json",
    }
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{home.server.url}/v1/connect", headers=upgrade) as response,
    ):
        assert response.status == 421


# -- a device that anybody may touch -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("offer_pairing", {"shared": False}),
        ("offer_pairing", {"shared": True}),
        ("rename", {"name": "Grandma"}),
        ("invite", {}),
        ("dismiss_missed", {}),
        ("verify", {"code": "123456"}),
        ("resend_code", {}),
    ],
)
async def test_a_shared_device_does_nothing_in_the_name_of_an_adult(
    home: Home, command: str, fields: dict[str, Any]
) -> None:
    token = await home.server.token(home.kitchen)
    async with home.online(home.kitchen) as (kitchen,):
        for person in ({}, {"as": home.dad.person}):
            reply = await kitchen.ask(command, **fields, **person)
            assert (reply["t"], reply.get("code")) == ("problem", "not_permitted")
            status, reply = await home.server.post(command, token=token, **fields, **person)
            assert (status, reply["code"]) == (403, "not_permitted")


# -- more than is anybody's due ------------------------------------------------------------------------------------


async def flood(endpoint: Endpoint, command: str, **fields: Any) -> int | None:
    """Say the same again and again until the server has enough of it."""
    with contextlib.suppress(ConnectionError, aiohttp.ClientError, Closed):
        for _ in range(1500):
            await endpoint.say(command, **fields)
    return await endpoint.closed()


async def test_signals_that_are_refused_close_the_connection_in_the_end(home: Home) -> None:
    async with home.online(home.dad) as (dad,):
        mum = await Endpoint(home.server, home.mum).open()
        assert await flood(mum, "signal", call=new_call(), epoch=0, body=b"x") in (FLOOD, 1006)
        await mum.close()
        await dad.ok("ping")


async def test_retries_cost_what_they_cost(home: Home) -> None:
    """Each one is answered, and so each one is counted."""
    async with home.online(home.dad) as (dad,):
        mum = await Endpoint(home.server, home.mum).open()
        await mum.ok("ping", id="once")
        assert await flood(mum, "ping", id="once") in (FLOOD, 1006)
        await mum.close()
        await dad.ok("ping")


async def test_a_signal_that_was_too_many_may_be_sent_again(home: Home) -> None:
    async with home.online(home.granny, home.mum) as (granny, mum):
        call = new_call()
        await granny.call(home.mum.person or "", call)
        await mum.event("ringing", call=call)
        await mum.ok("answer", call=call)
        said = [await granny.say("signal", call=call, epoch=0, body=b"%d" % n) for n in range(320)]
        await granny.ok("ping")
        refused = [granny.replies[one] for one in said if one in granny.replies]
        assert {reply["code"] for reply in refused} == {"rate_limited"}
        await asyncio.sleep(refused[-1]["data"]["retry_after"])  # what an endpoint is told to do
        again = refused[-1]["re"]
        granny.replies.clear()
        await granny.say("signal", id=again, call=call, epoch=0, body=b"again")
        passed = [await mum.event("signalled") for _ in range(len(said) - len(refused) + 1)]
        assert passed[-1]["body"] == b"again"
        await granny.ok("cancel", call=call)
        assert again not in granny.replies


async def test_a_known_id_of_another_command_is_invalid(home: Home) -> None:
    token = await home.server.token(home.mum)
    status, invited = await home.server.post("invite", token=token, id="one")
    assert (status, invited["t"]) == (200, "invited")
    status, reply = await home.server.post("list_directory", token=token, id="one")
    assert (status, reply["code"], reply["path"]) == (400, "invalid", "id")
    other = await home.server.token(home.mum)
    status, reply = await home.server.post("list_directory", token=other, id="one")
    assert (status, reply["t"]) == (200, "directory"), "another script counts its own commands"
    async with home.online(home.mum) as (mum,):
        await mum.ok("invite", id="one")
        reply = await mum.ask("ping", id="two")
        mum.replies.clear()
        reply = await mum.ask("ping", id="one")
        assert (reply["t"], reply.get("code"), reply.get("path")) == ("problem", "invalid", "id")


async def test_two_ways_in_are_not_twice_as_much(home: Home) -> None:
    token = await home.server.token(home.tablet)
    async with home.online(home.tablet) as (tablet,):
        said = [await tablet.say("ping") for _ in range(60)]
        for one in said:
            await tablet.reply(one)
        codes = []
        for _ in range(15):
            posts = [home.server.post("ping", token=token) for _ in range(10)]
            codes += [reply.get("code") for _, reply in await asyncio.gather(*posts)]
        assert "rate_limited" in codes
