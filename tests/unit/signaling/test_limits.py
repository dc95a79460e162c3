"""Token buckets: what they let through, and what they say when they do not."""

import pytest

from kith.core.problem import Code, Problem
from signaling.limits import AddressRates, Bucket


def test_a_burst_and_then_the_rate() -> None:
    bucket = Bucket(rate=2.0, burst=3.0, now=0.0)
    for _ in range(3):
        bucket.take(0.0)
    with pytest.raises(Problem) as refused:
        bucket.take(0.0)
    assert refused.value.code is Code.RATE_LIMITED
    assert refused.value.data["retry_after"] == 0.5
    bucket.take(0.5)
    with pytest.raises(Problem):
        bucket.take(0.6)


def test_being_refused_does_not_cost_what_comes_back() -> None:
    bucket = Bucket(rate=1.0, burst=1.0, now=0.0)
    bucket.take(0.0)
    for instant in (0.25, 0.5, 0.75):
        with pytest.raises(Problem):
            bucket.take(instant)
    bucket.take(1.0)


def test_a_clock_that_steps_back_gives_nothing_away() -> None:
    bucket = Bucket(rate=1.0, burst=1.0, now=100.0)
    bucket.take(100.0)
    with pytest.raises(Problem):
        bucket.take(50.0)


def test_guessing_is_slow_and_one_address_does_not_pay_for_another() -> None:
    rates = AddressRates()
    for _ in range(30):
        rates.join("192.0.2.1", 0.0)
    with pytest.raises(Problem):
        rates.join("192.0.2.1", 0.0)
    rates.join("192.0.2.2", 0.0)
    rates.sign_in("192.0.2.1", 0.0)


def test_addresses_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AddressRates, "MAX_ADDRESSES", 3)
    rates = AddressRates()
    for number in range(10):
        rates.join(f"192.0.2.{number}", 0.0)
    assert len(rates._buckets) == 3


def refused(rates: AddressRates, address: str, now: float) -> bool:
    try:
        rates.check_token(address, now)
    except Problem as problem:
        return problem.code is Code.RATE_LIMITED
    return False


def test_after_too_many_wrong_tokens_none_is_looked_at_for_a_while() -> None:
    rates = AddressRates()
    for _ in range(60):
        assert not refused(rates, "192.0.2.1", 0.0)
        rates.wrong_token("192.0.2.1", 0.0)
    assert refused(rates, "192.0.2.1", 0.5)
    rates.wrong_token("192.0.2.1", 0.5)
    assert not refused(rates, "192.0.2.2", 0.5)
    assert not refused(rates, "192.0.2.1", 1.0)


def test_right_tokens_cost_nothing() -> None:
    rates = AddressRates()
    rates.wrong_token("192.0.2.1", 0.0)
    assert not any(refused(rates, "192.0.2.1", 0.0) for _ in range(1000))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("not an address:", "192.0.2.1", False),
    ],
)
def test_whoever_has_a_whole_network_to_choose_from_is_one(one: str, other: str, same: bool) -> None:
    rates = AddressRates()
    for _ in range(30):
        rates.join(one, 0.0)
    if same:
        with pytest.raises(Problem):
            rates.join(other, 0.0)
    else:
        rates.join(other, 0.0)


def test_addresses_side_by_side_are_one_for_sign_ups() -> None:
    rates = AddressRates()
    for number in range(60):
        rates.sign_up(f"203.0.113.{number}", 0.0)
    with pytest.raises(Problem):
        rates.sign_up("203.0.113.99", 0.0)
    rates.sign_up("203.0.112.1", 0.0)
    for number in range(60):
        rates.sign_up(f"2001:db8:7:{number:x}::1", 0.0)
    with pytest.raises(Problem):
        rates.sign_up("2001:db8:7:ffff::1", 0.0)
    rates.sign_up("2001:db8:8::1", 0.0)
    rates.sign_up("a name", 0.0)
