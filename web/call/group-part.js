/**
 * This endpoint's part in one group, from joining to leaving: the roster that it goes by, and the connections that follow
 * from it; or the one connection to the mixer.
 *
 * What the server shows is followed in order, one after the other, as a roster is checked before anything follows from it.
 */

import { isSealed } from '../state/groups.js';
import { require, Untrusted } from '../trust/untrusted.js';
import { Levels } from './group-levels.js';
import { Mesh } from './group-mesh.js';
import { Room } from './group-room.js';
import { identityOf, Signed } from './group-roster.js';

/** @import {GroupView, MemberView, MixerAnswer} from '../protocol.js' */
/** @import {Identities} from '../session/identities.js' */
/** @import {Draft} from '../session/session.js' */
/** @import {Bond, Gathering} from '../state/groups.js' */
/** @import {Reason} from '../trust/untrusted.js' */
/** @import {Members, Vouched} from './group-members.js' */
/** @import {Ice} from './ice.js' */
/** @import {Tracks} from './peer.js' */
/** @import {Assurance} from './secured.js' */

/**
 * @typedef {object} PartSink
 * @property {(draft: Draft) => Promise<import('../protocol.js').Reply>} send
 * @property {(signal: {call: string, to: string, epoch: number, body: string}) => void} signal
 * @property {(endpoint: string, bond: Partial<Bond>) => void} bond
 * @property {(endpoint: string) => void} unbound
 * @property {(room: 'connecting' | 'up' | 'lost') => void} room
 * @property {(endpoints: readonly string[]) => void} speaking
 * @property {(member: MemberView, vouched: Vouched) => Promise<void>} met  one was verified; rejects with Untrusted where they may not be here
 * @property {(endpoint: string) => void} connected  with one of them, verified
 * @property {() => void} doubt
 * @property {(reason: Reason) => void} untrusted  this endpoint must leave
 */

export class Part {
  #call;
  #members;
  #sink;
  #mesh;
  #levels = /** @type {Levels | null} */ (null);
  #room = /** @type {Room | null} */ (null);
  #ice;
  #identities;
  #server;
  #identity;
  #view = /** @type {GroupView | null} */ (null);
  /** @type {Tracks} */ #tracks = { audio: null, video: null };
  #turn = Promise.resolve();
  #over = false;
  signed;

