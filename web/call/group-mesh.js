/**
 * The pairs of one end-to-end group: a connection with each other member that stands in the newest roster which this
 * endpoint believes, and with nobody else. Who is out of the roster, or of the group, is closed at once.
 */

import { negotiate } from '../policy/media.js';
import { othersIn, ownCapabilities } from '../state/groups.js';
import { Pair } from './group-pair.js';

/** @import {GroupView, MemberView} from '../protocol.js' */
/** @import {Bond, Gathering} from '../state/groups.js' */
/** @import {Reason} from '../trust/untrusted.js' */
/** @import {Ice} from './ice.js' */
/** @import {Tracks} from './peer.js' */
/** @import {Assurance} from './secured.js' */

/** Signals that may come before their pair is there, of each endpoint: the roster that names it is on its way. */
const EARLY = 32;

/** Endpoints of which such signals are kept: more than there may be in a mesh. */
const STRANGERS = 8;

/**
 * @typedef {object} MeshSink
 * @property {(to: string, epoch: number, body: string) => void} signal
 * @property {(member: MemberView, epoch: number) => Promise<Assurance>} assure  rejects with Untrusted
 * @property {(endpoint: string, bond: Partial<Bond>) => void} bond
 * @property {(endpoint: string) => void} unbound
 * @property {(endpoint: string, up: boolean) => void} stands
 * @property {(endpoint: string) => void} sealed
 * @property {() => void} doubt
 * @property {(endpoint: string, reason: Reason) => void} untrusted
 */

export class Mesh {
  #call;
  #ice;
  #sink;
  /** By endpoint; `order`: of which joining of theirs and of ours. @type {Map<string, {orders: string, pair: Pair}>} */ #pairs = new Map();
  /** @type {Map<string, {epoch: number, body: string}[]>} by endpoint */ #early = new Map();
  /** @type {Tracks} */ #tracks = { audio: null, video: null };
  /** Whom nothing is to come from any more, by endpoint and orders. @type {Set<string>} */ #refused = new Set();

  /** @param {{call: string, ice: Ice, sink: MeshSink}} options */
  constructor({ call, ice, sink }) {
    this.#call = call;
    this.#ice = ice;
    this.#sink = sink;
  }

  /**
   * What the server says, as far as the roster says so, too.
   * @param {Gathering} group @param {(member: MemberView) => boolean} stands whether a member stands in the roster, with this endpoint
   */
  update(group, stands) {
    const { view } = group;
    if (view === null) return;
    const own = view.members.find(({ endpoint }) => endpoint === view.own);
    const wanted = own === undefined ? [] : othersIn(group).filter(stands);
    for (const [endpoint, { orders }] of this.#pairs) {
      const there = wanted.find((member) => member.endpoint === endpoint);
      if (there === undefined || ordersOf(there, own) !== orders) this.#close(endpoint);
    }
    for (const member of wanted) if (!this.#pairs.has(member.endpoint)) this.#open(view, member, own, group.video);
  }

  /** @param {string} from @param {number} epoch @param {string} body */
  receive(from, epoch, body) {
    const there = this.#pairs.get(from);
    if (there) {
      there.pair.receive(epoch, body);
      return;
    }
    const early = this.#early.get(from) ?? [];
    const [first] = this.#early.keys();
    if (first !== undefined && early.length === 0 && this.#early.size >= STRANGERS) this.#early.delete(first);
    if (early.length < EARLY) this.#early.set(from, [...early, { epoch, body }]);
  }

  /** @param {Tracks} tracks sent to everybody from now on */
  use(tracks) {
    this.#tracks = tracks;
    for (const { pair } of this.#pairs.values()) pair.use(tracks);
  }

  /** What comes from one of them. @param {string} endpoint */
  remoteOf(endpoint) {
    return this.#pairs.get(endpoint)?.pair.remote ?? null;
  }

  /** The connections, by endpoint. */
  get peers() {
    return new Map([...this.#pairs].flatMap(([endpoint, { pair }]) => (pair.peer ? [[endpoint, pair.peer]] : [])));
  }

  /** The network is another one, or the server is reached again. @param {'network' | 'server'} what */
  renew(what) {
    for (const { pair } of this.#pairs.values()) {
      if (what === 'network') pair.renew();
      else pair.reachable();
    }
  }

  close() {
    for (const endpoint of [...this.#pairs.keys()]) this.#close(endpoint);
    this.#early.clear();
  }

  /** @param {GroupView} view @param {MemberView} member @param {MemberView | undefined} own @param {boolean} video */
  #open(view, member, own, video) {
    const { endpoint } = member;
    const orders = ordersOf(member, own);
    if (own === undefined || this.#refused.has(`${endpoint}|${orders}`)) return;
    const pair = new Pair({
      call: this.#call,
      kind: view.kind === 'drop_in' ? 'group_drop_in' : 'group_call',
      offers: own.order > member.order,
      media: negotiate(ownCapabilities(view), member.capabilities, video),
      ice: this.#ice,
      sink: {
        signal: (epoch, body) => this.#sink.signal(endpoint, epoch, body),
        assure: (epoch) => this.#sink.assure(member, epoch),
        media: (media) => this.#sink.bond(endpoint, { media }),
        stands: (up) => this.#sink.stands(endpoint, up),
        sealed: () => this.#sink.sealed(endpoint),
        sends: (sends) => this.#sink.bond(endpoint, { sends }),
        doubt: () => this.#sink.doubt(),
        untrusted: (reason) => this.#refuse(endpoint, orders, reason),
      },
    });
    this.#pairs.set(endpoint, { orders, pair });
    pair.use(this.#tracks);
    const early = this.#early.get(endpoint) ?? [];
    this.#early.delete(endpoint);
    for (const { epoch, body } of early) pair.receive(epoch, body);
  }

  /** Nothing that could not be verified is heard or seen; the others go on. @param {string} endpoint @param {string} orders @param {Reason} reason */
  #refuse(endpoint, orders, reason) {
    this.#refused.add(`${endpoint}|${orders}`);
    this.#pairs.get(endpoint)?.pair.close();
    this.#pairs.delete(endpoint);
    this.#sink.untrusted(endpoint, reason);
  }

  /** @param {string} endpoint */
  #close(endpoint) {
    this.#pairs.get(endpoint)?.pair.close();
    this.#pairs.delete(endpoint);
    this.#early.delete(endpoint);
    this.#sink.unbound(endpoint);
  }
}

/** @param {MemberView} member @param {MemberView | undefined} own */
const ordersOf = (member, own) => `${own?.order}|${member.order}`;
