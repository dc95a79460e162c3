"""Whatever is lost between two endpoints and their server, a message is delivered once."""

from dataclasses import replace
from pathlib import Path

import pytest

from kith.endpoint.dialling import Unreachable
from kith.endpoint.message_kept import Message
from kith.endpoint.message_sealing import new_key
from kith.endpoint.voice_codec import encoded
from media.tones import RATE, sine
from signaling.protocol import Command
from tests.unit.endpoint.post_office import ANNA, BEN, Device, Killed, PostOffice, hurry

PHONE, KITCHEN = "e_" + "1" * 20, "e_" + "3" * 20
VOICE = encoded(sine(440, 0, RATE))


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.mark.parametrize("how", ["killed", "away"])
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
async def test_whatever_step_is_lost_each_message_is_delivered_once(
    tmp_path: Path, how: str, *, done: bool
) -> None:
    """Every command of both ends is once the one that is lost, on its way or with its answer; with the process, or with
    the connection alone."""
    step = 1
    while await one_step_lost(tmp_path / str(step), step, how, done=done):
        step += 1
    assert step > 12


async def one_step_lost(home: Path, step: int, how: str, *, done: bool) -> bool:
    """Whether there were as many steps."""
    office, steps = PostOffice(), 0
    office.persons[ANNA].add(PHONE)
    office.persons[BEN].add(KITCHEN)

    def fault(command: Command, after: bool) -> None:
        nonlocal steps
        if after is done:
            steps += 1
            if steps == step:
                raise Killed if how == "killed" else Unreachable("away")

    phone, kitchen = Device(office, PHONE, home), Device(office, KITCHEN, home)
    for text in ("one", None):
        message, key = await phone.messages._draft(BEN, None), new_key()
        voice = None if text else await phone.messages._keep(message, key, VOICE)
        await phone.messages._outbox.post(replace(message, text=text, voice=voice), key)
    office.fault = fault
    phone.come()
    kitchen.come()
    came: list[Message] = []

    def settled() -> bool:
        arrived = kitchen.store.unread(BEN)
        waits = office.inboxes.get(KITCHEN) or phone.store.outgoing()
        return len(arrived) == 2 and arrived[1].playable and not waits

    def dead() -> bool:
        return phone.dead or kitchen.dead

    while not settled():
        await office.until(lambda: settled() or dead())
        if phone.dead:
            phone = await phone.again(home)
        if kitchen.dead:
            came += kitchen.came()
            kitchen = await kitchen.again(home)
    came += kitchen.came()
    assert [one.text for one in came] == ["one", None] and len(office.sent) == 2
    assert [one.state for one in phone.store.history(ANNA, BEN, None, 9)] == ["sent", "sent"]
    await phone.close()
    await kitchen.close()
    return steps >= step
