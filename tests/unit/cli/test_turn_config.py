"""`kith turn-config`: the secret is made once, and shown to nobody."""

from pathlib import Path

from click.testing import CliRunner

from kith.cli import main


def run(*arguments: str) -> str:
    done = CliRunner().invoke(main, ["turn-config", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_printed_without_the_secret_and_written_with_it(tmp_path: Path) -> None:
    file, output = tmp_path / "data" / "turn.secret", tmp_path / "turnserver.conf"
    arguments = (
        "--realm=relay.example",
        f"--turn-secret-file={file}",
        "--public=192.0.2.7",
        "--private=10.0.0.7",
    )
    printed = run(*arguments)
    secret = file.read_text().strip()
    assert len(secret) == 64 and secret not in printed and str(file) in printed
    said = run(*arguments, f"--output={output}")
    assert file.read_text().strip() == secret and secret not in said
    text = output.read_text()
    assert f"static-auth-secret={secret}\n" in text and "realm=relay.example\n" in text
    assert "external-ip=192.0.2.7/10.0.0.7\n" in text and "allowed-peer-ip=10.0.0.7\n" in text
    assert "denied-peer-ip=192.168.0.0-192.168.255.255\n" in text and "no-tls\n" in text
    for path in (file, output):
        assert path.stat().st_mode & 0o777 == 0o600


def test_tls_is_offered_where_there_is_a_certificate(tmp_path: Path) -> None:
    printed = run(
        "--realm=relay.example",
        f"--turn-secret-file={tmp_path / 's'}",
        "--certificate=/c.pem",
        "--private-key=/k.pem",
    )
    assert "cert=/c.pem\n" in printed and "pkey=/k.pem\n" in printed and "no-tls\n" not in printed
    assert "tls-listening-port=5349\n" in printed
    elsewhere = run(
        "--realm=relay.example",
        f"--turn-secret-file={tmp_path / 's'}",
        "--certificate=/c.pem",
        "--tls-port=443",
        f"--output={tmp_path / 'turnserver.conf'}",
    )
    assert "--turn turns:relay.example:443 " in elsewhere
    assert "tls-listening-port=443\n" in (tmp_path / "turnserver.conf").read_text()


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        main, ["turn-config", "--realm=r", f"--turn-secret-file={tmp_path / 's'}", "--public=home"]
    )
    assert done.exit_code == 1 and "home" in done.output
