"""What will happen, decided before it does. Pure: the same seed gives the same households and the same calls.

A household has two to four endpoints: one or two people with endpoints of their own, and one endpoint
that is shared. Everybody knows their housemates and everybody in the neighbouring households.

A household takes part in one call at a time: so a planned outcome is the outcome, and whatever differs is
the server's doing. Stories are dealt from a shuffled deck, so that a short run has some of each.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from random import Random

from signaling.call import RING_TIMEOUT


class Story(StrEnum):
    ANSWER = "answer"  # One endpoint answers, the two talk, one hangs up.
    RACE = "race"  # Two endpoints answer in the same moment.
    DECLINE = "decline"  # A personal endpoint declines, for everywhere.
    CANCEL = "cancel"  # The caller gives up while it rings.
    CANCEL_RACE = "cancel_race"  # The caller gives up in the moment of the answer.
    BUSY = "busy"  # Every endpoint is in another call.
    GLARE = "glare"  # The callee calls the caller while it rings: that is an answer.
    RING_OUT = "ring_out"  # Nobody comes.


DECK = (
    *(Story.ANSWER,) * 9,
    *(Story.RACE,) * 3,
    *(Story.DECLINE, Story.CANCEL) * 2,
    *(Story.CANCEL_RACE, Story.BUSY, Story.GLARE, Story.RING_OUT),
)
"""Twenty calls. Most calls are answered; what is rare in life is more frequent here, because it is what breaks."""

TALKING = frozenset({Story.ANSWER, Story.RACE, Story.GLARE})
"""The stories in which two endpoints talk in the end."""


class Side(StrEnum):
    CALLER = "caller"
    CALLEE = "callee"  # Whoever answered.
    RINGING = "ringing"  # An endpoint of the callee, before anybody answered.


@dataclass(frozen=True, slots=True)
class Outage:
    """A connection is lost without a goodbye. `away` is how many seconds it takes to come back; with
    `forgetful` the endpoint was started anew, knows no session and gets the snapshot."""

    side: Side
    away: float
    forgetful: bool


@dataclass(frozen=True, slots=True)
class PlannedEndpoint:
    """`person` is its owner; of a shared endpoint, the profile it uses."""

    household: int
    person: int
    shared: bool


@dataclass(frozen=True)
class World:
    """`people[p]` is the household of person p. Endpoints are in order of their households."""

    people: tuple[int, ...]
    endpoints: tuple[PlannedEndpoint, ...]

    @cached_property
    def members(self) -> Mapping[int, tuple[int, ...]]:
        """The people of each household."""
        return _grouped(enumerate(self.people))

    @cached_property
    def equipment(self) -> Mapping[int, tuple[int, ...]]:
        """The endpoints of each household."""
        return _grouped((i, endpoint.household) for i, endpoint in enumerate(self.endpoints))

    def rings_for(self, person: int) -> tuple[int, ...]:
        """The endpoints that ring when `person` is called: their own and the household's shared ones."""
        return tuple(
            i
            for i in self.equipment[self.people[person]]
            if self.endpoints[i].person == person or self.endpoints[i].shared
        )


def _grouped(pairs: Iterable[tuple[int, int]]) -> dict[int, tuple[int, ...]]:
    groups: dict[int, tuple[int, ...]] = {}
    for one, group in pairs:
        groups[group] = (*groups.get(group, ()), one)
    return groups


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """`at` is in seconds from the start of the play. `rings` are the endpoints expected to ring.

    `first` does what the story says (answers, declines); `second` answers too in a RACE. `think` passes between
    the ringing and the deed, `talk` is the conversation, both in seconds. `blobs` signals go each way in each
    epoch; `new_epochs` is how often media is lost and connected anew.
    """

    at: float
    story: Story
    caller: int
    callee: int
    rings: tuple[int, ...]
    first: int
    second: int | None
    video: bool
    think: float
    talk: float
    blobs: int
    new_epochs: int
    caller_ends: bool
    outage: Outage | None

    @property
    def length(self) -> float:
        """How long it will take at most, in seconds."""
        if self.story is Story.RING_OUT:
            return RING_TIMEOUT
        away = self.outage.away if self.outage is not None else 0.0
        return self.think + away + (self.talk if self.story in TALKING else 0.0)


@dataclass(frozen=True, slots=True)
class Plan:
    world: World
    calls: tuple[PlannedCall, ...]


