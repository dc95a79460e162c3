"""How long a call takes to stand: until all devices ring, and from the answer to the first picture."""

import asyncio
from statistics import median

import click
import uvloop

from bench import alerting, first_frame, report, servers

SETUP_RATIO = 1.25


@click.command()
@click.option("--rounds", default=15, show_default=True, help="Calls through Kith, and as many bare ones.")
@click.option("--calls", default=200, show_default=True, help="Calls for the time until all devices ring.")
def setup(rounds: int, calls: int) -> None:
    """Answer to first remote video frame against the barest WebRTC; invite to all devices alerting."""
    with servers.scratch() as directory, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rang = runner.run(alerting.measure(directory, calls))
    report.show(
        f"Invite to all three devices alerting, {rang.count} calls",
        ("p50 ms", "p95 ms", "p99 ms", "longest ms"),
        [(rang.p50, rang.p95, rang.p99, rang.longest)],
    )
    with servers.scratch() as directory:
        frames = asyncio.run(first_frame.measure(directory, rounds))
    kith, bare = median(frames.kith), median(frames.bare)
    report.show(
        f"Answer to first remote frame, {rounds} rounds in turn",
        ("", "median ms", "fastest ms", "slowest ms"),
        [
            ("Kith", kith, min(frames.kith), max(frames.kith)),
            ("bare page", bare, min(frames.bare), max(frames.bare)),
        ],
    )
    met = report.judge("setup_ratio", kith / bare, SETUP_RATIO)
    report.emit(
        {
            "bench": "setup",
            "met": met,
            "setup_ratio": round(kith / bare, 3),
            "kith_ms": round(kith, 1),
            "bare_ms": round(bare, 1),
            "rounds": rounds,
            "alerting_p50_ms": round(rang.p50, 2),
            "alerting_p99_ms": round(rang.p99, 2),
            "alerting_calls": rang.count,
        }
    )
