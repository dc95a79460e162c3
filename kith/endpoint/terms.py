"""What an endpoint keeps of who may drop in on it, from one start to the next. Pure.

The newest signed set of each person who has a say here, what somebody switched at the device itself, and the newest
signed time: the endpoint's clock never runs behind that, so a set does not become fresh again by setting it back.
"""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from kith.core.trust.grants import DropInTerm, Grants
from kith.core.trust.history import Known
from policy.quiet import Switch


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """`sets` by the person's root, in hex; `rosters` are households whose rosters were believed for somebody who lives
    there, by their root, in hex. `drop_in` is the device's own switch, `time` the newest signed one, in Unix seconds.

    `roots` are those, in hex, who had a say here when that was looked at last. `quiet` is what was said last about Do
    Not Disturb at the device itself, None for nothing yet, `since` when that was, and `applied` which version of each
    set had been heard by then, by root in hex.
    """

    sets: Mapping[str, Grants] = {}
    rosters: Mapping[str, Known] = {}
    roots: tuple[str, ...] = ()
    drop_in: DropInTerm = DropInTerm.ON
    time: int = 0
    quiet: bool | None = None
    applied: Mapping[str, int] = {}
    since: float = 0.0

    def known(self, root: bytes) -> Grants | None:
        return self.sets.get(root.hex())

    def heard(self, grants: Grants) -> "Terms":
        """A set that was checked against the one that is known."""
        return replace(self, sets={**self.sets, grants.person.hex(): grants})

    def counted(self, roots: Iterable[bytes], time: int) -> "Terms":
        """These have a say here; `time` is the newest that they signed and that is not ahead of its time."""
        listed = tuple(sorted(root.hex() for root in roots))
        return replace(self, roots=listed, time=max(self.time, time))

    @property
    def last_counted(self) -> tuple[Grants, ...]:
        """The sets of those who had a say here when that was looked at last."""
        return self.of(bytes.fromhex(root) for root in self.roots)

    @property
    def switch(self) -> Switch | None:
        """What was last said about Do Not Disturb at the device."""
        if self.quiet is None:
            return None
        return Switch(
            self.quiet, self.since, {bytes.fromhex(root): version for root, version in self.applied.items()}
        )

    def switched(self, *, quiet: bool, now: float) -> "Terms":
        """Somebody switched Do Not Disturb at the device."""
        applied = {root: grants.version for root, grants in self.sets.items()}
        return replace(self, quiet=quiet, applied=applied, since=now)

    def visited(self, root: bytes, known: Known) -> "Terms":
        """A roster that was believed."""
        return replace(self, rosters={**self.rosters, root.hex(): known})

    def of(self, roots: Iterable[bytes]) -> tuple[Grants, ...]:
        """The sets of these persons, as far as there are any."""
        found = (self.known(root) for root in sorted(roots))
        return tuple(one for one in found if one is not None)


def read(data: bytes) -> Terms:
    """Raises ValueError if it is damaged: to forget that somebody was not let in is not for a program to decide."""
    try:
        return msgspec.json.decode(data, type=Terms)
    except msgspec.DecodeError as error:
        raise ValueError(f"what was granted is damaged: {error}") from None


def write(terms: Terms) -> bytes:
    return msgspec.json.format(msgspec.json.encode(terms))
