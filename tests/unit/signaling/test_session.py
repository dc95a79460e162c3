"""The numbered events of a session: exactly once, in order, and bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.core.ids import SessionId
from kith.core.problem import Code, Problem
from signaling import session as module
from signaling.protocol import (
    JSON,
    MSGPACK,
    Invite,
    Invited,
    ListDirectory,
    Ok,
    Ping,
    Registered,
    problem_reply,
)
from signaling.session import Overflow, Session, Violation


def fresh() -> Session:
    return Session(SessionId("s_00000000000000000000"), MSGPACK)


def seq_of(frame: bytes) -> int:
    event = MSGPACK.from_server(frame)
    assert isinstance(event, Registered)
    return event.seq


def test_events_are_numbered_from_one_and_kept_until_acked() -> None:
    session = fresh()
    frames = [session.number(Registered()) for _ in range(3)]
    assert [seq_of(frame) for frame in frames] == [1, 2, 3]
    session.ack(2)
    assert session.replay_all() == frames[2:]
    session.ack(3)
    assert session.unacked == 0


def test_an_ack_of_something_never_sent_is_a_violation() -> None:
    session = fresh()
    session.number(Registered())
    with pytest.raises(Violation):
        session.ack(2)


def test_a_resume_from_before_what_was_acked_cannot_be() -> None:
    session = fresh()
    for _ in range(4):
        session.number(Registered())
    session.ack(3)
    assert session.replay(2) is None
    assert session.replay(5) is None
    replayed = session.replay(3)
    assert replayed is not None
    assert [seq_of(frame) for frame in replayed] == [4]


def test_one_who_never_acks_is_dropped_and_cannot_resume(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_EVENTS", 5)
    session = fresh()
    for _ in range(5):
        session.number(Registered())
    with pytest.raises(Overflow):
        session.number(Registered())
    session.ack(5)
    with pytest.raises(Overflow):  # one is missing: only a snapshot mends that
        session.number(Registered())
    assert session.replay(5) is None


def test_replies_are_remembered_for_as_many_retries_as_the_protocol_allows() -> None:
    replies = fresh().replies
    for number in range(module.RETRIES + 1):
        replies.remember(Ping(id=str(number)), Ok(re=str(number)))
    assert replies.find(Ping(id="0")) is None
    assert replies.find(Ping(id="1")) == Ok(re="1")


def test_another_command_under_a_known_id_is_no_retry() -> None:
    replies = fresh().replies
    replies.remember(Invite(id="1"), Invited(re="1", secret="x" * 22, expires=1.0))
    with pytest.raises(Problem) as refused:
        replies.find(ListDirectory(id="1"))
    assert (refused.value.code, refused.value.path) == (Code.INVALID, "id")


@pytest.mark.parametrize("code", Code)
def test_what_may_be_over_at_the_next_try_is_not_remembered(code: Code) -> None:
    replies = fresh().replies
    reply = problem_reply(Problem(code), "1")
    replies.remember(Ping(id="1"), reply)
    passing = code in ("rate_limited", "mixer_unavailable", "storage_unavailable", "internal")
    assert replies.find(Ping(id="1")) == (None if passing else reply)


@given(st.lists(st.sampled_from(["event", "ack", "reconnect", "lose"]), max_size=60))
def test_every_event_arrives_exactly_once_and_in_order(moves: list[str]) -> None:
    """The endpoint's side in three lines: it sees frames, may lose the connection, and acks what it saw."""
    session = Session(SessionId("s_00000000000000000000"), JSON)
    seen: list[int] = []
    sent = 0
    connected = True
    for move in moves:
        if move == "event":
            frame = session.number(Registered())
            sent += 1
            if connected:
                seen.append(JSON.from_server(frame).seq)  # type: ignore[union-attr]
        elif move == "ack" and connected:
            session.ack(len(seen))
        elif move == "lose":
            connected = False
        elif move == "reconnect":
            connected = True
            replay = session.replay(len(seen))
            assert replay is not None
            seen.extend(JSON.from_server(frame).seq for frame in replay)  # type: ignore[union-attr]
    if not connected:
        replay = session.replay(len(seen))
        assert replay is not None
        seen.extend(JSON.from_server(frame).seq for frame in replay)  # type: ignore[union-attr]
    assert seen == list(range(1, sent + 1))
