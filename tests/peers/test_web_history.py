"""The own history in the app: looked through by day and device, and what is deleted is what was shown."""

import time
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from kith.core.ids import new_call
from tests.support.browsers import browsers
from tests.support.server import RunningServer, running_server
from tests.support.wire import Endpoint

NO_DAY = "2020-02-29"

THREE_MISSED = "() => document.querySelector('kith-app').parts.store.state.missed.length === 3"
"""The last call is over, and has closed the dialog if it was ever seen to ring."""


async def dora_of(server: RunningServer, secret: str) -> Endpoint:
    """Somebody who knows the owner, and calls."""
    joined, code = await server.sign_up("Dora", secret=secret)
    await server.post("verify", token=await server.token(joined), code=code)
    return Endpoint(server, joined)


async def missed(caller: Endpoint, person: str) -> None:
    call = new_call()
    await caller.call(person, call)
    await caller.ok("cancel", call=call)


@pytest.mark.row("R141")
async def test_the_history_is_looked_through_and_deleted(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers(server, tmp_path) as launch:
        ana = await launch.person("Ana", "chromium")
        own = (await ana.state())["person"]["id"]
        async with await dora_of(server, await ana.invite(household=False)) as dora:
            await ana.place("Dora", video=False)
            ringing = await dora.event("ringing")
            await dora.ok("decline", call=ringing["call"]["id"])
            await ana.call_is_over("Dora declined.")
            for _ in range(2):
                await missed(dora, own)
            page = ana.page
            await page.get_by_role("button", name="You", exact=True).click()
            await ana.button("Your history").click()
            entries = page.locator(".history .entry")
            await expect(entries).to_have_count(3)
            await expect(entries.nth(0)).to_contain_text("You missed a call from Dora")
            await expect(entries.nth(2)).to_contain_text("Dora declined your call")
            await _by_day_and_device(page)
            await _one(page)
            assert len((await dora.ok("list_history"))["entries"]) == 3, "the other one's is theirs"
            await _all_and_none(page)
            await missed(dora, own)
            await page.wait_for_function(THREE_MISSED)
            await page.evaluate("() => document.querySelector('dialog')?.close()")
            await ana.button("Your history").click()
            await expect(page.get_by_text("Nothing is kept.")).to_be_visible()
        assert ana.errors == []


async def _by_day_and_device(page: Page) -> None:
    entries = page.locator(".history .entry")
    await page.get_by_label("Device", exact=True).select_option(index=1)
    await expect(entries).to_have_count(1)
    await expect(page.get_by_role("button", name="Delete all of")).to_be_visible()
    await page.get_by_label("Device", exact=True).select_option(index=0)
    await expect(entries).to_have_count(3)
    await page.get_by_label("Day", exact=True).fill(NO_DAY)
    await expect(page.get_by_text("There is nothing then or there.")).to_be_visible()
    await page.get_by_label("Day", exact=True).fill(time.strftime("%Y-%m-%d"))
    await expect(entries).to_have_count(3)


async def _one(page: Page) -> None:
    await page.get_by_role("button", name="Delete: You missed a call from Dora").first.click()
    question = page.get_by_role("group", name="Delete this from your history?")
    await question.get_by_role("button", name="Cancel").click()
    await expect(page.locator(".history .entry")).to_have_count(3)
    await page.get_by_role("button", name="Delete: You missed a call from Dora").first.click()
    await question.get_by_role("button", name="Delete", exact=True).click()
    await expect(page.locator(".history .entry")).to_have_count(2)


async def _all_and_none(page: Page) -> None:
    await page.get_by_role("button", name="Delete all of").click()
    await page.get_by_role("group").get_by_role("button", name="Delete", exact=True).click()
    await expect(page.locator(".history .entry")).to_have_count(0)
    await page.get_by_label("Keep it", exact=True).select_option("0")
    await expect(page.get_by_text("Nothing is kept.")).to_be_visible()
