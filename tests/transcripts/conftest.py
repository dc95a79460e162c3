"""The three moments at which most transcripts begin."""

import pytest

from signaling.call import Alerting, Answered, MediaUp
from tests.support.bench import CALLER, HALL, KITCHEN, PERSONAL, PHONE, SHARED, Bench


@pytest.fixture
def ringing() -> Bench:
    """Dad's phone and the kitchen ring; the hall is switched off."""
    bench = Bench.calling({PHONE: PERSONAL, KITCHEN: SHARED, HALL: SHARED}, offline=frozenset({HALL}))
    bench.feed(Alerting(PHONE), Alerting(KITCHEN))
    return bench


@pytest.fixture
def answered(ringing: Bench) -> Bench:
    """The kitchen has answered; media is not up yet."""
    ringing.feed(Answered(KITCHEN, video=True))
    return ringing


@pytest.fixture
def active(answered: Bench) -> Bench:
    """Mum and the kitchen hear each other."""
    answered.feed(MediaUp(CALLER, 0), MediaUp(KITCHEN, 0))
    return answered
