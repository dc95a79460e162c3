"""Signs for people and devices that tests make, as their apps would: chains, rosters, delegations.

Everything is asked for and sent over HTTP with the keys that a test holds; real endpoints believe what is signed so.
"""

import secrets
import time
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from kith.core.keys import PublicKeys
from kith.core.trust import household_write, person_write
from kith.core.trust.delegations import Delegations, delegate
from kith.core.trust.history import Known
from kith.core.trust.household import Roster
from kith.core.trust.household import replay as replay_roster
from kith.core.trust.person import Chain, replay
from kith.core.trust.recovery import RecoveryKey
from kith.endpoint.home import Home
from signaling import protocol
from tests.support.server import Joined, RunningServer

T = TypeVar("T")


async def begin(server: RunningServer, person: Joined, printed: RecoveryKey | None = None) -> Chain:
    """The person's chain, begun by this endpoint if there is none; with a printed key of its own, or this one."""
    chain, _ = await identity(server, person)
    if chain is not None:
        return chain
    recovery = printed or RecoveryKey(secrets.token_bytes(32))
    link = person_write.begin(person.keys, recovery.public, time=int(time.time()))
    await do(server, person, "extend_person", links=[link])
    return replay([link])


async def identity(server: RunningServer, person: Joined) -> tuple[Chain | None, Delegations | None]:
    shown = await ask(server, person, protocol.Identities, "list_identities", persons=[person.person])
    for one in shown.identities:
        return replay(one.links), one.delegations
    return None, None


async def roster_of(server: RunningServer, by: Joined) -> tuple[Roster | None, protocol.RosterShown]:
    shown = await ask(server, by, protocol.RosterShown, "show_roster")
    if not shown.links:
        return None, shown
    chains = [replay(one.links) for one in shown.identities]
    return replay_roster(shown.links, {chain.root: chain for chain in chains}), shown


async def take_in(server: RunningServer, by: Joined, keys: PublicKeys, *, shared: bool) -> None:
    """`by` signs for one more endpoint: an own one, or one of the household, which may act for them."""
    chain = await begin(server, by)
    if not shared:
        link = person_write.add(chain, by.keys, keys, time=int(time.time()))
        await do(server, by, "extend_person", links=[link])
        return
    roster = await _begun(server, by, chain)
    link_ = household_write.add(roster, chain, by.keys, keys, time=int(time.time()))
    await do(server, by, "extend_household", links=[link_])
    await let_act(server, by)


async def let_act(server: RunningServer, person: Joined) -> None:
    """Everything that the household shares may act for the person. Another endpoint of theirs may be faster."""
    for _ in range(3):
        chain, known = await identity(server, person)
        roster, _ = await roster_of(server, person)
        assert chain is not None and roster is not None
        if known is not None and set(known.endpoints) == set(roster.shared):
            return
        signed = delegate(chain, person.keys, known, roster.shared, time=int(time.time()))
        status, reply = await _post(server, person, "delegate", delegations=signed)
        if status == 200:
            return
    raise AssertionError(reply)


async def take_back(server: RunningServer, person: Joined) -> None:
    """Nothing may act for the person any more."""
    chain, known = await identity(server, person)
    assert chain is not None
    await do(
        server, person, "delegate", delegations=delegate(chain, person.keys, known, (), time=int(time.time()))
    )


async def move_in(server: RunningServer, by: Joined, member: Joined) -> None:
    """`by` takes a housemate into the roster."""
    chain, theirs = await begin(server, by), await begin(server, member)
    roster = await _begun(server, by, chain)
    link = household_write.join(roster, chain, by.keys, theirs, time=int(time.time()))
    await do(server, by, "extend_household", links=[link])


async def sign_for_all(server: RunningServer, by: Joined) -> list[str]:
    """`by` signs for whatever waits; returns the names."""
    await begin(server, by)
    _, shown = await roster_of(server, by)
    for one in shown.waiting:
        keys = PublicKeys(one.keys.identity, one.keys.sealing, one.keys.sealing_signature)
        if keys != by.keys.public:
            await take_in(server, by, keys, shared=one.shared)
    return [one.name for one in shown.waiting]


async def vouch(server: RunningServer, by: Joined, home: Home, *, shared: bool) -> None:
    """`by` signs for the endpoint that was enrolled in `home`, which from now on knows whose it is."""
    await take_in(server, by, home.keys().public, shared=shared)
    memory = home.memory()
    if shared:
        roster, _ = await roster_of(server, by)
        assert roster is not None
        memory = memory.with_household(Known(roster.root, roster.point.version, roster.point.head))
    else:
        chain, _ = await identity(server, by)
        assert chain is not None and by.person is not None
        memory = memory.with_person(by.person, Known(chain.root, chain.point.version, chain.point.head), None)
    home.remember(memory)
    home.paired()


async def _begun(server: RunningServer, by: Joined, chain: Chain) -> Roster:
    roster, _ = await roster_of(server, by)
    if roster is None:
        link = household_write.begin(chain, by.keys, time=int(time.time()))
        await do(server, by, "extend_household", links=[link])
        roster, _ = await roster_of(server, by)
    assert roster is not None
    return roster


async def do(server: RunningServer, by: Joined, command: str, **fields: object) -> None:
    status, reply = await _post(server, by, command, **fields)
    assert status == 200, reply


async def _post(
    server: RunningServer, by: Joined, command: str, **fields: object
) -> tuple[int, dict[str, Any]]:
    written = {name: msgspec.to_builtins(value) for name, value in fields.items()}
    return await server.post(command, token=await server.token(by), **written)


async def ask(server: RunningServer, by: Joined, kind: type[T], command: str, **fields: object) -> T:
    status, reply = await server.post(command, token=await server.token(by), **fields)
    assert status == 200, reply
    return msgspec.json.decode(msgspec.json.encode(reply), type=kind)


async def farewell(server: RunningServer, by: Joined) -> dict[str, Any]:
    """What `by` signs to leave the household: the link, if the roster has somebody else, and no delegations.
    For an `Endpoint` of tests.support.wire."""
    chain, known = await identity(server, by)
    roster, _ = await roster_of(server, by)
    signed: dict[str, Any] = {}
    if chain is None:
        return signed
    if roster is not None and chain.root in roster.members and len(roster.members) > 1:
        link = household_write.leave(roster, chain, by.keys, chain.root, time=int(time.time()))
        signed["link"] = msgspec.to_builtins(link, builtin_types=(bytes,))
    if known is not None:
        none = delegate(chain, by.keys, known, (), time=int(time.time()))
        signed["delegations"] = msgspec.to_builtins(none, builtin_types=(bytes,))
    return signed


async def welcome(server: RunningServer, by: Joined, member: Joined) -> None:
    """`by` takes a person of the household into the roster."""
    chain = await begin(server, by)
    await begin(server, member)
    roster = await _begun(server, by, chain)
    found, _ = await identity(server, member)
    assert found is not None
    link = household_write.join(roster, chain, by.keys, found, time=int(time.time()))
    await do(server, by, "extend_household", links=[link])


async def let_act_only(server: RunningServer, person: Joined, shared: Sequence[Joined]) -> None:
    """These may act for the person, and no others any more."""
    chain, known = await identity(server, person)
    assert chain is not None
    identities = [one.keys.public.identity for one in shared]
    await do(
        server,
        person,
        "delegate",
        delegations=delegate(chain, person.keys, known, identities, time=int(time.time())),
    )
