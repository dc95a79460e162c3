/** What a child did: their calls, the latest first. For parents. */

import { duration } from '../state/words.js';
import { codeOf } from '../session/problem.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { icon } from './icons.js';
import { alertLine, busy, button } from './pieces.js';

/** @import {ChildCallView, ChildView} from '../protocol.js' */
/** @import {Parts} from './view.js' */

/** @param {Parts} parts @param {ChildView} child */
export function openChildActivity(parts, child) {
  const t = parts.translate();
  const problem = alertLine();
  const list = h('ul', { class: 'lines' });
  const none = h('p', { class: 'hint', role: 'status' });
  const words = new Intl.DateTimeFormat(parts.language(), { dateStyle: 'medium', timeStyle: 'short' });
  let oldest = /** @type {number | undefined} */ (undefined);

  const row = (/** @type {ChildCallView} */ { name, outgoing, video, at, answered, ended }) => {
    const when = new Date(at * 1_000);
    const length = answered && ended ? t('child.call.length', { length: duration(ended - answered) }) : answered ? t('child.call.now') : t('child.call.nobody');
    return h(
      'li',
      { class: 'row' },
      icon(video ? 'video' : 'call'),
      h('span', { class: 'who' }, h('strong', {}, t(outgoing ? 'child.call.to' : 'child.call.from', { name })), h('span', { class: 'hint' }, h('time', { datetime: when.toISOString() }, words.format(when)), ` · ${length}`)),
    );
  };
  const load = async () => {
    const { calls, more: further } = await parts.account.children.activity(child.id, oldest);
    oldest = calls.at(-1)?.at ?? oldest;
    list.append(...calls.map(row));
    more.hidden = !further;
    none.textContent = list.children.length === 0 ? t('child.activity.none') : '';
  };
  const failed = (/** @type {unknown} */ error) => problem.say(t(`problem.${codeOf(error)}`));
  const more = button(t('log.more'), () => void busy(more, load, failed), { kind: 'wide', attributes: { hidden: true } });
  openDialog(t('child.activity', { name: child.name }), t, problem.element, none, list, more);
  load().catch(failed);
}
