/** Asked once, at the end of signing up: may contacts be brought here? */

import { codeOf } from '../session/problem.js';
import { openBooks } from './books.js';
import { h } from './dom.js';
import { mark } from './icons.js';
import { chooseFile, openImport } from './import.js';
import { alertLine, busy, button } from './pieces.js';
import { View } from './view.js';

export class Bring extends View {
  /** @override */
  build() {
    const { contacts } = this.parts.account;
    const problem = alertLine();
    const failed = (/** @type {unknown} */ error) => problem.say(this.t(`problem.${codeOf(error)}`));
    const file = button(this.t('bring.file'), () => chooseFile((chosen) => void busy(file, () => bring(chosen), failed)), {
      icon: 'file',
      kind: 'primary wide',
    });
    const bring = async (/** @type {File} */ chosen) => {
      await contacts.allowImport(true);
      openImport(this.parts, chosen);
    };
    const book = button(this.t('books.open'), () => void busy(book, link, failed), { icon: 'book', kind: 'wide' });
    const link = async () => {
      await contacts.allowImport(true);
      openBooks(this.parts);
    };
    const none = button(this.t('bring.none'), () => void busy(none, () => contacts.allowImport(false), failed), {
      kind: 'quiet wide',
    });
    this.className = 'page narrow';
    this.append(
      h('header', { class: 'hero' }, mark(), h('h1', {}, this.t('bring.title')), h('p', { class: 'lead' }, this.t('bring.lead'))),
      problem.element,
      h('div', { class: 'choices' }, file, book, none),
      h('p', { class: 'hint' }, this.t('bring.how')),
      h('p', { class: 'hint' }, this.t('bring.what')),
    );
  }
}

customElements.define('kith-bring', Bring);
