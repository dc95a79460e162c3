"""The log: a chain of entries in which nothing can be changed, left out, moved or cut off unseen."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.core.keys import KeyPair
from kith.core.trust import log
from kith.core.trust.log import Head, LogEntry, Outcome, Payload, What
from kith.core.trust.untrusted import Reason, Untrusted
from tools.vectors import log as vectors

OWNER = "p_" + "a" * 20
KEYS = KeyPair.generate()
Lines = list[tuple[LogEntry, bytes | None]]


def written(count: int, *, owner: str = OWNER, keys: KeyPair = KEYS) -> Lines:
    lines: Lines = []
    head: Head | None = None
    for number in range(count):
        payload = log.write(
            Payload(salt=bytes(16), what=What.DROP_IN, outcome=Outcome.REFUSED, reason=str(number))
        )
        entry = log.follow(
            head, payload, owner=owner, time=100 + number, writer=keys.public.identity, sign=keys.sign
        )
        lines.append((entry, payload))
        head = log.head_of(entry)
    return lines


def refused(lines: Sequence[tuple[LogEntry, bytes | None]], seen: Head | None = None) -> Reason:
    with pytest.raises(Untrusted) as caught:
        log.verify_chain(lines, seen)
    return caught.value.reason


def test_a_chain_as_it_was_written() -> None:
    lines = written(4)
    head = log.verify_chain(lines)
    assert head == log.head_of(lines[-1][0])
    assert log.verify_chain(lines, head) == head
    assert log.verify_chain([]) is None


def test_a_payload_may_be_missing_and_says_what_was_written() -> None:
    lines = written(3)
    lines[1] = (lines[1][0], None)
    assert log.verify_chain(lines) is not None
    assert log.read(lines[0][1] or b"").reason == "0"


@pytest.mark.row("S4")
def test_an_edited_payload_is_found() -> None:
    lines = written(3)
    lines[1] = (lines[1][0], (lines[1][1] or b"").replace(b"refused", b"let_in"))
    assert refused(lines) is Reason.BROKEN


@given(index=st.integers(0, 4), field=st.sampled_from(["time", "payload_hash", "previous", "owner"]))
def test_an_edited_entry_is_found(index: int, field: str) -> None:
    lines = written(5)
    entry, payload = lines[index]
    value = {"time": entry.time + 1_000, "owner": "p_" + "b" * 20}.get(field, b"x" * 32)
    lines[index] = (msgspec.structs.replace(entry, **{field: value}), payload)
    assert refused(lines) in {Reason.BROKEN, Reason.BAD_SIGNATURE, Reason.FORKED, Reason.TIME_REVERSED}


@given(index=st.integers(0, 3))
def test_a_deleted_entry_is_found(index: int) -> None:
    lines = written(5)
    del lines[index]
    assert refused(lines) is Reason.OUT_OF_ORDER


@given(st.permutations(range(5)).filter(lambda order: order != list(range(5))))
def test_another_order_is_found(order: list[int]) -> None:
    lines = written(5)
    assert refused([lines[index] for index in order]) is Reason.OUT_OF_ORDER


@given(left=st.integers(0, 4))
def test_an_end_that_was_cut_off_is_missed_by_who_saw_it(left: int) -> None:
    lines = written(5)
    assert refused(lines[:left], log.head_of(lines[-1][0])) is Reason.STALE


def test_a_chain_written_anew_is_no_continuation_of_what_was_seen() -> None:
    seen = log.head_of(written(3)[-1][0])
    anew = written(3, keys=KeyPair.generate())
    assert refused(anew, seen) is Reason.FORKED


def test_nobody_signs_in_the_place_of_another() -> None:
    lines = written(2)
    entry, payload = lines[1]
    lines[1] = (
        msgspec.structs.replace(entry, signature=KeyPair.generate().sign(log.message(entry))),
        payload,
    )
    assert refused(lines) is Reason.BAD_SIGNATURE


def test_a_clock_that_runs_behind_does_not_break_the_chain() -> None:
    first = written(1)[0][0]
    entry = log.follow(
        log.head_of(first), b"{}", owner=OWNER, time=5, writer=KEYS.public.identity, sign=KEYS.sign
    )
    assert entry.time == first.time
    assert log.after(log.head_of(first), entry, b"{}").number == 1


def test_the_vectors_are_of_this_log() -> None:
    assert vectors.PATH.read_text() == vectors.text()


def test_what_is_no_payload_is_refused() -> None:
    with pytest.raises(Untrusted):
        log.read(b'{"what": "call"}')
