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
  window.clear = null;
  store.subscribe(({ talks }, before) => {
    const now = (performance.timeOrigin + performance.now()) / 1000;
    for (const talk of talks) {
      const was = before.talks.find(({ id }) => id === talk.id);
      if (talk.door !== null && talk.door !== was?.door) window.doors.push([talk.door, now]);
      if (talk.frost?.until && talk.frost.until !== was?.frost?.until) window.clear = talk.frost.until / 1000;
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
  const { keys, sign } = identities.own;
  const version = (known?.version ?? -1) + 1;
  const wanted = {
    schedules: [], zone: 'UTC', home: terms.home ?? 'unset', frost: terms.frost ?? 3, fresh_days: 7,
    show_activity: true, closed: false, longest: 60, silence: 10, chime: 5, enhanced: terms.enhanced ?? false,
    devices: terms.off ? [{ identity: keys.identity, drop_in: 'off' }] : [],
    quiet: terms.quiet ? [{ identity: new Uint8Array(0), on: true, changed: version }] : [],
    grants: (terms.grants ?? []).map((one) => (
      { hours: [], devices: [], ...one, receiver: fromBase64(one.receiver), household: fromBase64(one.household) }
    )),
  };
  const time = Math.max(Math.floor(Date.now() / 1000), known?.time ?? 0);
  const what = { ...wanted, version, time, signer: keys.identity, sign };
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
  window.decided = (performance.timeOrigin + performance.now()) / 1000;
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

LATER = """
(minutes) => {
  const { now } = Performance.prototype;
  window.ahead = (window.ahead ?? 0) + minutes * 60_000;
  performance.now = () => now.call(performance) + window.ahead;
}
"""

ON_TIME = "() => { delete performance.now; window.ahead = 0; }"

SOUNDS = """
() => {
  const listen = AnalyserNode.prototype.getFloatTimeDomainData;
  AnalyserNode.prototype.getFloatTimeDomainData = function (samples) {
    listen.call(this, samples);
    window.loudest = samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  };
  window.tones = [];
  const plain = AudioContext.prototype.createConstantSource;
  AudioContext.prototype.createConstantSource = function () {
    window.tones.push('began');
    return plain.call(this);
  };
}
"""
"""What the page listens to was last so loud; and each of its tones ends with a source that sounds nothing
(web/sound/ringer.js)."""

LIGHTS = """
() => {
  window.dark = 0;
  window.sent = { audio: 0, video: 0 };
  const lit = { audio: -Infinity, video: -Infinity };
  const look = () => {
    for (const one of document.querySelectorAll('kith-call:not([hidden]) [data-live]')) {
      lit[one.dataset.live === 'video' ? 'video' : 'audio'] = performance.now();
    }
  };
  const sample = async () => {
    look();
    const sent = { audio: 0, video: 0 };
    for (const connection of window.connections.filter((one) => one.connectionState !== 'closed')) {
      for (const one of (await connection.getStats()).values()) {
        if (one.type === 'outbound-rtp') sent[one.kind] += one.packetsSent ?? 0;
      }
    }
    look();
    for (const kind of ['audio', 'video']) {
      const more = sent[kind] - window.sent[kind];
      if (more > 0 && performance.now() - lit[kind] > 1000) window.dark += more;
    }
    window.sent = sent;
    window.sampling = setTimeout(sample, 40);
  };
  clearTimeout(window.sampling);
  void sample();
}
"""
"""Counts what leaves, and notes what left without its light. A second is how old what a browser counts may be."""

BLOCK = """
async (name) => {
  const { store, account } = document.querySelector('kith-app').parts;
  window.decided = (performance.timeOrigin + performance.now()) / 1000;
  await account.blocks.block({ person: store.state.people.find((one) => one.name === name).id });
}
"""

REVISION = "() => document.querySelector('kith-app').parts.store.state.logRevision"
"""Rises whenever something is in the log that was not."""

LOG = """
async () => {
  const { items, sound } = await document.querySelector('kith-app').parts.account.log.page();
  const own = items.filter(({ mine }) => mine);
  return own.map(({ said, mark }) => [said?.what, said?.outcome, sound && mark === 'verified']);
}
"""

REASONS = """
async () => {
  const { items } = await document.querySelector('kith-app').parts.account.log.page();
  return items.flatMap(({ said }) => said?.reason || []);
}
"""

DEAF = """
(deaf) => {
  const { account } = document.querySelector('kith-app').parts;
  delete account.send;
  const send = account.send.bind(account);
  if (deaf) account.send = (draft, options) => draft.t === 'report_standing' ? Promise.resolve() : send(draft, options);
}
"""

UNBLOCK = """
async () => {
  const { store, account } = document.querySelector('kith-app').parts;
  await account.blocks.unblock(store.state.blocks.map(({ id }) => id));
}
"""

HEARD = """
() => document.querySelector('kith-app').parts.account.send({ t: 'show_grants' }).then(() => {})
"""
"""The server has answered what came after what the page has said of itself."""

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
        await self._page.evaluate(HEARD)

    async def sign(self, **terms: Any) -> None:
        """Its person signs the next set, which says just this; the server and the page hear of it."""
        await self._page.evaluate(SIGN, terms)

    async def hear_again(self, before: int) -> str:
        """The set so many before the last is shown once more; returns why it was not believed."""
        return str(await self._page.evaluate(AGAIN, before))

    async def unheard(self, *, deaf: bool) -> None:
        """Whether the server passes over what the page says of itself."""
        await self._page.evaluate(DEAF, deaf)

    async def keys(self) -> PublicKeys:
        shown = await self._page.evaluate(KEYS)
        return PublicKeys(*(base64.b64decode(shown[name]) for name in protocol.Keys.__struct_fields__))

    async def set_clock(self, ahead: int) -> None:
        """So many seconds ahead of everybody else's."""
        await self._page.evaluate(CLOCK, ahead)

    async def later(self, minutes: int) -> None:
        """By the clock that a page measures spans of time with, it is so much later than before."""
        await self._page.evaluate(LATER, minutes)

    async def on_time(self) -> None:
        await self._page.evaluate(ON_TIME)

    async def watch_sounds(self) -> None:
        await self._page.evaluate(SOUNDS)

    async def silent(self) -> None:
        """Wait until the page has listened, and has heard next to nothing."""
        await self._page.wait_for_function("() => window.loudest < 0.001", timeout=PATIENCE)

    async def tone(self) -> None:
        """Wait for one more tone to begin than were waited for before."""
        await self._page.wait_for_function("() => window.tones.pop() !== undefined", timeout=PATIENCE)

    async def tones(self) -> int:
        """How many more began."""
        return int(await self._page.evaluate("() => window.tones.length"))

    async def forget(self) -> None:
        await self._page.evaluate(
            "() => { window.doors = []; window.ends = []; window.tones = []; window.clear = null; }"
        )

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

    async def opens(self) -> bool:
        """Wait until it opens, or is over before."""
        await self._page.wait_for_function(
            "() => window.ends.length > 0 || window.doors.some(([one]) => one === 'open')", timeout=PATIENCE
        )
        return "open" in await self.stages()

    async def over(self) -> str:
        """Wait for the end of a call or drop in; returns what it was."""
        await self._page.wait_for_function("() => window.ends.length > 0", timeout=PATIENCE)
        return cast("str", (await self._page.evaluate("() => window.ends[0][0]")))

    async def decided(self) -> float:
        """When the last set was signed, or somebody blocked, in Unix seconds."""
        return float(await self._page.evaluate("() => window.decided"))

    async def log(self) -> list[list[Any]]:
        """What the page wrote into its log, the newest first: what and outcome, and whether it is believed."""
        return cast("list[list[Any]]", await self._page.evaluate(LOG))

    async def reasons(self) -> list[str]:
        """Why drop ins ended here, or were refused, by the log, the newest first."""
        return [str(one) for one in await self._page.evaluate(REASONS)]

    async def has_logged(self, *newest: list[Any]) -> None:
        """Wait until these are the newest entries: what the page writes it signs first."""
        while True:
            revision = await self._page.evaluate(REVISION)
            if (await self.log())[: len(newest)] == list(newest):
                return
            await self._page.wait_for_function(
                f"(before) => ({REVISION})() > before", arg=revision, timeout=PATIENCE
            )

    async def ends(self) -> list[tuple[str, float]]:
        """How calls and drop ins ended, with their times in Unix seconds."""
        found = await self._page.evaluate("() => window.ends")
        return [(str(how), float(at)) for how, at in found]

    async def clear_at(self) -> float:
        """When the page says that its picture is clear, in Unix seconds."""
        await self._page.wait_for_function("() => window.clear !== null", timeout=PATIENCE)
        return float(await self._page.evaluate("() => window.clear"))

    async def watch_lights(self) -> None:
        await self._page.evaluate(LIGHTS)

    async def leaves(self, *kinds: str) -> None:
        """Half a second's worth of packets leaves."""
        before = await self._page.evaluate("() => window.sent")
        await self._page.wait_for_function(
            "([kinds, before]) => kinds.every((kind) => window.sent[kind] > before[kind] + 25)",
            arg=[kinds, before],
            timeout=PATIENCE,
        )

    async def stays(self, kind: str) -> bool:
        """Whether nothing of that kind leaves any more, while sound goes on."""
        await self.leaves("audio")
        before = await self._page.evaluate("(kind) => window.sent[kind]", kind)
        await self.leaves("audio")
        return bool(before == await self._page.evaluate("(kind) => window.sent[kind]", kind))

    async def ceases(self, kind: str) -> bool:
        """The same, once what was already on its way has left: Firefox sends a few black frames after the last one."""
        for _ in range(3):
            if await self.stays(kind):
                return True
        return False

    async def dark(self) -> int:
        """How many packets left without their light."""
        return int(await self._page.evaluate("() => window.dark"))

    async def block(self, name: str) -> None:
        await self._page.evaluate(BLOCK, name)

    async def unblock(self) -> None:
        await self._page.evaluate(UNBLOCK)
