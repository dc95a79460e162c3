"""A child's own tablet: paired by a parent's code, it begins the child's chain, and others believe whose it is."""

from pathlib import Path

from kith import Endpoint
from tests.support import children
from tests.support.endpoints import DEFAULTS, Watched, endpoint_of
from tests.support.server import running_server


async def test_the_first_device_begins_the_childs_chain_and_the_next_waits_for_it(tmp_path: Path) -> None:
    async with running_server(tmp_path, "--no-tls") as server:
        anna = await server.person("Anna")
        child = await children.add(server, "Tim", by=anna)
        async with endpoint_of(server, anna, "Study", tmp_path, microphone="tone:440") as study:
            code = await study.endpoint.belonging.offer_childs_pairing(child)
            place = tmp_path / "tablet"
            paired = await Endpoint.pair(server.url, code, name="Tim's tablet", home=place, **DEFAULTS)
            async with paired as tablet:
                assert tablet.joined and tablet.own is not None and tablet.own.child
                watched = Watched(tablet)
                await study.endpoint.call("Tim")
                await watched.until("ringing")
                await tablet.answer()
                await study.until("connected")
                await watched.until("connected")
                assert study.times("untrusted") == []
            again = await Endpoint.open(place, **DEFAULTS)
            async with again:
                assert again.joined, "it has forgotten whose it is"
            code = await study.endpoint.belonging.offer_childs_pairing(child)
            second = await Endpoint.pair(
                server.url, code, name="Tim's watch", home=tmp_path / "watch", **DEFAULTS
            )
            async with second:
                assert not second.joined
