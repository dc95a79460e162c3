"""What it costs to mix a room, against the AudioBridge of Debian's Janus in the same run under the same load.

The load (bench.rooms) is of real peers: ICE, DTLS and SRTP for each, Opus at 32 kbit/s, 50 packets a second; two talk
without pause and the rest send the noise of a quiet room, with the audio level negotiated (RFC 6464). Janus mixes at
48 kHz and is asked for 32 kbit/s, too; everything else is as it comes. The two are measured in turn, for as many
rounds as wanted, and the median counts.

`cpu_ratio` is processor time for a second of one participant, Kith's to Janus'. `latency_p95_ms` is what the mixer
adds to the way of the sound, from when a packet with it was sent until one with it arrived, the codec's own delay
included: found by laying what is heard along what was said. Listening quality is ESTOI (package pystoi).

For one number of participants `cpu_ratio` and the like are numbers, for several they are objects by that number.
Everything is in a network namespace: libnice, in Janus, refuses the loopback interface. That needs root.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import click

from bench import report, servers
from bench.driver import Driver, driver
from bench.janus import JanusMissing, janus
from bench.namespace import NoNamespace, namespace

CPU_RATIO = {2: 0.45, 5: 0.75, 10: 0.45, 20: 0.25, 50: 0.15, 100: 0.12}
LATENCY_MS = 70.0
LATENCY_SHARE = 0.5
"""Of what Janus adds."""

WORSE = 0.01
"""ESTOI that is nothing: two measurements of the same mixer differ by as much."""

TALKERS = 2
CHORUS = (2, 4, 8)
"""How many talk at once where listening quality is measured."""

LISTENING = 25.0
"""Seconds that are listened to: all that the voices have to say, once."""

FLOWING = 49.0
"""Packets a second that everybody must get, or a mixer is only cheap because it does not do its work."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What happens in the room or rooms. `size` is for each room; `level` whether the audio level is negotiated."""

    name: str
    size: int
    talkers: int = TALKERS
    level: bool = True
    rooms: int = 1


OTHERS = (
    Scene("all_talking", 20, talkers=20),
    Scene("no_level", 20, level=False),
    Scene("rooms_of_3", 3, rooms=50),
)


