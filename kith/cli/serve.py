"""`kith serve`: run the server, and say how to reach it."""

import asyncio
import logging
import socket
import sys
from pathlib import Path

import click
import uvloop

from kith.core.settings import Settings
from kith.server.main import Started, StartError
from kith.server.main import serve as run_server
from kith.server.wiring import Certificates


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("data"),
    show_default=True,
    help="Where the database and keys live.",
)
@click.option(
    "--certs",
    type=click.Path(path_type=Path),
    default=Path("certs"),
    show_default=True,
    help="Where the certificate authority lives.",
)
@click.option("--host", default=None, help="A host name under which this server is reached.")
@click.option(
    "--name", default="kith", show_default=True, help="Announced on the local network as NAME.local."
)
@click.option("--bind", default="0.0.0.0", show_default=True, help="The address to listen on.")  # noqa: S104
@click.option("--port", default=8443, show_default=True, help="0 for any free one.")
@click.option("--no-tls", is_flag=True, help="Plain HTTP, for a proxy on this machine or a benchmark.")
@click.option(
    "--region", default="US", show_default=True, help="Country of mobile numbers written without a code."
)
@click.option("--open-sign-up", is_flag=True, help="Let anybody sign up without an invitation.")
@click.option(
    "--admit-test",
    is_flag=True,
    help="A server for load tests: needs an empty database, refuses real persons.",
)
@click.option(
    "--carrier",
    type=click.Choice(["picows", "aiohttp"]),
    default="picows",
    show_default=True,
    help="What carries the WebSockets.",
)
@click.option("--no-announce", is_flag=True, help="Do not announce the name on the local network.")
@click.option("--demo", is_flag=True, help="Start two demo devices, Kitchen and Hall.")
@click.option(
    "--trusted-proxy", multiple=True, help="Address of a proxy whose forwarded headers are believed."
)
def serve(**options: object) -> None:
    """Run the server until it is told to stop."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    settings = _settings(options)
    try:
        uvloop.run(_serve(settings))
    except StartError as error:
        raise click.ClickException(str(error)) from error


def _settings(options: dict[str, object]) -> Settings:
    return Settings(
        data=options["data"],  # type: ignore[arg-type]
        certs=options["certs"],  # type: ignore[arg-type]
        name=str(options["name"]),
        host=options["host"],  # type: ignore[arg-type]
        bind=str(options["bind"]),
        port=int(options["port"]),  # type: ignore[call-overload]
        tls=not options["no_tls"],
        region=str(options["region"]),
        open_sign_up=bool(options["open_sign_up"]),
        admit_test=bool(options["admit_test"]),
        carrier=str(options["carrier"]),
        announce=not options["no_announce"],
        trusted_proxies=frozenset(options["trusted_proxy"]),  # type: ignore[call-overload]
    )


async def _serve(settings: Settings) -> None:
    host = settings.host or "localhost"
    names = frozenset({host, f"{settings.name}.local", "localhost", socket.gethostname()})
    certificates: Certificates | None = None

    def started(info: Started) -> None:
        scheme = "https" if settings.tls else "http"
        print(f"Kith is at {scheme}://{host}:{info.port}", flush=True)
        if info.owner_secret:
            print(f"{scheme}://{host}:{info.port}/#join={info.owner_secret}", flush=True)

    def send_code(mobile: str, code: str) -> None:
        print(f"Verification code for the number ending in {mobile[-2:]}: {code}", flush=True)

    await run_server(
        settings, names=names, certificates=certificates, send_code=send_code, on_started=started
    )
