"""Whom a name means to whoever speaks here, and in whose name this endpoint acts.

Names are looked up by the server, which knows the contacts of all who live here and tells no more of them than the name
that was said. A shared endpoint hears no voices apart: it acts for the profile that it was told, and where there are
several people and it was told nothing, it asks (R7).
"""

import re
from collections.abc import Awaitable, Callable, Sequence

from kith.core.names import Outcome
from kith.core.problem import Code, Problem
from kith.core.utterances.intents import Intent
from kith.core.utterances.settling import Meant, Search, Settled
from kith.endpoint.directory import Directory, Unclear
from kith.endpoint.utterance import Named
from signaling import protocol
from signaling.protocol import AnyReply, Command, NameChoice, NameResolved, PersonView

_ID = re.compile(r"[pe]_[0-9a-z]{20}")


class Ambiguous(Unclear):
    """A name that may mean one of several, or perhaps the only one: `found`, the likeliest first."""

    def __init__(self, said: str, found: tuple[NameChoice, ...]) -> None:
        super().__init__(said, shown(found))
        self.found = found


class WhoAsks(Unclear):
    """Several people share this endpoint, and it was not told for whom it acts."""


class NotHere(Exception):
    """Somebody who is known by name but cannot be called: nobody here has a number of theirs, or (`moved`) somebody
    else has it now."""

    def __init__(self, name: str, *, moved: bool) -> None:
        super().__init__(f"{name} cannot be called")
        self.name = name
        self.moved = moved


class Names:
    """`chosen` is the profile that a shared endpoint was told, by id."""

    def __init__(
        self,
        directory: Directory,
        household: str,
        *,
        ask: Callable[[Command], Awaitable[AnyReply]],
        new_id: Callable[[], str],
    ) -> None:
        self._directory = directory
        self._household = household
        self._ask = ask
        self._new_id = new_id
        self.chosen: str | None = None

    @property
    def profiles(self) -> tuple[PersonView, ...]:
        """For whom this endpoint may act, where it is shared."""
        if not self._directory.shared:
            return ()
        return tuple(one for one in self._directory.people if one.household == self._household)

    def choose(self, name: str) -> PersonView:
        """From now on it acts for this one of its profiles, by id or name. Raises Unclear."""
        profiles = self.profiles
        chosen = self._directory.profile(name, profiles)
        self.chosen = chosen
        return next(one for one in profiles if one.id == chosen)

    def acting(self, profile: str | None) -> str | None:
        """For whom it acts: `profile`, by id or name, else who was chosen; None for the only one that there is.
        Raises Unclear, WhoAsks."""
        if profile is not None:
            return self._directory.profile(profile)
        profiles = self.profiles
        if self.chosen is None and len(profiles) > 1:
            raise WhoAsks("", [one.name for one in profiles])
        return self.chosen

    async def resolve(self, text: str, label: str, acting: str | None) -> NameResolved:
        """Raises Problem, Unreachable."""
        found = await self._ask(
            protocol.ResolveName(id=self._new_id(), as_person=acting, text=text[:128], label=label[:32])
        )
        if not isinstance(found, NameResolved):
            raise Problem(Code.MALFORMED)
        return found

    async def find(self, whom: str | NameChoice, label: str, acting: str | None) -> Named:
        """Whom an id, a name or a choice means. Raises Unclear, Ambiguous, NotHere, Problem, Unreachable."""
        if isinstance(whom, NameChoice):
            return _reached(whom)
        if _ID.fullmatch(whom):
            return self._directory.known(whom)
        return _reached(await self.one(whom, label, acting))

    async def settle(self, readings: Sequence[Intent], acting: str | None) -> Settled[NameChoice]:
        """Whom an utterance means that may be read in several ways. Raises Problem, Unreachable."""
        if _ID.fullmatch(readings[0].name):
            return Settled(
                Outcome.ONE, (Meant(readings[0], _known(self._directory.known(readings[0].name))),)
            )
        search: Search[NameChoice] = Search(
            readings, name_of=lambda one: one.name, key_of=lambda one: one.who
        )
        while (reading := search.next()) is not None:
            found = await self.resolve(reading.name, reading.label, acting)
            search.found(found.outcome, found.choices)
        return search.settled()

    async def one(self, said: str, label: str, acting: str | None) -> NameChoice:
        """The one whom a name means, who may be nobody that can be called. Raises as `find` does."""
        if not said.strip():
            raise Unclear(said, [])
        found = await self.resolve(said, label, acting)
        match found.outcome:
            case Outcome.ONE:
                return found.choices[0]
            case Outcome.WHICH:
                raise Ambiguous(said, found.choices)
            case Outcome.NONE:
                raise Unclear(said, [])


def shown(choices: tuple[NameChoice, ...]) -> list[str]:
    """What each choice is called in a question: where two have one name, with what the number is for."""
    names = [one.name for one in choices]
    return [
        f"{one.name}, {one.label}" if one.label and names.count(one.name) > 1 else one.name for one in choices
    ]


def _reached(choice: NameChoice) -> Named:
    reached = choice.person or choice.endpoint
    if reached is None or choice.moved:
        raise NotHere(choice.name, moved=choice.moved)
    return Named(reached, choice.name)


def _known(named: Named) -> NameChoice:
    person = named.id if named.id.startswith("p_") else None
    return NameChoice(name=named.name, person=person, endpoint=None if person else named.id)
