"""Endpoints as their owner sees them: listed, named, and signed out for good."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from kith.core.guidelines import VERSION
from kith.core.ids import new_call
from kith.core.keys import KeyPair
from tests.peers.test_endpoint_device import running
from tests.support.home import Home, living_at_home
from tests.support.server import GENEROUS, Joined, as_json
from tests.support.wire import Closed, Connection, Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

REMOVED = 4010
AT_ONCE = 1.0
"""Seconds within which what was signed out is dead."""


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["picows", "aiohttp"])
async def home(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Home]:
    directory = tmp_path_factory.mktemp("signing-out")
    async with living_at_home(directory, f"--carrier={request.param}") as home:
        yield home


async def sign_in_problem(home: Home, joined: Joined) -> str:
    """The code with which a sign-in over the WebSocket is refused."""
    async with Connection(home.server) as connection:
        endpoint = Endpoint(home.server, joined)
        endpoint.hello = connection.hello
        reply = await connection.ask("sign_in", **endpoint.signature(connection.hello["nonce"]))
        return str(reply.get("code", reply["t"]))


async def names(endpoint: Endpoint) -> set[str]:
    return {one["name"] for one in (await endpoint.ok("list_endpoints"))["endpoints"]}


@pytest.mark.row("S8")
async def test_what_is_listed_is_what_is_there(home: Home) -> None:
    began = time.time()
    laptop = await home.server.device("Laptop", by=home.mum, shared=False)
    async with home.online(home.mum, laptop, home.kitchen) as (mum, _, _):
        listed = {one["name"]: one for one in (await mum.ok("list_endpoints"))["endpoints"]}
    assert set(listed) == {"Phone", "Laptop", "Kitchen", "Hall"}
    shown = {name: (one["shared"], one["online"], one["current"]) for name, one in listed.items()}
    assert shown == {
        "Phone": (False, True, True),
        "Laptop": (False, True, False),
        "Kitchen": (True, True, False),
        "Hall": (True, False, False),
    }
    assert began - 1 <= listed["Laptop"]["added"] <= time.time() + 1
    assert began - 3601 <= listed["Hall"]["seen"] <= time.time() + 1
    assert set(listed["Laptop"]) == {"id", "name", "shared", "online", "current", "added", "seen", "identity"}
    status, _ = await home.server.post(
        "remove_endpoint", token=await home.server.token(home.mum), endpoint=laptop.endpoint
    )
    assert status == 200


@pytest.mark.row("S8")
async def test_session_token_and_key_are_dead_within_a_second(home: Home) -> None:
    lost = await home.server.device("Lost", by=home.dad, shared=False)
    tokens = [await home.server.token(lost) for _ in range(2)]
    async with home.online(home.dad) as (dad,), Endpoint(home.server, lost) as thief:
        assert (await home.server.post("list_directory", token=tokens[0]))[0] == 200
        began = time.monotonic()
        await dad.ok("remove_endpoint", endpoint=lost.endpoint)
        assert await thief.closed() == REMOVED
        for token in tokens:
            status, reply = await home.server.post("list_directory", token=token)
            assert (status, reply["code"]) == (401, "invalid_token")
        assert await sign_in_problem(home, lost) == "endpoint_removed"
        assert time.monotonic() - began < AT_ONCE
        resumed = {"resume": {"session": thief.session, "seq": thief.seq}}
        with pytest.raises(Closed):
            await thief.back(**resumed)
        with pytest.raises(AssertionError, match="endpoint_removed"):
            await home.server.token(lost)
        assert "Lost" not in await names(dad)
        changed = await dad.event("directory_changed")
        while "Lost" in {one["name"] for one in changed["endpoints"]}:
            changed = await dad.event("directory_changed")


@pytest.mark.row("S8")
@pytest.mark.parametrize("caller", [True, False], ids=["as the caller", "as the callee"])
async def test_signed_out_in_the_middle_of_a_call(home: Home, *, caller: bool) -> None:
    lost = await home.server.device("Lost", by=home.dad, shared=False)
    async with home.online(home.mum, home.dad) as (mum, dad), Endpoint(home.server, lost) as thief:
        call = new_call()
        one, other = (thief, mum) if caller else (mum, thief)
        await one.call(str(home.mum.person if caller else home.dad.person), call)
        await other.event("ringing", call=call)
        await other.ok("answer", call=call)
        for side in (one, other):
            await side.media_up(call)
        began = time.monotonic()
        await dad.ok("remove_endpoint", endpoint=lost.endpoint)
        assert await mum.ended(call) == "hung_up"
        assert await thief.closed() == REMOVED
        assert time.monotonic() - began < AT_ONCE


async def test_what_rang_there_rings_on_elsewhere(home: Home) -> None:
    lost = await home.server.device("Lost", by=home.dad, shared=False)
    async with home.online(home.mum, home.dad) as (mum, dad), Endpoint(home.server, lost) as thief:
        call = new_call()
        await mum.call(str(home.dad.person), call)
        for ringing in (dad, thief):
            await ringing.event("ringing", call=call)
        await dad.ok("remove_endpoint", endpoint=lost.endpoint)
        assert await thief.closed() == REMOVED
        assert (await dad.ok("answer", call=call))["t"] == "call_state"
        await mum.ok("hang_up", call=call)


async def test_one_may_sign_oneself_out_and_is_answered(home: Home) -> None:
    old = await home.server.device("Old phone", by=home.mum, shared=False)
    async with Endpoint(home.server, old) as phone:
        assert (await phone.ask("remove_endpoint", endpoint=old.endpoint))["t"] == "ok"
        assert await phone.closed() == REMOVED
    assert await sign_in_problem(home, old) == "endpoint_removed"


async def test_only_whoever_holds_the_key_learns_that_it_was_removed(home: Home) -> None:
    old = await home.server.device("Old", by=home.mum, shared=False)
    await home.server.post("remove_endpoint", token=await home.server.token(home.mum), endpoint=old.endpoint)
    guess = Joined("Guess", KeyPair.generate(), old.endpoint, None, "")
    assert await sign_in_problem(home, guess) == "bad_signature"


async def test_a_removed_key_is_never_enrolled_again(home: Home) -> None:
    old = await home.server.device("Old", by=home.mum, shared=False)
    mum = await home.server.token(home.mum)
    code = await home.server.pairing(home.mum, shared=False)
    await home.server.post("remove_endpoint", token=mum, endpoint=old.endpoint)
    status, reply = await home.server.post("pair", code=code, name="Old", keys=as_json(old.keys.public))
    assert (status, reply["code"], reply["path"]) == (400, "invalid", "keys.identity")


async def test_what_it_had_offered_is_void(home: Home) -> None:
    lost = await home.server.device("Lost", by=home.mum, shared=False)
    code = await home.server.pairing(lost, shared=True)
    _, invited = await home.server.post("invite", token=await home.server.token(lost), household=True)
    await home.server.post("remove_endpoint", token=await home.server.token(home.mum), endpoint=lost.endpoint)
    keys = as_json(KeyPair.generate().public)
    _, paired = await home.server.post("pair", code=code, name="Spy", keys=keys)
    assert paired["code"] == "pairing_invalid"
    _, found = await home.server.post("look_up_invitation", secret=invited["secret"])
    assert found["code"] == "invitation_invalid"
    _, joined = await home.server.post(
        "sign_up",
        secret=invited["secret"],
        name="Spy",
        mobile="+12025550987",
        device_name="Spy",
        guidelines=VERSION,
        keys=keys,
    )
    assert joined["code"] == "invitation_invalid"


async def test_foreign_endpoints_are_like_those_that_never_were(home: Home) -> None:
    never = "e_" + "0" * 20
    async with home.online(home.mum, home.dad, home.granny) as (mum, _, granny):
        for asks, foreign in (
            (granny, home.mum),
            (granny, home.kitchen),
            (mum, home.granny),
            (mum, home.dad),
            (mum, home.tablet),
        ):
            assert foreign.endpoint not in str(await asks.ok("list_endpoints"))
            for t, fields in (("remove_endpoint", {}), ("rename_endpoint", {"name": "Mine"})):
                answers = [await asks.ask(t, endpoint=one, **fields) for one in (foreign.endpoint, never)]
                assert all(answer.pop("re") for answer in answers)
                assert answers[0] == answers[1]
                assert answers[0]["code"] == "unknown_endpoint"
        assert await names(granny) == {"Phone"}


async def test_a_shared_endpoint_is_named_and_removed_by_any_adult_but_removes_nothing(home: Home) -> None:
    porch = await home.server.device("Porch", by=home.mum, shared=True)
    async with home.online(home.dad, porch) as (dad, speaker):
        for t, fields in (
            ("list_endpoints", {}),
            ("remove_endpoint", {"endpoint": home.hall.endpoint}),
            ("rename_endpoint", {"endpoint": home.hall.endpoint, "name": "Mine"}),
        ):
            assert (await speaker.ask(t, **fields))["code"] == "not_permitted"
        await dad.ok("rename_endpoint", endpoint=porch.endpoint, name="  Front   porch ")
        assert "Front porch" in await names(dad)
        await dad.ok("remove_endpoint", endpoint=porch.endpoint)
        assert await speaker.closed() == REMOVED
        assert (await dad.ask("remove_endpoint", endpoint=porch.endpoint))["code"] == "unknown_endpoint"
        assert (await dad.ask("call", call=new_call(), to=porch.endpoint))["code"] == "unknown_endpoint"


async def test_one_who_is_not_registered_signs_nothing_out(home: Home) -> None:
    _, invited = await home.server.post("invite", token=await home.server.token(home.mum), household=True)
    guest, _ = await home.server.sign_up("Guest", secret=invited["secret"])
    async with Endpoint(home.server, guest) as endpoint:
        for fields in ({}, {"endpoint": home.kitchen.endpoint}):
            command = "remove_endpoint" if fields else "list_endpoints"
            assert (await endpoint.ask(command, **fields))["code"] == "not_registered"


async def test_it_stays_removed_when_the_server_starts_again(home: Home) -> None:
    old = await home.server.device("Old", by=home.mum, shared=False)
    token = await home.server.token(old)
    await home.server.post("remove_endpoint", token=await home.server.token(home.mum), endpoint=old.endpoint)
    await home.server.kill()
    await home.server.start()
    assert await sign_in_problem(home, old) == "endpoint_removed"
    assert (await home.server.post("list_directory", token=token))[1]["code"] == "invalid_token"


async def test_many_sign_ins_at_once_leave_no_session_behind(home: Home) -> None:
    """Whichever comes first, the removal or the sign-in: nobody is in afterwards."""
    for _ in range(5):
        lost = await home.server.device("Lost", by=home.dad, shared=False)
        async with home.online(home.dad) as (dad,):
            phones = [Endpoint(home.server, lost) for _ in range(4)]
            opening = [asyncio.create_task(phone.open()) for phone in phones]
            await dad.ok("remove_endpoint", endpoint=lost.endpoint)
            await asyncio.gather(*opening, return_exceptions=True)
            for phone in phones:
                with contextlib.suppress(Closed, aiohttp.ClientError):
                    assert (await phone.ask("ping"))["t"] == "problem"
                await phone.close()
            listed = (await dad.ok("list_directory"))["endpoints"]
            assert lost.endpoint not in {one["id"] for one in listed}


async def test_the_device_command_ends_with_words(home: Home, tmp_path: Path) -> None:
    code = await home.server.pairing(home.mum, shared=True)
    command = (
        *("-m", "kith", "device", "--json", "--home", tmp_path / "device", "--name", "Attic"),
        *("--server", home.server.url, "--pair", code, "--microphone", "silence", "--speaker", "null"),
    )
    async with running(*command, stderr=asyncio.subprocess.PIPE) as device:
        attic = (await device.event("signed_in"))["endpoint"]
        status, _ = await home.server.post(
            "remove_endpoint", token=await home.server.token(home.dad), endpoint=attic
        )
        assert status == 200
        async with asyncio.timeout(GENEROUS):
            _, said = await device.process.communicate()
        assert device.process.returncode == 1
        assert b"This device was signed out by somebody of its household." in said
