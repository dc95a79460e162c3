"""What a call or a group that is over leaves in the histories of those who were in it. Pure."""

from collections.abc import Mapping

from kith.core.ids import EndpointId, PersonId
from signaling import protocol as wire
from signaling.call import Acceptance, Call, CallKind, EndReason, Role
from signaling.group import Group, Place, PlaceState
from signaling.past import Past
from signaling.views import Faces

_UNANSWERED: Mapping[EndReason, wire.HistoryOutcome] = {
    EndReason.DECLINED: "declined",
    EndReason.BUSY: "busy",
    EndReason.NO_ANSWER: "no_answer",
    EndReason.CANCELLED: "cancelled",
    EndReason.NOT_LET_IN: "not_let_in",
}

_PLACES: Mapping[PlaceState, wire.HistoryOutcome] = {
    PlaceState.JOINED: "done",
    PlaceState.LEFT: "done",
    PlaceState.REMOVED: "done",
    PlaceState.DECLINED: "declined",
    PlaceState.NO_ANSWER: "missed",
    PlaceState.RINGING: "missed",
}


def entries_of_call(call: Call, faces: Faces) -> list[Past]:
    """Of the caller, and of the person called unless nobody there was to hear of it. None before it is over."""
    if not call.over:
        return []
    return [
        _outgoing(call, faces),
        *([] if call.callee_person is None or call.silent else _incoming(call, faces)),
    ]


def _outgoing(call: Call, faces: Faces) -> Past:
    person = call.callee_person if call.target == call.callee_person else None
    called = faces.endpoints.get(EndpointId(call.target))
    name = faces.people.get(person, "") if person is not None else "" if called is None else called.name
    return Past(
        person=call.caller_person,
        kind=call.kind.value,
        outgoing=True,
        outcome=_outcome(call),
        at=call.created,
        other=call.target,
        name=name,
        ref=call.id,
        endpoint=call.caller,
        device=_device(call.caller, faces),
        seconds=_seconds(call),
    )


def _incoming(call: Call, faces: Faces) -> list[Past]:
    """A call to one device was for whoever stood there: it is in the history of its person where one of theirs."""
    person = call.callee_person
    at = call.winner or _declined_at(call)
    endpoint = None if at is None else faces.endpoints.get(at)
    others = call.target != person and (at is None or endpoint is None or endpoint.shared)
    if person is None or others or person == call.caller_person:
        return []
    outcome = _outcome(call)
    if call.winner is None and outcome != "declined":
        outcome = "missed" if call.kind is CallKind.CALL else "not_let_in"
    return [
        Past(
            person=person,
            kind=call.kind.value,
            outgoing=False,
            outcome=outcome,
            at=call.created,
            other=call.caller_person,
            name=faces.people.get(call.caller_person, ""),
            ref=call.id,
            endpoint=at,
            device="" if at is None else _device(at, faces),
            seconds=_seconds(call),
        )
    ]


def _outcome(call: Call) -> wire.HistoryOutcome:
    if call.answered is not None:
        return "failed" if call.reason is EndReason.CONNECT_FAILED else "done"
    return _UNANSWERED.get(call.reason or EndReason.NO_ANSWER, "no_answer")


def _seconds(call: Call) -> float:
    return 0.0 if call.answered is None or call.ended is None else max(0.0, call.ended - call.answered)


def _declined_at(call: Call) -> EndpointId | None:
    said_no = [
        one.endpoint
        for one in call.legs.values()
        if one.role is Role.CALLEE and one.acceptance is Acceptance.DECLINED
    ]
    return next(iter(said_no), None)


def _device(endpoint: EndpointId, faces: Faces) -> str:
    face = faces.endpoints.get(endpoint)
    return "" if face is None else face.name


def entries_of_group(group: Group, faces: Faces, seats: Mapping[str, EndpointId]) -> list[Past]:
    """Of whoever started it, and of each person who was asked and could hear of it. `seats` is at which endpoint
    somebody took part, by the target of their place. None before it is over."""
    if not group.over:
        return []
    starter = group.starting_place
    asked = [one for one in group.places.values() if one.asked]
    entries = [_in_group(group, one, starter, faces, seats) for one in asked if one.person == one.target]
    if starter.person is not None:
        first = asked[0] if asked else starter
        entries.insert(0, _in_group(group, starter, first, faces, seats))
    return [one for one in entries if one is not None]


def _in_group(
    group: Group, place: Place, other: Place, faces: Faces, seats: Mapping[str, EndpointId]
) -> Past | None:
    if place.person is None or (place.silent and place.asked):
        return None
    own = place.target == group.home
    seat = seats.get(place.target)
    face = faces.endpoints.get(EndpointId(other.target))
    name = faces.people.get(PersonId(other.person or ""), "") if face is None else face.name
    done: wire.HistoryOutcome = "done" if group.answered is not None else "no_answer"
    took_part = seat is not None and group.answered is not None and group.ended is not None
    return Past(
        person=place.person,
        kind="group" if group.kind is CallKind.CALL else "drop_in",
        outgoing=own,
        outcome=done if own else _PLACES[place.state],
        at=group.created,
        other=other.person or other.target,
        name=name,
        ref=group.id,
        endpoint=seat,
        device="" if seat is None else _device(seat, faces),
        seconds=(group.ended or 0.0) - (group.answered or 0.0) if took_part else 0.0,
    )
