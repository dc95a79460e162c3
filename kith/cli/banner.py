"""What the console says once the server listens: where it is, how to become its owner, whom to trust.

`Kith is at URL` stands alone on a line, for programs too. Without a terminal everything is plain lines.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import segno
from rich.console import Console
from rich.style import Style
from rich.text import Text

TRUST = (
    (
        "Debian, Ubuntu",
        "sudo cp ca.pem /usr/local/share/ca-certificates/kith.crt && sudo update-ca-certificates",
    ),
    ("Chromium on Linux", "Settings > Privacy and security > Security > Manage certificates > Authorities"),
    ("Firefox", "Settings > Privacy & Security > View Certificates > Authorities > Import, for websites"),
    ("Windows", "certutil -user -addstore Root ca.pem"),
    ("macOS", "open ca.pem, then in Keychain Access: Get Info > Trust > Always Trust"),
    (
        "iPhone, iPad",
        "open it in Safari, Settings > Profile Downloaded, then General > About > Trust Settings",
    ),
    ("Android", "Settings > Security > Encryption & credentials > Install a certificate > CA certificate"),
)
"""How each system is told to trust the authority, in one line."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How the server is reached. `url` works on this machine; `network_url`, if it differs, on others.

    `fingerprint` is that of the certificate authority, None without TLS or with certificates of one's own.
    `uncovered` are names that the authority may not vouch for. `owner_secret` is what the owner link carries, None
    once there is an owner.
    """

    url: str
    network_url: str | None = None
    owner_secret: str | None = None
    fingerprint: str | None = None
    uncovered: frozenset[str] = frozenset()

    @property
    def shared_url(self) -> str:
        """The URL to give to other devices."""
        return self.network_url or self.url


def show(reached: Reached, console: Console | None = None) -> None:
    """Print everything that somebody who has just started the server needs."""
    out = console or Console(highlight=False)
    for line in _lines(reached):
        out.print(line, soft_wrap=True, markup=False, highlight=False)
    out.file.flush()


def announced(host: str, expected: str, url: str, console: Console | None = None) -> None:
    """Say that another host name was announced than the banner promised."""
    if host != expected:
        out = console or Console(highlight=False)
        out.print(
            f"Something else on this network is called {expected}: other devices reach Kith at {url}",
            soft_wrap=True,
            markup=False,
        )
        out.file.flush()


def _lines(reached: Reached) -> Iterator[str | Text]:
    yield f"Kith is at {reached.url}"
    if reached.network_url is not None and reached.network_url != reached.url:
        yield f"On other devices of this network: {reached.network_url}"
    yield ""
    if reached.owner_secret is not None:
        yield from _owner(reached, reached.owner_secret)
    else:
        yield "Invite people and add devices in the app, under Home."
        yield ""
    if reached.fingerprint is not None:
        yield from _trust(reached, reached.fingerprint)
    yield Text("Ctrl+C stops the server and the demo devices.", style="dim")


def _owner(reached: Reached, secret: str) -> Iterator[str | Text]:
    yield Text(
        "Become the owner: open this link, or scan it with a phone. It works once, for a day.", style="bold"
    )
    for url in dict.fromkeys((reached.url, reached.shared_url)):
        yield f"{url}/#join={secret}"
    yield from qr(f"{reached.shared_url}/#join={secret}")
    yield ""


def _trust(reached: Reached, fingerprint: str) -> Iterator[str | Text]:
    yield Text(
        "This server has a certificate authority of its own, which your devices do not know yet.",
        style="bold",
    )
    yield f"Fetch {reached.shared_url}/ca.pem and compare its fingerprint (SHA-256):"
    yield f"  {fingerprint}"
    yield "Then trust it:"
    yield from trust_lines()
    if reached.uncovered:
        names = ", ".join(sorted(reached.uncovered))
        yield f"It cannot vouch for {names}: to change that, see certs/README.md."
    yield ""


def trust_lines() -> Iterator[str]:
    """How to trust the authority, a line for each system."""
    width = max(len(system) for system, _ in TRUST)
    for system, step in TRUST:
        yield f"  {system:<{width}}  {step}"


def qr(content: str) -> Iterator[Text]:
    """A QR code in half blocks, two rows a line; dark on light whatever the terminal's colours are.

    Where there are no colours it comes out light on dark, which phones read as well.
    """
    rows = [list(map(bool, row)) for row in segno.make(content, error="l", micro=False).matrix_iter(border=2)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    style = Style(color="white", bgcolor="black")
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        blocks = (" ▄▀█"[2 * (not top) + (not bottom)] for top, bottom in zip(upper, lower, strict=True))
        yield Text("".join(blocks), style=style)
