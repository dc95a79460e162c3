"""Pictures of every screen of the web app, phone and desktop, light and dark, into build/screenshots.

    python -m tools.screenshots            all of them
    python -m tools.screenshots call       only those whose name begins so
    python -m tools.screenshots readme     only what the README shows, and that

A real server, real browsers, real calls. The faces in front of the cameras are drawn here.
"""

import asyncio
import base64
import io
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path

import av
from playwright.async_api import expect

from kith import Endpoint
from tests.support.browsers import Launcher, Screen, browsers
from tests.support.contacts import vcard
from tests.support.doors import Doors
from tests.support.gatherings import Gathering
from tests.support.messaging import Talking
from tests.support.server import running_server
from tests.support.virtual_authenticator import Virtual
from tools.portraits import portrait

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "build" / "screenshots"
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 800}}
SCHEMES = ("light", "dark")
SETTLE = 350
"""Milliseconds for the last transition to end."""


SHOWN = {"HOME": "home-devices", "SAID": "messages", "CALL": "call-video"}
"""What the README shows, by its place in the picture."""


class Album:
    """Takes a screen's pictures in every size and scheme."""

    def __init__(self, only: str) -> None:
        self._only = tuple(SHOWN.values()) if only == "readme" else only
        OUT.mkdir(parents=True, exist_ok=True)

    async def take(self, name: str, screen: Screen) -> None:
        if not name.startswith(self._only):
            return
        page = screen.page
        await page.evaluate("() => window.scrollTo(0, 0)")
        for size, viewport in SIZES.items():
            await page.set_viewport_size(viewport)  # type: ignore[arg-type]
            for scheme in SCHEMES:
                await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                await page.wait_for_timeout(SETTLE)
                await page.screenshot(path=OUT / f"{name}-{size}-{scheme}.png")
        await page.set_viewport_size(SIZES["phone"])  # type: ignore[arg-type]
        print(name, flush=True)


async def joining(album: Album, launch: Launcher) -> Screen:
    """From the owner's link to the empty home screen."""
    ana = await launch.screen("chromium", camera=await portrait(launch, "ana"))
    before = len(launch.server.console)
    await ana.open(f"#join={await launch.server.owner_link()}")
    await expect(ana.page.get_by_label("Your name")).to_be_visible()
    await album.take("welcome-owner", ana)
    await ana.page.get_by_label("Your name").fill("Ana Ruiz")
    await ana.button("Continue").click()
    await album.take("welcome-missing", ana)
    await ana.page.get_by_label("Mobile number").fill("+1 202 555 0147")
    await ana.agree()
    await ana.button("Continue").click()
    code = (await launch.server.line(r"code .*: (\d{6})$", after=before))[1]
    await ana.page.get_by_label("Code", exact=True).fill(code)
    await album.take("code", ana)
    await ana.button("Confirm").click()
    await expect(ana.button("No thanks")).to_be_visible()
    await album.take("bring", ana)
    await ana.at_home()
    await album.take("home-empty", ana)
    launch.people.append(ana)
    return ana


async def strangers(album: Album, launch: Launcher) -> None:
    """Those who come without a link, or with one that is used up."""
    screen = await launch.screen("chromium")
    await screen.open()
    await expect(screen.button("I have a pairing code")).to_be_visible()
    await album.take("welcome-no-link", screen)
    await screen.button("I have a pairing code").click()
    await album.take("welcome-pairing", screen)
    await screen.open(f"#join={await launch.server.owner_link()}")
    await screen.page.reload()
    await screen.context.set_offline(True)
    await screen.page.reload()
    await album.take("offline", screen)
    await screen.context.close()
    used = await launch.screen("chromium")
    await used.open(f"#join={await launch.server.owner_link()}")
    await expect(used.page.get_by_role("alert")).to_be_visible()
    await album.take("welcome-used", used)
    await used.context.close()


NAMES = (
    "Álvaro Ruiz",
    "Beatriz Soler",
    "Ben",
    "Carmen Vidal",
    "Dr. Okafor",
    "Élodie Martin",
    "Frank Castle",
    "Grandma Rosa",
    "Hugo Prieto",
    "Inés Molina",
    "Javier Ortega",
    "Klára Nováková",
    "Łukasz Nowak",
    "María del Carmen Fernández",
    "Noor Haddad",
    "Pharmacy",
    "Plumber Joe",
    "Quentin Blake",
    "School office",
    "Søren Dahl",
    "Tío Manuel",
    "Úrsula Campos",
    "Víctor Ibáñez",
    "Zoë Smith",
)
NUMBERS = {"Ben": "+12025559001", "Tío Manuel": "+12025559003"}
"""Those who are here: in the order in which they joined."""


