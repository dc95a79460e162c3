"""Coming in with a passkey, over the wire: what the newcomer may do, what it is not told, and that nobody guesses."""

import base64
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kith.core.ids import new_call
from kith.core.keys import KeyPair
from kith.core.trust import person_write
from kith.core.trust.recovery import RecoveryKey
from tests.peers.test_server_identities import TIME, begun, plain
from tests.support.authenticator import Authenticator
from tests.support.home import Home, move_in
from tests.support.server import Joined, RunningServer, as_json, running_server
from tests.support.wire import Endpoint


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    async with running_server(tmp_path, "--no-tls", "--trusted-proxy=127.0.0.1") as server:
        yield await move_in(server)


async def added(endpoint: Endpoint, server: RunningServer, *, name: str = "Key") -> Authenticator:
    """A passkey of whose endpoint this is."""
    begun = await endpoint.ok("begin_passkey")
    authenticator = Authenticator(begun["relying_party"], begun["handle"], counter=1)
    said, attestation = authenticator.make(begun["challenge"], server.url)
    shown = await endpoint.ok("add_passkey", name=name, client_data=said, attestation=attestation)
    assert [one["credential"] for one in shown["passkeys"]][-1] == authenticator.credential
    return authenticator


async def ask(
    server: RunningServer, command: str, *, source: str = "203.0.113.7", url: str = "", **fields: Any
) -> dict[str, Any]:
    """The answer to one who seems to be at this network address."""
    body = {
        key: base64.b64encode(one).decode() if isinstance(one, bytes) else one for key, one in fields.items()
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{url or server.url}/v1/{command}", json=body, headers={"X-Forwarded-For": source}
        ) as response,
    ):
        return dict(await response.json())


async def come_in(
    server: RunningServer, authenticator: Authenticator, *, source: str = "203.0.113.7", **forged: bytes
) -> tuple[dict[str, Any], KeyPair]:
    keys = KeyPair.generate()
    asked = await ask(server, "ask_passkey", source=source)
    if asked["t"] == "problem":
        return asked, keys
    said = authenticator.sign(base64.b64decode(asked["challenge"]), server.url) | forged
    fields: dict[str, Any] = {**said, "keys": as_json(keys.public), "name": "Laptop"}
    return await ask(server, "use_passkey", source=source, **fields), keys


async def newcomer(server: RunningServer, authenticator: Authenticator) -> Joined:
    reply, keys = await come_in(server, authenticator)
    assert reply["t"] == "paired" and reply.get("offered_by") is None, reply
    return Joined("Laptop", keys, reply["endpoint"], reply["person"], reply["household"])


async def news_of(adult: Endpoint, device: str, kind: str) -> dict[str, Any]:
    """The newest piece of news, once it is this one."""
    while True:
        newest = (await adult.event("household_news"))["news"][0]
        if (newest["device"], newest["kind"]) == (device, kind):
            return dict(newest)


async def missed_call(home: Home, granny: Endpoint, mum: Endpoint) -> None:
    call = new_call()
    await granny.ok("call", call=call, to=home.mum.person)
    await mum.event("ringing", call=call)
    await granny.ask("cancel", call=call)
    await mum.event("missed_calls")


