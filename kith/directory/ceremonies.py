"""What an authenticator says when it makes or uses a passkey, checked by py_webauthn.

W3C Web Authentication, Level 3: sections 7.1 (a new credential) and 7.2 (an assertion). Who vouches for the make of
an authenticator is not asked: whatever holds a key and verifies its owner will do.
"""

import base64
import binascii
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

log = logging.getLogger(__name__)

ALGORITHMS = (-8, -7, -257)
"""Ed25519, ES256, RS256 (RFC 9053; RFC 8812): the second is in every phone, the third in older TPMs."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a ceremony is bound to: who asked, under which address, and for which name."""

    challenge: bytes
    origin: str
    relying_party: str


@dataclass(frozen=True, slots=True)
class Made:
    """A new credential. `public_key` is in COSE form."""

    credential: bytes
    public_key: bytes
    counter: int


@dataclass(frozen=True, slots=True)
class Assertion:
    """What `navigator.credentials.get` gave. `handle` is whose the authenticator says that the passkey is."""

    credential: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes
    handle: bytes


class _ClientData(msgspec.Struct):
    challenge: str


def challenge_in(client_data: bytes) -> bytes | None:
    """The challenge that was signed, by the browser's word; None where none can be read."""
    try:
        text = msgspec.json.decode(client_data, type=_ClientData).challenge
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, binascii.Error, ValueError):
        return None


def made(client_data: bytes, attestation: bytes, expected: Expected) -> Made | None:
    """The credential that was made by a person whom the authenticator verified; None for anything else."""
    from webauthn import verify_registration_response
    from webauthn.helpers.cose import COSEAlgorithmIdentifier
    from webauthn.helpers.structs import AuthenticatorAttestationResponse, RegistrationCredential

    def verified() -> Made:
        said = RegistrationCredential(
            id="",
            raw_id=b"",  # the one that counts is in the attestation
            response=AuthenticatorAttestationResponse(
                client_data_json=client_data, attestation_object=attestation
            ),
        )
        found = verify_registration_response(
            credential=said,
            expected_challenge=expected.challenge,
            expected_origin=expected.origin,
            expected_rp_id=expected.relying_party,
            require_user_verification=True,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(number) for number in ALGORITHMS],
        )
        return Made(found.credential_id, found.credential_public_key, found.sign_count)

    return _unless_wrong(verified)


def counted(said: Assertion, expected: Expected, *, public_key: bytes, counter: int) -> int | None:
    """What the authenticator counts now, for an assertion by this key of a person whom it verified; None for
    anything else, also where it counts no further than `counter`: then there are two of it (section 6.1.1)."""
    from webauthn import verify_authentication_response
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.structs import AuthenticationCredential, AuthenticatorAssertionResponse

    def verified() -> int:
        found = verify_authentication_response(
            credential=AuthenticationCredential(
                id=bytes_to_base64url(said.credential),
                raw_id=said.credential,
                response=AuthenticatorAssertionResponse(
                    client_data_json=said.client_data,
                    authenticator_data=said.authenticator_data,
                    signature=said.signature,
                    user_handle=said.handle,
                ),
            ),
            expected_challenge=expected.challenge,
            expected_origin=expected.origin,
            expected_rp_id=expected.relying_party,
            credential_public_key=public_key,
            credential_current_sign_count=counter,
            require_user_verification=True,
        )
        return int(found.new_sign_count)

    return _unless_wrong(verified)


def nobodys_key() -> bytes:
    """A COSE public key that nobody can sign with: an unknown credential costs the same time as a wrong one."""
    numbers = generate_private_key(SECP256R1()).public_key().public_numbers()
    x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
    return bytes.fromhex("a5010203262001215820") + x + bytes.fromhex("225820") + y


def _unless_wrong(verified: Callable[[], T]) -> T | None:
    """The parsers meet what strangers send, and raise whatever they like."""
    try:
        return verified()
    except Exception as error:  # noqa: BLE001 - a passkey that cannot be read is refused like any other
        log.info("passkey refused: %s", type(error).__name__)
        return None
