"""What a forged server is told to do, and with what; written by the test, read by the server at every message."""

from pathlib import Path

import msgspec

from kith.core.keys import KeyPair, PublicKeys
from kith.core.trust.delegations import Delegations
from kith.core.trust.person_links import PersonLink


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """`forgery` names one of tests.support.forged.FORGERIES; with "" the server is honest.

    Only `victims` (endpoint ids, or "*" for everybody) are lied to, about the person `about` (an id). `stranger` is the
    private half of a key pair that nobody has signed for, and that the server and its helpers use; `thief` that of an
    endpoint which was removed; `accomplice` the keys of `helper`, an endpoint (id) that is what it says. `server` is
    the server's own identity key. `outdated` is a set of delegations that was taken back, `withheld` a chain from
    before it removed an endpoint. `renamed` shows calls under other ids. `reader` are the keys of whoever is to believe
    what the server wrote itself.
    """

    forgery: str = ""
    victims: tuple[str, ...] = ()
    about: str = ""
    stranger: bytes = b""
    thief: bytes = b""
    accomplice: PublicKeys | None = None
    helper: str = ""
    server: bytes = b""
    outdated: Delegations | None = None
    withheld: tuple[PersonLink, ...] = ()
    renamed: dict[str, str] = {}
    reader: PublicKeys | None = None

    @property
    def mallory(self) -> KeyPair:
        return KeyPair.from_private_bytes(self.stranger)

    @property
    def stolen(self) -> KeyPair:
        return KeyPair.from_private_bytes(self.thief)


def read(path: Path) -> Plot:
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=Plot)
    except FileNotFoundError:
        return Plot()


def write(path: Path, plot: Plot) -> None:
    """In force for the next message that the server sends."""
    partial = path.with_suffix(".partial")
    partial.write_bytes(msgspec.msgpack.encode(plot))
    partial.replace(path)
