"""Signing in, staying, losing the connection and coming back; and those who do not behave."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from kith.core.ids import new_call
from kith.core.keys import KeyPair
from tests.support.home import Home, living_at_home
from tests.support.server import GENEROUS, Joined
from tests.support.wire import Closed, Connection, Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

REPLACED, FLOOD, VIOLATION = 4001, 4008, 4002


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["picows", "aiohttp"])
async def home(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Home]:
    """Every test with both carriers of WebSockets."""
    directory = tmp_path_factory.mktemp("sessions")
    async with living_at_home(directory, f"--carrier={request.param}") as home:
        yield home


async def answering(home: Home, endpoint: Endpoint) -> None:
    """The endpoint's connection, and so the server, is well."""
    assert (await endpoint.ask("ping"))["t"] == "ok"


# -- signing in -----------------------------------------------------------------------------------------


async def test_hello_comes_first_and_the_welcome_has_everything(home: Home) -> None:
    async with Connection(home.server) as connection:
        assert (connection.hello["version"], len(connection.hello["nonce"])) == (1, 16)
    async with home.online(home.dad) as (dad,):
        snapshot = dad.snapshot
        assert (snapshot["person"]["name"], snapshot["registered"]) == ("Dad", True)
        assert [one["name"] for one in snapshot["people"]] == ["Mum"]
        assert {(one["name"], one["own"]) for one in snapshot["endpoints"]} == {
            ("Hall", False),
            ("Kitchen", False),
            ("Tablet", True),
        }
        assert snapshot["calls"] == []


async def test_the_other_subprotocol_says_the_same(home: Home) -> None:
    async with home.online(home.dad) as (packed,):
        first = packed.snapshot
    async with home.online(home.dad, text=True) as (text,):
        assert text.snapshot == first


async def sign_in(connection: Connection, joined: Joined, **changes: Any) -> dict[str, Any]:
    endpoint = Endpoint(connection.server, joined)
    endpoint.hello = connection.hello
    return await connection.ask("sign_in", **(endpoint.signature(connection.hello["nonce"]) | changes))


async def test_a_bad_signature_an_unknown_endpoint_and_anothers_key_look_the_same(home: Home) -> None:
    stranger = Joined("Nobody", KeyPair.generate(), "e_" + "0" * 20, None, "")
    thief = Joined("Thief", KeyPair.generate(), home.mum.endpoint, None, "")
    for joined, change in ((home.mum, {"signature": b"\x00" * 64}), (stranger, {}), (thief, {})):
        async with Connection(home.server) as connection:
            reply = await sign_in(connection, joined, **change)
            assert (reply["code"], reply["path"]) == ("bad_signature", "signature")
            assert (await connection.ask("ping"))["code"] == "not_signed_in"


async def test_a_signature_for_another_origin_or_server_is_refused(home: Home) -> None:
    for origin, server in (("https://elsewhere.example", None), (None, b"\x01" * 32)):
        async with Connection(home.server) as connection:
            endpoint = Endpoint(home.server, home.mum)
            endpoint.hello = connection.hello | ({"server": server} if server else {})
            signed = endpoint.signature(connection.hello["nonce"], origin=origin)
            assert (await connection.ask("sign_in", **signed))["code"] == "bad_signature"


async def test_a_nonce_serves_once_and_only_on_its_own_connection(home: Home) -> None:
    async with Connection(home.server) as one, Connection(home.server) as other:
        endpoint = Endpoint(home.server, home.mum)
        endpoint.hello = one.hello
        signed = endpoint.signature(one.hello["nonce"])
        elsewhere = await other.ask("sign_in", **signed)
        assert (elsewhere["code"], elsewhere["path"]) == ("stale_nonce", "nonce")
        used_up = await one.ask("sign_in", **(signed | {"signature": b"\x00" * 64}))
        assert used_up["code"] == "bad_signature"
        assert (await one.ask("sign_in", **signed))["code"] == "stale_nonce"
        fresh = await one.ask("challenge")
        assert (await one.ask("sign_in", **endpoint.signature(fresh["nonce"])))["t"] == "welcome"
        assert (await one.ask("sign_in", **signed))["code"] == "already_signed_in"


