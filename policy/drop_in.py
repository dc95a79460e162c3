"""May this drop in happen at this device, and how? Pure: facts in, decision out.

The law of this file is the table RULES, from top to bottom: the first rule that applies is the true reason, which the
log of whoever is dropped in on gets. Where none applies, the device opens. docs/policy.md says the same for people.

The server decides by it, and the device that would open its microphone decides again, by what it has verified
itself. What one of them cannot know stands in the facts as harmless.

The caller is told less: `not_permitted`, whatever the reason, unless something about the caller alone refuses.
That is looked at apart from everything else, so its presence or absence says nothing about anybody else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from kith.core.trust.grants import DropInTerm, Mode
from policy.grants import Standing, Why
from policy.quiet import AT_DEVICE
from policy.quota import Quota

ATTEMPTS = (Quota(10, 600.0),)
"""Attempts of one person at one household, admitted or not. One hangs up and tries again a few times; whoever tries ten
times in ten minutes is waiting for a door to be left open."""


class Reason(StrEnum):
    CALLER_SUSPENDED = "caller_suspended"
    CALLEE_SUSPENDED = "callee_suspended"
    CALLER_NOT_REGISTERED = "caller_not_registered"
    CALLER_NOT_CONFIRMED = "caller_not_confirmed"
    CALLEE_NOT_REGISTERED = "callee_not_registered"
    CALLEE_NOT_CONFIRMED = "callee_not_confirmed"
    BLOCKED = "blocked"
    YOU_BLOCKED = "you_blocked"
    CHILD_LIMIT = "child_limit"
    MICROPHONE_OFF = "microphone_off"
    DEVICE_OFF = "device_off"
    DEVICE_HOUSEHOLD = "device_household"
    CLOSED = "closed"
    QUIET = "quiet"
    HOME_OFF = "home_off"
    HOME_UNSET = "home_unset"
    NOT_GIVEN = "not_given"
    VOID = "void"
    NOT_VOUCHED = "not_vouched"
    PERSON_ONLY = "person_only"
    OTHER_DEVICE = "other_device"
    EXPIRED = "expired"
    OUT_OF_HOURS = "out_of_hours"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    NOT_READY = "not_ready"
    QUOTA = "quota"


class Told(StrEnum):
    """What the caller learns of a refusal."""

    NOT_PERMITTED = "not_permitted"
    SUSPENDED = "suspended"
    NOT_REGISTERED = "not_registered"
    NOT_CONFIRMED = "not_confirmed"
    QUOTA_EXCEEDED = "quota_exceeded"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What holds while it lasts: seconds of frost; minutes at the most, of silence, and between chimes, 0 for never."""

    frost: int = 10
    longest: int = 60
    silence: int = 10
    chime: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DropInFacts:
    """What is known of one attempt at one device.

    `standing`, `term`, `closed` and `quiet_by` come from the signed sets that count at the device and from its own
    switches; `one_persons`: what is said at the device is one person's word. `microphone_off` and `ready` are the
    device's own word: its microphone is cut off; it can show its indicator, its sound runs and, if it is a page,
    somebody sees it. `blocked`: by anybody whose device it is. `reachable`, `busy`, `quota_wait` (seconds until the
    caller may try again) and whatever is about accounts are known to the server; a device leaves them as they are
    here.
    """

    standing: Standing
    term: DropInTerm = DropInTerm.ON
    closed: bool = False
    quiet_by: frozenset[bytes] = frozenset()
    one_persons: bool = False
    microphone_off: bool = False
    ready: bool = True
    bounds: Bounds = Bounds()
    blocked: bool = False
    you_blocked: bool = False
    child_limit: bool = False
    caller_suspended: bool = False
    caller_registered: bool = True
    caller_confirmed: bool = True
    callee_suspended: bool = False
    callee_registered: bool = True
    callee_confirmed: bool = True
    reachable: bool = True
    busy: bool = False
    quota_wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Admit:
    """The device opens: by itself, or once somebody there lets the caller in. `bounds` are to be kept."""

    mode: Mode
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class Refuse:
    """Nothing opens. `reason` is for the log, `told` for the caller."""

    reason: Reason
    told: Told = Told.NOT_PERMITTED


Decision = Admit | Refuse


@dataclass(frozen=True, slots=True)
class Rule:
    """Where `applies` holds of the facts, it is refused. `told` is set where the reason is about the caller alone, who
    is told it whenever it applies, whatever else does."""

    reason: Reason
    applies: Callable[[DropInFacts], bool]
    sentence: str
    told: Told | None = None


def _quiet(facts: DropInFacts) -> bool:
    """A carer passes the giver's own Do Not Disturb. Nobody consents for a housemate: what was said at a device is
    taken for the giver's word only where it is nobody else's device."""
    if not facts.standing.carer:
        return bool(facts.quiet_by)
    return not facts.quiet_by <= {facts.standing.giver, *([AT_DEVICE] if facts.one_persons else [])}


def _missing(why: Why) -> Callable[[DropInFacts], bool]:
    return lambda facts: facts.standing.mode is None and facts.standing.why is why


