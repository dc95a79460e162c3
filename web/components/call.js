/** The call screen: from placing or answering a call until a moment after its end. */

import { shownTalk } from '../state/state.js';
import { duration, endsSoon, expectsVideo, frostedFor, ownTroubles, peerNotes, standingKey, visitNotes } from '../state/words.js';
import { h, keyed, setAttribute, setText } from './dom.js';
import { icon } from './icons.js';
import { Changed } from './changed.js';
import { Door } from './door.js';
import { Lock } from './lock.js';
import { avatar, button, setIcon, setLabel } from './pieces.js';
import { SelfView } from './self-view.js';
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
  #time = h('p', { class: 'time', role: 'timer', 'aria-live': 'off' });
  #lock = /** @type {Lock} */ (/** @type {unknown} */ (null));
  #changed = /** @type {Changed} */ (/** @type {unknown} */ (null));
  #door = /** @type {Door} */ (/** @type {unknown} */ (null));
  #notes = h('ul', { class: 'notes', role: 'status' });
  #live = h('ul', { class: 'live' });
  #controls = h('div', { class: 'controls', role: 'group' });
  #after = h('div', { class: 'controls after' });
  #self = /** @type {SelfView} */ (/** @type {unknown} */ (null));
  #mute = button('', () => this.parts.calls.toggleMicrophone(), { icon: 'microphone', kind: 'round' });
  #camera = button('', () => this.parts.calls.toggleCamera(), { icon: 'video', kind: 'round' });
  #hangUp = button('', () => this.#hangUpNow(), { icon: 'hang-up', kind: 'round danger' });
  #sound = button('', () => void this.#play(), { icon: 'speaker', kind: 'primary sound' });
  #talk = /** @type {Talk | null} */ (null);
  #drawn = '';
  #timers = { tick: 0, end: 0 };

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
    this.#controls.append(this.#mute, this.#camera, this.#hangUp);
    this.#after.append(
      button(this.t('call.again'), () => this.#again(), { icon: 'call', kind: 'round go' }),
      button(this.t('message.leave'), () => this.#leaveMessage(), { icon: 'message', kind: 'round', attributes: { 'data-does': 'leave-message' } }),
      button(this.t('close'), () => this.#forget(), { icon: 'close', kind: 'round' }),
    );
    this.#remote.addEventListener('resize', () => this.#showPicture());
    this.append(
      this.#remote,
      this.#face,
      h('header', {}, this.#name, h('div', { class: 'row' }, this.#standing, this.#time), this.#lock, this.#live),
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
    this.#tick();
  }

  /** The clock goes on by itself, on the second. */
  #tick() {
    clearTimeout(this.#timers.tick);
    const since = this.#talk?.since ?? null;
    const elapsed = since === null ? 0 : Date.now() - since;
    if (this.#talk?.ended === null || since === null) setText(this.#time, since === null ? '' : duration(elapsed / 1_000));
    if (since !== null && this.#talk?.ended === null) {
      this.#showNotes(this.parts.store.state, this.#talk);
      this.#timers.tick = setTimeout(() => this.#tick(), 1_000 - (elapsed % 1_000));
    }
  }

  /** @param {State} state @param {Talk} talk */
  #showNotes(state, talk) {
    const ends = endsSoon(talk, Date.now());
    const time = new Intl.DateTimeFormat(this.parts.language(), { timeStyle: 'short' });
    const values = { name: talk.name, time: ends === null ? '' : time.format(ends * 1_000) };
    const offline = state.connection === 'online' || talk.ended !== null ? [] : ['call.signaling_lost'];
    const keys = talk.ended === null ? [...peerNotes(talk), ...visitNotes(talk, Date.now()), ...ownTroubles(state, talk), ...offline, ...(ends === null ? [] : ['call.ends'])] : [];
    keyed(this.#notes, keys, (key) => key, () => h('li'), (line, key) => setText(line, this.t(key, values)));
    // Lit exactly while a track is live: read from the tracks, not from what was pressed.
    const live = [...(state.capture.audio ? ['microphone'] : []), ...(state.capture.video ? ['video'] : [])];
    keyed(this.#live, live, (part) => part, (part) => {
      return h('li', { 'data-live': part }, icon(part), h('span', {}, this.t(`live.${part}`)));
    }, () => {});
  }

  /** @param {State} state @param {Talk} talk */
  #showControls({ capture }, talk) {
    this.#controls.hidden = talk.ended !== null || talk.acquaintance?.changed === true;
    this.#after.hidden = talk.ended === null;
    const [again] = this.#after.querySelectorAll('button');
    if (again) setLabel(again, this.t(talk.kind === 'drop_in' ? 'drop_in.call_instead' : 'call.again'));
    setLabel(this.#mute, this.t(capture.audioWanted ? 'call.mute' : 'call.unmute'));
    setIcon(this.#mute, capture.audioWanted ? 'microphone' : 'microphone-off');
    this.#mute.classList.toggle('off', !capture.audioWanted);
    setLabel(this.#camera, this.t(capture.videoWanted ? 'call.video_off' : 'call.video_on'));
    setIcon(this.#camera, capture.videoWanted ? 'video' : 'video-off');
    this.#camera.classList.toggle('off', !capture.videoWanted);
    this.#camera.hidden = !talk.video || talk.view?.media.send_video === false;
    this.#mute.hidden = talk.view?.media.send_audio === false;
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
    try {
      await this.#remote.play();
      this.#sound.hidden = true;
    } catch (error) {
      this.#sound.hidden = !(error instanceof DOMException && error.name === 'NotAllowedError');
    }
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
    clearTimeout(this.#timers.end);
    if (PLAIN_ENDS.includes(talk.ended ?? '')) {
      this.#timers.end = setTimeout(() => this.parts.store.dispatch({ t: 'forget', call: talk.id }), READ_END);
    }
  }

  #leave() {
    clearTimeout(this.#timers.tick);
    this.#remote.srcObject = null;
    this.#live.replaceChildren();
    this.#sound.hidden = true;
  }
}

/** Whether a message can be left instead: for a person who did not take the call. @param {State} state @param {Talk} talk */
function mayLeave({ own }, { role, person, kind, ended }) {
  return own !== null && role === 'caller' && person !== null && kind === 'call' && UNANSWERED.includes(ended ?? '');
}

customElements.define('kith-call', Call);
