/** Something is said at home: held or tapped and spoken, or written for the devices to read out. */

import { announcementsOf } from '../announcements/announcements.js';
import { canRecord, Recorder, RecordingError } from '../messages/recorder.js';
import { codeOf } from '../session/problem.js';
import { openDialog } from './dialog.js';
import { h, setText } from './dom.js';
import { alertLine, busy, button, field, form, setIcon, setLabel } from './pieces.js';

/** @import {Said} from '../announcements/announcements.js' */
/** @import {Bytes} from '../core/bytes.js' */
/** @import {Translate} from '../i18n.js' */
/** @import {Parts} from './view.js' */

const LONGEST = 60; // seconds
/** Ms from which a press was meant to be held: who lets go later has said it. */
const HELD = 400;
/** What nobody can have said anything in, in seconds. */
const NOTHING = 0.4;
const TEXT_LENGTH = 500;

/** @param {Parts} parts @param {{identity: Bytes, name: string} | null} [to] the device that is answered; else all of them */
export function openAnnounce(parts, to = null) {
  const t = parts.translate();
  const problem = alertLine();
  const said = async (/** @type {Said} */ what) => {
    const targets = await announcementsOf(parts).announce(what, to && to.identity);
    if (targets === 0) {
      problem.say(t('announce.nobody'));
      return;
    }
    const key = to ? 'announce.replied' : targets === 1 ? 'announce.done.one' : 'announce.done';
    parts.store.dispatch({ t: 'notice', notice: { key, values: { count: String(targets), name: to?.name ?? '' } } });
    dialog.close();
  };
  const failed = (/** @type {unknown} */ error) => problem.say(t(error instanceof RecordingError ? `announce.${error.trouble}` : `problem.${codeOf(error)}`));
  const speaking = new Speaking(t, said, failed, () => problem.say(''));
  const writing = writer(t, said, failed);
  const dialog = openDialog(
    to ? t('announce.reply', { name: to.name }) : t('announce.title'),
    t,
    h('p', { class: 'lead' }, to ? t('announce.reply.lead') : t('announce.lead')),
    ...(canRecord() ? [speaking.element] : []),
    writing,
    problem.element,
  );
  dialog.classList.add('announce-dialog');
  dialog.addEventListener('close', () => speaking.cancel());
  if (canRecord()) speaking.focus();
}

/** @param {Translate} t @param {(said: Said) => Promise<void>} said @param {(error: unknown) => void} failed */
function writer(t, said, failed) {
  const { element, input } = field(t('announce.text'), { id: 'announce-text', maxlength: TEXT_LENGTH, autocomplete: 'off', enterkeyhint: 'send' });
  const go = button(t('announce.send'), () => {}, { icon: 'announce', kind: 'primary', attributes: { type: 'submit', disabled: true } });
  input.addEventListener('input', () => (go.disabled = input.value.trim() === ''));
  const send = () => void busy(go, () => said({ text: input.value.trim() }), failed);
  return form(() => input.value.trim() && send(), element, go);
}

/** The microphone is open while it records, and not a moment longer. */
class Speaking {
  #t;
  #said;
  #failed;
  #begun;
  /** @type {Recorder | null} */ #recorder = null;
  /** @type {Bytes[]} */ #pieces = [];
  #pressed = 0;
  #timer = 0;
  #button;
  #cancel;
  #time = h('span', { class: 'time', 'aria-hidden': 'true' });
  #or;
  element;

  /** @param {Translate} t @param {(said: Said) => Promise<void>} said @param {(error: unknown) => void} failed @param {() => void} begun */
  constructor(t, said, failed, begun) {
    this.#t = t;
    this.#said = said;
    this.#failed = failed;
    this.#begun = begun;
    this.#button = button('', () => {}, { icon: 'microphone', kind: 'record' });
    this.#cancel = button(t('announce.discard'), () => this.cancel(), { icon: 'close', kind: 'quiet' });
    this.#button.addEventListener('pointerdown', (event) => this.#down(event));
    this.#button.addEventListener('pointerup', () => this.#up());
    this.#button.addEventListener('pointercancel', () => this.cancel());
    this.#button.addEventListener('contextmenu', (event) => event.preventDefault()); // holding is not asking for a menu
    this.#button.addEventListener('click', ({ detail }) => detail === 0 && this.#toggle()); // by the keyboard, or a screen reader
    this.#or = h('p', { class: 'or' }, t('announce.or'));
    this.#button.append(this.#time);
    this.element = h('div', { class: 'speaking' }, this.#button, h('div', { class: 'otherwise' }, this.#or, this.#cancel));
    this.#show();
  }

  focus() {
    this.#button.focus();
  }

  /** Nothing of it is sent. */
  cancel() {
    this.#recorder?.cancel();
    this.#over();
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0) return;
    this.#button.setPointerCapture(event.pointerId);
    if (this.#recorder) {
      this.#pressed = 0; // the second tap: letting go of it sends
    } else {
      this.#pressed = performance.now();
      void this.#start();
    }
  }

  #up() {
    if (!this.#recorder) return;
    if (this.#pressed === 0 || performance.now() - this.#pressed > HELD) void this.#send();
  }

  #toggle() {
    if (this.#recorder) void this.#send();
    else void this.#start();
  }

  async #start() {
    this.#begun();
    this.#pieces = [];
    const recorder = new Recorder({
      segment: (bytes) => this.#pieces.push(bytes),
      level: (loudness) => this.element.style.setProperty('--level', loudness.toFixed(2)),
      full: () => void this.#send(),
    });
    this.#recorder = recorder;
    this.#show();
    this.#timer = setInterval(() => this.#tick(), 200);
    try {
      await recorder.start();
    } catch (error) {
      if (this.#recorder === recorder) this.#over();
      this.#failed(error);
    }
  }

  #tick() {
    const seconds = this.#recorder?.seconds ?? 0;
    setText(this.#time, clock(seconds));
    if (seconds >= LONGEST) void this.#send();
  }

  async #send() {
    const recorder = this.#recorder;
    if (recorder === null) return;
    this.#over();
    await busy(this.#button, async () => {
      const { seconds } = await recorder.stop();
      if (seconds < NOTHING) throw new RecordingError('failed');
      await this.#said({ seconds, pieces: this.#pieces });
    }, this.#failed);
  }

  #over() {
    clearInterval(this.#timer);
    this.#recorder = null;
    this.#show();
  }

  #show() {
    const recording = this.#recorder !== null;
    this.element.classList.toggle('recording', recording);
    this.element.style.setProperty('--level', '0');
    setLabel(this.#button, this.#t(recording ? 'announce.stop' : 'announce.hold'));
    setIcon(this.#button, recording ? 'announce' : 'microphone');
    setText(this.#time, recording ? clock(0) : '\u00a0');
    this.#or.classList.toggle('away', recording); // nothing moves under the finger that holds
    this.#cancel.classList.toggle('away', !recording);
  }
}

/** @param {number} seconds */
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
