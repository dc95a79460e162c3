"""A call goes on at another own device: the sound moves, and the old one retires when the new one is connected."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from kith.endpoint.floor import NoCall
from kith.endpoint.obey import obey
from signaling.call import EndReason
from tests.support.browsers import browsers
from tests.support.endpoints import Watched, endpoint_of
from tests.support.pages import settle
from tests.support.server import running_server

BEN, STUDY, DESK, KITCHEN = 1000, 440, 700, 300


def where(watched: Watched) -> list[tuple[str, str]]:
    return [(one.name, one.at) for one in watched.endpoint.directory.elsewhere]


async def test_a_call_moves_between_devices_and_back(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        ana = await server.person("Ana")
        ben = await server.person("Ben", by=ana)
        async with (
            endpoint_of(server, ana, "Study", tmp_path, microphone=f"tone:{STUDY}") as study,
            endpoint_of(server, ana, "Desk", tmp_path, microphone=f"tone:{DESK}") as desk,
            endpoint_of(
                server, ana, "Kitchen", tmp_path, shared=True, microphone=f"tone:{KITCHEN}"
            ) as kitchen,
            endpoint_of(server, ben, "Hall", tmp_path, microphone=f"tone:{BEN}") as hall,
        ):
            with pytest.raises(NoCall):
                await desk.endpoint.continue_here()
            await study.endpoint.call("Ben")
            await hall.until("ringing")
            assert where(desk) == [], "nobody is in a call yet"
            await hall.endpoint.answer()
            await asyncio.gather(study.hears(BEN), hall.hears(STUDY))
            await desk.until_true(lambda: where(desk) == [("Ben", "Study")], "the desk knows of it")
            assert where(study) == where(kitchen) == where(hall) == []

            assert await obey(desk.endpoint, "continue here") == "Going on with Ben."
            await desk.until("connected")
            await asyncio.gather(desk.hears(BEN), hall.hears(DESK))
            ended_at, _, _ = await study.until("ended", EndReason.MOVED)
            assert ended_at >= hall.times("changed")[0] and study.endpoint.current is None
            assert await study.heard_nothing_for(0.5)
            assert not hall.times("ended") and len(hall.times("connected")) == 1, "it is the same call"
            await study.until_true(lambda: where(study) == [("Ben", "Desk")], "now the study knows")
            assert where(desk) == []

            await study.endpoint.continue_here()
            await asyncio.gather(study.hears(BEN), hall.hears(STUDY))
            await desk.until("ended", EndReason.MOVED)
            await hall.endpoint.hang_up()
            await study.until("ended", EndReason.HUNG_UP)
            await desk.until_true(lambda: where(desk) == [], "it is over")


async def test_a_call_moves_from_a_device_to_a_browser(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers(server, tmp_path) as launch:
        ana = await server.person("Ana")
        ben = await server.person("Ben", by=ana)
        async with (
            endpoint_of(server, ana, "Study", tmp_path, microphone=f"tone:{STUDY}") as study,
            endpoint_of(server, ben, "Hall", tmp_path, microphone=f"tone:{BEN}") as hall,
        ):
            page = await launch.screen("chromium", tone=DESK)
            await settle(page, server, ana, tmp_path, "Page")
            card = page.page.get_by_role("region", name="You are in a call")
            await expect(card).to_be_hidden()
            await hall.endpoint.call("Ana")
            await study.until("ringing")
            await study.endpoint.answer()
            await asyncio.gather(study.hears(BEN), hall.hears(STUDY))
            await expect(card).to_contain_text("Ben on Study")
            await page.button("Continue the call with Ben here").click()
            await page.connected()
            await hall.hears(DESK)
            assert await page.hears() == pytest.approx(BEN, abs=8)
            await study.until("ended", EndReason.MOVED)
            await page.hang_up()
            await hall.until("ended", EndReason.HUNG_UP)
            await expect(card).to_be_hidden()


async def test_a_page_that_comes_later_finds_the_call(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        ana = await server.person("Ana")
        ben = await server.person("Ben", by=ana)
        async with (
            endpoint_of(server, ana, "Study", tmp_path) as study,
            endpoint_of(server, ben, "Hall", tmp_path) as hall,
        ):
            await study.endpoint.call("Ben")
            await hall.until("ringing")
            await hall.endpoint.answer()
            await study.until("connected")
            await hall.until("connected")
            async with endpoint_of(server, ana, "Desk", tmp_path) as desk:
                await desk.until_true(
                    lambda: where(desk) == [("Ben", "Study")], "it is in the snapshot, or follows"
                )
            await study.endpoint.hang_up()