async def test_a_nonce_cannot_be_replayed_over_http(home: Home) -> None:
    _, issued = await home.server.post("challenge")
    async with Connection(home.server, text=True) as connection:
        endpoint = Endpoint(home.server, home.mum, text=True)
        endpoint.hello = connection.hello
        nonce = connection.unpack(f'{{"nonce":"{issued["nonce"]}"}}')["nonce"]
        body = connection.unpack(connection.pack(endpoint.signature(nonce)))
        signed = {key: issued["nonce"] if key == "nonce" else value for key, value in body.items()}
        signed["signature"] = base64.b64encode(signed["signature"]).decode()
        assert (await home.server.post("sign_in", **signed))[1]["t"] == "token"
        status, again = await home.server.post("sign_in", **signed)
        assert (status, again["code"]) == (401, "stale_nonce")
        assert (await connection.ask("sign_in", **signed))["code"] == "stale_nonce"


async def test_one_session_an_endpoint_the_later_connection_wins(home: Home) -> None:
    async with home.online(home.mum) as (first,), home.online(home.mum) as (second,):
        assert await first.closed() == REPLACED
        await answering(home, second)


# -- wrong doors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Host": "evil.example:8443"}, 421),
        ({"Host": ""}, 421),
        ({"Host": "localhost.evil.example"}, 421),
        ({"Sec-WebSocket-Protocol": "chat"}, 400),
        ({"Sec-WebSocket-Protocol": "kith.v2.json"}, 400),
    ],
)
async def test_a_connection_from_elsewhere_is_refused(
    home: Home, headers: dict[str, str], status: int
) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": "kith.v1.json",
    }
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{home.server.url}/v1/connect", headers=upgrade | headers) as response,
    ):
        assert response.status == status


async def test_a_page_of_the_servers_own_may_connect(home: Home) -> None:
    async with Connection(home.server, headers={"Origin": home.server.url}) as connection:
        assert connection.hello["t"] == "hello"


async def test_commands_over_http_check_the_host_as_well(home: Home) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{home.server.url}/v1/challenge", json={}, headers={"Host": "evil.example"}
        ) as response,
    ):
        assert response.status == 421


# -- coming back ------------------------------------------------------------------------------------------


async def test_what_was_missed_is_replayed_once_and_in_order(home: Home) -> None:
    async with home.online(home.granny, home.mum) as (granny, mum):
        call = new_call()
        await granny.call(home.mum.person or "", call)
        await mum.event("ringing", call=call)
        await mum.ok("answer", call=call)
        await mum.event("call_changed", call=call)
        await mum.cut()
        for number in range(20):
            await granny.say("signal", call=call, epoch=0, body=b"%d" % number)
        await mum.back()
        assert mum.welcome["resumed"]
        bodies = [(await mum.event("signalled"))["body"] for _ in range(20)]
        assert bodies == [b"%d" % number for number in range(20)]
        await mum.event("call_changed", call=call)
        await answering(home, mum)
        assert not mum.had("signalled")


async def test_the_welcome_says_how_many_signals_came(home: Home) -> None:
    async with home.online(home.granny, home.mum) as (granny, mum):
        assert granny.welcome["signals"] == 0
        call = new_call()
        await granny.say("signal", call=call, epoch=0, body=b"a call that is none counts as well")
        await granny.call(home.mum.person or "", call)
        await mum.event("ringing", call=call)
        await mum.ok("answer", call=call)
        for number in range(3):
            await granny.say("signal", call=call, epoch=0, body=b"%d" % number)
            await mum.event("signalled")
        await granny.cut()
        await granny.back()
        assert (granny.welcome["resumed"], granny.welcome["signals"]) == (True, 4)
        await granny.say("signal", call=call, epoch=0, body=b"3")
        await mum.event("signalled")
        await granny.cut()
        await granny.back()
        assert granny.welcome["signals"] == 5
        await granny.cut()
        await granny.back(resume=None)
        assert (granny.welcome["resumed"], granny.welcome["signals"]) == (False, 0)


async def test_events_that_were_not_acked_come_again_until_they_are(home: Home) -> None:
    async with home.online(home.granny) as (granny,):
        mum = Endpoint(home.server, home.mum, acks=False)
        await mum.open()
        call = new_call()
        await granny.call(home.mum.person or "", call)
        ringing = await mum.event("ringing", call=call)
        for _ in range(3):
            await mum.cut()
            mum.seq = ringing["seq"] - 1  # as if it had been lost on the way
            mum.events.clear()
            await mum.back()
            assert mum.welcome["resumed"]
            assert (await mum.event("ringing", call=call))["seq"] == ringing["seq"]
        await mum.ok("leave", how="disconnect")
        await mum.close()


