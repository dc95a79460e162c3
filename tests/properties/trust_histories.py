"""Random histories of persons and households: what may be written next, by a model that knows no signature."""

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import msgspec
from hypothesis import strategies as st

from kith.core.keys import KeyPair
from kith.core.trust import household_write, person_write
from kith.core.trust.household import Persons, Roster
from kith.core.trust.household import extend as household_extend
from kith.core.trust.household_links import HouseholdLink
from kith.core.trust.person import Chain, extend
from kith.core.trust.person_links import PersonLink
from kith.core.trust.recovery import RecoveryKey
from tools.vectors.form import endpoint, printed

POOL = [endpoint(f"pool {at}") for at in range(10)]
PAPERS = [printed(f"pool {at}") for at in range(6)]
SHARED = [endpoint(f"shared {at}") for at in range(5)]
FOREIGN = endpoint("foreign")
START = 1_790_000_000

PERSON_ACTIONS = ("add", "add", "remove", "recover", "renew")
HOUSEHOLD_ACTIONS = ("join", "join", "leave", "add", "add", "remove", "lose", "confirm")


@dataclass(frozen=True)
class Attempt:
    """An action by somebody on something, whether or not it may be."""

    action: str
    by: int
    on: int
    paper: int
    later: int
    aimed: bool


attempts = st.builds(
    Attempt,
    action=st.sampled_from(PERSON_ACTIONS),
    by=st.integers(0, len(POOL) - 1),
    on=st.integers(0, len(POOL) - 1),
    paper=st.integers(0, len(PAPERS) - 1),
    later=st.integers(0, 10_000),
    aimed=st.booleans(),
)


@dataclass
class PersonModel:
    """Who may do what, by the rules as docs/trust.md tells them. Keys are numbers in the pools."""

    active: set[int] = field(default_factory=lambda: {0})
    ever: set[int] = field(default_factory=lambda: {0})
    paper: int = 0
    papers: set[int] = field(default_factory=lambda: {0})

    def allows(self, attempt: Attempt) -> bool:
        match attempt.action:
            case "add":
                return attempt.by in self.active and attempt.on not in self.ever
            case "remove":
                return attempt.by in self.active and attempt.on in self.active and len(self.active) > 1
            case "recover":
                # `by` names the paper that signs, so that stale ones are tried
                signs = attempt.by % len(PAPERS)
                return (
                    signs == self.paper and attempt.on not in self.ever and attempt.paper not in self.papers
                )
            case _:
                return attempt.by in self.active and attempt.paper not in self.papers

    def aim(self, attempt: Attempt) -> Attempt:
        """The attempt, changed so that it is likely to be allowed."""
        by = sorted(self.active)[attempt.by % len(self.active)]
        aims = (
            sorted(self.active) if attempt.action == "remove" else sorted(set(range(len(POOL))) - self.ever)
        )
        papers = sorted(set(range(len(PAPERS))) - self.papers)
        return replace(
            attempt,
            by=self.paper if attempt.action == "recover" else by,
            on=aims[attempt.on % len(aims)] if aims else attempt.on,
            paper=papers[attempt.paper % len(papers)] if papers else attempt.paper,
        )

    def apply(self, attempt: Attempt) -> None:
        if attempt.action == "remove":
            self.active.discard(attempt.on)
        if attempt.action == "recover":
            self.active.clear()
        if attempt.action in ("add", "recover"):
            self.active.add(attempt.on)
            self.ever.add(attempt.on)
        if attempt.action in ("recover", "renew"):
            self.paper = attempt.paper
            self.papers.add(attempt.paper)


def written(chain: Chain, attempt: Attempt) -> PersonLink:
    """The link of an attempt, signed by whoever attempts it."""
    by, on, time = POOL[attempt.by], POOL[attempt.on], chain.history.time + attempt.later
    match attempt.action:
        case "add":
            return person_write.add(chain, by, on.public, time=time)
        case "remove":
            return person_write.remove(chain, by, on.public.identity, time=time)
        case "recover":
            paper: RecoveryKey = PAPERS[attempt.by % len(PAPERS)]
            new = PAPERS[attempt.paper].public
            return person_write.recover(chain, paper, on.public, new, time=time)
        case _:
            return person_write.renew(chain, by, PAPERS[attempt.paper].public, time=time)


def first() -> PersonLink:
    return person_write.begin(POOL[0], PAPERS[0].public, time=START)


