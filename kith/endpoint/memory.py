"""What an endpoint remembers of whom it has believed, from one start to the next. Pure.

The own person (of a personal endpoint) and the own household (of a shared one) are in here only once somebody has
vouched for them: at sign-up by the endpoint itself, else by a pairing. Others are remembered when first seen.
"""

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from kith.core.trust.delegations import Delegations
from kith.core.trust.history import Known


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """`persons` and `delegations` (the newest set seen of each) by person id; `household` is the own roster."""

    persons: Mapping[str, Known] = {}
    delegations: Mapping[str, Delegations] = {}
    household: Known | None = None

    def with_person(self, person: str, known: Known, delegations: Delegations | None) -> "Memory":
        """`delegations` None keeps what was seen before, unless the person is another one now."""
        before = self.persons.get(person)
        kept = dict(self.delegations)
        if before is not None and before.root != known.root:
            kept.pop(person, None)
        if delegations is not None:
            kept[person] = delegations
        return replace(self, persons={**self.persons, person: known}, delegations=kept)

    def with_household(self, known: Known) -> "Memory":
        return replace(self, household=known)


def read(data: bytes) -> Memory:
    """Raises ValueError if it is damaged."""
    try:
        return msgspec.json.decode(data, type=Memory)
    except msgspec.DecodeError as error:
        raise ValueError(f"what was remembered is damaged: {error}") from None


def write(memory: Memory) -> bytes:
    return msgspec.json.format(msgspec.json.encode(memory))
