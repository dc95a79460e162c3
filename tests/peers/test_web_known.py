"""What a browser remembers of persons outlives the page, the version of the database, and two tabs at once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.support.browsers import Kind, Launcher, browsers
from tests.support.server import running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

KINDS = ("chromium", "firefox")

FIRST_VERSION = """
async () => {
  const { makeKeys, publicKeys } = await import('/session/keys.js');
  const keys = await makeKeys();
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open('kith', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('own');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const transaction = database.transaction('own', 'readwrite');
  transaction.objectStore('own').put({ endpoint: 'e_1', server: new Uint8Array(32), keys }, 'identity');
  await new Promise((resolve) => { transaction.oncomplete = resolve; });
  database.close();
  return publicKeys(keys);
}
"""
"""As the first version of the app left a browser. Returns its public keys."""

IDENTITY = """
async () => {
  const { loadIdentity } = await import('/session/database.js');
  const { publicKeys } = await import('/session/keys.js');
  const identity = await loadIdentity();
  return identity && { endpoint: identity.endpoint, keys: await publicKeys(identity.keys) };
}
"""

MEET = """
async ([sort, id, reaches]) => {
  const { meet } = await import('/session/known.js');
  const hash = (name) => new Uint8Array(32).fill(name.charCodeAt(0));
  return Promise.all(reaches.map((names, index) => {
    const heads = Array.from(names, hash);
    const reach = { root: heads[0], version: heads.length - 1, head: heads.at(-1), time: 0, heads };
    return meet(sort, id, reach, 100 + index);
  }));
}
"""
"""Chains all at once, each written as the names of its links, one letter each. Returns what each was."""

KNOWN = """
async ([sort, id]) => {
  const { known } = await import('/session/known.js');
  const found = await known(sort, id);
  const name = (bytes) => String.fromCharCode(bytes[0]);
  return found && { ...found, root: name(found.root), head: name(found.head) };
}
"""

TURN = """
async ([name, id, letter, ...rest]) => {
  const known = await import('/session/known.js');
  const root = new Uint8Array(32).fill(letter.charCodeAt(0));
  return known[name](...(name === 'acknowledge'
    ? ['persons', id, { root, version: 0, head: root, time: 0, heads: [root] }, 500]
    : [id, root, ...rest]));
}
"""

DELEGATE = """
async () => {
  const { knownDelegations, meetDelegations } = await import('/session/known.js');
  const { makeKeys, publicKeys, sign } = await import('/session/keys.js');
  const { publicKeysOf } = await import('/trust/keys.js');
  const { extend, signPersonLink } = await import('/trust/person.js');
  const { signDelegations } = await import('/trust/delegations.js');
  const [pairs, paper] = [await makeKeys(), await makeKeys()];
  const keys = publicKeysOf(await publicKeys(pairs));
  const recovery = publicKeysOf(await publicKeys(paper)).identity;
  const own = { signer: keys.identity, sign: (message) => sign(pairs, message), time: 1 };
  const chain = await extend(null, await signPersonLink(null, { action: 'begin', keys, recovery }, own));
  const set = (version) => signDelegations(chain, { version, endpoints: [], ...own });
  const sets = await Promise.all([3, 4, 2, 4].map(set));
  const forged = { ...sets[0], version: 9 };
  const outcomes = [];
  for (const set of [...sets, forged]) {
    outcomes.push(await meetDelegations(set, chain).then(() => 'kept', (error) => error.reason));
  }
  return [outcomes, (await knownDelegations(chain.root)).version];
}
"""


NEWER_VERSION = """
() => new Promise((resolve, reject) => {
  const request = indexedDB.open('kith', 1000);
  request.onsuccess = () => resolve(request.result.objectStoreNames.length);
  request.onblocked = () => reject('the database is held on to');
  request.onerror = () => reject(request.error);
})
"""
"""As a newer app in another tab would bring the database to its version."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def launch(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Launcher]:
    directory = tmp_path_factory.mktemp("known")
    async with running_server(directory) as server, browsers(server, directory) as launch:
        yield launch


async def quiet_page(launch: Launcher, kind: Kind) -> Page:
    """A page at the server's origin on which nothing of the app runs."""
    screen = await launch.screen(kind)
    await screen.page.goto(f"{launch.server.url}/offline.html")
    return screen.page


async def meet(page: Page, *reaches: str, sort: str = "persons", name: str = "p_ben") -> Any:
    return await page.evaluate(MEET, [sort, name, reaches])


@pytest.mark.parametrize("kind", KINDS)
async def test_an_older_database_keeps_its_identity(launch: Launcher, kind: Kind) -> None:
    page = await quiet_page(launch, kind)
    keys = await page.evaluate(FIRST_VERSION)
    assert await page.evaluate(IDENTITY) == {"endpoint": "e_1", "keys": keys}
    assert await meet(page, "ab") == ["new"]
    await page.reload()
    assert await page.evaluate(IDENTITY) == {"endpoint": "e_1", "keys": keys}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_newer_version_does_not_wait_for_this_page(launch: Launcher, kind: Kind) -> None:
    page = await quiet_page(launch, kind)
    assert await meet(page, "ab") == ["new"]
    assert await page.evaluate(NEWER_VERSION) > 0


@pytest.mark.parametrize("kind", KINDS)
async def test_known_persons_do_not_go_back(launch: Launcher, kind: Kind) -> None:
    page = await quiet_page(launch, kind)
    assert await meet(page, "ab") == ["new"]
    assert await meet(page, "ab", "abc", "abcd", "abc", "abx", "x") == [
        "same",
        "extended",
        "extended",
        "rolled_back",
        "rolled_back",
        "changed",
    ]
    assert await meet(page, "abcx") == ["forked"]
    await page.reload()
    kept = await page.evaluate(KNOWN, ["persons", "p_ben"])
    assert kept == {"root": "a", "version": 3, "head": "d", "verified": False, "since": 100}
    assert await page.evaluate(KNOWN, ["persons", "p_ana"]) is None
    assert await page.evaluate(KNOWN, ["households", "p_ben"]) is None


@pytest.mark.parametrize("kind", KINDS)
async def test_two_tabs_decide_one_after_the_other(launch: Launcher, kind: Kind) -> None:
    page = await quiet_page(launch, kind)
    other = await page.context.new_page()
    await other.goto(page.url)
    chains = ["abcdefghij"[: 1 + at % 10] for at in range(40)]
    both = await asyncio.gather(*(tab.evaluate(MEET, ["households", "h", chains]) for tab in (page, other)))
    outcomes = [outcome for tab in both for outcome in tab]
    assert outcomes.count("new") == 1
    assert "changed" not in outcomes
    assert "forked" not in outcomes
    kept = await other.evaluate(KNOWN, ["households", "h"])
    assert (kept["version"], kept["head"]) == (9, "j")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_change_is_one_until_somebody_knows(launch: Launcher, kind: Kind) -> None:
    page = await quiet_page(launch, kind)
    await meet(page, "ab")
    assert await page.evaluate(TURN, ["saveComparison", "p_ben", "a", True]) is True
    assert (await page.evaluate(KNOWN, ["persons", "p_ben"]))["verified"] is True
    assert await meet(page, "x") == ["changed"]
    assert await meet(page, "x") == ["changed"]
    await page.evaluate(TURN, ["acknowledge", "p_ben", "x"])
    assert await meet(page, "x", "ab") == ["same", "changed"]
    kept = await page.evaluate(KNOWN, ["persons", "p_ben"])
    assert kept == {"root": "x", "version": 0, "head": "x", "verified": False, "since": 500}
    assert await page.evaluate(TURN, ["saveComparison", "p_ben", "a", True]) is False


@pytest.mark.parametrize("kind", KINDS)
async def test_delegations_only_rise(launch: Launcher, kind: Kind) -> None:
    page = await quiet_page(launch, kind)
    outcomes, version = await page.evaluate(DELEGATE)
    assert outcomes == ["kept", "kept", "stale", "kept", "bad_signature"]
    assert version == 4


async def test_who_starts_over_knows_nobody(launch: Launcher) -> None:
    page = await quiet_page(launch, "chromium")
    await page.evaluate(FIRST_VERSION)
    await meet(page, "ab")
    await page.evaluate("async () => (await import('/session/database.js')).forgetIdentity()")
    assert await page.evaluate(IDENTITY) is None
    assert await page.evaluate(KNOWN, ["persons", "p_ben"]) is None
