"""Credentials for a TURN relay that run out by themselves. Pure.

The relay and the server share a secret; no list of accounts is kept anywhere. This is coturn's "TURN REST API"
(draft-uberti-behave-turn-rest-00, section 2.2; `use-auth-secret` in turnserver.conf):

    username  =  expiry in Unix seconds ":" any name
    password  =  base64(HMAC-SHA1(key = secret, username))

SHA-1 is the relay's choice. As a MAC it is not known to be broken, and what it guards is the use of a relay for
hours; media is encrypted between the endpoints whatever becomes of it.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Credential:
    """Good until `expires`, in Unix seconds."""

    username: str
    password: str
    expires: int


def credential(secret: bytes, name: str, expires: int) -> Credential:
    """A credential for `name`, which the relay writes into its log: a random token, and not who it is for."""
    username = f"{expires}:{name}"
    digest = hmac.new(secret, username.encode(), hashlib.sha1).digest()
    return Credential(username, base64.b64encode(digest).decode(), expires)
