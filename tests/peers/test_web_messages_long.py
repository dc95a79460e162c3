"""A conversation of ten thousand messages: opened at once, scrolled smoothly, and only what is seen is in the page."""

import pytest
from playwright.async_api import expect

from tests.support.browsers import browsers
from tests.support.messaging import Talking
from tests.support.server import running_server

COUNT = 10_000
ROWS = 60
"""In the page at most: three windows full of the shortest."""

FRAME = 1_000 / 60
SMOOTH = 1.5 * FRAME
"""Milliseconds: nineteen frames of twenty are on time, give or take the timer's own hurry."""

OPENED = 600
"""Milliseconds from the tap to the first row; 80 on a quiet machine."""

SAID = """
async ([other, count]) => {
  const disk = await import('/messages/database.js');
  const texts = ['Yes!', 'Are you coming on Sunday? We eat at one.', 'It was in the blue book. '.repeat(9), 'OK'];
  for (let from = 1; from <= count; from += 2000) {
    await disk.change(['items', 'places'], (of) => {
      for (let seq = from; seq < from + 2000; seq += 1) {
        const id = 'm_' + String(seq).padStart(20, '0');
        const text = `${seq} ${texts[seq % texts.length]}`;
        of('items').put({ id, with: other, seq, at: seq * 3_600_000, mine: seq % 3 === 0, text }, [other, seq]);
        of('places').put([other, seq], id);
      }
    });
  }
  const view = { person: '', with: other, name: 'Ben', last: count, at: count * 3_600 };
  await disk.put('about', 'views', { view: [{ ...view, delivered: 0, read_by_them: 0, read: count, removed: 0 }] });
}
"""
OPEN = """
async () => {
  const begun = performance.now();
  document.querySelector('.conversations .open').click();
  while (!document.querySelector('kith-message-list li')) await new Promise(requestAnimationFrame);
  return performance.now() - begun;
}
"""
SCROLL = """
async (frames) => {
  const list = document.querySelector('kith-message-list');
  const lengths = [];
  let [rows, blank, before] = [0, 0, performance.now()];
  for (let frame = 0; frame < frames; frame += 1) {
    list.scrollBy({ top: -300, behavior: 'instant' });
    await new Promise(requestAnimationFrame);
    lengths.push(performance.now() - before);
    before = performance.now();
    rows = Math.max(rows, list.querySelectorAll('li').length);
    const box = list.getBoundingClientRect();
    blank += !document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2).closest('li');
  }
  lengths.sort((one, other) => one - other);
  return { rows, blank, late: lengths[Math.floor(frames * 0.95)], shown: list.querySelector('li').dataset.key };
}
"""
"""A finger that is in a hurry. `blank`: frames in which there was nothing in the middle of the window."""


@pytest.mark.alone
@pytest.mark.asyncio
async def test_ten_thousand_messages_scroll_smoothly(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("long")
    async with running_server(directory) as server, browsers(server, directory) as launch:
        ana = await launch.person("Ana", "chromium")
        ben = "p_" + "0" * 20
        await ana.page.evaluate(SAID, [ben, COUNT])
        await ana.page.reload()
        await ana.at_home()
        page = Talking(ana)
        await page.overview()
        await expect(ana.page.locator(".conversations .open")).to_be_visible()
        assert await ana.page.evaluate(OPEN) < OPENED
        await expect(ana.page.locator(f"kith-message-list li[data-key='{COUNT}']")).to_be_visible()
        scrolled = await ana.page.evaluate(SCROLL, 240)
        assert scrolled["rows"] <= ROWS and scrolled["blank"] == 0 and int(scrolled["shown"]) < COUNT - 500
        assert scrolled["late"] < SMOOTH, scrolled
        row = ana.page.locator("kith-message-list li").first
        assert await row.get_attribute("aria-setsize") == str(COUNT)
        assert ana.errors == []
