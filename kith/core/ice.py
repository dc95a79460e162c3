"""Addresses of STUN and TURN servers as people write them. Pure.

stun:HOST[:PORT]                              RFC 7064
turn:HOST[:PORT][?transport=udp|tcp]          RFC 7065
turns:HOST[:PORT][?transport=tcp]             over TLS; TURN over DTLS (turns with udp) is not spoken by browsers
"""

import re
from dataclasses import dataclass
from typing import Literal

Scheme = Literal["stun", "turn", "turns"]
Transport = Literal["udp", "tcp"]

_FORM = re.compile(
    r"(?P<scheme>stun|turns?):(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})"
    r"(?::(?P<port>[0-9]{1,5}))?(?:\?transport=(?P<transport>udp|tcp))?"
)
_PLAIN_PORT, _TLS_PORT = 3478, 5349  # RFC 8489 section 8.1


@dataclass(frozen=True, slots=True)
class IceAddress:
    """`host` is a name or an address (an IPv6 one without its brackets), `transport` what carries TURN."""

    scheme: Scheme
    host: str
    port: int
    transport: Transport


def parse(url: str) -> IceAddress:
    """Read one address. Raises ValueError with a sentence for whoever wrote it."""
    match = _FORM.fullmatch(url)
    if match is None:
        raise ValueError(
            f"{url!r} is not of the form stun:HOST[:PORT] or turn:HOST[:PORT][?transport=udp|tcp]"
        )
    scheme: Scheme = (
        "stun" if match["scheme"] == "stun" else "turns" if match["scheme"] == "turns" else "turn"
    )
    transport: Transport = "tcp" if match["transport"] == "tcp" or scheme == "turns" else "udp"
    if scheme == "stun" and match["transport"]:
        raise ValueError(f"{url!r}: a stun address has no transport")
    if scheme == "turns" and match["transport"] == "udp":
        raise ValueError(f"{url!r}: turns goes over TCP")
    port = int(match["port"] or (_TLS_PORT if scheme == "turns" else _PLAIN_PORT))
    if not 0 < port < 65_536:
        raise ValueError(f"{url!r}: there is no such port")
    return IceAddress(scheme, match["host"].strip("[]"), port, transport)
