"""From the invite until every endpoint of the person called alerts, over the wire with TLS."""

from pathlib import Path

from kith.simulator.distribution import Summary, summarise
from kith.simulator.ledger import Phase
from kith.simulator.plan import Plan, PlannedCall, PlannedEndpoint, Story, World
from kith.simulator.stage import Stage
from tests.support.server import running_server

HOUSEHOLDS = 20
PAUSE = 0.2
"""Seconds from one call to the next: each is measured on a server that does nothing else, but is not asleep."""


async def measure(directory: Path, calls: int) -> Summary:
    """Milliseconds over `calls` calls, each to a phone, a tablet and a shared speaker."""
    async with running_server(directory, "--admit-test") as server:
        ledger = await Stage(_plan(calls), server.url, tls=server.tls).perform()
    if ledger.problems or ledger.stalls or ledger.violations():
        raise RuntimeError(f"not a clean run: {ledger.problems} {ledger.stalls} {ledger.violations()}")
    summary = summarise([seconds * 1000 for seconds in ledger.timings()[Phase.ALL_ALERTING]])
    assert summary is not None
    return summary


def _plan(calls: int) -> Plan:
    """Every household calls its neighbour in turn and gives up as soon as it rings."""
    world = World(
        people=tuple(range(HOUSEHOLDS)),
        endpoints=tuple(
            PlannedEndpoint(home, home, shared)
            for home in range(HOUSEHOLDS)
            for shared in (False, False, True)
        ),
    )
    return Plan(world, tuple(_call(world, number) for number in range(calls)))


def _call(world: World, number: int) -> PlannedCall:
    home = number % HOUSEHOLDS
    callee = home ^ 1  # 0 calls 1, 1 calls 0, 2 calls 3 ...
    rings = world.rings_for(callee)
    return PlannedCall(
        at=number * PAUSE,
        story=Story.CANCEL,
        caller=world.equipment[home][0],
        callee=callee,
        rings=rings,
        first=rings[0],
        second=None,
        video=True,
        think=0.0,
        talk=0.0,
        blobs=0,
        new_epochs=0,
        caller_ends=True,
        outage=None,
    )
