"""May this announcement be made, and at which devices of the household does it play? Pure: facts in, decision out.

The law of this file is two tables. RULES, from top to bottom: the first rule that applies refuses, and whoever speaks
is told why, since each is about them alone. SKIPS, from top to bottom, for each device of the household: the first that
applies is why it stays silent there; where none does, it plays. That one device skips it never keeps it from the
others. docs/policy.md says the same for people.

Only devices of the speaker's own household are in the facts: there is no way to name another one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from kith.core.ids import EndpointId
from policy.quota import DAY, HOUR, Quota

MINUTE = 60.0

ANNOUNCEMENTS = (Quota(10, MINUTE), Quota(60, HOUR), Quota(200, DAY))
"""Of one person from all of their endpoints, or of one shared device. Each interrupts everybody at home: ten are more
than a family at breakfast needs, and a machine that goes on and on is stopped within seconds."""


class Reason(StrEnum):
    SPEAKER_SUSPENDED = "speaker_suspended"
    SPEAKER_NOT_REGISTERED = "speaker_not_registered"
    SPEAKER_NOT_CONFIRMED = "speaker_not_confirmed"
    CHILD_LIMIT = "child_limit"
    QUOTA = "quota"


class Skip(StrEnum):
    SPEAKING = "speaking"
    NOT_CHOSEN = "not_chosen"
    NOT_SEALED = "not_sealed"
    NOT_CONFIRMED = "not_confirmed"
    OFFLINE = "offline"
    NO_SPEAKER = "no_speaker"
    SUSPENDED = "suspended"
    BLOCKED = "blocked"
    CHILD_LIMIT = "child_limit"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Device:
    """One device of the household, shared or somebody's own: `others` is whether it is somebody else's than the
    speaker's.

    `speaking`: the announcement comes from it. `chosen`: it is for all, or for this one. `sealed`: the speaking device
    has made it readable there, which it does where it believes that this is one of its household's devices.
    `confirmed`: somebody has signed for it. `audible`: it has a loudspeaker. `suspended`, `blocked`, `child_limit` are
    about whose own it is: the operator has suspended them; they have blocked the speaker; they are a child to whom no
    parent lets anybody write. A shared device is the household's, and so is what is said to it. `quiet`: Do Not Disturb
    is on there (policy.quiet).
    """

    id: EndpointId
    others: bool = False
    speaking: bool = False
    chosen: bool = True
    sealed: bool = True
    confirmed: bool = True
    online: bool = True
    audible: bool = True
    suspended: bool = False
    blocked: bool = False
    child_limit: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class AnnounceFacts:
    """What is known when somebody announces. `child_limit`: the speaker is a child, and no parent lets them write.
    `quota_wait` is in how many seconds they may announce again, 0 for now (policy.quota)."""

    devices: tuple[Device, ...]
    speaker_suspended: bool = False
    speaker_registered: bool = True
    speaker_confirmed: bool = True
    child_limit: bool = False
    quota_wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Admit:
    """It plays at each of `plays`. `told` is how many it is for, by what the speaker may know: of somebody else's own
    device not whether it is on, nor whom they have blocked or let disturb them."""

    plays: frozenset[EndpointId]
    told: int


@dataclass(frozen=True, slots=True)
class Refuse:
    reason: Reason


Decision = Admit | Refuse


@dataclass(frozen=True, slots=True)
class Rule:
    """Where `applies` holds of the facts, it is refused. `sentence` is for the log and for people."""

    reason: Reason
    applies: Callable[[AnnounceFacts], bool]
    sentence: str


@dataclass(frozen=True, slots=True)
class SkipRule:
    """Where `applies` holds of a device, it stays silent."""

    skip: Skip
    applies: Callable[[Device], bool]
    sentence: str


RULES = (
    Rule(
        Reason.SPEAKER_SUSPENDED,
        lambda facts: facts.speaker_suspended,
        "The operator has suspended the speaker.",
    ),
    Rule(
        Reason.SPEAKER_NOT_REGISTERED,
        lambda facts: not facts.speaker_registered,
        "The speaker's mobile number is not verified.",
    ),
    Rule(
        Reason.SPEAKER_NOT_CONFIRMED,
        lambda facts: not facts.speaker_confirmed,
        "Nobody has confirmed yet whose the speaking device is.",
    ),
    Rule(
        Reason.CHILD_LIMIT,
        lambda facts: facts.child_limit,
        "The speaker is a child, and no parent has allowed messages.",
    ),
    Rule(
        Reason.QUOTA,
        lambda facts: facts.quota_wait > 0,
        "The speaker has announced as often as one may in this time.",
    ),
)
"""The precedence."""

SKIPS = (
    SkipRule(Skip.SPEAKING, lambda one: one.speaking, "The announcement comes from this device."),
    SkipRule(Skip.NOT_CHOSEN, lambda one: not one.chosen, "It was for other devices."),
    SkipRule(
        Skip.NOT_SEALED,
        lambda one: not one.sealed,
        "The speaking device does not believe that this is one of its household's.",
    ),
    SkipRule(
        Skip.NOT_CONFIRMED, lambda one: not one.confirmed, "Nobody has confirmed yet whose this device is."
    ),
    SkipRule(Skip.OFFLINE, lambda one: not one.online, "The device is not connected."),
    SkipRule(Skip.NO_SPEAKER, lambda one: not one.audible, "The device has no loudspeaker."),
    SkipRule(Skip.SUSPENDED, lambda one: one.suspended, "The operator has suspended whose device this is."),
    SkipRule(Skip.BLOCKED, lambda one: one.blocked, "Whose own device this is has blocked the speaker."),
    SkipRule(
        Skip.CHILD_LIMIT,
        lambda one: one.child_limit,
        "The device is a child's own, and no parent has allowed messages.",
    ),
    SkipRule(Skip.QUIET, lambda one: one.quiet, "Do Not Disturb is on at the device."),
)
"""The precedence, at each device."""


def may_announce(facts: AnnounceFacts) -> Decision:
    """Decide one announcement."""
    for rule in RULES:
        if rule.applies(facts):
            return Refuse(rule.reason)
    plays = frozenset(one.id for one in facts.devices if skipped(one) is None)
    return Admit(plays, told=sum(1 for one in facts.devices if skipped(_as_told(one)) is None))


def skipped(device: Device) -> Skip | None:
    """Why the device stays silent; None where it plays."""
    return next((rule.skip for rule in SKIPS if rule.applies(device)), None)


def _as_told(device: Device) -> Device:
    """As the speaker may know of it."""
    if not device.others:
        return device
    return replace(device, online=True, suspended=False, blocked=False, child_limit=False, quiet=False)
