"""Numbers of one outgoing stream, as its listener sees them."""

from media.mixer.numbering import FRAME, Numbering


def test_a_mixed_room_counts_on_through_both_wraps() -> None:
    numbering = Numbering(65_535, 2**32 - 1)
    numbering.next()
    assert (numbering.sequence, numbering.timestamp) == (0, FRAME - 1)


def test_a_forwarded_loss_looks_lost_and_a_pause_is_one() -> None:
    numbering = Numbering(100, 1_000)
    first = numbering.forward(1, 65_530, 2**32 - 960)
    assert first == (101, 1_960)
    assert numbering.forward(1, 65_532, 960) == (103, 1_960 + 1_920), "one was lost on its way"
    assert numbering.forward(1, 65_531, 0) == (102, 1_960 + 960), "and comes late"
    assert numbering.forward(1, 65_533, 48_960) == (104, 1_960 + 49_920), (
        "after a pause in which nothing was sent"
    )


def test_it_goes_on_from_mixed_to_forwarded_and_back() -> None:
    numbering = Numbering(10, 0)
    numbering.next()
    assert numbering.forward(1, 5_000, 77) == (12, 2 * FRAME)
    assert numbering.forward(2, 9, 5) == (13, 3 * FRAME), "another source"
    assert numbering.forward(2, 30_000, 5) == (14, 4 * FRAME), "which began anew"
    numbering.next()
    assert (numbering.sequence, numbering.timestamp) == (15, 5 * FRAME)
    numbering.skip(10)
    numbering.next()
    assert (numbering.sequence, numbering.timestamp) == (16, 16 * FRAME), "time went by, no packet is missing"