def address_file(directory: Path) -> Path:
    """Contacts of a phone, as it hands them over; the last one came apart on the way."""
    numbers = [NUMBERS.get(name, f"+1202555{1000 + index}") for index, name in enumerate(NAMES)]
    cards = [vcard(name, number) for name, number in zip(NAMES, numbers, strict=True)]
    path = directory / "contacts.vcf"
    path.write_bytes("".join([*cards, "BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n"]).encode())
    return path


async def contacts(album: Album, ana: Screen, directory: Path) -> None:
    """Contacts brought from a file, the list, the cards, and where they come from."""
    page = ana.page
    await ana.button("Contacts", exact=True).click()
    await expect(page.get_by_text("No contacts yet")).to_be_visible()
    await album.take("contacts-none", ana)
    await ana.button("Manage").click()
    await ana.button("Allow", exact=True).click()
    async with page.expect_file_chooser() as chooser:
        await ana.button("Choose a file").click()
    await (await chooser.value).set_files(address_file(directory))
    await expect(ana.button("Done")).to_be_visible()
    await album.take("contacts-brought", ana)
    await ana.button("Done").click()
    await expect(ana.button("Call Ben", exact=True)).to_be_visible()
    await album.take("contacts", ana)
    await page.get_by_label("Search").fill("manuel")
    await album.take("contacts-search", ana)
    await page.locator("[data-key] .open").first.click()
    await album.take("contact", ana)
    await ana.button("Block", exact=True).click()
    await album.take("contact-block", ana)
    await ana.button("Cancel").click()
    await ana.button("Report", exact=True).click()
    await album.take("contact-report", ana)
    await page.keyboard.press("Escape")
    await page.get_by_label("Search").fill("pharm")
    await page.locator("[data-key] .open").first.click()
    await album.take("contact-unreachable", ana)
    await page.keyboard.press("Escape")
    await page.get_by_label("Search").fill("")
    await ana.button("Add", exact=True).click()
    await page.get_by_label("Name", exact=True).fill("Abuela")
    await album.take("contact-form", ana)
    await page.keyboard.press("Escape")
    await ana.button("Manage").click()
    await album.take("contacts-manage", ana)
    await ana.button("Link an address book").click()
    await ana.page.get_by_role("dialog").get_by_role("button", name="Link an address book").click()
    await album.take("contacts-terms", ana)
    await ana.button("I have read this").click()
    await album.take("contacts-link", ana)
    await page.keyboard.press("Escape")
    await ana.button("Home", exact=True).click()
    await ana.at_home()


async def dialogs(album: Album, ana: Screen) -> None:
    for button, choice, name in (
        ("Invite someone", "Yes, they", "invite"),
        ("Add a device", "Everybody", "pairing"),
    ):
        await ana.button(button).click()
        await album.take(f"{name}-choice", ana)
        await ana.button(choice).click()
        await expect(ana.button("Copy").first).to_be_visible()
        await album.take(name, ana)
        await ana.button("Close").click()
    await ana.button("Settings").click()
    await album.take("settings", ana)
    await ana.button("Check this browser").click()
    await expect(ana.page.get_by_text("Calls work here.")).to_be_visible()
    await album.take("check", ana)
    await ana.button("Close").click()
    await ana.button("Settings").click()
    await ana.button("See your devices").click()
    await expect(ana.page.locator(".own").first).to_be_visible()
    await album.take("devices", ana)
    await ana.button("Sign out Kitchen").click()
    await album.take("devices-confirm", ana)
    await ana.button("Close").click()
    await Virtual.into(ana)
    await ana.button("Settings").click()
    await ana.button("See your passkeys").click()
    await ana.button("Add a passkey").click()
    await expect(ana.page.locator(".passkeys .own")).to_be_visible()
    await album.take("passkeys", ana)
    await ana.button("Close").click()
    await ana.button("Settings").click()
    await ana.page.get_by_label("Large").check(force=True)
    await ana.button("Close").click()
    await album.take("home-large", ana)
    await ana.button("Settings").click()
    await ana.page.get_by_label("Normal").check(force=True)
    await ana.page.get_by_text("Español").click()
    await ana.button("Cerrar").click()
    await album.take("home-spanish", ana)
    await ana.button("Ajustes").click()
    await ana.page.get_by_text("English").click()
    await ana.button("Close").click()


