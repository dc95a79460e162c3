"""The authority's certificates before a verifier and in a handshake, and what it must not be able to do."""

import ipaddress
import ssl
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.verification import PolicyBuilder, Store, Subject, VerificationError

from kith.server import authority
from kith.server.authority import AuthorityError, Certificates, ensure

NOW = datetime.now(UTC)
NAMES = ("kith.local", "den", "calls.example.org", "192.168.7.20")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return ensure(tmp_path_factory.mktemp("certs"), NAMES, NOW)


def _verify(ca: Path, chain: Path, name: str, when: datetime = NOW) -> None:
    subject: Subject
    try:
        subject = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        subject = x509.DNSName(name)
    store = Store([x509.load_pem_x509_certificate(ca.read_bytes())])
    verifier = PolicyBuilder().store(store).time(when).build_server_verifier(subject)
    verifier.verify(x509.load_pem_x509_certificate(chain.read_bytes()), [])


def _handshake(ca: Path, chain: Path, key: Path, name: str) -> None:
    """A TLS handshake in memory. Raises ssl.SSLCertVerificationError as a browser would refuse."""
    there = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    there.load_cert_chain(chain, key)
    here = ssl.create_default_context(cafile=str(ca))
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = there.wrap_bio(up, down, server_side=True)
    dialler = here.wrap_bio(down, up, server_hostname=name)
    done = [False, False]
    while not all(done):
        for index, side in enumerate((dialler, server)):
            try:
                side.do_handshake()
                done[index] = True
            except ssl.SSLWantReadError:
                continue