@st.composite
def person_histories(draw: st.DrawFn) -> list[PersonLink]:
    """Links of which each may follow the ones before."""
    model, links = PersonModel(), [first()]
    chain = extend(None, links[0])
    for attempt in draw(st.lists(attempts, min_size=4, max_size=12)):
        aimed = model.aim(attempt)
        if model.allows(aimed):
            model.apply(aimed)
            links.append(written(chain, aimed))
            chain = extend(chain, links[-1])
    return links


# -- households -------------------------------------------------------------------------------------


@dataclass
class House:
    """Three persons with two endpoints each, and the roster that they write."""

    chains: list[Chain] = field(default_factory=list)
    links: list[HouseholdLink] = field(default_factory=list)
    roster: Roster | None = None

    @property
    def persons(self) -> Persons:
        return {chain.root: chain for chain in self.chains}

    def write(self, link: HouseholdLink) -> None:
        self.roster = household_extend(self.roster, link, self.persons)
        self.links.append(link)


@cache
def own(person: int, at: int) -> KeyPair:
    return endpoint(f"person {person} endpoint {at}")


@cache
def _chain(person: int) -> Chain:
    paper = printed(f"person {person}").public
    chain = extend(None, person_write.begin(own(person, 0), paper, time=START))
    return extend(chain, person_write.add(chain, own(person, 0), own(person, 1).public, time=START))


def stranger_of(person: int) -> Chain:
    """The chain of somebody who does not live there, with two endpoints: `own(person, 0)` and `own(person, 1)`."""
    return _chain(person)


@st.composite
def houses(draw: st.DrawFn) -> House:
    """Links of which each may follow the ones before; persons lose an endpoint now and then, and confirm it."""
    house = House([_chain(person) for person in range(3)])
    house.write(household_write.begin(house.chains[0], own(0, 0), time=START))
    steps = st.tuples(st.sampled_from(HOUSEHOLD_ACTIONS), st.integers(0, 59), st.integers(0, 59))
    for action, by, on in draw(st.lists(steps, min_size=4, max_size=12)):
        link = _next(house, action, by, on)
        if link is not None:
            house.write(link)
    return house


def signer(house: House, person: int) -> KeyPair:
    """The endpoint that signs for a person: the first as long as they have it."""
    return own(person, 0) if own(person, 0).public.identity in house.chains[person].active else own(person, 1)


def _next(house: House, action: str, by: int, on: int) -> HouseholdLink | None:
    """What a member may do; None if there is nothing of the kind to do. `by` and `on` choose among what there is."""
    roster = house.roster
    assert roster is not None
    living = [at for at, chain in enumerate(house.chains) if chain.root in roster.members]
    away = [at for at in range(len(house.chains)) if at not in living]
    person = living[by % len(living)]
    chain, key, time = house.chains[person], signer(house, person), roster.history.time + on * 60
    fresh = [pair for pair in SHARED if pair.public.identity not in roster.endpoints.ever]
    match action:
        case "join" if away:
            return household_write.join(roster, chain, key, house.chains[away[on % len(away)]], time=time)
        case "leave" if len(living) > 1:
            member = house.chains[living[on % len(living)]].root
            return household_write.leave(roster, chain, key, member, time=time)
        case "add" if fresh:
            return household_write.add(roster, chain, key, fresh[on % len(fresh)].public, time=time)
        case "remove" if roster.shared:
            gone = sorted(roster.shared)[on % len(roster.shared)]
            return household_write.remove(roster, chain, key, gone, time=time)
        case "lose" if key == own(person, 0):
            lost = person_write.remove(chain, own(person, 1), key.public.identity, time=chain.history.time)
            house.chains[person] = extend(chain, lost)
            return household_write.confirm(roster, house.chains[person], own(person, 1), time=time)
        case "confirm":
            return household_write.confirm(roster, chain, key, time=time)
    return None


# -- spoiling ---------------------------------------------------------------------------------------


def fields(link: msgspec.Struct) -> list[str]:
    return list(link.__struct_fields__)


def flipped(link: Any, name: str, bit: int) -> Any:
    """The link with one bit of one field turned over; numbers stay what the wire can carry."""
    value = getattr(link, name)
    if isinstance(value, int):
        return msgspec.structs.replace(link, **{name: value ^ (1 << bit % 53)})
    at = bit % (len(value) * 8)
    spoilt = bytearray(value)
    spoilt[at // 8] ^= 1 << at % 8
    return msgspec.structs.replace(link, **{name: bytes(spoilt)})
