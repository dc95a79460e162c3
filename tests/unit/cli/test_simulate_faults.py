"""What `kith simulate` prints of what goes wrong in its loop."""

import asyncio

import pytest

from kith.cli.simulate import _faults


async def test_a_connection_that_is_cut_short_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.get_running_loop()
    error = OSError("closed")
    _faults(loop, {"message": "Fatal error on SSL protocol", "exception": error, "transport": object()})
    assert caplog.records == []
    _faults(loop, {"message": "a task failed", "exception": error})
    assert "a task failed" in caplog.text
