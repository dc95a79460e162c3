"""Whatever happens to a group, in whatever order: the laws of its states, and what endpoints are told."""

from collections import Counter
from typing import get_args

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kith.core.ids import EndpointId, PersonId
from kith.core.trust.grants import Mode
from kith.store.groups import unpack
from policy.group import MESH_MOST, Path
from signaling import group as groups
from signaling.call import (
    OPEN,
    Barred,
    Busy,
    CallKind,
    DeadlinePassed,
    Declined,
    EndReason,
    Hushed,
    Restarted,
    SignalingBack,
    SignalingLost,
)
from signaling.group import (
    MIXER,
    Effects,
    End,
    Finished,
    Group,
    PlaceState,
    Ring,
    Update,
    missed_at,
    next_deadline,
)
from signaling.group_parts import EPOCHS_AHEAD, LAST_EPOCH
from signaling.group_step import _TURNS, place_of, step
from tests.support.group_bench import (
    ANN,
    AWAY,
    BEN,
    CLEO,
    FAR,
    HOME,
    KITCHEN,
    PHONE,
    STARTER,
    STARTERS_TABLET,
    TABLET,
    Bench,
)
from tools.vectors.grouped import TWO

ENDPOINTS = (STARTER, STARTERS_TABLET, PHONE, TABLET, KITCHEN, FAR, AWAY, EndpointId("e_nobody"))
PLACES = (ANN, BEN, CLEO, "p_dan", "p_nobody")
endpoint = st.sampled_from(ENDPOINTS)
place = st.sampled_from(PLACES)
flag = st.booleans()
peer = st.sampled_from((*ENDPOINTS, MIXER))

PERSONAL = st.just(True)  # noqa: FBT003 - what is drawn, and no flag
DAN, DANS = PersonId("p_dan"), EndpointId("e_dans")


def asked_again(person: PersonId) -> groups.Place:
    """The person is asked, at one endpoint of theirs."""
    at = {BEN: PHONE, CLEO: AWAY}.get(person, DANS)
    return place_of(person, {at: True}, frozenset({at}), person=person, household=HOME, until=1_100.0)


EVENTS = st.one_of(
    st.builds(
        groups.Asks,
        endpoint,
        st.lists(st.sampled_from((BEN, CLEO, DAN)).map(asked_again), max_size=2).map(tuple),
    ),
    st.builds(groups.Joins, endpoint, place, flag),
    st.builds(groups.Joins, st.sampled_from((PHONE, TABLET)), st.just(BEN), PERSONAL),
    st.builds(groups.Joins, st.just(FAR), st.just(CLEO), PERSONAL),
    st.builds(groups.Joins, st.just(STARTERS_TABLET), st.just(ANN), PERSONAL),
    st.builds(groups.Rings, endpoint, place, flag, flag),
    st.builds(
        groups.Leaves, endpoint, st.sampled_from((EndReason.HUNG_UP, EndReason.SILENCE, EndReason.NOT_LET_IN))
    ),
    st.builds(groups.Removes, endpoint, endpoint),
    st.builds(groups.Connected, endpoint, peer),
    st.builds(groups.Disconnected, endpoint, peer),
    st.builds(groups.Offers, endpoint, st.one_of(st.integers(0, 5), st.integers(0, LAST_EPOCH))),
    st.builds(groups.Withdraws, st.frozensets(place, max_size=2)),
    st.sampled_from((groups.MixerMoved(), groups.Signs(TWO), Restarted())),
    st.one_of(
        *(
            st.builds(kind, endpoint)
            for kind in (Hushed, Declined, Busy, Barred, SignalingLost, SignalingBack)
        )
    ),
)


def part(group: Group) -> frozenset[EndpointId]:
    return frozenset(one for one in group.endpoints() if group.concerns(one))


