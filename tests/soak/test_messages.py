"""Ten thousand schedules of lost, doubled and reordered messages and of servers that die: `make soak`."""

from pathlib import Path

import pytest

from kith.messaging import counts
from kith.store import lane
from kith.store.database import Database
from policy.quota import DAY, Quota
from signaling import confirming
from tests.support.database import fresh
from tests.support.message_world import MessageWorld

SCHEDULES = 10_000


@pytest.mark.soak
@pytest.mark.timeout(1_800)
async def test_ten_thousand_schedules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PACE", "BRISK"):  # nobody else's commit is waited for
        monkeypatch.setattr(lane, name, 0.0)
    monkeypatch.setattr(confirming, "WITHIN", 0.0)
    monkeypatch.setattr(counts, "MESSAGES", (Quota(3, 60.0), Quota(1_000, DAY)))  # so that it is met
    database = await Database.open(fresh(tmp_path))
    sent = killed = 0
    for seed in range(SCHEDULES):
        world = MessageWorld(database, seed)
        await world.play()
        world.judge()
        sent, killed = sent + len(world.drafts), killed + world.killed
    await database.close()
    assert sent > 4 * SCHEDULES
    assert killed > SCHEDULES // 10
