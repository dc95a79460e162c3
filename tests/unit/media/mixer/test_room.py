"""A room without a network: seats that talk and listen by hand, and what each is sent in a tick."""

from typing import Any, cast

import numpy as np
import pytest

from media.mixer.encoding import SETTLING, silence
from media.mixer.room import Room
from media.mixer.seat import Seat
from media.opus import SAMPLES, Decoder, Samples
from media.tones import sine
from tests.support.mixer_peers import strengths


class Chair:
    """Stands for a seat: has a pitch, and talks for as many ticks as it is told to."""

    measured = False
    lossy = False

    def __init__(self, name: str, room: Room, hertz: float) -> None:
        self.name, self.hertz = name, hertz
        self.partner: Any = None
        self.voice = self
        self.sent: list[bytes] = []
        self._room, self._ticks, self._at = room, 0, 0

    def talk(self, ticks: int) -> None:
        self._ticks = ticks
        self._room.opened(cast("Seat", self))

    def tire(self) -> bool:
        self._ticks -= 1
        return self._ticks <= 0

    def pause(self) -> None:
        pass

    def pull(self, now: float) -> Samples:
        self._at += SAMPLES
        return sine(self.hertz, self._at, SAMPLES, 0.2)

    def send(self, payload: bytes) -> None:
        self.sent.append(payload)


TONES = (400.0, 700.0, 1_000.0, 1_300.0)


@pytest.fixture
def chairs() -> tuple[Room, list[Chair]]:
    room = Room()
    made = [Chair(f"e_{n}", room, hertz) for n, hertz in enumerate(TONES)]
    for chair in made:
        room.enter(cast("Seat", chair))
    return room, made


def ticks(room: Room, count: int) -> None:
    for n in range(count):
        room.tick(n * 0.02)


def heard(chair: Chair, since: int) -> list[bool]:
    """Which of the pitches are in what came since this tick."""
    decoder = Decoder()
    sound = np.concatenate([decoder.decode(payload) for payload in chair.sent[since:]])
    return [one > 0.1 for one in strengths(sound[5 * SAMPLES :], TONES)]


def test_in_silence_everybody_is_sent_the_same_packet(chairs: tuple[Room, list[Chair]]) -> None:
    room, made = chairs
    ticks(room, 3)
    assert all(chair.sent == [silence()] * 3 for chair in made)


def test_each_talker_hears_the_others_and_the_listeners_share_one_packet(
    chairs: tuple[Room, list[Chair]],
) -> None:
    room, (first, second, third, fourth) = chairs
    first.talk(100)
    second.talk(100)
    ticks(room, 40)
    assert heard(first, 0) == [False, True, False, False]
    assert heard(second, 0) == [True, False, False, False]
    assert heard(third, 0) == [True, True, False, False]
    assert [id(one) for one in third.sent] == [id(one) for one in fourth.sent], "encoded once"


def test_one_who_talks_alone_hears_silence_that_costs_nothing(chairs: tuple[Room, list[Chair]]) -> None:
    room, (first, second, *_) = chairs
    first.talk(60)
    ticks(room, 30)
    assert first.sent == [silence()] * 30 and heard(second, 0) == [True, False, False, False]
    ticks(room, 30 + SETTLING)
    assert second.sent[-1] == silence() and not room.talkers


def test_a_room_of_two_is_left_to_itself(chairs: tuple[Room, list[Chair]]) -> None:
    room, (first, second, third, fourth) = chairs
    room.leave("e_2")
    assert first.partner is None
    room.leave("e_3")
    assert first.partner is second and second.partner is first and third.partner is fourth.partner is None
    first.talk(3)
    ticks(room, 5)
    assert first.sent == second.sent == [] and not room.talkers
    room.enter(cast("Seat", third))
    assert first.partner is None


def test_who_comes_under_a_name_takes_its_place(chairs: tuple[Room, list[Chair]]) -> None:
    room, (first, *_) = chairs
    again = Chair("e_0", room, 2_000.0)
    first.talk(10)
    room.enter(cast("Seat", again))
    ticks(room, 1)
    assert first.sent == [] and len(again.sent) == 1 and len(room.seats) == 4 and not room.talkers
