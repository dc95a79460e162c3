"""Messages: text and voice, sealed from this endpoint to all others of both persons, and kept here.

    await endpoint.messages.send_text("Anna", "Dinner is ready")
    await endpoint.messages.send_voice("Anna", endpoint.messages.record())      # until somebody calls `stop` of it
    for message in await endpoint.messages.unread(): ...
    await endpoint.messages.play()

A message that could not leave yet leaves later, also by the next process that opens this endpoint. What comes is in
messages.db before the server may forget it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import msgspec

from kith.core.ids import new_message
from kith.core.problem import Code, Problem
from kith.core.reports import Why
from kith.core.trust.message import MessageEnvelope
from kith.core.trust.message_content import MAX_BYTES, MAX_TEXT
from kith.core.trust.untrusted import Reason
from kith.endpoint.dialling import Unreachable
from kith.endpoint.disk import Disk
from kith.endpoint.equipment import Equipment
from kith.endpoint.errands import Errands
from kith.endpoint.message_inbox import Mailbox
from kith.endpoint.message_kept import Conversation, Message, Voice
from kith.endpoint.message_marks import Marks
from kith.endpoint.message_notice import Notice
from kith.endpoint.message_outbox import Outbox
from kith.endpoint.message_own import OwnItems
from kith.endpoint.message_sealing import Sealing, new_key
from kith.endpoint.message_store import MessageStore
from kith.endpoint.message_transcripts import Transcripts
from kith.endpoint.names import Names, NotHere, WhoAsks
from kith.endpoint.recorder import Recording, pieces
from kith.endpoint.voice_codec import Unplayable, decoded
from kith.endpoint.wire import Wire
from media.tones import RATE
from signaling import protocol
from signaling.protocol import ConversationView, InboxItem, MessageItem, NameChoice

log = logging.getLogger(__name__)

MOST_FOUND = 100
MAX_REASON = 1_000
"""Characters that say why a message is reported."""


class NothingSaid(ValueError):
    """There is nothing to send, or more than a message may hold."""


class Messages:
    """See the module; `kith.endpoint.endpoint` lists the events.

    Methods raise what `Endpoint.call` raises for a name, Problem and Unreachable. On a shared endpoint `profile` is the
    person, by id or name, whose messages they are, as with `call`. What shows messages raises lock.Locked while
    contacts are hidden, too.
    """

    def __init__(
        self,
        store: MessageStore,
        sealing: Sealing,
        wire: Wire,
        names: Names,
        equipment: Equipment,
        notice: Notice,
        *,
        person: str | None,
        endpoint: str,
        clock: Callable[[], float],
        unlocked: Callable[[], None],
        emit: Callable[..., object],
    ) -> None:
        """`person` is whose endpoint this is, None for a shared one. `unlocked` raises lock.Locked while nobody may be
        shown what is kept here."""
        self._store = store
        self._sealing = sealing
        self._wire = wire
        self._names = names
        self._equipment = equipment
        self._notice = notice
        self._person = person
        self._endpoint = endpoint
        self._clock = clock
        self._unlocked = unlocked
        self._emit = emit
        self._disk = Disk()
        self._errands = Errands("messages")
        self.played: Message | None = None
        """What was played last, or is."""
        self._playing = asyncio.Lock()
        self._recording: Recording | None = None
        self._at_microphone = asyncio.Lock()
        ask, new_id = wire.request, wire.new_id
        self._marks = Marks(
            store,
            self._disk,
            notice,
            self._errands,
            person=person,
            profiles=self._profiles,
            ask=ask,
            new_id=new_id,
            clock=clock,
            emit=emit,
        )
        self._own = OwnItems(
            person,
            store,
            self._disk,
            sealing,
            ask=ask,
            new_id=new_id,
            told=self._transcribed,
            past=lambda: emit("past"),
        )
        self._mailbox = Mailbox(
            store,
            self._disk,
            sealing,
            ask=ask,
            say=wire.say,
            new_id=new_id,
            came=self._came,
            whole=self._whole,
            own=self._own.take,
            refused=self._refused,
        )
        self.transcripts = Transcripts(store, self._disk, self._own, self._mailbox, self._errands, clock)
        self._outbox = Outbox(
            store,
            self._disk,
            sealing,
            acting=lambda one: None if person is not None else one,
            ask=ask,
            new_id=new_id,
            settled=self._settled,
        )

    # -- sending --------------------------------------------------------------------------------------

    async def send_text(self, to: str | NameChoice, text: str, *, profile: str | None = None) -> Message:
        """Send a text of at most 4,000 characters; returns once the server has taken it, however long that takes.

        It is sent all the same if nobody waits any more. Raises NothingSaid, Untrusted and AnotherIdentity besides.
        """
        if not 0 < len(text.strip()) <= MAX_TEXT:
            raise NothingSaid(f"a text has between 1 and {MAX_TEXT} characters")
        message = await self._draft(to, profile)
        return await self._post(replace(message, text=text.strip()), new_key())

    async def accept(self, person: str) -> None:
        """Write to this person, by id, although they are another one than before: somebody here has asked them about it
        some other way. Raises Untrusted."""
        await self._sealing.accept(person)

    def record(self) -> Recording:
        """A voice message from the microphone, for `send_voice`. Raises recorder.NoMicrophone."""
        return Recording(self._equipment)

    async def send_voice(
        self, to: str | NameChoice, sound: bytes | Recording, *, profile: str | None = None
    ) -> Message:
        """Send a voice message: a whole one (Opus in Ogg), or one that is recorded and leaves while it is. Returns and
        raises as `send_text` does; NothingSaid too where a recording was discarded or holds nothing."""
        try:
            message = await self._draft(to, profile)
        except BaseException:
            if isinstance(sound, Recording):
                sound.discard()
            raise
        key = new_key()
        if isinstance(sound, Recording):
            async with self._at_microphone:
                self._recording = sound
                voice = await self._record(message, key, sound)
        else:
            voice = await self._keep(message, key, sound)
        return await self._post(replace(message, voice=voice), key)

    async def _post(self, message: Message, key: bytes) -> Message:
        sent = await self._outbox.post(message, key)
        self._emit("sending", message)
        return await asyncio.shield(sent)

    async def _draft(self, to: str | NameChoice, profile: str | None) -> Message:
        person, acting = self._who(profile)
        if isinstance(to, str) and to.startswith("+"):
            raise Problem(Code.NO_TEXT_MESSAGES)
        found = await self._names.find(to, "", acting)
        if not found.id.startswith("p_"):
            raise NotHere(found.name, moved=False)
        return Message(
            id=new_message(),
            person=person,
            other=found.id,
            name=found.name,
            mine=True,
            endpoint=self._endpoint,
            at=self._clock(),
            state="sending",
        )

    async def _keep(self, message: Message, key: bytes, ogg: bytes) -> Voice:
        if not 0 < len(ogg) <= MAX_BYTES:
            raise NothingSaid(f"a voice message has at most {MAX_BYTES} bytes")
        try:
            seconds = len(await asyncio.to_thread(decoded, ogg)) / RATE
        except Unplayable as error:
            raise NothingSaid(f"this is no voice message: {error}") from None
        cut = pieces(ogg)
        for index, body in enumerate(cut):
            await self._disk(self._store.keep_segment, message.person, message.id, index, body)
        return self._sealing.voice(message.id, key, seconds, cut)

    async def _record(self, message: Message, key: bytes, recording: Recording) -> Voice:
        """Every segment but the last leaves as it is full. What cannot leave now leaves with the message."""
        cut, put = list[bytes](), Errands("a recording")
        try:
            async for body in recording.segments():
                await self._disk(self._store.keep_segment, message.person, message.id, len(cut), body)
                if cut:
                    put.spawn(self._put(message, key, len(cut) - 1))
                cut.append(body)
            if not cut or not recording.seconds:
                raise NothingSaid("nothing was recorded")
        except BaseException:
            await put.give_up()
            await self._disk(self._store.drop_segments, message.person, message.id)
            raise
        return self._sealing.voice(message.id, key, recording.seconds, cut)

    async def _put(self, message: Message, key: bytes, index: int) -> None:
        """Another segment follows this one."""
        body = await self._disk(self._store.segment, message.person, message.id, index)
        if body is not None:
            try:
                await self._outbox.put_segment(message.id, key, index, body, last=False)
            except (Problem, Unreachable) as error:
                log.info("a segment was not put yet: %s", type(error).__name__)

    # -- reading --------------------------------------------------------------------------------------

    async def conversations(self, profile: str | None = None) -> list[Conversation]:
        """Those in which there is something, the latest first."""
        return await self._disk(self._store.conversations, self._whose(profile))

    async def history(
        self, other: str, before: int | None = None, most: int = 50, *, profile: str | None = None
    ) -> list[Message]:
        """Messages with a person, by id: the newest, or those before number `before`; the oldest of them first."""
        return await self._disk(self._store.history, self._whose(profile), other, before, most)

    async def unread(self, profile: str | None = None) -> list[Message]:
        """What was not read or heard yet, as it came."""
        return await self._disk(self._store.unread, self._whose(profile))

    async def search(self, text: str, *, profile: str | None = None) -> list[Message]:
        """Messages that have all of these words in their text or transcript, the newest first, at most MOST_FOUND."""
        return await self._disk(self._store.search, self._whose(profile), text, MOST_FOUND)

    def sound(self, message: Message) -> AsyncIterator[bytes]:
        """A voice message as pieces of Opus in Ogg, also while it still comes. Raises Unplayable."""
        return self._mailbox.segments(message)

    async def play(self, profile: str | None = None) -> int:
        """Say and play what is unread, in its order; each is read once it was heard to its end. How many were. A call
        that rings ends it, and so does `hush` of the playback."""
        count = 0
        async with self._playing:
            for message in await self.unread(profile):
                self.played = message
                self._emit("playing", message)
                self.transcripts.ask_again(message)
                if not await self._notice.play(message, self._mailbox):
                    break
                assert message.seq is not None
                await self._marks.read(message.person, message.other, message.seq)
                count += 1
        return count

    async def report(self, message: Message, why: Why = Why.OTHER, text: str = "") -> None:
        """Show whoever runs the server this message of somebody else's, and no other; `text` is the person's own words,
        at most 1,000 characters. Raises Problem: what the server answers, and unknown_message for one that did not come
        to this endpoint itself, which was only told of it."""
        self._whose(message.person)
        proof = await self._disk(self._store.proof, message.person, message.id)
        if proof is None:
            raise Problem(Code.UNKNOWN_MESSAGE)
        command = protocol.ReportMessage(
            id=self._wire.new_id(),
            as_person=None if self._person is not None else message.person,
            envelope=msgspec.msgpack.decode(proof.envelope, type=MessageEnvelope),
            key=proof.key,
            why=why,
            text=text[:MAX_REASON],
        )
        await self._wire.request(command)

    async def mark_read(self, other: str, upto: int | None = None, *, profile: str | None = None) -> None:
        """Everything with this person, by id, up to number `upto` (the newest if absent), was read or heard."""
        await self._marks.read(self._who(profile)[0], other, upto)

    async def remove(self, other: str, *, profile: str | None = None) -> None:
        """Take the conversation with this person, by id, out of the own list at all own endpoints. The other's list
        stays as it is (R57). Raises Problem(not_permitted) on a shared endpoint."""
        await self._marks.remove(self._who(profile)[0], other)

    async def delete_recordings(self, *, profile: str | None = None) -> int:
        """The sound of all voice messages here; of how many. What they say, as text, stays (R59)."""
        return await self._disk(self._store.delete_recordings, self._who(profile)[0])

    async def forget_transcripts(self, before: float) -> int:
        """Those that expire by then, in Unix seconds; how many."""
        return await self._disk(self._store.forget_transcripts, before)

    def signed(self, endpoint: str) -> None:
        """Somebody here has signed for a new endpoint: tell it what was said before it was there."""
        self._errands.spawn(self._own.tell_past(endpoint))

    # -- what the connection brings -------------------------------------------------------------------

    def back(self) -> None:
        """The connection was lost, and the session goes on."""
        self._mailbox.back()

    def begun_anew(self) -> None:
        """Signed in with a new session."""
        self._mailbox.begun_anew()
        self._outbox.begin()
        self._errands.spawn(self._marks.catch_up())
        self.transcripts.look()

    def arrived(self, item: InboxItem) -> None:
        self._mailbox.arrived(item)

    def changed(self, view: ConversationView) -> None:
        self._errands.spawn(self._marks.changed(view))

    def quiet_turned(self) -> None:
        """Do Not Disturb came or went."""
        self._errands.spawn(self._marks.light())

    async def close(self) -> None:
        self.transcripts.close()
        if self._recording is not None:
            self._recording.discard()
        async with self._at_microphone:
            pass  # what was recorded is forgotten
        await self._mailbox.close()
        await self._outbox.close()
        await self._errands.give_up()
        await self._disk(self._store.close)

    # -- the pieces -----------------------------------------------------------------------------------

    def _whose(self, profile: str | None) -> str:
        """Whose messages are to be shown. Raises lock.Locked besides what `_who` does."""
        self._unlocked()
        return self._who(profile)[0]

    def _who(self, profile: str | None) -> tuple[str, str | None]:
        """Whose messages, and for whom commands are; raises as `Names.acting` does."""
        if self._person is not None:
            return self._person, None
        acting = self._names.acting(profile)
        if acting is None:
            profiles = self._profiles()
            if not profiles:
                raise WhoAsks("", [])
            acting = profiles[0]
        return acting, acting

    def _profiles(self) -> tuple[str, ...]:
        return tuple(one.id for one in self._names.profiles)

    def _came(self, message: Message, alert: bool) -> None:  # noqa: FBT001 - given by the mailbox, in its order
        noticed = not message.mine and self._notice.came(alert=alert)
        self._emit("message", message, noticed)

    def _refused(self, item: InboxItem, reason: Reason) -> None:
        self._emit("message_refused", item.name if isinstance(item, MessageItem) else "", reason)

    def _settled(self, message: Message, cause: Exception | None) -> None:
        if cause is not None:
            self._emit("unsent", message, cause)
            return
        self._emit("sent", message)
        if message.voice is not None:
            self._whole(message)

    def _whole(self, message: Message) -> None:
        """All of a recording is here."""
        self.transcripts.look()

    def _transcribed(self, message: str) -> None:
        self.transcripts.look()
        self._emit("transcript", message)
