"""What goes on at an endpoint: one call or one group, never two of them, and what is shown of it."""

from collections.abc import Awaitable
from typing import Protocol

from kith.core.trust.session import Kind
from kith.endpoint.equipment import Equipment
from signaling.call import EndReason


class Going(Protocol):
    """A call or a group, as far as a person in the room is concerned."""

    muted: bool
    opening: bool
    taken: bool
    was_answered: bool
    reason: EndReason | None

    @property
    def kind(self) -> Kind: ...

    @property
    def incoming(self) -> bool: ...

    @property
    def ringing(self) -> bool: ...

    @property
    def held(self) -> bool: ...

    @property
    def silent(self) -> bool:
        """Whether no tone says that it rings."""

    def answer(self, *, video: bool = True) -> Awaitable[None]: ...

    def decline(self) -> Awaitable[None]: ...

    def hang_up(self) -> Awaitable[None]: ...

    def mute(self, on: bool = True) -> None: ...  # noqa: FBT001, FBT002 - reads as it is said: mute()

    def video(self, on: bool) -> None: ...  # noqa: FBT001 - reads as it is said

    def switched(self) -> None: ...


class NoCall(Exception):
    """There is no call to do this to."""


class InCall(Exception):
    """One call at a time."""


class Stand(Protocol):
    def show(self, going: Going | None) -> None: ...


class Floor:
    """`presentation` shows what there is."""

    def __init__(self, equipment: Equipment, presentation: Stand) -> None:
        self._equipment = equipment
        self._presentation = presentation
        self.holder: Going | None = None

    @property
    def some(self) -> Going:
        """What goes on. Raises NoCall where nothing does."""
        if self.holder is None:
            raise NoCall("there is no call")
        return self.holder

    def require_free(self) -> None:
        """Raises InCall unless nothing goes on."""
        if self.holder is not None:
            raise InCall("there is a call already")

    def show(self) -> None:
        """Make light, screen and tones agree with what goes on."""
        going = self.holder
        if going is not None and going.opening and not going.held and self._equipment.voice.live:
            going.opening = False  # from here on the indicator follows what is captured
        self._presentation.show(going)

    def switched(self) -> None:
        """A switch of the equipment was turned."""
        if self.holder is not None:
            self.holder.switched()
        self.show()
