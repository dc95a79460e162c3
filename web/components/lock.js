/** Says what was verified of a call, no more; and opens the safety number of the two persons. */

import { saveComparison } from '../session/known.js';
import { shownTalk } from '../state/state.js';
import { dayWords, sealedKey } from '../state/words.js';
import { h, setText } from './dom.js';
import { icon } from './icons.js';
import { openSafety } from './safety.js';
import { View } from './view.js';

/** @import {State, Talk} from '../state/state.js' */

export class Lock extends View {
  #text = h('span');
  #button = h('button', { type: 'button', class: 'lock' }, icon('lock'), this.#text);
  #talk = /** @type {Talk | null} */ (null);
  #name = '';

  /** @override */
  build() {
    this.#button.addEventListener('click', () => this.#compare());
    this.append(this.#button);
  }

  /** @override @param {State} state */
  show(state) {
    const talk = shownTalk(state);
    this.#talk = talk;
    this.hidden = !talk?.view?.endpoint || talk.ended !== null || talk.acquaintance?.changed === true;
    if (this.hidden || talk === null) return;
    this.#name = state.people.find(({ id }) => id === talk.person)?.name ?? talk.name;
    const key = sealedKey(talk);
    setText(this.#text, this.t(key, { name: this.#name, when: this.#when(talk.acquaintance?.since ?? null) }));
    this.#button.disabled = !talk.sealed || !talk.acquaintance?.roots;
    this.classList.toggle('verified', key === 'call.sealed.verified');
    this.#button.title = this.#button.disabled ? '' : this.t('call.compare', { name: this.#name });
  }

  /** @param {number | null} since Unix seconds */
  #when(since) {
    const now = Date.now();
    const at = since ?? now / 1_000;
    const words = dayWords(at, now, this.parts.language(), this.parts.translate());
    const recent = now - at * 1_000 < 172_800_000 && !/\d/.test(words);
    return recent ? words : this.t('call.seen.on', { date: words });
  }

  #compare() {
    const talk = this.#talk;
    if (!talk?.acquaintance?.roots || talk.person === null) return;
    const { person, id } = talk;
    const { roots, verified } = talk.acquaintance;
    openSafety(this.parts.translate(), {
      name: this.#name,
      ...roots,
      verified,
      compared: async (alike) => {
        const current = await saveComparison(person, roots.other, alike);
        if (current) this.parts.calls.compared(id, alike);
        return current;
      },
    });
  }
}

customElements.define('kith-lock', Lock);
