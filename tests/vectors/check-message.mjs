/**
 * Runs message.json through the web app's own modules. The same in node and in a page, so it imports nothing: `load` gives
 * a module of web/ by its path. tools/vectors/message.py tells what each section of the file holds.
 */

/** @returns {Promise<{passed: Record<string, number>, failed: string[]}>} */
export async function checkMessages(vectors, load) {
  const sections = await sectionsWith(vectors, load);
  const outcome = { passed: {}, failed: [] };
  for (const [section, run] of Object.entries(sections)) {
    outcome.passed[section] = 0;
    for (const one of vectors[section]) {
      try {
        await run(one);
        outcome.passed[section] += 1;
      } catch (error) {
        outcome.failed.push(`${section}, ${one.name}: ${error?.stack ?? error}`);
      }
    }
  }
  return outcome;
}

async function sectionsWith(vectors, load) {
  const [keys, message, person, { fromBase64, toBase64, utf8 }] = await Promise.all(['trust/keys.js', 'trust/message.js', 'trust/person.js', 'core/bytes.js'].map(load));
  const at = fromBase64;
  const same = (one, other, what) => {
    if (toBase64(one) !== toBase64(other)) throw new Error(`another ${what}`);
  };
  const refused = async (attempt, reason) => {
    const error = await Promise.resolve().then(attempt).then(() => null, (caught) => caught);
    if (error?.name !== 'Untrusted') throw error ?? new Error('was believed');
    if (reason && error.reason !== reason) throw new Error(`refused as ${error.reason}`);
  };
  const imported = (algorithm, seed, uses) => {
    const prefix = algorithm === 'Ed25519' ? 'MC4CAQAwBQYDK2VwBCIEIA==' : 'MC4CAQAwBQYDK2VuBCIEIA==';
    const pkcs8 = Uint8Array.from([...at(prefix), ...seed]);
    return crypto.subtle.importKey('pkcs8', pkcs8, { name: algorithm }, false, uses);
  };
  const ends = new Map(
    await Promise.all(
      vectors.endpoints.map(async (one) => {
        const signing = await imported('Ed25519', at(one.identity_seed), ['sign']);
        const sign = async (bytes) => new Uint8Array(await crypto.subtle.sign({ name: 'Ed25519' }, signing, bytes));
        return [one.name, { keys: keys.publicKeysOf(one), secret: await imported('X25519', at(one.sealing_private), ['deriveBits']), sign }];
      }),
    ),
  );
  const read = async (one) => {
    const envelope = message.envelopeOf(one.envelope);
    await message.requireSigned(envelope);
    return message.openContent(envelope, at(one.key));
  };
  const former = async (one) => message.requireFormerSender(message.envelopeOf(one.envelope), await person.replay(one.links.map(person.personLinkOf)));
  return {
    former: async (one) => {
      const { identity, sealing } = await former(one);
      same(identity, at(one.envelope.identity), 'identity');
      same(sealing, at(one.sealing), 'sealing key');
    },
    former_invalid: (one) => refused(() => former(one), one.reason),
    envelopes: async (one) => {
      const envelope = message.envelopeOf(one.envelope);
      same(await message.envelopeBytes(envelope), at(one.message), 'statement');
      if (JSON.stringify(await read(one)) !== JSON.stringify(message.readContent(utf8(one.content)))) throw new Error('another content');
      const made = await message.sealEnvelope(envelope, ends.get(one.keys).sign, utf8(one.content), at(one.key), at(one.nonce));
      same(made.ciphertext, envelope.ciphertext, 'ciphertext');
      same(made.signature, envelope.signature, 'signature');
    },
    envelopes_invalid: (one) => refused(() => read(one), one.reason),
    keys: async (one) => {
      const [sender, receiver] = [ends.get(one.sender), ends.get(one.receiver)];
      const envelope = message.envelopeOf(one.envelope);
      same(await message.sealKey(sender, receiver.keys, envelope, at(one.key), at(one.nonce)), at(one.sealed), 'sealed key');
      same(await message.openKey(receiver, sender.keys, envelope, at(one.sealed)), at(one.key), 'key');
    },
    keys_invalid: (one) => refused(() => message.openKey(ends.get(one.receiver), ends.get(one.sender).keys, message.envelopeOf(one.envelope), at(one.sealed)), 'unreadable'),
    segments: async (one) => {
      same(await message.sealSegment(at(one.key), one.message, one.index, at(one.body), one.last), at(one.sealed), 'sealed segment');
      same(await message.openSegment(at(one.key), one.message, one.index, at(one.sealed), one.last), at(one.body), 'segment');
    },
    segments_invalid: (one) => refused(() => message.openSegment(at(one.key), one.message, one.index, at(one.sealed), one.last), 'unreadable'),
    own: async (one) => {
      const [sender, receiver] = [ends.get(one.sender), ends.get(one.receiver)];
      same(await message.sealOwn(sender, receiver.keys, one.item, one.topic, at(one.body), at(one.nonce)), at(one.sealed), 'sealed item');
      same(await message.openOwn(receiver, sender.keys, one.item, one.topic, at(one.sealed)), at(one.body), 'item');
    },
    own_invalid: (one) => refused(() => message.openOwn(ends.get(one.receiver), ends.get(one.sender).keys, one.item, one.topic, at(one.sealed)), 'unreadable'),
    contents: (one) => void message.readContent(utf8(one.content)),
    contents_invalid: (one) => refused(() => message.readContent(utf8(one.content)), 'malformed'),
  };
}
