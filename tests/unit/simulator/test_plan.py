"""A plan must be playable as it stands: nobody is in two calls, and everybody in it can do what it says."""

from collections import Counter
from itertools import pairwise

import pytest

from kith.simulator.plan import MARGIN, TALKING, Plan, PlannedCall, Side, Story, make_plan
from signaling.call import RING_TIMEOUT

SEEDS = range(20)


def plan_of(seed: int, *, households: int = 12, duration: float = 60.0, rate: float = 60.0) -> Plan:
    return make_plan(seed=seed, households=households, duration=duration, calls_per_minute=rate)


def homes(plan: Plan, call: PlannedCall) -> set[int]:
    return {plan.world.endpoints[i].household for i in (call.caller, *call.rings)}


def test_the_same_seed_gives_the_same_play_and_another_seed_another() -> None:
    assert plan_of(5) == plan_of(5)
    assert plan_of(5).calls != plan_of(6).calls


@pytest.mark.parametrize("seed", SEEDS)
def test_every_household_has_two_to_four_endpoints_one_of_them_shared(seed: int) -> None:
    world = plan_of(seed).world
    for household, equipment in world.equipment.items():
        endpoints = [world.endpoints[i] for i in equipment]
        assert 2 <= len(endpoints) <= 4
        assert sum(endpoint.shared for endpoint in endpoints) == 1
        personal = {endpoint.person for endpoint in endpoints if not endpoint.shared}
        assert personal == set(world.members[household]), "somebody has no endpoint of their own"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_household_is_in_one_call_at_a_time(seed: int) -> None:
    plan = plan_of(seed)
    for household in plan.world.members:
        mine = [call for call in plan.calls if household in homes(plan, call)]
        for earlier, later in pairwise(mine):
            assert earlier.at + earlier.length + MARGIN <= later.at


@pytest.mark.parametrize("seed", SEEDS)
def test_calls_begin_in_order_and_end_in_time(seed: int) -> None:
    plan = plan_of(seed)
    assert [call.at for call in plan.calls] == sorted(call.at for call in plan.calls)
    assert all(call.at + call.length + MARGIN <= 60.0 for call in plan.calls)


@pytest.mark.parametrize("seed", SEEDS)
def test_everybody_can_do_what_the_plan_says(seed: int) -> None:
    plan = plan_of(seed)
    for call in plan.calls:
        assert call.caller not in call.rings
        assert set(call.rings) == set(plan.world.rings_for(call.callee)) - {call.caller}
        assert call.first in call.rings
        assert plan.world.endpoints[call.caller].person != call.callee
        assert (call.second is not None) == (call.story is Story.RACE)
        if call.second is not None:
            assert call.second in call.rings and call.second != call.first
        if call.story in (Story.DECLINE, Story.GLARE):
            assert not plan.world.endpoints[call.first].shared
        if call.outage is not None and call.story not in TALKING:
            assert call.outage.side is Side.RINGING, "nobody talks: only a ringing endpoint can be lost"
        if call.new_epochs:
            assert call.story in TALKING


def test_a_minute_has_some_of_every_story() -> None:
    told = Counter(call.story for call in plan_of(1, households=50, rate=100).calls)
    assert told.keys() == set(Story)
    assert told.total() > 60


def test_a_call_is_left_to_ring_out_only_if_there_is_time() -> None:
    short = plan_of(3, duration=RING_TIMEOUT - 1)
    assert short.calls and all(call.story is not Story.RING_OUT for call in short.calls)


def test_the_rate_is_kept_where_there_are_enough_households() -> None:
    plan = plan_of(2, households=300, duration=120.0, rate=200.0)
    assert 320 <= len(plan.calls) <= 480


def test_few_households_mean_fewer_calls_and_not_overlapping_ones() -> None:
    assert 1 <= len(plan_of(4, households=2, rate=600.0).calls) < 60


def test_one_household_alone_has_nobody_to_call() -> None:
    with pytest.raises(ValueError, match="two households"):
        plan_of(1, households=1)
