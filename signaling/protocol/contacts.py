"""The messages about a person's contacts: the own list, which nobody else sees. Pure."""

from typing import Annotated

from msgspec import Meta

from kith.core.contacts import CardFault, Source
from signaling.protocol.envelope import Command, Event, Part, Reply
from signaling.protocol.fields import BookRef, ContactRef, PersonRef, Seq

MAX_CARDS = 49_152
"""Bytes of one part of a vCard file: some 200 cards without pictures, and a frame holds it even as JSON."""

PAGE = 100
"""Contacts in one reply: some 30 KiB of ordinary ones."""

Label = Annotated[str, Meta(min_length=0, max_length=32)]
NumberText = Annotated[str, Meta(min_length=1, max_length=64)]
ContactName = Annotated[str, Meta(min_length=1, max_length=128)]
ContactWord = Annotated[str, Meta(min_length=0, max_length=128)]
Cards = Annotated[str, Meta(min_length=1, max_length=MAX_CARDS)]


class WrittenNumber(Part, frozen=True, kw_only=True):
    """A number as a person writes it."""

    label: Label = ""
    number: NumberText


Numbers = Annotated[tuple[WrittenNumber, ...], Meta(max_length=20)]


class ContactNumber(Part, frozen=True, kw_only=True):
    """A number of a contact: in E.164, or as it was written where it makes no sense as one.

    `person` is who is reachable here by it. `moved`: somebody else was when the viewer first learned of it, and
    nobody is called by it before the viewer says `accept_moved`.
    """

    label: Label
    number: str
    person: PersonRef | None = None
    moved: bool = False


class ContactView(Part, frozen=True, kw_only=True):
    """One of the viewer's contacts. `book` is the address book it comes from, absent unless `source` is one."""

    id: ContactRef
    source: Source
    name: str
    nickname: str
    organization: str
    numbers: tuple[ContactNumber, ...]
    book: BookRef | None = None


class ImportProblem(Part, frozen=True, kw_only=True):
    """A card that was left out, wholly or in part; `line` of the file is where it begins to be wrong."""

    line: int
    code: CardFault


class OwnProfile(Part, frozen=True, kw_only=True):
    """What only the person's own endpoints are shown.

    Numbers are in E.164: `mobile` is the verified one, `proving` the one to which a code was sent. `contact_import`
    is absent as long as the person has not been asked, `contacts` the revision of their list; `guidelines` the
    version of the usage guidelines that waits to be accepted, absent if none does. `region` is the country (ISO 3166)
    of numbers without a country's code among the contacts of the household.
    A `child` has no number, and decides nothing for the household.
    """

    mobile: str | None
    proving: str | None = None
    contact_import: bool | None
    contacts: int
    guidelines: int | None = None
    region: str
    child: bool = False


class ListContacts(Command, frozen=True, kw_only=True, tag="list_contacts"):
    """The own contacts, as far as they have changed since a revision."""

    since: Seq = 0


class AddContact(Command, frozen=True, kw_only=True, tag="add_contact"):
    """Add a contact by hand."""

    name: ContactName
    nickname: ContactWord = ""
    organization: ContactWord = ""
    numbers: Numbers = ()


class EditContact(Command, frozen=True, kw_only=True, tag="edit_contact"):
    """All that a contact consists of, in the place of what it was. One that was imported is edited at its source."""

    contact: ContactRef
    name: ContactName
    nickname: ContactWord = ""
    organization: ContactWord = ""
    numbers: Numbers = ()


class DeleteContact(Command, frozen=True, kw_only=True, tag="delete_contact"):
    """Delete a contact that was added by hand."""

    contact: ContactRef


class SetContactImport(Command, frozen=True, kw_only=True, tag="set_contact_import"):
    """Whether contacts may be imported. False: those that were are deleted at once, with the links to their books."""

    allowed: bool


class ImportContacts(Command, frozen=True, kw_only=True, tag="import_contacts"):
    """A part of a vCard file, of whole cards. `first_line` is the number of its first line in the file."""

    text: Cards
    first_line: Annotated[int, Meta(ge=1, le=2**53 - 1)] = 1


class AcceptMoved(Command, frozen=True, kw_only=True, tag="accept_moved"):
    """A number of a contact is somebody else's now, and the person knows: it may be called again."""

    contact: ContactRef
    number: NumberText


class Contacts(Reply, frozen=True, kw_only=True, tag="contacts"):
    """What has changed, in the order in which it did. `revision`: what to ask from next time, and at once if there is
    `more`. `whole`: whatever the asker has of before is to be forgotten first."""

    contacts: Annotated[tuple[ContactView, ...], Meta(max_length=PAGE)]
    removed: tuple[ContactRef, ...]
    revision: int
    more: bool
    whole: bool


class ContactSaved(Reply, frozen=True, kw_only=True, tag="contact_saved"):
    """The contact as it is now. Who is reachable by its numbers is not said here: `contacts_changed` follows."""

    contact: ContactView


class ContactsImported(Reply, frozen=True, kw_only=True, tag="contacts_imported"):
    """What became of the cards of this part."""

    added: int
    updated: int
    unchanged: int
    problems: tuple[ImportProblem, ...]


class ContactsChanged(Event, frozen=True, kw_only=True, tag="contacts_changed"):
    """The own list has changed, here or elsewhere, or who is reachable by it: ask for what is new since."""

    revision: int


class OwnChanged(Event, frozen=True, kw_only=True, tag="own_changed"):
    """What only the own endpoints are shown; it replaces the old."""

    own: OwnProfile
