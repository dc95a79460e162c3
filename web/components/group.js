/** The screen of a group: everybody in it, who speaks, whether it is end-to-end, and what one can do. */

import { awaitedIn, isSealed, mayReturn, othersIn, shownGroup } from '../state/groups.js';
import { titleOf } from '../state/asking.js';
import { duration, endingKey } from '../state/words.js';
import { h, keyed, setAttribute, setText } from './dom.js';
import { icon } from './icons.js';
import { GroupDoor } from './group-door.js';
import { openAsk } from './group-start.js';
import { seal } from './group-seal.js';
import { noteOf, Tile } from './group-tile.js';
import { button, setIcon, setLabel } from './pieces.js';
import { create, View } from './view.js';

/** @import {MemberView} from '../protocol.js' */
/** @import {Gathering} from '../state/groups.js' */
/** @import {State} from '../state/state.js' */
/** @import {Face} from './group-tile.js' */

/** How long the end stays on the screen. */
const READ_END = 10_000;

/** Ends that say all there is to say. @type {readonly string[]} */
const PLAIN_ENDS = ['hung_up', 'moved', 'left'];

export class Group extends View {
  #name = h('h2', { id: 'group-name' });
  #standing = h('p', { class: 'standing' });
  #time = h('p', { class: 'time', role: 'timer', 'aria-live': 'off' });
  #seal = h('div', { class: 'seal-place' });
  #live = h('ul', { class: 'live' });
  #notes = h('ul', { class: 'notes' });
  #tiles = h('ul', { class: 'tiles' });
  /** Read out: who comes and goes. */ #said = h('p', { class: 'visually-hidden', role: 'status' });
  #sound = button('', () => this.#play(), { icon: 'speaker', kind: 'primary sound' });
  /** What the mixer sends. */ #room = h('audio', { autoplay: true });
  #door = /** @type {GroupDoor} */ (/** @type {unknown} */ (null));
  #mute = button('', () => this.parts.calls.toggleMicrophone(), { icon: 'microphone', kind: 'round' });
  #camera = button('', () => this.parts.calls.toggleCamera(), { icon: 'video', kind: 'round' });
  #ask = button('', () => this.#group && openAsk(this.parts, this.#group), { icon: 'invite', kind: 'round' });
  #leave = button('', () => this.#group && this.parts.groups.leave(this.#group.id), { icon: 'hang-up', kind: 'round danger' });
  #controls = h('div', { class: 'controls', role: 'group' });
  #again = button('', () => this.#group && void this.parts.groups.join(this.#group.id, { video: this.#group.video }), { icon: 'call', kind: 'round go' });
  #after = h('div', { class: 'controls after' });
  /** @type {Map<string, Tile>} */ #faces = new Map();
  #group = /** @type {Gathering | null} */ (null);
  #sealed = /** @type {boolean | null} */ (null);
  #timers = { tick: 0, end: 0 };

