"""Which STUN and TURN servers endpoints may use, with credentials made on the spot."""

import secrets
from collections.abc import Callable
from pathlib import Path

from kith.core import ice
from kith.core.settings import Settings
from media.turn import credential
from signaling import protocol as wire

CREDENTIAL_LIFE = 6 * 3600
"""Seconds a credential serves to reserve a place on the relay. Whoever holds one can use the operator's bandwidth
for so long, also after being signed out; shorter, and a network that changes late in a long call finds it expired.
(coturn checks it when a place is reserved, not again while it is held.)"""

SHORTEST_SECRET = 16


class IceDesk:
    """Gives endpoints what they need to find a way to each other."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        stun: tuple[str, ...] = (),
        turn: tuple[str, ...] = (),
        secret: bytes = b"",
    ) -> None:
        self._clock = clock
        self._stun = stun
        self._turn = turn
        self._secret = secret

    def issue(self, request: str) -> wire.IceServers:
        """The servers, with a credential that nobody else has been given."""
        servers = [wire.IceServer(urls=self._stun)] if self._stun else []
        if self._turn:
            expires = int(self._clock()) + CREDENTIAL_LIFE
            made = credential(self._secret, secrets.token_hex(8), expires)
            servers.append(wire.IceServer(urls=self._turn, username=made.username, credential=made.password))
        return wire.IceServers(re=request, servers=tuple(servers), expires_in=CREDENTIAL_LIFE)


def ice_desk(settings: Settings, clock: Callable[[], float]) -> IceDesk:
    """As the operator set it. Raises ValueError with a sentence for them, or OSError, if the settings do not work."""
    for url in settings.stun:
        if ice.parse(url).scheme != "stun":
            raise ValueError(f"{url!r} is no stun address")
    for url in settings.turn:
        if ice.parse(url).scheme == "stun":
            raise ValueError(f"{url!r} is no turn address")
    if settings.turn and settings.turn_secret_file is None:
        raise ValueError("a TURN relay needs the secret that it shares with this server: --turn-secret-file")
    secret = b"" if settings.turn_secret_file is None else _secret(settings.turn_secret_file)
    return IceDesk(clock, stun=settings.stun, turn=settings.turn, secret=secret)


def _secret(file: Path) -> bytes:
    """The file's one line."""
    secret = file.read_bytes().strip()
    if len(secret) < SHORTEST_SECRET or len(secret.split()) != 1:
        raise ValueError(
            f"{file} must hold one word of at least {SHORTEST_SECRET} letters, the relay's secret"
        )
    return secret
