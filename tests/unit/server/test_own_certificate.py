"""A certificate of the operator's own: what is wrong with it in words, and a new one taken while the server runs."""

import shutil
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from kith.server.authority import ensure
from kith.server.own_certificate import CertificateError, OwnCertificate, Reloading

NOW = datetime.now(UTC)


@pytest.fixture
def own(tmp_path: Path) -> OwnCertificate:
    return made(tmp_path / "one")


def made(directory: Path, when: datetime = NOW) -> OwnCertificate:
    files = ensure(directory, {"kith.local"}, when)
    return OwnCertificate(files.chain, files.key)


def context() -> ssl.SSLContext:
    return ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)


def test_a_good_one_says_until_when(own: OwnCertificate) -> None:
    assert own.check(NOW) > NOW + timedelta(days=300)
    own.load_into(context())


def test_a_key_in_the_same_file_will_do(own: OwnCertificate) -> None:
    own.chain.write_bytes(own.chain.read_bytes() + own.key.read_bytes())
    OwnCertificate(own.chain, own.chain).load_into(context())


def test_each_thing_that_is_wrong_is_named(own: OwnCertificate, tmp_path: Path) -> None:
    other = made(tmp_path / "other")
    locked = tmp_path / "locked.key"
    key = serialization.load_pem_private_key(own.key.read_bytes(), password=None)
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    for pair, words in (
        (OwnCertificate(own.chain, other.key), "is not the private key of the certificate"),
        (OwnCertificate(own.key, own.key), "holds no certificate"),
        (OwnCertificate(own.chain, own.chain), "holds no private key"),
        (OwnCertificate(own.chain, locked), "locked with a password"),
        (OwnCertificate(tmp_path / "none.pem", own.key), "none.pem cannot be read"),
        (OwnCertificate(own.chain, tmp_path), "cannot be read"),
        (made(tmp_path / "old", NOW - timedelta(days=800)), "expired on"),
        (made(tmp_path / "new", NOW + timedelta(days=9)), "is not valid before"),
    ):
        with pytest.raises(CertificateError, match=words):
            pair.load_into(context())


async def test_a_new_one_is_taken_and_a_bad_one_is_not(own: OwnCertificate, tmp_path: Path) -> None:
    loaded = context()
    own.load_into(loaded)
    reloading = Reloading(own, loaded)
    told: list[bool] = []
    reloading.told = told.append
    reloading.start()
    reloading.look()
    other = made(tmp_path / "other")
    shutil.copy(other.chain, own.chain)
    reloading.look()
    shutil.copy(other.key, own.key)
    reloading.look()
    reloading.look()
    own.key.unlink()
    reloading.look()
    reloading.close()
    assert told == [False, False, True, False, False]
