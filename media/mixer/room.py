"""One room: who sits in it, who talks, and what each of them hears in a tick."""

import numpy as np
from numpy.typing import NDArray

from media.mixer.encoding import Encoding
from media.mixer.mixes import Mix, plan
from media.mixer.seat import Seat
from media.opus import Samples

Sum = NDArray[np.int32]


class Room:
    """A room of any number of seats. With two nothing is decoded: each hears the other's packets as they are."""

    def __init__(self) -> None:
        self.seats: dict[str, Seat] = {}
        self.talkers: set[Seat] = set()
        self._plan: tuple[tuple[Mix[Seat], Encoding], ...] = ()
        self._main = Encoding()
        self._own: dict[Seat, Encoding] = {}
        self._stale = True

    # -- who is here ---------------------------------------------------------------------------------------

    def enter(self, seat: Seat) -> None:
        """A seat with this name leaves first."""
        self.leave(seat.name)
        self.seats[seat.name] = seat
        self._pair()

    def leave(self, name: str) -> None:
        seat = self.seats.pop(name, None)
        if seat is not None:
            self.talkers.discard(seat)
            seat.partner = None
            self._pair()

    def _pair(self) -> None:
        self._stale = True
        both = tuple(self.seats.values())
        for seat in both:
            other = next((one for one in both if one is not seat), None) if len(both) == 2 else None
            if seat.partner is not other:
                seat.partner = other
                seat.voice.pause()

    def opened(self, seat: Seat) -> None:
        self.talkers.add(seat)
        self._stale = True

    def changed(self) -> None:
        self._stale = True

    # -- one tick ------------------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Everybody's next packet. What came until now has been taken already."""
        for seat in [seat for seat in self.talkers if seat.tire()]:
            self.talkers.discard(seat)
            self._stale = True
        if len(self.seats) == 2:
            return
        voices = self._voices(now)
        if self._stale:
            self._replan()
        everything = _add(list(voices.values()))
        for mix, encoding in self._plan:
            payload = encoding.encode(_heard(mix, voices, everything), careful=mix.careful)
            for seat in mix.listeners:
                seat.send(payload)

    def _voices(self, now: float) -> dict[Seat, Samples]:
        voices = {}
        for seat in tuple(self.seats.values()):
            if seat.measured or seat in self.talkers:
                samples = seat.pull(now)
                if samples is not None:
                    voices[seat] = samples
        return voices

    def _replan(self) -> None:
        """Who begins to talk takes the listeners' encoder along, who stops goes back to it."""
        self._stale = False
        shared = bool(self._plan) and self._plan[0][0].without is None
        for seat in [seat for seat in self._own if seat not in self.talkers]:
            former = self._own.pop(seat)
            if not shared and seat in self.seats.values():
                self._main, shared = former, True
        for seat in self.talkers:
            if seat not in self._own:
                self._own[seat] = self._main.fork()
        lossy = {seat for seat in self.seats.values() if seat.lossy}
        mixes = plan(tuple(self.seats.values()), self.talkers, lossy)
        self._plan = tuple(
            (mix, self._main if mix.without is None else self._own[mix.without]) for mix in mixes
        )


def _add(voices: list[Samples]) -> Sum | Samples | None:
    """All voices together, which may pass 16 bits; None if there is none."""
    if len(voices) < 2:
        return voices[0] if voices else None
    total: Sum = np.add(voices[0], voices[1], dtype=np.int32)
    for voice in voices[2:]:
        total += voice
    return total


def _heard(
    mix: Mix[Seat], voices: dict[Seat, Samples], everything: Sum | Samples | None
) -> Sum | Samples | None:
    """What this mix is made of now."""
    own = None if mix.without is None else voices.get(mix.without)
    if own is None or everything is None:
        return everything
    if len(voices) == 1:
        return None
    if len(voices) == 2:
        return next(voice for seat, voice in voices.items() if seat is not mix.without)
    without: Sum = everything - own
    return without
