"""The one private name of picows that is used, and the port that two protocols share."""

import asyncio
import inspect
from importlib.metadata import version

import pytest

from signaling import carrier_picows
from signaling.carrier_picows import _protocol

WSProtocol = vars(carrier_picows)["WSProtocol"]


async def test_the_private_constructor_has_not_moved() -> None:
    assert version("picows") == "2.3.1", "check carrier_picows._protocol against the new version's WSProtocol"
    assert inspect.isclass(WSProtocol)
    protocol = _protocol(lambda request: None)  # type: ignore[arg-type,return-value]
    assert isinstance(protocol, asyncio.BufferedProtocol)
    assert len(memoryview(protocol.get_buffer(16))) >= 16


@pytest.mark.parametrize("method", ["connection_made", "buffer_updated", "get_buffer", "connection_lost"])
def test_the_protocol_is_fed_as_asyncio_would(method: str) -> None:
    assert callable(getattr(WSProtocol, method))
