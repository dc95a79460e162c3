"""The messages by which it is told who was recently active: yes or no, and nothing else. Pure."""

from typing import Annotated, Literal

from msgspec import Meta

from signaling.protocol.envelope import Command, Event, Part

ActivityOf = Annotated[
    str,
    Meta(
        pattern=r"^(p_[0-9a-z]{20}|home)$",
        max_length=22,
        description="A person, or `home` for the shared devices of the own household.",
    ),
]


class ActivityView(Part, frozen=True, kw_only=True):
    """Whether somebody was recently active. `recent` is false as well for whoever does not want to be seen."""

    person: ActivityOf
    recent: bool


class Touch(Command, frozen=True, kw_only=True, tag="touch"):
    """Somebody is at this endpoint: they used it, or it saw something move."""

    kind: Literal["interaction", "motion"]


class Activity(Event, frozen=True, kw_only=True, tag="activity"):
    """Of all on whom one may drop in; it replaces the old list. It turns at whole minutes, or with whom it is about."""

    activity: tuple[ActivityView, ...]
