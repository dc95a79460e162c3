"""Who may drop in, as people choose it in the web app: by cards, by the own card, device by device."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.support.browsers import Launcher, Screen, browsers
from tests.support.choosing import (
    attempt,
    back_home,
    befriend,
    endpoint_of,
    let_drop_in,
    on_own_card,
    open_card,
    person_of,
    start_afresh,
    stop_letting,
    terms,
)
from tests.support.doors import Doors
from tests.support.server import running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY = 86_400

SIGNED = "() => { const { terms } = document.querySelector('kith-app').parts.store.state; return terms"
HEARD_BY_NOBODY = """
() => {
  const { store } = document.querySelector('kith-app').parts;
  store.dispatch({ t: 'terms', terms: { ...store.state.terms, heard: new Map() } });
}
"""
DROP_IN = """
(person) => {
  const { calls } = document.querySelector('kith-app').parts;
  return calls.dropIn({ to: person, person, name: 'Ana', video: false });
}
"""


USED = """
() => {
  const { account } = document.querySelector('kith-app').parts;
  window.using = setInterval(() => account.send({ t: 'touch', kind: 'interaction' }), 500);
}
"""
"""As if somebody touched the page again and again, and said so each time."""

LEFT = "() => clearInterval(window.using)"

ACTIVITY = "() => [...document.querySelector('kith-app').parts.store.state.activity]"


@dataclass
class House:
    """Ana and Cleo live together, with a screen in the kitchen; Ben and Dora do elsewhere."""

    launch: Launcher
    ana: Screen
    ben: Screen
    dora: Screen
    cleo: Screen
    kitchen: Screen


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lived_in(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    directory = tmp_path_factory.mktemp("granting")
    program = ("tests.support.hastened",)
    async with running_server(directory, program=program) as server, browsers(server, directory) as launch:
        ana = await launch.person("Ana", "chromium")
        ben = await launch.person("Ben", "chromium", by=ana, household=False)
        dora = await launch.person("Dora", "chromium", by=ben)
        cleo = await launch.person("Cleo", "chromium", by=ana)
        kitchen = await launch.screen("chromium")
        await kitchen.pair(await ana.offer_pairing(shared=True), "Kitchen")
        await befriend(ana, "Ben", "+12025559002")
        yield House(launch, ana, ben, dora, cleo, kitchen)


@pytest_asyncio.fixture(loop_scope="module")
async def house(lived_in: House) -> House:
    """Ana is at home, the screen is in the kitchen, and nobody may anything."""
    if lived_in.kitchen.page.url == "about:blank":  # where a test that failed has left it
        await lived_in.kitchen.open()
        await lived_in.kitchen.at_home()
    await start_afresh(lived_in.ana)
    return lived_in


async def is_ready(screen: Screen) -> None:
    """Somebody has touched the page, and it can be dropped in on."""
    await screen.page.locator("body").click(position={"x": 5, "y": 5})
    await screen.page.wait_for_function(
        "() => document.querySelector('kith-app').parts.store.state.unready === null"
    )


@pytest.mark.row("R67", "S1")
async def test_nobody_may_before_a_grant_and_a_grant_by_the_card_is_a_knock_for_ninety_days(
    house: House,
) -> None:
    ana, ben = house.ana, house.ben
    owner = await person_of(ana)
    assert await attempt(ben, owner) == "not_permitted"
    card = await open_card(ana, "Ben")
    await expect(card.get_by_text("Ben cannot drop in on you.")).to_be_visible()
    await card.get_by_role("button", name="Let them drop in").click()
    await expect(ana.page.get_by_role("radio", name="Knock first")).to_be_checked()
    await expect(ana.page.get_by_role("radio", name="Only Ben")).to_be_checked()
    await ana.button("Save", exact=True).click()
    await expect(card.get_by_text("Ben may knock.")).to_be_visible()
    await ana.button("Close", exact=True).click()

    (grant,) = (await terms(ana))["grants"]
    assert (grant["mode"], grant["carer"], grant["household"]) == ("knock", False, {})
    assert 89 * DAY < grant["until"] - grant["since"] < 92 * DAY
    assert await attempt(ben, owner) == "knock"
    assert ana.errors == []


@pytest.mark.row("R68", "S1")
async def test_what_a_household_was_granted_is_used_by_whoever_lives_in_it(house: House) -> None:
    """Dora, who lives with Ben, stays outside as long as Ben alone may; then she knocks, and Ana lets her in."""
    ana, dora = house.ana, house.dora
    await let_drop_in(ana, "Ben")
    assert await attempt(dora, await person_of(ana)) == "not_permitted"
    card = await open_card(ana, "Ben")
    await card.get_by_role("button", name="Change …").click()
    await ana.page.get_by_text("Ben and everybody they live with").click()
    await ana.button("Save", exact=True).click()
    await expect(card.get_by_text("Ben and whoever lives with them may knock.")).to_be_visible()
    await ana.button("Close", exact=True).click()
    await is_ready(ana)
    await dora.page.evaluate(DROP_IN, await person_of(ana))
    await expect(ana.incoming("Dora")).to_contain_text("wants to drop in")
    assert await ana.live_tracks() == set()
    await ana.button("Let in").click()
    await dora.connected()
    assert await ana.live_tracks() == {"audio"}
    await dora.hang_up()
    await ana.leave_calls()
    assert ana.errors == dora.errors == []


@pytest.mark.row("R83", "R84")
async def test_recently_active_is_seen_by_whoever_may_drop_in_and_by_nobody_else(house: House) -> None:
    """A word beside the name, and no more: not where, not when. On this server a minute lasts half a second."""
    ana, ben, cleo = house.ana, house.ben, house.cleo
    await befriend(ben, "Ana", "+12025559001")
    dots = [screen.page.get_by_text("Recently active").filter(visible=True) for screen in (ben, cleo)]
    await let_drop_in(ana, "Ben")
    await ana.page.evaluate(USED)
    await expect(dots[0]).to_have_count(1)
    assert await ben.page.evaluate(ACTIVITY) == [await person_of(ana)]
    assert await cleo.page.evaluate(ACTIVITY) == [] and await dots[1].count() == 0
    await stop_letting(ana, "Ben")
    await expect(dots[0]).to_have_count(0)
    await ana.page.evaluate(LEFT)


async def test_to_come_straight_in_is_an_explicit_choice(house: House) -> None:
    ana = house.ana
    await let_drop_in(ana, "Ben")
    card = await open_card(ana, "Ben")
    await card.get_by_role("button", name="Change …").click()
    await ana.page.get_by_text("Come straight in", exact=True).last.click()
    await ana.button("Save", exact=True).click()
    await expect(ana.page.get_by_role("alert")).to_have_text("Please confirm that Ben may come straight in.")
    assert (await terms(ana))["grants"][0]["mode"] == "knock"
    await ana.page.get_by_label("Yes, that is what I want").check()
    await ana.button("Save", exact=True).click()
    await expect(card.get_by_text("Ben may come straight in.")).to_be_visible()
    await ana.button("Close", exact=True).click()
    assert (await terms(ana))["grants"][0]["mode"] == "instant"


@pytest.mark.row("S2")
async def test_hours_and_a_last_day_are_chosen_on_the_card(house: House) -> None:
    """What they mean at the second is tried with the rules; here they reach what is signed."""
    ana = house.ana
    card = await open_card(ana, "Ben")
    await card.get_by_role("button", name="Let them drop in").click()
    await ana.page.get_by_text("Only at certain times").click()
    await ana.page.get_by_label("From", exact=True).fill("20:15")
    await ana.page.get_by_label("To", exact=True).fill("00:00")
    await ana.page.get_by_label("Saturday").check(force=True)
    await ana.page.get_by_label("Last day").fill("2031-05-04")
    await ana.button("Save", exact=True).click()
    await expect(card.get_by_text("May 4, 2031")).to_be_visible()
    await ana.button("Close", exact=True).click()
    (grant,) = (await terms(ana))["grants"]
    assert grant["hours"] == [{"days": 0b0111111, "begin": 20 * 60 + 15, "end": 24 * 60}]
    assert grant["until"] > 1_930_000_000


@pytest.mark.row("R72", "S5")
async def test_what_is_revoked_on_the_card_is_refused_and_the_household_is_told(house: House) -> None:
    ana, ben, cleo = house.ana, house.ben, house.cleo
    await let_drop_in(ana, "Ben")
    await stop_letting(ana, "Ben")
    assert (await terms(ana))["grants"] == []
    assert await attempt(ben, await person_of(ana)) == "not_permitted"
    news = cleo.page.get_by_role("region", name="In your household")
    await expect(news).to_contain_text("Ana lets Ben drop in")
    await expect(news).to_contain_text("Ana no longer lets Ben drop in")


@pytest.mark.row("R9", "R69", "R71")
async def test_the_own_card_lets_the_household_in_and_keeps_it_out(house: House) -> None:
    ana, ben, cleo, kitchen = house.ana, house.ben, house.cleo, house.kitchen
    owner, room = await person_of(ana), await endpoint_of(kitchen)
    assert await attempt(cleo, owner) == "not_permitted"
    assert await attempt(ana, room) == "not_permitted"
    await let_drop_in(ana, "Ben")
    await on_own_card(ana)
    await expect(ana.page.get_by_role("radio", name="Off").first).to_be_checked()
    for how, home in (("Knock first", "knock"), ("Off", "off")):
        await ana.page.get_by_role("radiogroup", name="Drop in at home").get_by_text(how, exact=True).click()
        await expect(ana.page.get_by_role("radio", name=how).first).to_be_checked()
        await expect(ana.page.locator("kith-you-home")).not_to_have_attribute("aria-busy", "true")
        assert (await terms(ana))["home"] == home
        wanted = "knock" if home == "knock" else "not_permitted"
        assert await attempt(cleo, owner) == wanted
        assert await attempt(ana, room) == wanted
    assert await attempt(ben, owner) == "knock", "what a contact was granted is no matter of the household"


@pytest.mark.row("R73")
async def test_one_device_is_closed_and_the_others_are_not(house: House) -> None:
    ana, ben, kitchen = house.ana, house.ben, house.kitchen
    await let_drop_in(ana, "Ben")
    await on_own_card(ana)
    mine = ana.page.get_by_role("radiogroup", name="Kitchen")
    for term, wanted in (("Off", "not_permitted"), ("Household", "not_permitted")):
        await mine.get_by_text(term, exact=True).click()
        await expect(mine.get_by_role("radio", name=term)).to_be_checked()
        await expect(ana.page.locator("kith-you-home")).not_to_have_attribute("aria-busy", "true")
        assert await attempt(ben, await endpoint_of(kitchen)) == wanted
    assert await attempt(ben, await person_of(ana)) == "knock"


async def test_what_is_heard_while_a_finger_is_on_a_choice_does_not_take_it_away(house: House) -> None:
    ana = house.ana
    await let_drop_in(ana, "Ben")
    await on_own_card(ana)
    off = ana.page.get_by_role("radiogroup", name="Kitchen").get_by_text("Off", exact=True)
    await off.hover()
    await ana.page.mouse.down()
    await ana.page.evaluate(HEARD_BY_NOBODY)
    await ana.page.mouse.up()
    await ana.page.wait_for_function(f"{SIGNED}.contents.devices[0]?.drop_in === 'off'; }}")
    await back_home(ana)


async def test_a_device_that_is_away_has_not_heard_until_it_is_back(house: House) -> None:
    ana, kitchen = house.ana, house.kitchen
    await kitchen.page.goto("about:blank")
    await let_drop_in(ana, "Ben")
    card = await open_card(ana, "Ben")
    await expect(card.get_by_text("Kitchen has not heard yet.")).to_be_visible()
    await kitchen.open()
    await kitchen.at_home()
    await expect(card.get_by_text("has not heard yet")).to_be_hidden()


@pytest.mark.row("S10")
async def test_a_carer_is_made_by_a_consent_of_its_own(house: House) -> None:
    ana = house.ana
    card = await open_card(ana, "Ben")
    await card.get_by_role("button", name="Let them drop in").click()
    await ana.page.get_by_text("Does this person look after you?").click()
    await ana.page.get_by_label("Ben is my carer").check()
    await ana.button("Save", exact=True).click()
    await expect(ana.button("No, not now")).to_be_focused()
    assert (await terms(ana))["grants"] == []
    await ana.button("Yes, Ben is my carer").click()
    await expect(card.get_by_text("Your carer: also during Do Not Disturb.")).to_be_visible()
    (grant,) = (await terms(ana))["grants"]
    assert (grant["carer"], grant["mode"], grant["household"]) == (True, "instant", {})
    await ana.button("Close", exact=True).click()


@pytest.mark.row("R28", "R29")
async def test_whoever_is_blocked_has_no_grant_any_more(house: House) -> None:
    ana, ben = house.ana, house.ben
    await let_drop_in(ana, "Ben")
    card = await open_card(ana, "Ben")
    await card.get_by_role("button", name="Block", exact=True).click()
    await card.get_by_role("button", name="Block", exact=True).click()
    await expect(card.get_by_role("button", name="Unblock")).to_be_visible()
    await ana.page.wait_for_function(
        "() => document.querySelector('kith-app').parts.store.state.terms.contents.grants.length === 0"
    )
    await card.get_by_role("button", name="Unblock").click()
    await expect(card.get_by_text("Ben cannot drop in on you.")).to_be_visible()
    await ana.button("Close", exact=True).click()
    assert await attempt(ben, await person_of(ana)) == "not_permitted", "the old grant is not revived"


@pytest.mark.row("R62", "R63")
async def test_do_not_disturb_from_the_app_is_on_at_the_device_and_off_again(house: House) -> None:
    ana, kitchen = house.ana, house.kitchen
    quiet = kitchen.page.get_by_role("switch", name="Do Not Disturb")
    await on_own_card(ana)
    await ana.page.get_by_role("switch", name="Do Not Disturb: Kitchen").click()
    await expect(quiet).to_be_checked()
    await expect(ana.page.get_by_role("switch", name="Do Not Disturb: Kitchen")).to_be_checked()
    await expect(ana.page.get_by_role("switch", name="At all my devices")).not_to_be_checked()
    await back_home(ana)
    assert not (await ana.state())["quiet"], "siblings still ring"

    await on_own_card(ana)
    await ana.page.get_by_role("switch", name="At all my devices").click()
    await expect(ana.page.get_by_role("switch", name="At all my devices")).to_be_checked()
    await ana.page.wait_for_function("() => document.querySelector('kith-app').parts.store.state.quiet")
    await ana.page.get_by_role("switch", name="At all my devices").click()
    await expect(quiet).not_to_be_checked()
    await expect(ana.page.get_by_role("switch", name="Do Not Disturb: Kitchen")).not_to_be_checked()

    await quiet.click()  # at the device itself
    await expect(ana.page.get_by_role("switch", name="Do Not Disturb: Kitchen")).to_be_checked()
    await ana.page.get_by_role("switch", name="Do Not Disturb: Kitchen").click()
    await expect(quiet).not_to_be_checked()
    await back_home(ana)


@pytest.mark.row("R62")
async def test_a_schedule_is_made_and_holds_by_the_clock_of_its_place(house: House) -> None:
    ana = house.ana
    await on_own_card(ana)
    await ana.button("At set times").click()
    await ana.page.get_by_label("From", exact=True).fill("00:00")
    await ana.page.get_by_label("To", exact=True).fill("23:59")
    await ana.button("Save", exact=True).click()
    await expect(ana.page.get_by_role("heading", name="By itself")).to_be_visible()
    signed = await terms(ana)
    assert signed["schedules"] == [{"days": 127, "begin": 0, "end": 1439, "devices": []}]
    assert signed["zone"] == await ana.page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    await ana.page.wait_for_function("() => document.querySelector('kith-app').parts.store.state.quiet")
    await ana.page.get_by_role("button", name="Change:").click()
    await ana.button("Remove this time").click()
    await expect(ana.page.get_by_role("heading", name="By itself")).to_be_hidden()
    await ana.page.wait_for_function("() => !document.querySelector('kith-app').parts.store.state.quiet")
    await back_home(ana)


@pytest.mark.row("R72", "R74")
async def test_a_drop_in_that_goes_on_ends_when_it_is_revoked(house: House) -> None:
    """Revoked at the telephone, while the visitor is in the kitchen: a shared page, which opened by itself."""
    ana, ben, kitchen = house.ana, house.ben, house.kitchen
    await let_drop_in(ana, "Ben", how="Come straight in")
    await on_own_card(ana)
    mine = ana.page.get_by_role("radiogroup", name="Chrome, Linux")
    await mine.get_by_text("Off", exact=True).click()
    await expect(mine.get_by_role("radio", name="Off")).to_be_checked()
    await expect(ana.page.locator("kith-you-home")).not_to_have_attribute("aria-busy", "true")
    await back_home(ana)
    await is_ready(kitchen)
    doors = Doors(kitchen.page)
    await doors.watch()
    await ben.page.evaluate(DROP_IN, await person_of(ana))
    await doors.until("open")
    assert await doors.stages() == ["checking", "tone", "open"]
    await ben.connected()
    assert await kitchen.live_tracks() == {"audio"} and await kitchen.live() == {"microphone"}
    await stop_letting(ana, "Ben")
    for screen in (kitchen, ben):
        await expect(screen.page.locator("kith-call.over")).to_be_visible()
        assert await screen.live_tracks() == set()
        await screen.button("Close", exact=True).click()


async def test_the_log_says_who_tried_and_why_not_and_what_is_deleted_leaves_a_gap(house: House) -> None:
    ana, cleo = house.ana, house.cleo
    assert await attempt(cleo, await person_of(ana)) == "not_permitted"
    await ana.button("You", exact=True).click()
    await ana.button("What happened").click()
    entry = ana.page.get_by_role("listitem").filter(has_text="Cleo tried to drop in and was refused").first
    await expect(entry).to_contain_text("Nobody has allowed the own household to drop in yet.")
    await expect(entry).to_contain_text("By the server alone")
    await expect(ana.page.get_by_text("Nothing was changed or left out.")).to_be_visible()
    gaps = ana.page.get_by_text("Deleted. That something was here stays visible.")
    await expect(gaps).to_have_count(0)
    await entry.get_by_role("button", name="Delete").click()
    await expect(ana.button("Cancel")).to_be_focused()
    await ana.button("Delete", exact=True).click()
    await expect(gaps).to_have_count(1)
    await expect(ana.page.get_by_text("Nothing was changed or left out.")).to_be_visible()
    await ana.button("Close", exact=True).click()


async def test_what_a_device_granted_that_is_gone_since_is_not_signed_again(house: House) -> None:
    """It may have been a thief's; what it forbids holds until somebody says otherwise."""
    ana, ben = house.ana, house.ben
    tablet = await house.launch.screen("chromium")
    await tablet.pair(await ana.offer_pairing(shared=False), "Tablet")
    await let_drop_in(tablet, "Ben")
    await on_own_card(tablet)
    await tablet.page.get_by_role("switch", name="Do Not Disturb: Kitchen").click()
    await expect(tablet.page.get_by_role("switch", name="Do Not Disturb: Kitchen")).to_be_checked()
    await ana.page.wait_for_function(f"{SIGNED} && terms.contents.grants.length === 1; }}")
    await ana.button("Settings").click()
    await ana.button("See your devices").click()
    await ana.button("Sign out Tablet").click()
    await ana.page.get_by_role("button", name="Sign out", exact=True).click()
    await ana.page.wait_for_function(f"{SIGNED} && terms.contents.grants.length === 0; }}")
    signed = await terms(ana)
    assert [(one["on"], len(one["identity"]) > 0) for one in signed["quiet"]][-1] == (True, True)
    await ben.page.wait_for_function(
        "() => document.querySelector('kith-app').parts.store.state.granted.length === 0"
    )
    await ana.button("Close", exact=True).click()


