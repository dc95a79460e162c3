/**
 * Pairing, at the endpoint of somebody who is there already: it makes sure of the new one's keys, by the secret in the
 * link or by six digits, and signs. docs/trust.md, section 4.
 */

import { equal, fromBase64, toBase64Url } from '../core/bytes.js';
import { sha256 } from '../trust/keys.js';
import { nameOf } from '../trust/links.js';
import { CodeOwn, LinkOwn } from '../trust/pairing.js';
import { require, Untrusted } from '../trust/untrusted.js';
import { codeOf } from './problem.js';
import { readStep, writeStep } from './steps.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {PairingOffered, PairingSignalled, WaitingEndpoint} from '../protocol.js' */
/** @import {PublicKeys} from '../trust/keys.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Deeds} from './deeds.js' */
/** @import {Identities, Send} from './identities.js' */
/** @import {Step} from './steps.js' */

/** A code that was asked for here. `open` while a person looks at it: then digits may be compared, once. @typedef {{secret: Bytes, shared: boolean, open: boolean, taken: Bytes | null}} Offer */
/** Digits with one endpoint. @typedef {{endpoint: WaitingEndpoint, machine: CodeOwn, commitment: Bytes, nonce: Step}} Attempt */

const SECRET_LENGTH = 16;
const NONCE_LENGTH = 32;

/** As it stands in statements. @param {string} code */
export const plainCode = (code) => code.toUpperCase().replace(/[\s-]/g, '');

export class Hosting {
  #identities;
  #deeds;
  #send;
  #store;
  /** @type {Map<string, Offer>} by code */ #offers = new Map();
  /** Waiting endpoints that a person tapped. @type {Set<string>} */ #tapped = new Set();
  /** @type {Attempt | null} */ #attempt = null;
  /** What was vouched, to be said again. @type {Map<string, Step>} */ #vouched = new Map();
  #turn = Promise.resolve();

  /** @param {Identities} identities @param {Deeds} deeds @param {Send} send @param {Store} store */
  constructor(identities, deeds, send, store) {
    this.#identities = identities;
    this.#deeds = deeds;
    this.#send = send;
    this.#store = store;
  }

  /** A code is shown. @param {PairingOffered} offered @param {boolean} shared @returns {string} the secret that goes into the link */
  show({ code }, shared) {
    const secret = crypto.getRandomValues(new Uint8Array(SECRET_LENGTH));
    this.#offers.set(plainCode(code), { secret, shared, open: true, taken: null });
    this.#store.dispatch({ t: 'meeting', meeting: null });
    return toBase64Url(secret);
  }

  /** Nobody looks at codes or digits any more. */
  hide() {
    for (const offer of this.#offers.values()) offer.open = false;
    this.#tapped.clear();
    const { meeting } = this.#store.state;
    if (this.#attempt && meeting?.stage !== 'done') this.#stop(this.#attempt.endpoint.id);
    this.#attempt = null;
    this.#store.dispatch({ t: 'meeting', meeting: null });
  }

  /** Somebody wants to compare digits with an endpoint that waits. @param {WaitingEndpoint} endpoint */
  async ask(endpoint) {
    this.#tapped.add(endpoint.id);
    this.#tell(endpoint, 'waiting');
    try {
      await this.#say(endpoint.id, { step: 'ask' });
    } catch (error) {
      this.#tell(endpoint, 'failed', { why: codeOf(error) === 'unknown_endpoint' ? 'away' : 'problem' });
    }
  }

  /** What a person said to the digits. @param {boolean} same */
  async compared(same) {
    const attempt = this.#attempt;
    if (!attempt) return;
    const { endpoint, machine } = attempt;
    this.#tell(endpoint, 'signing');
    try {
      const keys = await machine.confirmed(same);
      await this.#sign(endpoint.shared, keys);
      await this.#say(endpoint.id, { step: 'done' });
      this.#tell(endpoint, 'done');
    } catch (error) {
      this.#failed(endpoint, error);
    }
    this.#attempt = null;
  }

  /** @param {PairingSignalled} event */
  heard({ endpoint, body }) {
    this.#turn = this.#turn.then(() => this.#step(endpoint, body)).catch((error) => this.#failed(endpoint, error));
  }

  /** @param {WaitingEndpoint} endpoint @param {string} body */
  async #step(endpoint, body) {
    const step = readStep(body);
    switch (step?.step) {
      case 'proof':
        return this.#proved(endpoint, step.keys, step.proof);
      case 'commit':
        return this.#committed(endpoint, step.commitment);
      case 'reveal':
        return this.#revealed(endpoint, step.keys, step.nonce);
      case 'stop':
        if (this.#attempt?.endpoint.id !== endpoint.id) return;
        this.#attempt = null;
        this.#tell(endpoint, 'failed', { why: 'unlike' });
    }
  }

  // -- by link -------------------------------------------------------------------------------------

  /** Who knows the secret scanned it: nobody is asked. @param {WaitingEndpoint} endpoint @param {PublicKeys} keys @param {Bytes} proof */
  async #proved(endpoint, keys, proof) {
    const said = this.#vouched.get(nameOf(keys.identity));
    if (said) return this.#say(endpoint.id, said);
    const found = await this.#offerOf(keys, proof);
    if (!found) return; // this page was opened anew: the person can compare digits
    const { offer, link } = found;
    const free = offer.taken === null || equal(offer.taken, keys.identity); // that of whom it could not be signed the first time
    require(offer.shared === endpoint.shared && free, 'wrong_proof');
    offer.taken = keys.identity;
    this.#tell(endpoint, 'signing');
    const { root, version, head } = await this.#sign(offer.shared, keys);
    const answer = { root, version, head, authority: await authority() };
    /** @type {Step} */
    const vouch = { step: 'vouch', ...answer, proof: await link.answer(answer) };
    this.#vouched.set(nameOf(keys.identity), vouch);
    await this.#say(endpoint.id, vouch);
    this.#tell(endpoint, 'done');
  }

  /** @param {PublicKeys} keys @param {Bytes} proof */
  async #offerOf(keys, proof) {
    const { server } = this.#identities.identity;
    for (const [code, offer] of this.#offers) {
      const link = new LinkOwn(offer.secret, { code, server });
      const fits = await link.greeted(keys, proof).then(() => true, () => false);
      if (fits) return { offer, link };
    }
    return null;
  }

