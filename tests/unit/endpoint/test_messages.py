"""Messages between endpoints by a server in memory, which fails, lies and forgets."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.core.keys import KeyPair
from kith.core.problem import Code, Problem
from kith.core.trust import person_write
from kith.core.trust.message import seal_segment
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint import message_store
from kith.endpoint.dialling import Unreachable
from kith.endpoint.lock import Locked
from kith.endpoint.message_kept import Message
from kith.endpoint.message_sealing import AnotherIdentity
from kith.endpoint.messages import NothingSaid
from kith.endpoint.recorder import pieces
from kith.endpoint.voice_codec import encoded
from media.tones import RATE, Samples, sine
from signaling import protocol
from signaling.protocol import AnyReply, Command
from tests.unit.endpoint.post_office import (
    ANNA,
    BEN,
    HALL,
    KITCHEN,
    PHONE,
    TABLET,
    Post,
    hurry,
    last_sent,
    posted,
    shown,
)

VOICE = encoded(sine(440, 0, RATE))


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    async with posted(tmp_path) as post:
        yield post


async def test_a_text_reaches_every_other_endpoint_of_both(post: Post) -> None:
    phone, tablet, kitchen = (post.device(one) for one in (PHONE, TABLET, KITCHEN))
    sent = await phone.messages.send_text(BEN, "  Dinner is ready ")
    assert sent.state == "sent" and sent.seq == 1
    for device, mine, name in ((tablet, True, "Ben"), (kitchen, False, "Anna")):
        await post.office.until(lambda device=device: bool(device.came()))  # type: ignore[misc]
        (came,) = device.came()
        assert (came.text, came.mine, came.name, came.seq) == ("Dinner is ready", mine, name, 1)
    await post.office.until(lambda: not any(post.office.inboxes.get(one) for one in (TABLET, KITCHEN)))
    assert kitchen.tones == 1 and tablet.tones == 0, "nobody is told of what they said themselves"
    assert kitchen.named("light") == [(True,)]
    hall = post.device(HALL)
    await post.office.until(lambda: bool(hall.came()))
    assert [one.text for one in await hall.messages.unread()] == ["Dinner is ready"]


async def test_a_voice_message_arrives_whole_and_its_sound_is_kept(post: Post) -> None:
    phone, kitchen = post.device(PHONE), post.device(KITCHEN)
    said: list[int] = []

    async def transcriber(samples: Samples) -> str:
        said.append(len(samples))
        return "hello from the garden"

    kitchen.messages.transcripts.transcriber = transcriber
    sent = await phone.messages.send_voice(BEN, VOICE)
    assert sent.voice is not None and sent.voice.segments == len(pieces(VOICE)) > 1
    await post.office.until(lambda: bool(kitchen.named("transcript")))
    (message,) = await kitchen.messages.unread()
    assert message.playable and message.transcript == "hello from the garden" and said == [RATE]
    assert b"".join([part async for part in kitchen.messages.sound(message)]) == VOICE
    assert await kitchen.messages.search("GARDEN hello") == [message]
    hall = post.device(HALL)
    await post.office.until(lambda: bool(hall.named("transcript")))
    assert (await hall.messages.unread())[0].transcript == "hello from the garden"
    assert await kitchen.messages.delete_recordings() == 1
    (left,) = await kitchen.messages.unread()
    assert not left.playable and left.transcript == message.transcript
    assert await kitchen.messages.forget_transcripts(1_700_000_000.0 + 31 * 86_400) == 1
    assert (await kitchen.messages.unread())[0].transcript is None


async def test_whoever_is_told_of_a_voice_message_may_ask_for_its_sound_at_once(post: Post) -> None:
    phone, kitchen = post.device(PHONE), post.device(KITCHEN)
    heard: asyncio.Queue[asyncio.Task[bytes]] = asyncio.Queue()

    async def sound(message: Message) -> bytes:
        return b"".join([part async for part in kitchen.messages.sound(message)])

    def listener(event: str, details: tuple[Any, ...]) -> None:
        if event == "message":
            heard.put_nowait(asyncio.create_task(sound(details[0])))

    kitchen.listener = listener
    await phone.messages.send_voice(BEN, VOICE)
    assert await (await heard.get()) == VOICE


async def test_what_was_read_or_removed_at_one_is_so_at_all_own_and_at_nobody_elses(post: Post) -> None:
    phone, kitchen, hall = (post.device(one) for one in (PHONE, KITCHEN, HALL))
    for text in ("one", "two"):
        await phone.messages.send_text(BEN, text)
    await post.office.until(lambda: len(kitchen.came()) == len(hall.came()) == 2)
    assert await kitchen.messages.play() == 2
    assert kitchen.spoken == ["Message from Anna: one", "Message from Anna: two"]
    await post.office.until(lambda: hall.presentation.messages_wait is False)
    assert await hall.messages.unread() == []
    await post.office.until(lambda: any(c[0].read_by_them == 2 for c in phone.named("receipt")))
    await hall.messages.remove(ANNA)
    await post.office.until(lambda: any(c[0].removed == 2 for c in kitchen.named("conversation")))
    assert await kitchen.messages.conversations() == await hall.messages.conversations() == []
    assert [one.text for one in await phone.messages.history(BEN)] == ["one", "two"]


async def test_recordings_are_written_down_one_after_another_and_told_with_when_they_expire(
    post: Post,
) -> None:
    """Those that came while nobody could are written down as well; nobody is asked twice."""
    phone, kitchen = post.device(PHONE), post.device(KITCHEN)
    for _ in range(3):
        await phone.messages.send_voice(BEN, VOICE)
    await post.office.until(lambda: len(kitchen.store.unwritten(0)) == 3)
    busy, asked = 0, list[int]()

    async def transcriber(samples: Samples) -> str | None:
        nonlocal busy
        busy += 1
        asked.append(busy)
        await asyncio.sleep(0.005)
        busy -= 1
        return None if len(asked) == 1 else "hello"

    kitchen.messages.transcripts.transcriber = transcriber
    kitchen.messages.transcripts.days = 1
    kitchen.messages.transcripts.look()
    await post.office.until(lambda: len(kitchen.named("transcript")) == 2)
    assert asked == [1, 1, 1]
    post.office.persons[BEN].add(den := "e_" + "5" * 20)
    new = post.device(den)
    kitchen.messages.signed(den)
    await post.office.until(lambda: len(new.store.history(BEN, ANNA, None, 99)) == 3)
    await post.office.until(lambda: len(new.named("transcript")) == 2)
    told = [one.expires for one in await new.messages.history(ANNA) if one.transcript]
    assert told == [post.office.now + 86_400] * 2
    kitchen.messages.transcripts.look()
    assert len(asked) == 3


async def test_what_was_removed_or_read_elsewhere_before_it_came_here_is_so_here(post: Post) -> None:
    phone, kitchen = post.device(PHONE), post.device(KITCHEN)
    for text in ("removed", "read"):
        await phone.messages.send_text(BEN, text)
        await post.office.until(lambda text=text: any(one.text == text for one in kitchen.came()))  # type: ignore[misc]
        post.office.now += 1
        await (kitchen.messages.remove if text == "removed" else kitchen.messages.mark_read)(ANNA)
        post.office.now += 1
    await post.office.until(lambda: post.office.told[BEN, ANNA].read == 2)
    deliver, held = post.office.inboxes[HALL], dict(post.office.inboxes[HALL])
    deliver.clear()
    hall = post.device(HALL)
    await post.office.until(lambda: hall.store.conversation(BEN, ANNA) is not None)
    deliver.update(held)
    hall.messages.begun_anew()
    await post.office.until(lambda: not deliver)
    assert [one.text for one in hall.came()] == ["read"] and await hall.messages.unread() == []


async def test_a_server_cannot_have_removed_what_is_still_to_come(post: Post) -> None:
    phone, kitchen = post.device(PHONE), post.device(KITCHEN)
    await phone.messages.send_text(BEN, "one")
    await post.office.until(lambda: bool(kitchen.came()))
    post.office._tell(BEN, ANNA, removed=2**50, read=2**50, last=2**50)
    await post.office.until(lambda: bool(kitchen.named("conversation")))
    post.office.now += 60
    await phone.messages.send_text(BEN, "two")
    await post.office.until(lambda: len(kitchen.came()) == 2)
    assert [one.text for one in await kitchen.messages.unread()] == ["two"] and kitchen.tones == 2


@pytest.mark.parametrize("deed", ["mark_read", "remove"])
async def test_what_is_not_here_yet_is_neither_read_nor_removed_from_here(
    post: Post, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    """The server has told of two, and one of them has come."""
    phone, kitchen = post.device(PHONE), post.device(KITCHEN)
    await phone.messages.send_text(BEN, "one")
    await post.office.until(lambda: bool(kitchen.came()))
    held: list[protocol.MessageItem] = []
    deliver = post.office._deliver
    monkeypatch.setattr(
        post.office, "_deliver", lambda at, item: held.append(item) if at == KITCHEN else deliver(at, item)
    )
    await phone.messages.send_text(BEN, "two")
    post.office._tell(BEN, ANNA, last=2, delivered=1)
    await post.office.until(lambda: bool(kitchen.named("receipt")))
    assert kitchen.named("receipt")[-1][0].last == 2
    post.office.now += 1
    await getattr(kitchen.messages, deed)(ANNA)
    name = {"mark_read": "read", "remove": "removed"}[deed]
    await post.office.until(lambda: getattr(post.office.told[BEN, ANNA], name) > 0)
    deliver(KITCHEN, held[0])
    await post.office.until(lambda: len(kitchen.came()) == 2)
    assert getattr(post.office.told[BEN, ANNA], name) == 1
    assert [one.text for one in await kitchen.messages.unread()][-1:] == ["two"]


async def test_a_locked_phone_says_and_shows_nothing_of_them_and_takes_them_all_the_same(post: Post) -> None:
    phone, kitchen = post.device(PHONE), post.device(KITCHEN)
    await phone.messages.send_text(BEN, "secret")
    await post.office.until(lambda: bool(kitchen.came()))
    kitchen.locked = True
    shows = kitchen.messages
    for asked in (
        shows.play(),
        shows.unread(),
        shows.conversations(),
        shows.history(ANNA),
        shows.search("secret"),
    ):
        with pytest.raises(Locked):
            await asked
    assert kitchen.spoken == []
    kitchen.locked = False
    assert await shows.play() == 1


async def test_a_disk_that_fails_once_loses_nothing(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    phone, kitchen = post.device(PHONE), post.device(KITCHEN)
    failures = [sqlite3.OperationalError("database or disk is full"), ValueError("a bug")]
    receive = kitchen.store.receive

    def received(*arriving: Any) -> bool:
        with message_store._usable():
            if failures:
                raise failures.pop(0)
        return receive(*arriving)

    monkeypatch.setattr(kitchen.store, "receive", received)
    await phone.messages.send_text(BEN, "hello")
    await post.office.until(lambda: bool(kitchen.came()))
    assert failures == []


async def test_what_is_not_heard_to_its_end_stays_unread(post: Post) -> None:
    phone, kitchen = post.device(PHONE), post.device(KITCHEN)
    await phone.messages.send_text(BEN, "one")
    await post.office.until(lambda: bool(kitchen.came()))
    kitchen.heard_out = False
    assert await kitchen.messages.play() == 0
    assert len(await kitchen.messages.unread()) == 1 and kitchen.presentation.messages_wait


@pytest.mark.parametrize("alert", [True, False], ids=["quiet here", "the server knows"])
async def test_a_device_on_do_not_disturb_is_silent_and_keeps_it(post: Post, *, alert: bool) -> None:
    phone, kitchen = post.device(PHONE), post.device(KITCHEN)
    kitchen.quiet = alert
    deliver = post.office._deliver
    post.office._deliver = lambda endpoint, item: deliver(  # type: ignore[method-assign]
        endpoint, msgspec.structs.replace(item, alert=alert)
    )
    await phone.messages.send_text(BEN, "psst")
    await post.office.until(lambda: bool(kitchen.came()))
    assert kitchen.tones == 0 and kitchen.named("light") == [] and kitchen.named("message")[0][1] is False
    assert [one.text for one in await kitchen.messages.unread()] == ["psst"]
    kitchen.quiet = False
    kitchen.messages.quiet_turned()
    await post.office.until(lambda: kitchen.named("light") == [(True,)])
    assert kitchen.tones == 0


async def test_an_endpoint_that_came_or_went_meanwhile_is_sealed_to_anew(post: Post) -> None:
    phone = post.device(PHONE)
    den = "e_" + "5" * 20
    listed = post.office.recipients

    def recipients(asking: str, other: str) -> protocol.Recipients:
        found = listed(asking, other)
        if den not in post.office.persons[BEN].endpoints:
            post.office.persons[BEN].add(den)
        return found

    post.office.recipients = recipients  # type: ignore[method-assign]
    await phone.messages.send_text(BEN, "hello")
    assert {one.endpoint for one in last_sent(post.office).keys} == {TABLET, KITCHEN, HALL, den}


async def test_a_retry_is_the_same_message_even_if_others_read_it_by_now(post: Post) -> None:
    """The server has it, the answer was lost, and meanwhile there is one endpoint more."""
    phone = post.device(PHONE)
    lost: list[Command] = []

    def fault(command: Command, done: bool) -> None:
        if isinstance(command, protocol.SendMessage) and done and not lost:
            lost.append(command)
            post.office.persons[BEN].add("e_" + "5" * 20)
            raise Unreachable("away")

    post.office.fault = fault
    await phone.messages.send_text(BEN, "hello")
    envelopes = {one.envelope for one in post.office.carried_out if isinstance(one, protocol.SendMessage)}
    assert lost and len(envelopes) == 1


async def test_a_new_endpoint_is_told_the_past_and_what_is_shared_is_not(post: Post) -> None:
    phone, kitchen = post.device(PHONE), post.device(KITCHEN)
    for number in range(30):
        await phone.messages.send_text(BEN, f"{number} " + "long " * 700)
    await post.office.until(lambda: len(kitchen.came()) == 30)
    post.office.persons[BEN].add(den := "e_" + "5" * 20)
    new = post.device(den)
    kitchen.messages.signed(den)
    await post.office.until(lambda: len(new.store.history(BEN, ANNA, None, 99)) == 30)
    told = await new.messages.history(ANNA, most=100)
    assert [one.text for one in told] == [f"{number} {'long ' * 700}".strip() for number in range(30)]
    assert new.came() == [] and new.tones == 0
    assert not any(isinstance(item, protocol.OwnItem) for item in post.office.inboxes.get(HALL, {}).values())


async def test_a_retry_after_a_refusal_and_a_refusal_for_good(post: Post) -> None:
    phone = post.device(PHONE)
    codes = [Code.RATE_LIMITED, Code.STORAGE_UNAVAILABLE, Code.QUOTA_EXCEEDED]

    def fault(command: Command, done: bool) -> None:
        if isinstance(command, protocol.SendMessage) and not done and codes:
            raise Problem(codes.pop(0))

    post.office.fault = fault
    with pytest.raises(Problem) as refused:
        await phone.messages.send_text(BEN, "hello")
    assert refused.value.code is Code.QUOTA_EXCEEDED and codes == []
    ((message, cause),) = phone.named("unsent")
    assert message.state == "failed" and cause is refused.value
    assert [one.state for one in await phone.messages.history(BEN)] == ["failed"]
    await phone.messages.send_text(BEN, "hello again")


async def test_segments_that_the_server_forgot_are_put_again(post: Post) -> None:
    phone = post.device(PHONE)
    forgot: list[bool] = []

    def fault(command: Command, done: bool) -> None:
        if isinstance(command, protocol.SendMessage) and not done and not forgot:
            post.office.segments.clear()
            forgot.append(True)

    post.office.fault = fault
    await phone.messages.send_voice(BEN, VOICE)
    assert len(post.office.segments) == len(pieces(VOICE)) and forgot


@pytest.mark.parametrize("text", ["", "   ", "x" * 4_001])
async def test_what_is_no_message_is_not_sent(post: Post, text: str) -> None:
    phone = post.device(PHONE)
    with pytest.raises(NothingSaid):
        await phone.messages.send_text(BEN, text)
    with pytest.raises(NothingSaid):
        await phone.messages.send_voice(BEN, text.encode())
    with pytest.raises(Problem) as problem:
        await phone.messages.send_text("+12025550147", "hello")
    assert problem.value.code is Code.NO_TEXT_MESSAGES
    assert post.office.sent == {} and await phone.messages.conversations() == []


# -- lies -----------------------------------------------------------------------------------------------------------


async def test_keys_that_were_swapped_are_sealed_to_by_nobody(post: Post) -> None:
    phone = post.device(PHONE)

    def lie(reply: AnyReply) -> AnyReply:
        if isinstance(reply, protocol.Recipients):
            first, *others = reply.endpoints
            first = msgspec.structs.replace(first, keys=shown(KeyPair.generate()))
            return msgspec.structs.replace(reply, endpoints=(first, *others))
        return reply

    post.office.lie = lie
    with pytest.raises(Untrusted):
        await phone.messages.send_text(BEN, "secret")
    assert not any(
        isinstance(one, protocol.SendMessage | protocol.PutSegment) for one in post.office.carried_out
    )


async def test_somebody_who_is_another_one_now_is_shown_before_anything_is_sent(post: Post) -> None:
    phone = post.device(PHONE)
    await phone.messages.send_text(BEN, "hello")
    ben = post.office.persons[BEN]
    keys = KeyPair.generate()
    ben.links = (person_write.begin(keys, KeyPair.generate().public.identity, time=1),)
    ben.endpoints = {KITCHEN: keys}
    phone.identities.forget_shown()
    count = len(post.office.sent)
    with pytest.raises(AnotherIdentity):
        await phone.messages.send_text(BEN, "secret")
    assert len(post.office.sent) == count
    await phone.identities.accept(await phone.identities.person(BEN))
    await phone.messages.send_text(BEN, "not secret")


FORGERIES = {
    "played again": lambda item: msgspec.structs.replace(item, n=item.n + 1_000),
    "to another": lambda item: msgspec.structs.replace(item, n=item.n + 1_000, other=ANNA, person=ANNA),
    "changed": lambda item: msgspec.structs.replace(
        item,
        n=item.n + 1_000,
        envelope=msgspec.structs.replace(item.envelope, id="m_" + "9" * 20),
    ),
    "of another": lambda item: msgspec.structs.replace(
        item, n=item.n + 1_000, keys=shown(KeyPair.generate())
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_what_a_server_makes_of_a_message_is_not_believed(post: Post, forgery: str) -> None:
    phone, kitchen = post.device(PHONE), post.device(KITCHEN)
    kept: list[protocol.MessageItem] = []
    deliver = post.office._deliver

    def delivered(endpoint: str, item: protocol.MessageItem) -> None:
        if endpoint == KITCHEN:
            kept.append(item)
        deliver(endpoint, item)

    post.office._deliver = delivered  # type: ignore[method-assign]
    await phone.messages.send_text(BEN, "hello")
    await post.office.until(lambda: bool(kitchen.came()))
    deliver(KITCHEN, FORGERIES[forgery](kept[0]))
    await post.office.until(lambda: not post.office.inboxes[KITCHEN])
    assert len(kitchen.came()) == 1 and kitchen.tones == 1
    assert bool(kitchen.named("message_refused")) is (forgery != "played again")
    assert [one.text for one in await kitchen.messages.unread()] == ["hello"]


@pytest.mark.parametrize("sealed", [False, True], ids=["by nobody", "by one who can read it"])
async def test_a_swapped_segment_is_not_heard(
    post: Post, monkeypatch: pytest.MonkeyPatch, *, sealed: bool
) -> None:
    phone, kitchen = post.device(PHONE), post.device(KITCHEN)
    monkeypatch.setattr("kith.endpoint.messages.new_key", lambda: b"k" * 32)

    def lie(reply: AnyReply) -> AnyReply:
        if not isinstance(reply, protocol.Segment):
            return reply
        (message,) = post.office.sent
        other = seal_segment(b"k" * 32, message, 0, b"something else", last=False)
        return protocol.Segment(re="", body=other if sealed else bytes(200))

    post.office.lie = lie
    await phone.messages.send_voice(BEN, VOICE)
    await post.office.until(lambda: bool(kitchen.came()) and not post.office.inboxes[KITCHEN])
    (message,) = await kitchen.messages.unread()
    assert not message.playable and message.here == 0


async def test_a_sender_whom_the_server_does_not_show_holds_up_nobody(post: Post) -> None:
    phone, tablet = post.device(PHONE), post.device(TABLET)
    await phone.messages.send_text(BEN, "first")
    hidden = True

    def fault(command: Command, done: bool) -> None:
        if hidden and isinstance(command, protocol.ListIdentities) and ANNA in command.persons:
            raise Problem(Code.NOT_PERMITTED)

    await post.office.until(lambda: bool(tablet.came()))
    post.office.fault = fault
    kitchen = post.device(KITCHEN)
    await post.office.until(lambda: bool(kitchen.named("message_refused")))
    assert kitchen.named("message_refused") == [("Anna", Reason.MISSING)]
    hidden = False
    await tablet.messages.send_text(BEN, "second")
    await post.office.until(lambda: [one.text for one in kitchen.came()] == ["second"])
