"""What a device says on the terminal about groups: who is in one, who speaks, and who else hears it."""

from typing import Any

from kith.cli.device_show import Lines, Show
from kith.core.trust.untrusted import SENTENCES as TRUST_SENTENCES
from kith.core.trust.untrusted import Reason
from kith.endpoint.decrees import PROCESSED
from kith.endpoint.endpoint import Endpoint
from kith.endpoint.group import Group
from policy.drop_in import SENTENCES as REFUSALS
from signaling.call import SENTENCES as END_SENTENCES
from signaling.call import EndReason
from signaling.protocol import MemberView


def _warned(details: dict[str, Any]) -> str:
    return "" if details["e2ee"] else f"\n        {PROCESSED}"


LINES: Lines = {
    "group_rings": lambda d: (
        f"☎  {d['name']} is calling you and others{' with video' if d['video'] else ''}: answer or decline?"
        + _warned(d)
    ),
    "group_answered": lambda d: "Answered." + _warned(d),
    "group_knocks": lambda d: (
        f"☞  {d['name']} and others would like to drop in: let them in, or not now?" + _warned(d)
    ),
    "group_drop_in": lambda d: f"☞  {d['name']} and others drop in." + _warned(d),
    "group_opens": lambda d: None,
    "group_refused": lambda d: f"log     {d['name']} and others could not drop in. {d['sentence']}",
    "group_member": lambda d: f"group   {d['member']} {d['what']}: {', '.join(d['members']) or 'nobody'}",
    "speaking": lambda d: f"speaks  {', '.join(d['names'])}" if d["names"] else None,
    "group_frame": lambda d: f"video   {d['member']}: {d['width']} by {d['height']}",
    "group_untrusted": lambda d: (
        f"Nothing was sent to {d['member']}, who could not be confirmed. {d['sentence']}"
    ),
    "group_ended": lambda d: END_SENTENCES[EndReason(d["reason"])],
}


def report(endpoint: Endpoint, show: Show) -> None:
    """Everything a person in the room would notice of a group, as lines."""
    pictured: set[tuple[str, str]] = set()

    def about(group: Group) -> dict[str, Any]:
        return {"group": group.id, "name": group.name, "video": group.view.video, "e2ee": group.e2ee}

    def frame(group: Group, member: MemberView, picture: Any) -> None:
        if (group.id, member.endpoint) not in pictured:
            pictured.intersection_update({one for one in pictured if one[0] == group.id})
            pictured.add((group.id, member.endpoint))
            size = {"width": picture.width, "height": picture.height}
            show("group_frame", {"group": group.id, "member": called(member), **size})

    def untrusted(group: Group, member: MemberView | None, reason: Reason) -> None:
        who = "the group" if member is None else called(member)
        sentence = TRUST_SENTENCES[reason]
        show("group_untrusted", {**about(group), "member": who, "reason": reason.value, "sentence": sentence})

    for event in ("group_rings", "group_answered", "group_knocks", "group_drop_in", "group_opens"):
        endpoint.on(event, lambda group, event=event: show(event, about(group)))
    endpoint.on(
        "group_member",
        lambda group, member, what: show(
            "group_member",
            {
                **about(group),
                "member": called(member),
                "what": what,
                "members": [called(one) for one in group.members],
            },
        ),
    )
    endpoint.on(
        "speaking",
        lambda group, members: show(
            "speaking", {"group": group.id, "names": [called(one) for one in members]}
        ),
    )
    endpoint.on(
        "group_refused",
        lambda view, reason: show(
            "group_refused",
            {
                "group": view.id,
                "name": view.started_by.name,
                "reason": reason.value,
                "sentence": REFUSALS[reason],
            },
        ),
    )
    endpoint.on("group_frame", frame)
    endpoint.on("group_untrusted", untrusted)
    endpoint.on(
        "group_ended", lambda group, reason: show("group_ended", {**about(group), "reason": reason.value})
    )


def called(member: MemberView) -> str:
    """A person by their name, a room by its own."""
    return member.name if member.person is not None else member.device
