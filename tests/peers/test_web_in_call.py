"""What a person can do during a call in a browser, and what the screen says about it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.support.browsers import Launcher, Screen, browsers
from tests.support.indicators import indicators_are_true
from tests.support.server import running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANA, BEN = 440, 880
NEAR = 8.0


@dataclass
class Trio:
    ana: Screen
    ben: Screen
    cleo: Screen
    launch: Launcher


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def joined(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trio]:
    directory = tmp_path_factory.mktemp("in_call")
    async with running_server(directory) as server, browsers(server, directory) as launch:
        ana = await launch.person("Ana", "chromium", tone=ANA)
        ben = await launch.person("Ben", "chromium", by=ana, tone=BEN)
        cleo = await launch.person("Cleo", "chromium", by=ana, tone=BEN)
        yield Trio(ana, ben, cleo, launch)


@pytest_asyncio.fixture(loop_scope="module")
async def trio(joined: Trio) -> AsyncIterator[Trio]:
    """Everybody at home before and after."""
    yield joined
    for screen in (joined.ana, joined.ben, joined.cleo):
        await screen.leave_calls()


async def video_call(trio: Trio) -> None:
    await trio.ana.place("Ben", video=True)
    await trio.ben.answer("Ana")
    for screen in (trio.ana, trio.ben):
        await screen.connected()
        await screen.sees_picture()


@pytest.mark.row("R80")
async def test_self_view_is_what_is_sent(trio: Trio) -> None:
    """The own picture is the very track that the connection sends, and it is playing."""
    await video_call(trio)
    for screen in (trio.ana, trio.ben):
        sent = [
            one["trackIdentifier"]
            for one in await screen.statistics("media-source")
            if one["kind"] == "video"
        ]
        shown = await screen.page.evaluate(
            """() => {
              const video = document.querySelector('kith-self video');
              return { tracks: video.srcObject.getTracks().map((track) => track.id),
                       width: video.videoWidth, playing: !video.paused,
                       mirrored: getComputedStyle(video).transform };
            }"""
        )
        assert shown["tracks"] == sent
        assert len(sent) == 1
        assert shown["width"] > 0
        assert shown["playing"]
        assert shown["mirrored"] == "none"


@pytest.mark.row("R134")
async def test_indicators_are_lit_exactly_while_tracks_are_live(trio: Trio) -> None:
    ana = trio.ana
    assert await ana.live_tracks() == set()
    await ana.place("Ben", video=True)
    await indicators_are_true(ana, {"microphone", "video"})
    assert await trio.ben.live_tracks() == set()  # nothing is captured while it only rings
    await trio.ben.answer("Ana")
    await ana.connected()
    await indicators_are_true(trio.ben, {"microphone", "video"})
    await ana.button("Mute").click()
    await indicators_are_true(ana, {"video"})
    await ana.button("Video off").click()
    await indicators_are_true(ana, set())
    await ana.button("Unmute").click()
    await indicators_are_true(ana, {"microphone"})
    await ana.hang_up()
    await expect(ana.page.locator("kith-call")).to_be_hidden()
    assert await ana.live_tracks() == set()
    await trio.ben.call_is_over("The call has ended.")
    assert await trio.ben.live_tracks() == set()


async def test_muted_means_that_no_sound_leaves(trio: Trio) -> None:
    await video_call(trio)
    await trio.ana.button("Mute").click()
    await expect(trio.ben.page.get_by_text("s microphone is off")).to_be_visible()
    sent = await packets_sent(trio.ana, "audio")
    await trio.ben.frames_beyond(await trio.ben.frames_decoded() + 10)
    assert await packets_sent(trio.ana, "audio") == sent
    await trio.ana.button("Unmute").click()
    await expect(trio.ben.page.get_by_text("s microphone is off")).to_be_hidden()
    assert await trio.ben.hears() == pytest.approx(ANA, abs=NEAR)


async def packets_sent(screen: Screen, kind: str) -> int:
    return sum(
        int(one["packetsSent"]) for one in await screen.statistics("outbound-rtp") if one["kind"] == kind
    )


async def test_answer_without_video(trio: Trio) -> None:
    await trio.ana.place("Ben", video=True)
    await expect(trio.ben.incoming("Ana")).to_be_visible()
    await trio.ben.button("Without video").click()
    for screen in (trio.ana, trio.ben):
        await screen.connected()
        await indicators_are_true(screen, {"microphone"})
    assert await trio.ben.hears() == pytest.approx(ANA, abs=NEAR)


async def test_second_call_declined(trio: Trio) -> None:
    """Cleo calls while Ana and Ben talk: their call goes on."""
    await video_call(trio)
    await trio.cleo.place("Ana", video=False)
    await expect(trio.ana.incoming("Cleo")).to_be_visible()
    assert await trio.ben.hears() == pytest.approx(ANA, abs=NEAR)
    await trio.ana.button("Decline").click()
    await trio.cleo.call_is_over("Ana declined.")
    await trio.ana.connected()
    await trio.ben.frames_beyond(await trio.ben.frames_decoded())


async def test_second_call_taken(trio: Trio) -> None:
    await video_call(trio)
    await trio.cleo.place("Ana", video=False)
    await expect(trio.ana.incoming("Cleo")).to_be_visible()
    await trio.ana.button("Hang up and answer").click()
    await trio.ben.call_is_over("The call has ended.")
    await trio.cleo.connected()
    assert await trio.cleo.hears() == pytest.approx(ANA, abs=NEAR)
    await indicators_are_true(trio.ana, {"microphone"})


async def test_the_lock_claims_what_was_verified_and_no_more(trio: Trio) -> None:
    await video_call(trio)
    lock = trio.ana.page.locator("kith-lock")
    await expect(lock).to_contain_text("devices, as first seen today. Compare safety numbers to be sure.")
    await expect(lock).not_to_contain_text("You compared")


async def test_without_microphone_and_camera_one_can_still_listen(trio: Trio) -> None:
    """Refused is no dead end: the call connects, the other side is heard and seen, and both are told."""
    dora = await trio.launch.person("Dora", "chromium", by=trio.ana, refusing=True)
    await dora.place("Ben", video=True)
    await trio.ben.answer("Dora")
    for screen in (dora, trio.ben):
        await screen.connected()
    await dora.sees_picture()
    assert await dora.hears() == pytest.approx(BEN, abs=NEAR)
    await expect(dora.page.get_by_text("the microphone is blocked")).to_be_visible()
    await indicators_are_true(dora, set())
    await expect(trio.ben.page.get_by_text("s microphone is off")).to_be_visible()
    await dora.button("Hang up").click()
    await dora.button("Settings").click()
    await expect(dora.page.get_by_text("Microphone: blocked")).to_be_visible()
