/** Two devices that make sure of each other: six digits to compare, and what came of it. */

import { h } from './dom.js';
import { icon } from './icons.js';
import { alertLine, button } from './pieces.js';

/** @import {Translate} from '../i18n.js' */
/** @import {Meeting} from '../state/state.js' */

/**
 * @param {Meeting} meeting @param {Translate} t @param {'own' | 'new'} side
 * @param {{compared: (same: boolean) => void, again?: () => void}} does
 * @returns {HTMLElement[]}
 */
export function meetingParts({ stage, digits, name, shared, why }, t, side, { compared, again }) {
  const say = (/** @type {string} */ key) => h('p', { role: 'status' }, t(key, { name }));
  switch (stage) {
    case 'waiting':
    case 'signing':
    case 'said':
      return [say(`meeting.${side}.${stage}`)];
    case 'digits':
      return [
        h('p', { id: 'digits-question' }, t(`meeting.${side}.digits`, { name })),
        digitsOf(digits, t('meeting.label')),
        h(
          'div',
          { class: 'choices', role: 'group', 'aria-labelledby': 'digits-question' },
          button(t('meeting.same'), () => compared(true), { kind: 'primary wide' }),
          button(t('meeting.different'), () => compared(false), { kind: 'wide' }),
        ),
      ];
    case 'done':
      return [h('p', { class: 'safety-verified', role: 'status' }, icon('check'), h('span', {}, t(shared ? 'meeting.done.shared' : 'meeting.done.own', { name })))];
    case 'failed': {
      const alert = alertLine();
      alert.say(t(`meeting.failed.${why ?? 'unlike'}`, { name }));
      return [alert.element, ...(again ? [button(t('meeting.again'), again, { kind: 'wide' })] : [])];
    }
  }
}

/** Three and three, read out one by one. @param {string} digits @param {string} label */
function digitsOf(digits, label) {
  const halves = [digits.slice(0, 3), digits.slice(3)].map((half) => h('span', { 'aria-hidden': 'true' }, half));
  const spoken = h('span', { class: 'visually-hidden' }, [...digits].join(' '));
  return h('output', { class: 'big-code digits', 'aria-label': label }, ...halves, spoken);
}
