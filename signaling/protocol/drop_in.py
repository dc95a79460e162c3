"""The messages by which people grant drop in, drop in, and close everything. Pure.

Grants are signed, so what crosses here are whole signed sets (kith.core.trust.grants): the server keeps and passes them
on, and whoever opens a microphone checks them again.
"""

from typing import Annotated, Literal

from msgspec import Meta

from kith.core.standing import DeviceStanding
from kith.core.trust.delegations import Delegations
from kith.core.trust.grants import Grants, Mode, Receipt
from kith.core.trust.history import Hash
from kith.core.trust.household import MAX_LINKS as MAX_HOUSEHOLD_LINKS
from kith.core.trust.household_links import HouseholdLink
from kith.core.trust.person_links import PersonLink
from signaling.protocol.envelope import Command, Event, Part, Reply
from signaling.protocol.fields import CallRef, EndpointRef, PersonRef
from signaling.protocol.identity import PersonIdentity

HOME = "home"
"""What is dropped in on where any shared device of the own household will do."""

DropInTarget = Annotated[
    str,
    Meta(
        pattern=r"^([pe]_[0-9a-z]{20}|home)$",
        max_length=22,
        description="A person, one endpoint, or `home`.",
    ),
]

WhyOut = Literal["done", "silence", "not_let_in"]
"""Why an endpoint goes out of a call: somebody was done, nobody spoke for too long, or it does not let the other in."""


class HeardView(Part, frozen=True, kw_only=True):
    """An endpoint that has a signed set, with its own signature on that: `name` is what it is called."""

    endpoint: EndpointRef
    name: str
    receipt: Receipt


class ReceiverView(Part, frozen=True, kw_only=True):
    """Who somebody is whom a set names by the root of their chain. `household` is the root of the roster in which they
    are now."""

    root: Hash
    person: PersonRef
    name: str
    household: Hash | None = None


class PersonGrants(Part, frozen=True, kw_only=True):
    """The set of a person that is in force, who has heard of it, and whom it names: those whom the server knows still.
    `heard` and `receivers` are there for its owner alone."""

    person: PersonRef
    grants: Grants
    heard: tuple[HeardView, ...] = ()
    receivers: tuple[ReceiverView, ...] = ()


class GrantedView(Part, frozen=True, kw_only=True):
    """Somebody on whom the viewer may drop in. `household`: because they live with the viewer, or granted it to all who
    do. `until` is when that ends, in Unix seconds."""

    person: PersonRef
    name: str
    mode: Mode
    household: bool
    carer: bool
    until: float | None = None


class RosterView(Part, frozen=True, kw_only=True):
    """The roster of a household, and everybody whose chain it rests on, for the viewer to check."""

    links: Annotated[tuple[HouseholdLink, ...], Meta(max_length=MAX_HOUSEHOLD_LINKS)]
    identities: tuple[PersonIdentity, ...]


# -- commands ---------------------------------------------------------------------------------------


class SetGrants(Command, frozen=True, kw_only=True, tag="set_grants"):
    """Who may drop in on one from now on, as one signed set: it replaces the former. What goes on and is not granted
    any more ends at once."""

    grants: Grants


class ShowGrants(Command, frozen=True, kw_only=True, tag="show_grants"):
    """The own set and who has heard of it; at a shared endpoint the sets of all members of the household."""


class HeardGrants(Command, frozen=True, kw_only=True, tag="heard_grants"):
    """This endpoint holds these sets, and acts by them from now on."""

    receipts: Annotated[tuple[Receipt, ...], Meta(min_length=1, max_length=64)]


class DropIn(Command, frozen=True, kw_only=True, tag="drop_in"):
    """Drop in on a person, on one endpoint, or on any shared one of the own household. The caller names the call, so a
    retry is the same one."""

    call: CallRef
    to: DropInTarget
    video: bool = False


class ReportStanding(Command, frozen=True, kw_only=True, tag="report_standing"):
    """How things stand at this endpoint, now that something about them has changed."""

    standing: DeviceStanding


class Panic(Command, frozen=True, kw_only=True, tag="panic"):
    """Close everything: a set that grants nothing, and the removal of all other personal endpoints. `delegations` as
    with `extend_person`."""

    grants: Grants
    links: Annotated[tuple[PersonLink, ...], Meta(max_length=32)] = ()
    delegations: Delegations | None = None


class ShowRosters(Command, frozen=True, kw_only=True, tag="show_rosters"):
    """The rosters of households, by their roots: the own one, and that of somebody who is in a call or drop in here.
    Others are left out of the reply."""

    households: Annotated[tuple[Hash, ...], Meta(min_length=1, max_length=8)]


# -- replies ----------------------------------------------------------------------------------------


class GrantsShown(Reply, frozen=True, kw_only=True, tag="grants_shown"):
    """Persons who never signed a set are not in it."""

    sets: tuple[PersonGrants, ...]


class Rosters(Reply, frozen=True, kw_only=True, tag="rosters"):
    rosters: tuple[RosterView, ...]


# -- events -----------------------------------------------------------------------------------------


class GrantsChanged(Event, frozen=True, kw_only=True, tag="grants_changed"):
    """A person who lives here has signed another set. To the person's own endpoints and the household's shared ones."""

    person: PersonRef
    grants: Grants


class GrantsHeard(Event, frozen=True, kw_only=True, tag="grants_heard"):
    """Which endpoints have which set of the viewer's own; it replaces the old list. Own endpoints only."""

    heard: tuple[HeardView, ...]


class GrantedChanged(Event, frozen=True, kw_only=True, tag="granted_changed"):
    """On whom one may drop in; it replaces the old list."""

    granted: tuple[GrantedView, ...]