  /** @override */
  build() {
    setAttribute(this, 'role', 'dialog');
    setAttribute(this, 'aria-modal', 'true');
    setAttribute(this, 'aria-labelledby', 'group-name');
    this.#door = create(GroupDoor, this.parts);
    this.#tiles.setAttribute('aria-label', this.t('group.members'));
    this.#controls.setAttribute('aria-label', this.t('group.controls'));
    setLabel(this.#ask, this.t('group.ask'));
    setLabel(this.#leave, this.t('group.leave'));
    setLabel(this.#sound, this.t('call.sound'));
    this.#sound.hidden = true;
    this.#controls.append(this.#mute, this.#camera, this.#ask, this.#leave);
    setLabel(this.#again, this.t('group.again'));
    this.#after.append(this.#again, button(this.t('close'), () => this.#forget(), { icon: 'close', kind: 'round' }));
    this.append(
      h('header', {}, this.#name, h('div', { class: 'row' }, this.#standing, this.#time), this.#seal, this.#live),
      this.#notes,
      this.#tiles,
      this.#door,
      this.#sound,
      this.#said,
      this.#room,
      this.#controls,
      this.#after,
    );
  }

  /** @override @param {State} state */
  show(state) {
    const group = shownGroup(state);
    const before = this.#group;
    this.#group = group;
    this.hidden = group === null;
    if (group === null) {
      this.#clear();
      return;
    }
    this.#showWhat(group);
    this.#showNotes(state, group);
    this.#showTiles(state, group);
    this.#showControls(state, group);
    this.#door.show(state);
    const { told } = group;
    setText(this.#said, told === null ? '' : this.t(told.joined ? 'group.joined' : 'group.left', { name: told.name }));
    if (before?.id !== group.id) this.#leave.focus();
    else if (before.ended === null && group.ended !== null) this.#ended(group);
  }

  // -- what is seen --------------------------------------------------------------------------------

  /** @param {Gathering} group */
  #showWhat(group) {
    const names = othersIn(group).map(({ name }) => name);
    setText(this.#name, names.length > 0 ? titleOf(names, this.parts.language(), this.parts.translate()) : group.title || this.t('group.title'));
    setText(this.#standing, this.t(standingOf(group, names.length), { count: String(names.length + 1) }));
    const sealed = isSealed(group);
    if (sealed !== this.#sealed) {
      this.#sealed = sealed;
      this.#seal.replaceChildren(seal(sealed, this.parts.translate()));
    }
    this.classList.toggle('over', group.ended !== null);
    this.#tick();
  }

  #tick() {
    clearTimeout(this.#timers.tick);
    const { since = null, ended = null } = this.#group ?? {};
    if (since === null) setText(this.#time, '');
    if (since === null || ended !== null) return;
    const elapsed = Date.now() - since;
    setText(this.#time, duration(elapsed / 1_000));
    this.#timers.tick = setTimeout(() => this.#tick(), 1_000 - (elapsed % 1_000));
  }

  /** @param {State} state @param {Gathering} group */
  #showNotes(state, group) {
    const awaited = group.ended === null ? awaitedIn(group).map(({ name }) => name) : [];
    const list = new Intl.ListFormat(this.parts.language(), { type: 'conjunction' });
    const lines = [
      ...(awaited.length > 0 ? [this.t('group.awaited', { names: list.format(awaited) })] : []),
      ...(state.connection === 'online' || group.ended !== null ? [] : [this.t('group.signaling_lost')]),
      ...(state.capture.audioTrouble && group.ended === null ? [this.t(`microphone.trouble.${state.capture.audioTrouble}`)] : []),
    ];
    keyed(this.#notes, lines, (line) => line, () => h('li'), setText);
    const live = [...(state.capture.audio ? ['microphone'] : []), ...(state.capture.video ? ['video'] : [])];
    keyed(this.#live, live, (part) => part, (part) => h('li', { 'data-live': part }, icon(part), h('span', {}, this.t(`live.${part}`))), () => {});
  }

  /** @param {State} state @param {Gathering} group */
  #showTiles(state, group) {
    const faces = group.ended === null ? [...othersIn(group).map((member) => this.#faceOf(group, member)), this.#ownFace(state, group)] : [];
    this.#tiles.dataset.count = String(Math.min(faces.length, 10));
    this.#tiles.classList.toggle('many', faces.length > 5);
    const gone = [...this.#faces.keys()].filter((endpoint) => !faces.some((face) => face.endpoint === endpoint));
    for (const endpoint of gone) {
      this.#faces.get(endpoint)?.close();
      this.#faces.delete(endpoint);
    }
    keyed(this.#tiles, faces, ({ endpoint }) => endpoint, (face) => this.#tile(face).element, (_, face) => this.#tile(face).show(face));
    const room = group.ended === null ? this.parts.groups.roomOf(group.id) : null;
    if (this.#room.srcObject !== room) {
      this.#room.srcObject = room;
      if (room !== null) this.#play();
    }
  }

  /** @param {Face} face */
  #tile({ endpoint, own }) {
    const known = this.#faces.get(endpoint);
    if (known) return known;
    const tile = new Tile(this.parts.translate(), {
      remove: (who) => this.#group && this.parts.groups.remove(this.#group.id, who),
      goOn: (who) => this.#group && this.parts.groups.goOn(this.#group.id, who),
      silent: () => (this.#sound.hidden = false),
    }, own);
    this.#faces.set(endpoint, tile);
    return tile;
  }

  /** @param {Gathering} group @param {MemberView} member @returns {Face} */
  #faceOf(group, { endpoint, name, person, connected }) {
    const bond = group.bonds[endpoint];
    const mixed = group.path === 'mixer';
    const muted = bond?.sends?.audio === false;
    return {
      endpoint,
      name,
      of: person ?? endpoint,
      initials: '',
      own: false,
      speaking: group.speaking.includes(endpoint) && !muted,
      muted,
      note: mixed ? (connected ? '' : 'call.connecting') : noteOf(bond),
      changed: bond?.acquaintance?.changed === true,
      removable: group.starter,
      stream: mixed ? null : this.parts.groups.remoteOf(group.id, endpoint),
      seen: group.video && bond?.sends?.video !== false && bond?.media === 'up',
    };
  }

  /** The own picture: the very track that is sent. @param {State} state @param {Gathering} group @returns {Face} */
  #ownFace(state, group) {
    const track = this.parts.groups.shownOf(group.id);
    const known = this.#ownStream?.getVideoTracks()[0] ?? null;
    if (known !== track) this.#ownStream = track === null ? null : new MediaStream([track]);
    return {
      endpoint: group.view?.own ?? 'own',
      name: this.t('self.you'),
      of: state.person?.id ?? state.endpoint?.id ?? '',
      initials: state.person?.name ?? state.endpoint?.name ?? '',
      own: true,
      speaking: group.path === 'mixer' && group.speaking.includes(group.view?.own ?? ''),
      muted: !state.capture.audioWanted,
      note: group.path === 'mixer' && group.room === 'lost' ? 'call.reconnecting' : '',
      changed: false,
      removable: false,
      stream: this.#ownStream,
      seen: track !== null,
    };
  }

  #ownStream = /** @type {MediaStream | null} */ (null);

  /** @param {State} state @param {Gathering} group */
  #showControls({ capture }, group) {
    this.#controls.hidden = group.ended !== null;
    this.#after.hidden = group.ended === null;
    if (group.ended !== null) this.#sound.hidden = true;
    setLabel(this.#mute, this.t(capture.audioWanted ? 'call.mute' : 'call.unmute'));
    setIcon(this.#mute, capture.audioWanted ? 'microphone' : 'microphone-off');
    this.#mute.classList.toggle('off', !capture.audioWanted);
    setLabel(this.#camera, this.t(capture.videoWanted ? 'call.video_off' : 'call.video_on'));
    setIcon(this.#camera, capture.videoWanted ? 'video' : 'video-off');
    this.#camera.classList.toggle('off', !capture.videoWanted);
    this.#camera.hidden = !group.video || group.path === 'mixer';
    this.#ask.hidden = group.kind !== 'call' || group.view === null;
  }

  /** A browser may want one more touch before it sounds. */
  #play() {
    this.#sound.hidden = true;
    for (const tile of this.#faces.values()) void tile.play();
    if (this.#room.srcObject !== null) this.#room.play().catch((error) => (this.#sound.hidden = error.name !== 'NotAllowedError'));
  }

  // -- what is done --------------------------------------------------------------------------------

  #forget() {
    if (this.#group) this.parts.store.dispatch({ t: 'group', what: { t: 'forget', id: this.#group.id } });
  }

  /** @param {Gathering} group */
  #ended(group) {
    this.#again.hidden = !mayReturn(group);
    /** @type {HTMLButtonElement | null} */ (this.#after.querySelector('button:not([hidden])'))?.focus();
    clearTimeout(this.#timers.end);
    if (PLAIN_ENDS.includes(group.ended ?? '')) this.#timers.end = setTimeout(() => this.#group?.id === group.id && this.#group.ended !== null && this.#forget(), READ_END);
  }

  #clear() {
    clearTimeout(this.#timers.tick);
    for (const tile of this.#faces.values()) tile.close();
    this.#faces.clear();
    this.#tiles.replaceChildren();
    this.#room.srcObject = null;
    this.#ownStream = null;
    this.#live.replaceChildren();
    this.#sound.hidden = true;
  }
}

/** @param {Gathering} group @param {number} others @returns {string} a text key */
function standingOf({ ended, view, kind, room, path, since, door }, others) {
  if (ended !== null) return ended === 'left' || GROUP_ENDS.includes(ended) ? `group.ended.${ended}` : endingKey(ended);
  if (door !== null && door !== 'open') return 'group.coming';
  if (view === null) return kind === 'drop_in' ? 'drop_in.going' : 'call.calling';
  if (path === 'mixer' && room === 'lost') return 'call.reconnecting';
  if (others === 0) return kind === 'drop_in' ? 'drop_in.going' : 'group.waiting';
  return since === null ? 'call.connecting' : 'group.together';
}

/** Ends that are said otherwise than of a call. @type {readonly string[]} */
const GROUP_ENDS = ['hung_up', 'removed', 'no_answer', 'lost', 'moved', 'time_limit'];

customElements.define('kith-group', Group);
