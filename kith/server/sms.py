"""How a message, a verification code mostly, reaches a mobile number: by the console, a file, a webhook or a service
that apprise knows.

The law of this file

    What sends is chosen by the operator, in one word and an address: `console`, `file:PATH`, `webhook:URL` or
    `apprise:URL`; `@PATH` stands for what the file says, since addresses hold secrets.
    Only so many messages are on their way at a time, and none for longer than PATIENCE. Whatever goes wrong is
    Problem(code_not_sent) for whoever waits, and one line without number, text or address in the log.
"""

import asyncio
import hmac
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

from kith.core.problem import Code, Problem
from kith.directory.asking import Asking, NoAnswer, Request

log = logging.getLogger(__name__)

PATIENCE = 20.0
"""Seconds for one message. Gateways answer within two; a person looks at the button for about that long."""

AT_ONCE = 8
WAITING = 64
"""So many are sent at a time, and so many more wait their turn: some twenty seconds' worth of a slow gateway.
Whoever comes on top is told at once."""

SAMPLE = "+12025550123"
"""A number that belongs to nobody, to see whether an address can be used."""

Show = Callable[[str], None]


class SmsError(ValueError):
    """The operator's choice does not work, in a sentence for them."""


class NotSent(Exception):
    """Why, in a word for the log."""


@dataclass(frozen=True, slots=True)
class Message:
    """What it says, in signs that every phone network carries in one message (GSM 03.38). `code` is the code in it,
    where there is one, for an operator's program that sends it in words of its own."""

    text: str = field(repr=False)
    code: str | None = field(default=None, repr=False)


class Gateway(Protocol):
    async def send(self, mobile: str, message: Message) -> None:
        """Raises NotSent."""
        ...


def words(code: str) -> str:
    """What a code comes in."""
    return f"Kith: {code} is your code / es tu clave. Tell nobody / No la digas a nadie."


CONSENTED = (
    "Kith: You agreed that a child uses Kith in your home. Not you? Open Kith."
    " / Has dado permiso a un menor de tu casa. Si es un error, abre Kith."
)
"""To a parent who agreed. It does not name the child: whoever carries the message reads it."""


@dataclass(frozen=True, slots=True)
class Console:
    """Shown to whoever runs the server. It is on standard output, and in no log."""

    show: Show

    async def send(self, mobile: str, message: Message) -> None:
        if message.code is None:
            self.show(f"Message to the number ending in {mobile[-2:]}: {message.text}")
        else:
            self.show(f"Verification code for the number ending in {mobile[-2:]}: {message.code}")


@dataclass(frozen=True, slots=True)
class File:
    """A JSON object a line, for a program of the operator's that follows the file. Mode 0600 where it is made."""

    path: Path

    async def send(self, mobile: str, message: Message) -> None:
        line = json.dumps({"at": round(time.time(), 3), **_written(mobile, message)})
        try:
            await asyncio.to_thread(self._append, f"{line}\n".encode())
        except OSError as error:
            raise NotSent(type(error).__name__) from error

    def _append(self, line: bytes) -> None:
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, line)
        finally:
            os.close(handle)


@dataclass(frozen=True, slots=True)
class Webhook:
    """POST of a JSON object to an address of the operator's. Any 2xx says that the message is on its way.

    `Kith-Signature: t=SECONDS,v1=HEX` is HMAC-SHA256 (RFC 2104) under the secret, over SECONDS, a dot and the body.
    """

    asking: Asking
    url: str = field(repr=False)
    secret: bytes = field(repr=False)

    async def send(self, mobile: str, message: Message) -> None:
        body = json.dumps(_written(mobile, message)).encode()
        headers = {
            "Content-Type": "application/json",
            "Kith-Signature": signature(self.secret, int(time.time()), body),
        }
        try:
            answer = await self.asking.ask(Request("POST", self.url, headers, body))
        except NoAnswer as error:
            raise NotSent(error.why.value) from error
        if not 200 <= answer.status < 300:
            raise NotSent(f"status {answer.status}")


