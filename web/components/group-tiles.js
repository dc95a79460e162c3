/** Everybody in a group, each in a tile, and oneself last: their pictures and their sound, or the one sound of a mixer. */

import { othersIn } from '../state/groups.js';
import { h, keyed, setAttribute } from './dom.js';
import { noteOf, Tile } from './group-tile.js';
import { wantsTouch } from './talking.js';

/** @import {MemberView} from '../protocol.js' */
/** @import {Gathering} from '../state/groups.js' */
/** @import {State} from '../state/state.js' */
/** @import {Face} from './group-tile.js' */
/** @import {View} from './view.js' */

/** From how many tiles on they are laid out alike. */
const COUNTED = 10;

/** More than so many are small. */
const FEW = 5;

export class Tiles {
  list = h('ul', { class: 'tiles' });
  /** What the mixer sends. */ room = h('audio', { autoplay: true });
  #view;
  #silent;
  /** By endpoint. @type {Map<string, Tile>} */ #tiles = new Map();
  #group = /** @type {Gathering | null} */ (null);
  #own = /** @type {MediaStream | null} */ (null);

  /** @param {View} view @param {(silent: boolean) => void} silent whether the browser wants one more touch before it sounds */
  constructor(view, silent) {
    this.#view = view;
    this.#silent = silent;
  }

  /** @param {State} state @param {Gathering} group */
  show(state, group) {
    this.#group = group;
    setAttribute(this.list, 'aria-label', this.#view.t('group.members'));
    const faces = group.ended === null ? [...othersIn(group).map((member) => this.#faceOf(group, member)), this.#ownFace(state, group)] : [];
    this.list.dataset.count = String(Math.min(faces.length, COUNTED));
    this.list.classList.toggle('many', faces.length > FEW);
    const gone = [...this.#tiles.keys()].filter((endpoint) => !faces.some((face) => face.endpoint === endpoint));
    for (const endpoint of gone) this.#drop(endpoint);
    keyed(this.list, faces, ({ endpoint }) => endpoint, (face) => this.#tile(face).element, (_, face) => this.#tile(face).show(face));
    this.#listen(group.ended === null ? this.#view.parts.groups.roomOf(group.id) : null);
  }

  play() {
    for (const tile of this.#tiles.values()) void tile.play();
    void this.#playRoom();
  }

  clear() {
    for (const endpoint of [...this.#tiles.keys()]) this.#drop(endpoint);
    this.list.replaceChildren();
    this.room.srcObject = null;
    this.#own = null;
  }

  // -- what is heard -------------------------------------------------------------------------------

  /** @param {MediaStream | null} room */
  #listen(room) {
    if (this.room.srcObject === room) return;
    this.room.srcObject = room;
    void this.#playRoom();
  }

  async #playRoom() {
    if (this.room.srcObject !== null) this.#silent(await wantsTouch(this.room));
  }

  // -- what is seen --------------------------------------------------------------------------------

  /** @param {string} endpoint */
  #drop(endpoint) {
    this.#tiles.get(endpoint)?.close();
    this.#tiles.delete(endpoint);
  }

  /** @param {Face} face */
  #tile({ endpoint, own }) {
    const known = this.#tiles.get(endpoint);
    if (known) return known;
    const { groups, translate } = this.#view.parts;
    const sink = {
      remove: (/** @type {string} */ who) => this.#group && groups.remove(this.#group.id, who),
      goOn: (/** @type {string} */ who) => this.#group && groups.goOn(this.#group.id, who),
      silent: () => this.#silent(true),
    };
    const tile = new Tile(translate(), sink, own);
    this.#tiles.set(endpoint, tile);
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
      stream: mixed ? null : this.#view.parts.groups.remoteOf(group.id, endpoint),
      seen: group.video && bond?.sends?.video !== false && bond?.media === 'up',
    };
  }

  /** @param {State} state @param {Gathering} group @returns {Face} */
  #ownFace(state, group) {
    const endpoint = group.view?.own;
    const mixed = group.path === 'mixer';
    const stream = this.#ownStream(group);
    return {
      endpoint: endpoint ?? 'own',
      name: this.#view.t('self.you'),
      of: state.person?.id ?? state.endpoint?.id ?? '',
      initials: state.person?.name ?? state.endpoint?.name ?? '',
      own: true,
      speaking: mixed && group.speaking.includes(endpoint ?? ''),
      muted: !state.capture.audioWanted,
      note: mixed && group.room === 'lost' ? 'call.reconnecting' : '',
      changed: false,
      removable: false,
      stream,
      seen: stream !== null,
    };
  }

  /** The very track that is sent. @param {Gathering} group */
  #ownStream({ id }) {
    const track = this.#view.parts.groups.shownOf(id);
    const known = this.#own?.getVideoTracks()[0] ?? null;
    if (known !== track) this.#own = track === null ? null : new MediaStream([track]);
    return this.#own;
  }
}
