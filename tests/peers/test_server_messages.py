"""Messages on a running server: sealed to everybody's endpoints, stored until they are fetched, gone after that."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest
import pytest_asyncio

from kith.core.ids import new_message
from kith.core.trust import message as messages
from kith.core.trust.message_content import require_segment
from tests.support.family import Family, enrol, family
from tests.support.granting import ready
from tests.support.server import Joined
from tests.support.signing import let_act, let_act_only, take_in
from tests.support.wire import Closed, Endpoint
from tests.support.writing import Letter, compose, confirm, opened, own_items, put_voice, say, text_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

MARK = "MARKED-WORDS-in-a-message"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Family]:
    async with family(tmp_path_factory.mktemp("messages"), program=("tests.support.mortal",)) as home:
        yield home


@asynccontextmanager
async def present(home: Family, *who: Joined) -> AsyncIterator[list[Endpoint]]:
    """These endpoints, with nothing waiting for them, before or afterwards."""
    async with home.online(*who) as endpoints:
        for endpoint in endpoints:
            await empty(endpoint)
        yield endpoints
        for endpoint in endpoints:
            if not endpoint.over:
                await empty(endpoint)


async def empty(endpoint: Endpoint) -> None:
    await confirm(endpoint, 2**53 - 1)


async def inbox(endpoint: Endpoint, after: int = 0) -> list[dict[str, Any]]:
    """All that waits, page by page."""
    found: list[dict[str, Any]] = []
    more = True
    while more:
        page = await endpoint.ok("fetch_inbox", after=found[-1]["n"] if found else after)
        found += page["items"]
        more = page["more"]
        assert page["items"] or not more
    return found


async def arrived(endpoint: Endpoint, letter: Letter) -> dict[str, Any]:
    """The item of this message, as an event brings it."""

    def found() -> dict[str, Any] | None:
        items = (event["item"] for event in endpoint.events if event["t"] == "message_arrived")
        return next((one for one in items if one.get("envelope", {}).get("id") == letter.id), None)

    item: dict[str, Any] = await endpoint.until(found)
    return item


async def seen(endpoint: Endpoint, other: str | None, **values: int) -> dict[str, Any]:
    """The conversation with `other` once it is told to have come so far."""

    def found() -> dict[str, Any] | None:
        views = (one["conversation"] for one in endpoint.events if one["t"] == "conversation_changed")
        fits = (one for one in views if one["with"] == other and values.items() <= one.items())
        return next(fits, None)

    view: dict[str, Any] = await endpoint.until(found)
    return view


async def talk(endpoint: Endpoint, other: str | None, **fields: Any) -> dict[str, Any]:
    """The conversation as `list_conversations` shows it."""
    listed = (await endpoint.ok("list_conversations", **fields))["conversations"]
    return next(dict(one) for one in listed if one["with"] == other)


def rows(home: Family, sql: str, *values: object) -> Sequence[Any]:
    with closing(sqlite3.connect(home.server.data / "kith.db")) as db:
        return db.execute(sql, values).fetchall()


def waits(home: Family, letter: Letter, at: Joined) -> int:
    """Whether it lies in that inbox."""
    sql = "SELECT count(*) FROM inbox i JOIN message m ON m.n = i.n WHERE m.id = ? AND i.endpoint = ?"
    return int(rows(home, sql, letter.id, at.endpoint)[0][0])


# -- delivered --------------------------------------------------------------------------------------


@pytest.mark.row("R49")
async def test_text_and_voice_reach_every_endpoint_of_both_sides_and_leave_the_server(home: Family) -> None:
    """Whether it is an app or a device that sends: the server knows no difference."""
    everybody = (home.dad, home.tablet, home.kitchen, home.granny, home.parlour)
    async with present(home, *everybody) as (dad, tablet, kitchen, granny, parlour):
        text, sent = await say(granny, str(home.dad.person), "Dinner on Sunday?")
        voice = await put_voice(dad, str(home.granny.person), [b"O" * 20_000, b"g" * 7])
        said = await dad.ok("send_message", **voice.fields)
        assert said["seq"] == sent["seq"] + 1
        for endpoint in (dad, tablet, kitchen, parlour):
            item = await arrived(endpoint, text)
            assert text_of(endpoint, item) == "Dinner on Sunday?"
            theirs = endpoint is not parlour
            assert item["person"] == (home.dad if theirs else home.granny).person
            assert (item["with"], item["name"]) == (
                (home.granny.person, "Granny") if theirs else (home.dad.person, "Dad")
            )
            assert (item["seq"], item["segments"], item["alert"]) == (sent["seq"], 0, True)
        for endpoint in (tablet, kitchen, granny, parlour):
            item = await arrived(endpoint, voice)
            content = opened(endpoint, item)
            assert content.voice is not None
            heard = b""
            for index in range(item["segments"]):
                body = (await endpoint.ok("get_segment", message=voice.id, index=index))["body"]
                require_segment(content.voice, index, body)
                heard += messages.open_segment(voice.key, voice.id, index, body, last=index == 1)
            assert heard == b"O" * 20_000 + b"g" * 7
        for endpoint in (dad, tablet, kitchen, granny, parlour):
            await empty(endpoint)
        reply = await tablet.ask("get_segment", message=voice.id, index=0)
        assert reply["code"] == "unknown_message"


@pytest.mark.row("R60")
async def test_nothing_of_it_is_kept_once_all_have_it(home: Family) -> None:
    async with present(home, home.dad, home.granny, home.tablet, home.kitchen, home.hall) as everybody:
        dad, granny, *others = everybody
        voice = await put_voice(granny, str(home.dad.person), [b"O" * 999])
        await granny.ok("send_message", **voice.fields)
        await arrived(dad, voice)
        assert rows(home, "SELECT count(*) FROM segment")[0][0] == 1
        for endpoint in (dad, *others):
            await empty(endpoint)
        assert rows(home, "SELECT count(*) FROM segment")[0][0] == 1, "one device has not fetched it yet"
        async with present(home, home.parlour):
            pass
        assert rows(
            home, "SELECT count(*) FROM inbox WHERE n IN (SELECT n FROM message WHERE id = ?)", voice.id
        ) == [(0,)]
        kept = "sender, author, receiver, envelope, waiting"
        assert rows(home, f"SELECT {kept} FROM message WHERE id = ?", voice.id) == [
            (None, None, None, None, 0)
        ]
        assert rows(home, "SELECT count(*) FROM segment") == [(0,)]


@pytest.mark.row("R60")
async def test_to_what_reads_no_messages_none_is_sealed_and_none_waits_there(home: Family) -> None:
    """A shared device whose app shows none says so; and it may say otherwise later."""
    async with present(home, home.granny, home.dad, home.hall) as (granny, _, hall):
        before, _ = await say(granny, str(home.dad.person), "While it still read")
        await arrived(hall, before)
        assert waits(home, before, home.hall) == 1
        await hall.ok("describe", capabilities={"reads_messages": False})
        try:
            assert waits(home, before, home.hall) == 0
            listed = await granny.ok("list_recipients", to=home.dad.person)
            assert home.hall.endpoint not in {one["endpoint"] for one in listed["endpoints"]}
            letter, _ = await say(granny, str(home.dad.person), "And now")
            assert waits(home, letter, home.dad) == 1
            assert waits(home, letter, home.hall) == 0
        finally:
            await hall.ok("describe", capabilities={})
        again, _ = await say(granny, str(home.dad.person), "Here, too")
        await arrived(hall, again)
        assert letter.id not in {one["envelope"]["id"] for one in await inbox(hall)}


async def test_what_is_sealed_all_the_same_to_one_that_reads_none_is_not_stored(home: Family) -> None:
    async with present(home, home.dad, home.hall) as (dad, hall):
        letter = await compose(dad, str(home.granny.person), "Sealed before it said so")
        own = [{"endpoint": home.hall.endpoint, "body": bytes(29)}]
        await hall.ok("describe", capabilities={"reads_messages": False})
        try:
            assert (await dad.ok("send_message", **letter.fields))["t"] == "recipients"
            reply = await dad.ask("send_own", topic="transcript", item=letter.id, items=own)
            assert reply["code"] == "unknown_endpoint"
        finally:
            await hall.ok("describe", capabilities={})


async def test_what_waits_is_fetched_in_order_page_by_page(home: Family) -> None:
    async with present(home, home.granny, home.mum):
        pass
    async with present(home, home.granny) as (granny,):
        letters = [
            (await say(granny, str(home.mum.person), f"{number} " + "x" * 3_990))[0] for number in range(20)
        ]
    async with home.online(home.mum) as (mum,):
        assert mum.welcome["inbox"] == 20
        first = await mum.ok("fetch_inbox", after=0, most=3)
        assert [one["envelope"]["id"] for one in first["items"]] == [one.id for one in letters[:3]]
        assert first["more"]
        page = await mum.ok("fetch_inbox", after=0)
        assert page["more"] and 3 < len(page["items"]) < 20, "a page is about as large as a frame"
        items = await inbox(mum)
        assert [text_of(mum, one) for one in items] == [f"{number} " + "x" * 3_990 for number in range(20)]
        assert [one["n"] for one in items] == sorted(one["n"] for one in items)
        await confirm(mum, items[9]["n"])
        assert [one["envelope"]["id"] for one in await inbox(mum)] == [one.id for one in letters[10:]]
        await empty(mum)
        assert await inbox(mum) == []


# -- exactly once -----------------------------------------------------------------------------------


async def test_a_server_killed_between_commit_and_answer_has_the_message_once(home: Family) -> None:
    die = home.server.data.parent / "die"
    async with present(home, home.granny, home.dad):
        pass
    granny = await Endpoint(home.server, home.granny).open()
    letter = await compose(granny, str(home.dad.person), "Only once")
    die.touch()
    with pytest.raises(Closed):
        await granny.ask("send_message", **letter.fields)
    die.unlink()
    await home.server.kill()
    await home.server.start()
    async with present(home, home.granny) as (granny,):
        again = await granny.ok("send_message", **letter.fields)
        once_more = await granny.ok("send_message", **letter.fields)
        assert (again["seq"], again["at"]) == (once_more["seq"], once_more["at"])
        other = await compose(granny, str(home.dad.person), "Something else", id=letter.id)
        assert (await granny.ask("send_message", **other.fields))["code"] == "message_id_taken"
    async with home.online(home.dad) as (dad,):
        items = await inbox(dad)
        assert [text_of(dad, one) for one in items] == ["Only once"]
        assert items[0]["seq"] == again["seq"]
        await empty(dad)
    async with home.online(home.granny, home.dad) as (granny, dad):
        await granny.ok("send_message", **letter.fields)
        assert await inbox(dad) == [], "also after it was fetched it is the same message"


async def test_what_is_held_for_the_disk_keeps_its_place_and_what_is_stored_is_not_answered(
    home: Family,
) -> None:
    """Many at once, and what goes on behind them: all in order, whoever is looked at later."""
    async with present(home, home.granny, home.dad) as (granny, dad):
        letters = [await compose(granny, str(home.dad.person), f"Number {number}") for number in range(12)]
        asked = [await granny.say("send_message", **one.fields) for one in letters]
        marked = await granny.say("mark_read", **{"with": home.dad.person, "upto": 1})
        answers = [await granny.reply(one) for one in asked]
        assert [one["message"] for one in answers] == [one.id for one in letters]
        numbers = [one["seq"] for one in answers]
        assert numbers == list(range(numbers[0], numbers[0] + 12))
        assert (await granny.reply(marked))["t"] == "ok"
        items = await inbox(dad)
        assert [one["envelope"]["id"] for one in items] == [one.id for one in letters]
        confirmed = await dad.say("confirm_inbox", upto=items[-1]["n"])
        far = {"delivered": numbers[-1]}
        await granny.until(
            lambda: (
                any(one["conversation"].items() >= far.items() for one in granny.had("conversation_changed"))
                or None
            )
        )
        await dad.ok("ping")
        assert confirmed not in dad.replies
        wrong = await dad.ask("confirm_inbox", upto=-1)
        assert (wrong["code"], wrong["path"]) == ("invalid", "upto")


async def test_what_was_sealed_for_others_than_who_reads_now_is_sent_to_nobody(home: Family) -> None:
    async with present(home, home.granny, home.dad) as (granny, dad):
        letter = await compose(granny, str(home.dad.person), "To all")
        fewer = Letter(letter.to, letter.envelope, letter.keys[1:], letter.key)
        more = Letter(
            letter.to,
            letter.envelope,
            [*letter.keys, {**letter.keys[0], "endpoint": home.stranger.endpoint}],
            letter.key,
        )
        twice = Letter(letter.to, letter.envelope, [letter.keys[0], *letter.keys[:-1]], letter.key)
        for wrong in (fewer, more, twice):
            reply = await granny.ok("send_message", **wrong.fields)
            assert reply["t"] == "recipients"
            assert {one["endpoint"] for one in reply["endpoints"]} == {one["endpoint"] for one in letter.keys}
        phone = await enrol(home.server, "home", "Dad", "New phone")
        await take_in(home.server, home.dad, phone.keys.public, shared=False)
        reply = await granny.ok("send_message", **letter.fields)
        assert phone.endpoint in {one["endpoint"] for one in reply["endpoints"]}
        await dad.ok("ping")
        assert await inbox(dad) == []
        second = await compose(granny, str(home.dad.person), "And to the new one")
        assert phone.endpoint in {one["endpoint"] for one in second.keys}
        await granny.ok("send_message", **second.fields)
        async with present(home, home.tablet) as (tablet,):
            await tablet.ok("remove_endpoint", endpoint=phone.endpoint)
        assert rows(home, "SELECT count(*) FROM inbox WHERE endpoint = ?", phone.endpoint) == [(0,)]


# -- conversations ----------------------------------------------------------------------------------


@pytest.mark.row("R54")
async def test_how_far_it_has_come_is_the_same_on_all_own_endpoints(home: Family) -> None:
    async with present(home, home.dad, home.tablet, home.granny) as (dad, tablet, granny):
        _, sent = await say(granny, str(home.dad.person), "Read me")
        seq = sent["seq"]
        await tablet.ok("mark_read", **{"with": home.granny.person}, upto=seq)
        assert (await seen(dad, home.granny.person, read=seq))["read_by_them"] < seq
        assert (await seen(granny, home.dad.person, read_by_them=seq))["last"] == seq
        await empty(dad)
        await seen(granny, home.dad.person, delivered=seq)
        for endpoint in (dad, tablet):
            assert (await talk(endpoint, home.granny.person))["read"] == seq
        await tablet.ok("mark_read", **{"with": home.granny.person}, upto=2**53 - 1)
        assert (await talk(granny, home.dad.person))["read_by_them"] == seq, (
            "nobody has read what is not there"
        )
        async with present(home, home.kitchen) as (kitchen,):
            shown = await talk(kitchen, home.granny.person, **{"as": home.dad.person})
            assert (shown["person"], shown["read"]) == (home.dad.person, seq)


@pytest.mark.row("R56")
@pytest.mark.row("R57")
@pytest.mark.row("R58")
async def test_what_one_removes_is_gone_from_their_own_list_alone(home: Family) -> None:
    async with present(home, home.dad, home.tablet, home.granny) as (dad, tablet, granny):
        letter, sent = await say(granny, str(home.dad.person), "Take me away")
        seq, before = sent["seq"], await talk(granny, home.dad.person)
        heard = len(granny.had("conversation_changed"))
        await dad.ok("remove_conversation", **{"with": home.granny.person}, upto=seq)
        await seen(tablet, home.granny.person, removed=seq)
        assert (await talk(dad, home.granny.person))["removed"] == seq
        assert await talk(granny, home.dad.person) == before
        assert len(granny.had("conversation_changed")) == heard, "she is not told either"
        assert text_of(dad, await arrived(dad, letter)) == "Take me away"
        for command in ("mark_read", "remove_conversation"):
            reply = await granny.ask(command, **{"with": home.gus.person}, upto=1)
            assert (reply["code"], reply["path"]) == ("unknown_person", "with")


def everything_written(home: Family) -> list[bytes]:
    """All files of the server, and its log."""
    files = [path for path in home.server.data.rglob("*") if path.is_file()]
    return [path.read_bytes() for path in (*files, home.server.log)]


# -- who may not ------------------------------------------------------------------------------------


@pytest.mark.row("R55")
async def test_a_phone_number_gets_no_messages(home: Family) -> None:
    async with present(home, home.granny) as (granny,):
        letter = await compose(granny, str(home.dad.person), "Hello?")
        for command, fields in (("list_recipients", {}), ("send_message", letter.fields)):
            reply = await granny.ask(command, **{**fields, "to": "+12025550123"})
            assert (reply["code"], reply["path"]) == ("no_text_messages", "to")
            assert "called only" in reply["message"]


async def test_whoever_is_blocked_sees_a_message_that_nobody_fetches(home: Family) -> None:
    async with present(home, home.dad, home.granny, home.parlour, home.kitchen) as (
        dad,
        granny,
        parlour,
        kitchen,
    ):
        before = (await talk(dad, home.granny.person))["last"]
        block = (await dad.ok("block", person=home.granny.person))["block"]
        letter, sent = await say(granny, str(home.dad.person), "Are you there?")
        assert sent["seq"] > before
        assert text_of(parlour, await arrived(parlour, letter)) == "Are you there?"
        await dad.ok("ping")
        await kitchen.ok("ping")
        assert await inbox(dad) == await inbox(kitchen) == []
        assert (await talk(dad, home.granny.person))["last"] == before
        assert (await talk(granny, home.dad.person))["last"] == sent["seq"]
        reply = await dad.ask("list_recipients", to=home.granny.person)
        assert reply["code"] == "you_blocked"
        await dad.ok("mark_read", **{"with": home.granny.person}, upto=before)
        assert (await talk(granny, home.dad.person))["read_by_them"] < before
        await dad.ok("unblock", block=block["id"])
        assert await inbox(dad) == [], "what was kept away does not come later"
        _, after = await say(granny, str(home.dad.person), "And now?")
        assert (await seen_last(dad, home.granny.person)) == after["seq"]


async def seen_last(endpoint: Endpoint, other: str | None) -> int:
    return int((await talk(endpoint, other))["last"])


async def test_nobody_writes_to_strangers_nor_in_another_ones_name(home: Family) -> None:
    async with present(home, home.granny, home.stranger, home.kitchen) as (granny, stranger, kitchen):
        assert (await granny.ask("list_recipients", to=home.stranger.person))["code"] == "unknown_person"
        good = await compose(granny, str(home.dad.person), "It is me")
        forged = (
            ({"endpoint": home.dad.endpoint}, "envelope.endpoint"),
            ({"identity": home.dad.keys.public.identity}, "envelope.endpoint"),
            ({"person": home.mum.person}, "envelope.person"),
            ({"person": None}, "envelope.person"),
            ({"kind": "announcement"}, "envelope.person"),
        )
        for changes, path in forged:
            reply = await granny.ask(
                "send_message", **{**good.fields, "envelope": {**good.envelope, **changes}}
            )
            assert (reply["code"], reply["path"]) == ("not_permitted", path)
        reply = await granny.ask("send_message", **{**good.fields, "to": home.granny.person})
        assert reply["code"] == "self_call"
        reply = await stranger.ask("send_message", **good.fields)
        assert reply["code"] == "unknown_person"
        for command in ("list_conversations", "list_recipients"):
            fields = {"to": home.granny.person} if command == "list_recipients" else {}
            reply = await kitchen.ask(command, **fields, **{"as": home.gus.person})
            assert reply["code"] == "not_permitted"
        reply = await kitchen.ask("remove_conversation", **{"with": home.granny.person}, upto=1)
        assert reply["code"] == "not_permitted"


async def test_a_shared_device_writes_for_whoever_has_let_it(home: Family) -> None:
    async with present(home, home.kitchen, home.granny, home.dad) as (kitchen, granny, dad):
        letter = await compose(kitchen, str(home.granny.person), "From the kitchen", acting=home.dad.person)
        await kitchen.ok("send_message", **letter.fields, **{"as": home.dad.person})
        item = await arrived(granny, letter)
        assert text_of(granny, item) == "From the kitchen"
        assert (item["with"], item["envelope"]["identity"]) == (
            home.dad.person,
            home.kitchen.keys.public.identity,
        )
        assert text_of(dad, await arrived(dad, letter)) == "From the kitchen"


@pytest.mark.row("R61")
async def test_what_comes_in_quiet_is_stored_and_alerts_nobody(home: Family) -> None:
    async with present(home, home.dad, home.tablet, home.granny) as (dad, tablet, granny):
        await ready(dad, quiet=True)
        letter, _ = await say(granny, str(home.dad.person), "Psst")
        assert (await arrived(dad, letter))["alert"] is False
        assert (await arrived(tablet, letter))["alert"] is True
        (item,) = await inbox(dad)
        assert (item["alert"], text_of(dad, item)) == (False, "Psst")
        await ready(dad, quiet=False)
        assert (await inbox(dad))[0]["alert"] is True


# -- segments ---------------------------------------------------------------------------------------


async def test_pieces_are_put_once_and_all_of_them(home: Family) -> None:
    async with present(home, home.granny) as (granny,):
        voice = await put_voice(granny, str(home.dad.person), [b"one", b"two"])
        assert (await granny.ask("send_message", **{**voice.fields, "segments": 1}))[
            "code"
        ] == "segments_missing"
        assert (await granny.ask("send_message", **{**voice.fields, "segments": 3}))[
            "code"
        ] == "segments_missing"
        body = messages.seal_segment(voice.key, voice.id, 0, b"one", last=False)
        await granny.ok("put_segment", message=voice.id, index=0, body=body)
        reply = await granny.ask("put_segment", message=voice.id, index=0, body=body + b"!")
        assert (reply["code"], reply["path"]) == ("message_id_taken", "index")
        for _ in range(3):
            await granny.ok("put_segment", message=new_message(), index=0, body=body)
        reply = await granny.ask("put_segment", message=new_message(), index=0, body=body)
        assert reply["code"] == "rate_limited"
        await granny.ok("send_message", **voice.fields)
        reply = await granny.ask("send_message", **voice.fields)
        assert reply["t"] == "message_sent", "the retry needs no pieces any more"


# -- among own endpoints ----------------------------------------------------------------------------


async def test_own_endpoints_tell_each_other_what_nobody_else_reads(home: Family) -> None:
    async with present(home, home.dad, home.tablet, home.kitchen, home.granny) as (
        dad,
        tablet,
        kitchen,
        granny,
    ):
        item, items = await own_items(dad, "transcript", b'{"text": "Words"}')
        await dad.ok("send_own", topic="transcript", item=item, items=items)
        await dad.ok("send_own", topic="transcript", item=item, items=items)
        for endpoint in (tablet, kitchen):
            (found,) = await inbox(endpoint)
            assert (found["what"], found["topic"], found["item"]) == ("own", "transcript", item)
            keys = home.dad.keys.public
            assert (
                messages.open_own(endpoint.joined.keys, keys, item, "transcript", found["body"])
                == b'{"text": "Words"}'
            )
        for items_, code, path in (
            ([{**items[0], "endpoint": home.granny.endpoint}], "unknown_endpoint", "items"),
            ([{**items[0], "endpoint": home.dad.endpoint}], "invalid", "items"),
            ([items[0], items[0]], "invalid", "items"),
        ):
            reply = await dad.ask("send_own", topic="transcript", item=new_message(), items=items_)
            assert (reply["code"], reply["path"]) == (code, path)
        reply = await dad.ask("send_own", topic="history", item=new_message(), items=items)
        assert (reply["code"], reply["path"]) == ("not_permitted", "topic")
        assert await inbox(granny) == []


# -- reports ----------------------------------------------------------------------------------------


async def test_the_operator_reads_what_somebody_reports_and_nothing_else(home: Family) -> None:
    async with present(home, home.dad, home.granny, home.mum) as (dad, granny, mum):
        letter, _ = await say(granny, str(home.dad.person), f"{MARK} in a report")
        about = {"envelope": letter.envelope, "key": letter.key, "why": "abuse", "text": "Look at that"}
        await dad.ok("report_message", **about)
        assert rows(home, "SELECT message FROM report WHERE person = ?", home.granny.person) == [
            (f"{MARK} in a report",)
        ]
        bad = letter.envelope["signature"][::-1]
        for by, changes, reason in (
            (mum, {}, "unknown_person"),
            (granny, {}, "unknown_person"),
            (dad, {"key": bytes(32)}, "unreadable"),
            (dad, {"envelope": {**letter.envelope, "signature": bad}}, "bad_signature"),
        ):
            reply = await by.ask("report_message", **{**about, **changes})
            assert (reply["code"], reply["data"]["reason"]) == ("untrusted", reason)


async def test_neither_database_nor_log_has_a_word_of_it(home: Family) -> None:
    async with present(home, home.granny, home.dad) as (granny, dad):
        letter, _ = await say(granny, str(home.dad.person), "UNREPORTED-words of a message")
        await arrived(dad, letter)
        voice = await put_voice(granny, str(home.dad.person), [b"UNREPORTED-sounds" * 50])
        await granny.ok("send_message", **voice.fields)
        written = everything_written(home)
        assert any(letter.id.encode() in one for one in written)
        for secret in (b"UNREPORTED", letter.key, voice.key, home.granny.keys.private_bytes()[:32]):
            assert not any(secret in one for one in written)
        assert MARK.encode() not in home.server.log.read_bytes(), "what was reported is not in the log"


async def test_a_shared_device_gets_nothing_of_whoever_lets_it_act_no_more(home: Family) -> None:
    async with present(home, home.granny, home.hall):
        pass
    async with present(home, home.granny) as (granny,):
        for to in (home.dad, home.mum):
            await say(granny, str(to.person), "For the hall")
    await let_act_only(home.server, home.dad, [home.kitchen])
    async with home.online(home.hall) as (hall,):
        assert hall.welcome["inbox"] == 2
        assert [one["person"] for one in await inbox(hall)] == [home.mum.person]
        assert rows(home, "SELECT count(*) FROM inbox WHERE endpoint = ?", home.hall.endpoint) == [(1,)]
        await empty(hall)
    await let_act(home.server, home.dad)
