"""The certificate of a server that runs: renewed in time, and again after whatever went wrong."""

import asyncio
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kith.server import renewal
from kith.server.authority import AuthorityError, Certificates, ensure
from kith.server.renewal import keep_fresh


class Maker:
    """Makes certificates, with something going wrong first."""

    def __init__(self, directory: Path, *troubles: Exception) -> None:
        self.threads: list[threading.Thread] = []
        self.made = threading.Event()
        self._directory = directory
        self._troubles = list(troubles)

    def __call__(self) -> Certificates:
        self.threads.append(threading.current_thread())
        if self._troubles:
            raise self._troubles.pop(0)
        return ensure(self._directory, {"kith.local"}, datetime.now(UTC))


class Context:
    """Told what to present."""

    def __init__(self) -> None:
        self.loaded = asyncio.Event()

    def load_cert_chain(self, chain: Path, key: Path) -> None:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(chain, key)
        assert threading.current_thread() is threading.main_thread()
        self.loaded.set()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal, "SHORTEST", 0.001)
    monkeypatch.setattr(renewal, "RETRY", 0.001)


Trouble = Callable[[], Exception]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "troubles",
    [(), (OSError("full"), AuthorityError("no key"), ssl.SSLError("mismatch"))],
    ids=["well", "troubled"],
)
async def test_the_new_certificate_is_presented_in_the_end(
    tmp_path: Path, troubles: tuple[Exception, ...]
) -> None:
    context, maker = Context(), Maker(tmp_path, *troubles)
    task = asyncio.create_task(keep_fresh(context, maker, renew_at=0.0))  # type: ignore[arg-type]
    await asyncio.wait_for(context.loaded.wait(), 20)
    task.cancel()
    assert len(maker.threads) == len(troubles) + 1
    assert threading.main_thread() not in maker.threads, "keys are made and disks waited for off the loop"


@pytest.mark.usefixtures("quick")
async def test_it_goes_on_after_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal, "LONGEST", 0.001)  # a day
    context = Context()
    task = asyncio.create_task(keep_fresh(context, Maker(tmp_path), renew_at=0.0))  # type: ignore[arg-type]
    for _ in range(3):
        await asyncio.wait_for(context.loaded.wait(), 20)
        context.loaded.clear()
    task.cancel()
