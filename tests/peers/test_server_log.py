"""The log on a running server: who may write, read and take away what, and what that cannot hide."""

import base64
import json
from typing import Any

import pytest

from kith.core.trust import log
from kith.core.trust.log import Head, LogEntry, Outcome, Payload, What
from kith.core.trust.untrusted import Untrusted
from tests.support.home import Home, living_at_home
from tests.support.server import Joined
from tests.support.wire import Endpoint, Message

FIELDS = tuple(LogEntry.__struct_fields__)


class Diary:
    """Writes the chain of one endpoint."""

    def __init__(self, joined: Joined, owner: str) -> None:
        self._keys = joined.keys
        self.owner = owner
        self.head: Head | None = None

    def line(self, reason: str) -> Message:
        return self.says(
            Payload(salt=bytes(16), what=What.DROP_IN, outcome=Outcome.REFUSED, reason=reason, name="Granny")
        )

    def gone(self, writer: bytes, *numbers: int) -> Message:
        return self.says(Payload(salt=bytes(16), what=What.DELETED, chain=writer, numbers=numbers))

    def says(self, said: Payload) -> Message:
        payload = log.write(said)
        entry = log.follow(
            self.head,
            payload,
            owner=self.owner,
            time=1_800_000_000,
            writer=self._keys.public.identity,
            sign=self._keys.sign,
        )
        self.head = log.head_of(entry)
        return {"entry": {name: getattr(entry, name) for name in FIELDS}, "payload": payload}


def entry_of(line: Message) -> tuple[LogEntry, bytes | None]:
    return LogEntry(**line["entry"]), line["payload"]


def reasons(page: Message) -> list[str]:
    return [json.loads(line["payload"])["reason"] if line["payload"] else "" for line in page["lines"]]


async def chain_of(wire: Endpoint, owner: str, writer: bytes) -> list[tuple[LogEntry, bytes | None]]:
    shown = await wire.ok("read_chain", owner=owner, writer=writer)
    return [entry_of(line) for line in shown["lines"]]


@pytest.mark.row("S4")
async def test_the_log_of_a_person_and_of_a_household(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with living_at_home(tmp_path_factory.mktemp("log")) as home:
        mum = Diary(home.mum, str(home.mum.person))
        kitchen = Diary(home.kitchen, home.kitchen.household)
        await _written(home, mum, kitchen)
        await _refused(home, mum)
        await _taken_away(home, mum, kitchen)
        await _told(home)


async def _written(home: Home, mum: Diary, kitchen: Diary) -> None:
    async with home.online(home.mum, home.dad, home.granny, home.kitchen) as (phone, dad, granny, device):
        first, second = mum.line("one"), mum.line("two")
        await phone.ok("append_log", lines=[first])
        appended = await phone.ok("append_log", lines=[first, second])  # what is there may come again
        assert (appended["head"]["number"], appended["head"]["hash"]) == (
            1,
            mum.head.hash if mum.head else b"",
        )
        await device.ok("append_log", lines=[kitchen.line("three")])
        assert reasons(await phone.ok("list_log")) == ["three", "two", "one"]
        assert reasons(await dad.ok("list_log")) == ["three"]
        assert reasons(await granny.ok("list_log")) == []
        older = await phone.ok("list_log", limit=2)
        assert reasons(await phone.ok("list_log", before=older["more"])) == ["one"]
        await dad.event("log_changed")
        heads = (await device.ok("check_log"))["heads"]
        assert [head["owner"] for head in heads] == [home.kitchen.household]


async def _refused(home: Home, mum: Diary) -> None:
    async with home.online(home.mum, home.dad, home.kitchen) as (phone, dad, device):
        before = mum.head
        one, other = mum.line("three"), None
        mum.head = before
        other = mum.line("another three")
        await phone.ok("append_log", lines=[one])
        assert (await phone.ask("append_log", lines=[other]))["code"] == "log_forked"
        mum.head = log.head_of(entry_of(one)[0])
        strange: list[tuple[Endpoint, Message, str]] = [
            (dad, mum.line("not dad's"), "not_permitted"),
            (phone, Diary(home.mum, str(home.dad.person)).line("not for dad"), "not_permitted"),
            (phone, Diary(home.mum, home.mum.household).line("not the household's"), "not_permitted"),
            (phone, {**mum.line("changed"), "payload": b'{"what":"call"}'}, "invalid"),
        ]
        mum.head = log.head_of(entry_of(one)[0])
        for wire, line, code in strange:
            assert (await wire.ask("append_log", lines=[line]))["code"] == code
        assert (await device.ask("list_log"))["code"] == "not_permitted"
        unread = await chain_of(device, home.kitchen.household, home.kitchen.keys.public.identity)
        assert [payload for _, payload in unread] == [None]
        private = await dad.ask("read_chain", owner=home.mum.person, writer=home.mum.keys.public.identity)
        assert private["code"] == "not_permitted"


async def _taken_away(home: Home, mum: Diary, kitchen: Diary) -> None:
    writer = home.mum.keys.public.identity
    async with home.online(home.mum, home.dad) as (phone, dad):
        seen = mum.head
        about: dict[str, Any] = {"owner": mum.owner, "writer": writer, "numbers": [1]}
        before = mum.head
        wrong = await phone.ask("delete_log", **about, line=mum.line("something else"))
        assert (wrong["code"], wrong["path"]) == ("invalid", "line.payload")
        mum.head = before
        line = mum.gone(writer, 1)
        assert (await dad.ask("delete_log", **about, line=line))["code"] == "not_permitted"
        await phone.ok("delete_log", **about, line=line)
        chain = await chain_of(phone, mum.owner, writer)
        assert [payload is None for _, payload in chain] == [False, True, False, False]
        assert (
            log.verify_chain(chain, seen) == mum.head
        )  # the gap is there to be seen, and nothing else is wrong
        with pytest.raises(Untrusted):
            log.verify_chain([chain[0], *chain[2:]])
        with pytest.raises(Untrusted):
            log.verify_chain(chain[:2], seen)
        theirs = await chain_of(dad, kitchen.owner, home.kitchen.keys.public.identity)
        assert log.verify_chain(theirs) == kitchen.head
        there = home.kitchen.keys.public.identity
        await phone.ok("delete_log", owner=kitchen.owner, writer=there, numbers=[0], line=mum.gone(there, 0))
    await home.server.stop()
    await home.server.start()
    async with home.online(home.dad) as (dad,):
        page = await dad.ok("list_log", limit=1)
        said = json.loads(page["lines"][0]["payload"])
        assert (said["what"], said["person"]) == ("deleted", home.mum.person), (
            "the others see who took it away"
        )


async def _told(home: Home) -> None:
    """A call that nobody took is written down by the server, under its own key, for whoever was called."""
    async with home.online(home.mum) as (phone,):
        await phone.ok("block", person=home.granny.person)
        async with home.online(home.granny) as (granny,):
            call = "c_" + "7" * 20
            await granny.ok("call", call=call, to=home.mum.person)
            await granny.ok("cancel", call=call)
        await home.server.stop()  # nothing that was noted is lost
        await home.server.start()
    async with home.online(home.mum) as (phone,):
        page = await phone.ok("list_log", limit=1)
        entry, payload = entry_of(page["lines"][0])
        said = json.loads(payload or b"")
        assert (said["what"], said["outcome"], said["reason"], said["person"]) == (
            "call",
            "refused",
            "blocked",
            home.granny.person,
        )
        assert base64.b64decode(said["salt"]) != bytes(16)
        log.verify_chain(await chain_of(phone, str(home.mum.person), entry.writer))
        assert entry.writer == phone.hello["server"]
