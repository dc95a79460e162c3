/**
 * Several people and rooms at once: who, then what will happen, then it begins. Which path it takes is said before anything
 * rings, and nothing else happens than what was said.
 */

import { codeOf } from '../session/problem.js';
import { everybodyToAsk, titleOf } from '../state/asking.js';
import { adultsHere } from '../state/state.js';
import { openDialog } from './dialog.js';
import { h, setAttribute } from './dom.js';
import { icon } from './icons.js';
import { seal } from './group-seal.js';
import { alertLine, avatar, busy, button, setLabel } from './pieces.js';

/** @import {Gathering} from '../state/groups.js' */
/** @import {Askable} from '../state/asking.js' */
/** @import {Planned} from '../call/groups.js' */
/** @import {Parts} from './view.js' */

export const EVERYONE = 'everyone';

/** @param {Parts} parts */
export function openGroupStart(parts) {
  const t = parts.translate();
  const choosing = new Choosing(parts, everybodyToAsk(parts.store.state, parts.language()), true);
  const next = button(t('group.next'), () => void busy(next, plan, (error) => choosing.problem.say(t(`problem.${codeOf(error)}`))), { kind: 'primary wide big' });
  const body = h('div', { class: 'choices group-start' }, h('p', { class: 'lead' }, t('group.start.lead')), choosing.element, choosing.problem.element, next);
  const plan = async () => {
    const to = choosing.chosen;
    const kinds = /** @type {const} */ (['call', 'drop_in']);
    const [call, dropIn] = await Promise.all(kinds.map((kind) => parts.groups.plan({ kind, to, video: true }).catch((error) => (kind === 'drop_in' ? null : Promise.reject(error)))));
    const title = titleOf(choosing.names, parts.language(), t);
    body.replaceChildren(...confirming(parts, { to, title, call: call ?? null, dropIn: dropIn ?? null }, () => dialog.close()));
    body.querySelector('button')?.focus();
  };
  choosing.changed = (count) => {
    next.disabled = count === 0;
    setLabel(next, count === 0 ? t('group.next') : t('group.next.count', { count: String(count) }));
  };
  choosing.changed(0);
  const dialog = openDialog(t('group.start'), t, body);
  dialog.classList.add('group-dialog');
}

/** Ask more people into a group that goes on. @param {Parts} parts @param {Gathering} group */
export function openAsk(parts, group) {
  const t = parts.translate();
  const there = new Set([...(group.view?.members ?? []).flatMap(({ endpoint, person }) => [endpoint, person ?? '']), ...(group.view?.places ?? []).filter(({ state }) => state === 'ringing').flatMap(({ endpoint, person }) => [endpoint ?? '', person ?? ''])]);
  const choosing = new Choosing(parts, everybodyToAsk(parts.store.state, parts.language()).filter(({ id }) => !there.has(id)), false);
  const ask = async () => {
    await parts.groups.ask(group.id, choosing.chosen);
    dialog.close();
  };
  const go = button(t('group.ask.go'), () => void busy(go, ask, (error) => choosing.problem.say(t(`problem.${codeOf(error)}`))), { icon: 'invite', kind: 'primary wide big' });
  choosing.changed = (count) => (go.disabled = count === 0);
  choosing.changed(0);
  go.hidden = choosing.empty;
  const dialog = openDialog(t('group.ask.title'), t, h('div', { class: 'choices group-start' }, choosing.element, choosing.problem.element, go));
  dialog.classList.add('group-dialog');
}

/**
 * What will happen, and the buttons that make it happen.
 * @param {Parts} parts @param {{to: readonly string[], title: string, call: Planned | null, dropIn: Planned | null}} what @param {() => void} done
 */
