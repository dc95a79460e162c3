/** What is thrown when something that others signed or sealed is not to be believed. Pure. */

/** Every reason, with the one sentence that is true of it. */
export const REASONS = Object.freeze({
  malformed: 'It is not in the form that it must have.',
  too_long: 'It is longer than is allowed.',
  wrong_version: 'Its version is not the one that comes next.',
  wrong_previous: 'It does not follow what came before it.',
  time_went_back: 'It says it is older than what came before it.',
  wrong_action: 'That cannot be done here.',
  bad_keys: 'The keys do not belong together, or are no keys to trust.',
  bad_recovery: 'This key cannot be a recovery key.',
  wrong_signer: 'Who signed had no right to.',
  bad_signature: 'The signature is not that of who is said to have signed.',
  already_active: 'What is to be added is there already.',
  was_removed: 'What was removed does not come back.',
  not_active: 'What is to be removed is not there.',
  last_one: 'The last one cannot go.',
  too_many: 'There are as many as there may be.',
  bad_agreement: 'The two keys agree on nothing secret.',
  bad_seal: 'The seal is broken, or meant for somebody else.',
  bad_fingerprint: 'The description does not name one certificate, by SHA-256.',
  mistyped: 'It was mistyped.',
});

/** @typedef {keyof typeof REASONS} Reason */

export class Untrusted extends Error {
  /** @param {Reason} reason */
  constructor(reason) {
    super(REASONS[reason]);
    this.name = 'Untrusted';
    this.reason = reason;
  }
}

/** @param {unknown} condition @param {Reason} reason @returns {asserts condition} */
export function require(condition, reason) {
  if (!condition) throw new Untrusted(reason);
}