async def announcements(album: Album, ana: Screen, ben: Screen) -> None:
    """What is said to everybody at home, and what is left of it on another page."""
    await ana.button("Announce at home").click()
    speak = ana.button("Hold to speak, or tap")
    await album.take("announce", ana)
    await speak.hover()
    await ana.page.mouse.down()
    await expect(ana.page.locator(".speaking .time")).to_have_text("0:01")  # less is taken for a slip
    await album.take("announce-speaking", ana)
    await ana.page.mouse.up()
    heard = ben.page.get_by_role("region", name="Announcement")
    await expect(heard).to_be_visible()
    await album.take("announcement-voice", ben)
    await ana.button("Announce at home").click()
    await ana.page.get_by_label("What is to be said").fill("Dinner is ready. Please come to the table.")
    await ana.button("Announce", exact=True).click()
    await expect(heard).to_contain_text("Dinner is ready")
    await album.take("announcement-text", ben)
    await ben.button("Reply").click()
    await album.take("announcement-reply", ben)
    await ben.page.keyboard.press("Escape")
    await heard.get_by_role("button", name="Close").click()


async def calls(album: Album, ana: Screen, ben: Screen, rosa: Screen) -> None:
    await ana.place("Ben", video=True)
    await expect(ben.incoming("Ana Ruiz")).to_be_visible()
    await album.take("call-ringing", ana)
    await album.take("call-incoming", ben)
    await ben.answer("Ana Ruiz")
    for screen in (ana, ben):
        await screen.sees_picture()
    await album.take("call-video", ana)
    await rosa.place("Ana Ruiz", video=False)
    await expect(ana.incoming("Rosa")).to_be_visible()
    await album.take("call-second", ana)
    await ana.button("Decline").click()
    await rosa.leave_calls()
    await ben.button("Mute").click()
    await ben.button("Video off").click()
    await ana.button("Video off").click()
    await expect(ana.page.get_by_text("s camera is off")).to_be_visible()
    await album.take("call-off", ana)
    await ben.hang_up()
    await album.take("call-ended", ana)
    await ana.leave_calls()
    await ana.place("Ben", video=False)
    await ben.button("Decline").click()
    await album.take("call-declined", ana)
    await ana.leave_calls()
    await rosa.place("Ana Ruiz", video=False)
    await expect(ana.incoming("Rosa")).to_be_visible()
    await album.take("call-incoming-audio", ana)
    await ana.answer("Rosa")
    await ana.connected()
    await album.take("call-audio", ana)
    await ana.leave_calls()
    await rosa.leave_calls()


async def messages(album: Album, ana: Screen, ben: Screen) -> None:
    """The list, a conversation that is written and said, recording, and a message that waits."""
    here, there = Talking(ana), Talking(ben)
    await there.open("Ana Ruiz")
    await there.write("Did you find the blue book?")
    await here.open("Ben")
    await here.write("Yes, under the sofa! I bring it on Sunday.")
    await there.say(2)
    await expect(here.voices).to_have_count(1)
    await album.take("messages", ana)
    await ana.page.get_by_role("button", name="Record your voice").click()
    await album.take("messages-recording", ana)
    await ana.page.get_by_role("button", name="Delete", exact=True).click()
    await ana.page.get_by_role("button", name="Remove conversation").click()
    await album.take("messages-remove", ana)
    await ana.button("Close").click()
    await here.home()
    await there.home()
    await here.overview()
    await album.take("messages-list", ana)
    await here.home()


async def groups(album: Album, ana: Screen, ben: Screen, rosa: Screen) -> None:
    """Ana calls both, end to end; who comes and goes; then by the mixer, and a drop in that knocks."""
    page = ana.page
    gathering = Gathering(ana)
    await ana.button("Call several").click()
    await album.take("group-choose", ana)
    await page.keyboard.press("Escape")
    await gathering.choose("Ben", "Rosa")
    await album.take("group-plan", ana)
    await gathering.begin("Video call")
    await expect(ben.incoming("Ana Ruiz")).to_be_visible()
    await album.take("group-ringing", ana)
    await album.take("group-incoming", ben)
    await Gathering(ben).join()
    await gathering.connected(1)
    await rosa.button("Decline", exact=True).click()
    await expect(rosa.page.get_by_role("region", name="A group call goes on")).to_be_visible()
    await album.take("group-open", rosa)
    await Gathering(rosa).join()
    await gathering.connected(2)
    await rosa.button("Mute").click()
    await album.take("group", ana)
    await ana.button("Add", exact=True).click()
    await album.take("group-add", ana)
    await page.keyboard.press("Escape")
    await ana.button("Remove Rosa").click()
    await Gathering(rosa).stands("You were taken out of the group.")
    await album.take("group-removed", rosa)
    await gathering.leave()
    await album.take("group-left", ana)
    for screen in (ana, ben, rosa):
        await Gathering(screen).close()
        await Gathering(screen).enhance(on=True)
    for screen in (ben, rosa):
        await Doors(screen.page).sign(home="knock", enhanced=True)
    await ana.button("Home", exact=True).click()
    await gathering.choose("Ben", "Rosa")
    await album.take("group-mixed-plan", ana)
    await gathering.begin("Call")
    await expect(ben.incoming("Ana Ruiz")).to_be_visible()
    await album.take("group-mixed-incoming", ben)
    for screen in (ben, rosa):
        await Gathering(screen).join()
    await page.wait_for_function(MIXED)
    await album.take("group-mixed", ana)
    for screen in (ana, ben, rosa):
        await Gathering(screen).close()
    await gathering.choose("Ben", "Rosa")
    await gathering.begin("Drop in")
    await expect(ben.incoming("Ana Ruiz")).to_be_visible()
    await album.take("group-knocks", ben)
    await album.take("group-dropping-in", ana)
    for screen in (ana, ben, rosa):
        await Gathering(screen).close()


