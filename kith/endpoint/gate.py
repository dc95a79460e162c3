"""May who is at the other end drop in here? By this endpoint's own sets, rosters and switches.

Before the answer the caller is who the server says; that decides only whether it rings or opens. Before anything is
captured the caller is who has signed this very connection, and lives where rosters say that were checked here.
"""

from collections.abc import Callable

from kith.core.trust.grants import Grants
from kith.core.trust.household import Roster
from kith.endpoint.believing import Side
from kith.endpoint.identities import Identities, Meeting
from kith.endpoint.rosters import AT_ONCE, Rosters
from kith.endpoint.sets import Sets
from policy.drop_in import Decision, DropInFacts, Reason, decide, why_not_along
from policy.drop_in_facts import Here, gather, next_change
from policy.grants import Claim, Place, claim


class Gate:
    """`here` is what the device says of itself; `identity` its key, `shared` whether it is the household's."""

    def __init__(
        self,
        sets: Sets,
        identities: Identities,
        here: Callable[[], Here],
        *,
        identity: bytes,
        shared: bool,
        rosters: Rosters,
    ) -> None:
        self._sets = sets
        self._identities = identities
        self._here = here
        self._identity = identity
        self._shared = shared
        self._rosters = rosters
        self._place = Place(identity, shared)

    def decide(self, caller: Claim) -> Decision:
        """By what is known now; nothing is asked for."""
        return decide(self._facts(caller))

    def why_not_along(self, caller: Claim, *, let_in: bool) -> Reason | None:
        """The same of who comes along with somebody who may; `let_in`: a person here has let all of them in."""
        return why_not_along(self._facts(caller), let_in=let_in)

    def _facts(self, caller: Claim) -> DropInFacts:
        return gather(self._sets.now_in_force, self._place, caller, self._here(), self._sets.now())

    def next_change(self, caller: Claim) -> float | None:
        """In how many seconds to decide again, if nothing else happens."""
        now = self._sets.now()
        at = next_change(self._sets.now_in_force, self._place, caller, now)
        return None if at is None else max(0.0, at - now)

    async def seeming(self, person: str | None) -> Claim:
        """Who the server says is there, while it rings: for whom they speak, by id, None for this household. Raises
        Untrusted, Unreachable, Problem."""
        own = await self._look()
        if person is None:
            homes = {} if own is None else {own.root: own.members}
            return Claim(b"" if own is None else own.root, b"", shared=True, households=homes)
        root = (await self._identities.person(person)).chain.root
        return await self._claim(root, b"", own, shared=False)

    async def verified(self, meeting: Meeting) -> Claim:
        """Who has signed this connection, and where they live by checked rosters. Raises as `seeming` does."""
        own = await self._look()
        peer = meeting.peer
        return await self._claim(peer.root, peer.keys.identity, own, shared=_shared(peer, own))

    async def _claim(self, root: bytes, identity: bytes, own: Roster | None, *, shared: bool) -> Claim:
        """Where the caller lives, as far as it matters here: in the own household, or in one to which something was
        granted. Such rosters are asked for until the caller is found in one."""
        rosters = [] if own is None else [(own, self._identities.links)]
        found = claim(root, identity, shared=shared, rosters=rosters)
        named = sorted(_named(self._sets.now_in_force) - found.households.keys())
        for start in range(0, len(named), AT_ONCE):
            rosters += await self._rosters.of(tuple(named[start : start + AT_ONCE]))
            elsewhere = claim(root, identity, shared=shared, rosters=rosters)
            if elsewhere.households != found.households:
                return elsewhere
        return found

    async def _look(self) -> Roster | None:
        """The sets in force and the own household, as they are believed now."""
        own = await self._identities.household()
        self._place = Place(
            self._identity,
            self._shared,
            None if own is None else own.root,
            alone=own is not None and len(own.members) == 1,
        )
        await self._sets.in_force()
        return own


def _named(sets: tuple[Grants, ...]) -> frozenset[bytes]:
    """Households to which something was granted."""
    return frozenset(grant.household for one in sets for grant in one.grants if grant.household)


def _shared(peer: Side, own: Roster | None) -> bool:
    """Whether others use that endpoint too: it is in no person's chain."""
    return peer.endpoints is None or (own is not None and peer.root == own.root)
