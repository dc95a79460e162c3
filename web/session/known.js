/**
 * Whom this endpoint knows: the newest it has seen of each person's chain and each household's roster, and
 * of what each person delegates. Nothing that the server shows later may go behind that. trust/known.js
 * decides; here it is kept. Persons and households are named by the server's ids.
 */

import { acceptDelegations, requireNotOlder } from '../trust/delegations.js';
import { acknowledged, compared, met, reconcile } from '../trust/known.js';
import { equal } from '../core/bytes.js';
import { nameOf } from '../trust/links.js';
import { amend, load, loadAll } from './database.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Delegations} from '../trust/delegations.js' */
/** @import {Outcome, Remembered} from '../trust/known.js' */
/** @import {Reach} from '../trust/links.js' */
/** @import {Chain} from '../trust/person.js' */

/** @typedef {'persons' | 'households'} Sort */

/** @param {Sort} sort @param {string} id @returns {Promise<Remembered | null>} */
export function known(sort, id) {
  return load(sort, id);
}

/**
 * Whether a chain or roster goes on from what is known of its root, under whatever id it is shown.
 * @param {Sort} sort @param {Reach} reach @returns {Promise<boolean>}
 */
export async function continues(sort, reach) {
  const all = /** @type {Remembered[]} */ (await loadAll(sort));
  return all.filter(({ root }) => equal(root, reach.root)).every((one) => ['same', 'extended'].includes(reconcile(one, reach)));
}

/**
 * A chain or roster is shown, replayed already. What goes on from what is known is remembered; the rest
 * leaves it as it was, and must not be acted on before a person decides.
 * @param {Sort} sort @param {string} id @param {Reach} reach @param {number} now Unix seconds
 * @returns {Promise<Outcome>}
 */
export async function meet(sort, id, reach, now) {
  const outcome = await amend(sort, id, (/** @type {Remembered | null} */ there) => met(there, reach, now));
  return /** @type {Outcome} */ (outcome);
}

/** A person was told of a change, and goes on. @param {Sort} sort @param {string} id @param {Reach} reach @param {number} now Unix seconds */
export async function acknowledge(sort, id, reach, now) {
  await amend(sort, id, (/** @type {Remembered | null} */ there) => acknowledged(there, reach, now));
}

/**
 * The safety number was compared.
 * @param {string} person @param {Bytes} root whose number it is @param {boolean} alike
 * @returns {Promise<boolean>} false if that is not the root that is known any more: compare again
 */
export async function saveComparison(person, root, alike) {
  const told = await amend('persons', person, (/** @type {Remembered | null} */ there) => compared(there, root, alike));
  return told === true;
}

/**
 * The newest delegations of a person, which these are now. Rejects with Untrusted if they are not, and nothing changes.
 * @param {Delegations} set @param {Chain} chain @returns {Promise<Delegations>}
 */
export async function meetDelegations(set, chain) {
  await acceptDelegations(set, chain, null); // before the database is asked: its transactions wait for nobody
  await amend('delegations', nameOf(set.person), (/** @type {Delegations | null} */ there) => {
    requireNotOlder(set, there);
    return there?.version === set.version ? {} : { keep: set };
  });
  return set;
}

/** @param {Bytes} root of the person's chain @returns {Promise<Delegations | null>} */
export function knownDelegations(root) {
  return load('delegations', nameOf(root));
}
