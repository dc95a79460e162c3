/**
 * Drop ins on this page. Each has a door, which is shut; whoever comes is looked at twice: on arrival by what the server
 * says of them, so that nothing is shown and nobody disturbed in vain, and finally by what was verified.
 */

import { equal } from '../core/bytes.js';
import { isOccupied } from '../state/state.js';
import { require } from '../trust/untrusted.js';
import { Door, NOTHING } from './door.js';

/** @import {MediaView} from '../protocol.js' */
/** @import {Ringer} from '../sound/ringer.js' */
/** @import {Bond} from '../state/groups.js' */
/** @import {Door as Stage, Frost} from '../state/state.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Capture} from './capture.js' */
/** @import {Said} from '../trust/log.js' */
/** @import {Admission} from './door.js' */
/** @import {Tracks} from './peer.js' */
/** @import {Caller} from './vouching.js' */

/** How long a drop in goes on without a connection with whoever began it: the server may not have said that they have gone. */
const MISSED = 30_000;

/**
 * @typedef {object} Gate  who may come in
 * @property {() => string | null} closed  why nobody at all may now: the page is not ready, or not to be disturbed
 * @property {(caller: Caller) => Promise<void>} meet  find out what there is to be known of who has come
 * @property {(caller: Caller, how: {letIn: boolean, inside: boolean}) => Admission | string} decide  as everything stands now, or why not;
 *   `letIn`: a person let them in; `inside`: they are in already
 * @property {(caller: Caller, how: {letIn: boolean, inside: boolean}) => string | null} keepsOut  why they may not be there beside somebody who may
 * @property {(said: Said) => void} note  write it down
 */

/**
 * @typedef {object} Ways  what a drop in does to its call
 * @property {(call: string) => void} answer
 * @property {(call: string) => void} refuse  before it was answered
 * @property {(call: string, why: 'done' | 'silence' | 'not_let_in') => void} end
 * @property {(call: string) => void} changed  what leaves is another
 * @property {(call: string) => MediaStream | null} remote
 * @property {(call: string, stage: Stage) => void} stage
 * @property {(call: string, frost: Frost | null) => void} frost
 * @property {(call: string) => Pick<Said, 'person' | 'name' | 'device'> | null} about  who has come, as far as the server says; null where it does not any more
 */

/**
 * `callers`: who has come, by endpoint; of a group all of them. `first`: who began it, empty in a call, where there is nobody
 * else, and `missed` the timer while they are not connected. `refused`: why they were; `opened`: when they came in, by `performance.now`.
 * @typedef {{id: string, about: Pick<Said, 'person' | 'name' | 'device'>, door: Door, letIn: boolean, first: string, missed: ReturnType<typeof setTimeout> | null, callers: Map<string, Caller>, refused: string | null, opened: number | null}} Visit
 */

export class DropIns {
  #store;
  #gate;
  #capture;
  #ringer;
  #ways;
  /** @type {Map<string, Visit>} by call */ #visits = new Map();

  /** @param {{store: Store, gate: Gate, capture: Capture, ringer: Ringer, ways: Ways}} parts */
  constructor({ store, gate, capture, ringer, ways }) {
    this.#store = store;
    this.#gate = gate;
    this.#capture = capture;
    this.#ringer = ringer;
    this.#ways = ways;
    store.subscribe((state, before) => {
      if (state.admitting !== before.admitting || state.quiet !== before.quiet || state.blocks !== before.blocks) this.reconsider();
    });
    document.addEventListener('visibilitychange', () => this.reconsider());
  }

