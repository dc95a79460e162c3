"""A person's contacts, as they are kept, and what a source gives before they are. Pure.

A source (a vCard file, an address book) gives cards. A card's numbers are normalised with the region of the household
that the card's owner belongs to: "020 7946 0123" in a book from London is not a number in New York. A number that
makes no sense is kept as it was written, and reaches nobody.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from kith.core.contacts import CardFault, Source
from kith.core.ids import BookId, ContactId, PersonId
from kith.directory.legible import tidied

MAX_CONTACTS = 10_000
"""Of one person. Each costs about 400 bytes of disk; the longest lists that phones hold have some 5,000."""

MAX_NUMBERS = 20
MAX_LOOKED_UP = 20_000
"""Numbers of one person's list that are looked up, or wait to be: two for each of as many contacts as there may be.
What is beyond is kept, and reaches nobody: it bounds how long one list can hold up everybody else's writes."""

KEPT_FOR_BY_HAND = 2_000
"""So many more of contacts that are added by hand: however much was imported, whom one adds oneself is looked up."""

MAX_NAME = 128
MAX_LABEL = 32
MAX_NUMBER = 64
MAX_UID = 255


@dataclass(frozen=True, slots=True)
class Number:
    """`text` as it was written; `e164` is None where it makes no sense as a number."""

    label: str
    text: str = field(repr=False)
    e164: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Contact:
    """`uid` is what the source calls it, unique within `owner`, `source` and `book`; empty for one added by hand.
    `book` is None unless `source` is BOOK."""

    id: ContactId
    owner: PersonId
    source: Source
    book: BookId | None
    uid: str
    name: str = field(repr=False)
    nickname: str = field(repr=False)
    organization: str = field(repr=False)
    numbers: tuple[Number, ...]

    @property
    def content(self) -> "Content":
        """What it says."""
        return Content(self.name, self.nickname, self.organization, self.numbers)


@dataclass(frozen=True, slots=True)
class Card:
    """What a source says of one contact, without bounds. `numbers` are pairs of label and text; `uid` is empty where
    the source gives none."""

    uid: str
    name: str
    nickname: str = ""
    organization: str = ""
    numbers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CardProblem:
    """`line` (from 1) is where a card begins to be wrong."""

    line: int
    fault: CardFault


@dataclass(frozen=True, slots=True)
class Content:
    """What a contact says, bounded and normalised: all that is compared with what is kept."""

    name: str = field(repr=False)
    nickname: str = field(repr=False)
    organization: str = field(repr=False)
    numbers: tuple[Number, ...]

    def digest(self) -> bytes:
        """16 bytes by which an unchanged contact is known. Not secret, and guards against nobody."""
        found = hashlib.blake2b(digest_size=16)
        words = [self.name, self.nickname, self.organization]
        words += [word for one in self.numbers for word in (one.label, one.text, one.e164 or "")]
        for word in words:
            found.update(word.encode())
            found.update(b"\x00")
        return found.digest()


@dataclass(frozen=True, slots=True)
class Entry:
    """A card as it is about to be kept: `uid` is never empty and at most MAX_UID long."""

    uid: str
    content: Content


@dataclass(frozen=True, slots=True)
class Reach:
    """Who has a number now. `moved`: not who had it when the contact's owner first learned of it."""

    person: PersonId
    moved: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A contact with who is reachable by its numbers, by E.164."""

    contact: Contact
    reach: Mapping[str, Reach]


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed in a list since a revision, in that order; see `signaling.protocol.contacts.Contacts`."""

    contacts: tuple[Listed, ...]
    removed: tuple[ContactId, ...]
    revision: int
    more: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """How many cards did what. `left` did not fit any more."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    left: int = 0

    @property
    def wrote(self) -> bool:
        return bool(self.added or self.updated or self.removed)


def region_of(mobile: str | None, default: str) -> str:
    """The ISO 3166 country in which somebody with this E.164 number lives; `default` where that says nothing."""
    if mobile is None:
        return default
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(mobile)) or default
    except NumberParseException:
        return default


def e164(text: str, region: str) -> str | None:
    """A number as people write it in E.164, None if there is no such number. An extension is left out: it is dialled
    by hand, and whoever has the number is who is reached."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    # The own country first: a country's code may be that of twenty, each of which would be tried.
    if not (phonenumbers.is_valid_number_for_region(number, region) or phonenumbers.is_valid_number(number)):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def content_of(card: Card, region: str) -> Content:
    """Bounded, readable, with each number once. Never refuses: what is too long is cut. A card without a name is
    called by its organization, else by its first number."""
    numbers = _numbers(card.numbers, region)
    organization = tidied(card.organization)[:MAX_NAME]
    name = tidied(card.name)[:MAX_NAME] or organization or (numbers[0].text if numbers else "")
    return Content(name, tidied(card.nickname)[:MAX_NAME], organization, numbers)


def entry_of(card: Card, region: str) -> Entry:
    """A card with what it is known by when it comes again: its uid, or without one what it says."""
    content = content_of(card, region)
    uid = card.uid.strip()
    if not uid:
        uid = nameless(content)
    elif len(uid) > MAX_UID:
        uid = f"long:{hashlib.blake2b(uid.encode(), digest_size=16).hexdigest()}"
    return Entry(uid, content)


def nameless(content: Content) -> str:
    """What a card is known by that its source gives no uid."""
    return f"content:{content.digest().hex()}"


def reread(contact: Contact, region: str) -> Content | None:
    """What a kept contact says in this country; None where that is the same. Two numbers that have become one are one
    from then on."""
    if all(one.text.startswith("+") for one in contact.numbers):
        return None
    before = contact.content
    after = replace(before, numbers=_numbers(((one.label, one.text) for one in contact.numbers), region))
    return None if after == before else after


def entries_of(cards: Iterable[Card], region: str) -> tuple[Entry, ...]:
    """Of several with one uid the last counts, as it would if they came one after another."""
    return tuple({entry.uid: entry for entry in (entry_of(card, region) for card in cards)}.values())


def _numbers(written: Iterable[tuple[str, str]], region: str) -> tuple[Number, ...]:
    found: dict[str, Number] = {}
    for label, text in written:
        shown = tidied(text)[:MAX_NUMBER]
        if shown:
            number = e164(shown, region)
            found.setdefault(number or shown, Number(tidied(label)[:MAX_LABEL], shown, number))
        if len(found) == MAX_NUMBERS:
            break
    return tuple(found.values())
