"""What a person does at an endpoint: calls, answers, drops in, turns its switches. `Endpoint` is made of it."""

import asyncio
from collections.abc import Sequence

from pyee.asyncio import AsyncIOEventEmitter

from kith.endpoint.announce import Announcements
from kith.endpoint.announce_hearing import HeardAnnouncement
from kith.endpoint.announce_sending import To
from kith.endpoint.attention import Attention
from kith.endpoint.call import Call
from kith.endpoint.calls import PLACE_WITHIN, Calls
from kith.endpoint.contacts import Contacts
from kith.endpoint.dialling import Unreachable
from kith.endpoint.directory import Directory
from kith.endpoint.equipment import Equipment
from kith.endpoint.floor import Floor, InCall, NoCall
from kith.endpoint.group import Group
from kith.endpoint.groups import Groups
from kith.endpoint.names import Names
from kith.endpoint.presentation import Presentation
from kith.endpoint.reach import Reach
from kith.endpoint.utterance import Named
from kith.endpoint.wire import Wire
from media.tones import Tone
from policy.group import Wish
from signaling.call import CallKind
from signaling.protocol import EVERYONE, Announced, NameChoice, NameResolved, PersonView

AT_HOME = "home"
"""Whom one drops in on where any shared device of the own household will do."""


class NotJoined(Exception):
    """Nobody has signed for this endpoint yet, so nobody would believe whose it is."""