  // -- by digits -----------------------------------------------------------------------------------

  /** @param {WaitingEndpoint} endpoint @param {Bytes} commitment */
  async #committed(endpoint, commitment) {
    const attempt = this.#attempt;
    if (attempt?.endpoint.id === endpoint.id) {
      if (!equal(attempt.commitment, commitment)) throw new Untrusted('out_of_turn');
      return this.#say(endpoint.id, attempt.nonce);
    }
    if (attempt || !this.#deed(endpoint)) return;
    const { identity, own } = this.#identities;
    const { root, version, head } = await this.#reach(endpoint.shared);
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH));
    const introduction = { identity: own.keys.identity, nonce, root, version, head };
    const machine = new CodeOwn({ code: endpoint.id, server: identity.server }, introduction);
    /** @type {Step} */
    const answer = { step: 'nonce', ...(await machine.committed(commitment)) };
    this.#attempt = { endpoint, machine, commitment, nonce: answer };
    this.#tell(endpoint, 'waiting');
    await this.#say(endpoint.id, answer);
  }

  /** One attempt for each deed of a person. @param {WaitingEndpoint} endpoint */
  #deed({ id, shared }) {
    if (this.#tapped.delete(id)) return true;
    const offer = [...this.#offers.values()].find((one) => one.open && one.shared === shared);
    if (offer) offer.open = false;
    return offer !== undefined;
  }

  /** @param {WaitingEndpoint} endpoint @param {PublicKeys} keys @param {Bytes} nonce */
  async #revealed(endpoint, keys, nonce) {
    const attempt = this.#attempt;
    if (attempt?.endpoint.id !== endpoint.id) return;
    this.#tell(endpoint, 'digits', { digits: await attempt.machine.revealed(keys, nonce) });
  }

  /** @param {boolean} shared */
  async #reach(shared) {
    if (shared) return this.#deeds.begin();
    return (await this.#identities.person(this.#identities.identity.person ?? '')).chain;
  }

  // -- parts ---------------------------------------------------------------------------------------

  /** @param {boolean} shared @param {PublicKeys} keys */
  #sign(shared, keys) {
    return shared ? this.#deeds.addShared([keys]) : this.#deeds.addOwn(keys);
  }

  /** @param {string} to @param {Step} step */
  async #say(to, step) {
    await this.#send({ t: 'pairing_signal', to, body: writeStep(step) }, { within: 10_000 });
  }

  /** @param {string} to */
  #stop(to) {
    this.#say(to, { step: 'stop' }).catch(() => {});
  }

  /** @param {WaitingEndpoint} endpoint @param {unknown} error */
  #failed(endpoint, error) {
    if (this.#attempt?.endpoint.id === endpoint.id) this.#attempt = null;
    this.#stop(endpoint.id);
    const unlike = error instanceof Untrusted && error.reason === 'not_confirmed';
    this.#tell(endpoint, 'failed', { why: unlike ? 'unlike' : 'problem' });
  }

  /** @param {WaitingEndpoint} endpoint @param {import('../state/state.js').Meeting['stage']} stage @param {{digits?: string, why?: 'away' | 'unlike' | 'problem'}} [more] */
  #tell({ id, name, shared }, stage, more = {}) {
    this.#store.dispatch({ t: 'meeting', meeting: { endpoint: id, name, shared, stage, digits: '', why: null, ...more } });
  }
}

/** SHA-256 of the server's own certificate authority; empty where it has none. @returns {Promise<Bytes>} */
async function authority() {
  const response = await fetch('/ca.pem').catch(() => null);
  const pem = response?.ok ? await response.text() : '';
  const [, body] = /-----BEGIN CERTIFICATE-----([^-]+)-----END/.exec(pem) ?? [];
  return body === undefined ? new Uint8Array(0) : sha256(fromBase64(body.replace(/\s/g, '')));
}
