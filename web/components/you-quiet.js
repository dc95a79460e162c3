/** Do Not Disturb: everywhere, at one device, and by itself at set times. */

import { equal } from '../core/bytes.js';
import { quietAt, NONE, withQuiet } from '../granting/contents.js';
import { notHeard } from '../granting/terms.js';
import { hoursWords } from '../granting/words.js';
import { begun, zoneOf } from '../policy/hours.js';
import { now } from '../session/identities.js';
import { h } from './dom.js';
import { toggle } from './options.js';
import { button } from './pieces.js';
import { openSchedule } from './schedule.js';
import { openSilenced } from './silenced.js';
import { YouPart } from './you-part.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {OwnDevice, Terms} from '../granting/terms.js' */
/** @import {Contents} from '../granting/contents.js' */
/** @import {State} from '../state/state.js' */

export class YouQuiet extends YouPart {
  /** @override */
  build() {
    this.className = 'card part';
  }

  /** @override @param {Terms} terms @param {State} state */
  about(terms, state) {
    return `${super.about(terms, state)}|${state.endpoints.map(({ id, quiet }) => id + quiet).join()}|${state.quiet}`;
  }

  /** @override @param {Terms} terms @param {State} state */
  draw(terms, state) {
    const { contents, devices } = terms;
    const everywhere = toggle(this.t('quiet.everywhere'), devices.every(({ identity }) => quietAt(contents, identity)) && devices.length > 0, (on) => this.#set(NONE, on, true), {
      about: this.t('quiet.everywhere.about'),
    });
    everywhere.dataset.does = 'quiet-everywhere';
    const rows = devices.length < 2 ? [] : devices.map((device) => h('li', {}, this.#device(device, terms, state)));
    this.replaceChildren(
      this.heading(this.t('quiet.title'), 'moon', this.t('quiet.lead')),
      this.problem.element,
      everywhere,
      ...(rows.length ? [h('ul', { class: 'lines' }, ...rows)] : []),
      this.#schedules(contents, devices),
      button(this.t('silenced.open'), () => openSilenced(this.parts), { icon: 'missed', kind: 'quiet', attributes: { 'data-does': 'silenced' } }),
    );
  }

  /** What it says where the device is silent is why: told by hand and not heard yet, by the clock, or at the device itself. @param {OwnDevice} device @param {Terms} terms @param {State} state */
  #device(device, terms, state) {
    const { id, identity, name, current } = device;
    const said = quietAt(terms.contents, identity);
    const really = current ? state.quiet : state.endpoints.some((one) => one.id === id && one.quiet);
    const heard = notHeard(terms, [id]).length === 0;
    const why = said && !heard ? this.t('quiet.not_heard', { name }) : really && !said ? this.t(byTheClock(terms.contents, identity) ? 'quiet.by_clock' : 'quiet.itself') : '';
    const element = toggle(name, said || really, (on) => this.#set(device.identity, on, current), { name: this.t('quiet.of', { name }), about: why || (current ? this.t('devices.current') : '') });
    element.dataset.does = `quiet-${id}`;
    return element;
  }

  /** What a person switches off here is off here, also what has come by the clock, until it comes again. @param {Bytes} identity @param {boolean} on @param {boolean} here */
  #set(identity, on, here) {
    const { terms } = this.parts.store.state;
    const own = terms?.devices.find(({ current }) => current);
    void this.change((contents, version) => withQuiet(contents, identity, on, version));
    if (here && !on && terms && own && byTheClock(terms.contents, own.identity)) void this.parts.account.quiet.set(false);
  }

  /** @param {Contents} contents @param {readonly OwnDevice[]} devices */
  #schedules(contents, devices) {
    const language = this.parts.language();
    const t = this.parts.translate();
    const rows = contents.schedules.map((schedule, index) => {
      const where = schedule.devices.length === 0 ? t('quiet.everywhere') : this.list(schedule.devices.map((key) => devices.find(({ identity }) => equal(identity, key))?.name ?? t('device.gone')));
      const change = button(t('schedule.change'), () => openSchedule(this.parts, index), { icon: 'pen', kind: 'quiet bare', attributes: { 'aria-label': t('schedule.change.of', { hours: hoursWords(schedule, language, t) }) } });
      return h('li', { class: 'row' }, h('span', { class: 'who' }, h('strong', {}, hoursWords(schedule, language, t)), h('span', { class: 'hint' }, where)), change);
    });
    const add = button(t('schedule.add'), () => openSchedule(this.parts, null), { icon: 'clock', kind: 'quiet', attributes: { 'data-does': 'schedule' } });
    return h('div', { class: 'choices tight' }, ...(rows.length ? [h('h3', {}, t('schedule.title')), h('ul', { class: 'lines' }, ...rows)] : []), add);
  }
}

/** Whether a schedule silences a device now. @param {Contents} contents @param {Bytes} identity */
function byTheClock({ schedules, zone: name }, identity) {
  const zone = zoneOf(name);
  const here = schedules.filter(({ devices }) => devices.length === 0 || devices.some((one) => equal(one, identity)));
  return zone !== null && here.some((schedule) => begun(schedule, zone, now()) !== null);
}

customElements.define('kith-you-quiet', YouQuiet);
