"""What the console says, with and without a terminal."""

import io

from rich.console import Console

from kith.cli.banner import TRUST, Reached, announced, qr, show

FINGERPRINT = ":".join(["5B"] * 32)
FIRST = Reached(
    url="https://den:8443",
    network_url="https://kith.local:8443",
    owner_secret="s" * 22,
    fingerprint=FINGERPRINT,
)


def _printed(reached: Reached, *, terminal: bool = False) -> str:
    out = io.StringIO()
    show(reached, Console(file=out, force_terminal=terminal, width=40, highlight=False))
    return out.getvalue()


def test_the_address_stands_alone_on_the_first_line() -> None:
    for terminal in (False, True):
        assert _printed(FIRST, terminal=terminal).splitlines()[0] == "Kith is at https://den:8443"


def test_nothing_is_wrapped_or_coloured_without_a_terminal() -> None:
    text = _printed(FIRST)
    assert "\x1b" not in text
    lines = [line.strip() for line in text.splitlines()]
    assert f"https://den:8443/#join={'s' * 22}" in lines
    assert f"https://kith.local:8443/#join={'s' * 22}" in lines
    assert FINGERPRINT in lines
    assert all(any(step in line for line in lines) for _, step in TRUST)


def test_the_owner_link_is_gone_once_there_is_an_owner() -> None:
    assert "join=" not in _printed(Reached(url="https://den:8443", fingerprint=FINGERPRINT))


def test_without_an_authority_nothing_is_said_about_trust() -> None:
    assert "ca.pem" not in _printed(Reached(url="http://den:8443"))


def test_names_that_the_authority_does_not_cover_are_told() -> None:
    reached = Reached(url="https://den:8443", fingerprint=FINGERPRINT, uncovered=frozenset({"calls.example"}))
    assert "cannot vouch for calls.example" in _printed(reached)


def test_the_code_has_its_finder_patterns_and_a_quiet_border() -> None:
    rows = [line.plain for line in qr("https://kith.local:8443/#join=" + "s" * 22)]
    assert len({len(row) for row in rows}) == 1
    assert set(rows[0]) == {"█"}
    assert rows[1].startswith("██ ▄▄▄▄▄ █")
    assert rows[1].endswith("█ ▄▄▄▄▄ ██")


def test_another_name_than_promised_is_told() -> None:
    out = io.StringIO()
    console = Console(file=out)
    announced("kith.local", "kith.local", "https://kith.local:8443", console)
    assert out.getvalue() == ""
    announced("kith-2.local", "kith.local", "https://kith-2.local:8443", console)
    assert "https://kith-2.local:8443" in out.getvalue()
