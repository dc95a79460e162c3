"""What a device says on the terminal about a group."""

from types import SimpleNamespace
from typing import Any, cast

from pyee.base import EventEmitter

from kith.cli.device_groups import LINES, report
from kith.core.trust.untrusted import Reason as Doubt
from kith.endpoint.decrees import PROCESSED
from kith.endpoint.endpoint import Endpoint
from policy.drop_in import Reason
from signaling.call import EndReason


def said(*, e2ee: bool) -> list[str]:
    """Every line that a group of Anna, with a kitchen in it, brings about."""
    lines: list[str] = []

    def show(event: str, details: dict[str, Any]) -> None:
        line = LINES[event](details)
        if line:
            lines.append(line)

    kitchen = SimpleNamespace(endpoint="e_1", person=None, name="Home", device="Kitchen")
    group = SimpleNamespace(
        id="c_1", name="Anna", view=SimpleNamespace(video=False), e2ee=e2ee, members=(kitchen,)
    )
    view = SimpleNamespace(id="c_1", started_by=SimpleNamespace(name="Anna"))
    endpoint = EventEmitter()
    report(cast("Endpoint", endpoint), show)
    for event in ("group_rings", "group_answered", "group_knocks", "group_drop_in", "group_opens"):
        endpoint.emit(event, group)
    endpoint.emit("group_member", group, kitchen, "joined")
    endpoint.emit("speaking", group, (kitchen,))
    for _ in range(3):
        endpoint.emit("group_frame", group, kitchen, SimpleNamespace(width=640, height=360))
    endpoint.emit("group_refused", view, Reason.QUIET)
    endpoint.emit("group_untrusted", group, kitchen, Doubt.FORKED)
    endpoint.emit("group_ended", group, EndReason.REMOVED)
    return lines


def test_each_thing_that_happens_has_its_line_and_a_picture_has_one() -> None:
    lines = said(e2ee=True)
    assert len(lines) == 10 and not any(PROCESSED in line for line in lines)
    assert "group   Kitchen joined: Kitchen" in lines and "speaks  Kitchen" in lines
    assert "video   Kitchen: 640 by 360" in lines


def test_before_and_when_it_begins_it_says_who_else_hears_it() -> None:
    assert sum(PROCESSED in line for line in said(e2ee=False)) == 4
