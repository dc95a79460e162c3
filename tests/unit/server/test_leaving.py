"""A server that ends takes its leave of everybody, whatever goes wrong beside it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from kith.core.settings import Settings
from kith.server import main
from kith.server.main import Started, serve


async def nobody(mobile: str, code: str) -> None:
    """Sends no codes."""


@asynccontextmanager
async def troubled(started: Started) -> AsyncIterator[None]:
    """Company that fails in the end."""
    os.kill(os.getpid(), signal.SIGTERM)
    yield
    raise RuntimeError("no network")


async def test_company_that_fails_takes_nobodys_call_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(data=tmp_path / "data", certs=tmp_path, port=0, bind="127.0.0.1", tls=False)
    running = serve(
        settings,
        names=frozenset({"localhost"}),
        presented=None,
        send_code=nobody,
        company=troubled,
    )
    with caplog.at_level("INFO", logger=main.__name__), pytest.raises(RuntimeError, match="no network"):
        await asyncio.wait_for(running, 20)
    assert "draining" in caplog.text


async def test_what_cannot_be_saved_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Stuck:
        def __len__(self) -> int:
            return 1

        async def settle(self) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(main, "SETTLE", 0.01)
    await asyncio.wait_for(main._settle(SimpleNamespace(switchboard=Stuck())), 20)  # type: ignore[arg-type]
    assert "not everything is saved" in caplog.text
