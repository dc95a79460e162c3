/**
 * What a person does with groups and what the server says of them, turned into commands and connections. One at a time, and
 * none beside a call, as there is one microphone.
 */

import { newCall } from '../core/ids.js';
import { negotiate } from '../policy/media.js';
import { codeOf } from '../session/problem.js';
import { AT_ONCE, expected } from '../session/reply.js';
import { currentGroup, isAsked, ownCapabilities } from '../state/groups.js';
import { isOccupied } from '../state/state.js';
import { require } from '../trust/untrusted.js';
import { DropIns } from './drop-ins.js';
import { Members } from './group-members.js';
import { Part } from './group-part.js';
import { rootsOf } from './group-roster.js';

/** @import {Event as ServerEvent, GroupPlan, GroupView, MemberView, Reply, Snapshot} from '../protocol.js' */
/** @import {Account} from '../session/account.js' */
/** @import {Draft} from '../session/session.js' */
/** @import {Ringer} from '../sound/ringer.js' */
/** @import {Gathering, GroupAction, GroupEnding} from '../state/groups.js' */
/** @import {Door, Frost, State} from '../state/state.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Calls} from './calls.js' */
/** @import {Gate} from './drop-ins.js' */
/** @import {Vouched} from './group-members.js' */
/** @import {Tracks} from './peer.js' */

const ASK_TRIES = 3;

/** What would happen. @typedef {Pick<GroupPlan, 'path' | 'e2ee' | 'places'>} Planned */
/** @typedef {'done' | 'silence' | 'not_let_in'} WhyOut */

export class Groups {
  #store;
  #account;
  #calls;
  #dropIns;
  #members;
  /** @type {Map<string, Part>} by group */ #parts = new Map();

