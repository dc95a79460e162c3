/**
 * Runs trust.json through the web app's own modules. The same in node and in a page, so it imports nothing:
 * `load` gives a module of web/ by its path. tools/vectors tells what each section of the file holds.
 */

/** @returns {Promise<{passed: Record<string, number>, failed: string[], unknown: string[]}>} */
export async function check(vectors, load) {
  const sections = await sectionsWith(load);
  const outcome = { passed: {}, failed: [], unknown: [] };
  for (const [section, cases] of Object.entries(vectors)) {
    const run = sections[section];
    if (run === undefined) {
      outcome.unknown.push(section);
      continue;
    }
    outcome.passed[section] = 0;
    for (const one of cases) {
      try {
        await run(one, vectors);
        outcome.passed[section] += 1;
      } catch (error) {
        outcome.failed.push(`${section}, ${one.name}: ${error?.stack ?? error}`);
      }
    }
  }
  return outcome;
}

/** What must hold of a case of each section; one that does not throws. */
async function sectionsWith(load) {
  const names = ['delegations', 'endpoints', 'grants', 'group', 'keys', 'known', 'links', 'mixer', 'pairing', 'person', 'recovery', 'roster', 'safety'];
  const loaded = await Promise.all([...names, 'sealer', 'transcript'].map((name) => load(`trust/${name}.js`)));
  const [delegations, endpoints, grants, group, keys, known, links, mixer, pairing, person, recovery, roster, safety, sealer, session] = loaded;
  const bytes = await load('core/bytes.js');
  const { fromBase64, toBase64 } = bytes;

  const sorted = (names) => [...names].map(fromBase64).sort(bytes.compare).map(toBase64);
  const pointOf = ({ version, head }) => ({ version, head: fromBase64(head) });
  const meetingOf = ({ code, server }) => ({ code, server: fromBase64(server) });
  const personsOf = async (vectors, names) => {
    const found = names.map((name) => vectors.household_persons.find((one) => one.name === name));
    const chains = await Promise.all(found.map(({ links: wire }) => chainOf(wire)));
    return new Map(chains.map((chain) => [links.nameOf(chain.root), chain]));
  };
  const rosterOf = async (one, vectors) =>
    roster.replay(one.links.map(roster.householdLinkOf), await personsOf(vectors, one.persons));
  const accept = async (one, vectors) => {
    const set = delegations.delegationsOf(one.set);
    const chains = await personsOf(vectors, one.persons);
    const chain = chains.get(one.set.person) ?? [...chains.values()][0];
    return delegations.acceptDelegations(set, chain, one.known && delegations.delegationsOf(one.known));
  };
  const acceptSet = async (one, vectors) => {
    const set = grants.grantsOf(one.set);
    const [chain] = (await personsOf(vectors, one.persons)).values();
    return grants.acceptGrants(set, chain, one.known && grants.grantsOf(one.known));
  };
  const answerOf = (one) => ({ ...pointOf(one), root: fromBase64(one.root), authority: fromBase64(one.authority) });
  const chainOf = (wire) => person.replay(wire.map(person.personLinkOf));
  const sealerOf = async ({ kind, call, epoch }, own, peer) =>
    sealer.Sealer.between({
      own: keys.publicKeysOf(own),
      secret: await privateKey('X25519', fromBase64(own.sealing_private), ['deriveBits']),
      peer: keys.publicKeysOf(peer),
      kind,
      call,
      epoch,
    });
  const named = (vectors, name) => vectors.keys.find((one) => one.name === name);
  const partyOf = ({ root, version, head, identity, fingerprint, nonce }) => ({
    root: fromBase64(root),
    point: { version, head: fromBase64(head) },
    identity: fromBase64(identity),
    fingerprint: fromBase64(fingerprint),
    nonce: fromBase64(nonce),
  });
  const sessionOf = (one) => ({ ...one, caller: partyOf(one.caller), callee: partyOf(one.callee) });
  const promiseOf = ({ call, epoch, ...parts }) => {
    const named = ['identity', 'mixer', 'own', 'nonce'].map((name) => [name, fromBase64(parts[name])]);
    return { call, epoch, ...Object.fromEntries(named) };
  };

  return {
    async keys(one) {
      const identity = await privateKey('Ed25519', fromBase64(one.identity_seed), ['sign']);
      const { sealingStatement } = await load('core/statements.js');
      const own = keys.publicKeysOf(one);
      const signature = await crypto.subtle.sign('Ed25519', identity, sealingStatement(own.identity, own.sealing));
      same(toBase64(new Uint8Array(signature)), one.sealing_signature);
      same(await keys.consistent(own), true);
    },
    async keys_invalid(one) {
      same(await keys.consistent(keys.publicKeysOf(one)), false);
    },
    async person(one) {
      same(one.links.map((link) => toBase64(person.personLinkBytes(person.personLinkOf(link)))), one.messages);
      const chain = await chainOf(one.links);
      same([chain.root, chain.head, chain.recovery].map(toBase64), [one.root, one.head, one.recovery]);
      same(chain.version, one.version);
      same(sorted(chain.active.keys()), one.active);
      same(sorted(endpoints.former(chain)), one.former);
    },
    async person_active(one) {
      same(endpoints.activeAt(await chainOf(one.links), fromBase64(one.identity), one.version), one.active);
    },
    async person_invalid(one) {
      const [last, ...good] = one.links.map(person.personLinkOf).reverse();
      const chain = good.length === 0 ? null : await person.replay(good.reverse());
      await refused(() => person.extend(chain, last), one.reason);
    },
    async reconcile(one) {
      const heads = one.hashes.map(fromBase64);
      const reach = { root: heads[0], version: heads.length - 1, head: heads.at(-1), time: 0, heads };
      const before = one.known && { ...one.known, root: fromBase64(one.known.root), head: fromBase64(one.known.head) };
      same(known.reconcile(before, reach), one.change);
    },
    async seal(one, vectors) {
      const [sender, receiver] = [named(vectors, one.sender), named(vectors, one.receiver)];
      const [here, there] = await Promise.all([sealerOf(one, sender, receiver), sealerOf(one, receiver, sender)]);
      same(toBase64(await here.seal(fromBase64(one.plaintext), fromBase64(one.nonce))), one.sealed);
      same(toBase64(await there.open(fromBase64(one.sealed))), one.plaintext);
    },
    async seal_invalid(one, vectors) {
      const there = await sealerOf(one, named(vectors, one.receiver), named(vectors, one.sender));
      await refused(() => there.open(fromBase64(one.sealed)), 'unreadable');
    },
    async session(one, vectors) {
      const agreement = sessionOf(one);
      for (const role of ['caller', 'callee']) {
        same(toBase64(session.transcript(role, agreement)), one[`${role}_transcript`]);
        const seed = fromBase64(named(vectors, one[role].keys).identity_seed);
        const key = await privateKey('Ed25519', seed, ['sign']);
        const sign = async (message) => new Uint8Array(await crypto.subtle.sign('Ed25519', key, message));
        same(toBase64(await session.signTranscript(role, agreement, sign)), one[`${role}_signature`]);
        await session.verifyTranscript(role, agreement, fromBase64(one[`${role}_signature`]));
      }
    },
    async session_invalid(one) {
      await refused(() => session.verifyTranscript(one.role, sessionOf(one), fromBase64(one.signature)), 'bad_signature');
    },
    async fingerprint(one) {
      same(toBase64(session.fingerprintOf(one.sdp)), one.fingerprint);
    },
    async fingerprint_invalid(one) {
      await refused(() => session.fingerprintOf(one.sdp), 'fingerprint');
    },
    async group(one) {
      const roster = group.groupRosterOf(one.roster);
      same(toBase64(group.groupBytes(roster)), one.message);
      await group.checkRoster(roster, one.known && group.groupRosterOf(one.known));
      same(group.stands(roster, fromBase64(one.own)), true);
    },
    async group_invalid(one) {
      const checking = async () => group.checkRoster(group.groupRosterOf(one.roster), one.known && group.groupRosterOf(one.known));
      if (one.reason !== 'left_out') return refused(checking, one.reason);
      await checking(); // sound: that this device is not in it is for whoever asks
      same(group.stands(group.groupRosterOf(one.roster), fromBase64(one.own)), false);
    },
    async mixer(one) {
      same(toBase64(mixer.mixerBytes(promiseOf(one))), one.message);
      await mixer.verifyMixer(promiseOf(one), fromBase64(one.server), fromBase64(one.signature));
    },
    async mixer_invalid(one) {
      const [server, signature] = [fromBase64(one.server), fromBase64(one.signature)];
      await refused(() => mixer.verifyMixer(promiseOf(one), server, signature), one.reason);
    },
    async household_persons(one) {
      await chainOf(one.links);
    },
    async household(one, vectors) {
      same(one.links.map((link) => toBase64(roster.householdLinkBytes(roster.householdLinkOf(link)))), one.messages);
      const found = await rosterOf(one, vectors);
      same([toBase64(found.root), found.version, toBase64(found.head)], [one.root, one.version, one.head]);
      same(sorted(found.members), one.members);
      same(sorted(found.active.keys()), one.shared);
      same(sorted(endpoints.former(found)), one.former);
      const pins = sorted(found.pins.keys()).map((root) => [root, found.pins.get(root)]);
      same(pins.map(([root, { version, head }]) => ({ root, version, head: toBase64(head) })), one.pins);
    },
    async household_invalid(one, vectors) {
      const good = await rosterOf({ ...one, links: one.links.slice(0, -1) }, vectors).catch((error) => {
        if (one.links.length > 1) throw error;
        return null;
      });
      const last = roster.householdLinkOf(one.links.at(-1));
      await refused(async () => roster.extend(good, last, await personsOf(vectors, one.last_persons)), one.reason);
    },
    async delegations(one, vectors) {
      same(toBase64(delegations.delegationsBytes(delegations.delegationsOf(one.set))), one.message);
      await accept(one, vectors);
    },
    async delegations_invalid(one, vectors) {
      await refused(() => accept(one, vectors), one.reason);
    },
    async acting(one, vectors) {
      const found = await rosterOf(one, vectors);
      const set = delegations.delegationsOf(one.set);
      const ask = () => delegations.requireDelegated(set, fromBase64(one.identity), found);
      await (one.reason === null ? ask() : refused(ask, one.reason));
    },
    async grants(one, vectors) {
      const set = grants.grantsOf(one.set);
      same(toBase64(grants.grantsBytes(set)), one.message);
      same(toBase64(await keys.sha256(grants.grantsBytes(set))), one.hash);
      await acceptSet(one, vectors);
    },
    async grants_invalid(one, vectors) {
      await refused(() => acceptSet(one, vectors), one.reason);
    },
    async receipts(one) {
      const receipt = grants.receiptOf(one.receipt);
      same(toBase64(grants.receiptBytes(receipt)), one.message);
      same(await grants.checkReceipt(receipt, grants.grantsOf(one.set)), one.newest);
    },
    async receipts_invalid(one) {
      await refused(() => grants.checkReceipt(grants.receiptOf(one.receipt), grants.grantsOf(one.set)), one.reason);
    },
    async safety(one) {
      const roots = one.roots.map(fromBase64);
      same([safety.safetyCode(...roots), safety.safetyCode(...roots.reverse())], [one.qr, one.qr]);
      same(await safety.safetyNumber(...roots), one.digits);
    },
    async pairing_qr(one, vectors) {
      const [secret, own] = [fromBase64(one.secret), keys.publicKeysOf(named(vectors, one.keys))];
      same(toBase64(own.identity), one.identity);
      same(toBase64(await pairing.proofOfNew(secret, meetingOf(one), own)), one.new_proof);
      same(toBase64(await pairing.proofOfOwn(secret, meetingOf(one), own.identity, answerOf(one))), one.own_proof);
    },
    async pairing_qr_invalid(one) {
      const [secret, own] = [fromBase64(one.secret), keys.publicKeysOf(one)];
      const [fresh, adult] = [new pairing.LinkNew(secret, meetingOf(one), own), new pairing.LinkOwn(secret, meetingOf(one))];
      if (one.new_proof) await refused(() => adult.greeted(own, fromBase64(one.new_proof)), one.reason);
      else {
        await fresh.greeting();
        await refused(() => fresh.answered(answerOf(one), fromBase64(one.own_proof), null), one.reason);
      }
    },
    async pairing_digits(one, vectors) {
      const own = keys.publicKeysOf(named(vectors, one.keys));
      const answer = { ...pointOf(one), root: fromBase64(one.root), identity: fromBase64(one.own_identity) };
      const introduction = { ...answer, nonce: fromBase64(one.nonce_own) };
      const fresh = new pairing.CodeNew(meetingOf(one), own, fromBase64(one.nonce_new));
      const adult = new pairing.CodeOwn(meetingOf(one), introduction);
      const commitment = await fresh.commitment();
      same(toBase64(commitment), one.commitment);
      const { nonce, digits } = await fresh.answered(await adult.committed(commitment));
      same([digits, await adult.revealed(own, nonce)], [one.digits, one.digits]);
    },
    async pairing_digits_invalid(one) {
      const adult = new pairing.CodeOwn(meetingOf(one), {});
      await adult.committed(fromBase64(one.commitment));
      await refused(() => adult.revealed(keys.publicKeysOf(one), fromBase64(one.nonce_new)), one.reason);
    },
    async recovery(one) {
      const seed = fromBase64(one.seed);
      same(await recovery.writeRecovery(seed), one.text);
      for (const typed of one.typed) same(toBase64(await recovery.readRecovery(typed)), one.seed);
      same(toBase64((await recovery.recoveryKey(seed)).identity), one.public);
    },
    async recovery_invalid(one) {
      await refused(() => recovery.readRecovery(one.text), 'mistyped');
    },
  };
}

/** RFC 8410, section 7, up to where the private key begins; the last byte of the identifier tells the curves apart. */
function privateKey(name, raw, usages) {
  const curve = { X25519: 110, Ed25519: 112 }[name];
  const pkcs8 = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, curve, 4, 34, 4, 32, ...raw);
  return crypto.subtle.importKey('pkcs8', pkcs8, { name }, false, usages);
}

function same(found, wanted) {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`${JSON.stringify(found)} where ${JSON.stringify(wanted)} was wanted`);
  }
}

async function refused(attempt, reason) {
  let caught = null;
  try {
    await attempt();
  } catch (error) {
    caught = error;
  }
  if (caught === null) throw new Error('was believed');
  if (caught.name !== 'Untrusted') throw caught;
  same(caught.reason, reason);
}
