/** The messages with one person: what was said, and a way to say something. */

import { byPerson } from '../contacts/reach.js';
import { codeOf } from '../session/problem.js';
import { isOccupied } from '../state/state.js';
import { Composer } from './composer.js';
import { openCard } from './contact-card.js';
import { openDialog } from './dialog.js';
import { h, setAttribute, setText } from './dom.js';
import { MessageList } from './message-list.js';
import { alertLine, avatar, button } from './pieces.js';
import { confirmation } from './rows.js';
import { create, View } from './view.js';
import { placeCall } from './who.js';

/** @import {Messages} from '../messages/messages.js' */
/** @import {State} from '../state/state.js' */

export class Conversation extends View {
  #engine = /** @type {Messages | null} */ (null);
  #other = '';
  #name = '';
  #back = button('', () => history.back(), { icon: 'back', kind: 'quiet bare back' });
  #title = h('button', { type: 'button', class: 'open' });
  #call = button('', () => this.#placeCall(), { icon: 'call', kind: 'quiet bare' });
  #remove = button('', () => this.#askRemove(), { icon: 'trash', kind: 'quiet bare' });
  #bar = h('header', { class: 'bar' });
  #empty = h('p', { class: 'hint nothing' });
  #nobody = h('p', { class: 'hint nothing' });
  #news = h('p', { class: 'visually-hidden', role: 'status' });
  #list = /** @type {MessageList} */ (/** @type {unknown} */ (null));
  #composer = /** @type {Composer} */ (/** @type {unknown} */ (null));
  #wanted = /** @type {number | null} */ (null);
  #stop = () => {};
  #heard = 0;
  #looked = () => this.#look();

  /** @override */
  build() {
    this.#list = create(MessageList, this.parts);
    this.#composer = create(Composer, this.parts);
    this.#composer.said = () => this.#list.toEnd();
    this.#title.addEventListener('click', () => this.#card());
    name(this.#back, this.t('messages.back'));
    this.#bar.append(this.#back, h('h1', {}, this.#title), this.#call, this.#remove);
    setText(this.#nobody, this.t('messages.choose'));
    this.append(this.#nobody, this.#bar, this.#empty, this.#list, this.#news, this.#composer);
  }

  /** @param {Messages} engine */
  begin(engine) {
    this.#engine = engine;
    this.#stop = engine.listen((other) => this.#changed(other));
    document.addEventListener('visibilitychange', this.#looked);
  }

  leave() {
    this.#stop();
    document.removeEventListener('visibilitychange', this.#looked);
    void this.#engine?.look(null);
  }

  /** A message that was looked for is to be shown when the conversation is opened. @param {number} seq */
  goTo(seq) {
    this.#wanted = seq;
  }

  /** @override @param {State} state */
  show(state) {
    const engine = this.#engine;
    const { conversation } = state;
    this.#nobody.hidden = conversation !== null;
    for (const part of [this.#bar, this.#list, this.#composer]) part.hidden = conversation === null;
    if (engine === null) return;
    if (conversation === null) {
      if (this.#other !== '') void engine.look(null);
      this.#other = '';
      this.#empty.hidden = true;
      return;
    }
    if (conversation !== this.#other) this.#open(engine, conversation);
    else if (this.#wanted !== null) void this.#list.goTo(this.#wanted);
    this.#wanted = null;
    this.#showWho(state, engine);
    this.#composer.show(state);
    void this.#wish(engine);
  }

  /** @param {Messages} engine @param {string} other */
  #open(engine, other) {
    this.#other = other;
    this.#heard = engine.conversations.viewOf(other).last;
    const { read } = engine.conversations.viewOf(other);
    const unread = (engine.conversations.all.get(other)?.unread ?? 0) > 0;
    this.#composer.open(engine, other);
    void this.#list.open(engine, other, { readBefore: unread ? read : Infinity, wanted: this.#wanted }).then(() => this.#opened());
    this.#wanted = null;
    this.#look();
  }

  #opened() {
    this.#empty.hidden = this.#list.count > 0;
  }

  /** @param {State} state @param {Messages} engine */
  #showWho(state, engine) {
    const who = engine.nameOf(this.#other);
    if (who !== this.#name || this.#title.childElementCount === 0) {
      this.#name = who;
      this.#title.replaceChildren(avatar(this.#other, who), h('span', { class: 'name' }, who));
      setAttribute(this.#title, 'title', this.t('home.about', { name: who }));
      name(this.#call, this.t('home.call.to', { name: who }));
      name(this.#remove, this.t('messages.remove'));
      setText(this.#empty, this.t('messages.begin', { name: who }));
    }
    this.#call.disabled = state.connection !== 'online' || isOccupied(state);
  }

  /** @param {string} other '' where it may be anybody */
  #changed(other) {
    const engine = this.#engine;
    if (engine === null || this.#other === '' || (other !== '' && other !== this.#other)) return;
    this.#showWho(this.parts.store.state, engine);
    void this.#list.refresh().then(() => this.#opened());
    void this.#say(engine);
  }

  /** What has just come is said to whoever does not see it. @param {Messages} engine */
  async #say(engine) {
    const { newest } = engine.conversations.all.get(this.#other) ?? {};
    if (!newest || newest.mine || newest.seq <= this.#heard) return;
    this.#heard = newest.seq;
    const text = newest.text ?? this.t('message.voice');
    setText(this.#news, this.t('message.came', { name: engine.nameOf(this.#other), text }));
  }

  /** Whoever has it before them has read it. */
  #look() {
    if (this.#other === '' || !this.isConnected) return;
    void this.#engine?.look(document.hidden ? null : this.#other);
  }

  /** What somebody wanted when they came here. @param {Messages} engine */
  async #wish(engine) {
    const { wish } = engine;
    if (wish === null || wish.other !== this.#other) return;
    engine.wish = null;
    if (wish.record) await this.#composer.record();
    if (wish.play) await engine.playUnread(this.#other);
  }

  // -- what is done ----------------------------------------------------------------------------------

  #card() {
    const contact = byPerson(this.parts.store.state.contacts.all.values()).get(this.#other);
    openCard(this.parts, { contact: contact?.id ?? null, person: this.#other, name: this.#name });
  }

  #placeCall() {
    placeCall(this.parts, { to: this.#other, person: this.#other, name: this.#name, video: false });
  }

  #askRemove() {
    const t = this.parts.translate();
    const problem = alertLine();
    const words = { question: t('messages.remove.confirm', { name: this.#name }), sure: t('messages.remove'), keep: t('devices.keep') };
    const act = async () => {
      await this.#engine?.remove(this.#other);
      dialog.close();
      history.back();
    };
    const asked = confirmation(words, act, (error) => problem.say(t(`problem.${codeOf(error)}`)), () => dialog.close());
    const dialog = openDialog(t('messages.remove'), t, problem.element, asked);
  }
}

/** @param {HTMLButtonElement} element @param {string} words */
function name(element, words) {
  setAttribute(element, 'aria-label', words);
  setText(/** @type {Element} */ (element.querySelector('.label')), words);
}

customElements.define('kith-conversation', Conversation);
