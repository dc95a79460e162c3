"""What is heard of a group: all others as one sound in the speaker, and who of them speaks."""

from collections.abc import Callable

from kith.endpoint.group_speaking import Speaking
from kith.endpoint.playback import Playback
from media.tones import Samples


class Hearing:
    """`pull` gives the next 20 ms of everybody, telling `note` of each first; `heard` and `speaking` are told what is
    played, and who speaks where that is another one than before."""

    def __init__(
        self,
        playback: Playback,
        pull: Callable[[float], Samples | None],
        *,
        heard: Callable[[Samples], None],
        speaking: Callable[[frozenset[str]], None],
    ) -> None:
        self._playback = playback
        self._pull = pull
        self._heard = heard
        self._told = speaking
        self._speaking = Speaking()
        self._plays = False

    def start(self) -> None:
        if not self._plays:
            self._plays = True
            self._playback.voice(self._next)

    def stop(self) -> None:
        self._plays = False
        self._playback.voice(None)

    def note(self, endpoint: str, samples: Samples, now: float) -> None:
        """20 ms of one member's voice."""
        self._speaking.note(endpoint, samples, now)

    def forget(self, endpoint: str) -> None:
        """They have left."""
        self._speaking.forget(endpoint)

    def _next(self, now: float) -> Samples | None:
        samples = self._pull(now)
        if (speaking := self._speaking.changed(now)) is not None:
            self._told(speaking)
        if samples is not None:
            self._heard(samples)
        return samples