def make_plan(*, seed: int, households: int, duration: float, calls_per_minute: float) -> Plan:
    """The whole play. Calls begin and end within `duration` seconds.

    Where every household is taken a call is left out, so few households may give fewer calls than asked for.
    """
    random = Random(seed)
    world = make_world(random, households)
    return Plan(world, tuple(_calls(random, world, duration, calls_per_minute)))


def make_world(random: Random, households: int) -> World:
    """Raises ValueError for less than two households: nobody could be called."""
    if households < 2:
        raise ValueError("a simulation needs at least two households")
    people: list[int] = []
    endpoints: list[PlannedEndpoint] = []
    for household in range(households):
        size = random.randint(2, 4)
        members = list(range(len(people), len(people) + (1 if size == 2 else random.randint(1, 2))))
        people += [household] * len(members)
        owners = [members[i % len(members)] for i in range(size - 1)]
        endpoints += [PlannedEndpoint(household, owner, shared=False) for owner in sorted(owners)]
        endpoints.append(PlannedEndpoint(household, members[0], shared=True))
    return World(tuple(people), tuple(endpoints))


MARGIN = 2.0
"""Seconds between two calls of a household, and from the last call to the end: time for the last events to come."""


TRIES = 8
"""How often a call is thought out anew if it cannot be played or would take too long."""


def _calls(random: Random, world: World, duration: float, calls_per_minute: float) -> Iterator[PlannedCall]:
    free_from = [0.0] * len(world.members)
    streets = _streets(world)
    stories = _dealt(random)
    held = [Story.RING_OUT]  # takes longest, so it has to be among the first
    at = 0.0
    while (at := at + random.expovariate(calls_per_minute / 60)) < duration:
        story = held.pop() if held else next(stories)
        if story is Story.RING_OUT and at + RING_TIMEOUT + MARGIN > duration:
            story = Story.CANCEL
        free = [(home, other) for home, other in streets if max(free_from[home], free_from[other]) <= at]
        tries = (_call(random, world, story, at, *random.choice(free)) for _ in range(TRIES if free else 0))
        call = next((one for one in tries if one and one.at + one.length + MARGIN <= duration), None)
        if call is None:
            held.append(story)
            continue
        for endpoint in (call.caller, call.first):
            free_from[world.endpoints[endpoint].household] = call.at + call.length + MARGIN
        yield call


def _streets(world: World) -> list[tuple[int, int]]:
    """From which household to which a call can go: neighbours, or within one that has two people."""
    return [
        (home, other)
        for home in world.members
        for other in (home - 1, home, home + 1)
        if other in world.members and (other != home or len(world.members[home]) > 1)
    ]


def _dealt(random: Random) -> Iterator[Story]:
    while True:
        deck = list(DECK)
        random.shuffle(deck)
        yield from deck


def _call(random: Random, world: World, story: Story, at: float, home: int, other: int) -> PlannedCall | None:
    """A call from `home` to `other`; None if the story cannot be played by those who would ring."""
    caller = random.choice(world.equipment[home])
    callees = [person for person in world.members[other] if person != world.endpoints[caller].person]
    if not callees:
        return None
    callee = random.choice(callees)
    rings = tuple(i for i in world.rings_for(callee) if i != caller)
    able = [i for i in rings if not (world.endpoints[i].shared and story in (Story.DECLINE, Story.GLARE))]
    if not able or (story is Story.RACE and len(rings) < 2):
        return None
    first = random.choice(able)
    return PlannedCall(
        at=at,
        story=story,
        caller=caller,
        callee=callee,
        rings=rings,
        first=first,
        second=random.choice([i for i in rings if i != first]) if story is Story.RACE else None,
        video=random.random() < 0.5,
        think=random.uniform(0.2, 2.0),
        talk=random.uniform(1.0, 6.0),
        blobs=random.randint(3, 12),
        new_epochs=int(story in TALKING and random.random() < 0.2),
        caller_ends=random.random() < 0.5,
        outage=_outage(random, story) if random.random() < 0.35 else None,
    )


def _outage(random: Random, story: Story) -> Outage | None:
    if story in TALKING:
        side = random.choice(list(Side))
    elif story in (Story.CANCEL, Story.DECLINE):
        side = Side.RINGING
    else:
        return None
    return Outage(side, away=random.uniform(0.3, 2.0), forgetful=random.random() < 0.4)
