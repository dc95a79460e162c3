"""What a device says on the terminal about announcements: who says what to everybody, and why one stayed silent."""

from typing import Any

from kith.cli.device_show import Lines, Show
from kith.endpoint.announce_hearing import HeardAnnouncement, Unplayed
from kith.endpoint.endpoint import Endpoint

_WHY = {
    Unplayed.QUIET: "Do Not Disturb is on.",
    Unplayed.BUSY: "There is a call.",
    Unplayed.LATE: "It came too late.",
    Unplayed.UNTRUSTED: "Nobody at home has signed it.",
    Unplayed.UNREADABLE: "It cannot be played.",
}


def _quoted(text: str | None) -> str:
    return "" if text is None else f" “{text}”"


LINES: Lines = {
    "announcement": lambda d: f"♬  {d['name']} announces{_quoted(d['text'])}: reply, or drop in back?",
    "announcement_over": lambda d: None,
    "announcement_unplayed": lambda d: (
        f"log     An announcement of {d['name']} was not played. {d['sentence']}"
    ),
}


def report(endpoint: Endpoint, show: Show) -> None:
    """As lines, whatever a person in the room would notice."""

    def about(heard: HeardAnnouncement) -> dict[str, Any]:
        return {
            "name": heard.name,
            "device": heard.device,
            "text": heard.text,
            "seconds": round(heard.seconds, 1),
        }

    for event in ("announcement", "announcement_over"):
        endpoint.on(event, lambda heard, event=event: show(event, about(heard)))
    endpoint.on(
        "announcement_unplayed",
        lambda name, why: show(
            "announcement_unplayed", {"name": name, "why": why.value, "sentence": _WHY[why]}
        ),
    )
