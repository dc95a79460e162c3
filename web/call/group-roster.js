/**
 * The signed roster of one group, as this endpoint believes it: the newest that was shown and checked, and the next, where
 * it is this endpoint's turn to sign. docs/trust.md says who may be in it.
 */

import { equal, fromBase64, toBase64 } from '../core/bytes.js';
import { now } from '../session/identities.js';
import { checkRoster, firstRoster, followingRoster, groupRosterOf, isRemoved, stands } from '../trust/group.js';
import { publicKeysOf } from '../trust/keys.js';
import { require, Untrusted } from '../trust/untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {GroupRoster as WireRoster, GroupView, MemberView} from '../protocol.js' */
/** @import {Identities} from '../session/identities.js' */
/** @import {GroupMember, GroupRoster, Kind, Path} from '../trust/group.js' */
/** @import {Vouched} from './group-members.js' */

/** Who somebody in the group is, verified. @typedef {(member: MemberView) => Promise<Vouched>} Vouch */

/** Seconds. */
const LATELY = 300;

/** @param {MemberView} member */
export const identityOf = ({ keys }) => fromBase64(keys.identity);

/** Whether this is the endpoint at which the group was started, and the person whose name is shown for that. @param {GroupView} view @param {MemberView} member */
const isStarter = ({ started_by: by }, { endpoint, person, keys }) => endpoint === by.endpoint && (person ?? null) === (by.person ?? null) && keys.identity === by.identity;

export class Signed {
  #call;
  #identities;
  #vouch;
  /** Whom a person here has taken out for good, as rosters name them. @type {Bytes[]} */ #barred = [];
  /** @type {GroupRoster | null} */ roster = null;

  /** @param {string} call @param {Identities} identities @param {Vouch} vouch */
  constructor(call, identities, vouch) {
    this.#call = call;
    this.#identities = identities;
    this.#vouch = vouch;
  }