def _forge(made: Certificates, name: str, directory: Path) -> tuple[Path, Path]:
    """What a thief of ca.key would make: a certificate for any name at all."""
    ca = x509.load_pem_x509_certificate(made.ca.read_bytes())
    key = serialization.load_pem_private_key((made.ca.parent / "ca.key").read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    authority._issue(ca, key, {name}, NOW, directory / "forged.pem", directory / "forged.key")
    return directory / "forged.pem", directory / "forged.key"


@pytest.mark.parametrize("name", [*NAMES, "localhost", "127.0.0.1", "::1"])
def test_every_name_of_the_server_is_accepted(made: Certificates, name: str) -> None:
    _verify(made.ca, made.chain, name)
    _handshake(made.ca, made.chain, made.key, name)


def test_another_name_is_refused(made: Certificates) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(made.ca, made.chain, made.key, "other.local")


@pytest.mark.parametrize("name", ["bank.example", "example.org", "203.0.113.9", "2001:db8::1"])
def test_the_authority_cannot_vouch_for_strangers(made: Certificates, name: str, tmp_path: Path) -> None:
    chain, key = _forge(made, name, tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        _handshake(made.ca, chain, key, name)
    with pytest.raises(VerificationError, match="no permitted name constraints matched SAN"):
        _verify(made.ca, chain, name)


def _openssl(ca: Path, chain: Path) -> subprocess.CompletedProcess[str]:
    """RFC 5280's path validation as the command carries it out."""
    command = ("openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", ca, chain)
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)


def test_openssl_refuses_what_is_outside_the_constraints(made: Certificates, tmp_path: Path) -> None:
    assert _openssl(made.ca, made.chain).returncode == 0
    chain, _ = _forge(made, "bank.example", tmp_path)
    refused = _openssl(made.ca, chain)
    assert refused.returncode != 0 and "permitted subtree violation" in refused.stderr
    chain, _ = _forge(made, "other.local", tmp_path)
    assert _openssl(made.ca, chain).returncode == 0


def test_an_authority_under_this_one_is_refused(made: Certificates, tmp_path: Path) -> None:
    """A path length of 0 (RFC 5280, 4.2.1.9): the thief cannot make an authority without constraints."""
    ca = x509.load_pem_x509_certificate(made.ca.read_bytes())
    ca_key = serialization.load_pem_private_key((made.ca.parent / "ca.key").read_bytes(), password=None)
    assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Between")])
    between = (
        authority._builder(name, ca.subject, key, NOW, timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(authority._usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    chain, leaf_key = tmp_path / "leaf.pem", tmp_path / "leaf.key"
    authority._issue(between, key, {"other.local"}, NOW, chain, leaf_key)
    with pytest.raises(ssl.SSLCertVerificationError, match="path length"):
        _handshake(made.ca, chain, leaf_key, "other.local")


def test_forging_works_for_a_permitted_name(made: Certificates, tmp_path: Path) -> None:
    """So that the test above fails for the constraint and not for a flaw of the forgery."""
    chain, key = _forge(made, "other.local", tmp_path)
    _handshake(made.ca, chain, key, "other.local")
    _verify(made.ca, chain, "other.local")


def test_private_keys_are_for_the_owner_alone(made: Certificates) -> None:
    for path in (made.key, made.ca.parent / "ca.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {path.name for path in made.ca.parent.iterdir()} == {
        "ca.key",
        "ca.pem",
        "server.key",
        "server.pem",
    }


def test_the_constraints_are_critical_and_the_lives_short_enough(made: Certificates) -> None:
    ca = x509.load_pem_x509_certificate(made.ca.read_bytes())
    assert ca.extensions.get_extension_for_class(x509.NameConstraints).critical
    leaf = x509.load_pem_x509_certificate(made.chain.read_bytes())
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=398)


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    first = ensure(tmp_path, NAMES, NOW)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert ensure(tmp_path, reversed(NAMES), NOW + timedelta(days=300)) == first
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_leaf_is_renewed_in_time_under_the_same_authority(tmp_path: Path) -> None:
    first = ensure(tmp_path, NAMES, NOW)
    later = datetime.fromtimestamp(first.renew_at, UTC)
    assert later < NOW + timedelta(days=398)
    second = ensure(tmp_path, NAMES, later)
    assert second.fingerprint == first.fingerprint
    assert second.spki != first.spki
    _verify(second.ca, second.chain, "kith.local", later + timedelta(days=300))


def test_the_leaf_follows_the_names_that_the_authority_covers(tmp_path: Path) -> None:
    first = ensure(tmp_path, ("kith.local",), NOW)
    second = ensure(tmp_path, ("kith-2.local", "10.1.2.3", "new.example.org"), NOW)
    assert second.fingerprint == first.fingerprint
    assert second.uncovered == {"new.example.org"}
    _handshake(second.ca, second.chain, second.key, "kith-2.local")
    _handshake(second.ca, second.chain, second.key, "10.1.2.3")


def test_an_authority_about_to_expire_is_replaced(tmp_path: Path) -> None:
    first = ensure(tmp_path, NAMES, NOW)
    late = NOW + authority.AUTHORITY_LIFE - authority.RENEW_BEFORE
    second = ensure(tmp_path, NAMES, late)
    assert second.fingerprint != first.fingerprint
    _verify(second.ca, second.chain, "kith.local", late)


@pytest.mark.parametrize("torn", ["server.pem", "server.key"])
def test_a_torn_leaf_is_made_again(tmp_path: Path, torn: str) -> None:
    first = ensure(tmp_path, NAMES, NOW)
    (tmp_path / torn).write_bytes(b"")
    second = ensure(tmp_path, NAMES, NOW)
    assert second.fingerprint == first.fingerprint
    _handshake(second.ca, second.chain, second.key, "kith.local")


def test_a_new_authority_signs_a_new_leaf(tmp_path: Path) -> None:
    ensure(tmp_path, NAMES, NOW)
    (tmp_path / "ca.pem").unlink()
    second = ensure(tmp_path, NAMES, NOW)
    _handshake(second.ca, second.chain, second.key, "kith.local")


@pytest.mark.parametrize("torn", ["ca.pem", "ca.key"])
def test_a_torn_authority_is_not_replaced_silently(tmp_path: Path, torn: str) -> None:
    ensure(tmp_path, NAMES, NOW)
    (tmp_path / torn).write_bytes(b"nonsense")
    with pytest.raises(AuthorityError, match=torn):
        ensure(tmp_path, NAMES, NOW)


def test_a_host_name_that_is_none_is_left_out(tmp_path: Path) -> None:
    assert ensure(tmp_path, ("kith.local", "Bad_Host!", "DEN"), NOW).uncovered == {"bad_host!"}
