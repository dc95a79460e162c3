"""Everything that can be answered with "no", each with a stable code and one true sentence.

Four kinds of going wrong:

    refusal    a value: policy said no; the caller gets a code, the callee's log the reason
    problem    answered; the connection lives                          (this file)
    violation  the other side broke the protocol; the connection closes (signaling.session)
    bug        logged with ids only; close code 1011

Codes are part of the protocol and never change meaning. Sentences are for people and may.
"""

from collections.abc import Mapping
from enum import StrEnum


class Code(StrEnum):
    # what arrived could not be read
    MALFORMED = "malformed"
    INVALID = "invalid"
    UNKNOWN_TYPE = "unknown_type"
    TOO_LARGE = "too_large"
    # who is asking
    NOT_SIGNED_IN = "not_signed_in"
    BAD_SIGNATURE = "bad_signature"
    STALE_NONCE = "stale_nonce"
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - a code, not a password
    ENDPOINT_REMOVED = "endpoint_removed"
    NOT_REGISTERED = "not_registered"
    NOT_PERMITTED = "not_permitted"
    NOT_CONFIRMED = "not_confirmed"
    SUSPENDED = "suspended"
    ALREADY_SIGNED_IN = "already_signed_in"
    # what was asked for
    UNKNOWN_PERSON = "unknown_person"
    UNKNOWN_ENDPOINT = "unknown_endpoint"
    UNKNOWN_CALL = "unknown_call"
    UNKNOWN_COMMAND = "unknown_command"
    CALL_ID_TAKEN = "call_id_taken"
    CALL_OVER = "call_over"
    NOT_ANSWERED = "not_answered"
    SELF_CALL = "self_call"
    NOT_MOVABLE = "not_movable"
    GROUP_NOT_AVAILABLE = "group_not_available"
    GROUP_CHANGED_PATH = "group_changed_path"
    GROUP_LIMIT = "group_limit"
    NOT_STARTER = "not_starter"
    UNTRUSTED = "untrusted"
    UNKNOWN_CONTACT = "unknown_contact"
    IMPORTED_CONTACT = "imported_contact"
    IMPORT_NOT_ALLOWED = "import_not_allowed"
    CONTACT_LIMIT = "contact_limit"
    NUMBER_MOVED = "number_moved"
    # who may not reach whom, and how often
    YOU_BLOCKED = "you_blocked"
    UNKNOWN_BLOCK = "unknown_block"
    BLOCK_LIMIT = "block_limit"
    QUOTA_EXCEEDED = "quota_exceeded"
    CHILD_LIMIT = "child_limit"
    CONSENT_REQUIRED = "consent_required"
    UNKNOWN_BOOK = "unknown_book"
    BOOK_LIMIT = "book_limit"
    # messages
    UNKNOWN_MESSAGE = "unknown_message"
    MESSAGE_ID_TAKEN = "message_id_taken"
    NO_TEXT_MESSAGES = "no_text_messages"
    SEGMENTS_MISSING = "segments_missing"
    INBOX_LIMIT = "inbox_limit"
    # the log
    LOG_FORKED = "log_forked"
    LOG_LIMIT = "log_limit"
    BOOK_UNREACHABLE = "book_unreachable"
    BOOK_REFUSED = "book_refused"
    NOT_AN_ADDRESS_BOOK = "not_an_address_book"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    TERMS_NOT_ACKNOWLEDGED = "terms_not_acknowledged"
    # joining
    INVITATION_INVALID = "invitation_invalid"
    PAIRING_INVALID = "pairing_invalid"
    WRONG_CODE = "wrong_code"
    TOO_MANY_TRIES = "too_many_tries"
    NUMBER_INVALID = "number_invalid"
    NUMBER_REFUSED = "number_refused"
    CODE_NOT_SENT = "code_not_sent"
    GUIDELINES_REQUIRED = "guidelines_required"
    PROFILE_TAKEN = "profile_taken"
    PROFILE_LIMIT = "profile_limit"
    LAST_MEMBER = "last_member"
    ALREADY_REGISTERED = "already_registered"
    PASSKEY_REFUSED = "passkey_refused"
    PASSKEYS_UNAVAILABLE = "passkeys_unavailable"
    TOO_MANY_PASSKEYS = "too_many_passkeys"
    TEST_SERVER = "test_server"
    NOT_TEST_SERVER = "not_test_server"
    # enhanced
    MIXER_UNAVAILABLE = "mixer_unavailable"
    BAD_OFFER = "bad_offer"
    # being woken
    PUSH_OFF = "push_off"
    # the server itself
    RATE_LIMITED = "rate_limited"
    STORAGE_UNAVAILABLE = "storage_unavailable"
    SHUTTING_DOWN = "shutting_down"
    INTERNAL = "internal"


