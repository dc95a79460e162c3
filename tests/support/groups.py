"""Groups over bare connections: rosters as endpoints would sign them, and the usual steps."""

import time
from collections.abc import Sequence
from typing import Any

from kith.core.ids import new_call
from kith.core.trust.group import GroupMember, GroupRoster, first, following
from tests.support.granting import plain
from tests.support.server import Joined
from tests.support.wire import Endpoint, Message
from tools.vectors.form import fixed


def root_of(joined: Joined) -> bytes:
    """Stands for the root of whoever speaks there: the server looks at no root."""
    return fixed(joined.person or joined.household)


def roster_of(
    starter: Endpoint, call: str, asked: list[Joined], *, kind: Any = "call", path: Any = "mesh"
) -> GroupRoster:
    root, roots = root_of(starter.joined), [root_of(one) for one in asked]
    now = int(time.time())
    return first(call, starter.joined.keys, root, roots, time=now, kind=kind, path=path)


def next_roster(known: GroupRoster, signer: Endpoint, view: Message, *asked: Joined) -> GroupRoster:
    """With the members that the server shows."""
    members = [
        GroupMember(
            identity=one["keys"]["identity"], root=known.invited[at % len(known.invited)], order=one["order"]
        )
        for at, one in enumerate(view["members"])
    ]
    before = {one.identity: one for one in known.members}
    members = [before.get(one.identity, one) for one in members]
    return following(
        known, signer.joined.keys, members, time=int(time.time()), invited=[root_of(one) for one in asked]
    )


async def start(
    starter: Endpoint,
    to: Sequence[str | None],
    *,
    kind: str = "call",
    path: str = "mesh",
    call: str | None = None,
    **fields: Any,
) -> Message:
    """Start a group; returns it as the starter sees it."""
    call = call or new_call()
    reply = await ask_to_start(starter, to, call=call, kind=kind, path=path, **fields)
    assert reply["t"] == "group_state", reply
    group: Message = reply["group"]
    assert (group["id"], group["path"], group["e2ee"]) == (call, path, path == "mesh")
    return group


async def ask_to_start(
    starter: Endpoint,
    to: Sequence[str | None],
    *,
    kind: str = "call",
    path: str = "mesh",
    call: str | None = None,
    **fields: Any,
) -> Message:
    """As `start`; returns whatever is answered."""
    call = call or new_call()
    roster = plain(roster_of(starter, call, [], kind=kind, path=path))
    return await starter.ask(
        "start_group",
        **{"call": call, "kind": kind, "to": list(to), "path": path, "roster": roster, **fields},
    )


async def join(endpoint: Endpoint, call: str) -> Message:
    """It rings, and somebody takes part; returns the group as they see it."""
    await endpoint.event("group_rings", call=call)
    reply = await endpoint.ok("join_group", call=call)
    group: Message = reply["group"]
    return group


async def connect(call: str, *members: Endpoint) -> None:
    """Each says that it is connected with each other."""
    for one in members:
        for other in members:
            if one is not other:
                await one.ok("group_media", call=call, up=True, **{"with": other.id})


async def ended(endpoint: Endpoint, call: str) -> str:
    return str((await endpoint.event("group_ended", call=call))["reason"])


async def changed(endpoint: Endpoint, call: str, **where: Any) -> Message:
    """The first change after which the group is like this for the endpoint."""
    while True:
        group: Message = (await endpoint.event("group_changed", call=call))["group"]
        if all(group[key] == value for key, value in where.items()):
            return group


def who(group: Message) -> list[str]:
    """The endpoints that take part, in the order in which they came."""
    return [one["endpoint"] for one in group["members"]]


def states(group: Message) -> dict[str, str]:
    """What has become of whoever was asked, by name."""
    return {one["name"]: one["state"] for one in group["places"]}
