"""What a device says on the terminal about calls and drop ins."""

from typing import Any

from kith.cli.device_show import Lines, Show
from kith.core.trust.untrusted import SENTENCES as TRUST_SENTENCES
from kith.endpoint.call import Call
from kith.endpoint.endpoint import Endpoint
from policy.drop_in import SENTENCES as REFUSALS
from signaling.call import SENTENCES as END_SENTENCES
from signaling.call import EndReason

LINES: Lines = {
    "ringing": lambda d: (
        f"☎  {d['name']} is calling{' with video' if d['video'] else ''}: answer or decline?"
    ),
    "calling": lambda d: f"☎  Calling {d['name']} ...",
    "answered": lambda d: "Answered.",
    "connected": lambda d: f"In a call with {d['name']}.",
    "ended": lambda d: END_SENTENCES[EndReason(d["reason"])],
    "peer_indicated": lambda d: (
        f"peer    microphone {'on' if d['audio'] else 'off'}, camera {'on' if d['video'] else 'off'}"
    ),
    "frame": lambda d: f"video   {d['width']} by {d['height']}",
    "knock": lambda d: f"☞  {d['name']} would like to drop in: let them in, or not now?",
    "drop_in": lambda d: f"☞  {d['name']} drops in.",
    "opens": lambda d: None,
    "refused": lambda d: f"log     {d['name']} could not drop in. {d['sentence']}",
    "silenced": lambda d: None,
    "elsewhere": lambda d: (
        f"☎  In a call with {d['name']} on {d['at']}: continue here?" if d["name"] else None
    ),
    "untrusted": lambda d: f"Nothing was sent: {d['name']} could not be confirmed. {d['sentence']}",
    "identity_changed": lambda d: (
        f"{d['name']} has another identity than before. Ask them about it some other way; nothing is sent to them."
    ),
}


def report(endpoint: Endpoint, show: Show) -> None:
    """Everything a person in the room would notice of a call, as lines."""
    pictured: set[str] = set()

    def about(call: Call) -> dict[str, Any]:
        return {"call": call.id, "name": call.peer_name, "video": call.view.video}

    def frame(call: Call, picture: Any) -> None:
        if call.id not in pictured:
            pictured.clear()
            pictured.add(call.id)
            show("frame", {"call": call.id, "width": picture.width, "height": picture.height})

    for event in ("ringing", "calling", "answered", "connected", "knock", "drop_in", "opens"):
        endpoint.on(event, lambda call, event=event: show(event, about(call)))
    endpoint.on("ended", lambda call, reason: show("ended", {**about(call), "reason": reason.value}))
    endpoint.on(
        "peer_indicated",
        lambda call, said: show(
            "peer_indicated",
            {
                "call": call.id,
                "audio": said.audio,
                "video": said.video,
                "hardware_muted": said.hardware_muted,
            },
        ),
    )
    endpoint.on(
        "elsewhere",
        lambda calls: show(
            "elsewhere", {"name": calls[0].name if calls else "", "at": calls[0].at if calls else ""}
        ),
    )
    endpoint.on(
        "untrusted",
        lambda call, reason: show(
            "untrusted", {**about(call), "reason": reason.value, "sentence": TRUST_SENTENCES[reason]}
        ),
    )
    endpoint.on("identity_changed", lambda call: show("identity_changed", about(call)))
    endpoint.on("frame", frame)
    endpoint.on(
        "refused",
        lambda view, reason: show(
            "refused",
            {
                "call": view.id,
                "name": view.peer_name,
                "reason": reason.value,
                "sentence": REFUSALS[reason],
            },
        ),
    )
    endpoint.on("silenced", lambda view: show("silenced", {"call": view.id, "name": view.peer_name}))
