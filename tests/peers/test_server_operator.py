"""`kith admin` beside a running server, and without one: what the operator sees, and what becomes of whom."""

import asyncio
import json
import os
import stat
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from click.testing import CliRunner

from kith.cli import main
from kith.core.ids import new_call
from tests.support.home import Home, living_at_home
from tests.support.server import ROOT, RunningServer
from tests.support.stored import rows
from tests.support.wire import Closed, Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    async with living_at_home(tmp_path_factory.mktemp("operator"), "--ring-timeout=1") as home:
        yield home


async def admin(server: RunningServer, *arguments: str) -> tuple[int, str]:
    """`kith admin` in another thread, with a loop of its own: its exit code and all that it said."""
    words = ["admin", f"--data={server.data}", *arguments]
    result = await asyncio.to_thread(CliRunner(env={"COLUMNS": "200"}).invoke, main, words)
    return result.exit_code, result.output


async def as_process(server: RunningServer, *arguments: str) -> str:
    """The same as a process: what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kith", "admin", f"--data={server.data}", "--json", *arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    return said.decode()


async def ask(server: RunningServer, *arguments: str) -> Any:
    code, said = await admin(server, "--json", *arguments)
    assert code == 0, said
    return json.loads(said)


async def talk(caller: Endpoint, callee: Endpoint, to: str | None, **fields: Any) -> str:
    call = new_call()
    await caller.ok("call", call=call, to=to, **fields)
    await callee.event("ringing", call=call)
    await callee.ok("answer", call=call)
    await asyncio.gather(caller.media_up(call), callee.media_up(call))
    return call


@pytest.mark.row("R140")
async def test_suspending_ends_sessions_and_calls_within_a_second(home: Home) -> None:
    person = home.dad.person or ""
    async with home.online(home.mum, home.dad, home.tablet, home.hall) as online:
        mum, dad, tablet, hall = online
        token = await home.server.token(home.dad)
        invited = (await dad.ok("invite"))["secret"]
        first = await talk(mum, dad, person)
        second = await talk(hall, mum, home.mum.person, **{"as": person})
        begun = time.monotonic()
        done = await ask(home.server, "suspend", person, "--reason", "He sells gold by telephone")
        assert done["name"] == "Dad"
        assert await dad.closed() == await tablet.closed() == 4011
        assert await mum.ended(first) == await mum.ended(second) == await hall.ended(second) == "hung_up"
        took = time.monotonic() - begun
        assert not hall.over
        await _is_out(home, token, invited)
        hall.events.clear()
        rung = new_call()
        await mum.ok("call", call=rung, to=person)
        assert await mum.ended(rung) == "no_answer"
        assert not hall.had("ringing"), "it rings nowhere for them"
        for command in ("call", "list_directory"):
            fields = {"call": new_call(), "to": home.mum.person} if command == "call" else {}
            refused = await hall.ask(command, **fields, **{"as": person})
            assert refused["code"] == "suspended"
        await ask(home.server, "unsuspend", person, "--reason", "It was somebody else")
        async with Endpoint(home.server, home.dad) as again:
            assert again.snapshot["missed"] == [], "what rang out was not missed"
            await talk(mum, again, person)
    assert took < 1.0
    actions = await ask(home.server, "actions")
    assert [(one["action"], one["subject"], one["reason"]) for one in actions] == [
        ("unsuspend", person, "It was somebody else"),
        ("suspend", person, "He sells gold by telephone"),
    ]


async def _is_out(home: Home, token: str, invited: str) -> None:
    """Neither key nor token nor an invitation that was sent before opens anything."""
    for joined in (home.dad, home.tablet):
        endpoint = Endpoint(home.server, joined)
        with pytest.raises(Closed) as refused:
            await endpoint.open()
        assert refused.value.args[0]["code"] == "suspended"
        await endpoint.close()
    assert (await home.server.post("ping", token=token))[1]["code"] == "invalid_token"
    found = await home.server.post("look_up_invitation", secret=invited)
    assert found[1]["code"] == "invitation_invalid"


@pytest.mark.row("R140")
async def test_a_report_is_seen_and_reviewed(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        text = "Buys [bold]gold[/bold]\x1b[2J"
        await mum.ok("report_person", person=home.granny.person, why="spam", text=text)
    [report] = await ask(home.server, "reports")
    assert (report["name"], report["by_name"], report["why"], report["text"]) == (
        "Granny",
        "Mum",
        "spam",
        text,
    )
    _, shown = await admin(home.server, "reports")
    assert "[bold]gold[/bold]" in shown and "\x1b[2J" not in shown
    assert (await ask(home.server, "people", "--search", "gran"))[0]["reports"] == 1
    await ask(home.server, "review", str(report["id"]), "--reason", "She does not")
    assert await ask(home.server, "reports") == []
    assert len(await ask(home.server, "reports", "--all")) == 1


@pytest.mark.row("R140")
async def test_terminating_erases_and_keeps_the_number_out(home: Home) -> None:
    pest = await home.server.person("Pest", by=home.mum)
    async with Endpoint(home.server, pest) as endpoint:
        number = endpoint.snapshot["own"]["mobile"]
        done = await ask(home.server, "terminate", pest.person or "", "--reason", "Enough", "--yes")
        assert done["action"] == "terminate"
        assert await endpoint.closed() in (4010, 4011)
    assert rows(home.server, "SELECT id FROM person WHERE id = ?", pest.person) == []
    assert rows(home.server, "SELECT id FROM endpoint WHERE id = ?", pest.endpoint) == []
    again = Endpoint(home.server, pest)
    with pytest.raises(Closed):
        await again.open()
    await again.close()
    assert await back_with(home, number) == "number_refused"
    [action] = [one for one in await ask(home.server, "actions") if one["action"] == "terminate"]
    assert (action["name"], action["reason"]) == ("Pest", "Enough")


@pytest.mark.row("R140")
async def test_who_is_suspended_does_not_come_back_with_another_account(home: Home) -> None:
    async with home.online(home.granny) as (granny,):
        number = granny.snapshot["own"]["mobile"]
    await ask(home.server, "suspend", home.granny.person or "", "--reason", "To see")
    assert await back_with(home, number) == "number_refused"
    await ask(home.server, "unsuspend", home.granny.person or "", "--reason", "Seen")
    async with home.online(home.granny) as (granny,):
        assert granny.snapshot["own"]["mobile"] == number


async def back_with(home: Home, number: str) -> str:
    """Sign up with a number and prove it; returns the problem."""
    _, invited = await home.server.post("invite", token=await home.server.token(home.mum))
    joined, code = await home.server.sign_up("Another", secret=invited["secret"], mobile=number)
    _, reply = await home.server.post("verify", token=await home.server.token(joined), code=code)
    return str(reply["code"])


async def test_what_there_is_to_see(home: Home) -> None:
    people = await ask(home.server, "people")
    by_name = {one["name"]: one for one in people}
    assert {"Dad", "Granny", "Mum"} <= set(by_name)
    assert by_name["Dad"]["devices"] == 2
    assert all(set(one["ends"]) <= set("0123456789") and len(one["ends"]) == 2 for one in people)
    assert {1, 2} <= {one["people"] for one in await ask(home.server, "households")}
    assert await ask(home.server, "incidents") == []
    _, table = await admin(home.server, "people")
    assert "Granny" in table and "Household" in table


async def test_what_an_operator_can_get_wrong(home: Home) -> None:
    for arguments, words in (
        (("suspend", "p_" + "0" * 20, "--reason", "x"), "no such person"),
        (("suspend", "Dad", "--reason", "x"), "person"),
        (("suspend", home.dad.person or ""), "--reason"),
        (("suspend", home.dad.person or "", "--reason", ""), "reason"),
        (("review", "4711", "--reason", "x"), "no such report"),
    ):
        code, said = await admin(home.server, *arguments)
        assert code != 0 and words in said, said
        assert "Traceback" not in said
    assert rows(home.server, "SELECT id FROM person WHERE suspended IS NOT NULL") == []


async def test_a_directory_that_lies_deep_has_its_door_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("deep") / ("d" * 60) / ("e" * 60)
    directory.mkdir(parents=True)
    async with living_at_home(directory) as home:
        person = home.granny.person or ""
        async with home.online(home.granny) as (granny,):
            await ask(home.server, "suspend", person, "--reason", "From far down")
            assert await granny.closed() == 4011


async def test_the_door_is_the_owners_alone(home: Home) -> None:
    door = home.server.data / "admin.sock"
    assert stat.S_IMODE(door.stat().st_mode) == 0o600
    assert stat.S_ISSOCK(door.stat().st_mode)


@pytest.mark.row("R140")
async def test_without_a_server_it_works_on_the_database(home: Home) -> None:
    """Last: the server is killed in the middle of a call."""
    person = home.granny.person or ""
    async with home.online(home.mum, home.granny) as (mum, granny):
        call = await talk(mum, granny, person)
        await home.server.kill()
        await asyncio.gather(mum.closed(), granny.closed())
        said = await as_process(home.server, "suspend", person, "--reason", "While nobody looks")
        assert json.loads(said)["name"] == "Granny"
        assert (await ask(home.server, "people", "--suspended"))[0]["id"] == person
        await home.server.start()
        await mum.back()
        assert mum.snapshot["calls"] == [], "the call was taken up and ended"
        assert (await mum.ask("hang_up", call=call))["reason"] == "hung_up"
        with pytest.raises(Closed):
            await granny.back()
    said = home.server.log.read_text()
    assert "While nobody looks" not in said and "Traceback" not in said


async def test_who_was_reported_and_leaves_in_time_may_still_be_kept_out(home: Home) -> None:
    """What the operator was told of them stays, with the name, and so does what keeps their number out."""
    async with home.online(home.mum) as (mum,):
        secrets = [(await mum.ok("invite"))["secret"] for _ in range(2)]
        spammer, code = await home.server.sign_up("Spammer", secret=secrets[0], mobile="+12025558801")
        await home.server.post("verify", token=await home.server.token(spammer), code=code)
        await mum.ok("report_person", person=spammer.person, why="spam", text="Ten calls a day.")
        await home.server.post("deregister", token=await home.server.token(spammer))
        (report,) = [one for one in await ask(home.server, "reports") if one["person"] == spammer.person]
        assert report["name"] == "Spammer"
        await ask(home.server, "terminate", "--yes", str(spammer.person), "--reason", "Spam, and away.")
        again, code = await home.server.sign_up("Somebody", secret=secrets[1], mobile="+12025558801")
        status, reply = await home.server.post("verify", token=await home.server.token(again), code=code)
        assert (status, reply["code"]) == (403, "number_refused")
