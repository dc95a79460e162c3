"""Which mixers this server has, by its settings and by what is there."""

import logging
import os
from collections.abc import Callable

from kith.core.settings import Settings
from kith.server.mixer_link import Command, mixer_command
from kith.server.mixers import Mixers
from media import opus

PerSlot = Callable[[int], Command]

log = logging.getLogger(__name__)


def mixers_of(settings: Settings) -> Mixers:
    """One for each processor unless the settings say otherwise. None without libopus: all else goes on without them."""
    most = _processors() if settings.mixers is None else settings.mixers
    if most > 0 and not opus.present():
        log.warning("enhanced groups, and groups of more than five, are not available: libopus was not found")
        most = 0

    def command(slot: int) -> Command:
        return mixer_command(settings.mixer_port and settings.mixer_port + slot, settings.mixer_addresses)

    return Mixers(most, command)


def _processors() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
