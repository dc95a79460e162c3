"""A group, the events that are fed to it, and a clock that goes forward as far as one likes."""

from collections.abc import Mapping
from dataclasses import dataclass

from kith.core.ids import CallId, EndpointId, HouseholdId, PersonId
from kith.core.trust.grants import Mode
from kith.core.trust.group import GroupRoster
from policy.group import Path
from signaling.call import KNOCK_TIMEOUT, RING_TIMEOUT, CallKind, DeadlinePassed
from signaling.group import Effects, Event, Group, Member, Place, next_deadline
from signaling.group_step import place_of, start, step
from tools.vectors.grouped import FIRST

STARTER, STARTERS_TABLET = EndpointId("e_starter"), EndpointId("e_starters_tablet")
PHONE, TABLET, KITCHEN, FAR, AWAY = (
    EndpointId(f"e_{name}") for name in ("phone", "tablet", "kitchen", "far", "away")
)
ANN, BEN, CLEO = PersonId("p_ann"), PersonId("p_ben"), PersonId("p_cleo")
HOME, ELSEWHERE = HouseholdId("h_home"), HouseholdId("h_elsewhere")
CALL = CallId("c_0123456789abcdefghjk")

BENS: Mapping[EndpointId, bool] = {PHONE: True, TABLET: True, KITCHEN: False}
CLEOS: Mapping[EndpointId, bool] = {FAR: True, AWAY: True}
"""Endpoints of each who is asked, and whether they are personal. AWAY is not connected at first."""


@dataclass
class Bench:
    """Feeds events, lets time pass, and remembers the effects of the last step."""

    group: Group
    now: float = 1_000.0
    effects: Effects = ()

    @classmethod
    def calling(cls, *, path: Path = Path.MESH, mode: Mode | None = None, silent: bool = False) -> "Bench":
        """Ann asks Ben, who has three endpoints, and Cleo; for a drop in with this mode."""
        until = 1_000.0 + (RING_TIMEOUT if mode is None else KNOCK_TIMEOUT)
        online = frozenset({PHONE, TABLET, KITCHEN, FAR})
        places = (
            place_of(BEN, BENS, online, person=BEN, household=HOME, until=until, mode=mode, silent=silent),
            place_of(CLEO, CLEOS, online, person=CLEO, household=ELSEWHERE, until=until, mode=mode),
        )
        group, effects = start(
            group=CALL,
            kind=CallKind.CALL if mode is None else CallKind.DROP_IN,
            path=path,
            video=False,
            starter=Member(endpoint=STARTER, place=ANN, order=0, personal=True),
            home=Place(target=ANN, person=ANN, household=HOME),
            places=places,
            roster=roster(),
            now=1_000.0,
        )
        return cls(group, effects=effects)

    def feed(self, *events: Event) -> Effects:
        """The effects of all of them."""
        told: Effects = ()
        for event in events:
            self.group, self.effects = step(self.group, event, self.now)
            told += self.effects
        return told

    def elapse(self, seconds: float) -> Effects:
        """Let time pass, with whatever is due meanwhile."""
        end = self.now + seconds
        told: Effects = ()
        while (due := next_deadline(self.group)) is not None and due <= end:
            self.now = max(self.now, due)
            told += self.feed(DeadlinePassed(due))
        self.now = end
        return told


def roster() -> GroupRoster:
    return FIRST
