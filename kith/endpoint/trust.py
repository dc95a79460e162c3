"""Which server certificates an endpoint believes.

A family's server has a certificate authority of its own, made at its first start, and offers the certificate at
`/ca.pem`. On first contact an endpoint fetches it over a connection that nothing vouches for yet; what makes
it trustworthy is its fingerprint, compared with the one on the server's console: by the program if it was told
the fingerprint, by the person otherwise. From then on only that authority is believed.
"""

import hashlib
import ssl

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from kith.endpoint.dialling import origin_of

MAX_CA = 16_384
"""Bytes of a certificate authority's PEM file; an honest one has about 800."""


class FingerprintMismatch(Exception):
    """The server offers another certificate authority than the one that was expected."""


def der(pem: bytes) -> bytes:
    """The certificate in DER. Raises ValueError if `pem` holds none."""
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


def fingerprint(pem: bytes) -> str:
    """SHA-256 of the certificate as colon-separated upper-case hex, as browsers and openssl show it.

    Raises ValueError if `pem` holds no certificate.
    """
    return hashlib.sha256(der(pem)).digest().hex(":").upper()


def same_fingerprint(one: str, other: str) -> bool:
    """Whether two ways of writing a fingerprint mean the same: colons, spaces and case do not matter."""

    def plain(text: str) -> str:
        return text.replace(":", "").replace(" ", "").lower().removeprefix("sha256").removeprefix("=")

    return plain(one) == plain(other)


def context(ca: bytes) -> ssl.SSLContext:
    """Believe certificates that the authority in the PEM `ca` signed, for the right host name, and no others."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_verify_locations(cadata=ca.decode("ascii"))
    return made


def relay_context(ca: bytes | None) -> ssl.SSLContext:
    """For a relay (TURN over TLS), which may be another machine than the server: believe what the system believes, and
    the authority in the PEM `ca`. A relay with a false certificate sees what any relay sees, and no more."""
    made = ssl.create_default_context()
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca is not None:
        made.load_verify_locations(cadata=ca.decode("ascii"))
    return made


class NoAuthority(Exception):
    """The server offers no certificate authority of its own: the system's are to be believed."""


async def own_authority(server: str, *, expect: str | None = None) -> bytes | None:
    """What `fetch_authority` gives, or None if the server has none and none was expected. Raises as that does."""
    try:
        return await fetch_authority(server, expect=expect)
    except NoAuthority:
        if expect is not None:
            raise FingerprintMismatch("the server offers no certificate authority") from None
        return None


async def fetch_authority(server: str, *, expect: str | None = None) -> bytes:
    """The PEM of the server's own certificate authority, read over a connection that is not verified yet.

    `expect` is the fingerprint it must have. Raises FingerprintMismatch if it has another, NoAuthority if there
    is none, ValueError if it is no certificate, aiohttp.ClientError if the server cannot be reached.
    """
    pem = b""
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as http,
        http.get(f"{origin_of(server)}/ca.pem", ssl=False, allow_redirects=False) as response,
    ):
        if response.status != 200:
            raise NoAuthority
        async for chunk in response.content.iter_chunked(4096):
            pem += chunk
            if len(pem) > MAX_CA:
                raise ValueError("what the server offers is no certificate")
    found = fingerprint(pem)
    if expect is not None and not same_fingerprint(found, expect):
        raise FingerprintMismatch(f"the server's certificate authority has the fingerprint {found}")
    return pem
