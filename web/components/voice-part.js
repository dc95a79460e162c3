/** A voice message as it is heard: play, how far it is, how long it is; and what it says, where somebody could make that out. */

import { h, setAttribute, setText } from './dom.js';
import { button, setIcon, setLabel } from './pieces.js';

/** @import {Messages, Shown} from '../messages/messages.js' */
/** @import {Parts} from './view.js' */

export class VoicePart {
  #t;
  #engine;
  #item;
  #play;
  #along;
  #time = h('span', { class: 'length', 'aria-hidden': 'true' });
  #held = false;
  element;

  /** @param {Parts} parts @param {Messages} engine @param {Shown} item */
  constructor(parts, engine, item) {
    this.#t = parts.translate();
    this.#engine = engine;
    this.#item = item;
    const { seconds = 0 } = item.voice ?? {};
    this.#play = button(this.#t('voice.play'), () => void engine.playing.toggle(item.id, engine.voice(item)), { icon: 'play', kind: 'play bare' });
    this.#along = h('input', { type: 'range', min: 0, max: Math.max(seconds, 0.1), step: 0.1, value: 0, 'aria-label': this.#t('voice.along') });
    this.#along.addEventListener('input', () => {
      this.#held = true;
      this.#tell(this.#along.valueAsNumber);
    });
    this.#along.addEventListener('change', () => {
      this.#held = false;
      engine.playing.seek(item.id, this.#along.valueAsNumber);
    });
    const silent = item.audible === false || !engine.playing.supported;
    this.#play.disabled = silent;
    this.#along.disabled = true;
    const why = item.audible === false ? 'voice.elsewhere' : 'voice.unsupported';
    const words = item.transcript ? h('p', { class: 'said transcript', dir: 'auto' }, item.transcript) : h('p', { class: 'hint' }, this.#t('voice.no_text'));
    this.element = h(
      'div',
      { class: 'voice', role: 'group', 'aria-label': this.#t('voice.of', { length: spoken(seconds, this.#t) }) },
      h('div', { class: 'row' }, this.#play, this.#along, this.#time),
      silent ? h('p', { class: 'hint' }, this.#t(why)) : null,
      words,
    );
    this.#tell(0);
    this.#follow();
  }

  /** As long as it is in the page, it goes with what is heard. */
  #follow() {
    const stop = this.#engine.playing.listen((id) => {
      if (id !== this.#item.id) return;
      if (!this.element.isConnected) stop();
      else this.#show();
    });
    queueMicrotask(() => this.#show());
  }

  #show() {
    const { playing } = this.#engine;
    const standing = playing.standing(this.#item.id);
    const sounding = standing === 'playing' || standing === 'loading';
    setLabel(this.#play, this.#t(sounding ? 'voice.pause' : 'voice.play'));
    setIcon(this.#play, sounding ? 'pause' : 'play');
    setAttribute(this.#play, 'aria-busy', standing === 'loading' ? 'true' : null);
    this.#along.disabled = standing === 'off';
    if (standing === 'off') this.#tell(0);
    else this.#tick();
  }

  /** Once for each frame that is seen, while it sounds. */
  #tick() {
    const { playing } = this.#engine;
    if (!this.element.isConnected || playing.standing(this.#item.id) === 'off') return;
    if (!this.#held) this.#tell(playing.position);
    if (playing.standing(this.#item.id) !== 'paused') requestAnimationFrame(() => this.#tick());
  }

  /** @param {number} at seconds */
  #tell(at) {
    const { seconds = 0 } = this.#item.voice ?? {};
    const along = Math.min(at, seconds);
    if (!this.#held) this.#along.value = String(along);
    this.#along.style.setProperty('--along', `${seconds > 0 ? (100 * along) / seconds : 0}%`);
    const shown = `${clock(at > 0 ? along : seconds)}`;
    setText(this.#time, shown);
    setAttribute(this.#along, 'aria-valuetext', this.#t('voice.at', { at: clock(along), length: clock(seconds) }));
  }
}

/** @param {number} seconds */
function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** @param {number} seconds @param {import('../i18n.js').Translate} t */
function spoken(seconds, t) {
  const whole = Math.max(1, Math.round(seconds));
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  if (minutes === 0) return t(rest === 1 ? 'voice.second' : 'voice.seconds', { seconds: String(rest) });
  return t('voice.minutes', { minutes: String(minutes), seconds: String(rest) });
}
