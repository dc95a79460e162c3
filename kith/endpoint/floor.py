"""What goes on at an endpoint: one call or one group, never two of them, and what is shown of it."""

from typing import Protocol

from kith.endpoint.equipment import Equipment
from kith.endpoint.going import Going


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
