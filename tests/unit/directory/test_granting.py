"""What a household is told of a new set, and how often somebody may try."""

import pytest

from kith.core.ids import HouseholdId, PersonId
from kith.core.news import NewsKind
from kith.core.trust.grants import DropInTerm, Grant, Grants, HomeTerm, Mode
from kith.core.trust.grants_write import at_device, at_home, given, quieted, revoked, shut
from kith.directory.granting import Told, differences
from signaling.drop_in_facts import Attempts

ANN, BEN, KITCHEN = b"a" * 32, b"b" * 32, b"k" * 32
FIRST = Grants(
    person=b"r" * 32,
    person_version=0,
    person_head=b"h" * 32,
    version=0,
    time=100,
    signer=b"s" * 32,
    signature=b"g" * 64,
)
BOTH = given(given(FIRST, Grant(receiver=ANN, since=1)), Grant(receiver=BEN, since=1))


def test_a_first_set_is_news_for_what_it_gives() -> None:
    assert differences(None, FIRST) == []
    assert differences(None, BOTH) == [Told(NewsKind.GRANT_GIVEN, ANN), Told(NewsKind.GRANT_GIVEN, BEN)]


def test_signing_anew_is_no_news() -> None:
    assert differences(BOTH, BOTH) == []
    assert differences(BOTH, quieted(BOTH, on=True)) == []


def test_another_way_of_dropping_in_is_news_and_so_is_the_end() -> None:
    louder = given(BOTH, Grant(receiver=ANN, since=1, mode=Mode.INSTANT))
    assert differences(BOTH, louder) == [Told(NewsKind.GRANT_GIVEN, ANN)]
    assert differences(BOTH, revoked(BOTH, BEN)) == [Told(NewsKind.GRANT_REVOKED, BEN)]


def test_the_household_and_its_devices() -> None:
    assert differences(FIRST, at_home(FIRST, HomeTerm.KNOCK)) == [Told(NewsKind.HOME_DROP_IN_CHANGED)]
    off = at_device(FIRST, KITCHEN, DropInTerm.OFF)
    told = [Told(NewsKind.DEVICE_DROP_IN_CHANGED, KITCHEN)]
    assert differences(FIRST, off) == differences(off, FIRST) == told


def test_closing_everything_is_one_piece_of_news() -> None:
    assert differences(BOTH, shut(BOTH)) == [Told(NewsKind.PANIC)]
    assert differences(shut(BOTH), shut(BOTH)) == []


@pytest.fixture
def attempts() -> Attempts:
    return Attempts()


HOME, AWAY = HouseholdId("h_home"), HouseholdId("h_away")
MUM, DAD = PersonId("p_mum"), PersonId("p_dad")


def test_ten_attempts_in_ten_minutes_of_one_person_at_one_household(attempts: Attempts) -> None:
    assert [attempts.wait(MUM, HOME, float(second))[0] for second in range(10)] == [0.0] * 10
    assert attempts.wait(MUM, HOME, 10.0) == (590.0, True)
    assert attempts.wait(MUM, AWAY, 10.0)[0] == attempts.wait(DAD, HOME, 10.0)[0] == 0.0
    assert attempts.wait(MUM, HOME, 600.0)[0] == 0.0


def test_what_is_too_often_is_written_down_once_and_costs_no_more_waiting(attempts: Attempts) -> None:
    for _ in range(10):
        attempts.wait(MUM, HOME, 0.0)
    assert [attempts.wait(MUM, HOME, 1.0) for _ in range(3)] == [
        (599.0, True),
        (599.0, False),
        (599.0, False),
    ]
    assert attempts.wait(MUM, HOME, 600.0) == (0.0, True)
