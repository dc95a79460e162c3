"""What goes on at an endpoint, be it a call or a group: what is alike in both for the people in the room.

The law of this file

    It ends once, here and at once. What the server is told of that comes after, and changes nothing about it.
    That the server knows nothing of it any more is an end like any other, which whoever says goodbye need not hear of.
    Nobody takes part whom no person here, or no grant of theirs, wants there (`taken`, `by_itself`).
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Protocol

from kith.core.problem import Code, Problem
from kith.core.trust.session import Kind
from kith.endpoint.dialling import Unreachable
from kith.endpoint.errands import Errands
from signaling.call import EndReason
from signaling.protocol import AnyReply, Command, WhyOut

ENDED: Mapping[WhyOut, EndReason] = {
    "done": EndReason.HUNG_UP,
    "silence": EndReason.SILENCE,
    "not_let_in": EndReason.NOT_LET_IN,
}

GOODBYE = 2.0
"""Seconds in which an endpoint that closes says that it goes. The server finds out by itself a little later."""

_GONE = frozenset({Code.UNKNOWN_CALL, Code.CALL_OVER})


class Line(Protocol):
    """The way to the server."""

    async def request(self, command: Command) -> AnyReply: ...


class Going(ABC):
    """`what` names it in the log; `rang`: it came here, else a person here began it, or goes on with it here."""

    def __init__(self, line: Line, what: str, kind: Kind, *, rang: bool) -> None:
        self.kind = kind
        """What a person here began, or what rang here: it never becomes another."""
        self.muted = False
        self.video_on = True
        self.reason: EndReason | None = None
        """Why it ended; None while it lasts."""
        self.by_itself = False
        """Whether the endpoint has answered by itself, as a drop in may let it."""
        self.opening = False
        """Whether microphone and camera of a drop in are about to open: its tone sounds, and its light is lit."""
        self.was_answered = False
        """Whether the endpoint has noticed that it was answered."""
        self.taken = not rang
        """Whether a person here wants it: they began it, answered it or go on with it here."""
        self.placing: str | None = None
        """Id of the command that begins it, until the server has said that it knows of it."""
        self._rang = rang
        self._line = line
        self._errands = Errands(what)
        self._spawn = self._errands.spawn
        self._ended = asyncio.Event()

    # -- what it is -----------------------------------------------------------------------------------

    @property
    @abstractmethod
    def incoming(self) -> bool: ...

    @property
    @abstractmethod
    def ringing(self) -> bool:
        """Here, or, for who began it, there."""

    @property
    @abstractmethod
    def held(self) -> bool:
        """Whether it is a drop in here that nothing has left for yet, and nothing has been heard of."""

    @property
    @abstractmethod
    def silent(self) -> bool:
        """Whether no tone says that it rings there."""

    async def ended(self) -> EndReason:
        """Wait for the end."""
        await self._ended.wait()
        assert self.reason is not None
        return self.reason

    async def settled(self) -> None:
        """Wait until everything that was begun for it is done."""
        await self._errands.settled()

    # -- what a person does ---------------------------------------------------------------------------

    @abstractmethod
    async def answer(self, *, video: bool = True, by_itself: bool = False) -> None: ...

    @abstractmethod
    async def decline(self) -> None: ...

    async def hang_up(self, why: WhyOut = "done") -> None:
        """Take part no more, here at once and for the others as soon as the server hears of it."""
        if self.reason is None:
            await self._say_goodbye(self._leave(why))

    async def close(self) -> None:
        """Hang up, if that can be said within moments."""
        try:
            async with asyncio.timeout(GOODBYE):
                await self.hang_up()
        except (TimeoutError, Problem, Unreachable):
            pass
        await self.settled()

    def mute(self, on: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as it is said: call.mute()
        """Send no sound, or send it again."""
        self.muted = on
        self.switched()

    def video(self, on: bool) -> None:  # noqa: FBT001 - reads as it is said
        """Stop the camera while the sound goes on, or start it again."""
        self.video_on = on
        self.switched()

    @abstractmethod
    def switched(self) -> None:
        """A switch was turned: apply it, and tell the others what really leaves now."""

    async def perform(self, command: Command) -> None:
        """Carry out a command about it. (Its reply has been followed by then: see `Endpoint.replied`.)"""
        try:
            await self._line.request(command)
        except Problem as problem:
            if problem.code in _GONE:
                self.finish(EndReason.LOST)
            raise

    # -- its end --------------------------------------------------------------------------------------

    def finish(self, reason: EndReason) -> None:
        """It is over: nothing is captured from this moment on. Told once."""
        if self.reason is not None:
            return
        self.reason = reason
        self._stop()
        self._ended.set()
        self._tell_end(reason)

    @abstractmethod
    def _leave(self, why: WhyOut = "done") -> Command:
        """It is over here; returns what the server is to be told."""

    @abstractmethod
    def _stop(self) -> None:
        """Whatever is heard, seen or sent ceases; nothing of it is sent again."""

    @abstractmethod
    def _tell_end(self, reason: EndReason) -> None:
        """Tell whoever listens."""

    async def _say_goodbye(self, command: Command) -> None:
        try:
            await self._line.request(command)
        except Problem as problem:
            if problem.code not in _GONE:
                raise
