"""Real endpoints in the test's own process, watched: what happened to them, what they hear and see."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, Unpack

import numpy as np
from av import VideoFrame

from kith import Endpoint
from kith.core.trust.history import Known
from kith.endpoint.call import Call
from kith.endpoint.equipment import Parts, capabilities_of
from kith.endpoint.group import Group
from kith.endpoint.home import Enrolment, Home
from kith.endpoint.pairing import pair_at_home
from media.tones import RATE, Samples
from signaling.protocol import MemberView
from tests.support import signing
from tests.support.server import Joined, RunningServer
from tests.support.sound import tones

T = TypeVar("T")

GENEROUS = 20.0
EVENTS = (
    *("signed_in", "away", "closed"),
    *("ringing", "calling", "answered", "connected", "changed", "ended", "peer_indicated", "elsewhere"),
    *("directory", "books", "pairing", "identity_changed", "untrusted"),
    *("knock", "drop_in", "opens", "refused", "quiet", "silenced", "granted", "heard", "vibrate"),
    *("light", "screen", "indicator", "tone", "speak"),
    *("group_rings", "group_answered", "group_member", "group_knocks", "group_drop_in", "group_opens"),
    *("group_refused", "group_untrusted", "group_ended", "speaking"),
    *("announcement", "announcement_over", "announcement_unplayed"),
    *("message", "sending", "sent", "past", "unsent", "receipt", "conversation", "message_refused"),
    *("transcript", "unreached"),
)
Happened = tuple[float, str, tuple[Any, ...]]


class Clock:
    """A device's own; it can be set."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class Watched:
    """An endpoint, its history, and the last second of sound that reached it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.history: list[Happened] = []
        self.frames = 0
        self._sound: list[Samples] = []
        self._grown = asyncio.Event()
        for event in EVENTS:
            endpoint.on(event, lambda *details, event=event: self._note(event, details))
        endpoint.on("audio", self._hear)
        endpoint.on("frame", self._see)
        endpoint.on("group_audio", lambda group, samples: self._hear(None, samples))
        endpoint.on("group", lambda group: self.wake())
        endpoint.on("group_frame", self._see_member)
        self.pictures: dict[str, int] = {}
        """Frames of each member of a group, by endpoint."""

    @property
    def group(self) -> Group:
        group = self.endpoint.group
        assert group is not None, "there is no group"
        return group

    @property
    def call(self) -> Call:
        call = self.endpoint.current
        assert call is not None, "there is no call"
        return call

    def times(self, event: str) -> list[float]:
        return [at for at, name, _ in self.history if name == event]

    def details(self, event: str) -> list[tuple[Any, ...]]:
        return [details for _, name, details in self.history if name == event]

    async def until(self, event: str, *wanted: Any, after: float = 0.0) -> Happened:
        """The first such event after a time; `wanted` are its last details."""

        def found() -> Happened | None:
            return next(
                (
                    one
                    for one in self.history
                    if one[0] >= after
                    and one[1] == event
                    and (not wanted or one[2][-len(wanted) :] == wanted)
                ),
                None,
            )

        return await self._wait(found, f"{event} {wanted}")

    async def until_progress(self, step: str) -> Happened:
        """The first event of a pairing in which this is said."""

        def found() -> Happened | None:
            return next((one for one in self.history if one[1] == "pairing" and one[2][0].step == step), None)

        return await self._wait(found, f"pairing: {step}")

    async def until_true(self, test: Callable[[], bool], what: str) -> None:
        """Wait for something that some event, sound or frame brings about."""
        await self._wait(lambda: True if test() else None, what)

    async def opted_in(self) -> None:
        """Wait until all who have a say here want features for which the server decrypts, by what it holds itself."""
        sets = self.endpoint.reach.sets
        goes_by = sets._changed

        def changed() -> None:
            goes_by()
            self.wake()

        sets._changed = changed
        await self.until_true(lambda: sets.enhanced, "everybody has opted in")

    async def hears(self, hertz: float) -> None:
        """Wait until the last half second is mostly a tone of this frequency."""
        self._sound.clear()
        await self.until_true(lambda: abs(self._loudest() - hertz) < 6, f"{hertz} Hz")

    async def hears_only(self, *hertz: float, among: Collection[float]) -> None:
        """Wait until these, and no others `among` the tones that there are, are what comes in."""
        self._sound.clear()

        def heard() -> bool:
            recent = self._sound[-25:]
            return len(recent) == 25 and tones(np.concatenate(recent), among) == set(hertz)

        await self.until_true(heard, f"{hertz} Hz and nothing else")

    async def sees(self, frames: int) -> None:
        """Wait for this many more frames of video."""
        enough = self.frames + frames
        await self.until_true(lambda: self.frames >= enough, f"{frames} frames")

    async def heard_nothing_for(self, seconds: float) -> bool:
        """Whether no sound at all comes in for a time. (Concealment of what came before dies away first.)"""
        await asyncio.sleep(0.4)
        self._sound.clear()
        await asyncio.sleep(seconds)
        return not self._sound

    def wake(self) -> None:
        """Something that is waited for has changed, of which the endpoint tells nothing."""
        self._grown.set()

    def _loudest(self) -> float:
        recent = self._sound[-25:]
        if len(recent) < 25:
            return -1.0
        sound = np.concatenate(recent)
        spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
        return float(np.argmax(spectrum) * RATE / len(sound)) if spectrum.max() > 1e5 else -1.0

    def _note(self, event: str, details: tuple[Any, ...]) -> None:
        self.history.append((asyncio.get_running_loop().time(), event, details))
        self._grown.set()

    def _see_member(self, group: Group, member: MemberView, frame: VideoFrame) -> None:
        self.pictures[member.endpoint] = self.pictures.get(member.endpoint, 0) + 1
        self._grown.set()

    def _hear(self, call: Call | None, samples: Samples) -> None:
        self._sound.append(samples)
        del self._sound[:-50]
        self._grown.set()

    def _see(self, call: Call, frame: VideoFrame) -> None:
        self.frames += 1
        self._grown.set()

    async def _wait(self, found: Callable[[], T | None], what: str) -> T:
        try:
            async with asyncio.timeout(GENEROUS):
                while (result := found()) is None:
                    self._grown.clear()
                    await self._grown.wait()
        except TimeoutError:
            raise AssertionError(f"never came: {what}; what did: {self.history}") from None
        return result


@asynccontextmanager
async def endpoint_of(
    server: RunningServer,
    person: Joined,
    name: str,
    home: Path,
    *,
    shared: bool = False,
    relay_only: bool = False,
    clock: Callable[[], float] = time.time,
    **parts: Unpack[Parts],
) -> AsyncIterator[Watched]:
    """A new endpoint of a person (or shared by their household), paired over the wire, signed for and signed in."""
    code = await server.pairing(person, shared=shared)
    chosen: Parts = {**DEFAULTS, **parts}
    place = Home(home / name)
    await pair_at_home(
        place,
        server.url,
        code,
        name=name,
        capabilities=capabilities_of(chosen),
        ca=server.ca,
        ca_fingerprint=None,
        trust_server=False,
    )
    await signing.vouch(server, person, place, shared=shared)
    endpoint = await Endpoint.open(place.path, relay_only=relay_only, clock=clock, **chosen)
    watched = Watched(endpoint)
    async with endpoint:
        yield watched


DEFAULTS: Parts = {"microphone": "silence", "speaker": "null", "camera": "none", "screen": False}


async def settled_in(server: RunningServer, joined: Joined, place: Home) -> Home:
    """The state directory of an endpoint that was enrolled by a test, whose person began their chain with it."""
    chain = await signing.begin(server, joined)
    assert joined.person is not None
    place.path.mkdir(parents=True, exist_ok=True)
    (place.path / "key").write_bytes(joined.keys.private_bytes())
    place.save(
        Enrolment(
            server=server.url,
            server_key=await server.key(),
            endpoint=joined.endpoint,
            name=joined.name,
            household=joined.household,
            person=joined.person,
        )
    )
    if server.ca is not None:
        place.copy_authority(server.ca)
    known = Known(chain.root, chain.point.version, chain.point.head)
    place.remember(place.memory().with_person(joined.person, known, None))
    return place


@asynccontextmanager
async def phone_of(
    server: RunningServer,
    joined: Joined,
    home: Path,
    *,
    clock: Callable[[], float] = time.time,
    **parts: Unpack[Parts],
) -> AsyncIterator[Watched]:
    """The very endpoint with which a person joined, signed in."""
    place = await settled_in(server, joined, Home(home / f"{joined.name}'s phone"))
    chosen: Parts = {**DEFAULTS, **parts}
    watched = Watched(await Endpoint.open(place.path, clock=clock, **chosen))
    async with watched.endpoint:
        yield watched
