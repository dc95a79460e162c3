"""The private names of aioice that kith.endpoint.ice_hooks leans on, and what it makes of them."""

import asyncio
import inspect
from collections.abc import AsyncIterator

import aioice.ice
import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection

from kith.core.ice import IceAddress
from kith.endpoint.ice_hooks import Gathering, Helpers, Relay, bases_in_use

NOWHERE = IceAddress("turn", "127.0.0.1", 9, "udp")


@pytest.fixture
async def connection() -> AsyncIterator[RTCPeerConnection]:
    made = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    made.addTransceiver("audio")
    yield made
    await made.close()


def ice_of(connection: RTCPeerConnection) -> aioice.ice.Connection:
    (transceiver,) = connection.getTransceivers()
    return transceiver.receiver.transport.transport._connection


def test_what_is_replaced_has_the_arguments_that_it_had() -> None:
    taken = {
        "get_component_candidates": ["self", "component", "addresses", "timeout"],
        "check_start_task": ["self", "pair"],
        "check_incoming": ["self", "message", "addr", "protocol"],
        "check_start": ["self", "pair"],
        "_pair_remote_candidate": ["self", "remote_candidate"],
    }
    for name, arguments in taken.items():
        assert list(inspect.signature(getattr(aioice.ice.Connection, name)).parameters) == arguments
    relayed = inspect.signature(aioice.ice.relayed_candidate).parameters
    assert {"component", "hide_related_address", "protocol_factory", "turn_server", "turn_ssl"} <= set(
        relayed
    )
    assert list(inspect.signature(aioice.ice.server_reflexive_candidate).parameters) == [
        "protocol",
        "stun_server",
    ]


async def test_a_dead_stun_server_holds_up_nothing(connection: RTCPeerConnection) -> None:
    found: list[str | None] = []
    stun = (IceAddress("stun", "127.0.0.1", 9, "udp"),)
    gathering = Gathering(connection, Helpers(stun=stun), found.append)
    async with asyncio.timeout(1):
        await connection.setLocalDescription(await connection.createOffer())
    assert "typ host" in connection.localDescription.sdp and not found
    assert bases_in_use(connection)
    gathering.close()


async def test_relay_only_gathers_no_address_of_its_own(connection: RTCPeerConnection) -> None:
    found: list[str | None] = []
    gathering = Gathering(connection, Helpers(relay_only=True), found.append)
    await connection.setLocalDescription(await connection.createOffer())
    assert "candidate:" not in connection.localDescription.sdp and not ice_of(connection).local_candidates
    gathering.close()


async def test_a_pair_through_a_relay_waits_for_a_direct_one(connection: RTCPeerConnection) -> None:
    gathering = Gathering(connection, Helpers(relays=(Relay(NOWHERE, "u", "p"),)), lambda line: None)
    ice = ice_of(connection)
    await aioice.ice.Connection.gather_candidates(ice)
    started: list[str] = []

    async def start(pair: aioice.ice.CandidatePair) -> None:
        started.append(pair.remote_candidate.type)

    ice.check_start = start  # type: ignore[method-assign]
    for kind in ("relay", "srflx"):
        remote = aioice.Candidate("f", 1, "udp", 1, "192.0.2.1", 5000, kind)
        remote._network_host = remote.host
        pair = aioice.ice.CandidatePair(ice._protocols[0], remote)
        ice.check_start_task(pair)
        assert (pair.state is aioice.ice.CandidatePair.State.IN_PROGRESS) is (kind == "relay")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert started == ["srflx"]
    gathering.close()
