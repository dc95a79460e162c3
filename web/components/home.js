/** Who and what can be called from here. */

import { canDropIn, canDropInAt } from '../state/granted.js';
import { blockedOnes, callableEndpoints, callablePeople, isOccupied, livesHere, reachedPeople } from '../state/state.js';
import { Ask } from './ask.js';
import { openCard } from './contact-card.js';
import { h, keyed, setAttribute, setText } from './dom.js';
import { GroupOpen } from './group-open.js';
import { openGroupStart } from './group-start.js';
import { icon, mark } from './icons.js';
import { openInvite } from './invite.js';
import { Missed } from './missed.js';
import { News } from './news.js';
import { Ongoing } from './ongoing.js';
import { openPairing } from './pairing.js';
import { avatar, button, setIcon, setLabel } from './pieces.js';
import { QuietHere } from './quiet-here.js';
import { openSettings } from './settings.js';
import { showTab } from './tabs.js';
import { Unsettled } from './unsettled.js';
import { create, View } from './view.js';
import { YouClosed } from './you-closed.js';
import { dropInOn, placeCall } from './who.js';

/** @import {EndpointView} from '../protocol.js' */
/** @import {Callable, State} from '../state/state.js' */

/** Contacts that are shown here, too; where there are more, they are looked up in their list. */
const AT_A_GLANCE = 24;

export class Home extends View {
  #people = h('ul', { class: 'cards' });
  #all = button('', () => showTab(this.parts, 'contacts'), { icon: 'people', kind: 'quiet' });
  /** Worked out again only when one of these is another. */
  #from = /** @type {readonly unknown[]} */ ([]);
  /** @type {readonly Callable[]} */ #callable = [];
  #devices = h('ul', { class: 'cards' });
  #devicesPart = h('section');
  #anywhere = button('', () => this.#dropInAtHome(), { icon: 'drop-in', kind: 'quiet' });
  #nobody = h('div', { class: 'card empty' });
  #name = h('p', { class: 'own-name' });
  #quiet = /** @type {QuietHere} */ (/** @type {unknown} */ (null));
  #missed = /** @type {Missed} */ (/** @type {unknown} */ (null));
  #ongoing = /** @type {Ongoing} */ (/** @type {unknown} */ (null));
  #groups = /** @type {GroupOpen} */ (/** @type {unknown} */ (null));
  #several = button('', () => openGroupStart(this.parts), { icon: 'people', kind: 'several big wide' });
  #together = h('div', { class: 'adding' });
  #announce = button('', () => void this.#openAnnounce(), { icon: 'announce', kind: 'several big wide' });
  #closed = /** @type {YouClosed} */ (/** @type {unknown} */ (null));
  #news = /** @type {News} */ (/** @type {unknown} */ (null));
  #unsettled = /** @type {Unsettled} */ (/** @type {unknown} */ (null));
  #ask = /** @type {Ask} */ (/** @type {unknown} */ (null));

