"""Drop in on browsers, as it happens: what arrives at the other end and when, and what both people see."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Literal

import pytest
import pytest_asyncio
from av import VideoFrame
from playwright.async_api import expect

from kith.endpoint.call import Call
from tests.peers.test_web_calls import HALL, Device, device
from tests.support.browsers import Kind, Launcher, Screen, browsers
from tests.support.doors import HEARD, Doors
from tests.support.frost import Gallery, look_at, was_frosted
from tests.support.server import running_server
from tests.support.speakers import silent_speakers

pytestmark = pytest.mark.asyncio(loop_scope="module")

FROST = 3
AT_ONCE = 0.5
"""Seconds in which media stops at both ends once it may not go on."""

BLACK = 3
"""Packets of the one black frame that Firefox sends after a camera's last."""

NO = "You cannot drop in there now."
NOBODY = "Nobody let you in."

Meanwhile = Literal["nothing", "a reconnect", "another camera"]


@dataclass
class Home:
    """Ana's page is Chromium, Ben's Firefox; they live together, with a screen in the hall."""

    launch: Launcher
    screens: dict[Kind, Screen]
    doors: dict[Kind, Doors]
    hall: Device
    gallery: Gallery

    def others(self, kind: Kind) -> Screen:
        return self.screens["firefox" if kind == "chromium" else "chromium"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    directory = tmp_path_factory.mktemp("drop_in")
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            running_server(directory, program=("tests.support.unhurried",))
        )
        speakers = await stack.enter_async_context(silent_speakers(directory))
        launch = await stack.enter_async_context(browsers(server, directory, speakers=speakers))
        ana = await launch.person("Ana", "chromium")
        ben = await launch.person("Ben", "firefox", by=ana)
        hall = await stack.enter_async_context(device(ana, "Hall", directory / "hall", **HALL))
        screens: dict[Kind, Screen] = {"chromium": ana, "firefox": ben}
        made = Home(
            launch, screens, {kind: Doors(one.page) for kind, one in screens.items()}, hall, Gallery()
        )

        async def frame_came(_: Call, frame: VideoFrame) -> None:
            await made.gallery.show(frame.to_ndarray(format="gray"))

        hall.endpoint.on("frame", frame_came)
        for doors in made.doors.values():
            await doors.watch()
            await doors.watch_sounds()
            await doors.sign(home="instant", frost=FROST)
        yield made


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def at_home(home: Home) -> AsyncIterator[None]:
    for doors in home.doors.values():
        await doors.ready()
        await doors.forget()
    home.gallery.pictures.clear()
    yield
    if home.hall.endpoint.current is not None:
        await home.hall.endpoint.hang_up()
    for kind, screen in home.screens.items():
        await screen.leave_calls()
        await home.doors[kind].forget()


async def drop_in(caller: Screen, name: str) -> None:
    await caller.button(f"Drop in on {name}", exact=True).click()


async def happens(meanwhile: Meanwhile, callee: Screen) -> None:
    """In the first half of the frost."""
    if meanwhile == "a reconnect":
        await callee.lose_media()
    if meanwhile == "another camera":
        await callee.button("Video off").click()
        await callee.button("Video on").click()


@pytest.mark.row("R74", "R75", "R78", "R79")
@pytest.mark.parametrize(
    ("kind", "meanwhile"),
    [
        ("chromium", "a reconnect"),
        ("chromium", "another camera"),
        ("firefox", "a reconnect"),
        ("firefox", "nothing"),
    ],
)
async def test_a_screen_sees_outlines_until_the_frost_has_gone(
    home: Home, kind: Kind, meanwhile: Meanwhile
) -> None:
    """Nobody does anything at the page. What is decoded at the other end is blurred until the page says that it is
    clear, which it says no earlier, whatever happens on the way; and then it is sharp."""
    callee, doors = home.screens[kind], home.doors[kind]
    await home.hall.endpoint.drop_in(callee.name, video=True, profile=home.others(kind).name)
    await doors.until("open")
    await happens(meanwhile, callee)
    clear = await doors.clear_at()
    (opened,) = [at for stage, at in await doors.times() if stage == "open"]
    assert clear - opened >= FROST - 0.1
    was_frosted(await home.gallery.until_sharp(clear), clear)


