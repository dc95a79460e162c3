/** In the settings: of which country the numbers are that the household's contacts have without a country's code. */

import { countries } from '../core/regions.js';
import { codeOf } from '../session/problem.js';
import { h, setText } from './dom.js';
import { alertLine, busy, button, form } from './pieces.js';

/** @import {OwnProfile} from '../protocol.js' */
/** @import {Parts} from './view.js' */

export class CountrySetting {
  #parts;
  #t;
  #problem = alertLine();
  #said = h('p', { class: 'hint', role: 'status' });
  #choice = h('select', { id: 'own-country', 'aria-describedby': 'own-country-hint' });
  #shown = '';
  element;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#t = parts.translate();
    const options = countries(parts.language()).map(({ region, name }) => h('option', { value: region }, name));
    this.#choice.append(...options);
    const save = button(this.#t('save'), () => {}, { attributes: { type: 'submit' } });
    const field = h('div', { class: 'field' }, h('label', { for: 'own-country' }, this.#t('country.title')), this.#choice);
    const hint = h('p', { class: 'hint', id: 'own-country-hint' }, this.#t('country.hint'));
    const submitted = () => void busy(save, () => this.#save(), (error) => this.#problem.say(this.#t(`problem.${codeOf(error)}`)));
    this.element = form(submitted, h('div', { class: 'row end' }, field, save), hint, this.#said, this.#problem.element);
    this.show(parts.store.state.own);
  }

  /** Somebody at home may have chosen another one meanwhile. @param {OwnProfile | null} own */
  show(own) {
    if (own === null || own.region === this.#shown) return;
    this.#shown = this.#choice.value = own.region;
  }

  async #save() {
    this.#problem.say('');
    await this.#parts.account.home.setRegion(this.#choice.value);
    setText(this.#said, this.#t('saved'));
  }
}
