"""What people say to a device, and whom they mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.core.names import fold
from kith.endpoint.utterance import Act, Intent, Named, Nobody, Which, meant, picked, together, understand


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
        ("call the answer man", Intent(Act.CALL, "answer man")),
        ("call my mum", Intent(Act.CALL, "mum")),
        ("call mum's mobile", Intent(Act.CALL, "mum", "mobile")),
        ("Call Mum\u2019s mobile phone!", Intent(Act.CALL, "Mum", "mobile")),
        ("call James' office", Intent(Act.CALL, "James", "office")),
        ("call Anna on her cell", Intent(Act.CALL, "Anna", "cell")),
        ("video call Anna at home", Intent(Act.VIDEO_CALL, "Anna", "home")),
        ("call home", Intent(Act.CALL, "home")),
        ("call Anna's Kitchen", Intent(Act.CALL, "Anna's Kitchen")),
        ("call the", Intent(Act.CALL, "the")),
        ("block Bill", Intent(Act.BLOCK, "Bill")),
        ("Unblock Bill Smith.", Intent(Act.UNBLOCK, "Bill Smith")),
        ("I am Anna", Intent(Act.PROFILE, "Anna")),
        ("I'm anna.", Intent(Act.PROFILE, "anna")),
        ("this is Uncle José", Intent(Act.PROFILE, "Uncle José")),
        ("drop in on the kitchen", Intent(Act.DROP_IN, "kitchen")),
        ("Drop in on home.", Intent(Act.DROP_IN, "home")),
        ("drop in on my mum, please", Intent(Act.DROP_IN, "mum")),
        ("disable drop in", Intent(Act.DROP_IN_OFF)),
        ("turn on drop in", Intent(Act.DROP_IN_ON)),
        ("do not disturb", Intent(Act.QUIET_ON)),
        ("Don\u2019t disturb me!", Intent(Act.QUIET_ON)),
        ("turn off Do Not Disturb", Intent(Act.QUIET_OFF)),
        ("do not disturb on everywhere", Intent(Act.QUIET_EVERYWHERE)),
        ("turn off do not disturb everywhere", Intent(Act.QUIET_NOWHERE)),
        ("let them in", Intent(Act.LET_IN)),
        ("Not now.", Intent(Act.NOT_NOW)),
        ("I'm here", Intent(Act.HERE)),
        ("close everything", Intent(Act.CLOSE_EVERYTHING)),
        ("recall Anna", None),
        ("block", None),
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
    assert picked(text, BILLS) in (None, 0, 1, 2)


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


BILLS = ["Bill Smith", "Bill Jones, mobile", "Bill Jones, home"]


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("the first", 0),
        ("second one please", 1),
        ("3", 2),
        ("the last one", 2),
        ("Bill Smith", 0),
        ("smith", 0),
        ("the mobile", 1),
        ("bill jones home", 2),
        ("bill", None),
        ("jones", None),
        ("the fourth", None),
        ("bob", None),
        ("", None),
        ("please", None),
    ],
)
def test_an_answer_picks_one_or_none(said: str, place: int | None) -> None:
    assert picked(said, BILLS) == place
    assert picked(said, []) is None


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("Anna", ("Anna",)),
        ("Anna and Ben", ("Anna", "Ben")),
        ("Anna, Ben and the kitchen", ("Anna", "Ben", "kitchen")),
        ("mum, dad, and Sandy", ("mum", "dad", "Sandy")),
        ("", ()),
    ],
)
def test_several_are_named_one_after_another(said: str, names: tuple[str, ...]) -> None:
    assert together(said) == names


def test_a_name_that_is_a_number_word_is_a_name_first() -> None:
    assert picked("second", ["Bill", "Bob", "Second"]) == 2


def test_folding_is_blind_to_case_accents_and_punctuation() -> None:
    assert fold("  JOSÉ-Maria's ") == fold("jose maria s")
