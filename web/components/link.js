/** A link or a command to carry over to another device: to scan, to copy, to share. */

import { qrCode } from '../core/qr.js';
import { h, setText, svg } from './dom.js';
import { button, setLabel } from './pieces.js';

/** @import {Translate} from '../i18n.js' */

const QUIET = 4; // modules of white around the code, as the standard asks

/** @param {string} text @param {string} label */
export function qrPicture(text, label) {
  const modules = qrCode(text);
  const size = modules.length + 2 * QUIET;
  const path = modules
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : '')))
    .join('');
  return svg(
    'svg',
    { viewBox: `0 0 ${size} ${size}`, class: 'qr', role: 'img', 'aria-label': label, 'shape-rendering': 'crispEdges' },
    svg('rect', { width: size, height: size, fill: '#fff' }),
    svg('path', { d: path, fill: '#000' }),
  );
}

/** Text to carry over, with a button that copies it. @param {string} text @param {string} label @param {Translate} translate */
export function copyLine(text, label, translate) {
  const copy = button(translate('copy'), () => void copied(), { icon: 'copy' });
  const said = h('span', { class: 'visually-hidden', role: 'status' });
  const copied = async () => {
    await navigator.clipboard.writeText(text);
    setLabel(copy, translate('copied'));
    setText(said, translate('copied'));
  };
  const line = h('output', { class: 'copyable', 'aria-label': label, tabindex: 0 }, text);
  return h('div', { class: 'copy-line' }, line, copy, said);
}

/** The system's own way to hand a link on, where there is one. @param {string} url @param {string} text @param {Translate} translate */
export function shareButton(url, text, translate) {
  if (!navigator.share) return null;
  return button(translate('share'), () => void navigator.share({ url, text }).catch(() => {}), { icon: 'share' });
}

/** Until when, in words. @param {number} expires Unix seconds @param {string} language */
export function untilWords(expires, language) {
  const format = new Intl.DateTimeFormat(language, { weekday: 'long', hour: 'numeric', minute: '2-digit' });
  return format.format(new Date(expires * 1_000));
}
