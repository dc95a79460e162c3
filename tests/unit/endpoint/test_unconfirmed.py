"""Signals that may not have reached the server."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kith.endpoint.unconfirmed import KEPT, Unconfirmed


def lost(signals: Unconfirmed, arrived: int, *, resumed: bool) -> list[bytes]:
    signals.settle(arrived, resumed=resumed)
    return [data for _, data in signals.after(arrived)]


def filled(count: int, call: str = "c") -> Unconfirmed:
    signals = Unconfirmed()
    for number in range(1, count + 1):
        signals.add(call, b"%d" % number)
    return signals


def test_a_session_that_goes_on_misses_the_later_ones() -> None:
    assert lost(filled(5), 3, resumed=True) == [b"4", b"5"]
    assert lost(filled(5), 5, resumed=True) == []


def test_a_new_session_may_miss_all() -> None:
    assert lost(filled(3), 0, resumed=False) == [b"1", b"2", b"3"]


def test_counting_goes_on_from_what_the_server_has() -> None:
    signals = filled(5)
    lost(signals, 0, resumed=False)
    signals.add("c", b"6")
    assert lost(signals, 5, resumed=True) == [b"6"]


def test_what_is_added_while_the_rest_is_sent_comes_after_it() -> None:
    signals = filled(2)
    signals.settle(1, resumed=True)
    assert signals.after(1) == [(2, b"2")]
    signals.add("c", b"3")
    assert signals.after(2) == [(3, b"3")]


def test_a_call_that_is_over_needs_no_signals() -> None:
    signals = filled(2, "over")
    signals.add("on", b"3")
    signals.forget("over")
    assert lost(signals, 0, resumed=False) == [b"3"]


def test_no_more_is_kept_than_a_call_needs() -> None:
    assert len(lost(filled(KEPT + 10), 0, resumed=False)) == KEPT


@settings(deadline=None)  # what it takes is the machine's, not the code's
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=8))
def test_each_signal_arrives_once_and_in_order_over_any_number_of_losses(
    turns: list[tuple[int, int]],
) -> None:
    """Each turn: some are sent, of which the server gets a first part; then the connection is lost and resumed."""
    signals, arrived, sent = Unconfirmed(), 0, 0
    server: list[bytes] = []
    for count, through in turns:
        missing = lost(signals, arrived, resumed=True)
        fresh = [b"%d" % number for number in range(sent, sent + count)]
        sent += count
        for data in fresh:
            signals.add("c", data)
        server += (missing + fresh)[:through]
        arrived = len(server)
    server += lost(signals, arrived, resumed=True)
    if sent <= KEPT:
        assert server == [b"%d" % number for number in range(sent)]
