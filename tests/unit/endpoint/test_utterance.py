"""Whom a name means among the few that a device knows itself."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.core.names import fold
from kith.endpoint.utterance import Named, Nobody, Which, meant

ANNA, ANNE, JOSE, OTHER = (
    Named("p_1", "Anna"),
    Named("p_2", "Anne Marie"),
    Named("p_3", "José"),
    Named("p_4", "anna"),
)


@pytest.mark.parametrize(
    ("said", "names", "result"),
    [
        ("Anna", [ANNA, ANNE, OTHER], ANNA),
        ("ANNA", [ANNA, ANNE], ANNA),
        ("ANNA", [ANNA, OTHER], Which((ANNA, OTHER))),
        ("jose", [ANNA, JOSE], JOSE),
        ("anne", [ANNA, ANNE], ANNE),
        ("ann", [ANNA, ANNE], Which((ANNA, ANNE))),
        ("bob", [ANNA, ANNE], Nobody()),
        ("", [ANNA], Nobody()),
        ("...", [ANNA], Nobody()),
        ("Anna", [ANNA, Named("e_9", "Anna")], Which((Named("e_9", "Anna"), ANNA))),
    ],
)
def test_a_name_means_one_or_is_a_question(said: str, names: list[Named], result: object) -> None:
    found = meant(said, names)
    if isinstance(result, Which):
        assert isinstance(found, Which) and set(found.choices) == set(result.choices)
    else:
        assert found == result


@settings(max_examples=40)
@given(st.text())
def test_any_name_means_one_or_several_or_nobody(text: str) -> None:
    meant(text, [ANNA, JOSE])


def test_folding_is_blind_to_case_accents_and_punctuation() -> None:
    assert fold("  JOSÉ-Maria's ") == fold("jose maria s")