MIXED = """
() => {
  const { groups } = document.querySelector('kith-app').parts.store.state;
  return groups.some(({ room, view }) => room === 'up' && view.members.length === 3);
}
"""
"""Ana is connected with the mixer, and all are there."""


@asynccontextmanager
async def devices(ana: Screen, directory: Path) -> AsyncIterator[None]:
    """A speaker and a screen in the household."""
    kitchen, hall = directory / "kitchen", directory / "hall"
    server = ana.server
    code = await ana.offer_pairing(shared=True)
    speaker = await Endpoint.pair(
        server.url, code, name="Kitchen", home=kitchen, ca=server.ca, microphone="tone", speaker="null"
    )
    code = await ana.offer_pairing(shared=True)
    wall = await Endpoint.pair(
        server.url,
        code,
        name="Hall",
        home=hall,
        ca=server.ca,
        microphone="tone",
        camera="pattern",
        speaker="null",
        screen=True,
    )
    async with speaker, wall:
        await expect(ana.button("Call Hall", exact=True)).to_be_enabled()
        yield


README = """
<body style="margin:0;display:flex;gap:24px;align-items:center;justify-content:center;height:620px;background:#e4ded0">
  <style>img{display:block;border-radius:16px;box-shadow:0 14px 34px rgb(0 0 0/24%)}</style>
  <img src="data:image/png;base64,HOME" height="560"><img src="data:image/png;base64,SAID" height="560">
  <img src="data:image/png;base64,CALL" height="345">
</body>
"""


async def picture_for_the_readme(launch: Launcher) -> None:
    """The home screen and a conversation on a phone beside a call on a desktop: docs/images/kith.png."""
    screen = await launch.screen("chromium", viewport={"width": 1160, "height": 620})
    page = README
    for word, name in SHOWN.items():
        size = "desktop" if word == "CALL" else "phone"
        page = page.replace(word, base64.b64encode((OUT / f"{name}-{size}-light.png").read_bytes()).decode())
    await screen.page.set_content(page)
    path = ROOT / "docs" / "images" / "kith.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(indexed(await screen.page.screenshot()))


def indexed(png: bytes) -> bytes:
    """The same picture in the 256 colours that suit it best: half of the bytes."""
    with av.open(io.BytesIO(png), "r") as container:
        frame = next(container.decode(video=0)).reformat(format="rgb24")
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1)
    )
    fork, colours, use, sink = (
        graph.add(name) for name in ("split", "palettegen", "paletteuse", "buffersink")
    )
    source.link_to(fork)
    fork.link_to(colours, 0)
    fork.link_to(use, 1, 0)
    colours.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    frame.pts = 0
    graph.vpush(frame)
    graph.vpush(None)
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "pal8"
    encoder.time_base = Fraction(1)
    encoder.options = {"compression_level": "9", "pred": "mixed"}
    return b"".join(bytes(packet) for one in (graph.vpull(), None) for packet in encoder.encode(one))


async def signing_out(album: Album, launch: Launcher, ana: Screen) -> None:
    tablet = await launch.screen("chromium")
    await tablet.pair(await ana.offer_pairing(shared=False), "Tablet")
    await ana.button("Settings").click()
    await ana.button("See your devices").click()
    await ana.button("Sign out Tablet").click()
    await ana.page.get_by_role("button", name="Sign out", exact=True).click()
    await expect(tablet.page.get_by_role("heading", name="Signed out")).to_be_visible()
    await album.take("signed-out", tablet)
    await ana.button("Close").click()


