"""A forged server and messages: nothing is sealed to an endpoint that it made up, and nothing is believed of one.

Before and after every lie an honest message is exchanged, the same way.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from kith.core.keys import KeyPair, PublicKeys
from kith.core.trust import message
from kith.core.trust.message import SealedKey
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint.message_sealing import AnotherIdentity
from tests.support import signing
from tests.support.conspiracy import Conspiracy, conspiracy
from tests.support.endpoints import Watched, endpoint_of
from tests.support.writing import say, text_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class House:
    plot: Conspiracy
    anna: Watched
    person: str
    sealed_to: list[bytes] = field(default_factory=list)
    """The identities of all endpoints to which Anna's has sealed a message."""

    async def hears(self, text: str) -> None:
        """Bob's phone writes, honestly."""
        self.plot.be_honest()
        self.anna.endpoint.messages.begun_anew()
        await say(self.plot.helpers["phone"], self.person, text)
        await self.anna.until_true(
            lambda: any(one.text == text for one, _ in self.anna.details("message")), text
        )

    async def is_told(self, forgery: str, text: str) -> None:
        """Bob's phone writes, and the server makes something else of it."""
        self.plot.lie(
            forgery, self.anna.endpoint.enrolment.endpoint, reader=self.anna.endpoint._calls._keys.public
        )
        await say(self.plot.helpers["phone"], self.person, text)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    directory = tmp_path_factory.mktemp("forged_messages")
    async with conspiracy(directory, "--no-tls") as plot:
        anna = await plot.server.person("Anna", by=plot.bob, household=True)
        await signing.begin(plot.server, anna)
        assert anna.person is not None
        await plot.take_in(anna.person)
        async with endpoint_of(plot.server, anna, "Study", directory) as study:
            await study.endpoint.belonging.move_in()
            await plot.close_ranks()
            yield House(plot, study, anna.person)


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def honest(house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    def seal_key(own: KeyPair, peer: PublicKeys, *rest: Any) -> SealedKey:
        house.sealed_to.append(peer.identity)
        return really(own, peer, *rest)

    really = message.seal_key
    monkeypatch.setattr(message, "seal_key", seal_key)
    house.anna.history.clear()
    await house.hears("an honest word")
    house.anna.history.clear()
    house.sealed_to.clear()
    yield
    await house.hears("another honest word")


@pytest.mark.row("S9")
@pytest.mark.parametrize(
    ("forgery", "why"),
    [
        ("a recipient swapped", Reason.NOT_DELEGATED),
        ("half of a recipient swapped", Reason.WEAK_KEY),
        ("a recipient added", Reason.NOT_DELEGATED),
        ("a recipient that signed itself in", Reason.NOT_ACTIVE),
        ("a removed recipient", Reason.STALE),
        ("recipients of another identity", None),
    ],
)
async def test_nothing_is_sealed_to_an_endpoint_that_has_not_shown_whose_it_is(
    house: House, forgery: str, why: Reason | None
) -> None:
    """`why` None: it is somebody else than before, which is shown first."""
    messages, plot = house.anna.endpoint.messages, house.plot
    phone = plot.helpers["phone"]
    phone.events.clear()
    plot.lie(forgery, house.anna.endpoint.enrolment.endpoint)
    with pytest.raises(AnotherIdentity if why is None else Untrusted) as refused:
        await messages.send_text("Bob", "secret")
    if isinstance(refused.value, Untrusted):
        assert refused.value.reason is why
    assert house.sealed_to == []
    ((unsent, _),) = house.anna.details("unsent")
    assert unsent.text == "secret" and unsent.state == "failed"
    plot.be_honest()
    await messages.send_text("Bob", "not secret")
    stranger, thief = plot.plot.mallory.public.identity, plot.plot.stolen.public.identity
    assert house.sealed_to and not {stranger, thief} & set(house.sealed_to)
    arrived = await phone.event("message_arrived")
    assert text_of(phone, arrived["item"]) == "not secret", "and nothing else has come"


@pytest.mark.parametrize(
    ("forgery", "why"),
    [
        ("said by oneself", Reason.NOT_DELEGATED),
        ("said by another", Reason.UNKNOWN_PERSON),
        ("to another", Reason.BAD_SIGNATURE),
        ("made up", Reason.NOT_DELEGATED),
        ("made up, long ago", Reason.NOT_DELEGATED),
        ("by the stolen one", Reason.NOT_ACTIVE),
    ],
)
async def test_what_somebody_else_wrote_or_to_somebody_else_is_not_believed(
    house: House, forgery: str, why: Reason
) -> None:
    await house.is_told(forgery, "what is made something else of")
    _, _, (_, reason) = await house.anna.until("message_refused")
    assert reason is why
    assert house.anna.details("message") == [] and house.anna.details("tone") == []


async def test_what_a_stolen_device_writes_as_if_it_had_long_ago_says_where_it_comes_from(
    house: House,
) -> None:
    """It looks like what was on its way when the device was signed out, and is shown as that, and never as more."""
    await house.is_told("by the stolen one, long ago", "what is made something else of")
    _, _, (message, _) = await house.anna.until("message")
    assert (message.text, message.signed_out) == ("made up", True)
    assert not house.anna.details("message_refused")


async def test_what_is_played_again_is_heard_once(house: House) -> None:
    await house.is_told("played again", "once")
    await house.hears("then")
    assert [one.text for one, _ in house.anna.details("message")] == ["once", "then"]
    assert len(house.anna.details("tone")) == 2