function confirming(parts, { to, title, call, dropIn }, done) {
  const t = parts.translate();
  const adults = adultsHere(parts.store.state);
  const planned = call ?? dropIn;
  /** @param {'call' | 'drop_in'} kind @param {Planned} plan @param {boolean} video */
  const go = (kind, plan, video) => {
    done();
    const begin = (/** @type {string | undefined} */ as) => void parts.groups.start({ kind, to, title, video, path: plan.path, ...(as ? { as } : {}) });
    if (adults.length < 2) begin(undefined);
    else askWho(parts, title, begin);
  };
  const alike = call === null || dropIn === null || call.path === dropIn.path;
  const buttons = [
    ...(call ? [button(t('group.call'), () => go('call', call, false), { icon: 'call', kind: 'primary wide big' })] : []),
    ...(call && call.path === 'mesh' ? [button(t('group.video_call'), () => go('call', call, true), { icon: 'video', kind: 'wide big call' })] : []),
    ...(dropIn ? [button(t('group.drop_in'), () => go('drop_in', dropIn, dropIn.path === 'mesh'), { icon: 'drop-in', kind: 'wide big call' })] : []),
  ];
  return [
    h('p', { class: 'lead' }, title),
    ...(planned ? [seal(planned.e2ee, t, { plain: true })] : []),
    ...(alike || dropIn === null ? [] : [h('p', { class: 'hint' }, t('group.drop_in.otherwise')), seal(dropIn.e2ee, t)]),
    ...buttons,
  ];
}

/** At a device that several share. @param {Parts} parts @param {string} whom @param {(as: string) => void} go */
function askWho(parts, whom, go) {
  const t = parts.translate();
  const choices = adultsHere(parts.store.state).map(({ id, name }) => {
    const choice = button(name, () => {
      dialog.close();
      go(id);
    }, { kind: 'wide big' });
    choice.prepend(avatar(id, name));
    return h('li', {}, choice);
  });
  const dialog = openDialog(t('who_calls.title'), t, h('p', {}, t('who_calls.lead', { name: whom })), h('ul', { class: 'choices' }, ...choices));
}

/** Who, of those who can be reached from here. */
class Choosing {
  #chosen = new Set(/** @type {string[]} */ ([]));
  #all;
  #rows;
  problem;
  element;
  /** Told how many are chosen. @type {(count: number) => void} */ changed = () => {};

  /** @param {Parts} parts @param {readonly Askable[]} all @param {boolean} everyone whether "everyone at home" is offered */
  constructor(parts, all, everyone) {
    const t = parts.translate();
    this.#all = all;
    this.problem = alertLine();
    const rooms = all.filter(({ room }) => room);
    this.#rows = new Map(all.map((one) => [one.id, this.#row(one.id, one.name, one.about === '' ? '' : t(one.about), one.room ? icon('speaker') : avatar(one.id, one.name))]));
    const home = everyone && rooms.length > 1 ? this.#row(EVERYONE, t('group.everyone'), t('group.everyone.about'), icon('people')) : null;
    if (home) this.#rows.set(EVERYONE, home);
    this.element = h('ul', { class: 'pickable', 'aria-label': t('group.who') }, ...this.#rows.values());
    if (home) this.element.prepend(home);
    if (this.#rows.size === 0) this.element.replaceChildren(h('li', { class: 'hint' }, t(everyone ? 'group.nobody' : 'group.ask.nobody')));
  }

  get empty() {
    return this.#rows.size === 0;
  }

  get chosen() {
    return this.#chosen.has(EVERYONE) ? [EVERYONE] : [...this.#chosen];
  }

  /** Null: everyone at home. */
  get names() {
    return this.#chosen.has(EVERYONE) ? null : this.#all.filter(({ id }) => this.#chosen.has(id)).map(({ name }) => name);
  }

  /** @param {string} id @param {string} name @param {string} about @param {Node} face */
  #row(id, name, about, face) {
    const input = h('input', { type: 'checkbox', value: id });
    const words = h('span', { class: 'words' }, h('strong', {}, name), about ? h('span', { class: 'hint' }, about) : null);
    const row = h('li', {}, h('label', { class: 'pick' }, h('span', { class: 'pick-face' }, face), words, input));
    input.addEventListener('change', () => this.#choose(id, input.checked));
    return row;
  }

  /** Everyone at home is everyone: nobody besides. @param {string} id @param {boolean} on */
  #choose(id, on) {
    if (on) this.#chosen.add(id);
    else this.#chosen.delete(id);
    const everyone = this.#chosen.has(EVERYONE);
    for (const [other, row] of this.#rows) {
      const input = /** @type {HTMLInputElement} */ (row.querySelector('input'));
      const shut = everyone && other !== EVERYONE;
      setAttribute(input, 'disabled', shut);
      if (shut && input.checked) {
        input.checked = false;
        this.#chosen.delete(other);
      }
    }
    this.problem.say('');
    this.changed(everyone ? this.#all.filter(({ room }) => room).length : this.#chosen.size);
  }
}
