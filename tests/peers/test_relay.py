"""Calls through Debian's coturn, for those who want nobody to learn their address."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection

from kith.core.ice import IceAddress
from kith.core.utterances.answers import say
from kith.endpoint import aiortc_hooks, body
from kith.endpoint.ice import NoRelay
from kith.endpoint.ice_hooks import Gathering, Helpers, Relay
from kith.endpoint.obey import obey
from kith.endpoint.trust import relay_context
from kith.server.authority import Certificates, ensure
from media.turn import credential
from tests.support.browsers import Kind, Screen, browsers
from tests.support.coturn import Coturn, coturn
from tests.support.endpoints import Watched, endpoint_of
from tests.support.pages import settle
from tests.support.server import Joined, RunningServer, running_server

ANA, BEN = 440, 1000


@dataclass
class Lane:
    """Ana and Ben, who know each other, on a server with a relay beside it."""

    relay: Coturn
    server: RunningServer
    ana: Joined
    ben: Joined
    home: Path


@pytest.fixture
async def lane(tmp_path: Path) -> AsyncIterator[Lane]:
    async with coturn(tmp_path / "turn") as relay, running_server(tmp_path, *relay.options) as server:
        ana = await server.person("Ana")
        yield Lane(relay, server, ana, await server.person("Ben", by=ana), tmp_path)


async def given(lane: Lane) -> dict[str, Any]:
    """A relay entry, as a script asks for it."""
    status, reply = await lane.server.post("list_ice_servers", token=await lane.server.token(lane.ana))
    assert status == 200, reply
    stun, relay = reply["servers"]
    assert stun == {"urls": [f"stun:127.0.0.1:{lane.relay.port}"], "username": None, "credential": None}
    return dict(relay)


async def test_the_relay_takes_what_the_server_gives_and_nothing_else(lane: Lane) -> None:
    first, second = await given(lane), await given(lane)
    assert first["username"] != second["username"] and first["credential"] != second["credential"]
    for one in (first, second):
        assert await lane.relay.relays(one["username"], one["credential"])
    expiry, _, name = first["username"].partition(":")
    assert not await lane.relay.relays(first["username"], second["credential"]), "another one's password"
    assert not await lane.relay.relays(f"{int(expiry) + 60}:{name}", first["credential"]), "a later expiry"
    forged = credential(b"not the relay's secret", name, int(expiry))
    assert not await lane.relay.relays(forged.username, forged.password), "another secret"
    expired = credential(lane.relay.secret, name, 1_700_000_000)
    assert not await lane.relay.relays(expired.username, expired.password), "expired"


async def test_nobody_gets_credentials_before_signing_in_or_being_known(lane: Lane) -> None:
    status, reply = await lane.server.post("list_ice_servers")
    assert (status, reply["code"]) == (401, "not_signed_in")
    _, invited = await lane.server.post("invite", token=await lane.server.token(lane.ana), household=False)
    stranger, _ = await lane.server.sign_up("Cat", secret=invited["secret"])
    status, reply = await lane.server.post("list_ice_servers", token=await lane.server.token(stranger))
    assert (status, reply["code"]) == (403, "not_registered")


async def test_the_secret_is_in_no_log(lane: Lane) -> None:
    await given(lane)
    said = lane.server.log.read_text() + "\n".join(lane.server.console)
    assert lane.relay.secret.decode() not in said


async def in_call(caller: Watched, callee: Watched, whom: str) -> None:
    await caller.endpoint.call(whom)
    await callee.until("ringing")
    await callee.endpoint.answer()
    await asyncio.gather(caller.until("connected"), callee.until("connected"))


def pairs(watched: Watched) -> list[tuple[str, str]]:
    link = watched.call.current_link
    assert link is not None
    return aiortc_hooks.pairs_in_use(link._pc)


def left(watched: Watched) -> str:
    """Everything that this endpoint told the other side of how to reach it."""
    link = watched.call.current_link
    assert link is not None and link.described is not None
    return "\n".join([link.described, *link.found])


def only_relayed(told: str) -> bool:
    lines = [line for line in told.splitlines() if "candidate:" in line]
    return bool(lines) and all(" typ relay raddr 0.0.0.0 rport 9" in line for line in lines)


async def test_two_devices_hear_each_other_through_the_relay_only(lane: Lane) -> None:
    async with AsyncExitStack() as stack:
        ana, ben = [
            await stack.enter_async_context(
                endpoint_of(lane.server, person, name, lane.home, relay_only=True, microphone=f"tone:{tone}")
            )
            for person, name, tone in ((lane.ana, "Study", ANA), (lane.ben, "Hall", BEN))
        ]
        await in_call(ana, ben, "Ben")
        await asyncio.gather(ana.hears(BEN), ben.hears(ANA))
        for one in (ana, ben):
            assert [local for local, _ in pairs(one)] == ["relay"]
            assert only_relayed(left(one)), left(one)


async def test_one_who_hides_is_reached_by_one_who_does_not(lane: Lane) -> None:
    async with (
        endpoint_of(lane.server, lane.ana, "Study", lane.home, relay_only=True, microphone="tone:440") as ana,
        endpoint_of(lane.server, lane.ben, "Hall", lane.home, microphone="tone:1000") as ben,
    ):
        await in_call(ben, ana, "Ana")
        await asyncio.gather(ana.hears(BEN), ben.hears(ANA))
        assert pairs(ana)[0][0] == "relay" and only_relayed(left(ana))


async def test_who_need_no_relay_use_none(lane: Lane) -> None:
    async with (
        endpoint_of(lane.server, lane.ana, "Study", lane.home, microphone="tone:440") as ana,
        endpoint_of(lane.server, lane.ben, "Hall", lane.home, microphone="tone:1000") as ben,
    ):
        await in_call(ben, ana, "Ana")
        await asyncio.gather(ana.hears(BEN), ben.hears(ANA))
        for one in (ana, ben):
            assert "relay" not in pairs(one)[0]
        await ana.until_true(lambda: " typ relay" in left(ana), "a relayed candidate, come later")


@dataclass
class Sent:
    """What a page tells the far end, a device of this process, of how to reach it: on the way it is sealed."""

    bodies: list[dict[str, Any]] = field(default_factory=list)

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        read = body.read

        def noted(data: bytes) -> body.Body | None:
            self.bodies.append(json.loads(data))
            return read(data)

        monkeypatch.setattr(body, "read", noted)

    @property
    def candidates(self) -> list[str]:
        described = [
            line
            for body in self.bodies
            for line in body.get("sdp", "").splitlines()
            if line.startswith("a=candidate:")
        ]
        trickled = [body["candidate"]["candidate"] for body in self.bodies if body.get("candidate")]
        return described + trickled

    @property
    def connection_addresses(self) -> set[str]:
        return {
            line.split()[-1]
            for body in self.bodies
            for line in body.get("sdp", "").splitlines()
            if line.startswith("c=")
        }


async def hides(screen: Screen) -> None:
    """A person says so in the settings."""
    await screen.button("Settings").click()
    await screen.page.get_by_text("Through the relay", exact=True).click()
    await screen.button("Close").click()


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_a_browser_that_hides_calls_a_device(
    lane: Lane, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    async with (
        browsers(lane.server, lane.home) as launch,
        endpoint_of(lane.server, lane.ben, "Hall", lane.home, microphone="tone:1000") as ben,
    ):
        screen = await launch.screen(kind, tone=ANA)
        sent = Sent()
        sent.watch(monkeypatch)
        await settle(screen, lane.server, lane.ana, lane.home, "Ana's browser")
        await hides(screen)
        await screen.place("Ben", video=False)
        await ben.until("ringing")
        await ben.endpoint.answer()
        await screen.connected()
        await ben.hears(ANA)
        assert await screen.hears() == pytest.approx(BEN, abs=8)
        chosen = [one for one in await screen.statistics("candidate-pair") if one.get("nominated")]
        own = {one["id"]: one["candidateType"] for one in await screen.statistics("local-candidate")}
        assert chosen and {own[one["localCandidateId"]] for one in chosen} == {"relay"}
        assert sent.candidates and all(" typ relay raddr 0.0.0.0 rport 9" in one for one in sent.candidates)
        assert sent.connection_addresses == {"0.0.0.0"}
        assert all(ip_address(line.split()[4]).is_loopback for line in sent.candidates), "the relay's address"


async def test_without_a_relay_who_hides_is_told_so(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers(server, tmp_path) as launch:
        ana = await server.person("Ana")
        ben = await server.person("Ben", by=ana)
        async with (
            endpoint_of(server, ana, "Study", tmp_path, relay_only=True) as study,
            endpoint_of(server, ben, "Hall", tmp_path) as hall,
        ):
            with pytest.raises(NoRelay):
                await study.endpoint.call("Ben")
            assert await obey(study.endpoint, "call Ben") == say("en", "no_relay")
            await hall.endpoint.call("Ana")
            await study.until("ringing")
            with pytest.raises(NoRelay):
                await study.endpoint.answer()
            assert study.call.ringing, "another device may still answer"
            await hall.endpoint.hang_up()
            assert not hall.times("connected") and not hall.times("answered")

        screen = await launch.screen("chromium")
        await settle(screen, server, ana, tmp_path, "Ana's browser")
        await screen.button("Settings").click()
        await screen.page.get_by_text("Through the relay", exact=True).click()
        await screen.page.locator("dialog").get_by_text("your server has none").wait_for()
        await screen.button("Close").click()
        await screen.place("Ben", video=False)
        await screen.page.locator("kith-call .standing").get_by_text("your server has none").wait_for()


# -- over TCP, and over TLS ----------------------------------------------------------------------------


@dataclass
class Streams:
    """A relay that TCP and TLS lead to, and the authority that vouches for it: the server's own."""

    relay: Coturn
    certificates: Certificates


