"""What makes a member of a mesh begin another connection, and what does not."""

from dataclasses import dataclass
from typing import Any

import pytest

from kith.core.trust.seal import Sealer
from kith.endpoint import body, group_pair, links
from kith.endpoint.link import Link
from tests.peers.test_group_mesh import gathered
from tests.support.gathering import CALL, Hall


@dataclass(frozen=True)
class Signal:
    epoch: int
    body: bytes


async def test_a_connection_is_made_only_for_what_the_other_one_sealed_and_not_for_ever_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hall = Hall()
    earlier, later = hall.guest(400.0), hall.guest(700.0)
    async with gathered(hall, earlier, later):
        pair = earlier.pair(later)
        assert pair is not None
        before, made = pair.epoch, []

        def counted(epoch: int, *arguments: Any, **named: Any) -> Link:
            made.append(epoch)
            return Link(epoch, *arguments, **named)

        monkeypatch.setattr(links, "Link", counted)
        for garbage in range(50):
            assert await pair.take(Signal(60_000 + garbage, bytes(200))) == []
        assert made == [] and pair.epoch == before
        closed = []
        for epoch in range(100, 150):
            sealer = Sealer(
                later.someone.keys,
                earlier.someone.keys.public,
                kind=pair._links._kind,
                call=CALL,
                epoch=epoch,
            )
            closed += await pair.take(Signal(epoch, sealer.seal(body.write(body.Again()), bytes(12))))
        assert made == list(range(100, 100 + len(made))) and 1 <= len(made) <= group_pair.AT_ONCE + 1
        assert pair.current is not None and pair.current.epoch == before, "what stands goes on"
        for link in closed:
            await link.close()
