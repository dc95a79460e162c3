/** Drop in by who lives here: whether at all, at which devices, and how it goes. */

import { dropInAt, withDropInAt } from '../granting/contents.js';
import { h } from './dom.js';
import { explained, pickOne, segments } from './options.js';
import { YouPart } from './you-part.js';

/** @import {Contents} from '../granting/contents.js' */
/** @import {OwnDevice, Terms} from '../granting/terms.js' */
/** @import {DropInTerm, HomeTerm} from '../trust/grants.js' */

/** @type {readonly DropInTerm[]} */
const TERMS = ['off', 'household', 'on'];

/** What can be chosen of how a drop in goes. @type {readonly ['frost' | 'longest' | 'silence' | 'chime', readonly number[]][]} */
const MANNERS = [
  ['frost', [5, 10, 20, 30, 60]],
  ['longest', [15, 30, 60, 120, 480]],
  ['silence', [0, 5, 10, 30, 60]],
  ['chime', [0, 1, 5, 10, 30]],
];

export class YouHome extends YouPart {
  #open = false;

  /** @override */
  build() {
    this.className = 'card part';
  }

  /** @override @param {Terms} terms */
  draw(terms) {
    const { contents, devices } = terms;
    const options = ['off', 'knock', 'instant'].map((value) => ({ value, text: this.t(`dropin.${value}`), about: this.t(`home_dropin.${value}.about`) }));
    const chosen = contents.home === 'unset' ? 'off' : contents.home;
    const home = explained(this.t('home_dropin.title'), 'home-dropin', options, chosen, (value) => {
      void this.change((old) => ({ ...old, home: /** @type {HomeTerm} */ (value) }));
    }, { labelled: false });
    this.replaceChildren(
      this.heading(this.t('home_dropin.title'), 'drop-in', this.t('home_dropin.lead')),
      this.problem.element,
      home,
      ...(devices.length ? [h('div', { class: 'choices tight' }, h('h3', {}, this.t('device_dropin.title')), h('p', { class: 'hint' }, this.t('device_dropin.lead')), h('ul', { class: 'lines' }, ...devices.map((device) => this.#device(device, contents))))] : []),
      this.#manners(contents),
    );
  }

  /** @param {OwnDevice} device @param {Contents} contents */
  #device({ id, identity, name }, contents) {
    const options = TERMS.map((value) => ({ value, text: this.t(`device_dropin.${value}`) }));
    const group = segments(name, `dropin-at-${id}`, options, dropInAt(contents, identity), (value) => {
      void this.change((old) => withDropInAt(old, identity, /** @type {DropInTerm} */ (value)));
    });
    return h('li', {}, group);
  }

  /** @param {Contents} contents */
  #manners(contents) {
    const picks = MANNERS.map(([name, values]) => {
      const options = values.map((value) => ({ value: String(value), text: this.#amount(name, value) }));
      const chosen = String(contents[name]);
      const own = options.some(({ value }) => value === chosen) ? options : [...options, { value: chosen, text: this.#amount(name, contents[name]) }];
      return pickOne(this.t(`manner.${name}`), `manner-${name}`, own, chosen, (value) => void this.change((old) => ({ ...old, [name]: Number(value) })), this.t(`manner.${name}.about`));
    });
    const element = h('details', { class: 'fold', open: this.#open }, h('summary', {}, this.t('manner.title')), h('div', { class: 'choices manners' }, ...picks));
    element.addEventListener('toggle', () => (this.#open = element.open));
    return element;
  }

  /** @param {string} name @param {number} value */
  #amount(name, value) {
    if (value === 0) return this.t('manner.never');
    const unit = name === 'frost' ? 'second' : value % 60 === 0 ? 'hour' : 'minute';
    const amount = unit === 'hour' ? value / 60 : value;
    return new Intl.NumberFormat(this.parts.language(), { style: 'unit', unit, unitDisplay: 'long' }).format(amount);
  }
}

customElements.define('kith-you-home', YouHome);
