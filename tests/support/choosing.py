"""What people do in the web app about drop in, and what happens when somebody tries."""

import re
from typing import Any

from playwright.async_api import expect

from tests.support.browsers import Screen

ATTEMPT = """
async (to) => {
  const { account } = document.querySelector('kith-app').parts;
  const { newCall } = await import('/core/ids.js');
  const call = newCall();
  try {
    const reply = await account.send({ t: 'drop_in', call, to, video: false });
    return { call, outcome: reply.call.mode };
  } catch (error) {
    return { call, outcome: error.code };
  }
}
"""

TERMS = """
() => {
  const { terms } = document.querySelector('kith-app').parts.store.state;
  return terms && JSON.parse(JSON.stringify({ ...terms.contents, version: terms.version }));
}
"""

BEFRIEND = """
async ([name, number]) => {
  const { account } = document.querySelector('kith-app').parts;
  await account.contacts.add({ name, nickname: '', organization: '', numbers: [{ label: 'mobile', number }] });
}
"""


NOTHING = """
async () => {
  const { account, store } = document.querySelector('kith-app').parts;
  for (const dialog of document.querySelectorAll('dialog')) dialog.close();
  const { terms } = store.state;
  if (terms.version < 0) return;
  const nothing = { grants: [], home: 'unset', devices: [], schedules: [], closed: false };
  const everywhere = new Uint8Array(0); // what was switched on at a device itself is off, too
  await account.granting.change((contents, version) => {
    return { ...contents, ...nothing, quiet: [{ identity: everywhere, on: false, changed: version }] };
  });
}
"""


async def start_afresh(screen: Screen) -> None:
    """At home, no dialog open, and nothing is granted, quiet or closed."""
    await screen.page.wait_for_function(
        "() => document.querySelector('kith-app').parts.store.state.terms !== null"
    )
    await screen.page.evaluate(NOTHING)
    await back_home(screen)


async def attempt(screen: Screen, to: str) -> str:
    """Drop in on a person, an endpoint or `home`, and leave again: `knock`, `instant`, or the code of the refusal."""
    tried: dict[str, Any] = await screen.page.evaluate(ATTEMPT, to)
    if tried["outcome"] in ("knock", "instant"):
        await screen.page.evaluate(
            "(call) => document.querySelector('kith-app').parts.account.send({ t: 'hang_up', call }).catch(() => {})",
            tried["call"],
        )
    return str(tried["outcome"])


async def terms(screen: Screen) -> dict[str, Any]:
    """What the person has signed, as their page holds it."""
    found: dict[str, Any] = await screen.page.evaluate(TERMS)
    return found


async def befriend(screen: Screen, name: str, number: str) -> None:
    """Have somebody among the contacts, and on the home screen."""
    await screen.page.evaluate(BEFRIEND, [name, number])
    await expect(screen.button(f"More about {name}")).to_be_visible()


async def person_of(screen: Screen) -> str:
    return str((await screen.state())["person"]["id"])


async def endpoint_of(screen: Screen) -> str:
    return str((await screen.state())["endpoint"]["id"])


async def open_card(screen: Screen, name: str) -> Any:
    """The card of somebody on the home screen."""
    await screen.button(f"More about {name}").click()
    card = screen.page.get_by_role("dialog", name=name)
    await expect(card.get_by_role("heading", name="Drop in")).to_be_visible()
    return card


async def let_drop_in(screen: Screen, name: str, *, how: str = "Knock first") -> None:
    """By the card: this person only, for ninety days, at all devices."""
    card = await open_card(screen, name)
    await card.get_by_role("button", name=re.compile("Let them drop in|Change …")).click()
    await screen.page.get_by_text(how, exact=True).last.click()
    if how == "Come straight in":
        await screen.page.get_by_label("Yes, that is what I want").check()
    await screen.button("Save", exact=True).click()
    await expect(card.get_by_role("button", name="may no longer drop in")).to_be_visible()
    await screen.button("Close", exact=True).click()


async def stop_letting(screen: Screen, name: str) -> None:
    card = await open_card(screen, name)
    await card.get_by_role("button", name="may no longer drop in").click()
    await expect(card.get_by_text(f"{name} cannot drop in on you.")).to_be_visible()
    await screen.button("Close", exact=True).click()


async def on_own_card(screen: Screen) -> None:
    await screen.button("You", exact=True).click()
    await expect(screen.page.get_by_role("heading", name="Drop in at home")).to_be_visible()


async def back_home(screen: Screen) -> None:
    await screen.button("Home", exact=True).click()
    await expect(screen.page.get_by_role("heading", name="People")).to_be_visible()
