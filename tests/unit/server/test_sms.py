"""How codes get to numbers: each way, and what is said when it fails."""

import asyncio
import hmac
import json
import logging
import stat
from hashlib import sha256
from pathlib import Path

import pytest

from kith.core.problem import Code, Problem
from kith.directory.asking import Answer, NoAnswer, Request, Why
from kith.server.sms import (
    AT_ONCE,
    CONSENTED,
    SAMPLE,
    WAITING,
    Apprise,
    File,
    Gateway,
    Message,
    NotSent,
    Sender,
    SmsError,
    choose,
    words,
)

NUMBER = "+12025550123"
SECRET = "a secret of more than 16 signs"
HOOK = f"webhook:https://hook.example/sms?x=1#{SECRET}"


class Hook:
    """An address that answers as it is told, and remembers what it was asked."""

    def __init__(self, status: int = 204, why: Why | None = None) -> None:
        self.status = status
        self.why = why
        self.asked: list[Request] = []

    async def ask(self, request: Request) -> Answer:
        self.asked.append(request)
        if self.why is not None:
            raise NoAnswer(self.why)
        return Answer(self.status, request.url, {}, b"")


def chosen(text: str, hook: Hook | None = None, said: list[str] | None = None) -> Gateway:
    shown: list[str] = [] if said is None else said
    return choose(text, show=shown.append, asking=lambda: hook or Hook())


async def code_of(sender: Sender) -> Code | None:
    try:
        await sender(NUMBER, "123456")
    except Problem as problem:
        return problem.code
    return None


async def test_the_console_shows_the_code_and_the_end_of_the_number() -> None:
    said: list[str] = []
    await Sender(chosen("console", said=said))(NUMBER, "123456")
    assert said == ["Verification code for the number ending in 23: 123456"]


async def test_a_file_gets_a_line_each_and_is_nobody_elses(tmp_path: Path) -> None:
    path = tmp_path / "codes"
    sender = Sender(chosen(f"file:{path}"))
    for code in ("123456", "654321"):
        await sender(NUMBER, code)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["to"], line["code"]) for line in lines] == [(NUMBER, "123456"), (NUMBER, "654321")]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert await code_of(Sender(File(tmp_path / "nowhere" / "codes"))) is Code.CODE_NOT_SENT


async def test_what_holds_no_code_is_sent_as_it_is(tmp_path: Path) -> None:
    said: list[str] = []
    await Sender(chosen("console", said=said)).consented(NUMBER)
    assert said == [f"Message to the number ending in 23: {CONSENTED}"]
    path = tmp_path / "messages"
    await Sender(chosen(f"file:{path}")).consented(NUMBER)
    line = json.loads(path.read_text())
    assert (line["to"], line["text"], "code" in line) == (NUMBER, CONSENTED, False)
    hook = Hook(status=500)
    with pytest.raises(Problem, match="code_not_sent"):
        await Sender(chosen(HOOK, hook)).consented(NUMBER)
    assert json.loads(hook.asked[0].body) == {"to": NUMBER, "text": CONSENTED}


async def test_a_webhook_is_signed_and_its_secret_does_not_travel() -> None:
    hook = Hook()
    await Sender(chosen(HOOK, hook))(NUMBER, "123456")
    (request,) = hook.asked
    assert (request.method, request.url) == ("POST", "https://hook.example/sms?x=1")
    assert json.loads(request.body) == {"to": NUMBER, "code": "123456", "text": words("123456")}
    fields = dict(part.split("=", 1) for part in request.headers["Kith-Signature"].split(","))
    expected = hmac.digest(SECRET.encode(), f"{fields['t']}.".encode() + request.body, sha256).hex()
    assert fields["v1"] == expected
    assert SECRET not in repr(chosen(HOOK))


@pytest.mark.parametrize("hook", [Hook(status=500), Hook(status=302), Hook(why=Why.UNREACHABLE)])
async def test_a_webhook_that_fails_is_said_and_nothing_private_is_written_down(
    hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert await code_of(Sender(chosen(HOOK, hook))) is Code.CODE_NOT_SENT
    assert "a message was not sent: gateway=webhook" in caplog.text
    for private in (NUMBER, "123456", SECRET, "hook.example"):
        assert private not in caplog.text


def test_where_the_number_goes_in_an_address_of_apprise() -> None:
    assert Apprise("twilio://S:T@+1202/").address(NUMBER) == "twilio://S:T@+1202/%2B12025550123"
    assert Apprise("json://h/{to}/x").address(NUMBER) == "json://h/%2B12025550123/x"


@pytest.mark.parametrize(
    "text",
    [
        "console:x",
        "file:",
        "pigeon:coop",
        "webhook:http://hook.example/#0123456789abcdef",
        "webhook:https://hook.example/#short",
        "webhook:https:///#0123456789abcdef",
        "@/nowhere/at/all",
    ],
)
def test_what_cannot_work_is_said_at_the_start(text: str) -> None:
    with pytest.raises(SmsError):
        chosen(text)


def test_what_holds_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "sms").write_text(HOOK + "\n")
    assert type(chosen(f"@{tmp_path / 'sms'}")).__name__ == "Webhook"


class Slow:
    """A gateway that never answers."""

    def __init__(self) -> None:
        self.inside = 0
        self.most = 0

    async def send(self, mobile: str, message: Message) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await asyncio.Event().wait()
        finally:
            self.inside -= 1


async def test_a_gateway_that_hangs_holds_up_so_many_for_so_long_and_no_more() -> None:
    gateway = Slow()
    sender = Sender(gateway, patience=0.05)
    outcomes = await asyncio.gather(*(code_of(sender) for _ in range(AT_ONCE + WAITING + 20)))
    assert set(outcomes) == {Code.CODE_NOT_SENT}
    assert gateway.most == AT_ONCE
    assert gateway.inside == 0


class Broken:
    async def send(self, mobile: str, message: Message) -> None:
        raise RuntimeError(f"{mobile} {message.text}")


async def test_a_gateway_that_breaks_in_its_own_way_is_like_any_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert await code_of(Sender(Broken())) is Code.CODE_NOT_SENT
    assert NUMBER not in caplog.text


def test_the_message_fits_into_one_for_every_network() -> None:
    for text in (words("123456"), CONSENTED):
        assert len(text) <= 160
        assert text.isascii()
    assert NotSent("x").args == ("x",)
    assert SAMPLE.startswith("+")
