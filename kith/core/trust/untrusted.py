"""What is not believed, each with one true sentence. Pure."""

from collections.abc import Mapping
from enum import StrEnum


class Reason(StrEnum):
    # chains of signed links
    MALFORMED = "malformed"
    WRONG_START = "wrong_start"
    OUT_OF_ORDER = "out_of_order"
    BROKEN = "broken"
    TIME_REVERSED = "time_reversed"
    TOO_MANY = "too_many"
    BAD_SIGNATURE = "bad_signature"
    WEAK_KEY = "weak_key"
    KEY_REUSED = "key_reused"
    NOT_ACTIVE = "not_active"
    NOT_RECOVERY = "not_recovery"
    NOT_THERE = "not_there"
    ALREADY_THERE = "already_there"
    LAST_ONE = "last_one"
    # whose chain a statement rests on
    UNKNOWN_PERSON = "unknown_person"
    NOT_A_MEMBER = "not_a_member"
    MISSING = "missing"
    STALE = "stale"
    FORKED = "forked"
    NOT_DELEGATED = "not_delegated"
    # calls
    UNREADABLE = "unreadable"
    FINGERPRINT = "fingerprint"
    # groups
    NOT_INVITED = "not_invited"
    LEFT_OUT = "left_out"
    # pairing and recovery
    OUT_OF_TURN = "out_of_turn"
    WRONG_PROOF = "wrong_proof"
    NOT_CONFIRMED = "not_confirmed"
    MISTYPED = "mistyped"


SENTENCES: Mapping[Reason, str] = {
    Reason.MALFORMED: "A part of it has a size or value that none can have.",
    Reason.WRONG_START: "A chain starts with the link that begins it, and with no other.",
    Reason.OUT_OF_ORDER: "The link does not have the number after the last one.",
    Reason.BROKEN: "The link does not continue this chain.",
    Reason.TIME_REVERSED: "It was signed before what it follows.",
    Reason.TOO_MANY: "There are more of them than there may be.",
    Reason.BAD_SIGNATURE: "The signature is not that of the key that should have signed.",
    Reason.WEAK_KEY: "The keys do not belong together, or anybody could sign with them.",
    Reason.KEY_REUSED: "The key was used before; a key serves once.",
    Reason.NOT_ACTIVE: "Who signed it was not one of the devices that may.",
    Reason.NOT_RECOVERY: "It was not signed with the recovery key in force.",
    Reason.NOT_THERE: "What it would take out is not there.",
    Reason.ALREADY_THERE: "Who it would take in is there already.",
    Reason.LAST_ONE: "The last one cannot be taken out.",
    Reason.UNKNOWN_PERSON: "Nothing is known of the person who signed it.",
    Reason.NOT_A_MEMBER: "The person is not a member of the household.",
    Reason.MISSING: "It rests on links that have not been shown.",
    Reason.STALE: "It is older than what is known already.",
    Reason.FORKED: "It rests on another history than the one that is known.",
    Reason.NOT_DELEGATED: "The device may not act for this person.",
    Reason.UNREADABLE: "It was not sealed by this device for this call.",
    Reason.FINGERPRINT: "The description does not name exactly one certificate, by SHA-256.",
    Reason.NOT_INVITED: "Somebody is in the group whom nobody has asked.",
    Reason.LEFT_OUT: "This device is not in the group, or not any more.",
    Reason.OUT_OF_TURN: "It came when something else was due.",
    Reason.WRONG_PROOF: "Who sent it does not know the secret of this pairing, or changed something.",
    Reason.NOT_CONFIRMED: "The digits were not the same on both devices.",
    Reason.MISTYPED: "The recovery key is mistyped.",
}


class Untrusted(Exception):
    """Something that must not be acted on. It never carries the bytes at fault."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(SENTENCES[reason])
        self.reason = reason


def require(holds: bool, reason: Reason) -> None:  # noqa: FBT001 - reads as a sentence: require(this, else that)
    """Raise Untrusted(reason) unless it holds."""
    if not holds:
        raise Untrusted(reason)
