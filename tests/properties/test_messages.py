"""What must hold of messages whatever happens: of a conversation's numbers, and of what is sent over a bad line."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.core.ids import PersonId
from kith.messaging import conversation, counts
from kith.messaging.conversation import Conversation, Index, Side, pair
from kith.store import lane
from kith.store.database import Database
from policy.quota import DAY, Quota
from signaling import confirming
from tests.support.database import fresh
from tests.support.message_world import MessageWorld

SCHEDULES = 100
"""In each run of these tests; `make soak` plays ten thousand."""

ONE, OTHER = PersonId("p_" + "1" * 20), PersonId("p_" + "2" * 20)

_side = st.sampled_from([0, 1])
_numbers = st.integers(0, 12)
_acts = st.one_of(
    st.tuples(st.just("sent"), _side, st.booleans()),
    st.tuples(st.just("delivered"), _side, _numbers),
    st.tuples(st.just("read"), _side, _numbers, st.booleans()),
    st.tuples(st.just("removed"), _side, _numbers),
)


def _after(state: Conversation, act: tuple[object, ...], at: float) -> Conversation:
    match act:
        case ("sent", 0 | 1 as side, bool(withheld)):
            return conversation.sent(state, side, at, day=int(at) // 5, withheld=withheld, strange=False)
        case ("delivered", 0 | 1 as side, int(upto)):
            return conversation.delivered(state, side, upto)
        case ("read", 0 | 1 as side, int(upto), bool(told)):
            return conversation.read(state, side, upto, told=told)
        case ("removed", 0 | 1 as side, int(upto)):
            return conversation.removed(state, side, upto)
    raise AssertionError(act)


def _marks(side: Side) -> tuple[int, ...]:
    return side.last, side.delivered, side.read, side.shown, side.removed


@given(st.lists(_acts, max_size=40))
def test_marks_go_forward_only_and_never_beyond_what_is_there(acts: list[tuple[object, ...]]) -> None:
    state = Conversation()
    for at, act in enumerate(acts):
        after = _after(state, act, float(at))
        for index in (0, 1):
            side, before = after.side(index), state.side(index)
            assert all(new >= old for new, old in zip(_marks(side), _marks(before), strict=True))
            assert max(side.read, side.removed, side.shown) <= side.last <= after.seq
            assert side.delivered <= after.side(1 - index).last  # type: ignore[arg-type]
            assert side.shown <= side.read and side.removed <= side.read
            assert side.strange <= side.sent
        state = after


@given(st.lists(_acts, max_size=40), st.integers(0, 12), _side)
def test_what_one_removes_or_reads_untold_changes_nothing_of_the_others(
    acts: list[tuple[object, ...]], upto: int, side: Index
) -> None:
    state = Conversation()
    for at, act in enumerate(acts):
        state = _after(state, act, float(at))
    across: Index = 0 if side else 1
    for after in (
        conversation.removed(state, side, upto),
        conversation.read(state, side, upto, told=False),
    ):
        assert after.side(across) == state.side(across)
        assert after.side(side).shown == state.side(side).shown
        assert after.seq == state.seq


@given(st.lists(st.booleans(), max_size=20))
def test_what_is_withheld_leaves_no_trace_at_the_receiver(withheld: list[bool]) -> None:
    state = Conversation()
    for at, away in enumerate(withheld):
        before = state
        state = conversation.sent(state, 0, float(at), day=0, withheld=away, strange=False)
        assert state.one.last == state.seq == before.seq + 1
        assert (state.other == before.other) is away
    assert conversation.delivered(state, 0, state.seq).one.delivered == state.other.last


def test_a_pair_is_the_same_from_both_sides() -> None:
    assert pair(ONE, OTHER) == (ONE, OTHER, 0)
    assert pair(OTHER, ONE) == (ONE, OTHER, 1)


@pytest.fixture
async def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    for pace in ("PACE", "BRISK"):  # nobody else's commit is waited for
        monkeypatch.setattr(lane, pace, 0.0)
    monkeypatch.setattr(confirming, "WITHIN", 0.0)
    monkeypatch.setattr(counts, "MESSAGES", (Quota(3, 60.0), Quota(1_000, DAY)))  # so that it is met
    database = await Database.open(fresh(tmp_path))
    yield database
    await database.close()


async def test_whatever_is_lost_each_message_arrives_once_and_in_its_place(database: Database) -> None:
    sent = killed = 0
    for seed in range(SCHEDULES):
        world = MessageWorld(database, seed)
        await world.play()
        world.judge()
        sent, killed = sent + len(world.drafts), killed + world.killed
    assert sent > 4 * SCHEDULES and killed > SCHEDULES // 10, (
        "schedules in which nothing happens show nothing"
    )
