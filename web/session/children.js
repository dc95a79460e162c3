/** The children of the household, as their parents look after them. */

import { AT_ONCE, expected } from './reply.js';

/** @import {ChildCallView, ChildView, SetChild} from '../protocol.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Send} from './identities.js' */

/** What a parent changes. @typedef {Omit<SetChild, 't' | 'id' | 'as' | 'child'>} Limits */

export class Children {
  #send;
  #store;

  /** @param {Send} send @param {Store} store */
  constructor(send, store) {
    this.#send = send;
    this.#store = store;
  }

  // -- each rejects with ProblemError ----------------------------------------------------------------

  /** @returns {Promise<number>} the version of what is to be agreed to */
  async list() {
    const reply = expected('children', await this.#send({ t: 'list_children' }, AT_ONCE));
    this.#store.dispatch({ t: 'children', children: reply.children });
    return reply.version;
  }

  /** @param {string} name @returns {Promise<ChildView>} */
  async add(name) {
    return this.#shown({ t: 'add_child', name });
  }

  /** A parent has read what this version says. @param {string} child @param {number} version */
  async consent(child, version) {
    await this.#shown({ t: 'consent', child, version });
  }

  /** @param {string} child @param {Limits} limits */
  async set(child, limits) {
    await this.#shown({ t: 'set_child', child, ...limits });
  }

  /** A page of what the child did, the latest first. @param {string} child @param {number} [before] @returns {Promise<{calls: ChildCallView[], more: boolean}>} */
  async activity(child, before) {
    return expected('child_calls', await this.#send({ t: 'child_activity', child, ...(before === undefined ? {} : { before }) }, AT_ONCE));
  }

  /** @param {string} child */
  async erase(child) {
    await this.#send({ t: 'erase_child', child }, AT_ONCE);
    this.#put((children) => children.filter(({ id }) => id !== child));
  }

  /** @param {Parameters<Send>[0]} command */
  async #shown(command) {
    const reply = expected('child_shown', await this.#send(command, AT_ONCE));
    const { child } = reply;
    this.#put((children) => (children.some(({ id }) => id === child.id) ? children.map((one) => (one.id === child.id ? child : one)) : [...children, child]));
    return child;
  }

  /** @param {(children: readonly ChildView[]) => readonly ChildView[]} change */
  #put(change) {
    this.#store.dispatch({ t: 'children', children: change(this.#store.state.children) });
  }
}