async def test_a_session_that_cannot_be_resumed_begins_with_a_snapshot(home: Home) -> None:
    async with home.online(home.granny, home.mum) as (granny, mum):
        call = new_call()
        await granny.call(home.mum.person or "", call)
        await mum.event("ringing", call=call)
        for resume in (
            None,
            {"session": "s_" + "0" * 20, "seq": 0},
            {"session": mum.session, "seq": 10_000},
        ):
            await mum.cut()
            await mum.back(resume=resume)
            assert not mum.welcome["resumed"]
            assert [one["id"] for one in mum.snapshot["calls"]] == [call]
            assert mum.snapshot["calls"][0]["phase"] == "ringing"


async def test_another_endpoint_cannot_resume_a_session(home: Home) -> None:
    async with home.online(home.granny, home.mum) as (granny, mum):
        async with Connection(home.server) as thief:
            reply = await sign_in(thief, home.dad, resume={"session": mum.session, "seq": 0})
            assert (reply["resumed"], reply["snapshot"]["person"]["name"]) == (False, "Dad")
        await answering(home, mum)
        await answering(home, granny)


async def test_a_retry_gets_the_same_reply_also_over_a_reconnect(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        first = await mum.ok("offer_pairing", id="once", shared=False)
        mum.replies.clear()
        assert await mum.ok("offer_pairing", id="once", shared=False) == first
        await mum.cut()
        mum.replies.clear()
        await mum.back()
        assert await mum.ok("offer_pairing", id="once", shared=False) == first
        other = await mum.ok("offer_pairing", id="twice", shared=False)
        assert other["code"] != first["code"]


async def test_a_command_whose_reply_was_lost_is_carried_out_once(home: Home) -> None:
    async with home.online(home.granny, home.mum) as (granny, mum):
        call = new_call()
        command = {"id": "lost", "call": call, "to": home.mum.person}
        await granny.say("call", **command)
        await granny.cut()
        await granny.back()
        reply = await granny.ok("call", **command)
        assert reply["call"]["id"] == call
        await mum.event("ringing", call=call)
        await answering(home, mum)
        assert not mum.had("ringing")


@pytest.mark.parametrize("how", ["resume", "reconnect", "disconnect"])
async def test_three_ways_to_leave(home: Home, how: str) -> None:
    async with home.online(home.granny) as (granny,):
        mum = await Endpoint(home.server, home.mum).open()
        call = new_call()
        await granny.call(home.mum.person or "", call)
        await mum.event("ringing", call=call)
        await mum.ok("answer", call=call)
        assert (await mum.ask("leave", how=how))["t"] == "ok"
        assert await mum.closed() == 1000
        if how == "disconnect":
            assert await granny.ended(call) == "hung_up"
        else:
            await granny.event("call_changed", call=call)
        await mum.back()
        assert mum.welcome["resumed"] == (how == "resume")
        if how == "reconnect":
            assert [one["id"] for one in mum.snapshot["calls"]] == [call]
        if how == "disconnect":
            assert mum.snapshot["calls"] == []
        await mum.ok("leave", how="disconnect")
        await mum.close()


async def test_one_who_leaves_and_is_back_at_once_is_reachable(home: Home) -> None:
    async with home.online(home.granny) as (granny,):
        mum = await Endpoint(home.server, home.mum).open()
        for how in ("disconnect", "reconnect", "resume") * 3:
            earlier = new_call()
            await granny.call(home.mum.person or "", earlier)
            await mum.event("ringing", call=earlier)
            await mum.say("leave", how=how)
            mum_again = await Endpoint(home.server, home.mum).open()
            call = new_call()
            await granny.call(home.mum.person or "", call)
            await mum_again.event("ringing", call=call)
            await mum.close()
            mum = mum_again
            for one in (earlier, call):
                await granny.ok("cancel", call=one)
        await mum.ok("leave", how="disconnect")
        await mum.close()


async def test_a_connection_cut_in_the_middle_of_signing_in_leaves_nobody_online(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        for _ in range(20):
            connection = await Connection(home.server).open()
            endpoint = Endpoint(home.server, home.kitchen)
            endpoint.hello = connection.hello
            await connection.say("sign_in", **endpoint.signature(connection.hello["nonce"]))
            await connection.cut()
        call = new_call()
        await mum.call(home.kitchen.endpoint, call)

        async def offline() -> bool:
            listed = (await mum.ok("list_directory"))["endpoints"]
            return not next(one["online"] for one in listed if one["id"] == home.kitchen.endpoint)

        async with asyncio.timeout(GENEROUS):
            while not await offline():
                await mum.event("endpoint_changed")


# -- those who do not behave --------------------------------------------------------------------------------


async def test_an_ack_for_what_was_never_sent_ends_the_connection(home: Home) -> None:
    async with home.online(home.granny) as (granny,), home.online(home.mum) as (mum,):
        await mum.say("ack", seq=mum.seq + 1000)
        assert await mum.closed() == VIOLATION
        await answering(home, granny)


async def test_the_wrong_kind_of_frame_ends_the_connection(home: Home) -> None:
    for text in (False, True):
        async with home.online(home.granny) as (granny,), home.online(home.mum, text=text) as (mum,):
            await mum.send_other_kind(b'{"t":"ping","id":"1"}')
            assert await mum.closed() == 1003
            await answering(home, granny)


async def test_too_many_commands_are_refused_for_a_while_and_hurt_nobody_else(home: Home) -> None:
    async with home.online(home.granny) as (granny,), home.online(home.mum) as (mum,):
        ids = [await mum.say("ping") for _ in range(150)]
        replies = [await mum.reply(one) for one in ids]
        refused = [reply for reply in replies if reply["t"] == "problem"]
        assert 50 <= len(refused) < 100
        assert {reply["code"] for reply in refused} == {"rate_limited"}
        assert all(0 < reply["data"]["retry_after"] < 10 for reply in refused)
        await answering(home, granny)
        await asyncio.sleep(refused[-1]["data"]["retry_after"])  # as it was told
        await answering(home, mum)


async def test_signals_have_a_rate_of_their_own(home: Home) -> None:
    async with home.online(home.granny, home.mum) as (granny, mum):
        call = new_call()
        await granny.call(home.mum.person or "", call)
        await mum.event("ringing", call=call)
        await mum.ok("answer", call=call)
        ids = [await granny.say("signal", call=call, epoch=0, body=b"x") for _ in range(500)]
        assert (await granny.ask("ping"))["t"] == "ok"
        replies = [granny.replies.get(one) for one in ids]
        assert replies[:250] == [None] * 250, "nothing is said of a signal that is passed on"
        assert {reply["code"] for reply in replies if reply} == {"rate_limited"}


async def test_an_endpoint_that_does_not_read_is_dropped_and_blocks_nobody(home: Home) -> None:
    async with home.online(home.granny, home.kitchen) as (granny, kitchen):
        mum = await Endpoint(home.server, home.mum, acks=False).open()
        call = new_call()
        await granny.call(home.mum.person or "", call)
        await mum.event("ringing", call=call)
        await mum.ok("answer", call=call)
        mum.stop_reading()
        # 30 kB a signal: more than any kernel's buffers and the outbox together, long before it is through.
        async with asyncio.timeout(GENEROUS * 2):
            for number in range(600):
                signal = await granny.say("signal", call=call, epoch=0, body=b"x" * 30_000)
                await granny.ok("list_directory") if number % 20 == 0 else None
                if signal in granny.replies:
                    await asyncio.sleep(granny.replies[signal]["data"]["retry_after"])
                changes = granny.had("call_changed")
                if changes and changes[-1]["call"]["phase"] == "recovering":
                    break
                await kitchen.ok("ping") if number % 20 == 0 else None
        await mum.cut()
        await mum.back()
        assert not mum.welcome["resumed"], "what it missed is gone: it starts over with a snapshot"
        assert [one["id"] for one in mum.snapshot["calls"]] == [call]
        await mum.ok("leave", how="disconnect")
        await mum.close()


async def test_no_more_connections_than_allowed_from_one_address(home: Home) -> None:
    async with home.online(home.granny) as (granny,), contextlib.AsyncExitStack() as stack:
        refused = []
        for _ in range(270):
            try:
                await stack.enter_async_context(Connection(home.server))
            except aiohttp.WSServerHandshakeError as error:
                refused.append(error.status)
        assert refused == [429] * (270 - 255), "hers is one of the 256"
        await answering(home, granny)


async def test_a_stranger_who_floods_is_closed(home: Home) -> None:
    async with home.online(home.granny) as (granny,), Connection(home.server) as flood:
        with contextlib.suppress(ConnectionError, aiohttp.ClientError, Closed):
            for _ in range(2000):
                await flood.send(b"\xc1")
        assert await flood.closed() in (FLOOD, 1006)
        await answering(home, granny)


async def test_guessing_invitations_is_limited(home: Home) -> None:
    async with Connection(home.server) as connection:
        codes = []
        for number in range(60):
            reply = await connection.ask("look_up_invitation", secret=f"guess-{number:020d}")
            codes.append(reply["code"])
        assert codes[-1] == "rate_limited"
        assert set(codes) == {"invitation_invalid", "rate_limited"}
