"""What the switchboard needs from where calls outlive the process, and the bounds that an operator sets to calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kith.core.ids import CallId, PersonId
from policy.group import MIXER_MOST
from policy.quota import CALLS, Quota
from signaling import call as calls
from signaling.call import Call


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a call rings and lasts at most, in seconds, how many one person may place, and how many endpoints there
    may be in a group that is mixed."""

    ringing: float = calls.RING_TIMEOUT
    longest: float = calls.LONGEST
    quotas: Sequence[Quota] = CALLS
    largest: int = MIXER_MOST


class CallStore(Protocol):
    """Where calls outlive the process. Every method may raise Problem(storage_unavailable)."""

    async def add(self, call: Call) -> bool: ...
    async def save(self, call: Call) -> None:
        """Save what became of it, and with its end that it was missed (signaling.call.missed_by)."""
        ...

    async def find(self, call: CallId) -> Call | None: ...
    async def live(self) -> list[Call]: ...
    async def placed(self, person: PersonId, *, since: float, most: int) -> Sequence[float]:
        """When the person placed calls, the latest first."""
        ...

    async def over_quota(self, person: PersonId, wait: float, *, at: float) -> None:
        """Note for the operator that the person was refused another call."""
        ...
