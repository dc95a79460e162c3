"""Every command with every field wrong, over the WebSocket and over HTTP: a stable code and the path of
the fault, and the connection lives."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import msgspec
import pytest
import pytest_asyncio
from msgspec.structs import FieldInfo

from kith.core.ids import new_call
from kith.core.problem import SENTENCES, Code
from signaling.protocol import Command, DropIn, PlaceCall, StartGroup
from tests.support.commands import ALL_DEFAULTS, COMMANDS, example, takes_fractions
from tests.support.home import Home, living_at_home
from tests.support.wire import Connection, Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIELDS = [
    (kind, field)
    for kind in COMMANDS
    for field in msgspec.structs.fields(kind)
    if kind.__name__ != "Ack" or field.encode_name != "id"
]
each_field = pytest.mark.parametrize(
    ("kind", "field"), FIELDS, ids=[f"{kind.__name__}.{field.encode_name}" for kind, field in FIELDS]
)
ABOUT_A_CALL = [kind for kind in COMMANDS if "call" in kind.__struct_fields__]
NOT_OVER_HTTP = {"ack", "leave"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    # Strangers' commands are limited by address: behind a proxy each test has one of its own.
    async with living_at_home(tmp_path_factory.mktemp("refusals"), "--trusted-proxy=127.0.0.1") as home:
        yield home


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def token(home: Home) -> str:
    return await home.server.token(home.mum)


_addresses = iter(range(1, 1 << 24))


def somewhere() -> dict[str, str]:
    """Headers as of a proxy, for an address that nobody had before."""
    number = next(_addresses)
    return {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}


async def post(home: Home, command: str, body: Any, token: str | None = None) -> tuple[int, dict[str, Any]]:
    headers = somewhere() | ({} if token is None else {"Authorization": f"Bearer {token}"})
    data = body if isinstance(body, bytes) else as_json(body)
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{home.server.url}/v1/{command}", data=data, headers=headers) as response,
    ):
        assert response.content_type == "application/json"
        return response.status, await response.json()


def as_json(message: dict[str, Any]) -> bytes:
    return msgspec.json.encode(message)


def wrong_values(field: FieldInfo) -> list[Any]:
    """Values that no field of any command takes, whatever its type."""
    wrong: list[Any] = [["x", 1], 10**17, -1, *([] if takes_fractions(field) else [3.5])]
    return wrong if field.encode_name in ALL_DEFAULTS else [*wrong, {"no": 1}]


def assert_is_problem(reply: dict[str, Any], code: str, path: str) -> None:
    assert (reply["t"], reply["code"]) == ("problem", code), reply
    assert reply["path"].split(".")[0].split("[")[0] == path
    assert reply["message"] == SENTENCES[Code(code)]


# -- over the WebSocket ----------------------------------------------------------------------------------------


@each_field
async def test_a_wrong_type_over_the_websocket(home: Home, kind: type[Command], field: FieldInfo) -> None:
    path = field.encode_name
    for text in (False, True):
        async with Connection(home.server, text=text, headers=somewhere()) as connection:
            for wrong in wrong_values(field):
                request = connection.new_id()
                message = example(kind, text=text) | {"id": request, path: wrong}
                await connection.send(connection.pack(message))
                if path == "id":
                    reply = await connection.loose_problem()
                else:
                    reply = await connection.reply(request)
                assert_is_problem(reply, "invalid", path)


@each_field
async def test_a_missing_field_over_the_websocket(home: Home, kind: type[Command], field: FieldInfo) -> None:
    if not field.required:
        return
    async with Connection(home.server, headers=somewhere()) as connection:
        message = example(kind) | {"id": "1"}
        del message[field.encode_name]
        await connection.send(connection.pack(message))
        reply = await (connection.loose_problem() if field.encode_name == "id" else connection.reply("1"))
        assert_is_problem(reply, "invalid", field.encode_name)


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
async def test_before_sign_in_only_open_commands_are_heard(home: Home, kind: type[Command]) -> None:
    async with Connection(home.server, headers=somewhere()) as connection:
        await connection.send(connection.pack(example(kind) | {"id": "1"}))
        reply = await connection.reply("1")
        assert (reply.get("code") == "not_signed_in") == (not kind.open)
        assert reply.get("code") != "internal"


@pytest.mark.parametrize("kind", ABOUT_A_CALL, ids=lambda kind: kind.__name__)
async def test_an_unknown_call_and_anothers_call_look_the_same(home: Home, kind: type[Command]) -> None:
    if kind in (PlaceCall, DropIn, StartGroup):
        return
    async with home.online(home.granny, home.mum, home.dad) as (granny, mum, dad):
        theirs = new_call()
        await granny.call(home.mum.person or "", theirs)
        await mum.event("ringing", call=theirs)
        tag = str(kind.__struct_config__.tag)
        fields = {key: value for key, value in example(kind).items() if key not in ("t", "id", "as", "call")}
        replies = [await dad.ask(tag, **fields, call=call) for call in (theirs, new_call())]
        for reply in replies:
            assert_is_problem(reply, "unknown_call", "call")
        await granny.ok("ping")
        await mum.ok("ping")
        assert not granny.had("ended") + granny.had("call_changed") + mum.had("ended")
        await granny.ok("cancel", call=theirs)


async def test_an_open_command_of_one_who_is_signed_in_is_answered(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        assert (await mum.ask("challenge"))["code"] == "already_signed_in"
        assert (await mum.ask("look_up_invitation", secret="x" * 22))["code"] == "invitation_invalid"


async def test_a_message_without_an_id_is_answered_without_one(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        await mum.send(mum.pack({"t": "ping"}))
        assert_is_problem(await mum.loose_problem(), "invalid", "id")
        await mum.ok("ping")


async def test_a_type_from_the_future_is_answered_and_the_connection_lives(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        assert_is_problem(await mum.ask("teleport", to=home.dad.person), "unknown_type", "t")
        await mum.ok("ping")


async def test_a_person_who_is_not_there_may_not_be_acted_for(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        reply = await mum.ask("list_directory", **{"as": "p_" + "0" * 20})
        assert_is_problem(reply, "not_permitted", "as")


# -- over HTTP -------------------------------------------------------------------------------------------------


@each_field
async def test_a_wrong_type_over_http(home: Home, token: str, kind: type[Command], field: FieldInfo) -> None:
    tag = str(kind.__struct_config__.tag)
    for wrong in wrong_values(field):
        body = example(kind, text=True) | {field.encode_name: wrong}
        status, reply = await post(home, tag, body, token)
        assert status == 400
        assert_is_problem(reply, "invalid", field.encode_name)


@each_field
async def test_a_missing_field_over_http(
    home: Home, token: str, kind: type[Command], field: FieldInfo
) -> None:
    if not field.required or field.encode_name == "id":
        return  # over HTTP the server makes up an id where there is none
    body = example(kind, text=True)
    del body[field.encode_name], body["t"]
    status, reply = await post(home, str(kind.__struct_config__.tag), body, token)
    assert status == 400
    assert_is_problem(reply, "invalid", field.encode_name)


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("stale", [None, "x" * 22, ""], ids=["none", "stale", "empty"])
async def test_without_a_good_token_only_open_commands_are_heard(
    home: Home, kind: type[Command], stale: str | None
) -> None:
    status, reply = await post(home, str(kind.__struct_config__.tag), example(kind, text=True), stale)
    code = reply.get("code")
    if str(kind.__struct_config__.tag) in NOT_OVER_HTTP:
        assert (status, code) == (404, "unknown_command")
    elif kind.open:
        assert code not in ("not_signed_in", "invalid_token", "internal")
    else:
        assert (status, code) == (401, "invalid_token" if stale else "not_signed_in")


@pytest.mark.parametrize("kind", ABOUT_A_CALL, ids=lambda kind: kind.__name__)
async def test_an_unknown_call_over_http(home: Home, kind: type[Command]) -> None:
    if kind in (PlaceCall, DropIn, StartGroup):
        return
    token = await home.server.token(home.tablet)
    status, reply = await post(
        home, str(kind.__struct_config__.tag), example(kind, text=True) | {"as": None}, token
    )
    assert status == 404
    assert_is_problem(reply, "unknown_call", "call")


async def test_a_retry_over_http_gets_the_same_reply(home: Home) -> None:
    token = await home.server.token(home.dad)
    body = {"id": "once", "shared": False}
    _, first = await post(home, "offer_pairing", body, token)
    _, again = await post(home, "offer_pairing", body, token)
    assert first == again
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(home.server.url, headers=headers) as session:

        async def ask(command: str) -> Any:
            async with session.post(f"/v1/{command}", json={"id": "new", "shared": True}) as response:
                return await response.json()

        await asyncio.gather(*(ask("challenge") for _ in range(8)))  # the connections are there
        at_once = await asyncio.gather(*(ask("offer_pairing") for _ in range(8)))
    assert len({reply["code"] for reply in at_once}) == 1, "also when the retry does not wait"


async def test_the_whole_of_a_call_over_http(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        token, call = await home.server.token(home.granny), new_call()
        status, reply = await post(home, "call", {"call": call, "to": home.mum.person}, token)
        assert (status, reply["call"]["phase"]) == (200, "ringing")
        await mum.event("ringing", call=call)
        await mum.ok("answer", call=call)
        body = base64.b64encode(b"offer").decode()
        assert (await post(home, "signal", {"call": call, "epoch": 0, "body": body}, token))[1]["t"] == "ok"
        assert (await mum.event("signalled", call=call))["body"] == b"offer"
        status, reply = await post(home, "hang_up", {"call": call}, token)
        assert (status, reply["reason"]) == (200, "hung_up")
        assert await mum.ended(call) == "hung_up"


async def test_what_http_refuses_before_it_is_a_command(home: Home, token: str) -> None:
    for command, body, status, code in (
        ("teleport", b"{}", 404, "unknown_command"),
        ("ping", b"[1]", 400, "malformed"),
        ("ping", b"{", 400, "malformed"),
        ("ping", b"\xff", 400, "malformed"),
        ("ping", b"[" * 60_000, 400, "malformed"),
        ("ping", b'{"x":"' + b"x" * 66_000 + b'"}', 413, "too_large"),
    ):
        found, reply = await post(home, command, body, token)
        assert (found, reply["code"]) == (status, code)
    assert (await post(home, "ping", b"", token))[1]["t"] == "ok"


async def test_a_body_that_is_too_large_is_not_waited_for(home: Home, token: str) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"x" * 10_000

    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{home.server.url}/v1/ping", data=endless(), headers={"Authorization": f"Bearer {token}"}
        ) as response,
    ):
        assert response.status == 413


async def test_there_is_only_what_there_is(home: Home) -> None:
    async with aiohttp.ClientSession() as session:
        for method, path, status in (
            ("GET", "/v1/ping", {404, 405}),
            ("PUT", "/v1/ping", {404, 405}),
            ("POST", "/healthz", {404, 405}),
            ("GET", "/../kith.db", {404}),
            ("GET", "/..%2f..%2fpyproject.toml", {404}),
            ("GET", "/%2e%2e/pyproject.toml", {404}),
            ("GET", "/core", {403, 404}),
        ):
            async with session.request(method, home.server.url + path) as response:
                assert response.status in status, path
        async with session.get(f"{home.server.url}/healthz") as response:
            assert (response.status, await response.text()) == (200, "kith")


async def test_nothing_of_all_this_was_a_mistake_of_the_servers(home: Home) -> None:
    """Last on purpose: the log of everything above holds no traceback and no error."""
    said = home.server.log.read_text()
    assert "Traceback" not in said
    assert " ERROR " not in said
    async with Endpoint(home.server, home.mum) as mum:
        await mum.ok("ping")
