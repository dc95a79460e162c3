/**
 * Passkeys (WebAuthn, Level 3): a person's way in from a new browser. They convince the server and nobody else: what
 * came in with one waits until another of the person's endpoints has signed for it.
 */

import { fromBase64, toBase64 } from '../core/bytes.js';
import { deviceName, lookAround } from './devices.js';
import { publicKeys } from './keys.js';
import { askPasskey, enrolled, usePasskey } from './open.js';
import { ProblemError } from './problem.js';
import { AT_ONCE, expected } from './reply.js';
import { checkCertificate } from './selfcheck.js';

/** @import {PasskeyAsked, PasskeyBegun, PasskeyView, Reply} from '../protocol.js' */
/** @import {Identity} from './database.js' */
/** @import {KeyPairs} from './keys.js' */
/** @import {Draft} from './session.js' */

/** @typedef {(draft: Draft, options?: {within?: number}) => Promise<Reply>} Send */

/**
 * Whether this page can use passkeys, and if not, why: opened under an address, which is no name that a passkey could
 * be for; or the browser keeps them from a page that is not secure, or has none.
 * @returns {'ready' | 'address' | 'missing'}
 */
export function passkeysHere() {
  if (isAddress(location.hostname)) return 'address';
  return globalThis.isSecureContext && 'PublicKeyCredential' in globalThis ? 'ready' : 'missing';
}

/** IPv4, or IPv6 in brackets: browsers write both in one way only. @param {string} host */
export function isAddress(host) {
  return host.startsWith('[') || /^\d+(\.\d+){3}$/.test(host);
}

/** The own passkeys. Everything rejects with ProblemError. */
export class Passkeys {
  #send;

  /** @param {Send} send */
  constructor(send) {
    this.#send = send;
  }

  /** @returns {Promise<readonly PasskeyView[]>} */
  async list() {
    return listed(await this.#send({ t: 'list_passkeys' }, AT_ONCE));
  }

  /** Have this browser, a phone or a key make one. @param {string} name @returns {Promise<readonly PasskeyView[]>} */
  async add(name) {
    const begun = expected('passkey_begun', await this.#send({ t: 'begin_passkey' }, AT_ONCE));
    return listed(await this.#send({ t: 'add_passkey', name, ...(await make(begun)) }, AT_ONCE));
  }

  /** @param {string} credential @param {string} name */
  async rename(credential, name) {
    await this.#send({ t: 'rename_passkey', credential, name }, AT_ONCE);
  }

  /** @param {string} credential */
  async remove(credential) {
    await this.#send({ t: 'remove_passkey', credential }, AT_ONCE);
  }
}

/** Who this browser is after a person has chosen one of their passkeys. @param {KeyPairs} keys @returns {Promise<Identity>} */
export async function enterByPasskey(keys) {
  const signed = await sign(await askPasskey());
  const { capabilities } = await lookAround();
  const name = deviceName(navigator.userAgent);
  return enrolled(await usePasskey({ ...signed, keys: await publicKeys(keys), name, capabilities }), keys);
}

/** @param {Reply} reply */
const listed = (reply) => expected('passkeys', reply).passkeys;

/** @param {PasskeyBegun} begun */
async function make({ challenge, relying_party: id, expires_in: within, handle, name, algorithms, exclude }) {
  const made = await asked(() =>
    navigator.credentials.create({
      publicKey: {
        challenge: fromBase64(challenge),
        rp: { id, name: 'Kith' },
        user: { id: fromBase64(handle), name, displayName: name },
        pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
        excludeCredentials: exclude.map((known) => ({ type: 'public-key', id: fromBase64(known) })),
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
        attestation: 'none',
        timeout: within * 1000,
      },
    }),
  );
  const response = /** @type {AuthenticatorAttestationResponse} */ (made.response);
  return { client_data: text(response.clientDataJSON), attestation: text(response.attestationObject) };
}

/** @param {PasskeyAsked} question */
async function sign({ challenge, relying_party: rpId, expires_in: within }) {
  const used = await asked(() =>
    navigator.credentials.get({
      publicKey: { challenge: fromBase64(challenge), rpId, userVerification: 'required', timeout: within * 1000 },
    }),
  );
  const response = /** @type {AuthenticatorAssertionResponse} */ (used.response);
  return {
    credential: text(used.rawId),
    client_data: text(response.clientDataJSON),
    authenticator_data: text(response.authenticatorData),
    signature: text(response.signature),
    handle: text(response.userHandle ?? new ArrayBuffer(0)),
  };
}

/** What the person chose. Rejects with ProblemError. @param {() => Promise<Credential | null>} ask */
async function asked(ask) {
  try {
    const found = await ask();
    if (found instanceof PublicKeyCredential) return found;
  } catch (error) {
    const name = error instanceof DOMException ? error.name : '';
    if (name === 'InvalidStateError') throw new ProblemError('passkey_there');
    if (name === 'SecurityError' || name === 'NotSupportedError') throw new ProblemError('passkeys_unavailable');
    // Past a certificate that nobody vouches for a browser goes on at a person's wish, but without passkeys.
    if ((await checkCertificate()).outcome === 'bad') throw new ProblemError('passkeys_unavailable');
  }
  throw new ProblemError('passkey_unchosen'); // browsers do not tell a person who declined from one who has none
}

/** @param {ArrayBuffer} bytes */
function text(bytes) {
  return toBase64(new Uint8Array(bytes));
}
