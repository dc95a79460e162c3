/** What happened to the household's devices and members, until somebody has seen it. */

import { newsKey } from '../state/words.js';
import { openDevices } from './devices.js';
import { h, keyed } from './dom.js';
import { icon } from './icons.js';
import { busy, button } from './pieces.js';
import { View } from './view.js';

/** @import {NewsItem} from '../protocol.js' */
/** @import {State} from '../state/state.js' */

const AT_ONCE = 4; // more than a glance takes in; the rest comes when these have been seen

export class News extends View {
  #list = h('ul');
  #more = h('p', { class: 'hint' });
  #newest = 0;

  /** @override */
  build() {
    this.className = 'card news';
    this.setAttribute('role', 'region');
    this.setAttribute('aria-label', this.t('news.title'));
    const seen = button(
      this.t('missed.seen'),
      () => void busy(seen, () => this.parts.account.dismissNews(this.#newest), () => {}),
      { icon: 'check', kind: 'quiet' },
    );
    const look = button(this.t('news.look'), () => openDevices(this.parts), { icon: 'device', kind: 'quiet' });
    this.append(
      h('div', { class: 'row' }, icon('bell'), h('h2', {}, this.t('news.title')), seen),
      this.#list,
      this.#more,
      look,
    );
  }

  /** @override @param {State} state */
  show({ news }) {
    this.hidden = news.length === 0;
    this.#newest = news[0]?.number ?? 0;
    keyed(this.#list, news.slice(0, AT_ONCE), (item) => String(item.number), (item) => this.#row(item), () => {});
    this.#more.hidden = news.length <= AT_ONCE;
    this.#more.textContent = this.t('news.more', { count: String(news.length - AT_ONCE) });
  }

  /** @param {NewsItem} item */
  #row(item) {
    const when = new Date(item.at * 1_000);
    const words = new Intl.DateTimeFormat(this.parts.language(), { dateStyle: 'medium', timeStyle: 'short' });
    return h(
      'li',
      {},
      h('p', {}, this.t(newsKey(item), { name: item.name, device: item.device, other: item.other })),
      h('time', { datetime: when.toISOString(), class: 'about' }, words.format(when)),
    );
  }
}

customElements.define('kith-news', News);