def check(group: Group) -> None:
    """The laws of one state."""
    assert unpack(msgspec.msgpack.encode(group)) == group, "the store must give back the same group"
    assert group.over == (group.reason is not None) == (group.ended is not None)
    assert (next_deadline(group) is None) == (group.over or not _waits(group)), (
        "a group that could hang for ever"
    )
    orders = [one.order for one in group.members.values()]
    assert len(set(orders)) == len(orders) and all(order < group.next_order for order in orders)
    there = {one.place for one in group.members.values()}
    for target, one in group.places.items():
        assert target == one.target
        assert (target in there) == (one.state is PlaceState.JOINED), "who takes part, and who is said to"
        assert len([each for each in group.members.values() if each.place == target]) <= 2
        if one.silent:
            assert one.state is not PlaceState.JOINED, "nobody is to be there"
        if one.state is not PlaceState.RINGING:
            assert not any(ring.acceptance in OPEN for ring in one.rings.values()), "it rings for nothing"
    if group.over:
        assert not group.members and not part(group)
        return
    assert group.members, "nobody is in it"
    assert group.epoch <= LAST_EPOCH and group.offered <= group.epoch + EPOCHS_AHEAD
    assert len(there) > 1 or any(one.state is PlaceState.RINGING for one in group.places.values())
    assert (group.answered is None) == (group.phase is groups.GroupPhase.RINGING) == (group.limit is None)
    if group.path is Path.MESH:
        assert len(group.members) <= MESH_MOST
        assert all(MIXER not in one.up for one in group.members.values())
    else:
        assert all(one.up <= {MIXER} for one in group.members.values())
    if group.kind is CallKind.DROP_IN:
        assert group.home in there, "a drop in without whoever drops in"
    for member in group.members.values():
        assert member.replaces is None or member.replaces in group.members
        assert member.up <= group.members.keys() | {MIXER}


def _waits(group: Group) -> bool:
    return group.limit is not None or any(one.state is PlaceState.RINGING for one in group.places.values())


def check_step(before: Group, after: Group, effects: Effects) -> None:
    """Who gained a part is told so, who lost it is told of the end, once; nobody else is."""
    ends = Counter(effect.endpoint for effect in effects if isinstance(effect, End))
    assert ends == Counter(part(before) - part(after)), (
        "an end for each who lost its part, and for nobody else"
    )
    rung = {effect.endpoint for effect in effects if isinstance(effect, Ring)}
    assert rung <= part(after) - after.members.keys()
    ringing = {one for one in part(after) if one not in after.members}
    assert ringing - part(before) <= rung, "it rings somewhere where nobody was told"
    assert sum(isinstance(one, Finished) for one in effects) == (after.over and not before.over)
    if after != before and not after.over:
        assert Update() in effects
    assert after.next_order >= before.next_order and after.epoch >= before.epoch
    assert set(before.places) <= set(after.places), "nobody is forgotten"
    for target, one in before.places.items():
        assert after.places[target].silent >= one.silent, "what was silenced is heard again"
        if one.state is PlaceState.REMOVED:
            assert after.places[target].state is PlaceState.REMOVED, "who was taken out is back"
    for person in missed_at(before, after):
        assert after.places[person].state is PlaceState.NO_ANSWER and not after.places[person].silent


class GroupMachine(RuleBasedStateMachine):
    bench: Bench

    @initialize(path=st.sampled_from(Path), mode=st.sampled_from((None, *Mode)), silent=flag)
    def begin(self, path: Path, mode: Mode | None, silent: bool) -> None:
        self.bench = Bench.calling(path=path, mode=mode, silent=silent)

    @rule(event=EVENTS)
    def happens(self, event: groups.Event) -> None:
        self._step(event)

    @rule(seconds=st.sampled_from((1.0, 16.0, 31.0, 46.0)))
    def time_passes(self, seconds: float) -> None:
        end = self.bench.now + seconds
        while (due := next_deadline(self.bench.group)) is not None and due <= end:
            self.bench.now = max(self.bench.now, due)
            self._step(DeadlinePassed(due))
            assert (next_deadline(self.bench.group) or due + 1) > due, "what was due is due for ever"
        self.bench.now = end

    @invariant()
    def laws(self) -> None:
        check(self.bench.group)

    def _step(self, event: groups.Event) -> None:
        before = self.bench.group
        after, effects = step(before, event, self.bench.now)
        check(after)
        check_step(before, after, effects)
        assert after.path is before.path and after.kind is before.kind
        assert after.roster in (before.roster, getattr(event, "roster", None))
        if before.over:
            assert after == before, "the dead do not rise"
        self.bench.group = after


GroupMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestGroupMachine = GroupMachine.TestCase


def test_every_event_has_an_answer() -> None:
    assert set(_TURNS) == set(get_args(groups.Event))


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENTS, max_size=12))
def test_left_to_itself_a_group_ends(events: list[groups.Event]) -> None:
    bench = Bench.calling()
    bench.feed(*events)
    bench.elapse(9 * 3600.0)
    assert bench.group.over
