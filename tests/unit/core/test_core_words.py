"""Ids, problem codes and capabilities."""

import re
from collections.abc import Callable
from itertools import product

import pytest

from kith.core import ids
from kith.core.capabilities import Capabilities
from kith.core.problem import SENTENCES, Code, Problem
from signaling import protocol


@pytest.mark.parametrize(
    ("make", "reference"),
    [
        (ids.new_person, protocol.PersonRef),
        (ids.new_household, protocol.HouseholdRef),
        (ids.new_endpoint, protocol.EndpointRef),
        (ids.new_call, protocol.CallRef),
        (ids.new_session, protocol.SessionRef),
    ],
)
def test_an_id_is_what_the_wire_accepts_and_never_comes_twice(
    make: Callable[[], str], reference: object
) -> None:
    (meta,) = reference.__metadata__  # type: ignore[attr-defined]
    made = [make() for _ in range(1000)]
    assert all(re.search(meta.pattern, one) for one in made)
    assert len(set(made)) == 1000


def test_a_secret_has_128_bits_and_fits_the_wire() -> None:
    (meta,) = protocol.Secret.__metadata__  # type: ignore[attr-defined]
    secret = ids.new_secret()
    assert len(secret) * 6 >= 128
    assert meta.min_length <= len(secret) <= meta.max_length


def test_every_code_has_one_sentence() -> None:
    assert set(SENTENCES) == set(Code)
    assert len(set(SENTENCES.values())) == len(SENTENCES)
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())


def test_codes_are_plain_words() -> None:
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) and code.upper() == code.name for code in Code)


def test_a_problem_says_its_code_and_nothing_more() -> None:
    problem = Problem(Code.INVALID, path="name", data={"limit": 3})
    assert str(problem) == "invalid"
    assert (problem.path, dict(problem.data)) == ("name", {"limit": 3})


def test_the_button_cuts_both_and_the_shutter_the_camera_only() -> None:
    for microphone, camera, off, shut in product((False, True), repeat=4):
        has = Capabilities(microphone=microphone, camera=camera, microphone_off=off, shutter_closed=shut)
        assert has.can_send_audio == (microphone and not off)
        assert has.can_send_video == (camera and not off and not shut)
