"""Test vectors of what is decided about drop ins, the same in every language: tests/vectors/policy.json.

One JSON object; each key is a section, each section a list of cases, one a line. Bytes are base64, sets of grants as
they cross the wire (nobody signed them: they count as checked already), times in Unix seconds.

    hours       {name, zone, window: {days, begin, end}, moments: [[now, begun | null], ...]}
    drop_in     {name, sets, place: {identity, shared, household | null, alone},
                caller: {root, identity, shared, households: {root: [members who signed]}},
                here: {switch: {on, at, heard: {root: version}} | null, drop_in, microphone_off, ready}, blocked, now,
                standing: {mode | null, why, carer, giver, own, stale, ends | null}, term, quiet_by, next_change,
                decision: {mode, bounds: {frost, longest, silence, chime}} | {reason},
                along: {by_itself, let_in}: why not beside somebody who may, each null if they may}
    frost       {name, seconds, frame: [width, height], sizes: [[elapsed, [width, height] | null], ...]}
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date, datetime, time
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from kith.core.trust.grants import (
    DeviceTerm,
    DropInTerm,
    Grant,
    Grants,
    HomeTerm,
    Hours,
    Mode,
    Quiet,
    Schedule,
)
from policy.drop_in import Admit, Decision, decide, why_not_along
from policy.drop_in_facts import Here, gather, next_change
from policy.frost import SHORTEST, Frost
from policy.grants import Claim, Place
from policy.hours import begun
from policy.quiet import Switch
from tools.vectors.form import Case, b64, fixed, plain

PATH = Path(__file__).resolve().parents[2] / "tests" / "vectors" / "policy.json"

ANNA, BEN, CARLA, DAN = (fixed(name) for name in ("anna", "ben", "carla", "dan"))
HOME, BENS = fixed("anna's household"), fixed("ben's household")
PHONE, KITCHEN, HALL = fixed("anna's phone"), fixed("kitchen"), fixed("hall")
MADRID = ZoneInfo("Europe/Madrid")


def sections() -> dict[str, list[Case]]:
    return {
        "hours": list(_hours()),
        "drop_in": [_drop_in(f"random {number}", Random(number)) for number in range(160)],
        "frost": list(_frost()),
    }


def text() -> str:
    parts = [f"{json.dumps(section)}: [\n{_lines(cases)}\n]" for section, cases in sections().items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _lines(cases: list[Case]) -> str:
    return ",\n".join(json.dumps(case) for case in cases)


# -- hours ----------------------------------------------------------------------------------------------------------

NIGHTS = (
    ("Europe/Madrid", date(2026, 3, 29), "put forward at two"),
    ("Europe/Madrid", date(2026, 10, 25), "put back at three"),
    ("America/New_York", date(2026, 3, 8), "put forward at two"),
    ("America/New_York", date(2026, 11, 1), "put back at two"),
    ("Australia/Lord_Howe", date(2026, 10, 4), "half an hour forward"),
    ("Australia/Lord_Howe", date(2026, 4, 5), "half an hour back"),
    ("Asia/Kathmandu", date(2026, 6, 1), "a quarter of an hour off"),
    ("America/Santiago", date(2026, 9, 6), "put forward at midnight"),
    ("Pacific/Apia", date(2026, 6, 1), "the other side of the date line"),
    ("UTC", date(2024, 2, 29), "a leap day"),
)

WINDOWS = (
    Hours(days=127, begin=22 * 60, end=7 * 60),
    Hours(days=127, begin=90, end=150),
    Hours(days=64, begin=150, end=200),
    Hours(days=32, begin=23 * 60, end=150),
    Hours(days=127, begin=0, end=1440),
    Hours(days=127, begin=1439, end=1438),
)


def _hours() -> Iterator[Case]:
    for name, night, what in NIGHTS:
        zone = ZoneInfo(name)
        middle = datetime.combine(night, time(), zone).timestamp()
        for window in WINDOWS:
            moments = [middle + 600 * step + 1 for step in range(-12, 48, 8)]
            yield {
                "name": f"{name}, {what}: {window.days} {window.begin} {window.end}",
                "zone": name,
                "window": plain(window),
                "moments": [[now, begun(window, zone, now)] for now in (*moments, 2**53 - 1)],
            }


# -- drop in --------------------------------------------------------------------------------------------------------


def _drop_in(name: str, chance: Random) -> Case:
    now = int(datetime(2026, 3, 28, tzinfo=MADRID).timestamp()) + chance.randrange(3 * 86_400)
    members = (ANNA, CARLA) if chance.random() < 0.6 else (ANNA,)
    sets = [_set(person, now, chance) for person in members]
    shared = len(members) > 1 or chance.random() < 0.3
    lives = HOME if chance.random() < 0.8 else None
    place = Place(KITCHEN if shared else PHONE, shared, lives, alone=len(members) == 1)
    caller = _caller(chance)
    here = Here(
        _switch(now, chance),
        chance.choice([DropInTerm.ON] * 6 + list(DropInTerm)),
        chance.random() < 0.05,
        chance.random() < 0.95,
    )
    blocked = chance.random() < 0.05
    facts = replace(gather(sets, place, caller, here, now), blocked=blocked)
    standing = asdict(facts.standing) | {"giver": b64(facts.standing.giver)}
    return {
        "name": name,
        "sets": [plain(each) for each in sets],
        "place": {
            "identity": b64(place.identity),
            "shared": place.shared,
            "household": None if place.household is None else b64(place.household),
            "alone": place.alone,
        },
        "caller": {
            "root": b64(caller.root),
            "identity": b64(caller.identity),
            "shared": caller.shared,
            "households": {b64(root): _sorted(signed) for root, signed in caller.households.items()},
        },
        "here": {
            "switch": here.switch
            and {
                "on": here.switch.on,
                "at": here.switch.at,
                "heard": {b64(root): version for root, version in here.switch.heard.items()},
            },
            "drop_in": here.drop_in,
            "microphone_off": here.microphone_off,
            "ready": here.ready,
        },
        "blocked": blocked,
        "now": now,
        "standing": standing,
        "term": facts.term,
        "quiet_by": _sorted(facts.quiet_by),
        "next_change": next_change(sets, place, caller, now),
        "decision": _written(decide(facts)),
        "along": {
            "by_itself": why_not_along(facts, let_in=False),
            "let_in": why_not_along(facts, let_in=True),
        },
    }


def _written(decision: Decision) -> Case:
    if isinstance(decision, Admit):
        return {"mode": decision.mode, "bounds": asdict(decision.bounds)}
    return {"reason": decision.reason}


def _sorted(keys: frozenset[bytes]) -> list[str]:
    return [b64(each) for each in sorted(keys)]


def _caller(chance: Random) -> Claim:
    households = {}
    if chance.random() < 0.5:
        households[BENS] = frozenset({BEN} if chance.random() < 0.8 else ())
    if chance.random() < 0.3:
        households[HOME] = frozenset({ANNA})
    root = chance.choice((BEN, BEN, BEN, DAN, ANNA, CARLA, BENS))
    return Claim(root, fixed("the caller's"), chance.random() < 0.3, households)


def _switch(now: int, chance: Random) -> Switch | None:
    if chance.random() < 0.6:
        return None
    heard = {person: chance.randrange(12) for person in (ANNA, CARLA) if chance.random() < 0.7}
    return Switch(chance.random() < 0.3, now - chance.randrange(40_000), heard)


def _set(person: bytes, now: int, chance: Random) -> Grants:
    version = chance.randrange(4, 12)
    return Grants(
        person=person,
        person_version=0,
        person_head=person,
        version=version,
        time=now - chance.choice((60, 60, 60, -5, -299, -301, -9 * 86_400, 5 * 86_400, 9 * 86_400)),
        grants=_grants(now, chance),
        home=chance.choice(list(HomeTerm)),
        devices=tuple(
            DeviceTerm(identity=identity, drop_in=chance.choice(list(DropInTerm)))
            for identity in sorted((PHONE, KITCHEN, HALL))
            if chance.random() < 0.1
        ),
        quiet=tuple(
            Quiet(identity=identity, on=chance.random() < 0.4, changed=chance.randrange(version))
            for identity in sorted((b"", PHONE, KITCHEN))
            if chance.random() < 0.2
        ),
        schedules=tuple(
            Schedule(
                devices=() if chance.random() < 0.5 else (KITCHEN,),
                days=chance.randrange(1, 128),
                begin=chance.randrange(0, 720),
                end=chance.randrange(720, 1440),
            )
            for _ in range(chance.choice((0, 0, 0, 1)))
        ),
        zone=chance.choice(("Europe/Madrid", "America/New_York", "Asia/Kathmandu", "Nowhere/Land")),
        frost=chance.randrange(3, 61),
        fresh_days=chance.choice((1, 7, 7, 30)),
        closed=chance.random() < 0.05,
        longest=chance.randrange(1, 481),
        silence=chance.choice((0, 10, 20)),
        chime=chance.choice((0, 5, 7)),
        signer=person,
        signature=bytes(64),
    )


def _grants(now: int, chance: Random) -> tuple[Grant, ...]:
    found = []
    for receiver, household in ((BEN, b""), (BEN, BENS), (DAN, b""), (CARLA, b"")):
        if chance.random() < 0.4:
            carer = not household and chance.random() < 0.3
            found.append(
                Grant(
                    receiver=receiver,
                    household=household,
                    mode=Mode.INSTANT if carer else chance.choice(list(Mode)),
                    carer=carer,
                    since=now - 20 * 86_400,
                    until=chance.choice((0, 0, now + 500, now, now - 1)),
                    hours=tuple(_window(chance) for _ in range(chance.choice((0, 0, 1, 2)))),
                    devices=chance.choice(((), (), (), (PHONE,), tuple(sorted((KITCHEN, HALL))))),
                )
            )
    return tuple(sorted(found, key=lambda each: (each.receiver, each.household)))


def _window(chance: Random) -> Hours:
    begin = chance.randrange(1440)
    return Hours(
        days=chance.randrange(1, 128), begin=begin, end=(begin + chance.randrange(60, 1400)) % 1440 or 1440
    )


# -- frost ------------------------------------------------------------------------------------------------------------


def _frost() -> Iterator[Case]:
    for seconds in (0, SHORTEST, 10, 60):
        for frame in ((640, 480), (480, 640), (1280, 720), (16, 12)):
            clock = Frost(seconds).begin(0)
            times = [max(seconds, SHORTEST) * part / 16 for part in range(-1, 18)]
            yield {
                "name": f"{seconds} s, {frame[0]} by {frame[1]}",
                "seconds": seconds,
                "frame": frame,
                "sizes": [[elapsed, clock.size(elapsed, frame)] for elapsed in times],
            }
