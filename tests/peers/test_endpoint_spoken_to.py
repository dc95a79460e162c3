"""A device that is spoken to, pressed, and asked what was missed: each with its effect on a real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from kith.core.utterances.intents import Language
from kith.endpoint.buttons import Button
from kith.endpoint.notices import KEPT, Filter
from kith.endpoint.obey import Dialogue
from kith.endpoint.reading_out import ReadingOut
from signaling.call import EndReason
from tests.support import signing
from tests.support.endpoints import GENEROUS, Clock, Watched, endpoint_of
from tests.support.server import Joined, RunningServer, running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANNA, BEN, KITCHEN = 440, 700, 1000


@dataclass
class House:
    """Anna and Ben live together, with a kitchen; Carl lives elsewhere. Each is heard by a tone."""

    server: RunningServer
    anna: Watched
    ben: Watched
    kitchen: Watched
    carl: Watched

    def spoken_to(self, language: Language = "en") -> Dialogue:
        return Dialogue(self.anna.endpoint, language=language)

    async def silence(self) -> None:
        """Nobody is in a call."""
        for one in (self.anna, self.ben, self.kitchen, self.carl):
            if one.endpoint.current is not None:
                await one.endpoint.hang_up()
        for one in (self.anna, self.ben, self.kitchen, self.carl):
            await free(one)


async def free(one: Watched) -> None:
    await one.until_true(lambda: one.endpoint.current is None, "silence")


async def rings(one: Watched) -> None:
    await one.until_true(lambda: one.endpoint.current is not None, "ringing")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    home: Path = tmp_path_factory.mktemp("spoken")
    async with running_server(home, "--open-sign-up") as server, AsyncExitStack() as stack:
        anna = await server.person("Anna")
        ben = await server.person("Ben", by=anna, household=True)
        carl = await server.person("Carl", by=anna)
        await signing.move_in(server, anna, ben)

        async def live(who: Joined, name: str, tone: int, *, shared: bool = False) -> Watched:
            return await stack.enter_async_context(
                endpoint_of(
                    server,
                    who,
                    name,
                    home,
                    shared=shared,
                    microphone=f"tone:{tone}",
                    camera="pattern",
                    screen=True,
                )
            )

        kitchen = await live(anna, "Kitchen", KITCHEN, shared=True)
        hers, his = await live(anna, "Anna's desk", ANNA), await live(ben, "Ben's desk", BEN)
        await his.endpoint.belonging.move_in()
        yield House(server, hers, his, kitchen, await live(carl, "Carl's desk", 850))


@pytest.mark.row("R12", "R30")
async def test_calls_by_word(house: House) -> None:
    """Call X, call X's mobile, answer, video off and on, hang up: said here, and heard and seen there."""
    said = house.spoken_to()
    for words in ("call Ben", "Call Ben's mobile, please."):
        assert await said.hear(words) == "Calling Ben."
        await rings(house.ben)
        assert house.ben.call.peer_name == "Anna"
        assert await Dialogue(house.ben.endpoint).hear("answer") == "OK."
        await house.anna.hears(BEN)
        assert await said.hear("hang up") == "OK."
        await house.silence()
    assert await said.hear("video call Ben") == "Calling Ben."
    await rings(house.ben)
    assert await Dialogue(house.ben.endpoint, language="es").hear("contesta") == "De acuerdo."
    await house.ben.sees(3)
    after = asyncio.get_running_loop().time()
    assert await said.hear("turn my camera off") == "OK."
    _, _, (_, told) = await house.ben.until("peer_indicated", after=after)
    assert not told.video and told.audio
    assert await said.hear("video on") == "OK."
    await house.ben.sees(3)
    await house.silence()


@pytest.mark.row("R12")
async def test_calls_in_spanish(house: House) -> None:
    said = house.spoken_to("es")
    assert await said.hear("llama a Ben, por favor") == "Llamando a Ben."
    await rings(house.ben)
    assert await said.hear("cuelga") == "De acuerdo."
    await house.silence()
    assert await said.hear("llama a Ebenezer") == "No conozco a Ebenezer."
    assert await said.hear("cuelga") == "No hay ninguna llamada."


@pytest.mark.row("R12")
async def test_drop_in_by_word(house: House) -> None:
    """Drop in on the kitchen, on home, on everyone; disable drop in; do not disturb."""
    said = house.spoken_to()
    assert await said.hear("drop in on home") == "Dropping in on home."
    await house.anna.hears(KITCHEN)
    await house.silence()
    assert await said.hear("drop in on the kitchen") == "Dropping in on Kitchen."
    await house.anna.hears(KITCHEN)
    await house.silence()
    assert "may not drop in any more" in await said.hear("disable drop in")
    own = await house.anna.endpoint.grants.own()
    assert own is not None and own.home == "off"
    assert await said.hear("enable drop in") == "Your household may drop in."
    assert await said.hear("do not disturb") == "Do Not Disturb is on here."
    assert house.anna.endpoint.reach.quiet
    assert await said.hear("turn off do not disturb") == "Do Not Disturb is off here."
    assert not house.anna.endpoint.reach.quiet


