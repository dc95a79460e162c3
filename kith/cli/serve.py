"""`kith serve`: run the server, and say how to reach it."""

import asyncio
import logging
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import click
import uvloop

from kith.cli import banner
from kith.core.addresses import Network, network
from kith.core.settings import Settings
from kith.server.announce import Announcer, candidates, own_addresses, pick_host
from kith.server.authority import AuthorityError, Certificates, ensure
from kith.server.demo import digest, unpaired
from kith.server.demo import start as start_demo
from kith.server.guarded import Guarded, Trust
from kith.server.main import Presented, Started, StartError
from kith.server.main import serve as run_server
from kith.server.own_certificate import CertificateError, OwnCertificate, Reloading
from kith.server.renewal import keep_fresh
from kith.server.sms import Sender, SmsError, choose


def _networks(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[Network, ...]:
    try:
        return tuple(network(one) for one in given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _addresses(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(str(ip_address(one)) for one in given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


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
@click.option("--host", help="A host name under which this server is reached.")
@click.option(
    "--name", default="kith", show_default=True, help="Announced on the local network as NAME.local."
)
@click.option("--bind", default="0.0.0.0", show_default=True, help="The address to listen on.")  # noqa: S104
@click.option("--port", default=8443, show_default=True, help="0 for any free one.")
@click.option("--no-tls", is_flag=True, help="Plain HTTP, for a proxy on this machine or a benchmark.")
@click.option(
    "--certificate",
    "--tls-cert",
    "certificate",
    type=click.Path(path_type=Path),
    help="A certificate chain of your own, PEM. Taken anew when it is replaced: within the hour, or on SIGHUP.",
)
@click.option(
    "--private-key",
    "--tls-key",
    "private_key",
    type=click.Path(path_type=Path),
    help="Its private key, PEM without a password. Default: in the same file.",
)
@click.option(
    "--region", default="US", show_default=True, help="Country of mobile numbers without a code at sign-up."
)
@click.option("--household", default="Home", show_default=True, help="What the first household is called.")
@click.option("--open-sign-up", is_flag=True, help="Let anybody sign up without an invitation.")
@click.option(
    "--sms",
    default="console",
    show_default=True,
    envvar="KITH_SMS",
    metavar="HOW",
    help="How verification codes are sent: console, file:PATH, webhook:URL#SECRET, apprise:URL, or @FILE that says "
    "which. $KITH_SMS",
)
@click.option("--no-push", is_flag=True, help="Wake nobody's closed app by Web Push.")
@click.option(
    "--push-contact",
    metavar="URL",
    help="mailto:YOU@EXAMPLE or an https address, where a push service finds you; some insist on it.",
)
@click.option("--admit-test", is_flag=True, help="A server for load tests only; needs an empty database.")
@click.option("--demo", is_flag=True, help="Start two demo devices, Kitchen and Hall.")
@click.option("--no-announce", is_flag=True, help="Do not announce the name on the local network.")
@click.option(
    "--trusted-proxy", multiple=True, help="Address of a proxy whose forwarded headers are believed."
)
@click.option(
    "--stun",
    multiple=True,
    metavar="URL",
    envvar="KITH_STUN",
    help="A STUN server, stun:HOST[:PORT]; it tells endpoints their address in front of a router. $KITH_STUN",
)
@click.option(
    "--turn",
    multiple=True,
    metavar="URL",
    envvar="KITH_TURN",
    help="A relay for networks that allow no direct way: turn:HOST[:PORT][?transport=tcp] or turns:HOST. "
    "Several addresses of one relay, each with the option. `kith turn-config` sets one up. $KITH_TURN",
)
@click.option(
    "--turn-secret-file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="KITH_TURN_SECRET_FILE",
    help="The file with the secret that the relay and this server share. $KITH_TURN_SECRET_FILE",
)
@click.option(
    "--allow-private-address",
    "allow_private_addresses",
    multiple=True,
    metavar="CIDR",
    callback=_networks,
    help="An address or network at home in which people's address books and webhooks may be, such as that of a NAS. "
    "Without it this server asks public addresses only.",
)
@click.option(
    "--trust-ca",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An authority, PEM, that vouches for such servers, besides those that the system knows.",
)
@click.option(
    "--ring-timeout",
    type=click.FloatRange(min=0.1, max=600),
    default=45.0,
    show_default=True,
    help="Seconds for which an unanswered call rings.",
)
@click.option(
    "--longest-call",
    type=click.FloatRange(min=0.1),
    default=8 * 3600.0,
    show_default=True,
    help="Seconds after which a call is ended.",
)
@click.option(
    "--calls-an-hour",
    type=click.IntRange(min=1),
    default=60,
    show_default=True,
    help="Calls that one person may place within an hour.",
)
@click.option(
    "--calls-a-day",
    type=click.IntRange(min=1),
    default=300,
    show_default=True,
    help="Calls that one person may place within a day.",
)
@click.option(
    "--book-interval",
    type=click.FloatRange(min=1.0),
    default=3600.0,
    show_default=True,
    metavar="SECONDS",
    help="How often linked address books are looked at.",
)
@click.option(
    "--mixers",
    type=click.IntRange(min=0, max=64),
    metavar="N",
    help="How many processes may mix groups in which everybody has chosen enhanced: each is started when it is needed, "
    "and one more waits. Default: one for each processor. 0: none, and larger groups are not available.",
)
@click.option(
    "--group-size",
    type=click.IntRange(min=3, max=100),
    default=32,
    show_default=True,
    metavar="N",
    help="Devices that may take part in a group which is mixed. End to end there are up to five, whatever this says.",
)
@click.option(
    "--mixer-port",
    type=click.IntRange(min=0, max=65_471),
    default=0,
    show_default=True,
    metavar="PORT",
    help="The first of their UDP ports, for a firewall or a router: PORT to PORT+N. 0 for any free ones.",
)
@click.option(
    "--mixer-address",
    "mixer_addresses",
    multiple=True,
    metavar="ADDRESS",
    callback=_addresses,
    help="An address under which they are reached from outside, besides those of this machine: that of a router which "
    "forwards these ports.",
)
@click.option(
    "--carrier",
    type=click.Choice(["picows", "aiohttp"]),
    default="picows",
    show_default=True,
    help="What carries the WebSockets.",
)
def serve(*, demo: bool, **options: object) -> None:
    """Run the server until it is told to stop."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    try:
        uvloop.run(_serve(_settings(options), demo=demo))
    except (StartError, AuthorityError, CertificateError, SmsError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _settings(options: dict[str, object]) -> Settings:
    given = dict(options)
    tls = not given.pop("no_tls")
    if given["certificate"] is None and given["private_key"] is not None:
        raise click.UsageError("--private-key needs --certificate")
    announce = not given.pop("no_announce")
    given["push"] = not given.pop("no_push")
    proxies = given.pop("trusted_proxy")
    assert isinstance(proxies, tuple)
    name = str(given.pop("name")).lower()  # as Host headers are compared: a name is the same however written
    return Settings(name=name, tls=tls, announce=announce, trusted_proxies=frozenset(proxies), **given)  # type: ignore[arg-type]


async def _serve(settings: Settings, *, demo: bool) -> None:
    host = (settings.host or await pick_host(settings.name)).lower()
    local = socket.gethostname().lower()
    names = frozenset({host, "localhost", local, f"{local}.local", *candidates(settings.name)})
    certificates, presented = None, None
    if settings.tls:
        certificates, presented = _present(settings, names)
    scheme = "https" if settings.tls else "http"
    devices = settings.data / "demo" if demo and not settings.admit_test else None

    @asynccontextmanager
    async def company(started: Started) -> AsyncIterator[None]:
        url = f"{scheme}://{host}:{started.port}"
        network = f"{settings.name}.local"
        banner.show(
            banner.Reached(
                url=url,
                network_url=f"{scheme}://{network}:{started.port}" if settings.announce else None,
                owner_secret=_owner_secret(started, devices),
                fingerprint=None if certificates is None else certificates.fingerprint,
                uncovered=frozenset() if certificates is None else certificates.uncovered & {host, network},
            )
        )
        if settings.host is not None:
            started.reached_at(url)

        def named(name: str) -> None:
            """The name is announced from now on: links may use it."""
            origin = f"{scheme}://{name}:{started.port}"
            if settings.host is None:
                started.reached_at(origin)
            banner.announced(name, network, origin)

        async with AsyncExitStack() as stack:  # each is ended, whatever becomes of the others
            if settings.announce:
                announcer = Announcer(settings.name, on_named=named)
                stack.push_async_callback(announcer.close)
                announcer.start(started.port)
            if certificates is not None and presented is not None:
                make = partial(_certificates, settings, names)
                renewal = asyncio.ensure_future(keep_fresh(presented.context, make, certificates.renew_at))
                stack.callback(renewal.cancel)
            if settings.certificate is not None and presented is not None:
                stack.callback(_reload(_own(settings), presented.context))
            if devices is not None:
                url = f"{scheme}://localhost:{started.port}"
                ca = None if certificates is None else certificates.ca
                stack.push_async_callback(start_demo(url, ca, devices, started.demo_codes).close)
            yield

    async with sms_gateway(settings) as sender:
        await run_server(
            settings,
            names=names,
            presented=presented,
            send_code=sender,
            confirm_consent=sender.consented,
            demo=() if devices is None else unpaired(devices),
            company=company,
        )


@asynccontextmanager
async def sms_gateway(settings: Settings) -> AsyncIterator[Sender]:
    """What sends messages to mobile numbers, as the operator chose. Raises SmsError."""
    async with AsyncExitStack() as stack:

        def asking() -> Guarded:
            guarded = Guarded(Trust.of(settings))
            stack.push_async_callback(guarded.close)
            return guarded

        yield Sender(choose(settings.sms, show=_show_code, asking=asking))


def _owner_secret(started: Started, devices: Path | None) -> str | None:
    """What the owner link carries: the secret, and which devices the owner's app may sign for without asking."""
    if started.owner_secret is None or devices is None:
        return started.owner_secret
    return f"{started.owner_secret}.{digest(devices)}"


def _present(settings: Settings, names: frozenset[str]) -> tuple[Certificates | None, Presented]:
    """The operator's own certificate, or one from the local authority, made or renewed where needed."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    if settings.certificate is not None:
        _own(settings).load_into(context)
        return None, Presented(context, None)
    certificates = _certificates(settings, names)
    context.load_cert_chain(certificates.chain, certificates.key)
    return certificates, Presented(context, certificates.ca)


def _own(settings: Settings) -> OwnCertificate:
    """The operator's certificate; its key may be in the same file."""
    assert settings.certificate is not None
    return OwnCertificate(settings.certificate, settings.private_key or settings.certificate)


def _reload(own: OwnCertificate, context: ssl.SSLContext) -> Callable[[], None]:
    """Take the operator's certificate anew when it is replaced; SIGHUP looks at once. Returns what ends it."""
    loop = asyncio.get_running_loop()
    reloading = Reloading(own, context)
    reloading.start()
    loop.add_signal_handler(signal.SIGHUP, reloading.look)

    def close() -> None:
        loop.remove_signal_handler(signal.SIGHUP)
        reloading.close()

    return close


def _certificates(settings: Settings, names: frozenset[str]) -> Certificates:
    return ensure(settings.certs, names | set(own_addresses()), datetime.now(UTC))


def _show_code(line: str) -> None:
    """On the server's console, and in no log."""
    click.echo(line)
    sys.stdout.flush()
