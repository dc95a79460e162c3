"""Secrets that are kept to be said again."""

from kith.core.keys import KeyPair
from kith.directory.sealing import Sealing


def test_what_was_sealed_opens_for_its_purpose_only() -> None:
    server = KeyPair.generate()
    sealed = Sealing(server).seal("hunter2", "address book", "p_1", "https://dav.example/")
    assert b"hunter2" not in sealed
    again = Sealing(server)
    assert again.open(sealed, "address book", "p_1", "https://dav.example/") == "hunter2"
    for other in (
        ("address book", "p_2", "https://dav.example/"),
        ("address book", "p_1", "https://evil.example/"),
    ):
        assert again.open(sealed, *other) is None
    assert again.open(sealed, "address book", "p_1https://dav.example/", "") is None
    assert Sealing(KeyPair.generate()).open(sealed, "address book", "p_1", "https://dav.example/") is None
    for broken in (b"", sealed[:-1], sealed[:5], sealed[:-1] + bytes([sealed[-1] ^ 1])):
        assert again.open(broken, "address book", "p_1", "https://dav.example/") is None


def test_the_same_secret_never_looks_the_same() -> None:
    sealing = Sealing(KeyPair.generate())
    assert sealing.seal("hunter2") != sealing.seal("hunter2")
    assert "redacted" in repr(sealing)
