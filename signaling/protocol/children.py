"""The messages by which parents look after the children of their household. Pure."""

from typing import Annotated

from msgspec import Meta

from signaling.protocol.envelope import Command, Event, Part, Reply
from signaling.protocol.fields import CallRef, Name, PersonRef

MAX_CONTACTS = 64

ConsentVersion = Annotated[int, Meta(ge=0, le=65_535)]
Moment = Annotated[float, Meta(ge=0.0, le=1e12)]
ChildContacts = Annotated[tuple[PersonRef, ...], Meta(max_length=MAX_CONTACTS)]


class ChildContact(Part, frozen=True, kw_only=True):
    """Somebody outside the household whom a parent has chosen for a child."""

    person: PersonRef
    name: str


class ChildView(Part, frozen=True, kw_only=True):
    """A child, as the parents see them. `consent` is the version that a parent agreed to at `consented`: both are
    absent before, and then the child can do nothing. The rest is what a parent allows (policy.child)."""

    id: PersonRef
    name: str
    consent: int | None = None
    consented: float | None = None
    calling: bool
    messaging: bool
    drop_in: bool
    drop_in_home: bool
    contacts: tuple[ChildContact, ...]


class ChildCallView(Part, frozen=True, kw_only=True):
    """A call of a child's. `person` is who was on the other side, absent where a device was called; `answered` and
    `ended` are absent where nobody answered, or it goes on."""

    call: CallRef
    person: PersonRef | None = None
    name: str
    outgoing: bool
    video: bool
    at: float
    answered: float | None = None
    ended: float | None = None


# -- commands ---------------------------------------------------------------------------------------


class AddChild(Command, frozen=True, kw_only=True, tag="add_child"):
    """Make a profile for a child of the household. It can do nothing before a parent agrees by `consent`."""

    name: Name


class ListChildren(Command, frozen=True, kw_only=True, tag="list_children"):
    """The children of the own household, the oldest profile first."""


class GiveConsent(Command, frozen=True, kw_only=True, tag="consent"):
    """A parent has read what this version says of the child's use of Kith, and agrees. They are told by a message to
    their number, once."""

    child: PersonRef
    version: ConsentVersion


class SetChild(Command, frozen=True, kw_only=True, tag="set_child"):
    """What the child is called and may do from now on; what is absent stays as it is. `contacts` are all persons
    outside the household whom the child reaches and is reached by; whoever is new among them is known to the parent."""

    child: PersonRef
    name: Name | None = None
    calling: bool | None = None
    messaging: bool | None = None
    drop_in: bool | None = None
    drop_in_home: bool | None = None
    contacts: ChildContacts | None = None


class ChildActivity(Command, frozen=True, kw_only=True, tag="child_activity"):
    """The child's calls, the latest first, a page at a time: those of before a moment."""

    child: PersonRef
    before: Moment | None = None


class EraseChild(Command, frozen=True, kw_only=True, tag="erase_child"):
    """Erase the child with everything that is kept of them, with others too."""

    child: PersonRef


# -- replies ----------------------------------------------------------------------------------------


class ChildShown(Reply, frozen=True, kw_only=True, tag="child_shown"):
    """The child as it is now."""

    child: ChildView


class ChildrenShown(Reply, frozen=True, kw_only=True, tag="children"):
    """`version` is that of the text to agree to."""

    children: tuple[ChildView, ...]
    version: int


class ChildCalls(Reply, frozen=True, kw_only=True, tag="child_calls"):
    """`more`: ask again, for what was before the last one's `at`."""

    calls: tuple[ChildCallView, ...]
    more: bool


# -- events -----------------------------------------------------------------------------------------


class ChildrenChanged(Event, frozen=True, kw_only=True, tag="children_changed"):
    """The children of the household; it replaces the old list. The own endpoints of adults only."""

    children: tuple[ChildView, ...]
