/** Saying something: a text, or one's own voice. Two large buttons and no gesture that one has to know. */

import { TEXT_LIMIT } from '../trust/message.js';
import { Recorder, RecordingError } from '../messages/recorder.js';
import { currentTalk, isOccupied } from '../state/state.js';
import { h, setAttribute, setText } from './dom.js';
import { icon } from './icons.js';
import { alertLine, button } from './pieces.js';
import { View } from './view.js';

/** @import {Messages} from '../messages/messages.js' */
/** @import {State} from '../state/state.js' */

/** A recording under way: into which message it goes. @typedef {{id: string, other: string, recorder: Recorder, over: boolean, pieces: Promise<void>}} Recording */

const TICK = 250;

export class Composer extends View {
  #problem = alertLine();
  #text = h('textarea', { id: 'message-text', rows: 1, maxlength: TEXT_LIMIT, enterkeyhint: 'enter', dir: 'auto' });
  #send = button('', () => void this.#sendText(), { icon: 'send', kind: 'primary send' });
  #record = button('', () => void this.record(), { icon: 'microphone', kind: 'wide big record' });
  #writing = h('div', { class: 'writing' });
  #recording = h('div', { class: 'recording', role: 'group', hidden: true });
  #said = h('p', { class: 'recording-now' });
  #time = h('span', { class: 'time', role: 'timer', 'aria-live': 'off' });
  #level = h('span', { class: 'level', 'aria-hidden': 'true' });
  #sendVoice = button('', () => void this.#finish(), { icon: 'send', kind: 'primary wide big' });
  #discard = button('', () => void this.#drop(), { icon: 'trash', kind: 'wide big' });
  #engine = /** @type {Messages | null} */ (null);
  #other = '';
  /** What was typed and not sent yet, by whom it is for. @type {Map<string, string>} */ #drafts = new Map();
  #now = /** @type {Recording | null} */ (null);
  #starting = false;
  #timer = 0;
  /** Something was said. */ said = () => {};

  /** @override */
  build() {
    this.#text.setAttribute('aria-label', this.t('message.write'));
    this.#text.setAttribute('placeholder', this.t('message.write'));
    this.#text.addEventListener('input', () => this.#typed());
    this.#text.addEventListener('keydown', (event) => this.#key(event));
    label(this.#send, this.t('message.send'));
    label(this.#record, this.t('message.record'));
    label(this.#sendVoice, this.t('message.send'));
    label(this.#discard, this.t('message.discard.recording'));
    this.#recording.setAttribute('aria-label', this.t('message.recording'));
    this.#writing.append(h('div', { class: 'typing' }, this.#text, this.#send), this.#record);
    this.#recording.append(
      h('div', { class: 'row' }, icon('microphone'), this.#said, this.#level, this.#time),
      h('div', { class: 'actions' }, this.#discard, this.#sendVoice),
    );
    this.append(this.#problem.element, this.#writing, this.#recording);
  }

  disconnectedCallback() {
    void this.#drop();
  }

  /** @param {Messages} engine @param {string} other */
  open(engine, other) {
    if (other === this.#other) return;
    void this.#drop();
    this.#drafts.set(this.#other, this.#text.value);
    this.#engine = engine;
    this.#other = other;
    this.#problem.say('');
    this.#text.value = this.#drafts.get(other) ?? '';
    this.#typed();
  }

  /** @override @param {State} state */
  show(state) {
    const occupied = isOccupied(state);
    this.#record.disabled = occupied || this.#starting;
    setAttribute(this.#record, 'title', occupied ? this.t('message.record.call') : null);
    if (this.#now && !this.#now.over && currentTalk(state) !== null) void this.#stopped(); // there is one microphone
  }

  // -- a text ----------------------------------------------------------------------------------------

  #typed() {
    const empty = this.#text.value.trim() === '';
    this.#send.disabled = empty;
    this.#record.hidden = !empty;
    this.#text.style.height = 'auto';
    this.#text.style.height = `${Math.min(this.#text.scrollHeight + 3, window.innerHeight / 3)}px`;
  }

  /** Enter sends where there is a keyboard; on a telephone it begins a new line. @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || matchMedia('(pointer: coarse)').matches) return;
    event.preventDefault();
    void this.#sendText();
  }

  async #sendText() {
    const text = this.#text.value.trim();
    if (text === '' || this.#engine === null) return;
    this.#text.value = '';
    this.#typed();
    this.#text.focus();
    this.said();
    try {
      await this.#engine.outbox.text(this.#other, text);
      this.#problem.say('');
    } catch {
      if (this.#text.value === '') this.#text.value = text; // nothing is lost where it cannot be kept
      this.#typed();
      this.#problem.say(this.t('messages.trouble'));
    }
  }

  // -- a voice ---------------------------------------------------------------------------------------

  /** Record, from a gesture of the person. */
  async record() {
    if (this.#engine === null || this.#starting || this.#now || this.#record.disabled) return;
    const { outbox, playing } = this.#engine;
    this.#starting = true;
    this.#problem.say('');
    playing.stop();
    const now = /** @type {Recording} */ ({ id: '', other: this.#other, over: false, pieces: Promise.resolve() });
    now.recorder = new Recorder({
      segment: (bytes, index, last) => {
        now.pieces = now.pieces.then(() => outbox.piece(now.id, bytes, index, last));
      },
      level: (loudness) => this.#level.style.setProperty('--level', String(loudness)),
      full: () => void this.#stopped(),
    });
    try {
      now.id = await outbox.begin(this.#other);
      await now.recorder.start();
      this.#now = now;
      this.#show();
      this.#sendVoice.focus();
    } catch (error) {
      await outbox.discard(now.id);
      this.#problem.say(this.t(`recording.${error instanceof RecordingError ? error.trouble : 'failed'}`));
    } finally {
      this.#starting = false;
      this.show(this.parts.store.state);
    }
  }

  #show() {
    const now = this.#now;
    this.#recording.hidden = now === null;
    this.#writing.hidden = now !== null;
    this.#recording.classList.toggle('over', now?.over === true);
    if (now === null) {
      clearInterval(this.#timer);
      return;
    }
    setText(this.#said, this.t(now.over ? 'message.recorded' : 'message.recording'));
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#tell(), TICK);
    this.#tell();
  }

  #tell() {
    const seconds = Math.floor(this.#now?.recorder.seconds ?? 0);
    setText(this.#time, `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`);
  }

  /** No more is recorded; what there is can be sent. */
  async #stopped() {
    const now = this.#now;
    if (now === null || now.over) return;
    now.over = true;
    await now.recorder.stop();
    this.#show();
    clearInterval(this.#timer);
  }

  async #finish() {
    const now = this.#now;
    if (now === null || this.#engine === null) return;
    this.#now = null;
    const { outbox } = this.#engine;
    const voice = await now.recorder.stop();
    await now.pieces;
    this.said();
    if (voice.seconds > 0) await outbox.finish(now.id, voice);
    else await outbox.discard(now.id);
    this.#show();
    this.#record.focus();
  }

  async #drop() {
    const now = this.#now;
    if (now === null) return;
    this.#now = null;
    now.recorder.cancel();
    this.#show();
    if (this.isConnected) this.#record.focus();
    await now.pieces;
    await this.#engine?.outbox.discard(now.id);
  }
}

/** @param {HTMLButtonElement} element @param {string} words */
function label(element, words) {
  setText(/** @type {Element} */ (element.querySelector('.label')), words);
}

customElements.define('kith-composer', Composer);
