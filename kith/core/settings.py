"""What an operator may choose, with the defaults of a family's server."""

from dataclasses import dataclass, field
from pathlib import Path

from kith.core.addresses import Network


@dataclass(frozen=True, slots=True)
class Settings:
    """`name` is the host name announced on the local network as `<name>.local`; `host` overrides the name
    that is printed and put into links (a name under which the server is reached otherwise).

    `bind` is the address to listen on, `port` 0 for any free one. `certs` holds the local certificate
    authority; `tls` False serves plain HTTP and is meant for a proxy on the same machine and for benchmarks.
    `trusted_proxies` are the addresses whose forwarded headers are believed.
    `carrier` is what carries WebSockets, `picows` or, slower and with nothing private, `aiohttp`.
    `stun` and `turn` are the addresses of servers that help endpoints to find a way to each other (kith.core.ice);
    `turn_secret_file` holds what the relay and this server share.
    `allow_private_addresses` and `trust_ca` are for servers that people name to this one, say a NAS with their address
    book: networks that it may ask although they are not public, and files of authorities that it believes besides
    the system's. `book_interval` are the seconds between two looks at such an address book.
    A call rings for `ring_timeout` seconds and lasts `longest_call` at most; one person may place `calls_an_hour` and
    `calls_a_day`.
    At most `mixers` processes mix enhanced groups; None is one for each processor, 0 none at all. Each has a UDP port:
    any free one or, from `mixer_port` on, one of `mixers` + 1. `mixer_addresses` are announced besides those of the
    machine, such as that of a router which forwards these ports. Up to `group_size` endpoints take part in such a one.
    `push` is whether people's browsers may be woken by Web Push, and `push_contact` the address, `mailto:` or `https:`,
    under which a push service finds the operator (RFC 8292, section 2.1).
    `sms` is how verification codes are sent (kith.server.sms.choose).
    `admit_test` makes this a server for load tests, which must start on an empty database.
    `max_connections` in all, `max_connections_per_address` of them from one address, which a home behind one router
    shares: a browser that opens the app keeps six for a quarter of a minute, and what is more is cut off unanswered.
    """

    data: Path
    certs: Path
    name: str = "kith"
    host: str | None = None
    bind: str = "0.0.0.0"  # noqa: S104 - a home server is there for the home network
    port: int = 8443
    tls: bool = True
    certificate: Path | None = None
    private_key: Path | None = None
    region: str = "US"
    household: str = "Home"
    open_sign_up: bool = False
    sms: str = field(default="console", repr=False)
    admit_test: bool = False
    announce: bool = True
    carrier: str = "picows"
    trusted_proxies: frozenset[str] = frozenset()
    stun: tuple[str, ...] = ()
    turn: tuple[str, ...] = ()
    turn_secret_file: Path | None = None
    allow_private_addresses: tuple[Network, ...] = ()
    trust_ca: tuple[Path, ...] = ()
    ring_timeout: float = 45.0
    longest_call: float = 8 * 3600.0
    calls_an_hour: int = 60
    calls_a_day: int = 300
    book_interval: float = 3600.0
    mixers: int | None = None
    group_size: int = 32
    mixer_port: int = 0
    mixer_addresses: tuple[str, ...] = ()
    push: bool = True
    push_contact: str | None = None
    session_grace: float = 30.0
    max_connections: int = 15_000
    max_connections_per_address: int = 256

    @property
    def database(self) -> Path:
        return self.data / "kith.db"

    @property
    def admin_socket(self) -> Path:
        return self.data / "admin.sock"

    @property
    def server_key(self) -> Path:
        return self.data / "server.key"

    @property
    def push_key(self) -> Path:
        return self.data / "push.key"
