"""Whom an endpoint believes to be at each end of a call, from what it was shown and what it remembers. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from kith.core.keys import PublicKeys
from kith.core.trust import delegations as delegated
from kith.core.trust.delegations import Delegations, require_acting
from kith.core.trust.endpoints import Endpoints
from kith.core.trust.history import Change, History, Known, Point, believed, reconcile
from kith.core.trust.household import Roster
from kith.core.trust.household import replay as replay_roster
from kith.core.trust.person import Chain, replay
from kith.core.trust.untrusted import Reason, Untrusted, require
from kith.endpoint.memory import Memory
from signaling.protocol import Keys, PersonIdentity, RosterShown


@dataclass(frozen=True, slots=True)
class Person:
    """A person whose chain was replayed. `change`: how it relates to what was remembered of this id."""

    id: str
    chain: Chain
    delegations: Delegations | None
    change: Change


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a call: for whom it speaks (`history` is that person's chain, or the roster), with which keys.

    `endpoints` is where the identity must be active; None for a shared endpoint that acts for a person, which is
    in no chain but in the person's delegations.
    """

    history: History
    keys: PublicKeys
    endpoints: Endpoints | None

    @property
    def root(self) -> bytes:
        return self.history.root

    @property
    def point(self) -> Point:
        return self.history.newest

    def accept(self, root: bytes, point: Point) -> None:
        """Raises Untrusted unless this is what the other side may sign as its own root and point."""
        require(root == self.root, Reason.FORKED)
        self.history.require(point)
        if self.endpoints is not None:
            require(self.endpoints.active_at(self.keys.identity, point.version), Reason.NOT_ACTIVE)


def judge(shown: PersonIdentity, memory: Memory) -> Person:
    """The person that was shown. Raises Untrusted for a chain that is wrong, shortened or forked.

    A set of delegations that cannot be believed is left out: nobody acts for the person then, and they may still
    call by themselves.
    """
    chain = judge_chain(shown, memory)
    known = memory.persons.get(shown.person)
    change = reconcile(known, chain.history)
    before = None if change is Change.CHANGED else memory.delegations.get(shown.person)
    return Person(shown.person, chain, _in_force(shown.delegations, chain, before), change)


def judge_chain(shown: PersonIdentity, memory: Memory) -> Chain:
    """A chain, whoever it is said to belong to: what was held back from it is missed by its root."""
    chain = replay(shown.links)
    for known in memory.persons.values():
        if known.root == chain.root:
            believed(known, chain.history)
    return chain


def _in_force(shown: Delegations | None, chain: Chain, before: Delegations | None) -> Delegations | None:
    if shown is None:
        return None
    try:
        delegated.check(shown, chain, before)
    except Untrusted:
        return None
    return shown


def judge_roster(
    shown: RosterShown, persons: Iterable[Chain], known: Known | None, left: Iterable[Known] = ()
) -> Roster | None:
    """The own household's roster, read with chains that were judged; None where nobody has begun it.

    Raises Untrusted. Another root than the one remembered is FORKED: a household does not begin anew unnoticed. One
    that was `left` before is not shown as it was before that.
    """
    if not shown.links:
        require(known is None, Reason.STALE)
        return None
    roster = replay_roster(shown.links, {chain.root: chain for chain in persons})
    require(reconcile(known, roster.history) is not Change.CHANGED, Reason.FORKED)
    believed(known, roster.history)
    for former in left:
        if former.root == roster.root:
            believed(former, roster.history)
    return roster


def signed_in(shown: RosterShown, person: bytes) -> bool:
    """Whether an endpoint of the person with this root signed anything in the (replayed) roster.

    Others can take a person in whom they have never met: that alone says nothing about them.
    """
    return any(link.person == person for link in shown.links)


@dataclass(frozen=True, slots=True)
class Household:
    """The own roster: None where there is none, and `trouble` where what was shown cannot be believed."""

    roster: Roster | None = None
    trouble: Untrusted | None = None

    def require(self) -> Roster | None:
        """For whatever rests on it. Raises Untrusted."""
        if self.trouble is not None:
            raise self.trouble
        return self.roster


def side(keys: PublicKeys, person: Person | None, household: Household) -> Side:
    """The end at which the endpoint with these keys speaks: for `person`, or for its household if that is None.

    Raises Untrusted if it may not, or if the keys are others than those that were signed for.
    """
    if person is not None and keys.identity in person.chain.endpoints.ever:
        return Side(person.chain.history, _same(keys, person.chain.endpoints), person.chain.endpoints)
    roster = household.require()
    if person is None:
        if roster is None:
            raise Untrusted(Reason.UNKNOWN_PERSON)
        return Side(roster.history, _same(keys, roster.endpoints), roster.endpoints)
    if person.delegations is None:
        raise Untrusted(Reason.NOT_DELEGATED)
    require(keys.identity in person.delegations.endpoints, Reason.NOT_DELEGATED)
    require(keys.consistent(), Reason.WEAK_KEY)
    if roster is not None and (person.chain.root in roster.members or keys.identity in roster.endpoints.ever):
        require_acting(keys.identity, person.delegations, roster)
        _same(keys, roster.endpoints)
    return Side(person.chain.history, keys, None)


def _same(keys: PublicKeys, endpoints: Endpoints) -> PublicKeys:
    """The keys that were signed for, which are those of the other end as the server has them."""
    active = endpoints.active.get(keys.identity)
    if active is None:
        raise Untrusted(Reason.NOT_ACTIVE)
    require(active == keys, Reason.WEAK_KEY)
    return active


def public(keys: Keys) -> PublicKeys:
    """As the server has them."""
    return PublicKeys(keys.identity, keys.sealing, keys.sealing_signature)