RULES = (
    Rule(
        Reason.CALLER_SUSPENDED,
        lambda facts: facts.caller_suspended,
        "The operator has suspended the caller.",
        Told.SUSPENDED,
    ),
    Rule(
        Reason.CALLEE_SUSPENDED,
        lambda facts: facts.callee_suspended,
        "The operator has suspended the person who was to be dropped in on.",
    ),
    Rule(
        Reason.CALLER_NOT_REGISTERED,
        lambda facts: not facts.caller_registered,
        "The caller's mobile number is not verified.",
        Told.NOT_REGISTERED,
    ),
    Rule(
        Reason.CALLER_NOT_CONFIRMED,
        lambda facts: not facts.caller_confirmed,
        "Nobody has confirmed yet that the calling device is the caller's.",
        Told.NOT_CONFIRMED,
    ),
    Rule(
        Reason.CALLEE_NOT_REGISTERED,
        lambda facts: not facts.callee_registered,
        "The person who was to be dropped in on has not finished signing up.",
    ),
    Rule(
        Reason.CALLEE_NOT_CONFIRMED,
        lambda facts: not facts.callee_confirmed,
        "Nobody has confirmed yet whose this device is.",
    ),
    Rule(
        Reason.BLOCKED,
        lambda facts: facts.blocked,
        "Somebody whose device this is has blocked the caller.",
    ),
    Rule(
        Reason.YOU_BLOCKED,
        lambda facts: facts.you_blocked,
        "The caller has blocked the person who was to be dropped in on.",
    ),
    Rule(
        Reason.CHILD_LIMIT,
        lambda facts: facts.child_limit,
        "A parent does not let this child drop in there, or be dropped in on by the caller.",
    ),
    Rule(
        Reason.MICROPHONE_OFF,
        lambda facts: facts.microphone_off,
        "The microphone of this device is off.",
    ),
    Rule(
        Reason.DEVICE_OFF,
        lambda facts: facts.term is DropInTerm.OFF,
        "Drop in is off at this device.",
    ),
    Rule(
        Reason.DEVICE_HOUSEHOLD,
        lambda facts: facts.term is DropInTerm.HOUSEHOLD and not facts.standing.own,
        "Only the own household may drop in on this device.",
    ),
    Rule(
        Reason.CLOSED,
        lambda facts: facts.closed,
        "Everything was closed to everybody.",
    ),
    Rule(
        Reason.QUIET,
        _quiet,
        "Do Not Disturb is on.",
    ),
    Rule(
        Reason.HOME_OFF,
        _missing(Why.HOME_OFF),
        "Drop in is off for the own household.",
    ),
    Rule(
        Reason.HOME_UNSET,
        _missing(Why.HOME_UNSET),
        "Nobody has allowed the own household to drop in yet.",
    ),
    Rule(
        Reason.NOT_GIVEN,
        _missing(Why.NOT_GIVEN),
        "Nobody here has allowed the caller to drop in.",
    ),
    Rule(
        Reason.VOID,
        _missing(Why.VOID),
        "What the caller was allowed ended when they were blocked.",
    ),
    Rule(
        Reason.NOT_VOUCHED,
        _missing(Why.NOT_VOUCHED),
        "The person who was allowed to drop in has never confirmed that the caller lives with them.",
    ),
    Rule(
        Reason.PERSON_ONLY,
        _missing(Why.PERSON_ONLY),
        "Only one person was allowed to drop in, and the calling device is used by others, too.",
    ),
    Rule(
        Reason.OTHER_DEVICE,
        _missing(Why.OTHER_DEVICE),
        "The caller was allowed to drop in on other devices only.",
    ),
    Rule(
        Reason.EXPIRED,
        _missing(Why.EXPIRED),
        "The time for which the caller was allowed to drop in is over.",
    ),
    Rule(
        Reason.OUT_OF_HOURS,
        _missing(Why.OUT_OF_HOURS),
        "The caller may drop in at other hours only.",
    ),
    Rule(
        Reason.UNREACHABLE,
        lambda facts: not facts.reachable,
        "The device was not connected.",
    ),
    Rule(
        Reason.BUSY,
        lambda facts: facts.busy,
        "The device was in a call.",
    ),
    Rule(
        Reason.NOT_READY,
        lambda facts: not facts.ready,
        "The device could not have shown that it listens.",
    ),
    Rule(
        Reason.QUOTA,
        lambda facts: facts.quota_wait > 0,
        "The caller had tried as often as one person may in this time.",
        Told.QUOTA_EXCEEDED,
    ),
)
"""The precedence."""

SENTENCES = {rule.reason: rule.sentence for rule in RULES}


def decide(facts: DropInFacts) -> Decision:
    """Decide one attempt at one device."""
    for rule in RULES:
        if rule.applies(facts):
            return Refuse(rule.reason, told(facts))
    standing = facts.standing
    if standing.mode is None:  # a new Why without its rule must not open anything
        return Refuse(Reason.NOT_GIVEN, told(facts))
    return Admit(Mode.INSTANT if standing.carer else standing.mode, facts.bounds)


UNASKED = frozenset(
    {
        *(Reason.HOME_UNSET, Reason.NOT_GIVEN, Reason.NOT_VOUCHED, Reason.PERSON_ONLY),
        *(Reason.OTHER_DEVICE, Reason.EXPIRED, Reason.OUT_OF_HOURS),
    }
)
"""What only means that nobody has allowed it beforehand. All else forbids."""


def why_not_along(facts: DropInFacts, *, let_in: bool) -> Reason | None:
    """Why this one may not be there beside somebody who may drop in, as in a group; None if they may.

    Who lives here may, where nobody has said that the household may not; somebody else where they were allowed to come
    straight in themselves, or where a person here has let all of them in (`let_in`).
    """
    decision = decide(facts)
    welcome = let_in or facts.standing.own
    if isinstance(decision, Refuse):
        return None if welcome and decision.reason in UNASKED else decision.reason
    return None if welcome or decision.mode is Mode.INSTANT else Reason.NOT_GIVEN


def told(facts: DropInFacts) -> Told:
    """What a caller learns who is refused: the first thing about themselves that applies, or nothing at all."""
    about_caller = (rule.told for rule in RULES if rule.told is not None and rule.applies(facts))
    return next(about_caller, Told.NOT_PERMITTED)
