"""One connection's side of the port: whose an address is, what ICE keeps, and what an offer may do to it."""

from collections.abc import AsyncIterator

import pytest
from aiortc import RTCCertificate, RTCPeerConnection

from media.mixer import aiortc_hooks, link
from media.mixer.link import Link
from media.mixer.offers import BadOffer
from media.mixer.port import Port, Way
from tests.support.mixer_links import OFFER, answered, check


@pytest.fixture
async def port() -> AsyncIterator[Port]:
    made = Port(["127.0.0.1"], 0)
    yield made
    made.close()


class Media:
    """Listens."""

    def take(self, way: Way, slot: int, now: float) -> None:
        raise NotImplementedError


async def test_an_address_is_the_latests_who_has_proven_it(port: Port) -> None:
    """A router gives what was one endpoint's to the next one; whoever is there now says so again and again."""
    former, coming = await answered(port), await answered(port)
    (way,), address = port.ways, ("127.0.0.1", 40_000)
    key = way.key_of(address)
    first, second = Media(), Media()
    former.listen(first)
    former.aside(check(former), way, address)
    assert (way.guests[key], way.media[key]) == (former, first)
    coming.aside(check(coming), way, address)
    assert (way.guests[key], way.media[key]) == (coming, first)
    coming.listen(second)
    assert way.media[key] is second
    former.aside(check(former), way, address)
    assert (way.guests[key], way.media[key]) == (former, first)
    coming.aside(check(coming), way, address)
    await former.close()
    assert (way.guests[key], way.media[key]) == (coming, second)
    await coming.close()
    assert not way.guests and not way.media and not port.strangers


async def test_of_many_addresses_ice_keeps_a_few(port: Port, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "BUDGET", 1_000)
    made = await answered(port)
    ice = aiortc_hooks.ice_of(made._connection)
    for number in range(100):  # before aioice looks at any
        made.aside(check(made), port.ways[0], ("127.0.0.1", 30_000 + number))
    assert len(ice._early_checks) == link.CANDIDATES
    ice._early_checks_done = True
    for number in range(100):
        made.aside(check(made), port.ways[0], ("127.0.0.1", 40_000 + number))
    assert [one.port for one in ice._remote_candidates] == list(range(40_100 - link.CANDIDATES, 40_100))
    assert len(ice._check_list) <= link.CANDIDATES
    await made.close()


async def test_where_media_goes_is_kept_among_them(port: Port) -> None:
    made = await answered(port)
    ice = aiortc_hooks.ice_of(made._connection)
    ice._early_checks_done = True
    for number in range(4):
        made.aside(check(made), port.ways[0], ("127.0.0.1", 40_000 + number))
    ice._nominated[1] = next(one for one in ice._check_list if one.remote_candidate.port == 40_000)
    aiortc_hooks.forget_addresses(ice, 2)
    assert [one.port for one in ice._remote_candidates] == [40_000, 40_003]
    assert sorted(one.remote_candidate.port for one in ice._check_list) == [40_000, 40_003]
    await made.close()


@pytest.mark.parametrize("error", [OSError(), RuntimeError(), StopIteration(), MemoryError()])
async def test_whatever_an_offer_raises_it_is_a_bad_one(
    port: Port, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(RTCPeerConnection, "setRemoteDescription", fail)
    made = Link(port, RTCCertificate.generateCertificate(), 0, lambda link, change: None)
    with pytest.raises(BadOffer):
        await made.answer(OFFER)
    await made.close()


async def test_who_is_closed_before_the_answer_leaves_no_name_behind(port: Port) -> None:
    made = Link(port, RTCCertificate.generateCertificate(), 0, lambda link, change: None)
    answering, closing = made.answer(OFFER), made.close()
    with pytest.raises(BadOffer):
        await answering
    await closing
    assert not port.strangers
