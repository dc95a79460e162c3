"""An endpoint's state directory: its key (mode 0600), who it is, whom it trusts.

key            64 private bytes; see kith.core.keys
endpoint.json  the server's address and identity key, the endpoint's id and name
ca.pem         the server's own certificate authority, if it has one
known.json     whom it has believed (mode 0600); see kith.endpoint.memory
terms.json     who may drop in here (mode 0600); see kith.endpoint.terms
log.json       its entries of the log (mode 0600); see kith.endpoint.journal
messages.db    its messages (mode 0600); see kith.endpoint.message_tables
pairing.json   what its pairing still needs (mode 0600), until somebody has signed for it
"""

import ssl
from pathlib import Path

import msgspec

from kith.core.files import write_whole
from kith.core.ids import EndpointId
from kith.core.keys import KeyPair, load_or_create
from kith.endpoint import memory, terms, trust
from kith.endpoint.memory import Memory
from kith.endpoint.terms import Terms


class NotEnrolled(Exception):
    """There is no endpoint in this directory yet."""


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What enrolment gave, to be kept. `server_key` is pinned: nobody else is signed in to."""

    server: str
    server_key: bytes
    endpoint: str
    name: str
    household: str
    person: str | None = None

    @property
    def id(self) -> EndpointId:
        return EndpointId(self.endpoint)


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """How to find out whether who signs is who it should be. `by` is the endpoint that asked for the code, None
    where the server made it; `secret` (16 bytes) came with a link; `trusting`: believe what the server says."""

    by: str | None
    code: str
    secret: bytes | None = None
    trusting: bool = False


class Home:
    """Reads and writes one state directory. Every method may raise OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def enrolled(self) -> bool:
        return (self.path / "endpoint.json").exists()

    def keys(self) -> KeyPair:
        """The endpoint's keys, made on first use. Raises ValueError if the file is no key file."""
        return load_or_create(self.path / "key")

    def load(self) -> Enrolment:
        """Raises NotEnrolled, or ValueError if the file was damaged."""
        try:
            data = (self.path / "endpoint.json").read_bytes()
        except FileNotFoundError:
            raise NotEnrolled(f"no endpoint was enrolled in {self.path}") from None
        try:
            return msgspec.json.decode(data, type=Enrolment)
        except msgspec.DecodeError as error:
            raise ValueError(f"{self.path / 'endpoint.json'} is damaged: {error}") from None

    def save(self, enrolment: Enrolment) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        partial = self.path / "endpoint.json.new"
        partial.write_bytes(msgspec.json.format(msgspec.json.encode(enrolment)))
        partial.replace(self.path / "endpoint.json")

    def memory(self) -> Memory:
        """Raises ValueError if the file was damaged: to forget whom one believed is not for a program to decide."""
        try:
            return memory.read((self.path / "known.json").read_bytes())
        except FileNotFoundError:
            return Memory()

    def remember(self, remembered: Memory) -> None:
        write_whole(self.path / "known.json", memory.write(remembered))

    def terms(self) -> Terms:
        """Raises ValueError if the file was damaged."""
        try:
            return terms.read((self.path / "terms.json").read_bytes())
        except FileNotFoundError:
            return Terms()

    def keep(self, kept: Terms) -> None:
        write_whole(self.path / "terms.json", terms.write(kept))

    def pairing(self) -> Pairing | None:
        """None once somebody has signed, or where nobody needs to. Raises ValueError if the file was damaged."""
        try:
            return msgspec.json.decode((self.path / "pairing.json").read_bytes(), type=Pairing)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            raise ValueError(f"{self.path / 'pairing.json'} is damaged: {error}") from None

    def save_pairing(self, pairing: Pairing) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        write_whole(self.path / "pairing.json", msgspec.json.encode(pairing))

    def paired(self) -> None:
        """The secret has served."""
        (self.path / "pairing.json").unlink(missing_ok=True)

    def authority(self) -> bytes | None:
        """The PEM of the certificate authority that is believed; None for the system's."""
        try:
            return (self.path / "ca.pem").read_bytes()
        except FileNotFoundError:
            return None

    def save_authority(self, pem: bytes) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / "ca.pem").write_bytes(pem)

    def copy_authority(self, path: Path) -> None:
        """Believe the authority in a PEM file that the person has."""
        self.save_authority(path.read_bytes())

    def moved(self, server: str | None, ca: Path | None) -> None:
        """The same server at a new address or with a new authority; its pinned key shows that it is the same."""
        enrolment = self.load()
        if server is not None and server != enrolment.server:
            self.save(msgspec.structs.replace(enrolment, server=server))
        if ca is not None:
            self.copy_authority(ca)

    def tls(self) -> ssl.SSLContext | None:
        """What verifies the server's certificate; None for the system's authorities."""
        pem = self.authority()
        return None if pem is None else trust.context(pem)

    def relay_tls(self) -> ssl.SSLContext:
        """What verifies the certificates of relays."""
        return trust.relay_context(self.authority())
