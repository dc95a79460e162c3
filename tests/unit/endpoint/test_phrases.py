"""Where a phrase begins and ends, with a wake word and without."""

import numpy as np

from kith.endpoint.phrases import BEFORE, BEGINS, LONGEST, PATIENCE, PAUSE, Phrases
from media.tones import Samples


def frame(value: int) -> Samples:
    return np.full(960, value, np.int16)


def said(phrases: Phrases, pattern: str) -> list[Samples]:
    """A frame for each sign: "." quiet, "x" speech, "!" the end of the wake word."""
    ended = [
        phrases.heard(frame(number), speech=0.9 if sign == "x" else 0.1, woken=sign == "!")
        for number, sign in enumerate(pattern)
    ]
    return [one for one in ended if one is not None]


def test_after_the_wake_word_a_phrase_lasts_until_nobody_speaks() -> None:
    phrases = Phrases(awaits=True)
    assert not said(phrases, "xxxxxxxxxx" + "." * 100), "nobody has said the word"
    assert not said(phrases, "xxxx!") and phrases.listening
    (phrase,) = said(phrases, "..xxxx.....xxx" + "." * PAUSE)
    assert len(phrase) == 960 * (14 + PAUSE) and not phrases.listening
    assert not said(phrases, "xxxxxxxxxx" + "." * 100), "it is asleep again"


def test_nobody_is_waited_for_for_ever_and_nobody_is_listened_to_for_ever() -> None:
    phrases = Phrases(awaits=True)
    assert not said(phrases, "!" + "." * PATIENCE) and not phrases.listening
    (phrase,) = said(phrases, "!" + "x" * LONGEST)
    assert len(phrase) == 960 * LONGEST and not phrases.listening


def test_without_a_word_it_begins_with_speech_and_what_was_just_before() -> None:
    phrases = Phrases(awaits=False)
    assert not said(phrases, "." * 30 + "x" * (BEGINS - 1) + "." * 60), "a door"
    (phrase,) = said(phrases, "." * 30 + "x" * BEGINS + "xx" + "." * PAUSE)
    assert len(phrase) == 960 * (BEFORE + 2 + PAUSE)
    phrases.heard(frame(0), speech=0.9, woken=False)
    phrases.forget()
    assert not said(phrases, "." * 100)
