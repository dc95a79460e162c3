/** What the parts of the own card share: they show the terms, and sign at once what is changed. */

import { codeOf } from '../session/problem.js';
import { h } from './dom.js';
import { icon } from './icons.js';
import { alertLine } from './pieces.js';
import { isPressed } from './press.js';
import { View } from './view.js';

/** @import {Terms} from '../granting/terms.js' */
/** @import {Edit} from '../session/granting.js' */
/** @import {State} from '../state/state.js' */

export class YouPart extends View {
  problem = alertLine();
  #drawn = '';
  #changing = 0;

  /** Make what `show` draws anew, from the terms. @abstract @param {Terms} _terms @param {State} _state */
  draw(_terms, _state) {}

  /** What `draw` depends on: the same text, the same drawing. @param {Terms} terms @param {State} _state @returns {string} */
  about(terms, _state) {
    return `${terms.version}|${[...terms.heard].join()}|${terms.devices.map(({ id, name }) => id + name).join()}|${terms.receivers.map(({ name }) => name).join()}`;
  }

  /** @override @param {State} state */
  show(state) {
    const { terms } = state;
    this.hidden = terms === null;
    if (terms === null) return;
    const drawn = `${this.parts.language()}|${this.about(terms, state)}`;
    // Until it is signed, or was refused, a choice stays as it was made: news of something else does not move it back.
    if (drawn === this.#drawn || this.#changing > 0 || isPressed(this, () => this.show(this.parts.store.state))) return;
    this.#drawn = drawn;
    const focused = keyOf(document.activeElement);
    this.draw(terms, state);
    if (focused) /** @type {HTMLElement | null} */ (this.querySelector(focused))?.focus();
  }

  /** Sign another choice. What is shown stays what is signed: if it was not kept, the choice jumps back. @param {Edit} edit */
  async change(edit) {
    this.#changing += 1; // one after the other is signed: no choice is lost because another is under way
    this.setAttribute('aria-busy', 'true');
    this.problem.say('');
    try {
      await this.parts.account.granting.change(edit);
    } catch (error) {
      this.problem.say(this.t(`problem.${codeOf(error)}`));
    } finally {
      this.#changing -= 1;
      if (this.#changing === 0) this.#settle();
    }
  }

  #settle() {
    this.removeAttribute('aria-busy');
    this.#drawn = '';
    this.show(this.parts.store.state);
  }

  /** @param {string} title @param {string} drawn icon @param {string} [lead] */
  heading(title, drawn, lead) {
    return h('div', { class: 'part-head' }, icon(drawn), h('h2', {}, title), lead ? h('p', { class: 'hint' }, lead) : null);
  }

  /** @param {readonly string[]} names */
  list(names) {
    return new Intl.ListFormat(this.parts.language(), { type: 'conjunction' }).format(names);
  }
}

/** Finds what had the focus after it was drawn anew. @param {Element | null} element */
function keyOf(element) {
  if (!(element instanceof HTMLElement)) return null;
  if (element instanceof HTMLInputElement && element.type === 'radio') return `input[name="${element.name}"]:checked`;
  return element.dataset.does ? `[data-does="${element.dataset.does}"]` : element.id ? `#${element.id}` : null;
}
