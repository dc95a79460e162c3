"""Announcements as the server decides about them: to whom, by whom, how often, and what is kept."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from kith.core.ids import new_message
from kith.core.keys import KeyPair
from kith.core.trust.message import MessageEnvelope, seal
from signaling.announcements import LEAD, LOAD_WITHIN
from tests.support.server import Joined, running_server
from tests.support.signing import move_in, take_in
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

PIECE = b"s" * 400


@dataclass
class Home:
    """Anna lives with Ben and the kitchen; Gus lives elsewhere with the parlour."""

    anna: Endpoint
    ben: Endpoint
    kitchen: Endpoint
    parlour: Joined

    async def announce(self, unsigned: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """Anna announces to Ben and the kitchen; `unsigned` is changed after she has signed."""
        envelope = fields.pop("envelope", None) or enveloped(self.anna.joined)
        whom = fields.pop("keys", (self.ben, self.kitchen))
        keys = [{"endpoint": one.joined.endpoint, "key": b"k" * 61} for one in whom]
        said = plain(envelope) | (unsigned or {})
        reply: dict[str, Any] = await self.anna.ask("announce", envelope=said, keys=keys, **fields)
        return reply


def enveloped(by: Joined, keys: KeyPair | None = None) -> MessageEnvelope:
    own = keys or by.keys
    unsealed = MessageEnvelope(
        id=new_message(),
        kind="announcement",
        person=by.person,
        root=b"r" * 32,
        version=0,
        head=b"h" * 32,
        endpoint=by.endpoint,
        identity=own.public.identity,
        to_root=b"t" * 32,
        sent=1,
        ciphertext=b"",
        signature=b"",
    )
    return seal(unsealed, own, b"{}", secrets.token_bytes(32), secrets.token_bytes(12))


def plain(envelope: MessageEnvelope) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(envelope, builtin_types=(bytes,))
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    directory: Path = tmp_path_factory.mktemp("announcements")
    async with running_server(directory, "--no-tls") as server, AsyncExitStack() as stack:
        anna = await server.person("Anna")
        ben = await server.person("Ben", by=anna, household=True)
        gus = await server.person("Gus", by=anna)
        kitchen = await server.device("Kitchen", by=anna, shared=True)
        parlour = await server.device("Parlour", by=gus, shared=True)
        await take_in(server, anna, kitchen.keys.public, shared=True)
        await take_in(server, gus, parlour.keys.public, shared=True)
        await move_in(server, anna, ben)
        hers, his, in_kitchen = [
            await stack.enter_async_context(Endpoint(server, one)) for one in (anna, ben, kitchen)
        ]
        yield Home(hers, his, in_kitchen, parlour)


def code(reply: dict[str, Any]) -> tuple[str, str]:
    return reply.get("code", ""), reply.get("path", "")


@pytest.mark.row("R93")
async def test_another_households_devices_are_neither_shown_nor_reached(home: Home) -> None:
    shown = await home.anna.ask("list_targets")
    assert {one["endpoint"] for one in shown["devices"]} == {
        home.ben.joined.endpoint,
        home.kitchen.joined.endpoint,
    }
    assert all(one.keys() == {"endpoint", "person", "shared", "keys"} for one in shown["devices"])
    reply = await home.announce(to=[home.kitchen.joined.endpoint, home.parlour.endpoint])
    assert code(reply) == ("unknown_endpoint", "to")
    assert home.kitchen.had("announcement") == []


async def test_nobody_announces_in_another_ones_name(home: Home) -> None:
    anna, ben = home.anna.joined, home.ben.joined
    wrong: dict[str, dict[str, Any]] = {
        "envelope.endpoint": {"endpoint": ben.endpoint},
        "envelope.person": {"person": ben.person},
        "envelope.kind": {"kind": "message"},
    }
    for path, unsigned in wrong.items():
        assert code(await home.announce(unsigned)) == ("invalid", path)
    assert code(await home.announce({"person": None})) == ("invalid", "envelope.person")
    stolen = enveloped(anna, KeyPair.generate())
    assert code(await home.announce(envelope=stolen)) == ("invalid", "envelope.endpoint")
    assert code(await home.announce({"sent": 2})) == ("bad_signature", "envelope.signature")
    assert home.kitchen.had("announcement") == []


async def test_it_plays_once_when_all_have_loaded_it_and_then_nothing_is_left(home: Home) -> None:
    envelope = enveloped(home.anna.joined)
    await home.anna.ask("put_segment", message=envelope.id, index=0, body=PIECE)
    reply = await home.announce(envelope=envelope, segments=1)
    assert (reply["t"], reply["targets"]) == ("announced", 2)
    again = await home.announce(envelope=envelope, segments=1)
    assert (again["t"], again["targets"]) == ("announced", 2)
    for one in (home.ben, home.kitchen):
        event = await one.event("announcement")
        assert (event["name"], event["segments"], event["envelope"]["id"]) == ("Anna", 1, envelope.id)
        piece = await one.ask("get_segment", message=envelope.id, index=0)
        assert piece["body"] == PIECE
        for index, message in ((1, envelope.id), (0, new_message())):
            assert code(await one.ask("get_segment", message=message, index=index))[0] == "unknown_message"
        assert (await one.ask("announcement_loaded", announcement=envelope.id))["t"] == "ok"
    now = (await home.anna.ask("tell_time"))["now"]
    plays = [
        await one.event("announcement_plays", announcement=envelope.id) for one in (home.ben, home.kitchen)
    ]
    assert {one["at"] for one in plays} == {plays[0]["at"]}
    assert 0.4 < plays[0]["at"] - now <= LEAD
    assert code(await home.anna.ask("get_segment", message=envelope.id, index=0))[0] == "unknown_message"
    assert home.kitchen.had("announcement") == [], "told twice, it plays once"
    assert code(await home.announce({"sent": 7}, envelope=envelope)) == ("invalid", "envelope.id")


async def test_whoever_does_not_load_it_is_not_waited_for(home: Home) -> None:
    envelope = enveloped(home.anna.joined)
    began = (await home.anna.ask("tell_time"))["now"]
    await home.announce(envelope=envelope, keys=(home.kitchen,))
    plays = await home.kitchen.event("announcement_plays", announcement=envelope.id)
    assert LOAD_WITHIN + LEAD <= plays["at"] - began < LOAD_WITHIN + LEAD + 1.0
    assert not [one for one in home.ben.had("announcement") if one["envelope"]["id"] == envelope.id]


async def test_ten_in_a_minute_and_no_more(home: Home) -> None:
    """Those that were refused do not count."""
    kitchen = home.kitchen.joined.endpoint
    replies = [await home.announce(to=[kitchen], keys=(home.kitchen,)) for _ in range(12)]
    made = [one for one in replies if one["t"] == "announced"]
    assert 8 <= len(made) <= 10, "with those of the tests before"
    assert {one["code"] for one in replies[len(made) :]} == {"quota_exceeded"}
    assert 0 < replies[-1]["data"]["retry_after"] <= 60