SENTENCES: Mapping[Code, str] = {
    Code.MALFORMED: "The message could not be read at all.",
    Code.INVALID: "A field is missing, has the wrong type or is out of bounds.",
    Code.UNKNOWN_TYPE: "There is no message of this type.",
    Code.TOO_LARGE: "The message is larger than the server accepts.",
    Code.NOT_SIGNED_IN: "Sign in first.",
    Code.BAD_SIGNATURE: "The signature does not match the key on record.",
    Code.STALE_NONCE: "The challenge is unknown or too old; ask for a new one.",
    Code.INVALID_TOKEN: "The token is unknown or has expired; sign in again.",
    Code.ENDPOINT_REMOVED: "This device was signed out for good; pair it again to use it.",
    Code.NOT_REGISTERED: "The mobile number has not been verified yet.",
    Code.NOT_CONFIRMED: "This device has to be confirmed with another one first.",
    Code.NOT_PERMITTED: "This is not permitted.",
    Code.SUSPENDED: "The operator of this server has suspended this account.",
    Code.ALREADY_SIGNED_IN: "This connection has signed in already.",
    Code.UNKNOWN_PERSON: "There is no such person among those you know.",
    Code.UNKNOWN_ENDPOINT: "There is no such device among those you may use.",
    Code.UNKNOWN_CALL: "There is no such call, or you have no part in it.",
    Code.UNKNOWN_COMMAND: "There is no such command.",
    Code.CALL_ID_TAKEN: "This call id was used for another call.",
    Code.CALL_OVER: "The call has ended.",
    Code.NOT_ANSWERED: "Nobody has answered this call yet.",
    Code.SELF_CALL: "A device cannot call itself, nor a person themself.",
    Code.NOT_MOVABLE: "A drop in stays at the device at which it began.",
    Code.GROUP_NOT_AVAILABLE: "There can be no such group with all of them.",
    Code.GROUP_CHANGED_PATH: "The group would go another way by now than the one that was shown.",
    Code.GROUP_LIMIT: "There are as many groups as one household may have at a time.",
    Code.NOT_STARTER: "Only whoever started the group may do this.",
    Code.UNTRUSTED: "What was signed does not fit what is known: look at that again and sign anew.",
    Code.UNKNOWN_CONTACT: "There is no such contact among yours.",
    Code.IMPORTED_CONTACT: "This contact was imported; it is edited where it comes from.",
    Code.IMPORT_NOT_ALLOWED: "Importing contacts has not been allowed by this person.",
    Code.CONTACT_LIMIT: "There are as many contacts as one person may have.",
    Code.NUMBER_MOVED: "This number belongs to somebody else now; say that you know before you call.",
    Code.YOU_BLOCKED: "You have blocked this person.",
    Code.UNKNOWN_BLOCK: "There is no such block among yours.",
    Code.BLOCK_LIMIT: "There are as many blocks as one person may have.",
    Code.QUOTA_EXCEEDED: "These are as many as one person may have in this time; wait and try again.",
    Code.CHILD_LIMIT: "A parent has not allowed this.",
    Code.CONSENT_REQUIRED: "A parent has to read what this means for the child, and agree, first.",
    Code.UNKNOWN_MESSAGE: "There is no such message for this device, or it is gone already.",
    Code.MESSAGE_ID_TAKEN: "This message id, or this piece of it, was used for something else.",
    Code.NO_TEXT_MESSAGES: "Phone numbers can be called only: messages go to persons who are on Kith.",
    Code.SEGMENTS_MISSING: "Pieces of the message are missing; send them again, and then the message.",
    Code.INBOX_LIMIT: "As much as may wait there is waiting already.",
    Code.UNKNOWN_BOOK: "There is no such address book among yours.",
    Code.LOG_FORKED: "Another entry has this number in the log.",
    Code.LOG_LIMIT: "There are as many entries as one log may have.",
    Code.BOOK_LIMIT: "There are as many address books as one person may link.",
    Code.BOOK_UNREACHABLE: "The server of the address book does not answer, or not as it should.",
    Code.BOOK_REFUSED: "The server of the address book does not accept this account and password.",
    Code.NOT_AN_ADDRESS_BOOK: "There is no address book at this address.",
    Code.ADDRESS_NOT_ALLOWED: "This server does not ask addresses of this kind.",
    Code.TERMS_NOT_ACKNOWLEDGED: "Linking an address book needs a look at what it means.",
    Code.INVITATION_INVALID: "The invitation is unknown, used or expired.",
    Code.PAIRING_INVALID: "The pairing code is unknown, used or expired.",
    Code.WRONG_CODE: "The code is wrong.",
    Code.TOO_MANY_TRIES: "Too many wrong codes; ask for a new one.",
    Code.NUMBER_INVALID: "This is not a mobile number that can receive a code.",
    Code.NUMBER_REFUSED: "The operator of this server does not admit this number.",
    Code.CODE_NOT_SENT: "The code could not be sent; try again in a while.",
    Code.GUIDELINES_REQUIRED: "Read and accept the usage guidelines first.",
    Code.PROFILE_TAKEN: "Somebody has taken this profile, or it was removed.",
    Code.PROFILE_LIMIT: "There are as many saved profiles as one household may have.",
    Code.LAST_MEMBER: "Nobody else lives here: this household has nobody to be left to.",
    Code.ALREADY_REGISTERED: "This person is registered already.",
    Code.PASSKEY_REFUSED: "This passkey does not serve here, or not any more.",
    Code.PASSKEYS_UNAVAILABLE: "Passkeys need the server's host name, and TLS.",
    Code.TOO_MANY_PASSKEYS: "There are as many passkeys as one person may have.",
    Code.TEST_SERVER: "This server is for tests only and admits no real person.",
    Code.NOT_TEST_SERVER: "This server admits no test principals.",
    Code.MIXER_UNAVAILABLE: "The server cannot mix what a group says right now.",
    Code.BAD_OFFER: "This is no offer that the mixer can answer.",
    Code.PUSH_OFF: "The operator of this server has switched push off.",
    Code.RATE_LIMITED: "Too many requests; wait and try again.",
    Code.STORAGE_UNAVAILABLE: "The server cannot save anything right now; nothing was changed.",
    Code.SHUTTING_DOWN: "The server is restarting; connect again in a moment.",
    Code.INTERNAL: "The server made a mistake; it was recorded.",
}

Scalar = str | int | float | bool


class Problem(Exception):
    """A request that is answered with a code.

    `path` names the offending field from the message's root (``media[0].kind``), empty if none.
    `data` is structured detail for programs, such as ``{"retry_after": 1.5}`` in seconds.
    Neither ever holds what a person wrote.
    """

    def __init__(self, code: Code, *, path: str = "", data: Mapping[str, Scalar] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.path = path
        self.data: Mapping[str, Scalar] = data or {}
