/** The commands that need no sign-in, over HTTP: how a browser becomes an endpoint. */

import { fromBase64, toBase64 } from '../core/bytes.js';
import { newRequest } from '../core/ids.js';
import { ProblemError } from './problem.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Capabilities, ChallengeIssued, InvitationDetails, Keys, Paired, PasskeyAsked, PersonBegin, PersonRecover, ProblemReply, RecoveryFound, SignedUp, SignIn, Token, UsePasskey} from '../protocol.js' */
/** @import {Identity} from './database.js' */
/** @import {KeyPairs} from './keys.js' */

const TRIES = 3;

/** @param {string} secret @returns {Promise<InvitationDetails>} */
export function lookUpInvitation(secret) {
  return post('look_up_invitation', { secret });
}

/**
 * @param {{name: string, mobile: string, device_name: string, guidelines: number, secret?: string, profile?: string, keys: Keys, capabilities: Capabilities, link: PersonBegin}} form
 * @returns {Promise<SignedUp>}
 */
export function signUp(form) {
  return post('sign_up', form);
}

/** @param {{code: string, name: string, keys: Keys, capabilities: Capabilities, link: PersonBegin}} form @returns {Promise<Paired>} */
export function pair(form) {
  return post('pair', form);
}

/** @returns {Promise<ChallengeIssued>} */
export function challenge() {
  return post('challenge', {});
}

/** @param {Pick<SignIn, 'endpoint' | 'nonce' | 'signature'>} form @returns {Promise<Token>} */
export function signIn(form) {
  return post('sign_in', form);
}

/** @returns {Promise<PasskeyAsked>} */
export function askPasskey() {
  return post('ask_passkey', {});
}

/** @param {Omit<UsePasskey, 't' | 'id' | 'as'>} form @returns {Promise<Paired>} */
export function usePasskey(form) {
  return post('use_passkey', form);
}

/** @param {Bytes} recovery the public half of the printed key @returns {Promise<RecoveryFound>} */
export function lookUpRecovery(recovery) {
  return post('look_up_recovery', { recovery: toBase64(recovery) });
}

/** @param {{link: PersonRecover, name: string, capabilities: Capabilities}} form @returns {Promise<Paired>} */
export function recover(form) {
  return post('recover', form);
}

/** @param {SignedUp | Paired} reply @param {KeyPairs} keys @returns {Identity} */
export function enrolled({ endpoint, server, person, household }, keys) {
  return { endpoint, server: fromBase64(server), keys, person, household };
}

/**
 * The id is the same in every try, so that a reply lost on the way is answered again, not carried out twice.
 * @template R
 * @param {string} type @param {object} fields
 * @returns {Promise<R>}
 */
async function post(type, fields) {
  const body = JSON.stringify({ id: newRequest(), ...fields });
  for (let left = TRIES; left > 0; left -= 1) {
    const response = await fetch(`/v1/${type}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    }).catch(() => null);
    const reply = await response?.json().catch(() => null);
    if (reply?.t === 'problem') throw new ProblemError(/** @type {ProblemReply} */ (reply).code, reply.data);
    if (response?.ok && reply) return reply;
  }
  throw new ProblemError('offline');
}
