"""What came from a device that was signed out before it came, and what whoever has that device makes of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kith.core.keys import KeyPair
from kith.core.trust import message
from kith.core.trust.untrusted import Reason
from signaling import protocol
from tests.unit.endpoint.post_office import (
    ANNA,
    BEN,
    KITCHEN,
    PHONE,
    TABLET,
    Post,
    hurry,
    posted,
    shown,
)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    async with posted(tmp_path) as post:
        yield post


async def test_what_a_device_sent_before_it_was_signed_out_is_heard_and_says_so(post: Post) -> None:
    tablet = post.device(TABLET)
    await tablet.messages.send_text(BEN, "on my way")
    await tablet.close()
    post.office.persons[ANNA].sign_out(TABLET)
    phone, kitchen = post.device(PHONE), post.device(KITCHEN)
    await post.office.until(lambda: bool(kitchen.came() and phone.came()))
    assert kitchen.came()[0].signed_out and phone.came()[0].signed_out
    assert not kitchen.named("message_refused")
    kitchen = await kitchen.again(post.home)
    (message,) = await kitchen.messages.unread()
    assert (message.text, message.signed_out) == ("on my way", True)
    await kitchen.messages.play()
    assert kitchen.spoken == ["Message from Anna, sent from a device that is signed out: on my way"]
    await phone.messages.send_text(BEN, "here")
    await post.office.until(lambda: len(kitchen.came()) == 1)
    assert not kitchen.came()[0].signed_out
    await kitchen.close()


async def test_a_new_endpoint_is_told_what_came_from_one_that_was_signed_out(post: Post) -> None:
    tablet = post.device(TABLET)
    await tablet.messages.send_text(BEN, "on my way")
    await tablet.close()
    post.office.persons[ANNA].sign_out(TABLET)
    kitchen = post.device(KITCHEN)
    await post.office.until(lambda: bool(kitchen.came()))
    new = "e_" + "5" * 20
    post.office.persons[BEN].add(new)
    added = post.device(new)
    for device in (kitchen, added):
        device.identities.grown(BEN)
    kitchen.messages.signed(new)
    await post.office.until(lambda: bool(added.named("past")))
    assert [one.signed_out for one in await added.messages.history(ANNA)] == [True]


@pytest.mark.parametrize(
    ("thief", "version", "reason"),
    [
        ("the tablet", 2, Reason.NOT_ACTIVE),
        ("the tablet", 0, Reason.NOT_ACTIVE),
        ("nobody's", 1, Reason.NOT_DELEGATED),
    ],
    ids=["after it was signed out", "before it was there", "never there"],
)
async def test_who_has_a_device_that_was_signed_out_can_say_nothing_since(
    post: Post, thief: str, version: int, reason: Reason
) -> None:
    """Nor can a server that never had one, whatever point it names."""
    keys = post.office.persons[ANNA].sign_out(TABLET)
    post.device(PHONE)
    kitchen = post.device(KITCHEN)
    forged(post, keys if thief == "the tablet" else KeyPair.generate(), version)
    await post.office.until(lambda: bool(kitchen.named("message_refused")))
    assert kitchen.named("message_refused") == [("Anna", reason)]
    assert kitchen.came() == [] and kitchen.tones == 0


async def test_what_is_written_with_a_signed_out_device_at_a_point_of_long_ago_is_marked(post: Post) -> None:
    """It cannot be told from what was on its way."""
    keys = post.office.persons[ANNA].sign_out(TABLET)
    kitchen = post.device(KITCHEN)
    forged(post, keys, 1)
    await post.office.until(lambda: bool(kitchen.came()))
    assert kitchen.came()[0].signed_out


def forged(post: Post, keys: KeyPair, version: int) -> None:
    """The server has these keys, and writes in Anna's name to Ben's kitchen."""
    office = post.office
    anna, ben = (office.persons[one] for one in (ANNA, BEN))
    envelope = message.seal(
        message.MessageEnvelope(
            id="m_" + "9" * 20,
            kind="message",
            person=ANNA,
            root=anna.chain.root,
            version=version,
            head=anna.chain.history.hashes[version],
            endpoint=TABLET,
            identity=keys.public.identity,
            to_root=ben.chain.root,
            sent=1,
            ciphertext=b"",
            signature=b"",
        ),
        keys,
        b'{"text":"Leave the door open"}',
        b"k" * 32,
        b"n" * 12,
    )
    key = message.seal_key(keys, ben.endpoints[KITCHEN].public, envelope, KITCHEN, b"k" * 32, b"n" * 12)
    item = protocol.MessageItem(
        n=1,
        person=BEN,
        other=ANNA,
        name="Anna",
        seq=1,
        at=office.now,
        envelope=envelope,
        keys=shown(keys),
        key=key.key,
        segments=0,
        alert=True,
    )
    office._deliver(KITCHEN, item)
