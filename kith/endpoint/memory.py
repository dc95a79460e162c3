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
    """`persons` and `delegations` (the newest set seen of each) by person id; `household` is the own roster, `left` are
    those of households that the own person has left, as they were then or later."""

    persons: Mapping[str, Known] = {}
    delegations: Mapping[str, Delegations] = {}
    household: Known | None = None
    left: tuple[Known, ...] = ()

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

    def moved(self) -> "Memory":
        """The own person lives elsewhere: another household's roster may become the own, but none that was left is
        shown as it was before."""
        return self if self.household is None else replace(self.with_left(self.household), household=None)

    def with_left(self, known: Known) -> "Memory":
        before = next((one for one in self.left if one.root == known.root), known)
        newest = known if known.version >= before.version else before
        others = tuple(one for one in self.left if one.root != known.root)
        return replace(self, left=(*others, newest))


def read(data: bytes) -> Memory:
    """Raises ValueError if it is damaged."""
    try:
        return msgspec.json.decode(data, type=Memory)
    except msgspec.DecodeError as error:
        raise ValueError(f"what was remembered is damaged: {error}") from None


def write(memory: Memory) -> bytes:
    return msgspec.json.format(msgspec.json.encode(memory))
