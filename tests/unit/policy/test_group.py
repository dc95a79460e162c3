"""Which way a group's media goes, and who meets whom."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.core.trust.grants import Mode
from policy.group import (
    AT_A_TIME,
    MESH_MOST,
    MIXER_MOST,
    TOLD_OF,
    Admit,
    GroupFacts,
    Path,
    Reason,
    Refuse,
    apart,
    decide,
    mode_among,
    planned,
)

MESH, MIXER = Admit(Path.MESH), Admit(Path.MIXER)
NONE, FULL = Refuse(Reason.NOT_AVAILABLE), Refuse(Reason.TOO_MANY_GROUPS)
FINE = {"endpoints": 3, "opted_in": True, "mixing": True}


@pytest.mark.parametrize(
    ("facts", "decision"),
    [
        ({}, MIXER),
        ({"wish": "mesh"}, MESH),
        ({"wish": "mixer"}, MIXER),
        ({"opted_in": False}, MESH),
        ({"opted_in": False, "wish": "mixer"}, NONE),
        ({"opted_in": False, "endpoints": MESH_MOST}, MESH),
        ({"opted_in": False, "endpoints": MESH_MOST + 1}, NONE),
        ({"mixing": False}, MESH),
        ({"mixing": False, "wish": "mixer"}, NONE),
        ({"mixing": False, "endpoints": MESH_MOST + 1}, NONE),
        ({"endpoints": MESH_MOST + 1, "wish": "mesh"}, NONE),
        ({"endpoints": MIXER_MOST}, MIXER),
        ({"endpoints": MIXER_MOST + 1}, NONE),
        ({"endpoints": 9, "largest": 8}, NONE),
        ({"endpoints": 4, "largest": 3}, MESH),
        ({"live": AT_A_TIME - 1}, MIXER),
        ({"live": AT_A_TIME}, FULL),
        ({"live": AT_A_TIME, "opted_in": False, "endpoints": 9}, FULL),
    ],
)
def test_the_table(facts: dict[str, Any], decision: Admit | Refuse) -> None:
    assert decide(GroupFacts(**{**FINE, **facts})) == decision


@given(
    st.builds(
        GroupFacts,
        endpoints=st.integers(2, 40),
        opted_in=st.booleans(),
        mixing=st.booleans(),
        wish=st.sampled_from(("any", "mesh", "mixer")),
        live=st.integers(0, 4),
    )
)
def test_the_mixer_is_for_those_only_who_have_all_opted_in(facts: GroupFacts) -> None:
    decision = decide(facts)
    if decision == MIXER:
        assert facts.opted_in and facts.mixing and facts.wish != "mesh"
    if decision == MESH:
        assert facts.endpoints <= MESH_MOST and facts.wish != "mixer"
    assert Path.MESH.e2ee and not Path.MIXER.e2ee


def test_a_plan_tells_of_several_together_only() -> None:
    several = GroupFacts(endpoints=1 + TOLD_OF, opted_in=True, mixing=True)
    alone = replace(several, endpoints=TOLD_OF)
    assert (planned(several), planned(alone), decide(alone)) == (MIXER, MESH, MIXER)
    wish = replace(alone, wish="mixer")
    assert planned(wish) == NONE


def test_whoever_was_blocked_by_one_of_the_others_is_not_rung() -> None:
    assert apart(["ann", "ben", "cleo"], {("ben", "cleo")}) == {"cleo"}
    assert apart(["ann", "ben", "cleo"], {("cleo", "ben")}) == {"ben"}
    assert apart(["ann", "ben"], {("ann", "ben"), ("ben", "ann")}) == {"ben"}
    assert apart(["ann", "ben"], {("ann", "dan"), ("dan", "ben")}) == frozenset()


def test_whoever_is_not_rung_keeps_nobody_else_away() -> None:
    assert apart(["ann", "ben", "cleo"], {("ann", "ben"), ("ben", "cleo")}) == {"ben"}


@pytest.mark.parametrize(
    ("mode", "others", "expected"),
    [
        (Mode.INSTANT, [], Mode.INSTANT),
        (Mode.INSTANT, ["home", "home"], Mode.INSTANT),
        (Mode.INSTANT, ["home", "elsewhere"], Mode.KNOCK),
        (Mode.KNOCK, ["home"], Mode.KNOCK),
    ],
)
def test_a_room_opens_by_itself_only_among_those_who_live_there(
    mode: Mode, others: list[str], expected: Mode
) -> None:
    assert mode_among(mode, "home", others) is expected
