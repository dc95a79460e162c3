"""What a voice message says, in writing: made at home by an endpoint that can, and gone when it is due."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from kith.endpoint.message_kept import Message
from kith.endpoint.speech import speak
from kith.endpoint.transcribe import Transcriber
from kith.endpoint.voice_codec import encoded
from tests.support.endpoints import Clock, Watched, endpoint_of
from tests.support.server import RunningServer, running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY = 86_400.0
SAID = "The key is under the mat at the back door."


@dataclass
class Post:
    """Anna has a study; Bob a hall, which can write down what is said, and a den, which cannot."""

    server: RunningServer
    study: Watched
    hall: Watched
    den: Watched
    clocks: tuple[Clock, ...]

    async def say(self) -> str:
        """Anna leaves a voice message for Bob; its id."""
        sound = await speak(SAID)
        assert sound is not None
        return (await self.study.endpoint.messages.send_voice("Bob", encoded(sound))).id

    async def kept_at(self, one: Watched, identity: str) -> Message:
        (conversation,) = await one.endpoint.messages.conversations()
        messages = await one.endpoint.messages.history(conversation.other)
        return next(message for message in messages if message.id == identity)

    async def text_at(self, one: Watched, identity: str) -> str | None:
        return (await self.kept_at(one, identity)).transcript


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def post(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Post]:
    home: Path = tmp_path_factory.mktemp("transcripts")
    async with running_server(home, "--no-tls") as server, AsyncExitStack() as stack:
        anna = await server.person("Anna")
        bob = await server.person("Bob", by=anna)
        clocks = Clock(), Clock()
        study = await stack.enter_async_context(endpoint_of(server, anna, "Study", home))
        hall, den = [
            await stack.enter_async_context(endpoint_of(server, bob, name, home, clock=clock))
            for name, clock in zip(("Hall", "Den"), clocks, strict=True)
        ]
        yield Post(server, study, hall, den, clocks)


@pytest.mark.row("R50")
async def test_without_an_endpoint_that_can_it_is_not_available(post: Post) -> None:
    said = await post.say()
    for one in (post.hall, post.den):
        await one.until("message")
        message = await post.kept_at(one, said)
        assert [piece async for piece in one.endpoint.messages.sound(message)], "all of it is here"
        assert await post.text_at(one, said) is None


@pytest.mark.row("R50", "R142")
@pytest.mark.parametrize("days", [30.0, 2.0])
async def test_one_endpoint_writes_it_down_for_the_others_until_it_expires(post: Post, days: float) -> None:
    """Thirty days, unless set otherwise; nobody but Bob's own endpoints learns it."""
    transcriber = Transcriber()
    transcripts = post.hall.endpoint.messages.transcripts
    if days != 30.0:
        transcripts.days = days
    transcripts.transcriber = transcriber.write_down
    for one in (post.hall, post.den):
        one.history.clear()
    try:
        said = await post.say()
        for one in (post.hall, post.den):
            await one.until("transcript", said)
            assert "under the mat" in (await post.text_at(one, said) or "")
        assert await post.text_at(post.study, said) is None
        kept = b"".join(path.read_bytes() for path in post.server.data.rglob("*") if path.is_file())
        assert b"under the mat" not in kept and b"under the mat" not in post.server.log.read_bytes()
        for clock in post.clocks:
            clock.ahead += days * DAY - 3600
        for one in (post.hall, post.den):
            await one.endpoint.messages.forget_transcripts(post.clocks[0]())
            assert await post.text_at(one, said), "an hour too early"
        for clock in post.clocks:
            clock.ahead += 2 * 3600
        for one in (post.hall, post.den):
            await one.endpoint.messages.forget_transcripts(post.clocks[0]())
            assert await post.text_at(one, said) is None
    finally:
        transcripts.transcriber = None
        for clock in post.clocks:
            clock.ahead = 0.0
        await transcriber.close()
