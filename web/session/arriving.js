/**
 * Pairing, at the new endpoint: it proves that it knows the link's secret, or shows six digits, and believes
 * the chain or roster that an endpoint of its person's has named and signed it into. docs/trust.md, section 4.
 */

import { nameOf } from '../trust/links.js';
import { CodeNew, LinkNew } from '../trust/pairing.js';
import { require, Untrusted } from '../trust/untrusted.js';
import { plainCode } from './hosting.js';
import { readStep, writeStep } from './steps.js';

/** @import {PairingSignalled} from '../protocol.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Arrived} from '../trust/pairing.js' */
/** @import {Identities, Send} from './identities.js' */
/** @import {Step} from './steps.js' */

/** Digits with one endpoint. @typedef {{to: string, machine: CodeNew, commit: Step, answered: boolean, same: boolean, done: boolean}} Attempt */

const SOON = 2_000; // milliseconds until what has no answer is said again: the other side may have been away
const LATEST = 900_000;

/** More would let a server try until the digits are alike; then a person has to ask for another. */
const ATTEMPTS = 3;
const NONCE_LENGTH = 32;

export class Arriving {
  #identities;
  #send;
  #store;
  #arrived;
  /** @type {LinkNew | null} */ #link = null;
  /** @type {Attempt | null} */ #attempt = null;
  #begun = 0;
  #again = 0;
  #turn = Promise.resolve();

  /** @param {Identities} identities @param {Send} send @param {Store} store @param {() => void} arrived this endpoint was taken in */
  constructor(identities, send, store, arrived) {
    this.#identities = identities;
    this.#send = send;
    this.#store = store;
    this.#arrived = arrived;
  }

  /** Signed in, and nobody has vouched yet. */
  begin() {
    clearTimeout(this.#again);
    this.#inTurn(async () => {
      const { offered, pairing } = this.#identities.identity;
      if (!offered || !pairing) return;
      if (!pairing.secret && this.#attempt === null) await this.#try(offered);
      else await this.#sayAgain();
      this.#insist(SOON);
    });
  }

  /** What has no answer is said again, each time after twice as long, until this endpoint was taken in. @param {number} pause */
  #insist(pause) {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => {
      this.#inTurn(async () => {
        this.#insist(Math.min(2 * pause, LATEST));
        await this.#sayAgain();
        await this.#admitted();
      });
    }, pause);
  }

  async #sayAgain() {
    const { offered, pairing, server } = this.#identities.identity;
    if (offered && pairing?.secret) {
      const { keys } = this.#identities.own;
      this.#link = new LinkNew(pairing.secret, { code: plainCode(pairing.code), server }, keys);
      this.#say(offered, { step: 'proof', keys, proof: await this.#link.greeting() });
    } else if (this.#attempt && !this.#attempt.answered) {
      this.#say(this.#attempt.to, this.#attempt.commit);
    }
  }

  /** A person wants another try. */
  again() {
    this.#begun = 0;
    const { offered } = this.#identities.identity;
    this.#tell(null);
    if (offered) this.#inTurn(() => this.#try(offered));
  }

  /** What a person said to the digits. @param {boolean} same */
  compared(same) {
    this.#inTurn(async () => {
      const attempt = this.#attempt;
      if (!attempt) return;
      await attempt.machine.confirmed(same);
      attempt.same = true;
      this.#tell('said');
      await this.#admitted();
    });
  }

  /** More was signed, maybe this endpoint. */
  changed() {
    this.#inTurn(() => this.#admitted());
  }

  /** @param {PairingSignalled} event */
  heard({ endpoint, body }) {
    this.#inTurn(async () => {
      const step = readStep(body);
      const attempt = this.#attempt?.to === endpoint.id ? this.#attempt : null;
      if (step?.step === 'vouch') return this.#vouched(step);
      if (step?.step === 'ask') return this.#try(endpoint.id);
      if (!attempt) return;
      if (step?.step === 'nonce') return this.#answered(attempt, step);
      if (step?.step === 'done') {
        attempt.done = true;
        await this.#admitted();
      } else if (step?.step === 'stop') {
        this.#attempt = null;
        this.#tell('failed');
      }
    });
  }

  /** @param {Extract<Step, {step: 'vouch'}>} vouch */
  async #vouched({ root, version, head, authority, proof }) {
    require(this.#link, 'out_of_turn');
    const [link, shown] = [this.#link, await this.#shown()];
    this.#link = null;
    await link.answered({ root, version, head, authority }, proof, shown);
    await this.#identities.belong(root);
    this.#arrived();
  }

  /** @param {string} to */
  async #try(to) {
    if (this.#begun >= ATTEMPTS) return;
    this.#begun += 1;
    const { endpoint, server } = this.#identities.identity;
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH));
    const machine = new CodeNew({ code: endpoint, server }, this.#identities.own.keys, nonce);
    /** @type {Step} */
    const commit = { step: 'commit', commitment: await machine.commitment() };
    this.#attempt = { to, machine, commit, answered: false, same: false, done: false };
    this.#say(to, commit);
  }

  /** @param {Attempt} attempt @param {Extract<Step, {step: 'nonce'}>} own */
  async #answered(attempt, { step: _, ...own }) {
    if (attempt.answered) return; // the same again
    const { nonce, digits } = await attempt.machine.answered(own);
    attempt.answered = true;
    this.#say(attempt.to, { step: 'reveal', keys: this.#identities.own.keys, nonce });
    this.#tell('digits', digits);
  }

  /** Both have said that the digits are the same, and it was signed. */
  async #admitted() {
    const attempt = this.#attempt;
    if (!attempt?.same) return;
    const shown = await this.#shown().catch(() => null);
    if (!shown?.active.has(nameOf(this.#identities.own.keys.identity))) return;
    await attempt.machine.admitted(shown);
    this.#attempt = null;
    await this.#identities.belong(shown.root);
    this.#tell(null);
    this.#arrived();
  }

  /** The chain or roster that this endpoint is to be in. @returns {Promise<Arrived>} */
  async #shown() {
    const { person } = this.#identities.identity;
    if (person) return (await this.#identities.person(person)).chain;
    const { roster } = await this.#identities.household();
    require(roster, 'missing');
    return roster;
  }

  /** Who is away is told again. @param {string} to @param {Step} step */
  #say(to, step) {
    this.#send({ t: 'pairing_signal', to, body: writeStep(step) }, { within: 10_000 }).catch(() => {});
  }

  /** @param {import('../state/state.js').Meeting['stage'] | null} stage @param {string} [digits] */
  #tell(stage, digits = '') {
    const { meeting } = this.#store.state;
    const shown = { endpoint: '', name: '', shared: false, digits: digits || (meeting?.digits ?? ''), why: null };
    this.#store.dispatch({ t: 'meeting', meeting: stage && { ...shown, stage } });
  }

  /** @param {() => Promise<void>} step */
  #inTurn(step) {
    this.#turn = this.#turn.then(async () => {
      if (!this.#identities.vouched) await step();
    }).catch((error) => {
      if (!(error instanceof Untrusted)) return; // the connection: what is to be said is said again
      const { to } = this.#attempt ?? {};
      this.#attempt = null;
      if (to) this.#say(to, { step: 'stop' });
      this.#tell('failed');
    });
  }
}
