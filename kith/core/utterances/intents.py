"""What can be meant by what is said. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

MAX_SAID = 2_000
"""Characters of one utterance: two minutes of talking. Sentences are looked for in time that grows with them."""


class Act(StrEnum):
    CALL = "call"
    VIDEO_CALL = "video_call"
    ANSWER = "answer"
    DECLINE = "decline"
    HANG_UP = "hang_up"
    CONTINUE_HERE = "continue_here"
    VIDEO_OFF = "video_off"
    VIDEO_ON = "video_on"
    MUTE = "mute"
    UNMUTE = "unmute"
    MICROPHONE_OFF = "microphone_off"
    MICROPHONE_ON = "microphone_on"
    SHUTTER_CLOSED = "shutter_closed"
    SHUTTER_OPEN = "shutter_open"
    SAME = "same"
    NOT_SAME = "not_same"
    COMPARE_AGAIN = "compare_again"
    PROFILE = "profile"
    BLOCK = "block"
    UNBLOCK = "unblock"
    DROP_IN = "drop_in"
    LET_IN = "let_in"
    NOT_NOW = "not_now"
    DROP_IN_OFF = "drop_in_off"
    DROP_IN_ON = "drop_in_on"
    QUIET_ON = "quiet_on"
    QUIET_OFF = "quiet_off"
    QUIET_EVERYWHERE = "quiet_everywhere"
    QUIET_NOWHERE = "quiet_nowhere"
    CLOSE_EVERYTHING = "close_everything"
    HERE = "here"
    MESSAGE = "message"
    RECORD = "record"
    SEND_IT = "send_it"
    DISCARD = "discard"
    PLAY_MESSAGES = "play_messages"
    REPORT_MESSAGE = "report_message"
    ANNOUNCE = "announce"
    REPLY = "reply"
    DROP_IN_BACK = "drop_in_back"
    READ_NOTICES = "read_notices"
    REPEAT_NOTICES = "repeat_notices"
    CALL_FOR_HELP = "call_for_help"


ABOUT_SOMEBODY = frozenset(
    (
        *(Act.CALL, Act.VIDEO_CALL, Act.DROP_IN, Act.MESSAGE, Act.RECORD),
        *(Act.BLOCK, Act.UNBLOCK, Act.PROFILE),
    )
)

HOME = "home"
EVERYONE = "everyone"
"""Whom one drops in on, in whatever language it was said: any shared device at home, or all that may be."""


@dataclass(frozen=True, slots=True)
class Intent:
    """`name` is whom it is about, as it was said, `label` which of their numbers, and `text` what they are to be told;
    all three are empty for most acts."""

    act: Act
    name: str = ""
    label: str = ""
    text: str = ""
