"""What a device says on the terminal about itself: light, screen and tones, its server, whose it is, and news."""

from collections.abc import Callable, Sequence
from typing import Any

from kith.cli.device_show import Lines, Show
from kith.core.trust.untrusted import SENTENCES as TRUST_SENTENCES
from kith.endpoint.circle import Progress, spaced
from kith.endpoint.endpoint import Endpoint
from kith.endpoint.news import sentence
from signaling.protocol import ActivityView

_LIGHTS = {
    "off": "○ off",
    "green": "● green",
    "green_pulse": "◉ green, pulsing",
    "blue": "● blue",
    "red": "● red",
    "yellow_pulse": "◉ yellow, pulsing",
}

_PAIRING: dict[str, Callable[[dict[str, Any]], str]] = {
    "digits": lambda d: f"pair    Do both show {spaced(d['digits'])}? Say yes or no.",
    "signed": lambda d: "pair    This device belongs to you now." if d["own"] else "pair    Confirmed.",
    "stopped": lambda d: f"pair    {d['sentence']} Say again to have other digits.",
}

LINES: Lines = {
    "signed_in": lambda d: "Signed in.",
    "away": lambda d: "The server cannot be reached; trying again.",
    "closed": lambda d: None,
    "quiet": lambda d: f"quiet   Do Not Disturb is {'on' if d['on'] else 'off'}.",
    "vibrate": lambda d: "buzz",
    "activity": lambda d: f"near    {', '.join(d['names'])}" if d["names"] else "near    nobody",
    "light": lambda d: f"light   {_LIGHTS[d['light']]}",
    "screen": lambda d: None if d["screen"] == "none" else f"screen  {d['screen'].replace('_', ' ')}",
    "indicator": lambda d: (
        f"live    microphone {'on' if d['audio'] else 'off'}, camera {'on' if d['video'] else 'off'}"
    ),
    "tone": lambda d: f"tone    ♪ {d['tone'].replace('_', ' ')}",
    "speak": lambda d: f"says    “{d['text']}”",
    "news": lambda d: f"news    {d['text']}" + (f" (and {d['more']} more)" if d["more"] else ""),
    "pairing": lambda d: _PAIRING[d["step"]](d),
}


def report(endpoint: Endpoint, show: Show) -> None:
    """Everything a person in the room would notice of the device itself, as lines."""
    endpoint.on("light", lambda light: show("light", {"light": light.value}))
    endpoint.on("screen", lambda screen: show("screen", {"screen": screen.value}))
    endpoint.on("indicator", lambda audio, video: show("indicator", {"audio": audio, "video": video}))
    endpoint.on("tone", lambda tone: show("tone", {"tone": tone.value}))
    endpoint.on("speak", lambda text: show("speak", {"text": text}))
    endpoint.on("signed_in", lambda: show("signed_in", {"endpoint": endpoint.enrolment.endpoint}))
    endpoint.on("away", lambda cause: show("away", {"cause": type(cause).__name__ if cause else ""}))
    endpoint.on("closed", lambda cause: show("closed", {"cause": type(cause).__name__ if cause else ""}))
    endpoint.on("pairing", lambda progress: show("pairing", _pairing(endpoint, progress)))
    endpoint.on("quiet", lambda on: show("quiet", {"on": on}))
    if endpoint.equipment.capabilities.screen:
        endpoint.on("activity", lambda views: show("activity", {"names": _near(endpoint, views)}))
    endpoint.on("vibrate", lambda: show("vibrate", {}))
    endpoint.on("news", lambda news: show("news", {"text": sentence(news[0]), "more": len(news) - 1}))


def _near(endpoint: Endpoint, views: Sequence[ActivityView]) -> list[str]:
    """Who was recently active, as they are called here."""
    names = {one.person: one.name for one in endpoint.directory.granted}
    return [names.get(view.person, "somebody at home") for view in views if view.recent]


def _pairing(endpoint: Endpoint, progress: Progress) -> dict[str, Any]:
    reason = progress.reason
    return {
        "step": progress.step,
        "digits": progress.digits,
        "own": progress.endpoint is None,
        "joined": endpoint.joined,
        "reason": None if reason is None else reason.value,
        "sentence": "" if reason is None else TRUST_SENTENCES[reason],
    }
