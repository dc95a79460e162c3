/** A command that was answered with "no", or that never got an answer. */

import { Untrusted } from '../trust/untrusted.js';

/** @import {Code, ProblemReply} from '../protocol.js' */

/**
 * `offline`: there was no answer. `no_relay`: the person wants the relay only, and the server has none.
 * `passkey_unchosen`: the person chose no passkey, or has none here. `passkey_there`: this authenticator has one.
 * `no_push_service`: the browser found nobody who would wake it.
 * `unsafe`: it cannot be made sure who the other side is. `mistyped`: the recovery key cannot be right.
 * @typedef {Code | 'offline' | 'no_relay' | 'passkey_unchosen' | 'passkey_there' | 'no_push_service' | 'unsafe' | 'mistyped'} ProblemCode
 */

export class ProblemError extends Error {
  /** @param {ProblemCode} code @param {ProblemReply['data']} [data] */
  constructor(code, data = {}) {
    super(code);
    this.code = code;
    this.data = data;
  }
}

/** @param {unknown} error @returns {ProblemCode} what to tell the person; a fault of ours is `internal` */
export function codeOf(error) {
  if (error instanceof Untrusted) return error.reason === 'mistyped' ? 'mistyped' : 'unsafe';
  return error instanceof ProblemError ? error.code : 'internal';
}
