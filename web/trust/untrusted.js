/** What is not believed, each with one true sentence; kith/core/trust/untrusted.py names them alike. Pure. */

export const REASONS = Object.freeze({
  // chains of signed links
  malformed: 'A part of it has a size or value that none can have.',
  wrong_start: 'A chain starts with the link that begins it, and with no other.',
  out_of_order: 'The link does not have the number after the last one.',
  broken: 'The link does not continue this chain.',
  time_reversed: 'It was signed before what it follows.',
  too_many: 'There are more of them than there may be.',
  bad_signature: 'The signature is not that of the key that should have signed.',
  weak_key: 'The keys do not belong together, or anybody could sign with them.',
  key_reused: 'The key was used before; a key serves once.',
  not_active: 'Who signed it was not one of the devices that may.',
  not_recovery: 'It was not signed with the recovery key in force.',
  not_there: 'What it would take out is not there.',
  already_there: 'Who it would take in is there already.',
  last_one: 'The last one cannot be taken out.',
  // whose chain a statement rests on
  unknown_person: 'Nothing is known of the person who signed it.',
  not_a_member: 'The person is not a member of the household.',
  stale: 'It is older than what is known already.',
  missing: 'It rests on links that were not shown.',
  forked: 'It rests on another history than the one that is known.',
  not_delegated: 'The device may not act for this person.',
  // calls
  unreadable: 'It was not sealed by this device for this call.',
  fingerprint: 'The description does not name exactly one certificate, by SHA-256.',
  // groups
  not_invited: 'Somebody is in the group whom nobody has asked.',
  left_out: 'This device is not in the group, or not any more.',
  // pairing and recovery
  out_of_turn: 'It came when something else was due.',
  wrong_proof: 'Who sent it does not know the secret of this pairing, or changed something.',
  not_confirmed: 'The digits were not the same on both devices.',
  mistyped: 'The recovery key is mistyped.',
});

/** @typedef {keyof typeof REASONS} Reason */

/** Something that must not be acted on. It never carries the bytes at fault. */
export class Untrusted extends Error {
  /** @param {Reason} reason */
  constructor(reason) {
    super(REASONS[reason]);
    this.name = 'Untrusted';
    this.reason = reason;
  }
}

/** @param {unknown} holds @param {Reason} reason @returns {asserts holds} */
export function require(holds, reason) {
  if (!holds) throw new Untrusted(reason);
}
