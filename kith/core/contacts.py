"""Words about contacts that the server and its endpoints share."""

from enum import StrEnum


class Source(StrEnum):
    """Where a contact comes from, and so where it is edited."""

    MANUAL = "manual"
    FILE = "file"
    BOOK = "book"


class CardFault(StrEnum):
    """Why a card of a vCard file was left out, wholly or in part."""

    NOT_A_CARD = "not_a_card"  # Text outside of BEGIN:VCARD and END:VCARD.
    UNFINISHED = "unfinished"  # There is no END:VCARD.
    UNREADABLE = "unreadable"  # A line that means nothing.
    EMPTY = "empty"  # Neither a name nor a number.
    GROUP = "group"  # A list of others, or a place: nobody who could be called.
    TOO_LARGE = "too_large"  # More numbers, or longer ones, than a contact has.
    CONTACT_LIMIT = "contact_limit"  # There are as many contacts as one person may have.
