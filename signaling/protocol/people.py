"""Messages about being here: guidelines, the own number, saved profiles, leaving. Pure."""

from typing import Annotated

from msgspec import Meta

from kith.core.trust.delegations import Delegations
from kith.core.trust.household_links import HouseholdLeave
from signaling.protocol.envelope import Command, Event, Part, Reply
from signaling.protocol.fields import Mobile, Name, PersonRef, Region

GuidelinesVersion = Annotated[int, Meta(ge=0, le=65_535)]


class ProfileView(Part, frozen=True, kw_only=True):
    """Somebody whom a household saved, to be taken over at sign-up."""

    id: PersonRef
    name: str


class AcceptGuidelines(Command, frozen=True, kw_only=True, tag="accept_guidelines"):
    """The person has read the version that waits, and accepts it."""

    version: GuidelinesVersion


class ChangeMobile(Command, frozen=True, kw_only=True, tag="change_mobile"):
    """Prove another mobile number, by `verify` with the code that is sent to it. Until then nothing changes. Also to
    correct the number of a sign-up that is not verified yet."""

    mobile: Mobile


class ListProfiles(Command, frozen=True, kw_only=True, tag="list_profiles"):
    """Whom the own household has saved and nobody has taken over yet."""


class AddProfile(Command, frozen=True, kw_only=True, tag="add_profile"):
    """Save somebody who lives here and will join: they choose their name at sign-up."""

    name: Name


class RemoveProfile(Command, frozen=True, kw_only=True, tag="remove_profile"):
    profile: PersonRef


class LeaveHousehold(Command, frozen=True, kw_only=True, tag="leave_household"):
    """Have a household of one's own from now on. `link` says so in the roster, if that has the person and somebody
    else; `delegations`, an empty set, takes back from the shared endpoints what they might do elsewhere."""

    link: HouseholdLeave | None = None
    delegations: Delegations | None = None


class Deregister(Command, frozen=True, kw_only=True, tag="deregister"):
    """Leave for good: everything that is kept of the person is erased. `link` as with `leave_household`."""

    link: HouseholdLeave | None = None


class SetRegion(Command, frozen=True, kw_only=True, tag="set_region"):
    """In which country the household's contacts are read. Numbers without a country's code are read anew, which takes
    a while."""

    region: Region


class Profiles(Reply, frozen=True, kw_only=True, tag="profiles"):
    """The oldest first."""

    profiles: tuple[ProfileView, ...]


class Unregistered(Event, frozen=True, kw_only=True, tag="unregistered"):
    """Somebody else has proved that the own mobile number is theirs: prove another one before calling again."""
