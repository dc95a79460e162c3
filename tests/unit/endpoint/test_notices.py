"""What can be read out of what was missed: for how long, by whom, and no longer than it is news."""

from kith.endpoint.clicks import BOUNCE, WINDOW, Clicks
from kith.endpoint.notices import KEPT, MOST, Filter, Kind, Notice, Notices, told


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def notice(kind: Kind, number: int, name: str = "Mum", at: float = Clock.now) -> Notice:
    return Notice(kind, f"{kind} {number}", f"p {name}", name, at)


def test_each_is_read_once_and_can_be_repeated_until_it_expires() -> None:
    clock = Clock()
    notices = Notices(clock)
    assert notices.add(notice("call", 1)) and not notices.add(notice("call", 1))
    assert [one.id for one in notices.read()] == ["call 1"]
    assert not notices.read() and len(notices.read(again=True)) == 1
    clock.now += KEPT
    assert not notices.read(again=True) and not notices.kept()
    assert not notices.add(notice("call", 2)), "it is too old already"
    assert not notices._notices and not notices._read


def test_only_whom_the_filter_lets_through_is_kept_at_all() -> None:
    notices = Notices(Clock(), only=Filter(vips=frozenset({"mum", "p Ben"})))
    assert notices.add(notice("message", 1, "Mum")) and notices.add(notice("call", 2, "Ben"))
    assert not notices.add(notice("message", 3, "Bill"))
    assert not notices.add(Notice("news", "4", "", "", Clock.now, "Somebody added a device."))
    assert {one.name for one in notices.kept()} == {"Mum", "Ben"}
    calls = Notices(Clock(), only=Filter(kinds=frozenset(("call",))))
    assert calls.add(notice("call", 1)) and not calls.add(notice("message", 1))


def test_what_was_seen_elsewhere_and_what_is_too_much_vanishes() -> None:
    notices = Notices(Clock())
    for number in range(MOST + 5):
        notices.add(notice("call", number, at=Clock.now + number))
    assert len(notices.kept()) == MOST and notices.kept()[0].id == "call 5"
    notices.add(notice("message", 1))
    notices.keep_only("call", ["call 50"])
    assert {one.id for one in notices.kept()} <= {"call 50", "message 1"}
    notices.forget()
    assert not notices.kept()


def test_it_is_told_in_sentences() -> None:
    news = Notice("news", "7", "", "", Clock.now, "Ben left the household.")
    some = [notice("call", 1), notice("call", 2), notice("message", 1, ""), notice("message", 2, "Ben"), news]
    assert told(some) == (
        "Mum called 2 times. A message from Somebody. A message from Ben. Ben left the household."
    )
    assert told(some[:1], "es") == "Llamó Mum."
    assert told([]) == "Nothing since you last asked."


def test_two_presses_are_a_double_click_at_once_and_one_is_a_click_in_time() -> None:
    clicks = Clicks()
    assert clicks.pressed(10.0) == 0 and clicks.deadline == 10.0 + WINDOW
    assert clicks.pressed(10.2) == 2 and clicks.deadline is None
    assert clicks.passed(11.0) == 0
    assert clicks.pressed(20.0) == 0 and clicks.passed(20.1) == 0
    assert clicks.passed(20.0 + WINDOW) == 1 and clicks.deadline is None
    assert clicks.pressed(30.0) == 0 and clicks.pressed(30.0 + BOUNCE / 2) == 0, "a finger that trembles"
    assert clicks.passed(30.0 + WINDOW) == 1
