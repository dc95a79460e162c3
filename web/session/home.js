/** The own household, as the server keeps it: where it is, whom it expects, and how they and their devices come in. */

import { AT_ONCE, expected } from './reply.js';

/** @import {Send} from './identities.js' */

/** Everything rejects with ProblemError. */
export class Home {
  #send;

  /** @param {Send} send */
  constructor(send) {
    this.#send = send;
  }

  /** Of which country the household's contacts have numbers without a country's code. @param {string} region */
  async setRegion(region) {
    await this.#send({ t: 'set_region', region }, AT_ONCE);
  }

  /** Whom the household expects: saved names that nobody has taken over yet. */
  async listProfiles() {
    return expected('profiles', await this.#send({ t: 'list_profiles' }, AT_ONCE)).profiles;
  }

  /** @param {string} name */
  async addProfile(name) {
    return expected('profiles', await this.#send({ t: 'add_profile', name }, AT_ONCE)).profiles;
  }

  /** @param {string} profile */
  async removeProfile(profile) {
    await this.#send({ t: 'remove_profile', profile }, AT_ONCE);
  }

  /** @param {boolean} household whether the guest joins the own household */
  async invite(household) {
    return expected('invited', await this.#send({ t: 'invite', household }, AT_ONCE));
  }

  /** @param {boolean} shared whether the device is the household's @param {string} [child] whose own it is to be */
  async offerPairing(shared, child) {
    const whose = child === undefined ? {} : { child };
    return expected('pairing_offered', await this.#send({ t: 'offer_pairing', shared, ...whose }, AT_ONCE));
  }
}
