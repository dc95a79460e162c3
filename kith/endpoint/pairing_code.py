"""A pairing code as it is typed, copied or scanned: `K7QM-3F9X`, or with a secret `K7QM-3F9X.SECRET`. Pure."""

import base64
import binascii

from kith.core.trust.pairing_proof import SECRET


def plain(code: str) -> str:
    """As it stands in statements: case, spaces and hyphens do not matter."""
    return code.upper().replace("-", "").replace(" ", "")


def with_secret(code: str, secret: bytes) -> str:
    """What a link carries in its fragment. `secret` is 16 random bytes, which the server never sees."""
    return f"{code}.{base64.urlsafe_b64encode(secret).decode().rstrip('=')}"


def split(text: str) -> tuple[str, bytes | None]:
    """The code, and the secret if there is one. Raises ValueError if it was cut off or mistyped."""
    code, dot, written = text.strip().partition(".")
    if not dot:
        return code, None
    try:
        secret = base64.b64decode(written + "==", altchars=b"-_", validate=True)
    except binascii.Error:
        secret = b""
    if len(secret) != SECRET:
        raise ValueError("the pairing code is incomplete: copy all of it, or only what stands before the dot")
    return code, secret
