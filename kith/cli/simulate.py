"""`kith simulate`: households that live on a server for tests."""

import asyncio
import json
import random
import ssl
from pathlib import Path

import aiohttp
import click
import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from kith.core.problem import SENTENCES, Code, Problem
from kith.endpoint import trust
from kith.endpoint.connection import Unreachable, origin_of
from kith.simulator.ledger import Ledger
from kith.simulator.plan import Plan, make_plan
from kith.simulator.report import outcome, show
from kith.simulator.stage import Stage


class _Bar:
    """Shows how far the play is. Implements kith.simulator.stage.Watcher."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def begins(self, act: str, total: int) -> None:
        self._task = self._progress.add_task(act, total=total)

    def advances(self) -> None:
        if self._task is not None:
            self._progress.advance(self._task)


@click.command()
@click.option(
    "--server", required=True, metavar="URL", help="A server started with --admit-test on an empty database."
)
@click.option("--households", default=50, show_default=True, type=click.IntRange(min=2))
@click.option(
    "--duration", default=60.0, show_default=True, type=click.FloatRange(min=1), help="Seconds of calls."
)
@click.option(
    "--rate", type=click.FloatRange(min=0.1), help="Calls a minute.  [default: two for each household]"
)
@click.option("--seed", type=int, help="The same seed plays the same calls.  [default: another each time]")
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PEM of the server's authority.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print the outcome as one JSON object; the tables go to stderr."
)
def simulate(
    server: str,
    households: int,
    duration: float,
    rate: float | None,
    seed: int | None,
    ca: Path | None,
    as_json: bool,
) -> None:
    """Play households that connect, ring, answer, decline, cancel, lose their connection and resume.

    Exit code 0: everything was as it should be. 1: a promise was broken, or there was an error.
    2: the play could not take place.
    """
    seed = random.randrange(2**32) if seed is None else seed
    plan = make_plan(
        seed=seed, households=households, duration=duration, calls_per_minute=rate or 2.0 * households
    )
    ledger = _perform(plan, server, None if ca is None else trust.context(ca.read_bytes()))
    result = {"seed": seed, **outcome(plan, ledger)}
    show(result, Console(stderr=as_json))
    if as_json:
        click.echo(json.dumps(result))
    raise SystemExit(0 if result["ok"] else 1)


def _perform(plan: Plan, server: str, tls: ssl.SSLContext | None) -> Ledger:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        origin_of(server)
        with Progress(*columns, console=Console(stderr=True)) as progress:
            stage = Stage(plan, server, tls=tls, watcher=_Bar(progress))
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.get_loop().set_exception_handler(_faults)
                return runner.run(stage.perform())
    except Problem as problem:
        raise _CannotPlay(_why(problem)) from problem
    except (aiohttp.ClientError, Unreachable, OSError, ValueError) as error:
        raise _CannotPlay(str(error)) from error


def _faults(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """What a connection could not say any more when it was closed is no fault: whoever waits on it is told anyway."""
    if "transport" not in context:
        loop.default_exception_handler(context)


def _why(problem: Problem) -> str:
    if problem.code is Code.NOT_TEST_SERVER:
        return f"{SENTENCES[problem.code]} Start one on an empty data directory: kith serve --admit-test --data DIR"
    return SENTENCES[problem.code]


class _CannotPlay(click.ClickException):
    exit_code = 2
