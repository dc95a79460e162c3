"""Nobody signs a person's set of grants but the person, nothing in it may change, and it never goes back."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.core.keys import KeyPair
from kith.core.trust import grants_write as write
from kith.core.trust.grants import (
    DropInTerm,
    Grant,
    Grants,
    HomeTerm,
    Mode,
    Schedule,
    check,
    message,
    signed,
)
from kith.core.trust.person import extend, replay
from kith.core.trust.person_write import add, begin
from kith.core.trust.untrusted import Reason, Untrusted
from tools.vectors.form import endpoint, fixed

PHONE, LAPTOP, FOREIGN = endpoint("phone"), endpoint("laptop"), endpoint("mallory")
NOW = 1_790_500_000
ALONE = replay([begin(PHONE, fixed("paper"), time=NOW)])
ANNA = extend(ALONE, add(ALONE, PHONE, LAPTOP.public, time=NOW))
ROOTS = st.sampled_from([fixed(name) for name in ("ben", "carla", "dan")])

Edit = Any
edits: st.SearchStrategy[Edit] = st.one_of(
    st.builds(
        lambda who, mode: lambda held: write.given(held, Grant(receiver=who, mode=mode, since=NOW)),
        ROOTS,
        st.sampled_from(Mode),
    ),
    st.builds(lambda who: lambda held: write.revoked(held, who), ROOTS),
    st.builds(lambda home: lambda held: write.at_home(held, home), st.sampled_from(HomeTerm)),
    st.builds(
        lambda who, term: lambda held: write.at_device(held, who, term), ROOTS, st.sampled_from(DropInTerm)
    ),
    st.builds(
        lambda who, on: lambda held: write.quieted(held, who, on=on), st.just(b"") | ROOTS, st.booleans()
    ),
    st.just(write.shut),
    st.just(write.opened),
    st.just(lambda held: msgspec.structs.replace(held, schedules=(Schedule(days=3, begin=5, end=7),))),
)
histories = st.lists(
    st.tuples(edits, st.sampled_from((PHONE, LAPTOP)), st.integers(-90, 90)), min_size=2, max_size=6
)


def written(history: list[tuple[Edit, KeyPair, int]]) -> list[Grants]:
    """Each set follows the one before, by any of the person's endpoints and by clocks that are wrong."""
    sets: list[Grants] = []
    for edit, own, off in history:
        drafted = write.draft(ANNA, own, sets[-1] if sets else None, time=NOW + off)
        sets.append(signed(edit(msgspec.structs.replace(drafted, time=max(drafted.time, NOW))), own.sign))
    return sets


@given(histories)
def test_a_device_that_hears_some_sets_never_goes_back_to_another(history: list[Any]) -> None:
    sets = written(history)
    for at, known in enumerate(sets):
        for later in sets[at:]:
            check(later, ANNA, known)
        for older in sets[:at]:
            with pytest.raises(Untrusted) as untrusted:
                check(older, ANNA, known)
            assert untrusted.value.reason is Reason.STALE


@given(histories, st.integers(0, 511))
def test_no_bit_of_a_set_may_change(history: list[Any], bit: int) -> None:
    *_, known, newest = written(history)
    with pytest.raises(Untrusted):
        check(_flipped(newest, bit), ANNA, known)
    bare = msgspec.structs.replace(newest, grants=(), home=HomeTerm.UNSET)
    if message(bare) != message(newest):
        with pytest.raises(Untrusted):
            check(bare, ANNA, known)
    for name, signer in ((newest.signer, FOREIGN), (FOREIGN.public.identity, FOREIGN)):
        forged = signed(msgspec.structs.replace(newest, signer=name, version=99), signer.sign)
        with pytest.raises(Untrusted):
            check(forged, ANNA, known)


def _flipped(held: Grants, bit: int) -> Grants:
    at, mask = bit // 8, 1 << bit % 8
    turned = bytes([held.signature[at] ^ mask])
    return msgspec.structs.replace(held, signature=held.signature[:at] + turned + held.signature[at + 1 :])


@given(histories, histories)
def test_two_histories_from_one_point_are_a_fork(one: list[Any], other: list[Any]) -> None:
    ours, theirs = written(one), written(other)
    for mine in ours:
        for foreign in theirs:
            if foreign.version == mine.version and message(foreign) != message(mine):
                with pytest.raises(Untrusted) as untrusted:
                    check(foreign, ANNA, mine)
                assert untrusted.value.reason is Reason.FORKED
