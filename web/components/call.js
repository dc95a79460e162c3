/** The call screen: from placing or answering a call until a moment after its end. */

import { shownTalk } from '../state/state.js';
import { endsSoon, expectsVideo, frostedFor, ownTroubles, peerNotes, standingKey, visitNotes } from '../state/words.js';
import { h, keyed, setAttribute, setText } from './dom.js';
import { Changed } from './changed.js';
import { Door } from './door.js';
import { Lock } from './lock.js';
import { avatar, button, setLabel } from './pieces.js';
import { SelfView } from './self-view.js';
import { Clock, Live, Switches, wantsTouch } from './talking.js';
import { create, View } from './view.js';
import { placeCall } from './who.js';

/** @import {State, Talk} from '../state/state.js' */

/** How long the end stays on the screen: long enough to read it, then home again. */
const READ_END = 5_000;

/** Ends that say all there is to say; the others wait for the person. @type {readonly string[]} */
const PLAIN_ENDS = ['hung_up', 'moved'];

/** Ends of a call that nobody took. @type {readonly string[]} */
const UNANSWERED = ['no_answer', 'declined', 'busy'];

export class Call extends View {
  #remote = h('video', { class: 'remote', autoplay: true, playsinline: true });
  #face = h('div', { class: 'face' });
  #name = h('h2', { id: 'call-name' });
  #standing = h('p', { class: 'standing', role: 'status' });
  #clock = new Clock(() => this.#talk && this.#showNotes(this.parts.store.state, this.#talk));
  #lock = /** @type {Lock} */ (/** @type {unknown} */ (null));
  #changed = /** @type {Changed} */ (/** @type {unknown} */ (null));
  #door = /** @type {Door} */ (/** @type {unknown} */ (null));
  #notes = h('ul', { class: 'notes', role: 'status' });
  #live = new Live(this);
  #controls = h('div', { class: 'controls', role: 'group' });
  #after = h('div', { class: 'controls after' });
  #self = /** @type {SelfView} */ (/** @type {unknown} */ (null));
  #switches = new Switches(this);
  #hangUp = button('', () => this.#hangUpNow(), { icon: 'hang-up', kind: 'round danger' });
  #sound = button('', () => void this.#play(), { icon: 'speaker', kind: 'primary sound' });
  #talk = /** @type {Talk | null} */ (null);
  #drawn = '';
  #leaving = 0;

