"""What a history is made of. Pure."""

from dataclasses import dataclass

from kith.core.ids import EndpointId, PersonId
from signaling import protocol as wire


@dataclass(frozen=True, slots=True)
class Past:
    """What happened to `person`. `other` is with whom, a person's or an endpoint's id, and `name` what they were called
    then; `endpoint` the own one, None where none took part, and `device` its name; `ref` the call or message."""

    person: PersonId
    kind: wire.HistoryKind
    outgoing: bool
    outcome: wire.HistoryOutcome
    at: float
    other: str | None
    name: str
    ref: str
    endpoint: EndpointId | None = None
    device: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry with its number. A later one has a higher number."""

    number: int
    past: Past


@dataclass(frozen=True, slots=True)
class Which:
    """Some of a history: what fits all that is not None. `since` up to but not including `until`."""

    entry: int | None = None
    endpoint: EndpointId | None = None
    since: float | None = None
    until: float | None = None
