"""What people say to a device, and whom they mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.core.names import fold
from kith.endpoint.utterance import Act, Intent, Named, Nobody, Which, meant, understand


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("call Anna", Intent(Act.CALL, "Anna")),
        ("  Call   anna please ", Intent(Act.CALL, "anna")),
        ("please call Uncle José.", Intent(Act.CALL, "Uncle José")),
        ("video call Kitchen", Intent(Act.VIDEO_CALL, "Kitchen")),
        ("answer", Intent(Act.ANSWER)),
        ("Pick up!", Intent(Act.ANSWER)),
        ("decline", Intent(Act.DECLINE)),
        ("hang up", Intent(Act.HANG_UP)),
        ("Video off.", Intent(Act.VIDEO_OFF)),
        ("video on", Intent(Act.VIDEO_ON)),
        ("mute", Intent(Act.MUTE)),
        ("unmute", Intent(Act.UNMUTE)),
        ("microphone off", Intent(Act.MICROPHONE_OFF)),
        ("turn the video off", Intent(Act.VIDEO_OFF)),
        ("close the shutter", Intent(Act.SHUTTER_CLOSED)),
        ("open shutter", Intent(Act.SHUTTER_OPEN)),
        ("call the answer man", Intent(Act.CALL, "the answer man")),
        ("recall Anna", None),
        ("call", None),
        ("", None),
        ("make me a sandwich", None),
    ],
)
def test_sentences_have_their_intent(text: str, intent: Intent | None) -> None:
    assert understand(text) == intent


@given(st.text())
def test_any_text_is_understood_or_not_but_never_fails(text: str) -> None:
    understand(text)
    meant(text, [Named("p_1", "Anna")])


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


def test_folding_is_blind_to_case_accents_and_punctuation() -> None:
    assert fold("  JOSÉ-Maria's ") == fold("jose maria s")
