"""A child of a running household, with a device of their own."""

import secrets
import time
from typing import Any

import msgspec

from kith.core import consent
from kith.core.keys import KeyPair
from kith.core.trust import person_write
from kith.core.trust.recovery import RecoveryKey
from tests.support.server import Joined, RunningServer, as_json


async def add(server: RunningServer, name: str, *, by: Joined, agreed: bool = True) -> str:
    """A child's profile; returns who they are."""
    token = await server.token(by)
    status, reply = await server.post("add_child", token=token, name=name)
    assert status == 200, reply
    child = str(reply["child"]["id"])
    if agreed:
        status, reply = await server.post("consent", token=token, child=child, version=consent.VERSION)
        assert status == 200, reply
    return child


async def tablet(server: RunningServer, child: str, *, by: Joined, name: str = "Tim's tablet") -> Joined:
    """A device of the child's own, which begins their chain."""
    joined, reply = await enrol(server, child, by=by, name=name)
    assert (reply["person"], reply["begun"]) == (child, True)
    return joined


async def enrol(server: RunningServer, child: str, *, by: Joined, name: str) -> tuple[Joined, dict[str, Any]]:
    """One more device of the child's, and what it was answered."""
    status, offered = await server.post(
        "offer_pairing", token=await server.token(by), shared=False, child=child
    )
    assert status == 200, offered
    keys = KeyPair.generate()
    link = person_write.begin(keys, RecoveryKey(secrets.token_bytes(32)).public, time=int(time.time()))
    status, reply = await server.post(
        "pair",
        code=offered["code"],
        name=name,
        keys=as_json(keys.public),
        capabilities={"camera": True, "screen": True},
        link=msgspec.to_builtins(link),
    )
    assert status == 200, reply
    return Joined(name, keys, reply["endpoint"], reply["person"], reply["household"]), reply
