"""Signed sets of grants for people whom tests make, as their apps would sign them, and who lives where by what they
signed."""

import itertools
import time
from collections.abc import Callable
from typing import Any

import msgpack  # type: ignore[import-untyped]
import msgspec

from kith.core.keys import KeyPair
from kith.core.trust.grants import Grant, Grants, Mode, hear, signed
from kith.core.trust.grants_write import draft, given
from kith.core.trust.person import Chain
from tests.support.server import Joined, RunningServer
from tests.support.signing import identity, roster_of
from tests.support.wire import Endpoint

Edit = Callable[[Grants], Grants]

READY = {"quiet": False, "ready": True, "microphone_off": False, "drop_in": "on", "locked": False}
"""What an endpoint says of itself that can be dropped in on."""


class Signer:
    """A person's app as far as sets go: it knows the newest one."""

    def __init__(self, server: RunningServer, person: Joined) -> None:
        self.server = server
        self.person = person
        self.known: Grants | None = None

    async def chain(self) -> Chain:
        chain, _ = await identity(self.server, self.person)
        assert chain is not None
        return chain

    async def next(self, *edits: Edit, ago: float = 0.0, keys: KeyPair | None = None) -> Grants:
        """The next set, signed but not sent, as if that was `ago` seconds ago."""
        own = keys or self.person.keys
        made = draft(await self.chain(), own, self.known, time=int(time.time() - ago))
        for edit in edits:
            made = edit(made)
        return signed(made, own.sign)

    async def set(self, by: Endpoint, *edits: Edit, ago: float = 0.0) -> Grants:
        """Sign the next set and send it."""
        grants = await self.next(*edits, ago=ago)
        await by.ok("set_grants", grants=plain(grants))
        self.known = grants
        return grants

    async def root(self) -> bytes:
        return (await self.chain()).root

    async def household(self) -> bytes:
        """The root of the roster of the person's household."""
        roster, _ = await roster_of(self.server, self.person)
        assert roster is not None
        return roster.root


_SECONDS = itertools.count(int(time.time()), -1)


def to(receiver: bytes, mode: Mode = Mode.INSTANT, **fields: Any) -> Edit:
    """Let the person with this root drop in. No two such grants are of the same second."""
    since = next(_SECONDS)

    def edit(grants: Grants) -> Grants:
        return given(grants, Grant(receiver=receiver, mode=mode, since=since, **fields))

    return edit


def having(**fields: Any) -> Edit:
    """With these fields of the set."""
    return lambda grants: msgspec.structs.replace(grants, **fields)


def receipt(grants: Grants, keys: KeyPair) -> dict[str, Any]:
    """The endpoint with these keys has heard the set."""
    written: dict[str, Any] = plain(hear(grants, keys, time=int(time.time())))
    return written


def plain(value: Any) -> Any:
    """As it crosses the wire, bytes as bytes."""
    return msgpack.unpackb(msgspec.msgpack.encode(value))


async def ready(*endpoints: Endpoint, **fields: Any) -> None:
    """They say of themselves that they can be dropped in on."""
    for one in endpoints:
        await one.ok("report_standing", standing={**READY, **fields})