@pytest.fixture
async def streams(tmp_path: Path) -> AsyncIterator[Streams]:
    made = ensure(tmp_path / "certs", {"localhost"}, datetime.now(UTC))
    async with coturn(tmp_path / "turn", certificate=(made.chain, made.key)) as relay:
        yield Streams(relay, made)


@pytest.mark.parametrize("over", ["tcp", "tls"])
async def test_the_relay_is_reached_where_only_streams_get_through(
    streams: Streams, tmp_path: Path, over: str
) -> None:
    """A device and a browser that know no other way to the relay, and want no other way to each other."""
    options = streams.relay.tls if over == "tls" else streams.relay.tcp
    async with (
        running_server(tmp_path, *options) as server,
        browsers(server, tmp_path, trusting=streams.certificates.ca) as launch,
    ):
        ana = await server.person("Ana")
        ben = await server.person("Ben", by=ana)
        async with endpoint_of(
            server, ben, "Hall", tmp_path, relay_only=True, microphone="tone:1000"
        ) as hall:
            screen = await launch.screen("chromium", tone=ANA)
            await settle(screen, server, ana, tmp_path, "Ana's browser")
            await hides(screen)
            await screen.place("Ben", video=False)
            await hall.until("ringing")
            await hall.endpoint.answer()
            await screen.connected()
            await hall.hears(ANA)
            assert await screen.hears() == pytest.approx(BEN, abs=8)
            assert {own for own, _ in pairs(hall)} == {"relay"}
            relayed = [one for one in await screen.statistics("local-candidate") if "relayProtocol" in one]
            assert {one["relayProtocol"] for one in relayed} == {over}


@pytest.mark.parametrize("believed", [True, False], ids=["believed", "not believed"])
async def test_a_relay_whose_certificate_nobody_vouches_for_is_not_used(
    streams: Streams, *, believed: bool
) -> None:
    relay = streams.relay
    assert relay.tls_port is not None
    given = credential(relay.secret, "somebody", int(time.time()) + 60)
    place = IceAddress("turns", "localhost", relay.tls_port, "tcp")
    found: list[str | None] = []
    over = asyncio.Event()

    def note(line: str | None) -> None:
        found.append(line)
        if line is None:
            over.set()

    connection = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    connection.addTransceiver("audio")
    helpers = Helpers(
        relays=(Relay(place, given.username, given.password),),
        tls=relay_context(streams.certificates.ca.read_bytes() if believed else None),
    )
    gathering = Gathering(connection, helpers, note)
    await connection.setLocalDescription(await connection.createOffer())
    await asyncio.wait_for(over.wait(), 10)
    assert [" typ relay " in line for line in found if line is not None] == [True] * believed
    gathering.close()
    await connection.close()
