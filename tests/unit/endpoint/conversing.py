"""Two ends of a call that know each other, for tests of what they say."""

from collections.abc import Callable
from itertools import count

from kith.core.keys import KeyPair
from kith.core.trust import household, household_write, person_write
from kith.core.trust.household import Roster
from kith.core.trust.person import Chain, extend, replay
from kith.endpoint.believing import Side
from kith.endpoint.sealed import Conversation


def numbered() -> Callable[[int], bytes]:
    """Bytes that nobody would call random, none of them twice."""
    numbers = count(1)
    return lambda size: next(numbers).to_bytes(size, "big")


def sdp(number: int) -> str:
    """A description with a certificate of its own."""
    return f"v=0\r\na=fingerprint:sha-256 {bytes([number] * 32).hex(':').upper()}\r\n"


class Someone:
    """A person with one endpoint."""

    def __init__(self) -> None:
        self.keys = KeyPair.generate()
        self.chain: Chain = replay(
            [person_write.begin(self.keys, KeyPair.generate().public.identity, time=1)]
        )

    @property
    def side(self) -> Side:
        return Side(self.chain.history, self.keys.public, self.chain.endpoints)

    def add(self, new: KeyPair) -> None:
        self.chain = extend(self.chain, person_write.add(self.chain, self.keys, new.public, time=2))

    def begin_household(self) -> Roster:
        return household.replay(
            [household_write.begin(self.chain, self.keys, time=1)], {self.chain.root: self.chain}
        )


def ends(caller: Someone, callee: Someone, *, epoch: int = 0) -> tuple[Conversation, Conversation]:
    random = numbered()
    near = Conversation(
        "caller",
        call="c_1",
        epoch=epoch,
        own=caller.keys,
        speaks=caller.side,
        peer=callee.side,
        random=random,
    )
    far = Conversation(
        "callee",
        call="c_1",
        epoch=epoch,
        own=callee.keys,
        speaks=callee.side,
        peer=caller.side,
        random=random,
    )
    return near, far
