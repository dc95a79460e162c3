"""How things stand at an endpoint: Do Not Disturb, its own switches, whether it is ready to be dropped in on.

What it decides by here, it also tells the server, which then does not ring it in vain.
"""

import asyncio
from collections.abc import Callable

from kith.core.standing import DeviceStanding
from kith.endpoint.equipment import Equipment
from kith.endpoint.sets import Sets
from kith.endpoint.wire import Wire
from policy.drop_in_facts import Here
from policy.quiet import next_turn, quiet_by
from signaling import protocol

LATE = 0.1
"""Seconds after a schedule's turn at which it is looked at: a timer may come a moment early."""


class Standing:
    """`seen` says whether anybody shows the indicator that this endpoint gives; `emit` tells of the event `quiet`."""

    def __init__(
        self,
        sets: Sets,
        equipment: Equipment,
        wire: Wire,
        identity: bytes,
        *,
        seen: Callable[[], bool],
        locked: Callable[[], bool],
        emit: Callable[..., object],
    ) -> None:
        self._sets = sets
        self._equipment = equipment
        self._wire = wire
        self._identity = identity
        self._seen = seen
        self._locked = locked
        self._emit = emit
        self._told: DeviceStanding | None = None
        self._was_quiet = False
        self._turn: asyncio.TimerHandle | None = None

    @property
    def quiet(self) -> bool:
        """Whether Do Not Disturb is on here, by whoever's word."""
        sets = self._sets
        return bool(quiet_by(sets.now_in_force, self._identity, sets.terms.switch, sets.now()))

    @property
    def ready(self) -> bool:
        """Whether a drop in could be heard and seen to begin."""
        return self._equipment.audible and self._seen()

    def here(self) -> Here:
        terms = self._sets.terms
        return Here(terms.switch, terms.drop_in, self._equipment.microphone_off, self.ready)

    def report(self, *, anew: bool = False) -> None:
        """Tell the server, if it has not heard it yet; `anew`: its session with this endpoint has just begun."""
        quiet = self.quiet
        if quiet != self._was_quiet:
            self._was_quiet = quiet
            self._emit("quiet", quiet)
        standing = DeviceStanding(
            quiet=quiet,
            ready=self.ready,
            microphone_off=self._equipment.microphone_off,
            drop_in=self._sets.terms.drop_in,
            locked=self._locked(),
        )
        if anew or standing != self._told:
            self._told = standing
            self._wire.tell(protocol.ReportStanding(id=self._wire.new_id(), standing=standing))
        self._wait_for_turn()

    def close(self) -> None:
        if self._turn is not None:
            self._turn.cancel()

    def _wait_for_turn(self) -> None:
        """A schedule comes and goes by itself."""
        self.close()
        now = self._sets.now()
        at = next_turn(self._sets.now_in_force, self._identity, now)
        if at is not None:
            self._turn = asyncio.get_running_loop().call_later(max(0.0, at - now) + LATE, self.report)