@pytest.mark.row("R78", "R79", "R80")
@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_a_page_sees_outlines_until_the_frost_has_gone(home: Home, kind: Kind) -> None:
    """And the one who is dropped in on sees the very picture that is sent, for as long as it is frosted and after."""
    callee, doors, caller = home.screens[kind], home.doors[kind], home.others(kind)
    until_sharp = await look_at(caller.page)
    await drop_in(caller, callee.name)
    await doors.until("open")
    own = callee.page.locator("kith-self video")
    await expect(own).to_be_visible()
    await expect(callee.page.locator("kith-door")).to_contain_text("Your picture is frosted. It clears in")
    frosted = await callee.page.evaluate(SENT_AND_SHOWN)
    clear = await doors.clear_at()
    was_frosted(await until_sharp(clear), clear)
    shown = await callee.page.evaluate(SENT_AND_SHOWN)
    assert frosted["sent"] == frosted["shown"] and shown["sent"] == shown["shown"]
    assert frosted["shown"] != shown["shown"]
    await expect(callee.page.locator("kith-door")).to_be_hidden()


SENT_AND_SHOWN = """
() => {
  const [sender] = window.connections.at(-1).getSenders().filter(({ track }) => track?.kind === 'video');
  const [shown] = document.querySelector('kith-self video').srcObject.getTracks();
  return { sent: sender.track.id, shown: shown.id };
}
"""

LIGHTS = """
() => [...document.querySelectorAll('kith-call [data-live]')].map((one) => one.dataset.live).sort().join()
"""


@pytest.mark.row("R77", "R81", "R134")
@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_lights_are_on_while_something_leaves_and_not_otherwise(home: Home, kind: Kind) -> None:
    """Sampled all the time: no packet more without its light. The camera off, sound goes on; "not now" ends all."""
    callee, doors, caller = home.screens[kind], home.doors[kind], home.others(kind)
    await doors.watch_lights()
    await drop_in(caller, callee.name)
    await doors.until("open")
    await doors.leaves("audio", "video")
    assert await callee.page.evaluate(LIGHTS) == "microphone,video"
    await callee.button("Video off").click()
    await expect(callee.page.locator("kith-call [data-live=video]")).to_be_hidden()
    await doors.leaves("audio")
    assert await doors.ceases("video")
    await callee.button("Not now").or_(callee.button("Hang up", exact=True)).first.click()
    await caller.call_is_over("The call has ended.")
    assert await callee.live_tracks() == set() and await callee.live() == set()
    assert await doors.dark() <= BLACK


@pytest.mark.row("S1", "S4")
@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_a_knock_is_let_in_or_not_by_whoever_is_there(home: Home, kind: Kind) -> None:
    callee, doors, caller = home.screens[kind], home.doors[kind], home.others(kind)
    await doors.sign(home="knock", frost=FROST)
    await drop_in(caller, callee.name)
    await expect(caller.page.locator("kith-call .standing")).to_have_text("Knocking …")
    await expect(callee.incoming(caller.name)).to_contain_text("wants to drop in")
    assert await callee.live_tracks() == set()
    await callee.button("Not now").click()
    await caller.call_is_over(NOBODY)
    await drop_in(caller, callee.name)
    await callee.button("Let in").click()
    await doors.until("open")
    await caller.connected()
    assert await callee.live_tracks() == {"audio", "video"}
    await doors.has_logged(["drop_in", "let_in", True], ["knock", "not_let_in", True])
    await doors.sign(home="instant", frost=FROST)


@pytest.mark.row("S1")
async def test_nobody_answers_a_knock_and_nothing_leaves(home: Home) -> None:
    ana, ben, doors = home.screens["chromium"], home.screens["firefox"], home.doors["firefox"]
    await doors.sign(home="knock", frost=FROST)
    await drop_in(ana, "Ben")
    await expect(ben.incoming("Ana")).to_be_visible()
    await ana.call_is_over(NOBODY)
    assert await doors.stages() == ["checking"] and await ben.live_tracks() == set()
    await doors.sign(home="instant", frost=FROST)


TERMS: dict[str, dict[str, Any]] = {
    "quiet": {"home": "instant", "quiet": True},
    "revoked": {"home": "off"},
    "device off": {"home": "instant", "off": True},
}


