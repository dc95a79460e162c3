/** Who the others in a group are: each verified as the other side of a call is, and some only once a person goes on with them. */

import { publicKeysOf } from '../trust/keys.js';
import { Untrusted } from '../trust/untrusted.js';
import { Vouching } from './vouching.js';

/** @import {GroupView, MemberView} from '../protocol.js' */
/** @import {Identities} from '../session/identities.js' */
/** @import {Assurance} from './secured.js' */
/** @import {Acquaintance, Caller} from './vouching.js' */

/** @typedef {{assurance: Assurance, acquaintance: Acquaintance, caller: Caller, accept: () => Promise<void>}} Vouched */

/** @typedef {{decided: Promise<void>, goOn: () => void, giveUp: () => void}} Undecided */

export class Members {
  #vouching;
  /** Those with another identity than before, for whom a person decides. @type {Map<string, Undecided>} by pair */ #undecided = new Map();

  /** @param {Identities} identities */
  constructor(identities) {
    this.#vouching = new Vouching(identities);
  }

  /** For whom this endpoint speaks. @param {string | null} person */
  own(person) {
    return this.#vouching.own(person);
  }

  /** Rejects with Untrusted. @param {GroupView} view @param {MemberView} member @param {number} [epoch] @returns {Promise<Vouched>} */
  vouch(view, member, epoch = 0) {
    const { endpoint, order, name, keys, capabilities } = member;
    const own = view.members.find((one) => one.endpoint === view.own);
    publicKeysOf(keys);
    return this.#vouching.vouch({
      id: `${view.id}/${endpoint}/${order}/${own?.order}`,
      own_person: view.own_person ?? null,
      peer_person: member.person ?? null,
      endpoint: { id: endpoint, name, keys, capabilities },
      epoch,
    });
  }

  /** Resolves once a person says so; rejects with Untrusted if nobody did while it mattered. @param {string} call @param {string} endpoint */
  async decided(call, endpoint) {
    const key = `${call}/${endpoint}`;
    const asked = this.#undecided.get(key) ?? undecided();
    this.#undecided.set(key, asked);
    await asked.decided;
    this.#undecided.delete(key);
  }

  /** @param {string} call @param {string} endpoint */
  goOn(call, endpoint) {
    this.#undecided.get(`${call}/${endpoint}`)?.goOn();
  }

  /** More was signed by somebody. */
  changed() {
    this.#vouching.changed();
  }

  /** @param {GroupView} view */
  forget(view) {
    const own = view.members.find((one) => one.endpoint === view.own);
    for (const { endpoint, order } of view.members) this.#vouching.forget(`${view.id}/${endpoint}/${order}/${own?.order}`);
    for (const [key, { giveUp }] of [...this.#undecided]) {
      if (!key.startsWith(`${view.id}/`)) continue;
      this.#undecided.delete(key);
      giveUp();
    }
  }
}

/** @returns {Undecided} */
function undecided() {
  let goOn = () => {};
  let giveUp = () => {};
  const decided = new Promise((/** @type {(value: void) => void} */ resolve, reject) => {
    goOn = resolve;
    giveUp = () => reject(new Untrusted('left_out'));
  });
  return { decided, goOn, giveUp };
}
