"""Who is asking: an authenticated endpoint and the person it acts as."""

from dataclasses import dataclass

from kith.core.ids import EndpointId, HouseholdId, PersonId


@dataclass(frozen=True, slots=True)
class Principal:
    """`person` is None only for a shared endpoint whose household has no adult yet.

    `registered` is whether the person's mobile number is verified; `test` marks a load
    generator's principal, admitted only by a server that admits nothing else. A `child` has been agreed to by a parent
    where it is `registered`, and decides nothing for the household.
    """

    endpoint: EndpointId
    household: HouseholdId
    person: PersonId | None
    shared: bool
    registered: bool
    test: bool = False
    child: bool = False
