/**
 * Drop ins on this page. Each has a door, which is shut; whoever comes is looked at twice: on arrival by what the server
 * says of them, so that nothing is shown and nobody disturbed in vain, and finally by what was verified.
 */

import { equal } from '../core/bytes.js';
import { currentTalk } from '../state/state.js';
import { require } from '../trust/untrusted.js';
import { Door, NOTHING } from './door.js';

/** @import {CallView, MediaView} from '../protocol.js' */
/** @import {Ringer} from '../sound/ringer.js' */
/** @import {Door as Stage, Frost} from '../state/state.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Capture} from './capture.js' */
/** @import {Admission} from './door.js' */
/** @import {Tracks} from './peer.js' */
/** @import {Caller} from './vouching.js' */

/**
 * @typedef {object} Gate  who may come in
 * @property {() => boolean} open  whether anybody at all may now: the page is ready, and not to be disturbed by everybody
 * @property {(caller: Caller) => Promise<void>} meet  find out what there is to be known of who has come
 * @property {(caller: Caller, how: {letIn: boolean, inside: boolean}) => Admission | null} decide  as everything stands now;
 *   `letIn`: a person let them in; `inside`: they are in already
 */

/**
 * @typedef {object} Ways  what a drop in does to its call
 * @property {(call: string) => void} answer
 * @property {(call: string) => void} refuse  before it was answered
 * @property {(call: string, why: 'done' | 'silence' | 'not_let_in') => void} end
 * @property {(call: string) => void} changed  what leaves is another
 * @property {(call: string) => MediaStream | null} remote
 */

/** @typedef {{door: Door, letIn: boolean, caller: Caller | null}} Visit */

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

  /** Somebody has come. @param {CallView} view */
  arrive({ id, mode }) {
    if (this.#visits.has(id)) return;
    this.#visits.set(id, { door: this.#door(id), letIn: false, caller: null });
    if (currentTalk(this.#store.state) !== null || !this.#gate.open()) this.#ways.refuse(id);
    else if (mode === 'instant') this.#ways.answer(id);
    else this.#show(id, 'checking');
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
   * for another endpoint, also of the same person. @param {string} call @param {Caller} caller
   */
  async met(call, caller) {
    const before = this.#visits.get(call)?.caller ?? null;
    require(before === null || (equal(before.keys.identity, caller.keys.identity) && equal(before.root, caller.root)), 'forked');
    await this.#gate.meet(caller);
    const visit = this.#visits.get(call);
    if (!visit) return;
    visit.caller = caller;
    visit.door.reconsider();
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

  /** @param {string} call */
  forget(call) {
    this.#visits.get(call)?.door.close();
    this.#visits.delete(call);
  }

  /** @param {string} call */
  #door(call) {
    return new Door({
      capture: this.#capture,
      ringer: this.#ringer,
      sink: {
        decide: (inside) => this.#decide(call, inside),
        stage: (stage) => this.#show(call, stage),
        frost: (frost) => this.#store.dispatch({ t: 'frost', call, frost }),
        changed: () => this.#ways.changed(call),
        remote: () => this.#ways.remote(call),
        end: (why) => this.#ways.end(call, why),
      },
    });
  }

  /** @param {string} call @param {boolean} inside */
  #decide(call, inside) {
    const visit = this.#visits.get(call);
    return visit?.caller ? this.#gate.decide(visit.caller, { letIn: visit.letIn, inside }) : null;
  }

  /** @param {string} call @param {Stage} door */
  #show(call, door) {
    this.#store.dispatch({ t: 'door', call, door });
  }
}
