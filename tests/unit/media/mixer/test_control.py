"""The control socket: what goes in at one end comes out at the other, however it is cut up."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.mixer.control import (
    LARGEST,
    Close,
    Connected,
    ControlError,
    Deframer,
    FromMixer,
    Gone,
    Load,
    Quit,
    Ready,
    Refused,
    RoomLoad,
    Seat,
    Seated,
    SeatLoad,
    Speaking,
    ToMixer,
    Unseat,
    frame,
)

TO_MIXER: tuple[ToMixer, ...] = (Seat("c_1", "e_1", 3, "v=0"), Unseat("c_1", "e_1"), Close("c_1"), Quit())
FROM_MIXER: tuple[FromMixer, ...] = (
    Ready(bytes(32), 40_000),
    Seated("c_1", "e_1", 3, "v=0"),
    Refused("c_1", "e_1", 3, "full"),
    Connected("c_1", "e_1", 3),
    Gone("c_1", "e_1", 3),
    Speaking("c_1", ("e_1", "e_2")),
    Load(1, 0.25, (RoomLoad("c_1", (SeatLoad("e_1", 100, 2, 3.5, 40.0),)),)),
)


def test_every_message_has_an_example() -> None:
    assert {type(one) for one in TO_MIXER} == set(get_args(ToMixer))
    assert {type(one) for one in FROM_MIXER} == set(get_args(FromMixer))


@given(st.lists(st.integers(1, 40)))
def test_messages_survive_any_cutting(cuts: list[int]) -> None:
    for kind, messages in ((ToMixer, TO_MIXER), (FromMixer, FROM_MIXER)):
        data = b"".join(map(frame, messages))
        deframer: Deframer[object] = Deframer(kind)
        found: list[object] = []
        for cut in cuts:
            found += deframer.feed(data[:cut])
            data = data[cut:]
        found += deframer.feed(data)
        assert tuple(found) == messages


@pytest.mark.parametrize(
    "data",
    [
        (LARGEST + 1).to_bytes(4, "big"),
        (1).to_bytes(4, "big") + b"\xc1",
        frame(FROM_MIXER[0]),  # from the wrong side
        frame(Seat("", "e_1", 0, "")),
        frame(Seat("c_1", "e_1", 0, "x" * 65_537)),
    ],
    ids=["too long", "no MessagePack", "not said in this direction", "a room without a name", "a long offer"],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    deframer: Deframer[ToMixer] = Deframer(ToMixer)
    with pytest.raises(ControlError):
        list(deframer.feed(data))
