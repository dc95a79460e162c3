"""What the light and the screen say, for every combination of facts."""

from itertools import product

import pytest

from kith.endpoint.indicators import Facts, Light, Screen, Stage, signs

EVERY = [
    Facts(
        stage=stage,
        has_screen=screen,
        microphone_off=off,
        muted=muted,
        microphone_live=audio,
        camera_live=video,
    )
    for stage in Stage
    for screen, off, muted, audio, video in product((False, True), repeat=5)
]


@pytest.mark.parametrize("facts", EVERY)
def test_the_indicator_is_on_exactly_while_a_track_is_live(facts: Facts) -> None:
    shown = signs(facts)
    assert (shown.live_audio, shown.live_video) == (facts.microphone_live, facts.camera_live)


@pytest.mark.parametrize("facts", EVERY)
def test_signs_match_the_screen_that_there_is(facts: Facts) -> None:
    shown = signs(facts)
    assert (shown.screen is Screen.NONE) is not facts.has_screen
    if facts.stage is Stage.RINGING_HERE:
        assert shown.screen is Screen.INCOMING if facts.has_screen else shown.light is Light.GREEN_PULSE
    if facts.has_screen:
        assert shown.light in (Light.OFF, Light.RED)
    elif facts.microphone_live or facts.camera_live:
        assert shown.light is not Light.OFF


@pytest.mark.parametrize("facts", EVERY)
def test_red_means_that_the_microphone_is_off(facts: Facts) -> None:
    shown = signs(facts)
    silent = facts.microphone_off or (facts.muted and facts.stage is Stage.IN_CALL)
    if shown.light is Light.RED:
        assert silent
    if silent and (facts.has_screen or facts.stage is not Stage.RINGING_HERE):
        assert shown.light is Light.RED


def test_nothing_happens_and_nothing_shines() -> None:
    idle = signs(Facts(Stage.IDLE, False, False, False, False, False))  # noqa: FBT003 - all of them
    assert (idle.light, idle.screen) == (Light.OFF, Screen.NONE)
