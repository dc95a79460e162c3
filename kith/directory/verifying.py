"""How a mobile number is proved: a code is sent to it, and whoever says the code has the number.

The law of this file

    A verified number belongs to one person. Whoever proves a number that somebody else holds gets it: the other one
    keeps everything but the number, is told, and proves another before calling again.
    Guessing is limited by each code's tries, by the codes of one person, and by the codes of one number and of the
    numbers around it, whoever asked for them and from wherever: many persons do not give more tries than one.
"""

import hmac
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from kith.core.ids import PersonId
from kith.core.problem import Code, Problem
from kith.directory.contacts import region_of
from kith.directory.digest import NUMBER, Digest
from kith.directory.model import Claimed, Verification
from kith.directory.numbers import mobile as to_mobile

VERIFICATION_LIFE = 600.0
VERIFICATION_TRIES = 5
"""Six digits and five tries: one chance in 200,000 for somebody who guesses."""

CODES = 5
CODES_SPAN = 3600.0
"""So many codes an hour for one person, or guessing would only have to ask for another one: 25 tries an hour are
one chance in 40,000. Each also costs the operator, and whoever has the number, a message."""

CODES_OF_NUMBER = 10
NUMBER_SPAN = 86_400.0
"""So many codes a day to one number, whoever asks: 50 tries a day are one chance in 20,000. Fewer would let a
stranger keep the number's owner out for less."""

CODES_OF_BLOCK = 60
BLOCK_SPAN = 3600.0
BLOCK_DIGITS = 4
"""So many codes an hour to numbers that differ in the last four digits only: such blocks are what is bought for
fraud with messages that cost money. A town's families joining on one evening stay below."""


CODES_UNPROVED = 8
"""So many codes in all for a sign-up that has proved no number: then it is of no use any more. Whoever mistypes, waits
and asks again needs three."""

CODES_OF_SERVER = 600
SERVER_SPAN = 3600.0
"""So many codes an hour to all numbers together: more than a town joins in an hour, and what a burst may cost."""

WRONG_OF_SERVER = 300
"""So many wrong codes an hour by everybody together; beyond them only the first try at each code counts. Whoever
guesses at many numbers at once then takes one in a thousand hours, on the average; and whoever reads the code off
their phone is let in, however much others guess."""


class CodeSender(Protocol):
    """Delivers a verification code to a mobile number in E.164. Neither goes into a log."""

    async def __call__(self, mobile: str, code: str) -> None:
        """Returns once the code is on its way, within some seconds. Raises Problem(code_not_sent)."""
        ...


@dataclass(frozen=True, slots=True)
class Proved:
    """`first`: the person had no verified number before. `former` held the number until now."""

    person: PersonId
    first: bool
    former: PersonId | None


class VerificationStore(Protocol):
    """Codes on their way, and whose a number is. Every method may raise Problem(storage_unavailable), and then has
    changed nothing."""

    async def verification(self, person: PersonId) -> Verification | None: ...
    async def begin(self, verification: Verification, claimed: Claimed) -> None:
        """Put a code in the place of one that waits, if any. A person who signed up and has proved no number yet
        claims this one from now on. Raises Problem(rate_limited) beyond what a person, a number or everybody
        together may be sent."""
        ...

    async def give_back(self, person: PersonId, claimed: Claimed) -> None:
        """The last code to this number could not be sent: it opens nothing, and counts for nothing."""
        ...

    async def too_many(self, kind: str, *, now: float) -> None:
        """The operator should look at it: a bound was reached that is for everybody together."""
        ...

    async def count_try(self, person: PersonId, *, most: int) -> int | None:
        """Count one more try, in one step; returns how many there were with it, None beyond `most`."""
        ...

    async def register(
        self, person: PersonId, digest: Callable[[str], bytes], region: Callable[[str], str], *, now: float
    ) -> Proved:
        """The number of the waiting code is the person's, and its `region` the household's, where that has none.
        Introduces a new person to whoever invited them, and voids links by which the household was to get its first
        adult. Problem(already_registered) if no code waits, (number_refused) for one that the operator does not admit,
        by its digest or because its holder is suspended."""
        ...


