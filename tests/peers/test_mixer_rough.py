"""Bad networks on the way to a mixer: what is lost is concealed, and delay does not pile up."""

import asyncio
from collections.abc import Mapping

import pytest
import uvloop

from tests.support.rough_path import Roughness
from tests.support.rough_rooms import Outcome, Place, listen_in

pytestmark = pytest.mark.alone

SECONDS = 20.0
PLACES = {
    "good": Place(),
    "2 % lost": Place(Roughness(loss=0.02)),
    "5 % lost": Place(Roughness(loss=0.05)),
    "20 % lost": Place(Roughness(loss=0.2)),
    "30 ms jitter": Place(Roughness(jitter=0.03)),
    "reordered": Place(Roughness(reorder=0.05)),
    "bursts": Place(Roughness(burst=0.01, burst_length=4)),
    "fast clock": Place(drift=1.005),
    "slow clock": Place(drift=0.995),
}
"""The clocks are 25 times as wrong as real ones: after 20 seconds they are 100 ms from ours."""

LOST = {"2 % lost": 0.02, "5 % lost": 0.05, "20 % lost": 0.2, "bursts": 0.01}
"""How many losses begin in a packet's time."""
LATEST = 0.16
"""Seconds of delay, 95 of 100 packets, on the worst of these networks: what jitter needs, and the mixer's own."""

PILED = 0.06
"""Seconds that nobody notices. What loss, jitter or a wrong clock piles up in 20 seconds is 0.1 and more."""

CLICKS = 0.005
"""The share of 20 ms that may click for other reasons: a processor that was busy."""


@pytest.fixture(scope="module")
def outcomes() -> Mapping[str, Outcome]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return {name: outcome for name, (outcome,) in runner.run(listen_in(PLACES, SECONDS)).items()}


@pytest.mark.parametrize("name", PLACES)
def test_delay_does_not_pile_up(outcomes: Mapping[str, Outcome], name: str) -> None:
    outcome = outcomes[name]
    assert outcome.arrived > 0.98
    assert len(outcome.late) > SECONDS * 50 / 2
    assert outcome.worst() < LATEST
    assert outcome.ends() - outcome.begins() < PILED


@pytest.mark.parametrize("name", PLACES)
def test_what_is_lost_is_concealed_and_not_heard_as_clicks(
    outcomes: Mapping[str, Outcome], name: str
) -> None:
    """Holes instead would click seven to nine times for ten losses."""
    outcome = outcomes[name]
    assert outcome.clicks < CLICKS + LOST.get(name, 0.0) / 10
