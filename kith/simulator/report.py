"""The outcome of a play: as one JSON object for programs, as tables for people."""

from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from kith.simulator.distribution import Summary, summarise
from kith.simulator.ledger import Ledger, Promise
from kith.simulator.plan import Plan

Outcome = dict[str, Any]
"""What `--json` prints. Durations are in milliseconds; `ok` is whether every promise was kept."""


def outcome(plan: Plan, ledger: Ledger) -> Outcome:
    broken = ledger.violations()
    counted = Counter(violation.promise for violation in broken)
    return {
        "ok": not broken and not ledger.problems and not ledger.stalls,
        "households": len(plan.world.members),
        "people": len(plan.world.people),
        "endpoints": len(plan.world.endpoints),
        "calls": len(ledger.calls),
        "stories": dict(Counter(str(record.story) for record in ledger.calls)),
        "ends": dict(
            Counter(reason for record in ledger.calls for ends in record.ends.values() for reason, _ in ends)
        ),
        "phases_ms": {
            str(phase): _milliseconds(summary)
            for phase, values in ledger.timings().items()
            if (summary := summarise(values)) is not None
        },
        "problems": dict(ledger.problems),
        "stalls": dict(ledger.stalls),
        "promises": {str(promise): counted[promise] for promise in Promise},
        "violations": [f"{violation.story}: {violation.promise}: {violation.detail}" for violation in broken],
    }


def _milliseconds(summary: Summary) -> dict[str, float]:
    return {
        "count": summary.count,
        "p50": round(summary.p50 * 1000, 2),
        "p95": round(summary.p95 * 1000, 2),
        "p99": round(summary.p99 * 1000, 2),
        "longest": round(summary.longest * 1000, 2),
    }


def show(result: Outcome, console: Console) -> None:
    """What happened, how long it took, what went wrong."""
    console.print(
        f"{result['households']} households, {result['people']} people, {result['endpoints']} endpoints, "
        f"{result['calls']} calls"
    )
    console.print(_counts("Calls", "story", result["stories"]), _counts("Ends", "reason", result["ends"]))
    console.print(_phases(result["phases_ms"]))
    trouble = result["problems"] | result["stalls"]
    if trouble:
        console.print(_counts("Errors", "code, or what did not come", trouble))
    console.print(_promises(result["promises"]))
    for violation in result["violations"][:20]:
        console.print(f"  {violation}", style="red", markup=False)


def _counts(title: str, what: str, counts: dict[str, int]) -> Table:
    table = Table(what, "count", title=title, title_justify="left")
    for name, count in sorted(counts.items(), key=lambda item: -item[1]):
        table.add_row(name, str(count))
    return table


def _phases(phases: dict[str, dict[str, float]]) -> Table:
    table = Table(
        "phase", "count", "p50", "p95", "p99", "longest", title="Milliseconds", title_justify="left"
    )
    for name, numbers in phases.items():
        shown = (f"{numbers[column]:.1f}" for column in ("p50", "p95", "p99", "longest"))
        table.add_row(name, f"{numbers['count']:.0f}", *shown)
    return table


def _promises(promises: dict[str, int]) -> Table:
    table = Table("promise", "broken", title="Promises", title_justify="left")
    for name, broken in promises.items():
        table.add_row(name, f"[red]{broken}[/]" if broken else "[green]never[/]")
    return table
