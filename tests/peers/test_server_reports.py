"""People tell the operator of each other, on a running server."""

import pytest

from signaling.blocking import REPORTS
from tests.support.home import Home, living_at_home
from tests.support.stored import rows


@pytest.mark.row("R137")
async def test_a_report_reaches_the_operator_and_nobody_else(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with living_at_home(tmp_path_factory.mktemp("reports")) as home:
        await _reported(home)
        await _refused(home)
        await _too_many(home)
        assert "buys gold" not in home.server.log.read_text()


async def _reported(home: Home) -> None:
    async with home.online(home.mum, home.dad, home.granny) as (mum, dad, granny):
        heard = [one.seq for one in (dad, granny)]
        await mum.ok("report_person", person=home.granny.person, why="spam", text="She buys gold")
        for one in (dad, granny):
            await one.ok("ping")
        assert [one.seq for one in (dad, granny)] == heard
    [report] = rows(home.server, "SELECT by, person, why, text, reviewed FROM report")
    assert report == (home.mum.person, home.granny.person, "spam", "She buys gold", None)


async def _refused(home: Home) -> None:
    async with home.online(home.mum, home.kitchen) as (mum, kitchen):
        for nobody in (home.mum.person, "p_" + "0" * 20):
            assert (await mum.ask("report_person", person=nobody, why="spam"))["code"] == "unknown_person"
        why = await mum.ask("report_person", person=home.dad.person, why="boredom")
        assert (why["code"], why["path"]) == ("invalid", "why")
        long = await mum.ask("report_person", person=home.dad.person, why="other", text="x" * 1001)
        assert (long["code"], long["path"]) == ("invalid", "text")
        shared = await kitchen.ask("report_person", person=home.dad.person, why="abuse")
        assert shared["code"] == "not_permitted"


async def _too_many(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        for _ in range(REPORTS.most - 1):
            await mum.ok("report_person", person=home.dad.person, why="other")
        refused = await mum.ask("report_person", person=home.dad.person, why="other")
        assert refused["code"] == "quota_exceeded"
        assert REPORTS.span - 60 < refused["data"]["retry_after"] <= REPORTS.span
    assert len(rows(home.server, "SELECT id FROM report")) == REPORTS.most
