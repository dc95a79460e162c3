/** Do Not Disturb that comes by itself: on which days, from when to when, where. */

import { compare, equal } from '../core/bytes.js';
import { codeOf } from '../session/problem.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { SpanForm } from './hours.js';
import { alertLine, busy, button, form } from './pieces.js';

/** @import {Schedule} from '../trust/grants.js' */
/** @import {Parts} from './view.js' */

const [ALL_DAYS, TEN, SEVEN] = [0b1111111, 22 * 60, 7 * 60];

/** @param {Parts} parts @param {number | null} index which of those that there are; null for one more */
export function openSchedule(parts, index) {
  const { terms } = parts.store.state;
  if (terms === null) return;
  const t = parts.translate();
  const old = index === null ? null : terms.contents.schedules[index] ?? null;
  const problem = alertLine();
  const span = new SpanForm(parts, 'schedule', old ?? { days: ALL_DAYS, begin: TEN, end: SEVEN });
  const ticks = terms.devices.map(({ id, identity, name }) => {
    const input = h('input', { type: 'checkbox', id: `schedule-at-${id}`, checked: !old?.devices.length || old.devices.some((one) => equal(one, identity)) });
    return { identity, input, element: h('label', { class: 'tick', for: `schedule-at-${id}` }, input, h('span', {}, name)) };
  });
  const where = h('div', { class: 'group', role: 'group', 'aria-label': t('schedule.where') }, h('span', { class: 'group-label' }, t('schedule.where')), ...ticks.map(({ element }) => element));
  where.hidden = ticks.length < 2;
  const zone = h('p', { class: 'hint' }, t('schedule.zone', { zone: zoneWords(Intl.DateTimeFormat().resolvedOptions().timeZone) }));
  const save = button(t('save'), () => {}, { kind: 'primary wide', attributes: { type: 'submit' } });
  const failed = (/** @type {unknown} */ error) => problem.say(t(`problem.${codeOf(error)}`));

  /** @param {Schedule | null} made */
  const put = async (made) => {
    await parts.account.granting.change((contents) => {
      const others = contents.schedules.filter((_, at) => at !== index);
      return { ...contents, zone: Intl.DateTimeFormat().resolvedOptions().timeZone, schedules: made === null ? others : [...others, made] };
    });
    dialog.close();
  };
  const submitted = () => {
    const hours = span.value;
    const some = ticks.filter(({ input }) => input.checked).map(({ identity }) => identity).sort(compare);
    const wrong = hours === null ? 'grant.wrong.hours' : some.length === 0 && ticks.length > 0 ? 'grant.wrong.devices' : null;
    problem.say(wrong === null ? '' : t(wrong));
    if (wrong === null && hours !== null) void busy(save, () => put({ ...hours, devices: some.length === ticks.length ? [] : some }), failed);
  };
  const remove = button(t('schedule.remove'), () => void busy(remove, () => put(null), failed), { icon: 'trash', kind: 'quiet dangerous' });
  const dialog = openDialog(t(old ? 'schedule.change' : 'schedule.add'), t, form(submitted, span.element, where, zone, problem.element, save), ...(old ? [remove] : []));
}

/** @param {string} zone */
function zoneWords(zone) {
  return zone.replaceAll('_', ' ');
}
