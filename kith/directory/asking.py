"""Asking an address that a person chose: what comes back, and every way in which nothing does. Pure.

Implemented by kith.server.guarded, which is the only one to do so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Why(StrEnum):
    """Why there is no answer."""

    ADDRESS = "address"  # It is no https address, or one that this server does not ask.
    UNREACHABLE = "unreachable"  # Nobody is there, or they do not speak HTTP.
    CERTIFICATE = "certificate"  # Somebody is there whom nothing vouches for.
    ELSEWHERE = "elsewhere"  # They say: ask somebody else.
    TOO_SLOW = "too_slow"
    TOO_LARGE = "too_large"


class NoAnswer(Exception):
    """`elsewhere` is the address to which ELSEWHERE points, scheme and host only; otherwise empty."""

    def __init__(self, why: Why, elsewhere: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.elsewhere = elsewhere


@dataclass(frozen=True, slots=True)
class Login:
    """With what somebody is known to a server."""

    account: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` may hold credentials, which go to the origin of `url` and nowhere else. `digest` is proved there
    without being said, once the server has asked for that (RFC 7616)."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    digest: Login | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`url` is what answered in the end, after redirects within the origin. `headers` have small letters."""

    status: int
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Asking(Protocol):
    async def ask(self, request: Request) -> Answer:
        """Whatever its status says. Raises NoAnswer."""
        ...
