"""The test by which samples are told apart."""

import random

from tests.support.ranks import distance


def test_samples_of_one_source_are_close_and_others_are_not() -> None:
    chance = random.Random(7)
    one, other = ([chance.gauss(0.0, 1.0) for _ in range(100)] for _ in range(2))
    assert abs(distance(one, other)) < 3
    assert distance([value + 1 for value in one], other) > 4
    assert distance(one, [value + 1 for value in other]) < -4


def test_what_is_all_alike_is_not_apart() -> None:
    assert distance([1.0] * 20, [1.0] * 20) == 0