class Acts(AsyncIOEventEmitter):
    """See the module. Whatever it acts on is `Endpoint`'s to make."""

    directory: Directory
    equipment: Equipment
    presentation: Presentation
    reach: Reach
    names: Names
    contacts: Contacts
    top_contact: str | None
    _announcements: Announcements
    _attention: Attention
    _calls: Calls
    _groups: Groups
    _floor: Floor
    _wire: Wire

    @property
    def joined(self) -> bool:
        """Whether somebody has signed for this endpoint. Before that nobody believes whose it is."""
        raise NotImplementedError

    # -- calling --------------------------------------------------------------------------------------

    @property
    def current(self) -> Call | None:
        """The call that rings or goes on here."""
        return self._calls.current

    async def resolve(self, text: str, *, label: str = "", profile: str | None = None) -> NameResolved:
        """Whom a name means to who says it here: among people, devices and contacts. `label` is which of their numbers,
        such as "mobile". `profile` as in `call`. Raises directory.Unclear, Problem, Unreachable."""
        return await self.names.resolve(text, label, self.names.acting(profile))

    @property
    def profile(self) -> str | None:
        """The person, by id, for whom this shared endpoint was told to act."""
        return self.names.chosen

    def choose_profile(self, name: str) -> PersonView:
        """Act for this person of the household from now on, by id or name. Raises directory.Unclear."""
        return self.names.choose(name)

    async def call(
        self, whom: str | NameChoice, *, label: str = "", video: bool = False, profile: str | None = None
    ) -> Call:
        """Call a person or an endpoint, by id, by name or as a choice that `resolve` gave; returns when it rings.

        On a shared endpoint `profile` is the person, by id or name, in whose name it calls; without it that is whom
        `choose_profile` was told, and where several live here and it was told nobody, nothing is guessed.

        Raises directory.Unclear (of which names.Ambiguous and names.WhoAsks are kinds), names.NotHere, InCall,
        NotJoined, ice.NoRelay, Problem, Unreachable.
        """
        if not self.joined:
            raise NotJoined("nobody has signed for this endpoint yet")
        acting = self.names.acting(profile)
        target = await self._found(whom, label, acting)
        return await self._calls.place(target, video=video, acting=acting)

    async def _found(self, whom: str | NameChoice, label: str, acting: str | None) -> Named:
        try:
            async with asyncio.timeout(PLACE_WITHIN):
                found = await self.names.find(whom, label, acting)
        except TimeoutError:
            raise Unreachable("the server does not answer") from None
        return found if found.name else Named(found.id, self.contacts.called(found.id))

    async def continue_here(self) -> Call:
        """Go on here with a call of the person's that is at another of their endpoints; that one falls silent when
        this one is connected. Raises NoCall where there is none, besides what `call` raises.
        """
        if self.current is not None:
            raise InCall("there is a call already")
        if not self.directory.elsewhere:
            raise NoCall("there is no call elsewhere")
        return await self._calls.take_over(self.directory.elsewhere[0])

    async def drop_in(
        self, whom: str | NameChoice, *, video: bool = True, profile: str | None = None
    ) -> Call:
        """Drop in on a person, a room or "home", by id, by name or as a choice that `resolve` gave; returns once the
        server has let it through. The other side opens by itself, or somebody there lets one in. `profile` and what it
        raises as with `call`; Problem(not_permitted) says no, and nothing of the cause."""
        if not self.joined:
            raise NotJoined("nobody has signed for this endpoint yet")
        acting = self.names.acting(profile)
        home = isinstance(whom, str) and whom.casefold() == AT_HOME
        target = Named(AT_HOME, AT_HOME) if home else await self._found(whom, "", acting)
        return await self._calls.drop_in(target, video=video, acting=acting)

    async def let_in(self, *, video: bool = True) -> None:
        """Whoever knocks may come in."""
        await self._floor.some.answer(video=video)

    async def not_now(self) -> None:
        """Whoever knocks, or drops in, may not; nobody is told more than that."""
        await self._floor.some.hang_up()

    # -- announcing ---------------------------------------------------------------------------------

    async def announce(self, what: str | bytes, *, to: To = None) -> Announced:
        """Say it at all devices of the own household, or at those in `to`, by id (or at the one with this identity): a
        text, which they speak, or a recording of up to a minute (Opus in Ogg), which they play, all at one instant. A
        shared endpoint speaks for its household. `targets` of what it returns is for how many it is.

        Raises NotJoined, ValueError for an empty text, announce.TooLong, voice_codec.Unplayable, Untrusted where the
        household cannot be believed, Problem, Unreachable."""
        if not self.joined:
            raise NotJoined("nobody has signed for this endpoint yet")
        return await self._announcements.send(what, to)

    @property
    def announced(self) -> HeardAnnouncement | None:
        """The announcement that was heard here last, if that was of late."""
        return self._announcements.last

    async def reply_to_announcement(self, what: str | bytes) -> Announced:
        """Announce it at the device from which the last announcement came. Raises NoCall where none was heard of late,
        besides what `announce` does."""
        return await self.announce(what, to=self._heard_of_late.identity)

    async def drop_in_back(self, *, video: bool = True, profile: str | None = None) -> Call:
        """Drop in on whoever announced something last: at the device from which it came, or on the person whose own
        that is. Nothing is granted by an announcement: whether it is let through is decided as ever. Raises NoCall
        where none was heard of late, besides what `drop_in` does."""
        heard = self._heard_of_late
        own = self.directory.person
        other = heard.person is not None and (own is None or heard.person != own.id)
        whom = NameChoice(
            name=heard.name,
            person=heard.person if other else None,
            endpoint=None if other else heard.endpoint,
        )
        return await self.drop_in(whom, video=video, profile=profile)

    @property
    def _heard_of_late(self) -> HeardAnnouncement:
        if self.announced is None:
            raise NoCall("nobody has announced anything of late")
        return self.announced

    # -- groups -------------------------------------------------------------------------------------

    @property
    def group(self) -> Group | None:
        """The group that rings or goes on here."""
        return self._groups.current

    async def start_group(
        self,
        whom: Sequence[str | NameChoice],
        *,
        video: bool = False,
        path: Wish = "any",
        drop_in: bool = False,
        profile: str | None = None,
    ) -> Group:
        """Call several, or drop in on several, each as with `call`; returns once the server has let it through. `path`
        "mesh" is end to end and for up to five; "mixer" is processed by the server, if all have opted in to that; "any"
        is the mixer where it can be, and `Group.e2ee` says which. Raises what `call` does; Problem(group_not_available)
        where there is no such group, with nothing of whose doing that is."""
        if not self.joined:
            raise NotJoined("nobody has signed for this endpoint yet")
        acting = self.names.acting(profile)
        found = [(await self._found(one, "", acting)).id for one in whom]
        kind = CallKind.DROP_IN if drop_in else CallKind.CALL
        asked = tuple(dict.fromkeys(found))
        return await self._groups.start(asked, kind=kind, video=video, path=path, acting=acting)

    async def drop_in_on_everyone(
        self, *, video: bool = True, path: Wish = "any", profile: str | None = None
    ) -> Group:
        """Drop in on all devices of the own household that may be; as `start_group`."""
        if not self.joined:
            raise NotJoined("nobody has signed for this endpoint yet")
        acting = self.names.acting(profile)
        return await self._groups.start(
            (EVERYONE,), kind=CallKind.DROP_IN, video=video, path=path, acting=acting
        )

    async def join_group(self, group: str, *, video: bool = True) -> Group:
        """Come into a group, by id, that has rung here: late, once more, or in place of another own endpoint. Raises
        NoCall where there is none, besides what `call` raises."""
        return await self._groups.join(group, video=video)

    async def ask_in(self, *whom: str | NameChoice, profile: str | None = None) -> None:
        """Ask more people into the group call that goes on here. Raises NoCall besides what `start_group` does."""
        group = self.group
        if group is None:
            raise NoCall("there is no group")
        acting = self.names.acting(profile)
        await self._groups.ask_in(group, [(await self._found(one, "", acting)).id for one in whom])

    def touched(self) -> None:
        """Somebody uses this endpoint: they press, touch or say something."""
        self._attention.interaction()

    def motion(self) -> None:
        """Something moves before the camera. Nothing does while it is off or covered."""
        self._attention.motion()

    async def press(self, clicks: int = 1) -> None:
        """The one button of a wearable: two clicks call the `top_contact`, one ends what goes on; a finger feels it and
        an ear hears it. Raises NoCall where there is nothing to end or nobody to call, and what `call` does."""
        self.touched()
        if clicks == 1:
            await self._floor.some.hang_up()
        elif self.top_contact is not None:
            await self.call(self.top_contact)
        else:
            raise NoCall("there is no top contact")
        self._confirm()

    async def answer(self, *, video: bool = True) -> None:
        await self._floor.some.answer(video=video)

    async def decline(self) -> None:
        await self._floor.some.decline()

    async def hang_up(self) -> None:
        await self._floor.some.hang_up()

    def mute(self, on: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as it is said: mute()
        self._floor.some.mute(on)

    def video(self, on: bool) -> None:  # noqa: FBT001 - reads as it is said
        self._floor.some.video(on)

    def microphone_off(self, off: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as it is said
        """The hardware switch: cuts microphone and camera at once, and says so to server and caller."""
        self.equipment.switch(microphone_off=off)
        self.presentation.switched(microphone_off=off)
        self._switched()

    def shutter(self, closed: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as it is said
        """The camera's cover: no picture leaves, and none is offered in calls that begin while it is closed."""
        self.equipment.switch(shutter_closed=closed)
        self._switched()

    def _switched(self) -> None:
        self._wire.describe(self.equipment.capabilities)
        self._floor.switched()
        self.reach.turned()

    def _confirm(self) -> None:
        """For a finger that sees no screen: it can be felt and heard."""
        self.emit("vibrate")
        self.presentation.cue(Tone.CONFIRMED)
