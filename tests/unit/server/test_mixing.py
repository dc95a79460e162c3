"""Which mixers a server has."""

import logging
import re
from pathlib import Path

import pytest

from kith.core.settings import Settings
from kith.server import mixing
from media import opus


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, certs=tmp_path)


def test_without_libopus_the_server_says_so_and_has_none(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(opus, "find_spec", lambda name: None)
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    assert not opus.present()
    with caplog.at_level(logging.WARNING):
        assert not mixing.mixers_of(settings).available
    assert re.search("more than five, are not available: libopus was not found", caplog.text)


def test_with_it_there_are_some_unless_the_operator_wants_none(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    assert mixing.mixers_of(settings).available
    none = Settings(data=settings.data, certs=settings.certs, mixers=0)
    assert not mixing.mixers_of(none).available
    assert caplog.text == "", "there is nothing to say about a wish"


@pytest.mark.parametrize(("first", "ports"), [(0, [0, 0]), (40_000, [40_000, 40_001])])
def test_each_has_a_port_of_its_own(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, first: int, ports: list[int]
) -> None:
    lines: list[str] = []

    class Noted:
        def __init__(self, most: int, command: mixing.PerSlot) -> None:
            assert most == 1
            lines.extend(" ".join(command(slot)(9)) for slot in range(most + 1))

    monkeypatch.setattr(mixing, "Mixers", Noted)
    mixing.mixers_of(
        Settings(
            data=settings.data,
            certs=settings.certs,
            mixers=1,
            mixer_port=first,
            mixer_addresses=("203.0.113.7",),
        )
    )
    assert [f"--port={port} " in line for port, line in zip(ports, lines, strict=True)] == [True, True]
    assert all("--control=9 " in line and line.endswith("--announce=203.0.113.7") for line in lines)