  /** @param {{call: string, identities: Identities, members: Members, ice: Ice, sink: PartSink}} options */
  constructor({ call, identities, members, ice, sink }) {
    this.#call = call;
    this.#members = members;
    this.#ice = ice;
    this.#sink = sink;
    this.#identities = identities;
    this.#server = identities.identity.server;
    this.#identity = identities.own.keys.identity;
    this.signed = new Signed(call, identities, (member) => this.#vouch(member));
    this.#mesh = new Mesh({
      call,
      ice,
      sink: {
        signal: (to, epoch, body) => sink.signal({ call, to, epoch, body }),
        assure: (member, epoch) => this.#assure(member, epoch),
        bond: sink.bond,
        unbound: sink.unbound,
        stands: (endpoint, up) => this.#tell({ t: 'group_media', call, up, with: endpoint }),
        sealed: sink.connected,
        doubt: sink.doubt,
        untrusted: (endpoint, reason) => {
          console.warn(`one of a group was refused: ${reason}`);
          sink.bond(endpoint, { media: 'unsafe' });
        },
      },
    });
  }

  /** What the server says now. @param {Gathering} group */
  update(group) {
    this.#turn = this.#turn.then(() => this.#follow(group)).catch((error) => this.#failed(error));
  }

  /** @param {string} from @param {number} epoch @param {string} body */
  receive(from, epoch, body) {
    this.#turn = this.#turn.then(() => this.#mesh.receive(from, epoch, body));
  }

  /** @param {Tracks} tracks sent from now on */
  use(tracks) {
    this.#tracks = tracks;
    this.#mesh.use(tracks);
    this.#room?.use(tracks);
  }

  /** Take somebody out for good. @param {string} endpoint */
  async remove(endpoint) {
    const member = this.#view?.members.find((one) => one.endpoint === endpoint);
    try {
      await this.#sink.send({ t: 'remove_from_group', call: this.#call, endpoint });
    } catch {
      return; // they are still there, as is shown
    }
    const sign = async () => {
      if (member === undefined || this.#view?.path !== 'mesh') return;
      await this.signed.bar(member);
      await this.#sign(this.#view);
    };
    this.#turn = this.#turn.then(sign).catch((error) => this.#failed(error));
  }

  /** @param {string} endpoint */
  remoteOf(endpoint) {
    return this.#mesh.remoteOf(endpoint);
  }

  /** What the mixer sends. */
  get room() {
    return this.#room?.remote ?? null;
  }

  /** The connections of a mesh, by endpoint. */
  get peers() {
    return this.#mesh.peers;
  }

  /** Resolves once all that was shown so far is followed. */
  async followed() {
    await this.#turn;
  }

  networkChanged() {
    this.#mesh.renew('network');
    this.#room?.renew();
  }

  reachable() {
    this.#mesh.renew('server');
    this.#room?.reachable();
  }

  close() {
    this.#over = true;
    this.#levels?.stop();
    this.#mesh.close();
    this.#room?.close();
    if (this.#view) this.#members.forget(this.#view);
  }

  // -- what follows from what is shown ---------------------------------------------------------------

  /** @param {Gathering} group */
  async #follow(group) {
    const { view } = group;
    if (this.#over || view === null || !view.members.some(({ endpoint }) => endpoint === view.own)) return;
    // What a person agreed to is what happens here: no server makes another path of it.
    require(view.kind === group.kind && view.path === group.path && view.e2ee === (group.path === 'mesh'), 'forked');
    const before = this.#view?.members ?? [];
    this.#view = view;
    if (!isSealed(group)) for (const { endpoint } of before) if (!view.members.some((member) => member.endpoint === endpoint)) this.#sink.unbound(endpoint);
    await this.signed.hear(view);
    if (this.#over) return;
    if (isSealed(group)) await this.#meshed(group, view);
    else await this.#mixed(view);
  }

  /** @param {Gathering} group @param {GroupView} view */
  async #meshed(group, view) {
    this.#mesh.update(group, (member) => this.signed.holds(member));
    this.#levels ??= new Levels(() => this.#mesh.peers, this.#sink.speaking);
    await this.#sign(view);
  }

  /** @param {GroupView} view */
  async #sign(view) {
    const roster = await this.signed.next(view);
    if (roster === null || this.#over) return;
    await this.#sink.send({ t: 'sign_group', call: this.#call, roster }).catch(() => {}); // somebody was faster; or it is asked for again
  }

  /** @param {GroupView} view */
  async #mixed(view) {
    if (view.kind === 'drop_in' && view.started_by.endpoint !== view.own && this.#room === null) {
      const { belonging, roster } = this.#identities;
      await this.signed.requireBegun(view, [belonging, roster?.root].flatMap((root) => root ?? []));
    }
    for (const member of view.members) if (member.endpoint !== view.own) await this.#sink.met(member, await this.#vouch(member));
    if (this.#over) return;
    this.#room ??= this.#openRoom(view);
    this.#room.update(view.epoch);
  }

  /** @param {GroupView} view */
  #openRoom({ started_by }) {
    const room = new Room({
      call: this.#call,
      ends: { server: this.#server, identity: this.#identity },
      ice: this.#ice,
      sink: {
        offer: async (offer) => /** @type {MixerAnswer} */ (await this.#sink.send({ t: 'offer_mixer', call: this.#call, ...offer })),
        media: (media) => {
          this.#sink.room(media);
          if (media === 'up') this.#sink.connected(started_by.endpoint);
        },
        stands: (up) => this.#tell({ t: 'group_media', call: this.#call, up }),
        doubt: this.#sink.doubt,
        untrusted: this.#sink.untrusted,
      },
    });
    room.use(this.#tracks);
    return room;
  }

  // -- who they are ----------------------------------------------------------------------------------

  /** Rejects with Untrusted. @param {MemberView} member @param {number} [epoch] */
  #vouch(member, epoch) {
    require(this.#view, 'unknown_person');
    return this.#members.vouch(this.#view, member, epoch);
  }

  /** Who the other end of a pair is; with another identity than before only by a person's deed. @param {MemberView} member @param {number} epoch @returns {Promise<Assurance>} */
  async #assure(member, epoch) {
    const vouched = await this.#vouch(member, epoch);
    const { assurance, acquaintance, caller, accept } = vouched;
    require(this.signed.names(identityOf(member), caller.root), 'not_a_member');
    await this.#sink.met(member, vouched);
    this.#sink.bond(member.endpoint, { acquaintance });
    if (!acquaintance.changed) return assurance;
    await this.#members.decided(this.#call, member.endpoint);
    await accept();
    this.#sink.bond(member.endpoint, { acquaintance: { ...acquaintance, changed: false } });
    return assurance;
  }

  /** @param {unknown} error */
  #failed(error) {
    if (this.#over) return;
    if (error instanceof Untrusted) this.#sink.untrusted(error.reason);
  }

  /** @param {Draft} draft */
  #tell(draft) {
    this.#sink.send(draft).catch(() => {});
  }
}
