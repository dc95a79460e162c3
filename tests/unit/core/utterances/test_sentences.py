"""Sentences of the data files, and that nothing which is said can do harm by how it is said."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.core.utterances.answers import both, either, say
from kith.core.utterances.intents import LANGUAGES, MAX_SAID, Act, Intent, Language
from kith.core.utterances.sentences import MAX_READINGS, tongue, understand
from kith.endpoint.decrees import PROCESSED


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
        ("call mum mobile", Intent(Act.CALL, "mum", "mobile")),
        ("call for help", Intent(Act.CALL_FOR_HELP)),
        ("send a message to Anna", Intent(Act.MESSAGE, "Anna")),
        ("Send a message to Anna: dinner's ready!", Intent(Act.MESSAGE, "Anna", "", "dinner's ready")),
        ("tell Anna that he said that it's late", Intent(Act.MESSAGE, "Anna", "", "he said that it's late")),
        ("leave a message", Intent(Act.RECORD)),
        ("record a message for my mum", Intent(Act.RECORD, "mum")),
        ("send it", Intent(Act.SEND_IT)),
        ("cancel the message", Intent(Act.DISCARD)),
        ("play my messages", Intent(Act.PLAY_MESSAGES)),
        ("report that message", Intent(Act.REPORT_MESSAGE)),
        ("report this message as spam", Intent(Act.REPORT_MESSAGE, "", "", "spam")),
        ("report Anna", None),
        ("announce that dinner is ready", Intent(Act.ANNOUNCE, "", "", "dinner is ready")),
        ("make an announcement", Intent(Act.ANNOUNCE)),
        ("what did I miss?", Intent(Act.READ_NOTICES)),
        ("drop in on everybody", Intent(Act.DROP_IN, "everyone")),
        ("drop in on my home", Intent(Act.DROP_IN, "home")),
        ("do not call Anna", None),
        ("recall Anna", None),
        ("block", None),
        ("call", None),
        ("", None),
        ("make me a sandwich", None),
    ],
)
def test_sentences_have_their_intent(text: str, intent: Intent | None) -> None:
    assert next(iter(understand(text)), None) == intent


def test_what_may_be_read_in_several_ways_is_given_in_all_of_them() -> None:
    assert understand("tell anna maria is late") == (
        Intent(Act.MESSAGE, "anna", "", "maria is late"),
        Intent(Act.MESSAGE, "anna maria", "", "is late"),
        Intent(Act.MESSAGE, "anna maria is", "", "late"),
    )
    assert understand("call Anna's house") == (
        Intent(Act.CALL, "Anna", "house"),
        Intent(Act.CALL, "Anna's house"),
    )


@settings(max_examples=40)
@given(st.text(max_size=200), st.sampled_from(LANGUAGES))
def test_any_text_is_understood_or_not_but_never_fails(text: str, language: Language) -> None:
    assert len(understand(text, language)) <= MAX_READINGS


@pytest.mark.parametrize("part", ["tell a that ", "_s mobile ", "a"])
def test_a_long_utterance_takes_no_longer_than_it_is_long(part: str) -> None:
    began = time.process_time()
    understand(f"call {part * MAX_SAID}")
    assert time.process_time() - began < 2.0, "it took milliseconds when this was written"


def test_every_language_answers_all_that_the_others_do() -> None:
    english, *others = [tongue(language) for language in LANGUAGES]
    for other in others:
        assert {key for key in other.answers if not key.startswith("problem")} == set(english.answers)
        for key, sentence in english.answers.items():
            parts = {part for part in ("name", "names", "count") if f"{{{part}}}" in sentence}
            assert {
                part for part in ("name", "names", "count") if f"{{{part}}}" in other.answers[key]
            } == parts
        assert set(other.intents.intents) == set(english.intents.intents) == {act.value for act in Act}


def test_answers_are_put_together() -> None:
    assert say("en", "calling", name="Ann{a}") == "Calling Ann{a}."
    assert either("es", ["Ana", "Luis", "Eva"]) == "Ana, Luis o Eva" and both("en", ["Ben"]) == "Ben"
    assert say("en", "processed") == PROCESSED
