"""`kith certs`: the certificate authority, and how to trust it."""

from datetime import UTC, datetime
from pathlib import Path

import click
from cryptography import x509

from kith.cli.banner import trust_lines
from kith.server.authority import AuthorityError, fingerprint, read_certificate


@click.command()
@click.option(
    "--certs",
    type=click.Path(path_type=Path),
    default=Path("certs"),
    show_default=True,
    help="Where the certificate authority lives.",
)
@click.option(
    "--export",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the authority's certificate there, to carry it to a device.",
)
def certs(certs: Path, export: Path | None) -> None:
    """Show the certificate authority's fingerprint and how each system is told to trust it."""
    try:
        authority = read_certificate(certs / "ca.pem")
        pem = (certs / "ca.pem").read_bytes()
    except FileNotFoundError:
        raise click.ClickException(f"There is none in {certs} yet: `kith serve` makes one.") from None
    except (AuthorityError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if export is not None:
        export.write_bytes(pem)
    for line in (
        f"Certificate authority in {certs / 'ca.pem'}",
        f"  SHA-256      {fingerprint(authority)}",
        f"  valid until  {authority.not_valid_after_utc:%Y-%m-%d}{_expired(authority)}",
        f"  vouches for  {', '.join(_permitted(authority))}",
        "",
        "Carry the file to a device, or fetch /ca.pem from the server there and compare the fingerprint. Then:",
        *trust_lines(),
    ):
        click.echo(line)


def _expired(authority: x509.Certificate) -> str:
    return " (expired)" if authority.not_valid_after_utc <= datetime.now(UTC) else ""


def _permitted(authority: x509.Certificate) -> list[str]:
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    names = [
        str(each.value) for each in constraints.permitted_subtrees or [] if isinstance(each, x509.DNSName)
    ]
    return [*names, "private addresses"]