def _written(mobile: str, message: Message) -> dict[str, str]:
    code = {} if message.code is None else {"code": message.code}
    return {"to": mobile, **code, "text": message.text}


def signature(secret: bytes, at: int, body: bytes) -> str:
    mac = hmac.digest(secret, f"{at}.".encode() + body, sha256).hex()
    return f"t={at},v1={mac}"


@dataclass(frozen=True, slots=True)
class Apprise:
    """A service that apprise knows. `{to}` in the address is where the number goes; without it, it goes at the end."""

    url: str = field(repr=False)

    def address(self, mobile: str) -> str:
        template = self.url if "{to}" in self.url else f"{self.url.rstrip('/')}/{{to}}"
        return template.replace("{to}", quote(mobile, safe=""))

    def check(self) -> None:
        """Raises SmsError. Slow: apprise loads the services that it knows."""
        if self._service(SAMPLE) is None:
            raise SmsError("apprise does not know this address; see its list of services")

    async def send(self, mobile: str, message: Message) -> None:
        service = await asyncio.to_thread(self._service, mobile)
        if service is None:
            raise NotSent("address")
        if not await service(message.text):
            raise NotSent("refused")

    def _service(self, mobile: str) -> Callable[[str], Awaitable[bool]] | None:
        import apprise

        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it writes addresses down
        one = apprise.Apprise()
        if not one.add(self.address(mobile)):
            return None

        async def notify(body: str) -> bool:
            return bool(await one.async_notify(body=body))

        return notify


class Sender:
    """A kith.directory.verifying.CodeSender by one gateway; its `consented` is a ConsentConfirmer."""

    def __init__(self, gateway: Gateway, *, patience: float = PATIENCE) -> None:
        self._gateway = gateway
        self._patience = patience
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._inside = 0

    async def __call__(self, mobile: str, code: str) -> None:
        """Raises Problem(code_not_sent)."""
        await self._send(mobile, Message(words(code), code))

    async def consented(self, mobile: str) -> None:
        """Raises Problem(code_not_sent)."""
        await self._send(mobile, Message(CONSENTED))

    async def _send(self, mobile: str, message: Message) -> None:
        if self._inside >= AT_ONCE + WAITING:
            raise self._failed("too many at once")
        self._inside += 1
        try:
            async with asyncio.timeout(self._patience), self._turn:
                await self._gateway.send(mobile, message)
        except TimeoutError:
            raise self._failed("too slow") from None
        except NotSent as error:
            raise self._failed(str(error)) from None
        except Exception as error:  # noqa: BLE001 - services fail in ways of their own
            raise self._failed(type(error).__name__) from None
        finally:
            self._inside -= 1

    def _failed(self, why: str) -> Problem:
        log.warning("a message was not sent: gateway=%s why=%s", type(self._gateway).__name__.lower(), why)
        return Problem(Code.CODE_NOT_SENT)


def choose(chosen: str, *, show: Show, asking: Callable[[], Asking]) -> Gateway:
    """The gateway that the operator chose; `asking` is made where it is needed. Raises SmsError."""
    kind, _, rest = _read(chosen).partition(":")
    match kind:
        case "console" if not rest:
            return Console(show)
        case "file" if rest:
            return File(Path(rest))
        case "webhook" if rest:
            return _webhook(rest, asking)
        case "apprise" if rest:
            gateway = Apprise(rest)
            gateway.check()
            return gateway
        case _:
            raise SmsError(
                "choose console, file:PATH, webhook:URL#SECRET, apprise:URL, or @FILE that says which"
            )


def _webhook(address: str, asking: Callable[[], Asking]) -> Webhook:
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.netloc:
        raise SmsError("the webhook's address must begin with https://")
    if len(parts.fragment) < 16:
        raise SmsError("the webhook's address must end with # and a secret of 16 signs or more")
    return Webhook(asking(), parts._replace(fragment="").geturl(), parts.fragment.encode())


def _read(chosen: str) -> str:
    if not chosen.startswith("@"):
        return chosen
    try:
        return Path(chosen[1:]).read_text().strip()
    except OSError as error:
        raise SmsError(f"{chosen[1:]} cannot be read: {error.strerror}") from error