class Verifying:
    """Sends codes and compares them. Raises Problem for every "no"."""

    def __init__(
        self,
        store: VerificationStore,
        digest: Digest,
        region: str,
        send_code: CodeSender,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._digest = digest
        self._region = region
        self._send_code = send_code
        self._clock = clock
        self._wrong: deque[float] = deque(maxlen=WRONG_OF_SERVER)

    def number(self, text: str) -> str:
        """A number as people write it, in E.164. Raises Problem(number_invalid)."""
        return to_mobile(text, self._region)

    def claimed(self, mobile: str) -> Claimed:
        block = mobile[:-BLOCK_DIGITS]
        return Claimed(self._digest("code to number", mobile), self._digest("code to block", block))

    def new_code(self, person: PersonId, mobile: str) -> tuple[str, Verification]:
        """A code, and what is kept of it."""
        now = self._clock()
        code = f"{secrets.randbelow(1_000_000):06d}"
        digest = self._digest("verification", code)
        return code, Verification(person, mobile, digest, now + VERIFICATION_LIFE, tries=0, sent=1, since=now)

    async def send(self, person: PersonId, mobile: str, code: str) -> None:
        """Raises Problem(code_not_sent); then it counts for nothing, and opens nothing."""
        try:
            await self._send_code(mobile, code)
        except Problem:
            await self._store.give_back(person, self.claimed(mobile))
            raise

    async def resend(self, person: PersonId) -> None:
        """Send a new code to the number that is to be proved; the old one is void."""
        before = await self._store.verification(person)
        if before is None:
            raise Problem(Code.ALREADY_REGISTERED)
        await self._begin(person, before.mobile)

    async def change(self, person: PersonId, text: str) -> None:
        """Another number is to be proved. Until it is, the one before stays."""
        await self._begin(person, self.number(text))

    async def proving(self, person: PersonId) -> str | None:
        """The number that the person is to prove, if any."""
        verification = await self._store.verification(person)
        return None if verification is None else verification.mobile

    async def verify(self, person: PersonId, code: str) -> Proved:
        """Register the person. The count of tries is saved before the code is compared."""
        verification = await self._store.verification(person)
        if verification is None:
            raise Problem(Code.ALREADY_REGISTERED)
        if not 0 < verification.expires - self._clock() <= VERIFICATION_LIFE:  # or the clock was set back
            raise Problem(Code.WRONG_CODE, path="code")
        await self._check_guessing(verification)
        tries = await self._store.count_try(person, most=VERIFICATION_TRIES)
        if tries is None:
            raise Problem(Code.TOO_MANY_TRIES, path="code")
        if not hmac.compare_digest(verification.digest, self._digest("verification", code.strip())):
            self._wrong.append(self._clock())
            left = VERIFICATION_TRIES - tries
            raise Problem(Code.WRONG_CODE, path="code", data={"tries_left": left})
        return await self._store.register(
            person,
            lambda mobile: self._digest(NUMBER, mobile),
            lambda mobile: region_of(mobile, self._region),
            now=self._clock(),
        )

    async def noticed(self, problem: Problem) -> None:
        """Tell the operator, if what is refused is refused to everybody."""
        if problem.data.get("everybody"):
            await self._store.too_many("codes", now=self._clock())

    async def _check_guessing(self, verification: Verification) -> None:
        """Raises Problem(rate_limited) where everybody together has been wrong too often in the last hour, and this is
        not the first try: nobody's guessing keeps out who has the code."""
        now = self._clock()
        wait = self._wrong[0] + SERVER_SPAN - now if len(self._wrong) == WRONG_OF_SERVER else 0.0
        if 0 < wait <= SERVER_SPAN:
            await self._store.too_many("wrong_codes", now=now)
            if verification.tries == 0:
                return
            raise Problem(Code.RATE_LIMITED, data={"retry_after": round(wait, 3)})

    async def _begin(self, person: PersonId, mobile: str) -> None:
        code, verification = self.new_code(person, mobile)
        try:
            await self._store.begin(verification, self.claimed(mobile))
        except Problem as problem:
            await self.noticed(problem)
            raise
        await self.send(person, mobile, code)
