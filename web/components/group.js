/** The screen of a group: everybody in it, who speaks, whether it is end-to-end, and what one can do. */

import { awaitedIn, isSealed, mayReturn, othersIn, shownGroup } from '../state/groups.js';
import { titleOf } from '../state/asking.js';
import { endingKey } from '../state/words.js';
import { h, keyed, setAttribute, setText } from './dom.js';
import { GroupDoor } from './group-door.js';
import { openAsk } from './group-start.js';
import { seal } from './group-seal.js';
import { Tiles } from './group-tiles.js';
import { button, setLabel } from './pieces.js';
import { Clock, Live, Switches } from './talking.js';
import { create, View } from './view.js';

/** @import {Gathering} from '../state/groups.js' */
/** @import {State} from '../state/state.js' */

/** How long the end stays on the screen. */
const READ_END = 10_000;

/** Ends that say all there is to say. @type {readonly string[]} */
const PLAIN_ENDS = ['hung_up', 'moved', 'left'];

export class Group extends View {
  #name = h('h2', { id: 'group-name' });
  #standing = h('p', { class: 'standing' });
  #clock = new Clock();
  #seal = h('div', { class: 'seal-place' });
  #live = new Live(this);
  #notes = h('ul', { class: 'notes' });
  #tiles = new Tiles(this, (silent) => (this.#sound.hidden = !silent));
  /** Read out: who comes and goes. */ #said = h('p', { class: 'visually-hidden', role: 'status' });
  #sound = button('', () => this.#play(), { icon: 'speaker', kind: 'primary sound' });
  #door = /** @type {GroupDoor} */ (/** @type {unknown} */ (null));
  #switches = new Switches(this);
  #ask = button('', () => this.#group && openAsk(this.parts, this.#group), { icon: 'invite', kind: 'round' });
  #leave = button('', () => this.#group && this.parts.groups.leave(this.#group.id), { icon: 'hang-up', kind: 'round danger' });
  #controls = h('div', { class: 'controls', role: 'group' });
  #again = button('', () => this.#group && void this.parts.groups.join(this.#group.id, { video: this.#group.video }), { icon: 'call', kind: 'round go' });
  #after = h('div', { class: 'controls after' });
  #group = /** @type {Gathering | null} */ (null);
  #sealed = /** @type {boolean | null} */ (null);
  #leaving = 0;