async def test_help_is_not_promised(house: House) -> None:
    for words in ("call for help", "call 911", "call an ambulance"):
        assert (await house.spoken_to().hear(words)).startswith("I cannot call for help. Use a phone")
    assert all(one.endpoint.current is None for one in (house.anna, house.ben, house.carl))


@pytest.mark.row("R127")
async def test_a_double_click_calls_the_top_contact_and_a_click_hangs_up(house: House) -> None:
    anna, button = house.anna, Button(house.anna.endpoint)
    began = asyncio.get_running_loop().time()
    for _ in range(2):
        button.press(bounces=False)
    await anna.until("speak", after=began)  # there is no top contact yet
    assert anna.endpoint.current is None
    anna.endpoint.top_contact = "Ben"
    began = asyncio.get_running_loop().time()
    for _ in range(2):
        button.press(bounces=False)
    await anna.until("vibrate", after=began)
    await rings(house.ben)
    assert house.ben.call.peer_name == "Anna"
    await house.ben.endpoint.answer()
    await anna.hears(BEN)
    button.press()
    await house.ben.until("ended", EndReason.HUNG_UP, after=began)
    await house.silence()


@pytest.mark.row("R131")
async def test_what_was_missed_is_read_out_of_those_who_matter_and_not_for_ever(house: House) -> None:
    clock = Clock()
    endpoint = house.anna.endpoint
    reading = ReadingOut(endpoint, only=Filter(vips=frozenset({"Ben"})), aloud=True, clock=clock)
    everything = ReadingOut(endpoint, clock=clock)
    missed = asyncio.Event()
    endpoint.on("missed", lambda calls: missed.set())
    began = asyncio.get_running_loop().time()
    for caller in (house.carl, house.ben):
        await caller.endpoint.call("Anna")
        await rings(house.anna)
        await caller.endpoint.hang_up()
        await house.silence()
        async with asyncio.timeout(GENEROUS):
            await missed.wait()
        missed.clear()
    await house.anna.until("speak", "Ben called.", after=began)
    assert ("Carl called.",) not in house.anna.details("speak")
    said = Dialogue(endpoint, reading=reading)
    assert await said.hear("what did I miss?") == "Ben called."
    assert await said.hear("what did I miss?") == "Nothing since you last asked."
    assert await said.hear("repeat my notifications") == "Ben called."
    assert everything.read() == "Carl called. Ben called."
    clock.ahead = KEPT + 60
    assert await said.hear("repeat my notifications") == "Nothing since you last asked."
    assert not everything.notices.kept()


@pytest.mark.row("R12")
async def test_announcing_by_word(house: House) -> None:
    """It is heard in the kitchen and by Ben, who answers it; Carl lives elsewhere."""
    said = house.spoken_to()
    assert await said.hear("reply I am coming") == "There is nothing to answer."
    assert await said.hear("announce") == "What shall I announce?"
    assert (await said.hear("Dinner is ready")).startswith("Announced on ")
    for one in (house.kitchen, house.ben):
        _, _, (heard,) = await one.until("announcement")
        assert (heard.name, heard.text) == ("Anna", "Dinner is ready")
    assert await Dialogue(house.ben.endpoint).hear("reply I am coming") == "You have answered."
    _, _, (answer,) = await house.anna.until("announcement")
    assert (answer.name, answer.text) == ("Ben", "I am coming")
    assert not house.carl.times("announcement")


@pytest.mark.row("R12")
async def test_messages_by_word(house: House) -> None:
    """A text with or without a pause before it, a voice message, and playing what came."""
    said, answered = house.spoken_to(), Dialogue(house.ben.endpoint)
    assert await said.hear("Send a message to Ben: I'm on the train.") == "The message to Ben is sent."
    assert await said.hear("tell Ben dinner is ready") == "The message to Ben is sent."
    assert await said.hear("send a message to Ben") == "What shall I say?"
    await house.carl.endpoint.call("Anna")
    await rings(house.anna)
    assert await said.hear("decline") == "OK.", "and nobody is sent that"
    await house.silence()
    assert await said.hear("See you soon") == "The message to Ben is sent."
    texts = ["I'm on the train", "dinner is ready", "See you soon"]

    def came() -> bool:
        return [one.text for one, _ in house.ben.details("message")] == texts

    await house.ben.until_true(came, "three messages in their order")
    assert not house.carl.times("message")
    assert "recording for Ben" in await said.hear("record a message for Ben")
    await house.anna.until("indicator", *(True, False))
    await asyncio.sleep(0.3)  # somebody speaks
    assert await said.hear("send it") == "Your voice message is sent."
    await house.ben.until_true(lambda: len(house.ben.details("message")) == 4, "a voice message")
    assert await answered.hear("play my messages") == "You have 4 messages."
    await house.ben.until("speak", "Message from Anna: dinner is ready")
    await house.ben.until("speak", "Voice message from Anna.")
    assert await said.hear("play my messages") == "There are no new messages."
    assert await said.hear("send a message to Ebenezer: hello") == "I do not know Ebenezer."
