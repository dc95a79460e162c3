"""`kith certs` on a directory with an authority, and on one without."""

from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner

from kith.cli.certs import certs
from kith.server.authority import ensure


def test_it_shows_the_fingerprint_and_exports(tmp_path: Path) -> None:
    made = ensure(tmp_path / "certs", ("kith.local", "den"), datetime.now(UTC))
    target = tmp_path / "ca-for-phone.pem"
    done = CliRunner().invoke(certs, ["--certs", str(tmp_path / "certs"), "--export", str(target)])
    assert done.exit_code == 0, done.output
    assert made.fingerprint in done.output
    assert "den" in done.output
    assert target.read_bytes() == made.ca.read_bytes()


def test_where_there_is_none_it_says_so(tmp_path: Path) -> None:
    done = CliRunner().invoke(certs, ["--certs", str(tmp_path)])
    assert done.exit_code == 1
    assert "kith serve" in done.output


def test_what_is_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nonsense")
    done = CliRunner().invoke(certs, ["--certs", str(tmp_path)])
    assert done.exit_code == 1
    assert "ca.pem is not a certificate" in done.output
