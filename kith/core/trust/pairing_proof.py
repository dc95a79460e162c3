"""Pairing by a code that is scanned: both sides prove that they know its secret. Pure.

The secret stands in the fragment of the address, which browsers send to no server. Who knows it was shown it by
the one who enrols, so its proofs vouch for the keys that the server carries to and fro.
"""

import hashlib
import hmac

from kith.core.keys import PublicKeys, statement
from kith.core.trust.endpoints import Endpoints
from kith.core.trust.history import History, Point
from kith.core.trust.untrusted import Reason, require

PAIR_NEW = b"kith/1 pair-new"
PAIR_OWN = b"kith/1 pair-own"
SECRET = 16


def new_proof(secret: bytes, code: str, server: bytes, keys: PublicKeys) -> bytes:
    """What the new endpoint sends with its keys (32 bytes). `server` is the server's identity key."""
    return _mac(
        secret,
        statement(PAIR_NEW, code.encode(), server, keys.identity, keys.sealing, keys.sealing_signature),
    )


def check_new(proof: bytes, secret: bytes, code: str, server: bytes, keys: PublicKeys) -> None:
    """Raises Untrusted unless these are the keys of the endpoint that scanned the secret."""
    require(keys.consistent(), Reason.WEAK_KEY)
    require(hmac.compare_digest(proof, new_proof(secret, code, server, keys)), Reason.WRONG_PROOF)


def own_proof(
    secret: bytes, code: str, server: bytes, new: bytes, *, root: bytes, point: Point, authority: bytes
) -> bytes:
    """What the adult's endpoint answers (32 bytes), having put the endpoint with the identity `new` into the chain.

    `root` and `point` are those of the person's chain, or the household's roster, with the new endpoint in it;
    `authority` is the SHA-256 of the server's certificate authority, empty if it has none of its own.
    """
    return _mac(secret, statement(PAIR_OWN, code.encode(), server, new, root, *point.fields(), authority))


def check_own(
    proof: bytes,
    secret: bytes,
    code: str,
    server: bytes,
    new: bytes,
    *,
    root: bytes,
    point: Point,
    authority: bytes,
) -> None:
    """Raises Untrusted unless whoever showed the secret vouches for exactly this."""
    expected = own_proof(secret, code, server, new, root=root, point=point, authority=authority)
    require(hmac.compare_digest(proof, expected), Reason.WRONG_PROOF)


def require_taken_in(
    history: History, endpoints: Endpoints, *, root: bytes, point: Point, own: bytes
) -> None:
    """Raises Untrusted unless the chain is the one vouched for, and the endpoint with identity `own` is in it."""
    require(history.root == root, Reason.FORKED)
    history.require(point)
    require(own in endpoints.active, Reason.NOT_ACTIVE)


def _mac(secret: bytes, message: bytes) -> bytes:
    require(len(secret) == SECRET, Reason.MALFORMED)
    return hmac.new(secret, message, hashlib.sha256).digest()
