"""`kith turn-config`: a configuration for Debian's coturn, the relay for networks that allow no direct way."""

import secrets
from ipaddress import ip_address
from pathlib import Path

import click

from kith.core.files import write_whole

TLS_PORT = 5349
"""Of TURN over TLS where nobody says otherwise (RFC 8656, section 18.3)."""

PLACE = "(the line in {file})"

_NOBODYS_BUSINESS = (
    *("0.0.0.0-0.255.255.255", "10.0.0.0-10.255.255.255", "100.64.0.0-100.127.255.255"),
    *("127.0.0.0-127.255.255.255", "169.254.0.0-169.254.255.255", "172.16.0.0-172.31.255.255"),
    *("192.0.0.0-192.0.0.255", "192.168.0.0-192.168.255.255", "198.18.0.0-198.19.255.255"),
    *("::1", "fc00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    "fe80::-febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
)
"""Networks that a relay must not open to strangers (RFC 6890): its own house, and the machine itself."""


def configuration(
    *,
    realm: str,
    secret: str,
    public: str | None = None,
    private: str | None = None,
    certificate: Path | None = None,
    private_key: Path | None = None,
    port: int = 3478,
    tls_port: int = TLS_PORT,
) -> str:
    """turnserver.conf as text. `public` is the relay's address as endpoints see it, `private` the one it has behind
    a router that forwards to it; TLS is offered, on `tls_port`, where there is a certificate."""
    own = [address for address in (public, private) if address is not None]
    lines = [
        "# The relay of a Kith server. It carries what it cannot read, between endpoints that have no direct way.",
        f"realm={realm}",
        f"listening-port={port}",
        "fingerprint",
        "",
        "# Kith hands out credentials made with this secret; each runs out after hours.",
        "use-auth-secret",
        f"static-auth-secret={secret}",
        "stale-nonce=600",
        "",
        "# One range of ports for what is relayed: open it, and the ports above and below, in the firewall.",
        "min-port=49152",
        "max-port=65535",
        *_external(public, private),
        "",
        *_tls(certificate, private_key, tls_port),
        "",
        "# Nobody reaches the machine itself, or the network it stands in, by way of the relay.",
        "no-multicast-peers",
        *(f"denied-peer-ip={block}" for block in _NOBODYS_BUSINESS),
        *(f"allowed-peer-ip={address}" for address in own),
        "",
        "# One credential holds so many places at a time, all together so many.",
        "user-quota=24",
        "total-quota=1200",
        "",
        "# No console, and no addresses of people in a log.",
        "no-cli",
        "no-stdout-log",
        "log-file=/dev/null",
    ]
    return "\n".join(lines) + "\n"


def _external(public: str | None, private: str | None) -> list[str]:
    if public is None:
        return []
    return [f"external-ip={public}" if private is None else f"external-ip={public}/{private}"]


def _tls(certificate: Path | None, private_key: Path | None, port: int) -> list[str]:
    if certificate is None:
        return ["no-tls", "no-dtls"]
    return [
        f"# TLS, for networks that let nothing else out: give it to Kith as {_turns('HOST', port)}.",
        f"tls-listening-port={port}",
        f"cert={certificate}",
        *([] if private_key is None else [f"pkey={private_key}"]),
        "no-tlsv1",
        "no-tlsv1_1",
        "no-dtls",
    ]


def _turns(host: str, port: int) -> str:
    return f"turns:{host}" if port == TLS_PORT else f"turns:{host}:{port}"


@click.command("turn-config")
@click.option(
    "--realm", required=True, metavar="HOST", help="The host name under which the relay is reached."
)
@click.option(
    "--turn-secret-file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("data/turn.secret"),
    show_default=True,
    help="The file with the secret that the relay and the server share; made if it is not there.",
)
@click.option(
    "--public", metavar="ADDRESS", help="The relay's address on the internet, if it is behind a router."
)
@click.option("--private", metavar="ADDRESS", help="The relay's own address behind that router.")
@click.option("--certificate", type=click.Path(path_type=Path), help="A certificate chain, to offer TLS.")
@click.option("--private-key", type=click.Path(path_type=Path), help="Its private key.")
@click.option(
    "--tls-port",
    type=click.IntRange(1, 65_535),
    default=TLS_PORT,
    show_default=True,
    help="Where TLS is offered; 443 gets through where nothing else does.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the whole configuration there, with the secret, readable by its owner only.",
)
def turn_config(
    realm: str,
    turn_secret_file: Path,
    public: str | None,
    private: str | None,
    certificate: Path | None,
    private_key: Path | None,
    tls_port: int,
    output: Path | None,
) -> None:
    """Print a configuration for Debian's coturn, and how to start server and relay with it.

    The secret is never printed: `--output /etc/turnserver.conf` writes the file with the secret in it.
    """
    try:
        for address in (public, private):
            if address is not None:
                ip_address(address)
        secret = _secret(turn_secret_file)
        text = configuration(
            realm=realm,
            secret=PLACE.format(file=turn_secret_file) if output is None else secret,
            public=public,
            private=private,
            certificate=certificate,
            private_key=private_key,
            tls_port=tls_port,
        )
        if output is not None:
            write_whole(output, text.encode())
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if output is None:
        click.echo(text, nl=False)
        return
    tls = "" if certificate is None else f" --turn {_turns(realm, tls_port)}"
    click.echo(
        f"Written to {output}. It must be readable by coturn: chown turnserver {output}\n"
        f"Then: systemctl restart coturn\n"
        f"And:  kith serve --stun stun:{realm} --turn turn:{realm} --turn 'turn:{realm}?transport=tcp'{tls}"
        f" --turn-secret-file {turn_secret_file}"
    )


def _secret(file: Path) -> str:
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(file, f"{secrets.token_hex(32)}\n".encode())
    return file.read_text().strip()