  /** Somebody has come. @param {{id: string, mode?: 'knock' | 'instant' | null}} view @param {string} [first] in a group: the endpoint that began it */
  arrive({ id, mode }, first = '') {
    if (this.#visits.has(id)) return;
    const refused = isOccupied(this.#store.state) ? 'busy' : this.#gate.closed();
    const about = this.#ways.about(id) ?? NOBODY;
    this.#visits.set(id, { id, about, door: this.#door(id), letIn: false, first, missed: null, callers: new Map(), refused, opened: null });
    if (refused !== null) this.#ways.refuse(id);
    else if (mode === 'instant') this.#ways.answer(id);
    else this.#ways.stage(id, 'checking');
  }

  /** A person here says so. @param {string} call */
  letIn(call) {
    const visit = this.#visits.get(call);
    if (!visit) return;
    visit.letIn = true;
    this.#ways.answer(call);
  }

  /**
   * Who has come was verified, as in each new epoch. Whoever was let in stays the one who is there: rejects with Untrusted
   * for another endpoint, also of the same person. @param {string} call @param {Caller} caller @param {string} [endpoint] in a group
   */
  async met(call, caller, endpoint = '') {
    const before = this.#visits.get(call)?.callers.get(endpoint) ?? null;
    require(before === null || (equal(before.keys.identity, caller.keys.identity) && equal(before.root, caller.root)), 'forked');
    await this.#gate.meet(caller);
    const visit = this.#visits.get(call);
    if (!visit) return;
    visit.callers.set(endpoint, caller);
    visit.door.reconsider();
  }

  /** Whether one of a group was verified, and may be heard by. @param {string} call @param {string} endpoint */
  knows(call, endpoint) {
    return this.#visits.get(call)?.callers.has(endpoint) ?? false;
  }

  /** One of a group has left. Nobody else may be here without who began it, whatever the server says. @param {string} call @param {string} endpoint */
  left(call, endpoint) {
    const visit = this.#visits.get(call);
    visit?.callers.delete(endpoint);
    if (visit?.first === endpoint) this.#ways.end(call, 'done');
  }

  /** How one of a group is connected, with nobody between. @param {string} call @param {string} endpoint @param {Bond['media']} media */
  reached(call, endpoint, media) {
    const visit = this.#visits.get(call);
    if (visit?.first !== endpoint) return;
    if (media === 'unsafe') this.left(call, endpoint);
    else if (media === 'up') this.#found(visit);
    else visit.missed ??= setTimeout(() => this.#ways.end(call, 'done'), MISSED);
  }

  /** Whether a call is a drop in on this page. @param {string} call */
  has(call) {
    return this.#visits.has(call);
  }

  /** What may leave of what is captured. @param {string} call @param {Tracks} captured @returns {Tracks} */
  outgoing(call, captured) {
    return this.#visits.get(call)?.door.outgoing(captured) ?? NOTHING;
  }

  /** The connection stands, with whom it should be. @param {string} call @param {MediaView} media */
  connected(call, media) {
    this.#visits.get(call)?.door.connected(media);
  }

  /** What they may be let in by has changed, or may have. */
  reconsider() {
    for (const { door } of this.#visits.values()) door.reconsider();
  }

  /** What is none of these is over. @param {readonly string[]} calls */
  keep(calls) {
    for (const call of [...this.#visits.keys()]) if (!calls.includes(call)) this.forget(call);
  }

  /** @param {string} call */
  forget(call) {
    const visit = this.#visits.get(call);
    if (!visit) return;
    visit.door.close();
    this.#found(visit);
    this.#visits.delete(call);
    const { opened, refused } = visit;
    if (opened !== null) this.#note(visit, { outcome: 'ended', reason: refused ?? '', length: Math.round((performance.now() - opened) / 1_000) });
    else if (refused !== null) this.#note(visit, { outcome: 'refused', reason: refused });
    else this.#note(visit, { what: 'knock', outcome: 'not_let_in' });
  }

  /** @param {Visit} visit */
  #found(visit) {
    if (visit.missed !== null) clearTimeout(visit.missed);
    visit.missed = null;
  }

  /** For those who live here to read. @param {Visit} visit @param {Partial<Said>} said */
  #note({ id, about }, said) {
    const { endpoint } = this.#store.state;
    this.#gate.note({ what: 'drop_in', call: id, ...about, at: endpoint?.name ?? '', ...said });
  }

  /** @param {string} call @param {Stage} stage */
  #staged(call, stage) {
    const visit = this.#visits.get(call);
    if (visit && stage === 'open') {
      visit.about = this.#ways.about(call) ?? visit.about;
      visit.opened = performance.now();
      this.#note(visit, { what: 'drop_in', outcome: visit.letIn ? 'let_in' : 'admitted' });
    }
    this.#ways.stage(call, stage);
  }

  /** @param {string} call */
  #door(call) {
    return new Door({
      capture: this.#capture,
      ringer: this.#ringer,
      sink: {
        decide: (inside) => this.#decide(call, inside),
        stage: (stage) => this.#staged(call, stage),
        frost: (frost) => this.#ways.frost(call, frost),
        changed: () => this.#ways.changed(call),
        remote: () => this.#ways.remote(call),
        end: (why) => this.#over(call, why),
      },
    });
  }

  /** @param {string} call @param {'done' | 'silence' | 'not_let_in'} why */
  #over(call, why) {
    const visit = this.#visits.get(call);
    // They might have come in, but nobody would have heard or seen it.
    if (visit && why === 'not_let_in') visit.refused ??= 'not_ready';
    this.#ways.end(call, why);
  }

  /** @param {string} call @param {boolean} inside */
  #decide(call, inside) {
    const visit = this.#visits.get(call);
    const first = visit?.callers.get(visit.first);
    if (!visit || !first) return null;
    const decided = this.#gate.decide(first, { letIn: visit.letIn, inside });
    const refused = typeof decided === 'string' ? decided : this.#keptOut(visit, inside);
    if (typeof decided !== 'string' && refused === null) return decided;
    visit.refused ??= refused;
    return null;
  }

  /** Why one of those who come along may not. @param {Visit} visit @param {boolean} inside */
  #keptOut({ first, callers, letIn }, inside) {
    const along = [...callers].filter(([endpoint]) => endpoint !== first);
    return along.map(([, caller]) => this.#gate.keepsOut(caller, { letIn, inside })).find((reason) => reason !== null) ?? null;
  }
}

const NOBODY = { person: '', name: '', device: '' };