  /** @override */
  build() {
    setAttribute(this, 'role', 'dialog');
    setAttribute(this, 'aria-modal', 'true');
    setAttribute(this, 'aria-labelledby', 'group-name');
    this.#door = create(GroupDoor, this.parts);
    this.#controls.setAttribute('aria-label', this.t('group.controls'));
    setLabel(this.#ask, this.t('group.ask'));
    setLabel(this.#leave, this.t('group.leave'));
    setLabel(this.#sound, this.t('call.sound'));
    this.#sound.hidden = true;
    this.#controls.append(this.#switches.microphone, this.#switches.camera, this.#ask, this.#leave);
    setLabel(this.#again, this.t('group.again'));
    this.#after.append(this.#again, button(this.t('close'), () => this.#forget(), { icon: 'close', kind: 'round' }));
    this.append(
      h('header', {}, this.#name, h('div', { class: 'row' }, this.#standing, this.#clock.element), this.#seal, this.#live.element),
      this.#notes,
      this.#tiles.list,
      this.#door,
      this.#sound,
      this.#said,
      this.#tiles.room,
      this.#controls,
      this.#after,
    );
  }

  /** @override @param {State} state */
  show(state) {
    const group = shownGroup(state);
    const before = this.#group;
    this.#group = group;
    this.hidden = group === null;
    if (group === null) {
      this.#clear();
      return;
    }
    this.#showWhat(group);
    this.#showNotes(state, group);
    this.#live.show(state.capture);
    this.#tiles.show(state, group);
    this.#showControls(state, group);
    this.#door.show(state);
    const { told } = group;
    setText(this.#said, told === null ? '' : this.t(told.joined ? 'group.joined' : 'group.left', { name: told.name }));
    if (before?.id !== group.id) this.#leave.focus();
    else if (before.ended === null && group.ended !== null) this.#ended(group);
  }

  // -- what is seen --------------------------------------------------------------------------------

  /** @param {Gathering} group */
  #showWhat(group) {
    const names = othersIn(group).map(({ name }) => name);
    setText(this.#name, names.length > 0 ? titleOf(names, this.parts.language(), this.parts.translate()) : group.title || this.t('group.title'));
    setText(this.#standing, this.t(standingOf(group, names.length), { count: String(names.length + 1) }));
    const sealed = isSealed(group);
    if (sealed !== this.#sealed) {
      this.#sealed = sealed;
      this.#seal.replaceChildren(seal(sealed, this.parts.translate()));
    }
    this.classList.toggle('over', group.ended !== null);
    this.#clock.show(group.since, group.ended !== null);
  }

  /** @param {State} state @param {Gathering} group */
  #showNotes(state, group) {
    const awaited = group.ended === null ? awaitedIn(group).map(({ name }) => name) : [];
    const list = new Intl.ListFormat(this.parts.language(), { type: 'conjunction' });
    const lines = [
      ...(awaited.length > 0 ? [this.t('group.awaited', { names: list.format(awaited) })] : []),
      ...(state.connection === 'online' || group.ended !== null ? [] : [this.t('group.signaling_lost')]),
      ...(state.capture.audioTrouble && group.ended === null ? [this.t(`microphone.trouble.${state.capture.audioTrouble}`)] : []),
    ];
    keyed(this.#notes, lines, (line) => line, () => h('li'), setText);
  }

  /** @param {State} state @param {Gathering} group */
  #showControls({ capture }, group) {
    this.#controls.hidden = group.ended !== null;
    this.#after.hidden = group.ended === null;
    if (group.ended !== null) this.#sound.hidden = true;
    this.#switches.show(capture);
    this.#switches.camera.hidden = !group.video || group.path === 'mixer';
    this.#ask.hidden = group.kind !== 'call' || group.view === null;
  }

  /** A browser may want one more touch before it sounds. */
  #play() {
    this.#sound.hidden = true;
    this.#tiles.play();
  }

  // -- what is done --------------------------------------------------------------------------------

  #forget() {
    if (this.#group) this.parts.store.dispatch({ t: 'group', what: { t: 'forget', id: this.#group.id } });
  }

  /** @param {Gathering} group */
  #ended(group) {
    this.#again.hidden = !mayReturn(group);
    /** @type {HTMLButtonElement | null} */ (this.#after.querySelector('button:not([hidden])'))?.focus();
    clearTimeout(this.#leaving);
    if (PLAIN_ENDS.includes(group.ended ?? '')) this.#leaving = setTimeout(() => this.#group?.id === group.id && this.#group.ended !== null && this.#forget(), READ_END);
  }

  #clear() {
    this.#clock.stop();
    this.#tiles.clear();
    this.#live.clear();
    this.#sound.hidden = true;
  }
}

/** @param {Gathering} group @param {number} others @returns {string} a text key */
function standingOf({ ended, view, kind, room, path, since, door }, others) {
  if (ended !== null) return ended === 'left' || GROUP_ENDS.includes(ended) ? `group.ended.${ended}` : endingKey(ended);
  if (door !== null && door !== 'open') return 'group.coming';
  if (view === null) return kind === 'drop_in' ? 'drop_in.going' : 'call.calling';
  if (path === 'mixer' && room === 'lost') return 'call.reconnecting';
  if (others === 0) return kind === 'drop_in' ? 'drop_in.going' : 'group.waiting';
  return since === null ? 'call.connecting' : 'group.together';
}

/** Ends that are said otherwise than of a call. @type {readonly string[]} */
const GROUP_ENDS = ['hung_up', 'removed', 'no_answer', 'lost', 'moved', 'time_limit'];

customElements.define('kith-group', Group);
