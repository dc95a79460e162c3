"""Where somebody was lately: what devices noticed, and when what may be told of it turns. Pure bookkeeping.

Only a touch sets it: somebody used the device, or it saw something move. Nothing else that a device does is one.

What is told turns at whole minutes (policy.activity): a touch counts from the next one on, and until then what counted
before it does. So one deadline for all of them is enough: `next_turn` says when it is, and `turn` which devices it may
concern. What has decayed is forgotten.
"""

from dataclasses import dataclass

from kith.core.ids import EndpointId
from policy.activity import MINUTE, Source, next_turn, recent


@dataclass(frozen=True, slots=True)
class _Touched:
    """`latest`, and the latest before the minute in which that was."""

    latest: float
    before: float | None

    def counts(self, now: float) -> float | None:
        return self.latest if self.latest <= now // MINUTE * MINUTE else self.before


class Active:
    """By endpoint; times are Unix seconds."""

    def __init__(self) -> None:
        self._touched: dict[EndpointId, _Touched] = {}
        self._due: dict[EndpointId, float] = {}

    def __len__(self) -> int:
        return len(self._touched)

    def touch(self, endpoint: EndpointId, now: float) -> None:
        """Somebody is at the endpoint."""
        known = self._touched.get(endpoint)
        self._touched[endpoint] = _Touched(now, None if known is None else known.counts(now))
        self._due.setdefault(endpoint, next_turn([Source(now)], now) or now)

    def forget(self, endpoint: EndpointId) -> None:
        """It is nobody's any more."""
        self._touched.pop(endpoint, None)
        self._due.pop(endpoint, None)

    def last(self, endpoint: EndpointId) -> float | None:
        """When somebody was there last; None once that is too long ago to matter."""
        known = self._touched.get(endpoint)
        return None if known is None else known.latest

    def counts(self, endpoint: EndpointId, now: float) -> float | None:
        """The touch by which is told now whether somebody was there: for policy.activity.Source."""
        known = self._touched.get(endpoint)
        return None if known is None else known.counts(now)

    def next_turn(self) -> float | None:
        """When `turn` is to be asked next; None while there is nothing to tell."""
        return min(self._due.values(), default=None)

    def turn(self, now: float) -> frozenset[EndpointId]:
        """The endpoints of which something else may be told from now on."""
        turned = frozenset(endpoint for endpoint, due in self._due.items() if due <= now)
        for endpoint in turned:
            source = Source(self.counts(endpoint, now))
            due = next_turn([source], now)
            if recent([source], now) and due is not None:
                self._due[endpoint] = due
            else:
                self.forget(endpoint)
        return turned
