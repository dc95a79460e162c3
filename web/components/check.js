/** The self-check: what this browser has and lacks for calls, each in one sentence that says what to do. */

import { checkCertificate, checkNotifications, checkPage, checkPart, checkRelay, checkSocket, tryPart } from '../session/selfcheck.js';
import { ringTone } from '../sound/tones.js';
import { openDialog } from './dialog.js';
import { h, setText } from './dom.js';
import { icon } from './icons.js';
import { busy, button } from './pieces.js';

/** @import {Finding, Outcome} from '../session/selfcheck.js' */
/** @import {Parts} from './view.js' */

/** @type {Record<Outcome | 'running', string>} */
const ICONS = { good: 'check', care: 'warning', bad: 'close', later: 'play', running: 'more' };

/** @param {Parts} parts */
export function openCheck(parts) {
  const t = parts.translate();
  const { notifier, ringer, chosen, calls, store } = parts;
  const signedIn = store.state.known && store.state.connection === 'online';
  const camera = new Row(t, 'camera', () => checkPart('camera'), { label: t('check.try'), run: () => tryPart('camera') });
  const microphone = new Row(t, 'microphone', () => checkPart('microphone'), {
    label: t('check.try'),
    run: () => tryPart('microphone'),
  });
  const rows = [
    new Row(t, 'page', checkPage),
    new Row(t, 'certificate', checkCertificate),
    new Row(t, 'socket', checkSocket),
    new Row(t, 'relay', () => checkRelay(calls.ice, signedIn)),
    microphone,
    camera,
    new Row(t, 'speaker', async () => ({ outcome: 'later', key: 'check.speaker.later' }), {
      label: t('check.speaker.play'),
      run: async () => {
        ringer.unlock();
        ringer.play(ringTone(chosen.values.tone), chosen.values.volume, { repeat: false });
        return { outcome: 'good', key: 'check.speaker.played' };
      },
    }),
    new Row(t, 'notifications', async () => checkNotifications(notifier.permission), {
      label: t('settings.allow'),
      run: async () => {
        await notifier.ask();
        return checkNotifications(notifier.permission);
      },
    }),
  ];
  const summary = h('p', { role: 'status' }, t('check.running'));
  const again = button(t('check.again'), () => void busy(again, run, () => {}), { icon: 'refresh', kind: 'quiet' });
  const run = async () => {
    setText(summary, t('check.running'));
    await Promise.all(rows.map((row) => row.check()));
    const wrong = rows.filter(({ outcome }) => outcome === 'bad').length;
    setText(summary, wrong === 0 ? t('check.fine') : t('check.wrong', { count: String(wrong) }));
  };
  const list = h('ul', { class: 'checks' }, ...rows.map(({ element }) => element));
  const dialog = openDialog(t('check.title'), parts.translate(), summary, list, again);
  dialog.addEventListener('close', () => ringer.stop());
  void busy(again, run, () => {});
}

/** One thing that is checked, at once and whenever somebody asks again. */
class Row {
  #t;
  #check;
  #said = h('p', { class: 'about' });
  #face = h('span', { class: 'outcome', 'aria-hidden': 'true' });
  #word = h('span', { class: 'visually-hidden' });
  #act = /** @type {HTMLButtonElement | null} */ (null);
  /** @type {Outcome | 'running'} */ outcome = 'running';
  element;

  /**
   * @param {(key: string) => string} t @param {string} name @param {() => Promise<Finding>} check
   * @param {{label: string, run: () => Promise<Finding>}} [act] what a person can do about it here
   */
  constructor(t, name, check, act) {
    this.#t = t;
    this.#check = check;
    if (act) {
      const pressed = button(act.label, () => void busy(pressed, async () => this.#show(await act.run()), () => {}), {
        kind: 'quiet',
        attributes: { 'aria-label': `${t(`check.${name}`)}: ${act.label}` },
      });
      this.#act = pressed;
    }
    const words = h('div', { class: 'who' }, h('strong', {}, t(`check.${name}`)), ' ', this.#word, this.#said);
    this.element = h('li', { class: 'check', 'data-check': name }, this.#face, words, this.#act);
  }

  async check() {
    this.#show({ outcome: 'running', key: 'check.running' });
    this.#show(await this.#check());
  }

  /** @param {{outcome: Outcome | 'running', key: string}} finding */
  #show({ outcome, key }) {
    this.outcome = outcome;
    this.element.dataset.outcome = outcome;
    this.#face.replaceChildren(icon(ICONS[outcome]));
    setText(this.#word, this.#t(`check.outcome.${outcome}`));
    setText(this.#said, this.#t(key));
    if (this.#act) this.#act.hidden = outcome === 'running' || (outcome === 'good' && this.element.dataset.check !== 'speaker');
  }
}