@pytest.mark.row("R64", "R71", "R72", "R73", "R28")
@pytest.mark.parametrize(
    ("kind", "what"),
    [("chromium", "quiet"), ("firefox", "revoked"), ("chromium", "device off"), ("firefox", "blocked")],
)
async def test_who_may_no_longer_is_out_at_once_at_both_ends(home: Home, kind: Kind, what: str) -> None:
    callee, doors, caller = home.screens[kind], home.doors[kind], home.others(kind)
    theirs = home.doors["firefox" if kind == "chromium" else "chromium"]
    await drop_in(caller, callee.name)
    await doors.until("open")
    await (doors.block(caller.name) if what == "blocked" else doors.sign(**TERMS[what]))
    before = await doors.decided()
    for each in (doors, theirs):
        await each.over()
        (_, at), *_ = await each.ends()
        assert at - before <= AT_ONCE
    for screen in (caller, callee):
        assert await screen.live_tracks() == set()
    await caller.leave_calls()
    await callee.leave_calls()
    await drop_in_is_refused(caller, callee.name)
    if what == "blocked":
        await doors.unblock()
    await doors.sign(home="instant", frost=FROST)


async def drop_in_is_refused(caller: Screen, name: str) -> None:
    """Where the button is still there, it says no."""
    button = caller.button(f"Drop in on {name}", exact=True)
    if await button.is_visible() and await button.is_enabled():
        await button.click()
        await caller.call_is_over(NO)


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_it_reminds_of_itself_and_is_over_when_nobody_speaks_any_more(home: Home, kind: Kind) -> None:
    """Of 5 minutes between chimes, and 10 of silence, as the page measures them."""
    callee, doors, caller = home.screens[kind], home.doors[kind], home.others(kind)
    await doors.watch_lights()
    await drop_in(caller, callee.name)
    await doors.until("open")
    await doors.tone()
    await doors.leaves("audio")
    await doors.later(4)
    await doors.leaves("audio")
    assert await doors.tones() == 0
    await doors.later(7)
    await doors.tone()
    assert await doors.stages() == ["checking", "tone", "open"] and await callee.live_tracks() >= {"audio"}
    for screen in (caller, callee):
        await screen.button("Mute", exact=True).click()
        await expect(screen.button("Unmute", exact=True)).to_be_visible()
    await doors.silent()
    await doors.later(11)
    assert await doors.over() == "silence"
    await caller.call_is_over("It ended because nobody had spoken for a while.")
    await doors.on_time()


async def test_however_much_is_said_it_is_over_after_its_time(home: Home) -> None:
    """60 minutes, as nobody has chosen another."""
    ana, ben, doors = home.screens["chromium"], home.screens["firefox"], home.doors["chromium"]
    await drop_in(ben, "Ana")
    await doors.until("open")
    await doors.later(61)
    assert await doors.over() == "hung_up"
    await ben.call_is_over("The call has ended.")
    assert await ana.live_tracks() == set()
    await doors.on_time()


@pytest.mark.row("R74")
async def test_a_page_that_nobody_can_see_is_not_dropped_in_on(home: Home) -> None:
    """Firefox has the page behind another tab; Chromium under a test says that every page is seen."""
    ana, ben, doors = home.screens["chromium"], home.screens["firefox"], home.doors["firefox"]
    async with ben.page.expect_popup() as opened:
        await ben.page.evaluate("() => { window.open('about:blank'); }")
    await ben.page.wait_for_function("() => document.hidden")
    assert (await ben.state())["unready"] == "hidden"
    await ben.page.evaluate(HEARD)
    await drop_in(ana, "Ben")
    await ana.call_is_over(NO)
    assert await doors.stages() == [] and await ben.live_tracks() == set()
    await (await opened.value).close()
    await ben.page.wait_for_function("() => !document.hidden")
    await doors.ready()
    await drop_in(ana, "Ben")
    await doors.until("open")


@pytest.mark.row("R74")
async def test_a_page_that_was_not_touched_says_so_and_is_not_dropped_in_on(home: Home) -> None:
    """Without any of the browser's flags that make sound and permission easy: after a reload nobody may, until somebody
    taps."""
    ana, ben = home.screens["chromium"], home.screens["firefox"]
    rosa = await home.launch.person("Rosa", "chromium", by=ana, plain=True)
    doors = Doors(rosa.page)
    await doors.sign(home="instant", frost=FROST)
    await rosa.page.reload()
    await rosa.at_home()
    await doors.watch()
    await expect(
        rosa.page.get_by_text("Nobody can drop in on this browser until you tap here.")
    ).to_be_visible()
    await drop_in(ben, "Rosa")
    await ben.call_is_over(NO)
    await rosa.button("Get it ready").click()
    await doors.ready()
    await doors.forget()
    await drop_in(ben, "Rosa")
    assert await doors.opens(), await doors.reasons()
    await ben.connected()
    await ben.hang_up()
    await doors.over()
    assert rosa.errors == []