@pytest.mark.row("S6")
async def test_everything_is_closed_with_one_tap_and_opened_again_after_two_questions(house: House) -> None:
    ana, ben = house.ana, house.ben
    tablet = await house.launch.screen("chromium")
    await tablet.pair(await ana.offer_pairing(shared=False), "Tablet")
    await let_drop_in(ana, "Ben")
    await on_own_card(ana)
    await ana.button("Close everything now").click()
    told = ana.page.get_by_role("dialog", name="Everything is closed")
    await expect(told.get_by_text("Your other devices are signed out.")).to_be_visible()
    await ana.button("I have read it").click()
    await expect(tablet.page.get_by_role("heading", name="Signed out")).to_be_visible()
    signed = await terms(ana)
    assert (signed["closed"], signed["grants"], signed["home"]) == (True, [], "unset")
    assert await attempt(ben, await person_of(ana)) == "not_permitted"

    await ana.button("Open again …").click()
    await ana.button("Go on").click()
    await expect(ana.button("Leave everything closed")).to_be_focused()
    assert (await terms(ana))["closed"]
    await ana.button("Yes, open again").click()
    await expect(ana.page.get_by_role("region", name="Everything is closed")).to_be_hidden()
    signed = await terms(ana)
    assert (signed["closed"], signed["grants"]) == (False, [])
    assert ana.errors == []
