"""When a linked address book is looked at again. Pure."""

from dataclasses import dataclass

from kith.core.problem import Code

_SPREAD = 0.2  # of the time, so that a thousand books do not meet at one o'clock


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a server looks. `every`: seconds between two looks at a book in which nothing is wrong.

    Who has just added somebody opens the app, which looks at once; an hour costs a server of a thousand books one
    question every four seconds.
    """

    every: float = 3600.0

    @property
    def fresh(self) -> float:
        """Seconds for which a book is not looked at again because an app of the person comes: 5 minutes of an hour."""
        return self.every / 12

    def after(self, now: float, problem: Code | None, failures: int, chance: float) -> float:
        """The next look (Unix seconds), after one that went well or failed for the `failures`-th time in a row.

        `chance` is in 0..1. Failures wait from a twelfth of the usual time to a day of it. A wrong password waits for
        six times the usual from the beginning: tried again and again it locks accounts.
        """
        if problem is None:
            wait = self.every
        else:
            first = self.every * 6 if problem is Code.BOOK_REFUSED else self.every / 12
            wait = min(self.every * 24, first * 2.0 ** min(failures - 1, 20))
        return now + wait * (1.0 - _SPREAD / 2 + _SPREAD * chance)

    def at_start(self, now: float, synced: float | None, chance: float) -> float:
        """The first look after the server has started, at a book that was up to date at `synced`. Those that are due
        are spread over a thirtieth of the usual time."""
        soon = now + self.every / 30 * chance
        return soon if synced is None or synced > now else max(soon, synced + self.every)