@dataclass(frozen=True, slots=True)
class Contender:
    """`pids` are the mixer's processes."""

    name: str
    load: Driver
    pids: Sequence[int]

    def play(self, scene: Scene, seconds: float) -> dict[str, Any]:
        self.load.order("join", rooms=scene.rooms, size=scene.size, talkers=scene.talkers, level=scene.level)
        found = self.load.order("measure", seconds=seconds, pids=list(self.pids))
        self.load.order("leave")
        return found

    def listen(self, talkers: int) -> float:
        """ESTOI of what somebody hears who says nothing; 0 if they cannot make out everybody."""
        self.load.order("join", rooms=1, size=talkers + 1, talkers=talkers, level=True)
        found = self.load.order("listen", seconds=LISTENING)
        self.load.order("leave")
        return float(found["estoi"] or 0.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The rounds of one scene, of both, in order."""

    scene: Scene
    kith: Sequence[dict[str, Any]]
    janus: Sequence[dict[str, Any]]

    @property
    def cpu_ratio(self) -> float:
        pairs = zip(self.kith, self.janus, strict=True)
        return float(median(one["cpu_ms"] / other["cpu_ms"] for one, other in pairs))

    @property
    def flows(self) -> bool:
        """Everybody got everything from Kith's mixer."""
        return all(one["packets_min"] >= FLOWING for one in self.kith)

    def told(self) -> dict[str, Any]:
        return {
            "cpu_ratio": round(self.cpu_ratio, 3),
            "kith": _middle(self.kith),
            "janus": _middle(self.janus),
        }


@click.command()
@click.option("--participants", type=click.IntRange(2, 200), multiple=True, help="Only rooms of this size.")
@click.option("--seconds", default=8.0, show_default=True, help="Length of a measurement.")
@click.option("--rounds", default=2, show_default=True)
@click.option("--quality/--no-quality", default=None, help="Listening quality; by default with all sizes.")
def mixing(*, participants: tuple[int, ...], seconds: float, rounds: int, quality: bool | None) -> None:
    """CPU, latency and listening quality of the mixer, against Janus."""
    sizes = participants or tuple(CPU_RATIO)
    scenes = [Scene(str(size), size) for size in sizes]
    with _both(processes=1) as contenders:
        rooms = [_outcome(scene, contenders, seconds, rounds) for scene in scenes]
        others = [] if participants else [_outcome(scene, contenders, seconds, 1) for scene in OTHERS[:2]]
        listened = quality if quality is not None else not participants
        heard = {talkers: [one.listen(talkers) for one in contenders] for talkers in CHORUS if listened}
    if not participants:
        with _both(
            processes=len(os.sched_getaffinity(0))
        ) as contenders:  # many rooms are placed on many processes
            others.append(_outcome(OTHERS[2], contenders, seconds, 1))
    report.emit(_result(rooms, others, heard))


@contextlib.contextmanager
def _both(processes: int) -> Iterator[tuple[Contender, Contender]]:
    """Kith and Janus, started."""
    with contextlib.ExitStack() as stack:
        try:
            inside = stack.enter_context(namespace())
            pid = stack.enter_context(janus(stack.enter_context(servers.scratch()), inside))
        except (NoNamespace, JanusMissing) as error:
            raise click.ClickException(str(error)) from error
        kith = stack.enter_context(driver("bench.rooms", "kith", str(processes), inside=inside))
        other = stack.enter_context(driver("bench.rooms", "janus", inside=inside))
        pids = kith.order("start")["pids"]
        other.order("start")
        yield Contender("Kith", kith, pids), Contender("Janus", other, [pid])


def _outcome(scene: Scene, contenders: Sequence[Contender], seconds: float, rounds: int) -> Outcome:
    found: dict[str, list[dict[str, Any]]] = {one.name: [] for one in contenders}
    for number in range(rounds):
        for one in contenders[:: 1 if number % 2 else -1]:
            found[one.name].append(one.play(scene, seconds))
    outcome = Outcome(scene, found["Kith"], found["Janus"])
    report.show(
        f"{scene.name}: {scene.rooms} x {scene.size}, {scene.talkers} talk; CPU ms for a second of a participant",
        ("", "CPU ms", "delay p50 ms", "p95 ms", "packets/s", "load's CPU %"),
        [
            (name, *(one[key] if one[key] is not None else "-" for key in _SHOWN))
            for name, one in (("Kith", _middle(outcome.kith)), ("Janus", _middle(outcome.janus)))
        ],
    )
    return outcome


_SHOWN = ("cpu_ms", "latency_p50_ms", "latency_p95_ms", "packets_min", "load_percent")


def _middle(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The median of each number; None where no round has one."""
    found = {key: [one[key] for one in rounds if one[key] is not None] for key in _SHOWN}
    return {key: round(median(values), 3) if values else None for key, values in found.items()}


def _result(
    rooms: Sequence[Outcome], others: Sequence[Outcome], heard: Mapping[int, Sequence[float]]
) -> dict[str, Any]:
    met = [_judged(room) for room in rooms]
    for talkers, (kith, other) in heard.items():
        report.console.print(f"{talkers} talk at once: ESTOI {kith:.3f}, Janus {other:.3f}")
        met.append(report.judge(f"quality lost with {talkers} talkers", other - kith, WORSE))
    return {
        "bench": "mixing",
        "met": all(met),
        "participants": _by_size(rooms, lambda room: room.scene.size),
        "cpu_ratio": _by_size(rooms, lambda room: room.told()["cpu_ratio"]),
        "latency_p95_ms": _by_size(rooms, lambda room: room.told()["kith"]["latency_p95_ms"]),
        "janus_latency_p95_ms": _by_size(rooms, lambda room: room.told()["janus"]["latency_p95_ms"]),
        "kith_cpu_ms": _by_size(rooms, lambda room: room.told()["kith"]["cpu_ms"]),
        "janus_cpu_ms": _by_size(rooms, lambda room: room.told()["janus"]["cpu_ms"]),
        **{one.scene.name: one.told() for one in others},
        "quality_estoi": {
            str(talkers): {"kith": round(kith, 3), "janus": round(other, 3)}
            for talkers, (kith, other) in heard.items()
        },
    }


def _judged(room: Outcome) -> bool:
    """Whether a room meets all that is asked of it."""
    size, kith, other = room.scene.size, _middle(room.kith), _middle(room.janus)
    met = room.flows
    if not met:
        report.console.print(f"[red]{size}: not everybody got 50 packets a second[/]")
    if size in CPU_RATIO:
        met &= report.judge(f"{size}: cpu_ratio", room.cpu_ratio, CPU_RATIO[size])
    late, janus_late = kith["latency_p95_ms"], other["latency_p95_ms"]
    if late is None or janus_late is None:
        report.console.print(f"[red]{size}: the talkers were not to be made out[/]")
        return False
    limit = min(LATENCY_MS, LATENCY_SHARE * janus_late)
    return report.judge(f"{size}: latency_p95_ms", late, round(limit, 1)) and met


def _by_size(rooms: Sequence[Outcome], value: Any) -> Any:
    if len(rooms) == 1:
        return value(rooms[0])
    return {str(room.scene.size): value(room) for room in rooms}
