"""A certificate of the operator's own: checked in words before it is presented, taken anew when it is renewed.

Whoever renews it (certbot, say) replaces the two files. The server looks at them when it is told to (SIGHUP) and
every LOOK seconds; what cannot be used is a line in the log, and the certificate from before is kept.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

log = logging.getLogger(__name__)

LOOK = 3_600.0
"""Seconds between two looks. Certificates are renewed weeks before they expire: an hour is nothing."""


class CertificateError(Exception):
    """Why a certificate cannot be presented, in a sentence for whoever started the server."""


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """The files: `chain` with the server's certificate first and then whoever vouches for it, and `key`."""

    chain: Path
    key: Path

    def check(self, now: datetime) -> datetime:
        """When it expires. Raises CertificateError if it cannot be used, or not now."""
        chain, key = self._certificate(), self._key()
        if _public(chain.public_key()) != _public(key.public_key()):
            raise CertificateError(f"{self.key} is not the private key of the certificate in {self.chain}")
        until, since = chain.not_valid_after_utc, chain.not_valid_before_utc
        if until <= now:
            raise CertificateError(f"the certificate in {self.chain} expired on {until:%Y-%m-%d}: renew it")
        if since > now:
            raise CertificateError(
                f"the certificate in {self.chain} is not valid before {since:%Y-%m-%d %H:%M} UTC"
            )
        return until

    def load_into(self, context: ssl.SSLContext) -> None:
        """Present it from now on. Raises CertificateError."""
        self.check(datetime.now(UTC))
        try:
            context.load_cert_chain(self.chain, self.key)
        except (ssl.SSLError, OSError) as error:
            raise CertificateError(f"{self.chain} and {self.key} cannot be used: {error}") from error

    def stamp(self) -> tuple[tuple[int, int, int], ...]:
        """Changes when either file is replaced. Raises OSError if one is away."""
        found = [path.stat() for path in (self.chain, self.key)]
        return tuple((one.st_ino, one.st_mtime_ns, one.st_size) for one in found)

    def _certificate(self) -> x509.Certificate:
        try:
            return x509.load_pem_x509_certificates(_read(self.chain))[0]
        except ValueError:
            raise CertificateError(f"{self.chain} holds no certificate in PEM form") from None

    def _key(self) -> PrivateKeyTypes:
        try:
            return serialization.load_pem_private_key(_read(self.key), password=None)
        except TypeError:
            raise CertificateError(
                f"{self.key} is locked with a password: store it without one, mode 0600"
            ) from None
        except ValueError:
            raise CertificateError(f"{self.key} holds no private key in PEM form") from None


class Reloading:
    """From `start` until `close`: presents what the files hold, in `context`. `look` looks at once."""

    def __init__(self, own: OwnCertificate, context: ssl.SSLContext) -> None:
        self._own = own
        self._context = context
        self._stamp: tuple[tuple[int, int, int], ...] | None = None
        self._due: asyncio.TimerHandle | None = None
        self.told: Callable[[bool], None] = lambda _: None
        """Called after each look with whether a new certificate was taken."""

    def start(self) -> None:
        self._stamp = self._own.stamp()
        self._wait()

    def close(self) -> None:
        if self._due is not None:
            self._due.cancel()

    def look(self) -> None:
        """Take a new certificate if there is one. Whatever goes wrong is logged; what was presented stays."""
        self.close()
        self._wait()
        taken = False
        try:
            stamp = self._own.stamp()
            if stamp != self._stamp:
                self._own.load_into(self._context)
                self._stamp, taken = stamp, True
                log.info("the certificate was replaced, and is presented from now on")
        except (CertificateError, OSError) as error:
            log.warning("the new certificate cannot be used, the old one is kept: %s", error)
        self.told(taken)

    def _wait(self) -> None:
        self._due = asyncio.get_running_loop().call_later(LOOK, self.look)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateError(f"{path} cannot be read: {error.strerror or error}") from error


def _public(key: object) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined,no-any-return]