  /** @override */
  build() {
    this.className = 'page';
    this.#quiet = create(QuietHere, this.parts);
    this.#missed = create(Missed, this.parts);
    this.#ongoing = create(Ongoing, this.parts);
    this.#groups = create(GroupOpen, this.parts);
    setLabel(this.#several, this.t('group.start'));
    setLabel(this.#announce, this.t('announce.title'));
    this.#together.append(this.#several, this.#announce);
    this.#closed = create(YouClosed, this.parts);
    this.#news = create(News, this.parts);
    this.#unsettled = create(Unsettled, this.parts);
    this.#ask = create(Ask, this.parts);
    this.#nobody.append(h('h3', {}, this.t('home.nobody')), h('p', {}, this.t('home.nobody.text')));
    setLabel(this.#anywhere, this.t('drop_in.home'));
    this.#devicesPart.append(h('h2', {}, this.t('home.devices')), this.#devices, this.#anywhere);
    this.append(
      h(
        'header',
        { class: 'bar' },
        h('div', { class: 'brand' }, mark(), h('div', {}, h('h1', {}, this.t('title.home')), this.#name)),
        button(this.t('settings.title'), () => openSettings(this.parts), { icon: 'settings', kind: 'quiet' }),
      ),
      h(
        'main',
        {},
        this.#quiet,
        this.#closed,
        this.#ongoing,
        this.#groups,
        this.#missed,
        this.#unsettled,
        this.#news,
        this.#ask,
        h('section', {}, h('h2', {}, this.t('home.people')), this.#people, this.#nobody, this.#all),
        this.#devicesPart,
        this.#together,
        h(
          'div',
          { class: 'adding' },
          button(this.t('invite.title'), () => openInvite(this.parts), { icon: 'invite' }),
          button(this.t('pairing.title'), () => openPairing(this.parts), { icon: 'device' }),
        ),
      ),
      h('footer', { class: 'notice' }, icon('warning'), h('span', {}, this.t('emergency.short'))),
    );
  }

  /** @override @param {State} state */
  show(state) {
    const language = this.parts.language();
    const people = this.#everybody(state);
    const endpoints = callableEndpoints(state, language);
    setText(this.#name, (state.endpoint?.shared ? state.endpoint : state.person)?.name ?? '');
    const ready = state.connection === 'online' && !isOccupied(state);
    const blocked = blockedOnes(state);
    keyed(this.#people, people, (person) => person.id, (person) => this.#personCard(person), (card, person) => {
      const stopped = blocked.has(person.id) || blocked.has(person.contact ?? '');
      this.#fill(card, person.id, person.name, stopped ? this.t('card.blocked') : null, ready && !stopped);
      this.#offer(card, !stopped && canDropIn(state, person.id), person.name, ready);
      setAttribute(/** @type {Element} */ (card.querySelector('.active-dot')), 'hidden', stopped || !state.activity.has(person.id));
      card.dataset.contact = person.contact ?? '';
    });
    this.#all.hidden = state.contacts.all.size === 0;
    setLabel(this.#all, this.t('home.contacts.more', { count: String(state.contacts.all.size) }));
    keyed(this.#devices, endpoints, (device) => device.id, (device) => this.#deviceCard(device), (card, device) => {
      this.#fill(card, device.id, device.name, this.#about(device), ready && device.online);
      this.#offer(card, canDropInAt(state, device), device.name, ready);
      card.classList.toggle('away', !device.online);
      const watch = card.querySelector('.video-call');
      setAttribute(/** @type {Element} */ (watch), 'hidden', !device.capabilities.screen && !device.capabilities.camera);
      const face = /** @type {HTMLElement} */ (card.querySelector('.avatar'));
      setIcon(/** @type {HTMLButtonElement} */ (face), device.capabilities.screen ? 'screen' : 'speaker');
    });
    this.#quiet.show(state);
    this.#nobody.hidden = people.length > 0;
    this.#devicesPart.hidden = endpoints.length === 0;
    this.#anywhere.hidden = endpoints.filter((device) => device.shared && canDropInAt(state, device)).length < 2;
    this.#anywhere.disabled = !ready;
    this.#several.hidden = people.length + endpoints.length < 2;
    this.#several.disabled = !ready;
    this.#announce.hidden = endpoints.length === 0 && !people.some(({ id }) => livesHere(state, id));
    this.#announce.disabled = !ready;
    this.#together.hidden = this.#several.hidden && this.#announce.hidden;
    this.#ongoing.show(state);
    this.#groups.show(state);
    this.#missed.show(state);
    this.#unsettled.show(state);
    this.#closed.show(state);
    this.#news.show(state);
    this.#ask.show(state);
  }

  async #openAnnounce() {
    const { openAnnounce } = await import('./announce.js');
    openAnnounce(this.parts);
  }

  /** @param {State} state @returns {readonly Callable[]} */
  #everybody(state) {
    const from = [state.people, state.person, state.contacts.all];
    if (from.some((part, index) => part !== this.#from[index])) {
      const language = this.parts.language();
      const reached = reachedPeople(state, language);
      this.#from = from;
      this.#callable = [...callablePeople(state, language), ...(reached.length > AT_A_GLANCE ? [] : reached)];
    }
    return this.#callable;
  }

  /** @param {Callable} person */
  #personCard({ id, name }) {
    const card = this.#card(avatar(id, name), { to: id, person: id });
    const open = () => {
      const { contact = '' } = card.dataset;
      openCard(this.parts, { contact: contact || null, person: id, name: card.querySelector('.name')?.textContent ?? name });
    };
    const more = button(this.t('home.more'), open, { icon: 'more', kind: 'quiet bare more' });
    card.querySelector('.who')?.after(more);
    return card;
  }

  /** @param {EndpointView} device */
  #deviceCard(device) {
    const face = h('span', { class: 'avatar of-device', 'aria-hidden': 'true' }, icon('speaker'));
    return this.#card(face, { to: device.id, person: null });
  }

  /** @param {HTMLElement} face @param {{to: string, person: string | null}} target */
  #card(face, target) {
    const name = h('h3', { class: 'name' });
    const call = (/** @type {boolean} */ video) => () => {
      placeCall(this.parts, { ...target, name: name.textContent ?? '', video });
    };
    const watch = button(this.t('home.video'), call(true), { icon: 'video', kind: 'call video-call' });
    const dropIn = () => dropInOn(this.parts, { ...target, name: name.textContent ?? '', video: !watch.hidden });
    return h(
      'li',
      { class: 'card contact' },
      face,
      h('div', { class: 'who' }, name, h('p', { class: 'about' }), h('p', { class: 'about here active-dot', hidden: true }, this.t('activity.recent'))),
      h(
        'div',
        { class: 'actions' },
        button(this.t('home.call'), call(false), { icon: 'call', kind: 'call' }),
        watch,
        button(this.t('drop_in'), dropIn, { icon: 'drop-in', kind: 'call drop-in', attributes: { hidden: true } }),
      ),
    );
  }

  /** @param {Element} card @param {string} id @param {string} name @param {string | null} about @param {boolean} ready */
  #fill(card, id, name, about, ready) {
    const title = /** @type {HTMLElement} */ (card.querySelector('.name'));
    if (title.textContent !== name) {
      title.textContent = name;
      if (!card.querySelector('.of-device')) card.querySelector('.avatar')?.replaceWith(avatar(id, name));
    }
    setText(/** @type {HTMLElement} */ (card.querySelector('.about')), about ?? '');
    const [call, video] = /** @type {NodeListOf<HTMLButtonElement>} */ (card.querySelectorAll('.actions button'));
    const more = card.querySelector('.more');
    if (more) setAttribute(more, 'aria-label', this.t('home.about', { name }));
    for (const [element, key] of /** @type {const} */ ([[call, 'home.call.to'], [video, 'home.video.to']])) {
      if (!element) continue;
      setAttribute(element, 'aria-label', this.t(key, { name }));
      element.disabled = !ready;
    }
  }

  #dropInAtHome() {
    dropInOn(this.parts, { to: 'home', person: null, name: this.t('drop_in.home.name'), video: true });
  }

  /** @param {Element} card @param {boolean} granted @param {string} name @param {boolean} ready */
  #offer(card, granted, name, ready) {
    const dropIn = /** @type {HTMLButtonElement} */ (card.querySelector('.drop-in'));
    setAttribute(dropIn, 'hidden', !granted);
    setAttribute(dropIn, 'aria-label', this.t('drop_in.to', { name }));
    dropIn.disabled = !ready;
  }

  /** @param {EndpointView} device */
  #about(device) {
    if (!device.online) return this.t('device.away');
    if (device.capabilities.microphone_off) return this.t('device.microphone_off');
    return this.t(device.shared ? 'device.shared' : 'device.own');
  }
}

customElements.define('kith-home', Home);
