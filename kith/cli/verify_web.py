"""`kith verify-web`: whether a server serves the web app that was published."""

import asyncio
import ssl
import sys
from pathlib import Path

import aiohttp
import click
from rich.console import Console
from rich.table import Table

from kith.core.web_files import Difference, Found, compare, loaded_by, manifest, read, write
from kith.endpoint import trust
from kith.endpoint.dialling import origin_of
from signaling.http import HEADERS

LARGEST = 4 << 20
"""Bytes of one file: the largest of ours is a twentieth of it."""

MOST_EXTRA = 200
"""Files that are followed although they were not published."""

AT_ONCE = 4
PATIENCE = aiohttp.ClientTimeout(total=60, sock_connect=10, sock_read=15)

START = "/"
"""What a browser opens: must be /index.html, byte for byte."""

_BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/140.0.0.0 Safari/537.36",
    "Accept": "*/*",
    "Accept-Language": "en-US,en;q=0.9",
}
"""As a browser would ask: a server that lies should not find it too easy to know whom it need not lie to."""

_WORDS = {
    Difference.CHANGED: "is not what was published",
    Difference.MISSING: "is not there",
    Difference.EXTRA: "was not published",
}


@click.command("verify-web")
@click.option("--server", metavar="URL", help="The server's address, such as https://kith.local:8443.")
@click.option(
    "--hashes",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Published hashes, as --print writes them. Without it: those of this installation's own web app.",
)
@click.option("--print", "printed", is_flag=True, help="Print the hashes of this installation's web app.")
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PEM of the server's certificate authority.",
)
@click.option("--ca-fingerprint", metavar="SHA256", help="The fingerprint that the server's console shows.")
def verify_web(
    server: str | None, hashes: Path | None, printed: bool, ca: Path | None, ca_fingerprint: str | None
) -> None:
    """Compare the web app that a server serves with the published one.

    Run it on a machine of your own, with hashes that did not come from that server. Exit code 0: the same. 1:
    something differs. 2: wrong options, or the server cannot be asked.
    """
    if printed:
        click.echo(write(manifest()), nl=False)
        return
    if server is None:
        raise click.UsageError("name the server with --server, or use --print")
    try:
        published = manifest() if hashes is None else read(hashes.read_text())
        differences, weaker = asyncio.run(
            _verify(server, published, None if ca is None else ca.read_bytes(), ca_fingerprint)
        )
    except (aiohttp.ClientError, trust.FingerprintMismatch, OSError, ValueError) as error:
        click.echo(f"Error: {server} cannot be verified: {error}", err=True)
        sys.exit(2)
    if not differences and not weaker:
        click.echo(f"{server} serves the published web app: {len(published)} files are the same.")
        return
    _show(differences, weaker)
    click.echo(f"{server} does not serve the published web app. Do not use it in a browser.")
    sys.exit(1)


def _show(differences: list[Found], weaker: list[str]) -> None:
    table = Table("File", "Finding", "")
    for found in differences:
        table.add_row(found.path, found.difference.value, _WORDS[found.difference])
    for header in weaker:
        table.add_row("(every page)", "changed", f"the header {header} is not the published one")
    Console(highlight=False).print(table)


async def _verify(
    server: str, published: dict[str, str], ca: bytes | None, fingerprint: str | None
) -> tuple[list[Found], list[str]]:
    """The differences, and the names of the security headers that are missing or others."""
    tls = await _trusted(server, ca, fingerprint)
    async with aiohttp.ClientSession(headers=_BROWSER, timeout=PATIENCE) as http:
        site = _Site(http, origin_of(server), tls)
        served = await site.fetch(sorted(published))
        start = await site.get(START)
        differences = compare(published | {START: published.get("/index.html", "")}, served | {START: start})
        weaker = site.weaker()
        extra = await _extra(site, published, served | {START: start}, differences)
    return differences + extra, weaker


async def _trusted(server: str, ca: bytes | None, fingerprint: str | None) -> ssl.SSLContext | None:
    if ca is not None:
        return trust.context(ca)
    if fingerprint is not None:
        return trust.context(await trust.fetch_authority(server, expect=fingerprint))
    return None


async def _extra(
    site: "_Site",
    published: dict[str, str],
    served: dict[str, bytes | None],
    differences: list[Found],
) -> list[Found]:
    """What changed files load besides, and what that loads: only they can name files that nobody published."""
    known = set(published) | {START}
    waiting = [(found.path, served.get(found.path)) for found in differences]
    extra: list[Found] = []
    while waiting and len(known) < len(published) + MOST_EXTRA:
        path, data = waiting.pop()
        names = sorted(set(loaded_by(path, data or b"")) - known)
        known |= set(names)
        for name, got in (await site.fetch(names)).items():
            if got is not None:
                extra.append(Found(name, Difference.EXTRA))
                waiting.append((name, got))
    return sorted(extra, key=lambda found: found.path)


class _Site:
    """A server's files over HTTP, and the security headers that came with them."""

    def __init__(self, http: aiohttp.ClientSession, origin: str, tls: ssl.SSLContext | None) -> None:
        self._http = http
        self._origin = origin
        self._tls = tls
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._weaker: set[str] = set()

    async def fetch(self, paths: list[str]) -> dict[str, bytes | None]:
        return dict(zip(paths, await asyncio.gather(*map(self.get, paths)), strict=True))

    async def get(self, path: str) -> bytes | None:
        """What is served there; None for nothing, also where a redirect leads elsewhere."""
        async with (
            self._turn,
            self._http.get(
                self._origin + path, ssl=True if self._tls is None else self._tls, allow_redirects=False
            ) as response,
        ):
            if response.status != 200:
                return None
            self._weaker |= {name for name, value in HEADERS.items() if response.headers.get(name) != value}
            data = bytearray()
            async for chunk in response.content.iter_chunked(65_536):
                data += chunk
                if len(data) > LARGEST:
                    break  # whatever it is, it is none of ours
            return bytes(data)

    def weaker(self) -> list[str]:
        return sorted(self._weaker)