@pytest.mark.row("S5")
async def test_what_came_in_waits_until_it_is_signed_for(home: Home) -> None:
    async with home.online(home.mum, home.dad, home.granny) as (mum, dad, granny):
        signer = await begun(home.mum, mum)
        passkey = await added(mum, home.server)
        for adult in (mum, dad):
            assert (await news_of(adult, "Phone", "passkey_added"))["own"] is (adult is mum)
        await missed_call(home, granny, mum)
        laptop = await newcomer(home.server, passkey)
        assert laptop.person == home.mum.person
        for adult in (mum, dad):
            assert (await news_of(adult, "Laptop", "endpoint_added"))["name"] == "Mum"
        waiting = (await mum.ok("show_roster"))["waiting"]
        assert laptop.endpoint in {one["id"] for one in waiting}

        async with Endpoint(home.server, laptop) as new:
            snapshot = new.snapshot
            assert snapshot["person"]["id"] == home.mum.person
            assert (snapshot["missed"], snapshot["news"], snapshot["elsewhere"]) == ([], [], [])
            for command, fields in (
                ("call", {"call": new_call(), "to": home.granny.person}),
                ("move", {"call": new_call()}),
                ("invite", {"household": True}),
                ("offer_pairing", {"shared": False}),
                ("list_endpoints", {}),
                ("remove_endpoint", {"endpoint": home.mum.endpoint}),
                ("begin_passkey", {}),
                ("list_passkeys", {}),
                ("rename", {"name": "Not Mum"}),
                ("dismiss_missed", {}),
            ):
                assert (await new.ask(command, **fields)).get("code") == "not_confirmed", command
            await missed_call(home, granny, mum)
            await new.ok("ping")
            for event in ("ringing", "missed_calls", "household_news", "ended"):
                assert new.had(event) == [], "neither rings nor learns who called"

            link = person_write.add(signer.chain, home.mum.keys, laptop.keys.public, time=TIME)
            await signer.extend(link)
            assert len((await new.event("missed_calls"))["missed"]) == 2
            assert (await new.event("household_news"))["news"] != []
            await new.ok("invite", household=True)
            call = new_call()
            await granny.ok("call", call=call, to=home.mum.person)
            await new.event("ringing", call=call)
            await granny.ask("cancel", call=call)


async def test_recovery_removes_what_lost_devices_hold(home: Home) -> None:
    async with home.online(home.mum, home.dad) as (mum, dad):
        signer = await begun(home.mum, mum)
        passkey = await added(mum, home.server)
        recovery = RecoveryKey(b"r" * 32)
        keys = KeyPair.generate()
        link = person_write.recover(
            signer.chain, recovery, keys.public, RecoveryKey(b"n" * 32).public, time=TIME
        )
        assert (await dad.ask("recover", link=plain(link), name="New"))["t"] == "paired"
    reply, _ = await come_in(home.server, passkey)
    assert reply["code"] == "passkey_refused"


async def test_guessing_is_stopped_and_tells_nothing(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        passkey = await added(mum, home.server)
    server = home.server
    stranger = Authenticator("localhost", passkey.handle)
    forger = Authenticator("localhost", passkey.handle, credential=passkey.credential)
    answers = []
    for number in range(30):
        reply, _ = await come_in(server, (stranger, forger)[number % 2], source="203.0.113.9")
        answers.append({key: value for key, value in reply.items() if key not in ("re", "data")})
    assert {one["code"] for one in answers} == {"passkey_refused", "rate_limited"}
    assert answers[0] == answers[1], "an unknown one and a wrong one look alike"
    assert answers[-1]["code"] == "rate_limited"
    right, _ = await come_in(server, passkey, source="203.0.113.9")
    assert right["code"] == "rate_limited", "the right one is not told apart"
    assert (await come_in(server, passkey, source="203.0.114.9"))[0]["t"] == "paired", "others go on"


async def test_a_stolen_database_lets_nobody_in(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        passkey = await added(mum, home.server)
        asked = await ask(home.server, "ask_passkey")
    with sqlite3.connect(f"file:{home.server.data / 'kith.db'}?mode=ro", uri=True) as db:
        ((credential, person, public_key),) = db.execute("SELECT credential, person, public_key FROM passkey")
        everything = "\n".join(db.iterdump())
    assert (credential, person) == (passkey.credential, home.mum.person)
    assert public_key == passkey.public_key, "what is there is public"
    challenge = base64.b64decode(asked["challenge"])
    assert challenge.hex() not in everything.lower(), "challenges are nowhere on the disk"
    thief = Authenticator("localhost", person.encode(), counter=1000, credential=credential)
    reply, _ = await come_in(home.server, thief)
    assert reply["code"] == "passkey_refused"


async def test_there_are_none_under_an_address(home: Home) -> None:
    address = home.server.url.replace("localhost", "127.0.0.1")
    reply = await ask(home.server, "ask_passkey", url=address)
    assert reply["code"] == "passkeys_unavailable"
    token = await home.server.token(home.mum)
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.post(f"{address}/v1/begin_passkey", json={}) as response,
    ):
        assert (response.status, (await response.json())["code"]) == (400, "passkeys_unavailable")


async def test_a_shared_endpoint_has_none(home: Home) -> None:
    async with home.online(home.kitchen) as (kitchen,):
        for command in ("begin_passkey", "list_passkeys"):
            assert (await kitchen.ask(command))["code"] == "not_permitted"
