/** Somebody calls, or knocks: over the whole screen, or as a card on top of a call that goes on. */

import { isOccupied, isStranger, ringingTalks, strandedTalk } from '../state/state.js';
import { h } from './dom.js';
import { avatar, button } from './pieces.js';
import { View } from './view.js';

/** @import {State, Talk} from '../state/state.js' */

/** @typedef {'ringing' | 'waiting' | 'stranded' | 'knocking'} Kind */

export class Incoming extends View {
  #shown = '';

  /** @override */
  build() {
    this.className = 'incoming';
    this.setAttribute('role', 'alertdialog');
    this.setAttribute('aria-labelledby', 'incoming-name');
    this.setAttribute('aria-describedby', 'incoming-about');
    this.addEventListener('keydown', ({ key }) => {
      const [talk] = ringingTalks(this.parts.store.state);
      if (key === 'Escape' && talk?.kind === 'drop_in') this.parts.calls.decline(talk.id);
      else if (key === 'Escape' && talk) this.parts.store.dispatch({ t: 'silence', call: talk.id });
    });
  }

  /** @override @param {State} state */
  show(state) {
    const occupied = isOccupied(state);
    const ringing = ringingTalks(state)[0] ?? null;
    const talk = ringing ?? (occupied ? null : strandedTalk(state));
    this.hidden = talk === null;
    const kind = kindOf(ringing, occupied);
    const shown = talk === null ? '' : `${talk.id}|${talk.name}|${kind}|${talk.video}|${isStranger(state, talk)}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.replaceChildren();
    if (talk !== null) this.#draw(talk, kind);
  }

  /** @param {Talk} talk @param {Kind} kind */
  #draw(talk, kind) {
    this.dataset.kind = kind;
    this.setAttribute('aria-modal', String(kind !== 'waiting'));
    const buttons = this.#buttons(talk, kind);
    this.append(
      h('div', { class: 'pulse' }, avatar(talk.person ?? talk.id, talk.name)),
      h('div', { class: 'caller' }, h('h2', { id: 'incoming-name' }, talk.name), h('p', { id: 'incoming-about' }, this.#about(talk, kind))),
      h('div', { class: 'controls' }, ...buttons),
    );
    // Who is speaking should not hang up by pressing a key, nor let anybody in.
    if (kind !== 'waiting') (kind === 'knocking' ? buttons[1] : buttons[0])?.focus();
  }

  /** @param {Talk} talk @param {Kind} kind */
  #about(talk, kind) {
    if (kind === 'stranded') return this.t('stranded.about');
    if (kind === 'knocking') return this.t(talk.video ? 'knock.video' : 'knock.audio');
    const sort = this.t(talk.video ? 'incoming.video' : 'incoming.audio');
    const words = isStranger(this.parts.store.state, talk) ? `${sort} · ${this.t('incoming.stranger')}` : sort;
    // Who is wanted is news only on a device that several share.
    const wanted = this.parts.store.state.endpoint?.shared ? talk.view?.called_name : '';
    return wanted ? `${words} · ${this.t('incoming.for', { name: wanted })}` : words;
  }

  /** @param {Talk} talk @param {Kind} kind */
  #buttons(talk, kind) {
    if (kind === 'stranded') return this.#goBack(talk);
    return kind === 'knocking' ? this.#door(talk) : this.#answers(talk, kind);
  }

  /** Silence means no, so the button that says so is only quicker. @param {Talk} talk */
  #door({ id }) {
    const { calls } = this.parts;
    return [
      button(this.t('knock.let_in'), () => calls.letIn(id), { icon: 'drop-in', kind: 'round go' }),
      button(this.t('knock.not_now'), () => calls.decline(id), { icon: 'close', kind: 'round' }),
    ];
  }

  /** @param {Talk} talk @param {Kind} kind */
  #answers(talk, kind) {
    const { calls } = this.parts;
    const waiting = kind === 'waiting';
    const answer = (/** @type {boolean} */ video) => () => void calls.answer(talk.id, { video });
    const first = waiting ? 'incoming.hang_up_and_answer' : 'incoming.answer';
    const buttons = [
      button(this.t(first), answer(talk.video), { icon: talk.video ? 'video' : 'call', kind: 'round go' }),
      button(this.t('incoming.decline'), () => calls.decline(talk.id), { icon: 'hang-up', kind: 'round danger' }),
    ];
    const audio = button(this.t('incoming.answer_audio'), answer(false), { icon: 'call', kind: 'round go soft' });
    if (talk.video && !waiting) buttons.splice(1, 0, audio);
    return buttons;
  }

  /** @param {Talk} talk */
  #goBack(talk) {
    const { calls } = this.parts;
    return [
      button(this.t('stranded.rejoin'), () => calls.rejoin(talk.id), { icon: 'call', kind: 'round go' }),
      button(this.t('call.hang_up'), () => calls.hangUp(talk.id), { icon: 'hang-up', kind: 'round danger' }),
    ];
  }
}

/** @param {Talk | null} ringing @param {boolean} occupied @returns {Kind} */
function kindOf(ringing, occupied) {
  if (ringing === null) return 'stranded';
  if (ringing.kind === 'drop_in') return 'knocking';
  return occupied ? 'waiting' : 'ringing';
}

customElements.define('kith-incoming', Incoming);
