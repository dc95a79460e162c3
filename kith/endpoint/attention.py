"""That somebody is at this endpoint: said to the server as it happens, and no more often than it needs to know.

Only a hand or a voice that uses the device, and what moves before its camera, is told. A camera that is off or covered
sees nothing move, and a microphone and camera that are cut off together neither (R86).
"""

import asyncio
from typing import Literal

from kith.endpoint.equipment import Equipment
from kith.endpoint.wire import Wire
from signaling import protocol

PAUSE = 20.0
"""Seconds between two touches that are told. The server knows minutes; more would only cost it."""


class Attention:
    """Of one endpoint."""

    def __init__(self, wire: Wire, equipment: Equipment) -> None:
        self._wire = wire
        self._equipment = equipment
        self._told: float | None = None

    def interaction(self) -> None:
        """Somebody has pressed, touched or said something."""
        self._touch("interaction")

    def motion(self) -> None:
        """Something moved before the camera, or a sensor that belongs to it says so."""
        if self._equipment.capabilities.can_send_video:
            self._touch("motion")

    def _touch(self, kind: Literal["interaction", "motion"]) -> None:
        now = asyncio.get_running_loop().time()
        if self._wire.opened and (self._told is None or now - self._told >= PAUSE):
            self._told = now
            self._wire.tell(protocol.Touch(id=self._wire.new_id(), kind=kind))
