"""What an endpoint shows: light and screen. Pure: facts in, signs out.

A device without a screen says everything by its light; one with a screen shows pictures, and its light
only says that the microphone is off. `live` is the indicator of both: on exactly while a track is live (R134).
"""

from dataclasses import dataclass
from enum import StrEnum


class Light(StrEnum):
    OFF = "off"
    GREEN_PULSE = "green_pulse"  # It rings, here or at the other end.
    GREEN = "green"  # In a call.
    BLUE = "blue"  # Somebody at home announces something.
    RED = "red"  # The microphone is off.
    YELLOW_PULSE = "yellow_pulse"  # A message waits.


class Screen(StrEnum):
    NONE = "none"  # There is no screen.
    IDLE = "idle"
    INCOMING = "incoming"  # Who calls, with answer and decline.
    CALLING = "calling"
    IN_CALL = "in_call"
    KNOCK = "knock"  # Who would like to be let in, with "let in" and "not now".
    MESSAGES = "messages"  # That messages wait, with "play".
    ANNOUNCEMENT = "announcement"  # Who announces what, with "reply" and "drop in".
    DROP_IN = "drop_in"  # Who is here, the own picture as they see it, and how to end it.


class Stage(StrEnum):
    """Where the endpoint is with its one call."""

    IDLE = "idle"
    RINGING_HERE = "ringing_here"
    RINGING_THERE = "ringing_there"
    IN_CALL = "in_call"
    KNOCKED_HERE = "knocked_here"
    DROPPED_IN = "dropped_in"
    """Somebody drops in here, or is about to."""


@dataclass(frozen=True, slots=True)
class Facts:
    """`microphone_live` and `camera_live` are whether a source is open right now; `opening` that they are about to be:
    the tone of a drop in sounds, and its light is lit before anything is captured. `messages`: some wait here.
    `announcing`: an announcement plays."""

    stage: Stage
    has_screen: bool
    microphone_off: bool
    muted: bool
    microphone_live: bool
    camera_live: bool
    opening: bool = False
    messages: bool = False
    announcing: bool = False


@dataclass(frozen=True, slots=True)
class Signs:
    """`live_audio` and `live_video` are the indicators that nothing may ever hide."""

    light: Light
    screen: Screen
    live_audio: bool
    live_video: bool


_SCREENS = {
    Stage.IDLE: Screen.IDLE,
    Stage.RINGING_HERE: Screen.INCOMING,
    Stage.RINGING_THERE: Screen.CALLING,
    Stage.IN_CALL: Screen.IN_CALL,
    Stage.KNOCKED_HERE: Screen.KNOCK,
    Stage.DROPPED_IN: Screen.DROP_IN,
}
_RINGING_HERE = frozenset({Stage.RINGING_HERE, Stage.KNOCKED_HERE})
_TALKING = frozenset({Stage.IN_CALL, Stage.DROPPED_IN})


def signs(facts: Facts) -> Signs:
    """The order of the cases of `_light` is the order of precedence."""
    return Signs(
        light=_light(facts),
        screen=_screen(facts),
        live_audio=facts.microphone_live or facts.opening,
        live_video=facts.camera_live,
    )


def _screen(facts: Facts) -> Screen:
    if not facts.has_screen:
        return Screen.NONE
    if facts.stage is not Stage.IDLE:
        return _SCREENS[facts.stage]
    if facts.announcing:
        return Screen.ANNOUNCEMENT
    return Screen.MESSAGES if facts.messages else Screen.IDLE


def _light(facts: Facts) -> Light:
    if facts.stage in _RINGING_HERE and not facts.has_screen:
        return Light.GREEN_PULSE  # a ring is short, and must be seen even on a muted device
    if facts.microphone_off or (facts.muted and facts.stage in _TALKING):
        return Light.RED
    if facts.has_screen:
        return Light.OFF
    if facts.stage is Stage.RINGING_THERE:
        return Light.GREEN_PULSE
    if facts.stage is Stage.IN_CALL or facts.microphone_live or facts.camera_live or facts.opening:
        return Light.GREEN
    if facts.announcing:
        return Light.BLUE
    return Light.YELLOW_PULSE if facts.messages and facts.stage is Stage.IDLE else Light.OFF
