"""Thousands of idle endpoints while calls go through: `make soak`."""

from pathlib import Path

import pytest
from rich.console import Console

from kith.simulator.plan import make_plan
from kith.simulator.report import show
from tests.soak.play import play

STALL = 50.0
"""Milliseconds that the server's loop may be held up: two and a half packets of sound."""


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_five_thousand_endpoints_and_two_hundred_calls_a_minute(tmp_path: Path) -> None:
    plan = make_plan(seed=1, households=1_680, duration=64.0, calls_per_minute=220.0)
    assert len(plan.world.endpoints) >= 5_000
    played = play(tmp_path, plan)
    show(played.result, Console())
    assert played.result["violations"] == []
    assert played.result["ok"], played.result
    assert played.result["calls"] >= 200
    assert played.sessions == len(plan.world.endpoints)
    assert played.stall < STALL
