"""What becomes of drop ins on a page: who may, as its person signs it there, and what the page did, with its times."""

import base64
from typing import Any, cast

from playwright.async_api import Page

from kith.core.keys import PublicKeys
from signaling import protocol
from tests.support.browsers import PATIENCE

WATCH = """
() => {
  const { store } = document.querySelector('kith-app').parts;
  window.doors = [];
  window.ends = [];
  store.subscribe(({ talks }, before) => {
    const now = (performance.timeOrigin + performance.now()) / 1000;
    for (const talk of talks) {
      const was = before.talks.find(({ id }) => id === talk.id);
      if (talk.door !== null && talk.door !== was?.door) window.doors.push([talk.door, now]);
      if (talk.ended !== null && was?.ended === null) window.ends.push([talk.ended, now]);
    }
    for (const was of before.talks) {
      if (was.ended === null && !talks.some(({ id }) => id === was.id)) window.ends.push(['gone', now]);
    }
  });
}
"""

SIGN = """
async (terms) => {
  const { account } = document.querySelector('kith-app').parts;
  const { signGrants } = await import('/trust/grants.js');
  const { fromBase64, toBase64 } = await import('/core/bytes.js');
  const { identities, sets } = account;
  const { chain } = await identities.person(identities.identity.person);
  const known = sets.of(chain.root);
  const wanted = {
    devices: [], quiet: [], schedules: [], zone: 'UTC', home: 'unset', frost: 3, fresh_days: 7, show_activity: true,
    closed: false, longest: 60, silence: 10, chime: 5, ...terms,
    grants: (terms.grants ?? []).map((one) => (
      { hours: [], devices: [], ...one, receiver: fromBase64(one.receiver), household: fromBase64(one.household) }
    )),
  };
  const time = Math.max(Math.floor(Date.now() / 1000), known?.time ?? 0);
  const { keys, sign } = identities.own;
  const what = { ...wanted, version: (known?.version ?? -1) + 1, time, signer: keys.identity, sign };
  const set = await signGrants(chain, what);
  window.signed = [set, ...(window.signed ?? [])];
  const plain = (value) => {
    if (value instanceof Uint8Array) return toBase64(value);
    if (Array.isArray(value)) return value.map(plain);
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
    }
    return value;
  };
  await account.send({ t: 'set_grants', grants: plain(set) }).catch((problem) => {
    if (problem.code !== 'unknown_command') throw problem;
  });
  await sets.meet(set, chain);
}
"""

AGAIN = """
async (before) => {
  const { account } = document.querySelector('kith-app').parts;
  const { identities, sets } = account;
  const { chain } = await identities.person(identities.identity.person);
  return sets.meet(window.signed[before], chain).then(() => '', ({ reason }) => reason);
}
"""

KEYS = """
async () => {
  const { keys } = document.querySelector('kith-app').parts.account.identities.own;
  const { toBase64 } = await import('/core/bytes.js');
  return Object.fromEntries(Object.entries(keys).map(([name, value]) => [name, toBase64(value)]));
}
"""

CLOCK = """
(ahead) => {
  window.realNow ??= Date.now;
  Date.now = () => window.realNow() + ahead * 1000;
}
"""

READY = """
() => {
  const { state } = document.querySelector('kith-app').parts.store;
  return state.unready === null;
}
"""


class Doors:
    """Those of one page, which has joined."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def watch(self) -> None:
        await self._page.evaluate(WATCH)

    async def ready(self) -> None:
        """Touched, and as ready as a page becomes."""
        await self._page.get_by_role("heading", name="People").click()
        await self._page.wait_for_function(READY, timeout=PATIENCE)

    async def sign(self, **terms: Any) -> None:
        """Its person signs the next set, which says just this; the server and the page hear of it."""
        await self._page.evaluate(SIGN, terms)

    async def hear_again(self, before: int) -> str:
        """The set so many before the last is shown once more; returns why it was not believed."""
        return str(await self._page.evaluate(AGAIN, before))

    async def keys(self) -> PublicKeys:
        shown = await self._page.evaluate(KEYS)
        return PublicKeys(*(base64.b64decode(shown[name]) for name in protocol.Keys.__struct_fields__))

    async def set_clock(self, ahead: int) -> None:
        """So many seconds ahead of everybody else's."""
        await self._page.evaluate(CLOCK, ahead)

    async def forget(self) -> None:
        await self._page.evaluate("() => { window.doors.length = 0; window.ends.length = 0; }")

    async def times(self) -> list[tuple[str, float]]:
        """The stages of the doors that there were, with their times in Unix seconds."""
        found = await self._page.evaluate("() => window.doors")
        return [(str(stage), float(at)) for stage, at in found]

    async def stages(self) -> list[str]:
        return [stage for stage, _ in await self.times()]

    async def until(self, stage: str) -> None:
        await self._page.wait_for_function(
            "(stage) => window.doors.some(([one]) => one === stage)", arg=stage, timeout=PATIENCE
        )

    async def over(self) -> str:
        """Wait for the end of a call or drop in; returns what it was."""
        await self._page.wait_for_function("() => window.ends.length > 0", timeout=PATIENCE)
        return cast("str", (await self._page.evaluate("() => window.ends[0][0]")))
