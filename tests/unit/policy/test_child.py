"""What a child may do, over all limits, ways and persons."""

from itertools import product

from kith.core.ids import PersonId
from policy.child import Limits, Way, may_be_reached, may_reach

FRIEND, STRANGER = PersonId("p_friend"), PersonId("p_stranger")
EITHER = (False, True)
EVERY = [
    Limits(calling, messaging, drop_in, home, contacts)
    for calling, messaging, drop_in, home, contacts in product(
        *(EITHER,) * 4, (frozenset[PersonId](), frozenset({FRIEND}))
    )
]
SOMEBODY = tuple(product((FRIEND, STRANGER, None), EITHER))


def test_who_is_no_child_is_limited_in_nothing() -> None:
    for way, (other, at_home) in product(Way, SOMEBODY):
        assert may_reach(None, way, other, at_home=at_home)
        assert may_be_reached(None, way, other, at_home=at_home)


def test_nobody_but_the_household_and_whom_a_parent_chose_in_neither_direction() -> None:
    for limits, way, (other, at_home) in product(EVERY, Way, SOMEBODY):
        if not at_home and other not in limits.contacts:
            assert not may_reach(limits, way, other, at_home=at_home)
            assert not may_be_reached(limits, way, other, at_home=at_home)


def test_each_way_is_switched_off_by_itself_and_for_everybody() -> None:
    off = {
        Way.CALL: Limits(calling=False),
        Way.MESSAGE: Limits(messaging=False),
        Way.DROP_IN: Limits(drop_in=False),
    }
    for way, limits in off.items():
        for each in Way:
            assert may_be_reached(limits, each, None, at_home=True) is (each is not way)
            assert may_reach(limits, each, None, at_home=True) is (each not in (way, Way.DROP_IN))
    for limits, way in product(EVERY, Way):
        if not limits.on(way):
            assert not any(may_reach(limits, way, other, at_home=home) for other, home in SOMEBODY)
            assert not any(may_be_reached(limits, way, other, at_home=home) for other, home in SOMEBODY)


def test_dropping_in_at_home_is_refused_unless_a_parent_says_so() -> None:
    assert not may_reach(Limits(), Way.DROP_IN, None, at_home=True)
    for limits in EVERY:
        assert may_reach(limits, Way.DROP_IN, None, at_home=True) is (limits.drop_in and limits.drop_in_home)
        assert may_be_reached(limits, Way.DROP_IN, None, at_home=True) is limits.drop_in


def test_whom_a_parent_chose_is_reached_and_reaches() -> None:
    chosen = Limits(contacts=frozenset({FRIEND}))
    for way in Way:
        assert may_reach(chosen, way, FRIEND, at_home=False)
        assert may_be_reached(chosen, way, FRIEND, at_home=False)