  /** @param {Store} store @param {Account} account @param {Calls} calls @param {Gate} gate @param {Ringer} ringer */
  constructor(store, account, calls, gate, ringer) {
    this.#store = store;
    this.#account = account;
    this.#calls = calls;
    this.#members = new Members(account.identities);
    this.#dropIns = new DropIns({ store, gate, capture: calls.capture, ringer, ways: this.#ways() });
    calls.capture.follow(() => this.#captured());
    calls.leaveGroup = () => this.leaveCurrent();
    store.subscribe((state, before) => {
      if (state.groups !== before.groups) this.#tidy(state);
      if (state.admitting !== before.admitting) this.#reconsider(state);
      if (state.connection === 'online' && before.connection !== 'online') for (const part of this.#parts.values()) part.reachable();
    });
  }

  /** @returns {import('./drop-ins.js').Ways} */
  #ways() {
    return {
      answer: (call) => void this.#admit(call),
      refuse: (call) => this.decline(call),
      end: (call, why) => this.leave(call, why),
      changed: (call) => this.#parts.get(call)?.use(this.#outgoing(call)),
      remote: (call) => this.#heardOf(call),
      stage: (call, /** @type {Door} */ door) => this.#say({ t: 'door', id: call, door }),
      frost: (call, /** @type {Frost | null} */ frost) => this.#say({ t: 'frost', id: call, frost }),
      about: (call) => {
        const by = this.#group(call)?.view?.started_by;
        return by ? { person: by.person ?? '', name: by.name, device: by.device } : null;
      },
    };
  }

  // -- what a person does --------------------------------------------------------------------------

  /** What would happen; nothing rings. Rejects with ProblemError. @param {{kind: Gathering['kind'], to: readonly string[], video: boolean}} what @returns {Promise<Planned>} */
  async plan({ kind, to, video }) {
    // What this device's own sets forbid it does not even ask for.
    const path = this.#account.sets.enhanced ? 'any' : 'mesh';
    return expected('group_plan', await this.#account.send({ t: 'plan_group', kind, to: [...to], video, path }, AT_ONCE));
  }

  /** Begin one, the way that was planned. @param {{kind: Gathering['kind'], to: readonly string[], title: string, video: boolean, path: Gathering['path'], as?: string}} what */
  async start({ kind, to, title, video, path, as }) {
    if (isOccupied(this.#store.state) || !this.#may(path)) return;
    const call = newCall();
    this.#say({ t: 'begin', id: call, kind, video: video && path === 'mesh', path, title });
    void this.#calls.capture.want({ audio: true, video: video && path === 'mesh' });
    try {
      const { identities } = this.#account;
      const person = as ?? this.#store.state.person?.id ?? null;
      const [{ root }, invited] = await Promise.all([this.#members.own(person), rootsOf(identities, to, (id) => this.#isShared(id))]);
      const roster = await this.#part(call).signed.begin({ kind, path }, root, invited);
      this.#replied(call, await this.#account.send({ t: 'start_group', call, kind, to: [...to], video: video && path === 'mesh', path, roster, ...(as ? { as } : {}) }, AT_ONCE));
    } catch (error) {
      this.#over(call, codeOf(error));
    }
  }

  /** Take part: answer, come late or back, or go on here instead of at another own device. @param {string} call @param {{video: boolean}} how */
  async join(call, { video }) {
    const group = this.#group(call);
    if (!group || !this.#may(group.path)) return;
    if (group.ended !== null) this.#say({ t: 'again', id: call });
    if (this.#dropIns.has(call)) {
      this.letIn(call);
      return;
    }
    this.#calls.hangUpCurrent();
    if (currentGroup(this.#store.state)?.id !== call) this.leaveCurrent();
    await this.#enter(call, video);
  }

  /** Somebody who knocks may come in, with all who are with them. @param {string} call */
  letIn(call) {
    this.#dropIns.letIn(call);
  }

  /** @param {string} call */
  decline(call) {
    this.#over(call, 'declined');
    this.#tell({ t: 'decline_group', call });
  }

  /** @param {string} call @param {WhyOut} [why] */
  leave(call, why = 'done') {
    this.#over(call, why === 'done' ? 'left' : why);
    this.#tell({ t: 'leave_group', call, why });
  }

  leaveCurrent() {
    const current = currentGroup(this.#store.state);
    if (!current) return;
    this.leave(current.id);
    this.#say({ t: 'forget', id: current.id });
  }

  /** Take somebody out. @param {string} call @param {string} endpoint */
  remove(call, endpoint) {
    void this.#part(call).remove(endpoint);
  }

  /** Ask more people in. Rejects with ProblemError or Untrusted. @param {string} call @param {readonly string[]} to */
  async ask(call, to) {
    const group = this.#group(call);
    if (!group) return;
    const roots = await rootsOf(this.#account.identities, to, (id) => this.#isShared(id));
    for (let left = ASK_TRIES; left > 0; left -= 1) {
      const part = this.#part(call);
      await part.followed();
      const roster = group.path === 'mesh' ? await part.signed.wider(roots) : null;
      try {
        this.#replied(call, await this.#account.send({ t: 'ask_into_group', call, to: [...to], ...(roster ? { roster } : {}) }, AT_ONCE));
        return;
      } catch (error) {
        // Somebody's roster may have been faster: this one is to follow that.
        if (codeOf(error) !== 'untrusted' || left === 1) throw error;
      }
    }
  }

  /** One has another identity than before, and is talked to all the same. @param {string} call @param {string} endpoint */
  goOn(call, endpoint) {
    this.#members.goOn(call, endpoint);
  }

  /** The network is another one. */
  networkChanged() {
    for (const part of this.#parts.values()) part.networkChanged();
  }

  // -- what is shown -------------------------------------------------------------------------------

  /** What one of them sends. @param {string} call @param {string} endpoint */
  remoteOf(call, endpoint) {
    return this.#parts.get(call)?.remoteOf(endpoint) ?? null;
  }

  /** What the mixer sends. @param {string} call */
  roomOf(call) {
    return this.#parts.get(call)?.room ?? null;
  }

  /** The own picture as it is sent. @param {string} call */
  shownOf(call) {
    return this.#outgoing(call).video;
  }

  /** The connections of a mesh, by endpoint. @param {string} call */
  peersOf(call) {
    return this.#parts.get(call)?.peers ?? new Map();
  }

  // -- what the server says ------------------------------------------------------------------------

  /** After the store has heard it. @param {ServerEvent} event */
  heard(event) {
    if (event.t === 'group_rings' || event.t === 'group_changed') this.#follow(event.group);
    else if (event.t === 'group_signal') this.#parts.get(event.call)?.receive(event.endpoint, event.epoch, event.body);
    else if (event.t === 'identity_changed' || event.t === 'roster_changed') this.#members.changed();
  }

  /** After the store has taken it over. @param {Snapshot} snapshot */
  restored({ groups }) {
    for (const view of groups ?? []) this.#follow(view);
  }

  /** @param {GroupView} view */
  #follow(view) {
    const group = this.#group(view.id);
    if (!group || group.ended !== null) return;
    if (group.mine) this.#part(view.id).update(group);
    else if (group.kind === 'drop_in') this.#visited(view);
  }

  /** A drop in that outlived its page is over here, as nobody has looked at it since. @param {GroupView} view */
  #visited(view) {
    if (this.#dropIns.has(view.id)) return;
    if (view.members.some(({ endpoint }) => endpoint === view.own)) this.leave(view.id);
    else if (view.mode && isAsked(view) && this.#may(view.path)) this.#dropIns.arrive(view, view.started_by.endpoint);
  }

  // -- parts ---------------------------------------------------------------------------------------

  /** A group that is not end-to-end is joined only where those whose device this is have switched that on. @param {Gathering['path']} path */
  #may(path) {
    if (path === 'mesh' || this.#account.sets.enhanced) return true;
    this.#store.dispatch({ t: 'notice', notice: { key: 'group.not_enhanced', values: {} } });
    return false;
  }

  /** Somebody whose device this is has taken back that the server may decrypt. @param {State} state */
  #reconsider(state) {
    const current = currentGroup(state);
    if (current && !this.#may(current.path)) this.leave(current.id);
  }

  /** A drop in is answered before it is known who all of them are: nothing is captured yet. @param {string} call */
  async #admit(call) {
    if (isOccupied(this.#store.state)) {
      this.decline(call);
      return;
    }
    this.#say({ t: 'door', id: call, door: 'checking' });
    await this.#enter(call, this.#group(call)?.video ?? false);
  }

  /** @param {string} call @param {boolean} video */
  async #enter(call, video) {
    const visit = this.#dropIns.has(call);
    this.#say({ t: 'join', id: call, video });
    const group = this.#group(call);
    if (!visit) void this.#calls.capture.want({ audio: true, video: group?.path === 'mesh' && group.video });
    this.#part(call);
    try {
      this.#replied(call, await this.#account.send({ t: 'join_group', call }, AT_ONCE));
    } catch (error) {
      this.#over(call, codeOf(error));
    }
  }

  /** @param {string} call @returns {Gathering | undefined} */
  #group(call) {
    return this.#store.state.groups.find(({ id }) => id === call);
  }

  /** @param {string} id of an endpoint */
  #isShared(id) {
    return this.#store.state.endpoints.some((one) => one.id === id && one.shared);
  }

  /** @param {string} call @returns {Part} */
  #part(call) {
    const known = this.#parts.get(call);
    if (known) return known;
    this.#calls.ice.refresh();
    const part = new Part({
      call,
      identities: this.#account.identities,
      members: this.#members,
      ice: this.#calls.ice,
      sink: {
        send: (draft) => this.#account.send(draft, AT_ONCE),
        signal: (signal) => this.#account.signal(signal),
        bond: (endpoint, bond) => {
          this.#say({ t: 'bond', id: call, endpoint, bond, at: Date.now() });
          if (bond.media) this.#dropIns.reached(call, endpoint, bond.media);
        },
        unbound: (endpoint) => this.#unbound(call, endpoint),
        room: (room) => this.#say({ t: 'room', id: call, room, at: Date.now() }),
        speaking: (endpoints) => this.#say({ t: 'speaking', id: call, endpoints }),
        met: (member, vouched) => this.#met(call, member, vouched),
        connected: (endpoint) => this.#connected(call, endpoint),
        doubt: () => this.#account.probe(),
        untrusted: (reason) => this.#refuse(call, reason),
      },
    });
    this.#parts.set(call, part);
    part.use(this.#outgoing(call));
    return part;
  }

  /** What may leave of what is captured. @param {string} call @returns {Tracks} */
  #outgoing(call) {
    const { tracks } = this.#calls.capture;
    if (!this.#dropIns.has(call)) return tracks;
    const { view = null, path = 'mesh' } = this.#group(call) ?? {};
    // The mixer passes what it hears on to all at once: nothing is said while one of them is not known yet.
    const known = path === 'mesh' || (view?.members ?? []).every(({ endpoint }) => endpoint === view?.own || this.#dropIns.knows(call, endpoint));
    return known ? this.#dropIns.outgoing(call, tracks) : { audio: null, video: null };
  }

  /** One of them was verified. At a drop in all must be such as may come in. @param {string} call @param {MemberView} member @param {Vouched} vouched */
  async #met(call, member, { acquaintance, caller }) {
    if (!this.#dropIns.has(call)) return;
    require(!acquaintance.changed, 'forked');
    await this.#dropIns.met(call, caller, member.endpoint);
    this.#parts.get(call)?.use(this.#outgoing(call));
  }

  /** The media stands with one of them. Whoever began a drop in comes in first. @param {string} call @param {string} endpoint */
  #connected(call, endpoint) {
    const view = this.#group(call)?.view;
    if (!view || !this.#dropIns.has(call) || endpoint !== view.started_by.endpoint) return;
    const own = ownCapabilities(view);
    const others = view.members.filter((member) => member.endpoint !== view.own);
    const video = view.path === 'mesh' && others.some(({ capabilities }) => negotiate(own, capabilities, view.video).send_video);
    this.#dropIns.connected(call, { send_audio: own.microphone ?? false, receive_audio: true, send_video: video, receive_video: video });
  }

  /** Nothing connects this endpoint with them any more, by the roster or by the server's word. @param {string} call @param {string} endpoint */
  #unbound(call, endpoint) {
    this.#say({ t: 'unbound', id: call, endpoint });
    if (this.#group(call)?.ended === null) this.#dropIns.left(call, endpoint);
  }

  /** Whose voice says that there is somebody: whoever speaks, else who began it. @param {string} call */
  #heardOf(call) {
    const group = this.#group(call);
    const part = this.#parts.get(call);
    if (!group || !part) return null;
    return part.room ?? part.remoteOf(group.speaking[0] ?? group.view?.started_by.endpoint ?? '');
  }

  /** Nothing that could not be verified is heard: this endpoint leaves. @param {string} call @param {string} reason */
  #refuse(call, reason) {
    console.warn(`a group was left: ${reason}`);
    this.#over(call, 'unsafe');
    this.#tell({ t: 'leave_group', call, why: 'done' });
  }

  /** @param {string} call @param {Reply} reply */
  #replied(call, reply) {
    if (reply.t === 'group_over') this.#over(call, reply.reason);
    if (reply.t !== 'group_state') return;
    this.#say({ t: 'view', view: reply.group });
    this.#follow(reply.group);
  }

  /** @param {string} call @param {GroupEnding} ending */
  #over(call, ending) {
    this.#say({ t: 'over', id: call, ending });
  }

  /** @param {GroupAction} what */
  #say(what) {
    this.#store.dispatch({ t: 'group', what });
  }

  /** A command whose answer changes nothing here. @param {Draft} draft */
  #tell(draft) {
    this.#account.send(draft).catch(() => {});
  }

  #captured() {
    for (const [call, part] of this.#parts) part.use(this.#outgoing(call));
  }

  /** What is over is closed at once, and nothing is captured for nobody. @param {State} state */
  #tidy(state) {
    const live = state.groups.filter(({ ended }) => ended === null);
    for (const [call, part] of this.#parts) {
      if (live.some(({ id }) => id === call)) continue;
      part.close();
      this.#parts.delete(call);
      this.#account.forget(call);
    }
    this.#dropIns.keep(live.map(({ id }) => id));
    this.#calls.capture.frugal = currentGroup(state) !== null;
    const { audioWanted, videoWanted } = this.#calls.capture.live;
    if ((audioWanted || videoWanted) && !isOccupied(state)) void this.#calls.capture.want({ audio: false, video: false });
  }
}
