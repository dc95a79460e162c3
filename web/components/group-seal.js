/** Whether a group is end-to-end: said before it begins and for as long as it lasts. */

import { h } from './dom.js';
import { icon } from './icons.js';

/** @import {Translate} from '../i18n.js' */

/** @param {boolean} sealed @param {Translate} t @param {{plain?: boolean}} [look] `plain`: with a sentence that says what it means */
export function seal(sealed, t, { plain = false } = {}) {
  const way = sealed ? 'sealed' : 'mixed';
  const words = h('span', { class: 'words' }, h('strong', {}, t(`group.${way}`)), plain ? h('span', { class: 'hint' }, t(`group.${way}.about`)) : null);
  return h('p', { class: `seal ${way}`, 'data-seal': way }, icon(sealed ? 'lock' : 'warning'), words);
}
