"""What becomes of messages that are too many, and of one that nobody should have written."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kith.core.problem import Code, Problem
from kith.core.reports import Why
from kith.core.trust import message
from kith.endpoint import message_outbox
from kith.endpoint.lock import Locked
from signaling import protocol
from signaling.protocol import Command
from tests.unit.endpoint.post_office import BEN, KITCHEN, PHONE, Post, hurry, last_sent, posted


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    async with posted(tmp_path) as post:
        yield post


async def test_what_is_too_much_for_a_minute_waits_and_goes_in_its_order(post: Post) -> None:
    phone, kitchen = post.device(PHONE), post.device(KITCHEN)
    refused = 0

    def fault(command: Command, done: bool) -> None:
        nonlocal refused
        if isinstance(command, protocol.SendMessage) and not done and refused < 3:
            refused += 1
            raise Problem(Code.QUOTA_EXCEEDED, data={"retry_after": 0.02})

    post.office.fault = fault
    await asyncio.gather(phone.messages.send_text(BEN, "first"), phone.messages.send_text(BEN, "second"))
    await post.office.until(lambda: len(kitchen.came()) == 2)
    assert [one.text for one in kitchen.came()] == ["first", "second"]
    assert refused == 3 and not phone.named("unsent")
    assert (
        len({one.envelope.id for one in post.office.carried_out if isinstance(one, protocol.SendMessage)})
        == 2
    )


@pytest.mark.parametrize(
    "data", [{"retry_after": message_outbox.A_WHILE + 1}, {}], ids=["for long", "who knows"]
)
async def test_of_what_is_too_much_for_a_day_a_person_is_told(post: Post, data: dict[str, Any]) -> None:
    phone = post.device(PHONE)

    def fault(command: Command, done: bool) -> None:
        if isinstance(command, protocol.SendMessage):
            raise Problem(Code.QUOTA_EXCEEDED, data=data)

    post.office.fault = fault
    with pytest.raises(Problem, match=str(Problem(Code.QUOTA_EXCEEDED))):
        await phone.messages.send_text(BEN, "hello")
    ((message, _),) = phone.named("unsent")
    assert message.state == "failed"


async def test_what_came_is_shown_to_the_operator_and_what_was_only_told_is_not(post: Post) -> None:
    phone, kitchen = post.device(PHONE), post.device(KITCHEN)
    sent = await phone.messages.send_text(BEN, "buy this")
    await post.office.until(lambda: bool(kitchen.came()))
    await kitchen.messages.play()
    assert kitchen.messages.played is not None
    await kitchen.messages.report(kitchen.messages.played, Why.SPAM, "x" * 2_000)
    (command,) = [one for one in post.office.carried_out if isinstance(one, protocol.ReportMessage)]
    assert (command.envelope, command.why, command.text) == (
        last_sent(post.office).envelope,
        Why.SPAM,
        "x" * 1_000,
    )
    assert message.open_content(command.envelope, command.key) == b'{"text":"buy this"}'
    with pytest.raises(Problem, match=str(Problem(Code.UNKNOWN_MESSAGE))):
        await phone.messages.report(sent)
    kitchen.locked = True
    with pytest.raises(Locked):
        await kitchen.messages.report(kitchen.messages.played)