  /** The first one, of a group that begins here. @param {{kind: Kind, path: Path}} what @param {Bytes} root for whom this endpoint speaks @param {readonly Bytes[]} invited */
  async begin(what, root, invited) {
    this.roster = await firstRoster({ call: this.#call, ...what }, root, invited, this.#by());
    return toWire(this.roster);
  }

  /** One more that is shown. An older one changes nothing; rejects with Untrusted for what nobody in it can have signed. @param {GroupView} view */
  async hear(view) {
    const { roster: shown } = view;
    if (!shown) return;
    const next = groupRosterOf({ ...shown });
    // Signed for this group, as the kind and the way that it is shown as.
    require(next.call === this.#call && next.kind === view.kind && next.path === view.path, 'forked');
    if (this.roster !== null && next.version <= this.roster.version) return;
    if (this.#leavesOut(view, next)) return;
    await checkRoster(next, this.roster);
    if (this.roster === null && !(await this.#isFirst(next, view))) return;
    this.roster = next;
  }

  /** Whether one member alone throws this endpoint out: that is the starter's, and the server would say so, too. @param {GroupView} view @param {GroupRoster} next */
  #leavesOut({ members, own }, next) {
    const there = members.find(({ endpoint }) => endpoint === own);
    return there !== undefined && this.holds(there) && !stands(next, identityOf(there));
  }

  /** The first that one sees is signed by who began the group, or by somebody who was known before it. @param {GroupRoster} next @param {GroupView} view */
  async #isFirst({ members, signer, starter }, view) {
    const { members: there, created } = view;
    if (equal(signer, this.#identities.own.keys.identity)) return true; // one's own, from before the page was loaded anew
    const by = there.find((member) => equal(identityOf(member), signer));
    if (by === undefined) return false; // who signed has left: the next roster is under way
    const { caller, acquaintance } = await this.#vouch(by);
    require(members.some(({ identity, root }) => equal(identity, signer) && equal(root, caller.root)), 'forked');
    const { sort, since, changed } = acquaintance;
    const began = isStarter(view, by);
    require(!began || equal(starter, caller.root), 'forked');
    require(began || (!changed && (sort !== 'person' || (since ?? Infinity) < created)), 'unknown_person');
    return true;
  }

  /** Whether this endpoint stands in it, and a member too, as of that joining. @param {MemberView} member */
  holds(member) {
    const { roster } = this;
    if (roster === null || !stands(roster, this.#identities.own.keys.identity)) return false;
    return roster.members.some(({ identity, order }) => order === member.order && equal(identity, identityOf(member)));
  }

  /**
   * Rejects with Untrusted unless this is what whoever began a drop in has signed, lately, and for somebody here: where there is
   * no connection with them it stands for it. @param {GroupView} view @param {readonly Bytes[]} roots for whom this endpoint may be asked
   */
  async requireBegun(view, roots) {
    const { roster } = this;
    require(roster?.version === 0 && equal(roster.signer, fromBase64(view.started_by.identity)), 'missing');
    const starter = view.members.find((member) => isStarter(view, member));
    require(starter !== undefined, 'missing');
    require(equal(roster.starter, (await this.#vouch(starter)).caller.root), 'forked');
    require(Math.abs(now() - roster.time) <= LATELY, 'stale');
    require(roots.some((root) => roster.invited.some((one) => equal(one, root))), 'not_invited');
  }

  /** Whether an endpoint stands in it and speaks for this root. @param {Bytes} identity @param {Bytes} root */
  names(identity, root) {
    return this.roster?.members.some((one) => equal(one.identity, identity) && equal(one.root, root)) ?? false;
  }

  /** They are out for good: a person wherever they are, a room's device itself. Rejects with Untrusted. @param {MemberView} member */
  async bar(member) {
    this.#barred.push(member.person ? (await this.#vouch(member)).caller.root : identityOf(member));
  }

  /** The next roster, if it is this endpoint's turn to sign one; else null. @param {GroupView} view @returns {Promise<WireRoster | null>} */
  async next({ members, own }) {
    const { roster } = this;
    if (roster === null) return null;
    const removed = this.#barred.filter((one) => !isRemoved(roster, one, one));
    // Who is out for good is said by whoever began it, at once: nobody else can.
    if (removed.length === 0 && (this.#agrees(members) || !this.#mayNow(members, own))) return null;
    const standing = { ...roster, removed: [...roster.removed, ...removed] };
    const kept = roster.members.filter((one) => !isRemoved(standing, one.root, one.identity) && members.some((member) => member.order === one.order && equal(identityOf(member), one.identity)));
    const fresh = members.filter((member) => !roster.members.some((one) => one.order === member.order && equal(one.identity, identityOf(member))));
    const added = await Promise.all(fresh.map((member) => this.#taken(member, standing)));
    const next = [...kept, ...added.flatMap((member) => member ?? [])];
    if (removed.length === 0 && next.length === roster.members.length && next.every((one) => roster.members.includes(one))) return null;
    return toWire(await followingRoster(roster, next, this.#by(), { removed }));
  }

  /** With more roots that are asked. @param {readonly Bytes[]} invited @returns {Promise<WireRoster | null>} */
  async wider(invited) {
    const { roster } = this;
    return roster && toWire(await followingRoster(roster, roster.members, this.#by(), { invited }));
  }

  /** @param {readonly MemberView[]} members */
  #agrees(members) {
    const standing = this.roster?.members ?? [];
    return standing.length === members.length && members.every(({ order }) => standing.some((one) => one.order === order));
  }

  /** Who has been there longest signs; the next one where those before are not connected, and this one is. @param {readonly MemberView[]} members @param {string} own */
  #mayNow(members, own) {
    const standing = members.filter((member) => this.holds(member)).sort((one, other) => one.order - other.order);
    const at = standing.findIndex(({ endpoint }) => endpoint === own);
    if (at <= 0) return at === 0;
    return standing[at]?.connected === true && standing.slice(0, at).every(({ connected }) => !connected);
  }

  /** Somebody new, if they were asked and are believed. @param {MemberView} member @param {GroupRoster} roster @returns {Promise<GroupMember | null>} */
  async #taken(member, roster) {
    try {
      const { caller } = await this.#vouch(member);
      const asked = roster.invited.some((root) => equal(root, caller.root));
      const { identity } = publicKeysOf(member.keys);
      return asked && !isRemoved(roster, caller.root, identity) ? { identity, root: caller.root, order: member.order } : null;
    } catch (error) {
      if (error instanceof Untrusted) return null;
      throw error;
    }
  }

  #by() {
    const { keys, sign } = this.#identities.own;
    return { identity: keys.identity, sign, time: now() };
  }
}

/**
 * The roots of whom somebody here wants to ask: persons, and endpoints of one's own or of the household. Rejects with Untrusted.
 * @param {Identities} identities @param {readonly string[]} to @param {(endpoint: string) => boolean} isShared
 */
export async function rootsOf(identities, to, isShared) {
  const persons = to.filter((id) => id.startsWith('p_'));
  const others = to.filter((id) => !id.startsWith('p_'));
  const found = persons.length === 0 ? new Map() : await identities.people(persons);
  const roots = persons.map((id) => {
    const person = found.get(id);
    require(person && person.outcome !== 'rolled_back' && person.outcome !== 'forked', 'unknown_person');
    return /** @type {Bytes} */ (person.chain.root);
  });
  const everyone = others.includes('everyone');
  if (everyone || others.some(isShared)) {
    const { roster } = await identities.household();
    if (roster) roots.push(roster.root);
  }
  if (identities.belonging !== null && (everyone || others.some((id) => !isShared(id)))) roots.push(identities.belonging);
  return roots;
}

/** @param {GroupRoster} roster @returns {WireRoster} */
function toWire({ call, kind, path, starter, version, previous, invited, removed, members, time, signer, signature }) {
  return {
    call,
    kind,
    path,
    starter: toBase64(starter),
    version,
    previous: toBase64(previous),
    invited: invited.map(toBase64),
    removed: removed.map(toBase64),
    members: members.map(({ identity, root, order }) => ({ identity: toBase64(identity), root: toBase64(root), order })),
    time,
    signer: toBase64(signer),
    signature: toBase64(signature),
  };
}
