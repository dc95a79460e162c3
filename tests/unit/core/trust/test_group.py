"""Rosters of groups: the vectors, and what no vector says."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.core.trust.group import GroupMember, GroupRoster, accept, check, first, following, hash_of, message
from kith.core.trust.untrusted import Reason, Untrusted
from tests.support.vectors import cases, name_of, raw
from tools.vectors.calls import CALL
from tools.vectors.form import endpoint, fixed, plain
from tools.vectors.grouped import ANNAS, BENS, FIRST, LAPTOP, THREE, TIME


def roster_of(written: Any) -> GroupRoster | None:
    return None if written is None else msgspec.convert(written, GroupRoster)


@pytest.mark.parametrize("case", cases("group"), ids=name_of)
def test_what_follows_is_believed(case: Any) -> None:
    new = msgspec.convert(case["roster"], GroupRoster)
    assert accept(roster_of(case["known"]), new, raw(case["own"])) == new
    assert (message(new), hash_of(new)) == (raw(case["message"]), raw(case["hash"]))


@pytest.mark.parametrize("case", cases("group_invalid"), ids=name_of)
def test_what_does_not_follow_is_not(case: Any) -> None:
    new = roster_of({**case["roster"], "members": case["roster"]["members"][:5]})
    if len(case["roster"]["members"]) > 5:
        with pytest.raises(msgspec.ValidationError):
            roster_of(case["roster"])
        return
    assert new is not None
    with pytest.raises(Untrusted) as refused:
        accept(roster_of(case["known"]), new, raw(case["own"]))
    assert refused.value.reason is Reason(case["reason"])


def test_a_roster_crosses_the_wire() -> None:
    assert msgspec.json.decode(msgspec.json.encode(plain(THREE)), type=GroupRoster) == THREE
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(THREE), type=GroupRoster) == THREE


def test_whoever_asks_others_signs_that_they_did() -> None:
    asked = following(FIRST, LAPTOP, FIRST.members, time=TIME, invited=[fixed("dan")])
    check(asked, FIRST)
    assert fixed("dan") in asked.invited


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["join", "leave"]), st.integers(0, 4)), max_size=12))
def test_a_group_that_comes_and_goes_is_believed_from_the_first_to_the_last(
    steps: list[tuple[str, int]],
) -> None:
    keys = [endpoint(f"endpoint {number}") for number in range(5)]
    start = known = first(CALL, keys[0], ANNAS, [BENS], time=TIME, kind="call", path="mesh")
    order = 0
    for action, number in steps:
        there = {one.identity: one for one in known.members}
        identity = keys[number].public.identity
        if action == "leave" and identity in there and len(there) > 1:
            del there[identity]
        elif action == "join" and identity not in there:
            order += 1
            there[identity] = GroupMember(identity=identity, root=BENS, order=order)
        signer = next(
            key
            for key in keys
            for one in known.members
            if one.identity == key.public.identity and one.identity in there
        )
        new = following(known, signer, there.values(), time=TIME)
        check(new, known)
        known = new
    for older in (start, known):
        with pytest.raises(Untrusted):
            check(msgspec.structs.replace(known, time=TIME + 1), older)
