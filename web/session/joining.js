/** How a browser becomes an endpoint: as a new person, with a pairing code, or with a recovery key. */

import { fromBase64Url } from '../core/bytes.js';
import { VERSION } from '../core/guidelines.js';
import { signPersonLink, extend, personLinkOf, replay } from '../trust/person.js';
import { readRecovery, recoveryKey } from '../trust/recovery.js';
import { deviceName, lookAround } from './devices.js';
import { ownOf, now } from './identities.js';
import { makeKeys, publicKeys } from './keys.js';
import { enrolled, lookUpRecovery, pair, recover, signUp } from './open.js';
import { newPaper } from './paper.js';
import { ProblemError } from './problem.js';
import { beginToWire, recoverToWire } from './wire.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {PersonLink} from '../trust/person.js' */
/** @import {Identity} from './database.js' */
/** @import {KeyPairs} from './keys.js' */

/** Who this browser is now. `root`: of its own chain, where it began or goes on with one; `seed`: to be written down. @typedef {{identity: Identity, root?: Bytes, seed?: Bytes}} Joined */

/** @typedef {{keys: KeyPairs, paper: {seed: Bytes, identity: Bytes}, link: PersonLink, root: Bytes}} Beginning */

export class Joining {
  /** The same in every try: whoever asks again with the same keys, because the reply was lost, is not refused. @type {Promise<Beginning> | null} */
  #beginning = null;

  /**
   * @param {{name: string, mobile: string, profile: string | null, secret: string | null}} person who has accepted the guidelines
   * @returns {Promise<Joined & {codeSent: boolean}>} Rejects with ProblemError.
   */
  async signUp({ name, mobile, profile, secret }) {
    const { keys, paper, link, root } = await this.#begin();
    const { capabilities } = await lookAround();
    const reply = await signUp({
      name,
      mobile,
      device_name: deviceName(navigator.userAgent),
      keys: await publicKeys(keys),
      capabilities,
      link: beginToWire(link),
      guidelines: VERSION,
      ...(secret === null ? {} : { secret }),
      ...(profile === null ? {} : { profile }),
    });
    return { identity: enrolled(reply, keys), root, seed: paper.seed, codeSent: reply.code_sent };
  }

  /** A child's first device begins their chain; others wait to be signed for. @param {{code: string, name: string}} device the code alone, or `CODE.SECRET` @returns {Promise<Joined>} Rejects with ProblemError. */
  async pair({ code: typed, name }) {
    const { keys, paper, link, root } = await this.#begin();
    const { code, secret } = readPairing(typed);
    const { capabilities } = await lookAround();
    const reply = await pair({ code, name, keys: await publicKeys(keys), capabilities, link: beginToWire(link) });
    const identity = enrolled(reply, keys);
    if (reply.begun) return { identity, root, seed: paper.seed };
    return { identity: { ...identity, offered: reply.offered_by, pairing: { code, secret } } };
  }

  /** Everything was lost but the paper. Rejects with ProblemError, or Untrusted. @param {string} typed @returns {Promise<Joined & {name: string}>} */
  async recover(typed) {
    const { keys, paper } = await this.#begin();
    const printed = await recoveryKey(await readRecovery(typed));
    const { name, identity } = await lookUpRecovery(printed.identity);
    const chain = await replay(identity.links.map((link) => personLinkOf({ ...link })));
    const own = await ownOf({ endpoint: '', server: new Uint8Array(0), keys });
    const deed = /** @type {const} */ ({ action: 'recover', keys: own.keys, recovery: paper.identity });
    const link = await signPersonLink(chain, deed, { time: now(), signer: printed.identity, sign: printed.sign });
    await extend(chain, link);
    const { capabilities } = await lookAround();
    const reply = await recover({ link: recoverToWire(link), name: deviceName(navigator.userAgent), capabilities });
    return { identity: enrolled(reply, keys), root: chain.root, seed: paper.seed, name };
  }

  /** Of this browser, whoever it comes in as. */
  async keys() {
    return (await this.#begin()).keys;
  }

  #begin() {
    this.#beginning ??= begin();
    return this.#beginning;
  }
}

/** @returns {Promise<Beginning>} */
async function begin() {
  const [keys, paper] = await Promise.all([makeKeys(), newPaper()]);
  const own = await ownOf({ endpoint: '', server: new Uint8Array(0), keys });
  const deed = /** @type {const} */ ({ action: 'begin', keys: own.keys, recovery: paper.identity });
  const link = await signPersonLink(null, deed, { time: now(), signer: own.keys.identity, sign: own.sign });
  return { keys, paper, link, root: (await extend(null, link)).root };
}

/** Throws ProblemError. @param {string} typed @returns {{code: string, secret: Bytes | null}} */
export function readPairing(typed) {
  const [code = '', secret] = typed.trim().split('.');
  if (secret === undefined) return { code, secret: null };
  try {
    const bytes = fromBase64Url(secret);
    if (bytes.length === 16) return { code, secret: bytes };
  } catch {
    // said below
  }
  throw new ProblemError('pairing_invalid');
}
