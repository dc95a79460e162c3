"""Endpoints write and speak to each other through a real server: what arrives, what is noticed, what is lost never."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from kith import Endpoint
from kith.core.problem import Code, Problem
from kith.endpoint.indicators import Light
from kith.endpoint.message_kept import Message
from kith.endpoint.microphones import read_wav
from kith.endpoint.obey import Dialogue
from kith.endpoint.voice_codec import decoded
from media.tones import RATE, Tone
from signaling.call import EndReason
from tests.support.endpoints import DEFAULTS, Watched, endpoint_of
from tests.support.server import Joined, RunningServer, running_server

LIT, DARK, ON = (True, False), (False, False), (True,)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Post:
    """Anna, with two endpoints that hum 440 Hz, and Bob, with two."""

    server: RunningServer
    anna: Joined
    bob: Joined
    study: Watched
    desk: Watched
    hall: Watched
    den: Watched
    home: Path

    @property
    def all(self) -> tuple[Watched, ...]:
        return self.study, self.desk, self.hall, self.den


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def homes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Post]:
    home = tmp_path_factory.mktemp("messages")
    async with running_server(home, "--no-tls") as server, AsyncExitStack() as stack:
        anna = await server.person("Anna")
        bob = await server.person("Bob", by=anna)
        study, desk, hall, den = [
            await stack.enter_async_context(endpoint_of(server, who, name, home, microphone=microphone))
            for who, name, microphone in (
                (anna, "Study", "tone:440"),
                (anna, "Desk", "tone:440"),
                (bob, "Hall", "silence"),
                (bob, "Den", "silence"),
            )
        ]
        yield Post(server, anna, bob, study, desk, hall, den, home)


@pytest.fixture
def post(homes: Post) -> Post:
    """Nothing is left of the test before."""
    for one in homes.all:
        one.history.clear()
    return homes


async def came(at: Watched, text: str | None) -> Message:
    """The message that says this, or a voice message that is all here."""

    def found() -> Message | None:
        return next((one for one, _ in at.details("message") if one.text == text), None)

    await at.until_true(lambda: found() is not None, f"message: {text}")
    message = found()
    assert message is not None
    return message


async def read_everything(post: Post) -> None:
    for one, other in ((post.study, post.bob), (post.hall, post.anna)):
        assert other.person is not None
        await one.endpoint.messages.mark_read(other.person)
    for one in post.all:
        await one.until_true(lambda one=one: not one.endpoint.presentation.messages_wait, "no light")  # type: ignore[misc]
        one.history.clear()


@pytest.mark.row("R51")
async def test_a_text_reaches_all_others_of_both_and_tone_and_light_come_once(post: Post) -> None:
    await read_everything(post)
    sent = await post.study.endpoint.messages.send_text("Bob", "Dinner is ready")
    for one, mine in ((post.desk, True), (post.hall, False), (post.den, False)):
        message = await came(one, "Dinner is ready")
        assert (message.mine, message.seq, message.name) == (mine, sent.seq, "Bob" if mine else "Anna")
    await post.study.until_true(
        lambda: any(one.delivered == sent.seq for (one,) in post.study.details("receipt")), "delivered"
    )
    for one in (post.hall, post.den):
        assert one.details("tone") == [(Tone.MESSAGE,)] and one.details("light") == [(Light.YELLOW_PULSE,)]
    assert post.desk.details("tone") == post.desk.details("light") == []


async def test_a_voice_message_leaves_while_it_is_spoken_and_is_heard_everywhere(post: Post) -> None:
    messages = post.study.endpoint.messages
    recording = messages.record()
    recording.grown = post.study.wake
    sending = asyncio.create_task(messages.send_voice("Bob", recording))
    await post.study.until("indicator", *LIT)
    await post.study.until_true(lambda: recording.seconds >= 1.5, "a second and a half")
    recording.stop()
    sent = await sending
    assert sent.voice is not None and sent.voice.seconds == pytest.approx(recording.seconds, abs=0.1)
    await post.study.until("indicator", *DARK)
    for one in (post.desk, post.hall):
        message = await came(one, None)
        sound = decoded(b"".join([piece async for piece in one.endpoint.messages.sound(message)]))
        assert len(sound) / RATE == pytest.approx(sent.voice.seconds, abs=0.05)
        assert abs(hertz(sound) - 440) < 2
        assert message.transcript is None, "marked as not available"
    assert await messages.delete_recordings() >= 1


@pytest.mark.row("R50", "R52")
async def test_my_messages_are_played_in_their_order_and_are_read_then(post: Post, tmp_path: Path) -> None:
    """What is written is spoken, what is spoken is heard."""
    await read_everything(post)
    path = tmp_path / "heard.wav"
    async with endpoint_of(post.server, post.bob, "Parlour", post.home, speaker=path) as parlour:
        messages = post.study.endpoint.messages
        await messages.send_text("Bob", "First")
        recording = messages.record()
        recording.grown = post.study.wake
        sending = asyncio.create_task(messages.send_voice("Bob", recording))
        await post.study.until_true(lambda: recording.seconds >= 1, "a second")
        recording.stop()
        last = await sending
        await parlour.until_true(lambda: len(parlour.details("message")) == 2, "both")
        assert await parlour.endpoint.messages.play() == 2
        said = [text for (text,) in parlour.details("speak")]
        assert said == ["Message from Anna: First", "Voice message from Anna."]
        assert await parlour.endpoint.messages.unread() == []
        assert parlour.details("light")[-1] == (Light.OFF,)
        await post.study.until_true(
            lambda: any(one.read_by_them == last.seq for (one,) in post.study.details("receipt")), "read"
        )
        await post.den.until_true(lambda: not post.den.endpoint.presentation.messages_wait, "read there, too")
        assert await post.den.endpoint.messages.unread() == []
    sound = read_wav(path)
    assert any(
        abs(hertz(sound[start : start + RATE // 2]) - 440) < 3 for start in range(0, len(sound), RATE // 4)
    ), "the recording was heard"


@pytest.mark.row("R61")
async def test_a_device_on_do_not_disturb_is_silent_and_keeps_what_comes(post: Post) -> None:
    await read_everything(post)
    await post.hall.endpoint.reach.do_not_disturb(on=True)
    await post.hall.until("quiet", *ON)
    post.hall.history.clear()
    await post.study.endpoint.messages.send_text("Bob", "psst")
    await came(post.hall, "psst")
    await post.den.until("tone", Tone.MESSAGE)
    assert post.hall.details("tone") == post.hall.details("light") == []
    assert [one.text for one in await post.hall.endpoint.messages.unread()] == ["psst"]
    await post.hall.endpoint.reach.do_not_disturb(on=False)
    await post.hall.until("light", Light.YELLOW_PULSE)
    await post.study.endpoint.messages.send_text("Bob", "and now")
    await post.hall.until("tone", Tone.MESSAGE)


async def test_a_message_is_left_for_whom_nobody_answered(post: Post) -> None:
    await post.study.endpoint.call("Bob")
    await post.hall.until("ringing")
    await post.hall.endpoint.decline()
    await post.study.until("ended", EndReason.DECLINED)
    await post.study.until("unreached", "Bob")
    missed = post.study.endpoint.dictation.missed
    assert missed is not None and missed.id == post.bob.person
    post.study.endpoint.dictation.begin(missed)
    await post.study.until("indicator", *LIT)
    await asyncio.sleep(0.5)
    assert await post.study.endpoint.dictation.send()
    assert (await came(post.hall, None)).voice is not None


async def test_what_a_household_shares_plays_and_writes_for_those_who_live_there(post: Post) -> None:
    async with endpoint_of(post.server, post.anna, "Kitchen", post.home, shared=True) as kitchen:
        await post.hall.endpoint.messages.send_text("Anna", "for the kitchen too")
        message = await came(kitchen, "for the kitchen too")
        assert (message.person, message.mine) == (post.anna.person, False)
        assert [one.text for one in await kitchen.endpoint.messages.unread()] == ["for the kitchen too"]
        assert post.bob.person is not None
        await kitchen.endpoint.messages.mark_read(post.bob.person)
        await post.hall.until_true(
            lambda: any(one.read_by_them == message.seq for (one,) in post.hall.details("receipt")), "read"
        )
        with pytest.raises(Problem) as refused:
            await kitchen.endpoint.messages.remove(post.bob.person)
        assert refused.value.code is Code.NOT_PERMITTED
        await kitchen.endpoint.messages.send_text("Bob", "from the kitchen", profile="Anna")
        assert (await came(post.hall, "from the kitchen")).name == "Anna"
        assert (await came(post.study, "from the kitchen")).mine


async def test_a_message_that_was_played_is_shown_to_the_operator_by_a_word(post: Post) -> None:
    said = Dialogue(post.hall.endpoint)
    await post.study.endpoint.messages.send_text("Bob", "You have won a prize")
    await came(post.hall, "You have won a prize")
    post.hall.endpoint.messages.played = None
    assert await said.hear("report that message") == "Play a message first, and then report it."
    await post.hall.endpoint.messages.play()
    answer = await said.hear("report that message as spam")
    assert answer == "The message from Anna was shown to whoever runs this server."
    answer = await said.hear("report this message because nobody asked for it")
    assert answer == "The message from Anna was shown to whoever runs this server."
    with closing(sqlite3.connect(post.server.data / "kith.db")) as db:
        rows = db.execute("SELECT person, why, text, message FROM report ORDER BY rowid").fetchall()
    about = post.anna.person, "You have won a prize"
    assert rows == [(about[0], "spam", "", about[1]), (about[0], "other", "nobody asked for it", about[1])]


async def test_no_text_goes_to_a_telephone_number(post: Post) -> None:
    with pytest.raises(Problem) as refused:
        await post.study.endpoint.messages.send_text("+12025550147", "hello")
    assert refused.value.code is Code.NO_TEXT_MESSAGES


# -- nothing is lost and nothing comes twice --------------------------------------------------------------------------


async def test_whatever_is_cut_off_or_killed_each_message_comes_once_and_in_order(post: Post) -> None:
    """Connections of both are dropped all the time, and the server is killed in the middle."""
    texts = [f"number {number}" for number in range(8)]

    async def say_all() -> None:
        for text in texts:
            await post.study.endpoint.messages.send_text("Bob", text)

    async def cut() -> None:
        for number in range(4):
            await asyncio.sleep(0.05)
            (post.study, post.hall)[number % 2].endpoint._wire.connection.drop()

    saying = asyncio.create_task(say_all())
    await cut()
    await came(post.hall, texts[2])
    await post.server.kill()
    await post.server.start()
    await saying
    for one in (post.hall, post.den, post.desk):
        await came(one, texts[-1])
        heard = [message.text for message, _ in one.details("message")]
        assert [text for text in heard if text in texts] == texts  # what was said before may still have come


async def test_what_could_not_be_sent_is_sent_by_the_next_process(post: Post) -> None:
    place = post.home / "Shed"
    async with endpoint_of(post.server, post.anna, "Shed", post.home) as shed:
        await shed.endpoint.names.resolve("Bob", "", None)
        await post.server.kill()
        assert post.bob.person is not None
        saying = asyncio.create_task(shed.endpoint.messages.send_text(post.bob.person, "from the shed"))
        await shed.until("away")
        await shed.until("sending")
    assert saying.cancelled() or saying.done()
    await post.server.start()
    again = await Endpoint.open(place, **DEFAULTS)
    async with again:
        await came(post.hall, "from the shed")
        (kept,) = await again.messages.history(post.bob.person)
        assert kept.state == "sent"


async def test_a_new_device_that_is_signed_for_here_knows_what_was_said_before(
    post: Post, tmp_path: Path
) -> None:
    await post.study.endpoint.messages.send_text("Bob", "before you were here")
    offered = await post.study.endpoint.belonging.offer_pairing(shared=False)
    new = Watched(
        await Endpoint.pair(post.server.url, offered.link, name="Loft", home=tmp_path / "loft", **DEFAULTS)
    )
    async with new.endpoint:
        await new.until_progress("signed")
        await new.until("past")
        assert post.bob.person is not None
        told = await new.endpoint.messages.history(post.bob.person)
        assert "before you were here" in [one.text for one in told]
        assert new.details("tone") == [] and new.details("message") == []


def hertz(sound: np.ndarray) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(sound))) * RATE / max(len(sound), 1))
