"""The state directory, and which certificates are believed."""

import stat
from pathlib import Path

import pytest

from kith.endpoint import trust
from kith.endpoint.home import Enrolment, Home, NotEnrolled

ENROLMENT = Enrolment(
    server="https://kith.local:8443",
    server_key=bytes(32),
    endpoint="e_" + "0" * 20,
    name="Kitchen",
    household="h_" + "0" * 20,
)


def test_what_is_saved_is_loaded_and_the_key_is_private(tmp_path: Path) -> None:
    home = Home(tmp_path / "deep" / "kitchen")
    with pytest.raises(NotEnrolled):
        home.load()
    keys = home.keys()
    home.save(ENROLMENT)
    assert home.load() == ENROLMENT and home.enrolled
    assert home.keys().public == keys.public
    assert stat.S_IMODE((home.path / "key").stat().st_mode) == 0o600
    home.moved("https://192.0.2.7:8443", None)
    assert home.load().server == "https://192.0.2.7:8443"


def test_damage_is_said(tmp_path: Path) -> None:
    (tmp_path / "endpoint.json").write_text("{")
    with pytest.raises(ValueError, match="damaged"):
        Home(tmp_path).load()
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(ValueError, match="64 bytes"):
        Home(tmp_path).keys()


@pytest.mark.parametrize("written", ["AB:CD:01", "abcd01", "ab cd 01", "SHA256=AB:CD:01"])
def test_a_fingerprint_may_be_written_in_many_ways(written: str) -> None:
    assert trust.same_fingerprint("AB:CD:01", written)
    assert not trust.same_fingerprint("AB:CD:02", written)
