/** The safety number of two persons, to be compared by them: on paper it is the roots of both chains, in digits. */

import { SAFETY_PREFIX, safetyCode, safetyNumber } from '../trust/safety.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { icon } from './icons.js';
import { qrPicture } from './link.js';
import { alertLine, busy, button } from './pieces.js';
import { canScan, scan } from './scan.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Translate} from '../i18n.js' */

/**
 * @typedef {object} Comparison
 * @property {string} name  of the other person
 * @property {Bytes} own  the root of the own chain
 * @property {Bytes} other
 * @property {boolean} verified  whether this number was compared before
 * @property {(alike: boolean) => Promise<boolean>} compared  keeps what the person said; false if it is about keys of yesterday
 */

const GROUP = 5;

/** @param {Translate} translate @param {Comparison} comparison */
export function openSafety(translate, comparison) {
  const screen = new Safety(translate, comparison);
  const dialog = openDialog(screen.t('safety.title'), translate, ...screen.elements);
  dialog.addEventListener('close', () => screen.stop());
}

/** What is known stands above the number, what can be done below it. */
class Safety {
  #comparison;
  #translate;
  #problem = alertLine();
  #known = h('div', { class: 'safety-known' });
  #number;
  #room;
  #actions = h('div', { class: 'safety-known' });
  #scanning = new AbortController();
  #look;

  /** @param {Translate} translate @param {Comparison} comparison */
  constructor(translate, comparison) {
    this.#translate = translate;
    this.#comparison = comparison;
    const { own, other, verified } = comparison;
    this.#number = h(
      'div',
      { class: 'safety' },
      qrPicture(safetyCode(own, other), this.t('safety.qr')),
      digits(own, other, (key) => this.t(key)),
    );
    this.#room = h('div', { class: 'safety-room' }, this.#number);
    const look = { kind: 'wide', icon: 'video', attributes: { hidden: true } };
    this.#look = button(this.t('safety.scan'), () => void this.#scan(), look);
    if (verified) this.#tell(true);
    else this.#ask();
    void canScan().then((able) => (this.#look.hidden = !able));
  }

  get elements() {
    return [this.#known, this.#room, this.#problem.element, this.#actions];
  }

  /** @param {string} key */
  t(key) {
    return this.#translate(key, { name: this.#comparison.name });
  }

  /** The camera is no longer wanted. */
  stop() {
    this.#scanning.abort();
  }

  #ask() {
    this.#room.replaceChildren(this.#number);
    this.#known.replaceChildren(h('p', {}, this.t('safety.lead')));
    this.#actions.replaceChildren(
      this.#look,
      this.#answer('safety.alike', 'primary wide', true),
      this.#answer('safety.unlike', 'wide', false),
    );
  }

  /** @param {boolean} alike */
  #tell(alike) {
    this.#room.replaceChildren(this.#number);
    const t = (/** @type {string} */ key) => this.t(key);
    this.#known.replaceChildren(...(alike ? matched(t) : differs(t)));
    this.#actions.replaceChildren(button(this.t('safety.again'), () => this.#again(), { kind: 'wide' }));
  }

  #again() {
    this.#ask();
    this.#refocus();
  }

  /** @param {string} key @param {string} kind @param {boolean} alike */
  #answer(key, kind, alike) {
    const keep = () => busy(element, () => this.#keep(alike), () => this.#failed());
    const element = button(this.t(key), () => void keep(), { kind });
    return element;
  }

  /** @param {boolean} alike */
  async #keep(alike) {
    const current = await this.#comparison.compared(alike);
    this.#problem.say(current ? '' : this.t('safety.outdated'));
    if (!current) return;
    this.#tell(alike);
    this.#refocus();
  }

  /** The camera compares. */
  async #scan() {
    const { own, other } = this.#comparison;
    this.#scanning = new AbortController();
    const { picture, found } = scan(SAFETY_PREFIX, this.t('safety.scanning'), this.#scanning.signal);
    this.#problem.say('');
    this.#room.replaceChildren(picture);
    this.#known.replaceChildren(h('p', { role: 'status' }, this.t('safety.scanning')));
    this.#actions.replaceChildren(button(this.t('safety.no_scan'), () => this.stop(), { kind: 'wide' }));
    this.#refocus();
    const text = await found.catch(() => undefined);
    this.#again();
    if (text === undefined) this.#problem.say(this.t('safety.no_camera'));
    else if (text !== null) await this.#keep(text === safetyCode(own, other)).catch(() => this.#failed());
  }

  #failed() {
    this.#problem.say(this.t('safety.not_kept'));
  }

  /** The pressed button is gone; what is known now is above. */
  #refocus() {
    const next = /** @type {HTMLElement | null} */ (this.#actions.querySelector('button:not([hidden])'));
    next?.focus({ preventScroll: true });
    this.#known.closest('dialog')?.scrollTo(0, 0);
  }
}

/** @param {(key: string) => string} t */
function matched(t) {
  return [h('p', { class: 'safety-verified', role: 'status' }, icon('check'), h('span', {}, t('safety.verified')))];
}

/** @param {(key: string) => string} t */
function differs(t) {
  const warning = alertLine();
  warning.say(t('safety.differs'));
  return [warning.element, h('p', {}, t('safety.differs.check')), h('p', {}, t('safety.differs.then'))];
}

/** Twelve groups, of which the first six are one person's and the last six the other's. @param {Bytes} own @param {Bytes} other @param {(key: string) => string} t */
function digits(own, other, t) {
  const groups = Array.from({ length: 12 }, () => h('li', {}, '·····'));
  const list = h('ol', { class: 'safety-digits', 'aria-label': t('safety.label'), 'aria-busy': 'true' }, ...groups);
  void safetyNumber(own, other).then((number) => {
    for (const [at, group] of groups.entries()) {
      const text = number.slice(at * GROUP, (at + 1) * GROUP);
      // Read out as a number it could not be compared.
      const spelled = h('span', { class: 'visually-hidden' }, [...text].join(' '));
      group.replaceChildren(h('span', { 'aria-hidden': 'true' }, text), spelled);
    }
    list.removeAttribute('aria-busy');
  });
  return list;
}
