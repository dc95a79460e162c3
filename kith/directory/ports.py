"""What the directory needs from a store. Implemented by kith.store.directory; every method may raise
Problem(storage_unavailable), and then has changed nothing."""

from collections.abc import Sequence
from typing import Protocol

from kith.core.capabilities import Capabilities
from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.directory.model import (
    Claimed,
    Endpoint,
    Invitation,
    Missed,
    News,
    Pairing,
    Person,
    Verification,
)


class DirectoryStore(Protocol):
    # reading
    async def person(self, person: PersonId) -> Person | None: ...
    async def endpoint(self, endpoint: EndpointId) -> Endpoint | None:
        """An endpoint that is enrolled."""
        ...

    async def record(self, endpoint: EndpointId) -> Endpoint | None:
        """An endpoint that is enrolled or was, until somebody removed it."""
        ...

    async def endpoints_for(self, person: PersonId) -> Sequence[Endpoint]:
        """The person's own endpoints and the shared ones of their household."""
        ...

    async def household_endpoints(self, household: HouseholdId) -> Sequence[Endpoint]:
        """The shared endpoints of a household."""
        ...

    async def people_known_to(self, person: PersonId) -> Sequence[Person]:
        """Registered housemates and acquaintances, by name; not the person themself."""
        ...

    async def knows(self, one: PersonId, other: PersonId) -> bool: ...
    async def housemates(self, household: HouseholdId) -> Sequence[Person]: ...
    async def region(self, person: PersonId) -> str | None:
        """The country (ISO 3166) in which the household's contacts are read, None where it has none yet."""
        ...

    async def missed(self, person: PersonId) -> Sequence[Missed]: ...

    # joining; a digest is a keyed hash of a secret, the secret itself is never stored
    async def add_invitation(self, digest: bytes, invitation: Invitation) -> None: ...
    async def invitation(self, digest: bytes) -> Invitation | None: ...
    async def add_pairing(self, digest: bytes, pairing: Pairing) -> None: ...
    async def sign_up(
        self,
        person: Person,
        endpoint: Endpoint,
        verification: Verification,
        claimed: Claimed,
        *,
        household_name: str | None,
        invitation: bytes | None,
        guidelines: int,
        now: float,
    ) -> None:
        """Add all of it at once, using up the invitation; Problem(invitation_invalid) if it is used,
        Problem(invalid) if the keys are another endpoint's, Problem(profile_taken) if `person` is a profile that
        is not there, Problem(rate_limited) beyond what a number may be sent.
        `household_name` is given where a new household is made, `guidelines` is the version that was accepted."""
        ...

    async def enrolled_by(self, digest: bytes, identity: bytes) -> Endpoint | None:
        """The endpoint with this identity key for which the invitation or pairing was used up."""
        ...

    async def offered_by(self, endpoint: EndpointId) -> EndpointId | None:
        """Who asked for the pairing by which the endpoint was enrolled."""
        ...

    async def pair(self, digest: bytes, endpoint: Endpoint, *, now: float) -> Endpoint:
        """Use up the pairing; returns the endpoint with the pairing's household and person.
        Problem(pairing_invalid) if it is unknown, used or expired at `now`, Problem(invalid) if the keys
        are another endpoint's."""
        ...

    async def enrol_test(
        self, household: str, person: str, endpoint: Endpoint, knows: Sequence[PersonId]
    ) -> Endpoint:
        """Add a load generator's endpoint, making household and person by name where needed."""
        ...

    # changing
    async def set_region(self, household: HouseholdId, region: str) -> bool:
        """Whether that is another one."""
        ...

    async def rename_person(self, person: PersonId, name: str) -> None: ...
    async def describe_endpoint(
        self, endpoint: EndpointId, name: str | None, capabilities: Capabilities | None
    ) -> None:
        """None leaves it as it is. What waits for an endpoint that says it reads no messages goes."""
        ...

    async def rename_endpoint(self, endpoint: EndpointId, name: str) -> None: ...
    async def note_seen(self, endpoint: EndpointId, at: float) -> None: ...
    async def remove_endpoint(self, endpoint: Endpoint, *, by: PersonId, now: float) -> bool:
        """Its key, its bearer tokens, and the unused links and codes that it asked for are dead from now on,
        which is news. False if it was removed before."""
        ...

    async def dismiss_missed(self, person: PersonId) -> None: ...

    # news, which the changes above leave for every adult of the household
    async def news(self, person: PersonId) -> Sequence[News]:
        """What the person has not dismissed, the newest first."""
        ...

    async def dismiss_news(self, person: PersonId, *, up_to: int) -> None: ...
    async def knows_network(self, owner: str, digest: bytes, *, since: float) -> bool:
        """Whether an endpoint of `owner`, a person or a household, signed in from there since then."""
        ...

    async def note_network(self, endpoint: Endpoint, digest: bytes, *, now: float, silent: bool) -> bool:
        """Remember from where the endpoint signed in. Whether that is news, which it is not if `silent`, nor
        for the first network of its owner."""
        ...

    # bearer tokens
    async def add_token(self, digest: bytes, endpoint: EndpointId, *, expires: float) -> None: ...
    async def token(self, digest: bytes, *, now: float) -> EndpointId | None: ...
