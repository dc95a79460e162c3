"""Identifiers. Opaque, unguessable, prefixed so that a log line or a bug report can be read.

A prefix is for people; nothing in the server decides by it except the target of a call,
which may be a person or an endpoint.
"""

import secrets
from time import time_ns
from typing import NewType

PersonId = NewType("PersonId", str)
HouseholdId = NewType("HouseholdId", str)
EndpointId = NewType("EndpointId", str)
CallId = NewType("CallId", str)
SessionId = NewType("SessionId", str)
ContactId = NewType("ContactId", str)
BookId = NewType("BookId", str)
BlockId = NewType("BlockId", str)
MessageId = NewType("MessageId", str)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base32: no i, l, o, u to misread
_LENGTH = 20  # 100 bits: a collision needs about 2^50 ids


def _random(prefix: str, length: int = _LENGTH) -> str:
    # 256 is a multiple of 32, so every sign is as likely as any other.
    return prefix + "".join(_ALPHABET[byte % 32] for byte in secrets.token_bytes(length))


def new_person() -> PersonId:
    return PersonId(_random("p_"))


def new_household() -> HouseholdId:
    return HouseholdId(_random("h_"))


def new_endpoint() -> EndpointId:
    return EndpointId(_random("e_"))


def new_call() -> CallId:
    """Calls are named by the endpoint that starts them, so that a retried invite is the same call."""
    return CallId(_random("c_"))


def new_session() -> SessionId:
    return SessionId(_random("s_"))


def new_contact() -> ContactId:
    return ContactId(_random("k_"))


def new_book() -> BookId:
    """An address book that is followed."""
    return BookId(_random("b_"))


def new_block() -> BlockId:
    return BlockId(_random("x_"))


def new_message() -> MessageId:
    """Messages are named by the endpoint that sends them, so that a retry is the same message. The first nine signs are
    the time in milliseconds, as in RFC 9562's version 7, so that a database finds those of a day side by side; the
    others, 55 bits, are random."""
    time = time_ns() // 1_000_000
    return MessageId(
        _random("m_" + "".join(_ALPHABET[time >> 5 * place & 31] for place in range(8, -1, -1)), 11)
    )


def new_secret() -> str:
    """128 bits, URL safe: one-time links and bearer tokens."""
    return secrets.token_urlsafe(16)