async def confirming(album: Album, launch: Launcher, ana: Screen) -> None:
    """A device that is confirmed by digits, one that waits, and the recovery key."""
    page = ana.page
    await ana.button("Add a device").click()
    await ana.button("Mine").click()
    code = await page.get_by_label("Pairing code").inner_text()
    tablet = await launch.screen("chromium")
    await tablet.open(f"#pair={code}")
    await tablet.page.get_by_label("Name of this device").fill("Tablet")
    await tablet.button("Add this device").click()
    for screen, name in ((ana, "confirm-digits"), (tablet, "waiting-digits")):
        await expect(screen.page.get_by_label("Six digits")).to_be_visible()
        await album.take(name, screen)
    await ana.button("Different").click()
    await expect(tablet.page.get_by_role("alert")).to_be_visible()
    await album.take("waiting-failed", tablet)
    await ana.button("Close").click()
    await expect(page.get_by_text("Tablet waits")).to_be_visible()
    await album.take("home-unsettled", ana)
    await ana.button("Write it down").click()
    await expect(page.get_by_role("list", name="Recovery key")).to_be_visible()
    await album.take("paper", ana)
    await page.emulate_media(media="print")
    await page.screenshot(path=OUT / "paper-print.png")
    await page.emulate_media(media="screen")
    await ana.button("I have written it down").click()
    await album.take("paper-written", ana)
    await ana.button("Close").click()
    await tablet.button("Start over").click()
    await tablet.button("I lost all my devices").click()
    await album.take("welcome-recovery", tablet)


async def trusting(album: Album, ana: Screen, ben: Screen) -> None:
    """A changed identity, the lock, and the safety number behind it."""
    await ana.page.evaluate(FORGET)
    await ana.place("Ben", video=False)
    await ben.answer("Ana Ruiz")
    await expect(ana.button("Talk anyway")).to_be_visible()
    await album.take("call-changed", ana)
    await ana.button("Talk anyway").click()
    await ana.connected()
    await ana.page.locator("kith-lock button").click()
    await album.take("safety", ana)
    await ana.button("They match").click()
    await album.take("safety-verified", ana)
    await ana.page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    await album.take("call-verified", ana)
    await ana.hang_up()
    await ben.leave_calls()


FORGET = """
async () => {
  const { amend } = await import('/session/database.js');
  for (const { id } of document.querySelector('kith-app').parts.store.state.people) {
    const other = (there) => (there ? { keep: { ...there, root: there.root.map((byte) => byte ^ 1) } } : {});
    await amend('persons', id, other);
  }
}
"""
"""As if everybody had had another identity when this browser first saw them."""


PAPER = """
(unwritten) => document.querySelector('kith-app').parts.store.dispatch({ t: 'paper', unwritten })
"""
"""Whether the recovery key still waits to be written down."""


async def main(only: str) -> None:
    album = Album(only)
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        async with running_server(directory) as server, browsers(server, directory) as launch:
            ana = await joining(album, launch)
            await strangers(album, launch)
            ben = await launch.person("Ben", "chromium", by=ana, camera=await portrait(launch, "ben"))
            rosa = await launch.person("Rosa", "chromium", by=ana)
            await launch.person("Tío Manuel", "chromium", by=ana, household=False)
            async with devices(ana, directory):
                await rosa.place("Ana Ruiz", video=False)
                await expect(ana.incoming("Rosa")).to_be_visible()
                await rosa.hang_up()
                await expect(ana.page.get_by_role("region", name="Missed calls")).to_be_visible()
                await album.take("home", ana)
                await ana.page.locator("kith-missed").get_by_role("button", name="Seen").click()
                await expect(ana.page.get_by_role("region", name="Missed calls")).to_be_hidden()
                await album.take("home-news", ana)
                await ana.page.locator("kith-news").get_by_role("button", name="Seen").click()
                await ana.page.evaluate(PAPER, arg=False)
                await album.take("home-devices", ana)
                await ana.page.evaluate(PAPER, arg=True)
                await contacts(album, ana, directory)
                await dialogs(album, ana)
                await messages(album, ana, ben)
                await announcements(album, ana, ben)
                await signing_out(album, launch, ana)
                await confirming(album, launch, ana)
                await calls(album, ana, ben, rosa)
                await trusting(album, ana, ben)
            if only in ("", "readme"):
                await picture_for_the_readme(launch)
            second = await ana.context.new_page()
            await second.goto(server.url)
            await album.take("elsewhere", Screen("chromium", server, ana.context, second))
            await server.kill()
            await expect(ana.page.get_by_text("Reconnecting")).to_be_visible()
            await album.take("home-reconnecting", ana)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else ""))
