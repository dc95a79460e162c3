"""Comparing safety numbers: that nobody stands between two persons (docs/trust.md, section 8)."""

from dataclasses import dataclass

from kith.core.trust.safety import safety_number, safety_qr
from kith.core.trust.untrusted import Reason, require
from kith.endpoint.identities import Identities


@dataclass(frozen=True, slots=True)
class Safety:
    """What two persons compare: the 60 digits of `number` by eye or ear, or `code` from screen to camera.

    `verified`: it was compared before, and they were the same.
    """

    number: str
    code: str
    verified: bool


async def safety_of(identities: Identities, own: str | None, other: str) -> Safety:
    """For the person with the id `other`, as they are shown now. Raises Untrusted, Unreachable."""
    mine, theirs = await _roots(identities, own, other)
    known = identities.memory.persons.get(other)
    verified = known is not None and known.verified and known.root == theirs
    return Safety(safety_number(mine, theirs), safety_qr(mine, theirs), verified)


async def compare(identities: Identities, own: str | None, other: str, said: str) -> bool:
    """Keep whether `said`, the number or the code that the other side has, is the one that is shown here.

    Returns that. One that is not takes back what was verified before. Raises Untrusted, Unreachable.
    """
    mine, theirs = await _roots(identities, own, other)
    digits = "".join(sign for sign in said if sign.isdigit())
    same = said.strip() == safety_qr(mine, theirs) or digits == safety_number(mine, theirs)
    await identities.note_compared(await identities.person(other), verified=same)
    return same


async def _roots(identities: Identities, own: str | None, other: str) -> tuple[bytes, bytes]:
    require(own is not None and own in identities.memory.persons, Reason.NOT_ACTIVE)
    require(other != own, Reason.ALREADY_THERE)
    found = await identities.persons(str(own), other, anew=True)
    return found[str(own)].chain.root, found[other].chain.root
