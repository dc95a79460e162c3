"""The control socket: what goes in at one end comes out at the other, however it is cut up."""

from typing import get_args

import pytest

from media.mixer.control import LARGEST, ControlError, Deframer, FromMixer, Seat, ToMixer, frame
from tests.support.mixer_peers import FROM_MIXER, TO_MIXER


def test_every_message_has_an_example() -> None:
    assert {type(one) for one in TO_MIXER} == set(get_args(ToMixer))
    assert {type(one) for one in FROM_MIXER} == set(get_args(FromMixer))


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