  /** @override */
  build() {
    setAttribute(this, 'role', 'dialog');
    setAttribute(this, 'aria-modal', 'true');
    setAttribute(this, 'aria-labelledby', 'call-name');
    this.#self = create(SelfView, this.parts);
    this.#lock = create(Lock, this.parts);
    this.#changed = create(Changed, this.parts);
    this.#door = create(Door, this.parts);
    setLabel(this.#hangUp, this.t('call.hang_up'));
    setLabel(this.#sound, this.t('call.sound'));
    this.#sound.hidden = true;
    this.#controls.setAttribute('aria-label', this.t('call.controls'));
    this.#controls.append(this.#switches.microphone, this.#switches.camera, this.#hangUp);
    this.#after.append(
      button(this.t('call.again'), () => this.#again(), { icon: 'call', kind: 'round go' }),
      button(this.t('message.leave'), () => this.#leaveMessage(), { icon: 'message', kind: 'round', attributes: { 'data-does': 'leave-message' } }),
      button(this.t('close'), () => this.#forget(), { icon: 'close', kind: 'round' }),
    );
    this.#remote.addEventListener('resize', () => this.#showPicture());
    this.append(
      this.#remote,
      this.#face,
      h('header', {}, this.#name, h('div', { class: 'row' }, this.#standing, this.#clock.element), this.#lock, this.#live.element),
      this.#notes,
      this.#changed,
      this.#door,
      this.#sound,
      this.#self,
      this.#controls,
      this.#after,
    );
  }

  /** @override @param {State} state */
  show(state) {
    const talk = shownTalk(state);
    const before = this.#talk;
    this.#talk = talk;
    this.hidden = talk === null;
    if (talk === null) {
      this.#leave();
      return;
    }
    this.#showWho(talk);
    this.#showStanding(talk);
    this.#showNotes(state, talk);
    this.#showControls(state, talk);
    this.#live.show(state.capture);
    this.#attach(talk);
    this.#self.show(state);
    this.#lock.show(state);
    this.#changed.show(state);
    this.#door.show(state);
    this.classList.toggle('dropped-in', talk.door !== null && talk.ended === null);
    this.classList.toggle('frosted', talk.door !== null && frostedFor(talk, Date.now()) !== null);
    if (before?.id !== talk.id) this.#hangUp.focus();
    else if (before.ended === null && talk.ended !== null) this.#ended(talk);
  }

  // -- what is seen --------------------------------------------------------------------------------

  /** @param {Talk} talk */
  #showWho(talk) {
    setText(this.#name, talk.name);
    const drawn = `${talk.person ?? talk.to}|${talk.name}`;
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#face.replaceChildren(avatar(talk.person ?? talk.to, talk.name));
  }

  /** @param {Talk} talk */
  #showStanding(talk) {
    const key = standingKey(talk);
    setText(this.#standing, this.t(key, { name: talk.name }));
    this.classList.toggle('waiting', key === 'call.calling' || key === 'call.ringing');
    this.classList.toggle('over', talk.ended !== null);
    this.#clock.show(talk.since, talk.ended !== null);
  }

  /** @param {State} state @param {Talk} talk */
  #showNotes(state, talk) {
    const ends = endsSoon(talk, Date.now());
    const time = new Intl.DateTimeFormat(this.parts.language(), { timeStyle: 'short' });
    const values = { name: talk.name, time: ends === null ? '' : time.format(ends * 1_000) };
    const offline = state.connection === 'online' || talk.ended !== null ? [] : ['call.signaling_lost'];
    const keys = talk.ended === null ? [...peerNotes(talk), ...visitNotes(talk, Date.now()), ...ownTroubles(state, talk), ...offline, ...(ends === null ? [] : ['call.ends'])] : [];
    keyed(this.#notes, keys, (key) => key, () => h('li'), (line, key) => setText(line, this.t(key, values)));
  }

  /** @param {State} state @param {Talk} talk */
  #showControls({ capture }, talk) {
    this.#controls.hidden = talk.ended !== null || talk.acquaintance?.changed === true;
    this.#after.hidden = talk.ended === null;
    const [again] = this.#after.querySelectorAll('button');
    if (again) setLabel(again, this.t(talk.kind === 'drop_in' ? 'drop_in.call_instead' : 'call.again'));
    this.#switches.show(capture);
    this.#switches.camera.hidden = !talk.video || talk.view?.media.send_video === false;
    this.#switches.microphone.hidden = talk.view?.media.send_audio === false;
  }

  /** @param {Talk} talk */
  #attach(talk) {
    const stream = this.parts.calls.remoteOf(talk.id);
    if (this.#remote.srcObject !== stream) {
      this.#remote.srcObject = stream;
      if (stream !== null) void this.#play();
    }
    this.#showPicture();
  }

  #showPicture() {
    const moving = this.#talk !== null && expectsVideo(this.#talk) && this.#remote.videoWidth > 0;
    this.classList.toggle('picture', moving);
  }

  /** A browser may want one more touch before it sounds. */
  async #play() {
    this.#sound.hidden = !(await wantsTouch(this.#remote));
  }

  // -- what is done --------------------------------------------------------------------------------

  #hangUpNow() {
    if (this.#talk) this.parts.calls.hangUp(this.#talk.id);
  }

  #again() {
    if (this.#talk) placeCall(this.parts, this.#talk);
  }

  /** Nobody took the call: what there was to say can be said all the same. */
  #leaveMessage() {
    const { person } = this.#talk ?? {};
    this.#forget();
    if (person) void this.parts.openConversation(person, { record: true }).catch(() => {});
  }

  #forget() {
    if (this.#talk) this.parts.store.dispatch({ t: 'forget', call: this.#talk.id });
  }

  /** @param {Talk} talk */
  #ended(talk) {
    const [again, leave, close] = this.#after.querySelectorAll('button');
    if (again) again.hidden = talk.to === '';
    if (leave) leave.hidden = !mayLeave(this.parts.store.state, talk);
    (leave?.hidden === false ? leave : close)?.focus();
    clearTimeout(this.#leaving);
    if (PLAIN_ENDS.includes(talk.ended ?? '')) {
      this.#leaving = setTimeout(() => this.parts.store.dispatch({ t: 'forget', call: talk.id }), READ_END);
    }
  }

  #leave() {
    this.#clock.stop();
    this.#remote.srcObject = null;
    this.#live.clear();
    this.#sound.hidden = true;
  }
}

/** Whether a message can be left instead: for a person who did not take the call. @param {State} state @param {Talk} talk */
function mayLeave({ own }, { role, person, kind, ended }) {
  return own !== null && role === 'caller' && person !== null && kind === 'call' && UNANSWERED.includes(ended ?? '');
}

customElements.define('kith-call', Call);
