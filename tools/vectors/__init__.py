"""Test vectors of the trust formats, the same in every language: tests/vectors/trust.json.

usage: python -m tools.vectors            writes the files; nothing in them depends on time or chance

What is decided about drop ins has vectors of its own, described in `tools.vectors.policy`, and so have messages, in
`tools.vectors.message`.

The file is one JSON object. Each key is a section, each section a list of cases, each case has a `name`. Bytes are
base64 (standard alphabet, padded); links and other statements are written as they cross the wire. The reasons
are those of `kith.core.trust.untrusted.Reason`.

    keys                {name, identity_seed, sealing_private, identity, sealing, sealing_signature}
    keys_invalid        {name, identity, sealing, sealing_signature}: not to be accepted as anybody's
    person              {name, links, messages, root, version, head, active, former, recovery}:
                        `messages` are the bytes that each link's signer signs; `active` and `former` are identities,
                        sorted; replaying the links gives the rest
    person_active       {name, links, identity, version, active}: whether it was active at that version
    person_invalid      {name, links, reason}: all links but the last are good, and the last is refused
    reconcile           {name, known: {root, version, head} | null, hashes, change}: `hashes` of the links now shown
    seal                {name, kind, call, epoch, sender, receiver, shared, key, nonce, plaintext, sealed}: sender and
                        receiver are names among `keys`; `shared` is what X25519 gives, `key` what HKDF makes of it
    seal_invalid        {name, kind, call, epoch, sender, receiver, sealed}: the receiver refuses it (unreadable)
    session             {name, kind, call, epoch, caller, callee, caller_transcript, callee_transcript,
                        caller_signature, callee_signature}; a party is {root, version, head, identity, fingerprint,
                        nonce, keys}, `keys` being a name among `keys`
    session_invalid     the same with {role, signature} instead of transcripts and signatures: refused
    fingerprint         {name, sdp, fingerprint}
    fingerprint_invalid {name, sdp}
    mixer               {name, server, call, epoch, identity, mixer, own, nonce, message, signature}: `server` is the
                        identity key that signed
    mixer_invalid       the same without message, with a reason: refused
    household_persons   {name, links}: persons' chains, named in the four sections below
    household           {name, persons, links, messages, root, version, head, members, shared, former, pins}: `persons`
                        are names; `members` are roots, `shared` and `former` identities, all sorted; `pins` are
                        {root, version, head}, sorted by root
    household_invalid   {name, persons, links, last_persons, reason}: all links but the last are good with `persons`,
                        and the last is refused with `last_persons`
    delegations         {name, persons, set, message, known}: good; `known` is the set seen before, or null
    delegations_invalid {name, persons, set, known, reason}
    acting              {name, persons, links, set, identity, reason}: whether the shared endpoint may act for
                        the person by this roster and this set; `reason` null if it may
    grants              {name, persons, set, message, hash, known}: good, as with delegations
    grants_invalid      {name, persons, set, known, reason}
    receipts            {name, receipt, message, set, newest}: good; whether it is for this very set, or an older one
    receipts_invalid    {name, receipt, set, reason}
    group               {name, own, known, roster, message, hash}: rosters of groups; good for the endpoint with the
                        identity `own`, which holds `known`, or null
    group_invalid       {name, own, known, roster, reason}
    safety              {name, roots, digits, qr}: the same for the roots the other way round
    pairing_qr          {name, secret, code, server, keys, identity, root, version, head, authority, new_proof,
                        own_proof}: `keys` is the new endpoint's name among `keys`
    pairing_qr_invalid  {name, secret, code, server, identity, sealing, sealing_signature, root, version, head,
                        authority, new_proof | own_proof, reason}: the one proof that is there is refused
    pairing_digits      {name, code, server, keys, nonce_new, nonce_own, own_identity, root, version, head, commitment,
                        digits}
    pairing_digits_invalid {name, code, server, commitment, identity, sealing, sealing_signature, nonce_new, reason}:
                        the adult's endpoint refuses what is revealed after that commitment
    recovery            {name, seed, public, text, typed}: each of `typed` is read as the same key
    recovery_invalid    {name, text}: refused (mistyped)
"""
