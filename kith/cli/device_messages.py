"""What a device says on the terminal about messages: that one has come, what it says as it is played, what became of
one that was sent from here."""

from typing import Any

from kith.cli.device_show import Lines, Show
from kith.core.problem import SENTENCES, Problem
from kith.core.trust.untrusted import SENTENCES as TRUST_SENTENCES
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint.endpoint import Endpoint
from kith.endpoint.message_kept import Conversation, Message
from kith.endpoint.message_sealing import AnotherIdentity

NOT_AVAILABLE = "its text is not available"


def _kind(details: dict[str, Any]) -> str:
    return "message" if details["seconds"] is None else f"voice message ({details['seconds']:.0f} s)"


def _said(details: dict[str, Any]) -> str:
    text = details["transcript"] if details["text"] is None else details["text"]
    return f"“{text}”" if text else NOT_AVAILABLE


def _doubts(details: dict[str, Any]) -> str:
    return " (from a device that has been signed out since)" if details["signed_out"] else ""


LINES: Lines = {
    "message": lambda d: (
        None if d["mine"] else f"✉  A {_kind(d)} from {d['name']}{_doubts(d)}. Say: play my messages."
    ),
    "playing": lambda d: f"✉  {d['name']}{_doubts(d)}, {_kind(d)}: {_said(d)}",
    "transcript": lambda d: None,
    "sent": lambda d: f"✉  Your {_kind(d)} to {d['name']} is sent.",
    "unsent": lambda d: f"✉  Your {_kind(d)} to {d['name']} was not sent. {d['sentence']}",
    "receipt": lambda d: f"✉  {d['name']} has {'read' if d['read'] else 'got'} what you sent.",
    "message_refused": lambda d: (
        f"✉  Something that was said to be from {d['name']} could not be confirmed. {d['sentence']}"
    ),
    "unreached": lambda d: None,
}


def report(endpoint: Endpoint, show: Show) -> None:
    """Everything a person in the room would notice of messages, as lines."""
    heard: dict[tuple[str, str], tuple[int, int]] = {}

    def came(message: Message, noticed: bool) -> None:  # an event's details
        show("message", {**about(message), "noticed": noticed})

    def receipt(conversation: Conversation) -> None:
        """Only of what was sent from here while this device runs, and only what is new."""
        at = conversation.person, conversation.other
        before = heard.get(at)
        heard[at] = conversation.delivered, conversation.read_by_them
        if before is not None and heard[at] != before:
            read = conversation.read_by_them > before[1]
            show("receipt", {"name": conversation.name, "read": read})

    def unsent(message: Message, cause: Exception) -> None:
        show("unsent", {**about(message), "sentence": _sentence(cause)})

    def refused(name: str, reason: Reason) -> None:
        show(
            "message_refused",
            {"name": name or "yourself", "reason": reason.value, "sentence": TRUST_SENTENCES[reason]},
        )

    endpoint.on("message", came)
    endpoint.on("playing", lambda message: show("playing", about(message)))
    endpoint.on("sent", lambda message: show("sent", about(message)))
    endpoint.on("unsent", unsent)
    endpoint.on("receipt", receipt)
    endpoint.on("message_refused", refused)
    endpoint.on("transcript", lambda message: show("transcript", {"message": message}))
    endpoint.on("unreached", lambda name: show("unreached", {"name": name}))


def about(message: Message) -> dict[str, Any]:
    """`seconds` is None for a text; `transcript` None where it is not available."""
    return {
        "message": message.id,
        "name": message.name,
        "mine": message.mine,
        "signed_out": message.signed_out,
        "text": message.text,
        "seconds": None if message.voice is None else message.voice.seconds,
        "transcript": message.transcript,
    }


def _sentence(cause: Exception) -> str:
    match cause:
        case Problem():
            return SENTENCES[cause.code]
        case Untrusted():
            return TRUST_SENTENCES[cause.reason]
        case AnotherIdentity():
            return "They have another identity than before. Ask them about it some other way."
    return "It cannot be sent."
