"""The local certificate authority: browsers want TLS, and a home network has nobody who issues it.

    ca.key, ca.pem            the authority; made once, for ten years
    server.key, server.pem    what the server presents, signed by it; renewed without anybody noticing

People put the authority into their devices' trust stores, so it must be worth little to a thief: critical
name constraints (RFC 5280, 4.2.1.10) limit it to `.local`, to the names that this server had when the
authority was made, and to addresses of loopback and private networks. It cannot vouch for a bank.
Private keys are P-256, which every browser takes, in files of mode 0600.
"""

import base64
import hashlib
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kith.core.files import write_whole

AUTHORITY_LIFE = timedelta(days=3650)
"""Trusting a new authority means walking to every device in the house: rarely."""

LEAF_LIFE = timedelta(days=396)
"""With EARLY it stays below the 398 days after which browsers refuse a certificate."""

EARLY = timedelta(days=1)
"""Certificates are valid a day before they are made, for devices whose clock is behind."""

RENEW_BEFORE = timedelta(days=30)

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
PRIVATE = tuple(
    ipaddress.ip_network(each)
    for each in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)

_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")


class AuthorityError(Exception):
    """The files of the authority cannot be used; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """Paths for the server and what people compare.

    `fingerprint` is the authority's SHA-256 as colon-separated hex, `spki` the base64 SHA-256 of the
    server's public key, `renew_at` Unix seconds. `uncovered` are the names that the authority may not
    vouch for: it was made when the server was called otherwise.
    """

    ca: Path
    chain: Path
    key: Path
    fingerprint: str
    spki: str
    renew_at: float
    uncovered: frozenset[str]


def ensure(directory: Path, names: Iterable[str], now: datetime) -> Certificates:
    """The certificates in `directory` for `names` (host names and addresses), made or renewed where needed.

    The names of loopback are always among them. Raises AuthorityError or OSError.
    """
    wanted = {name.lower() for name in names} | LOOPBACK
    directory.mkdir(parents=True, exist_ok=True)
    authority, authority_key = _authority(directory, wanted, now)
    covered = {name for name in wanted if _permits(authority, name)}
    chain, key = directory / "server.pem", directory / "server.key"
    leaf = _load_leaf(chain, key)
    if leaf is None or not _still_good(leaf, authority, covered, now):
        leaf = _issue(authority, authority_key, covered, now, chain, key)
    return Certificates(
        ca=directory / "ca.pem",
        chain=chain,
        key=key,
        fingerprint=fingerprint(authority),
        spki=base64.b64encode(hashlib.sha256(_public_bytes(leaf)).digest()).decode(),
        renew_at=(leaf.not_valid_after_utc - RENEW_BEFORE).timestamp(),
        uncovered=frozenset(wanted - covered),
    )


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate as browsers and `openssl x509 -fingerprint -sha256` show it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


# -- the authority ----------------------------------------------------------------------------------


def _authority(
    directory: Path, names: set[str], now: datetime
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    certificate_path, key_path = directory / "ca.pem", directory / "ca.key"
    if not (certificate_path.exists() and key_path.exists()):
        return _new_authority(certificate_path, key_path, names, now)
    certificate, key = read_certificate(certificate_path), _read_key(key_path)
    if certificate.public_key() != key.public_key():
        raise AuthorityError(
            f"{key_path} is not the key of {certificate_path}: remove both, and trust the new authority"
        )
    if certificate.not_valid_after_utc - RENEW_BEFORE <= now:
        return _new_authority(certificate_path, key_path, names, now)
    return certificate, key


def _new_authority(
    certificate_path: Path, key_path: Path, names: set[str], now: datetime
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    # The time is in the name so that a trust store tells an old authority of this house from a new one.
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Kith"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Kith home authority, made {now:%Y-%m-%d %H:%M}"),
        ]
    )
    hosts = {host for host in names if _HOST.fullmatch(host) and _address(host) is None}
    permitted = [x509.DNSName(host) for host in sorted(hosts | {"local", "localhost"})]
    certificate = (
        _builder(name, name, key, now, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(
            x509.NameConstraints([*permitted, *map(x509.IPAddress, PRIVATE)], excluded_subtrees=None),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_whole(key_path, _key_bytes(key), mode=0o600)
    write_whole(certificate_path, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)
    return certificate, key


def _permits(authority: x509.Certificate, name: str) -> bool:
    """Whether the authority's name constraints let it vouch for `name`."""
    permitted = (
        authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    )
    address = _address(name)
    if address is not None:
        return any(
            isinstance(each.value, ipaddress.IPv4Network | ipaddress.IPv6Network) and address in each.value
            for each in permitted
        )
    if not _HOST.fullmatch(name):
        return False
    hosts = (each.value for each in permitted if isinstance(each, x509.DNSName))
    return any(name == host or name.endswith(f".{host}") for host in hosts)


# -- what the server presents -----------------------------------------------------------------------


def _issue(
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    names: set[str],
    now: datetime,
    chain: Path,
    key_path: Path,
) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Kith")])
    addresses = {name: _address(name) for name in names}
    leaf = (
        _builder(subject, authority.subject, key, now, LEAF_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    x509.DNSName(name) if address is None else x509.IPAddress(address)
                    for name, address in sorted(addresses.items())
                ]
            ),
            critical=False,  # as RFC 5280, 4.2.1.6 has it where the subject is not empty
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
                authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
            ),
            critical=False,
        )
        .sign(authority_key, hashes.SHA256())
    )
    write_whole(key_path, _key_bytes(key), mode=0o600)
    pem = serialization.Encoding.PEM
    write_whole(chain, leaf.public_bytes(pem) + authority.public_bytes(pem), mode=0o644)
    return leaf


def _load_leaf(chain: Path, key: Path) -> x509.Certificate | None:
    """What is there, or None if it is missing, torn or does not fit together: then it is made again."""
    try:
        leaf, private = read_certificate(chain), _read_key(key)
    except (OSError, AuthorityError):
        return None
    return leaf if leaf.public_key() == private.public_key() else None


def _still_good(leaf: x509.Certificate, authority: x509.Certificate, names: set[str], now: datetime) -> bool:
    held = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc - RENEW_BEFORE
        and names == {str(each.value) for each in held if isinstance(each, x509.DNSName | x509.IPAddress)}
        and _issued_by(leaf, authority)
    )


def _issued_by(leaf: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


# -- pieces -----------------------------------------------------------------------------------------


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - EARLY)
        .not_valid_after(now.astimezone(UTC) + life)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _public_bytes(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def read_certificate(path: Path) -> x509.Certificate:
    """The first certificate in a PEM file. Raises AuthorityError, or OSError if the file cannot be read."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError as error:
        raise AuthorityError(f"{path} is not a certificate: remove it, and a new one is made") from error


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise AuthorityError(f"{path} is not a private key: remove it, and a new one is made") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AuthorityError(f"{path} is not an elliptic curve key: remove it, and a new one is made")
    return key
