/** The safety number of two persons, to be compared by them: on paper it is the roots of both chains, in digits. */

import { safetyCode, safetyNumber } from '../trust/safety.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { icon } from './icons.js';
import { qrPicture } from './link.js';
import { alertLine, busy, button } from './pieces.js';

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

/** What is known stands above the number, what can be done below it. @param {Translate} translate @param {Comparison} comparison */
export function openSafety(translate, comparison) {
  const { name, own, other, verified } = comparison;
  const t = (/** @type {string} */ key) => translate(key, { name });
  const problem = alertLine();
  const known = h('div', { class: 'safety-known' });
  const actions = h('div', { class: 'safety-known' });

  const ask = () => {
    known.replaceChildren(h('p', {}, t('safety.lead')));
    actions.replaceChildren(answer('safety.alike', 'primary wide', true), answer('safety.unlike', 'wide', false));
  };
  const tell = (/** @type {boolean} */ alike) => {
    known.replaceChildren(...(alike ? matched(t) : differs(t)));
    actions.replaceChildren(button(t('safety.again'), () => (ask(), refocus()), { kind: 'wide' }));
  };
  const answer = (/** @type {string} */ key, /** @type {string} */ kind, /** @type {boolean} */ alike) => {
    const element = button(t(key), () => void busy(element, said, () => problem.say(t('safety.not_kept'))), { kind });
    const said = async () => {
      const current = await comparison.compared(alike);
      problem.say(current ? '' : t('safety.outdated'));
      if (!current) return;
      tell(alike);
      refocus();
    };
    return element;
  };
  /** The pressed button is gone; what is known now is above. */
  const refocus = () => {
    actions.querySelector('button')?.focus({ preventScroll: true });
    dialog.scrollTop = 0;
  };

  if (verified) tell(true);
  else ask();
  const number = h('div', { class: 'safety' }, qrPicture(safetyCode(own, other), t('safety.qr')), digits(own, other, t));
  const dialog = openDialog(t('safety.title'), translate, known, h('div', { class: 'safety-room' }, number), problem.element, actions);
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
