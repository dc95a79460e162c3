"""What the light and the screen say, for every combination of facts."""

from dataclasses import replace
from itertools import product

from kith.endpoint.indicators import Facts, Light, Screen, Stage, signs

EVERY = [
    Facts(
        stage=stage,
        has_screen=screen,
        microphone_off=off,
        muted=muted,
        microphone_live=audio,
        camera_live=video,
        opening=opening,
    )
    for stage in Stage
    for screen, off, muted, audio, video, opening in product((False, True), repeat=6)
]

RINGING, TALKING = (Stage.RINGING_HERE, Stage.KNOCKED_HERE), (Stage.IN_CALL, Stage.DROPPED_IN)


def test_the_indicator_is_on_exactly_while_a_track_is_live() -> None:
    for facts in EVERY:
        shown = signs(facts)
        opens = facts.microphone_live or facts.opening
        assert (shown.live_audio, shown.live_video) == (opens, facts.camera_live), facts


def test_a_drop_in_is_green_exactly_while_something_leaves_or_is_about_to() -> None:
    for facts in EVERY:
        if facts.stage is Stage.DROPPED_IN and not (facts.has_screen or facts.microphone_off or facts.muted):
            leaves = facts.microphone_live or facts.camera_live or facts.opening
            assert signs(facts).light is (Light.GREEN if leaves else Light.OFF), facts
        if facts.stage is Stage.DROPPED_IN and facts.muted:
            assert signs(facts).light is Light.RED, facts


def test_signs_match_the_screen_that_there_is() -> None:
    for facts in EVERY:
        shown = signs(facts)
        assert (shown.screen is Screen.NONE) is not facts.has_screen, facts
        if facts.stage is Stage.RINGING_HERE and facts.has_screen:
            assert shown.screen is Screen.INCOMING, facts
        if facts.stage in RINGING and not facts.has_screen:
            assert shown.light is Light.GREEN_PULSE, facts
        if facts.has_screen:
            assert shown.light in (Light.OFF, Light.RED), facts
        elif facts.microphone_live or facts.camera_live:
            assert shown.light is not Light.OFF, facts


def test_red_means_that_the_microphone_is_off() -> None:
    for facts in EVERY:
        shown = signs(facts)
        silent = facts.microphone_off or (facts.muted and facts.stage in TALKING)
        assert silent or shown.light is not Light.RED, facts
        if silent and (facts.has_screen or facts.stage not in RINGING):
            assert shown.light is Light.RED, facts


def test_nothing_happens_and_nothing_shines() -> None:
    idle = signs(Facts(Stage.IDLE, False, False, False, False, False))  # noqa: FBT003 - all of them
    assert (idle.light, idle.screen) == (Light.OFF, Screen.NONE)


def test_a_message_that_waits_is_shown_where_nothing_else_goes_on() -> None:
    for facts in EVERY:
        shown, before = signs(replace(facts, messages=True)), signs(replace(facts, messages=False))
        if shown != before:
            assert facts.stage is Stage.IDLE
            assert (shown.light, before.light) == (Light.YELLOW_PULSE, Light.OFF) or facts.has_screen
            assert (shown.screen, before.screen) == (Screen.MESSAGES, Screen.IDLE) or not facts.has_screen
    idle = Facts(Stage.IDLE, False, False, False, False, False, messages=True)  # noqa: FBT003 - all of them
    assert signs(idle).light is Light.YELLOW_PULSE
    assert signs(replace(idle, has_screen=True)).screen is Screen.MESSAGES
    assert signs(replace(idle, microphone_off=True)).light is Light.RED
