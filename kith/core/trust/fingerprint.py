"""The certificate that a session description announces (RFC 8122, section 5). Pure."""

import re

from kith.core.trust.untrusted import Reason, require

_LINE_END = re.compile(r"\r\n|\r|\n")
_FINGERPRINT = re.compile(r"a=fingerprint:sha-256 ([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){31})")


def fingerprint_of(sdp: str) -> bytes:
    """SHA-256 of the one certificate (32 bytes). Raises Untrusted if there is none, several, or another hash.

    A line that a laxer reader might take for a fingerprint and we do not is refused as well.
    """
    named = [line for line in _LINE_END.split(sdp) if "fingerprint" in line.lower()]
    found = {
        bytes.fromhex(match[1].replace(":", "")) if (match := _FINGERPRINT.fullmatch(line)) else b""
        for line in named
    }
    require(len(found) == 1 and b"" not in found, Reason.FINGERPRINT)
    return found.pop()
