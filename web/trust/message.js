/**
 * Messages, announcements and what endpoints keep among themselves: kith/core/trust/message.py, in the browser.
 *
 * What is said is sealed once, under a key that is new for each message, and that key to each endpoint that may read it;
 * the pieces of a voice message are sealed under the same key. The sending endpoint signs who speaks, for whom, to whom
 * and when, with the hash of what is sealed. There is no forward secrecy: the keys of both ends are long-lived.
 */

import { concat, equal, fromUtf8, toBase64, utf8 } from '../core/bytes.js';
import { statement, u64 } from '../core/statements.js';
import { activeAt } from './endpoints.js';
import { bytesOf, consistent, KEY_LENGTH, sha256, SIGNATURE_LENGTH, verify } from './keys.js';
import { countOf, nameOf, pointFields, requireContains } from './links.js';
import { agreed, sealingKey } from './sealer.js';
import { require, Untrusted } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {PublicKeys, Sign} from './keys.js' */
/** @import {Chain} from './person.js' */

/**
 * What is signed of a message, but for what the server named: `person` and `endpoint`. Where a shared endpoint announces
 * for its household there is no person, and root and point are those of the roster.
 * @typedef {object} Envelope
 * @property {string} id
 * @property {'message' | 'announcement'} kind
 * @property {string | null} person  the sender's id
 * @property {Bytes} root  of the sender's chain
 * @property {number} version  of that chain, as the sender knew it
 * @property {Bytes} head  the hash of that link
 * @property {string} endpoint
 * @property {Bytes} identity  of that endpoint
 * @property {Bytes} to_root  the receiver's
 * @property {number} sent  Unix milliseconds
 * @property {Bytes} ciphertext
 * @property {Bytes} signature
 */

/** `hashes`: of its pieces as they are sealed. @typedef {{seconds: number, segments: number, bytes: number, hashes: Bytes[]}} Voice */
/** What a message says: one of the two. @typedef {{text: string} | {voice: Voice}} Content */
/** An endpoint that seals, and the private half of its sealing key. @typedef {{keys: PublicKeys, secret: CryptoKey}} Sealing */

export const TEXT_LIMIT = 4_000;
export const SEGMENT_LIMIT = 24 * 1024;
export const SEGMENTS_LIMIT = 64;
export const OWN_ITEM_LIMIT = 32_000;

const CIPHERTEXT_LIMIT = 24 * 1024;
const FORM = Uint8Array.of(1);
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
const OVERHEAD = FORM.length + NONCE_LENGTH + TAG_LENGTH;
const SECONDS_LIMIT = 300;
const BYTES_LIMIT = 1 << 20;
const ENVELOPE = 'kith/1 message-envelope';
const CONTENT = utf8('kith/1 message-content');
const SEGMENT = 'kith/1 message-segment';

const nonceOf = () => crypto.getRandomValues(new Uint8Array(NONCE_LENGTH));

/** @returns {Bytes} the key of one message, and of no other */
export const newKey = () => crypto.getRandomValues(new Uint8Array(KEY_LENGTH));

// -- what is signed ----------------------------------------------------------------------------------

/** @param {Record<string, unknown>} wire as JSON carries it @returns {Envelope} Throws Untrusted. */
export function envelopeOf(wire) {
  const { id, kind, person = null, endpoint } = wire;
  require(typeof id === 'string' && typeof endpoint === 'string', 'malformed');
  require(kind === 'message' || kind === 'announcement', 'malformed');
  require(person === null || typeof person === 'string', 'malformed');
  const ciphertext = wire['ciphertext'];
  require(typeof ciphertext === 'string' && ciphertext.length <= 2 * CIPHERTEXT_LIMIT, 'malformed');
  return {
    id,
    kind,
    person,
    root: bytesOf(wire['root'], KEY_LENGTH),
    version: countOf(wire['version']),
    head: bytesOf(wire['head'], KEY_LENGTH),
    endpoint,
    identity: bytesOf(wire['identity'], KEY_LENGTH),
    to_root: bytesOf(wire['to_root'], KEY_LENGTH),
    sent: countOf(wire['sent']),
    ciphertext: bytesOf(ciphertext, lengthOf(ciphertext)),
    signature: bytesOf(wire['signature'], SIGNATURE_LENGTH),
  };
}

/** How many bytes base64 stands for. @param {string} text */
const lengthOf = (text) => (text.length / 4) * 3 - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0);

/** @typedef {Omit<Envelope, 'ciphertext' | 'signature'>} Header */

/** @param {Header} envelope @returns {(Bytes | string)[]} */
function headerFields({ kind, id, root, version, head, identity, to_root, sent }) {
  return [kind, id, root, ...pointFields({ version, head }), identity, to_root, u64(sent)];
}

/** What the sealed content belongs to. @param {Header} envelope */
const headerBytes = (envelope) => statement(ENVELOPE, ...headerFields(envelope));

/** The signed bytes. @param {Omit<Envelope, 'signature'>} envelope */
export async function envelopeBytes(envelope) {
  return statement(ENVELOPE, ...headerFields(envelope), await sha256(envelope.ciphertext));
}

// -- sending -----------------------------------------------------------------------------------------

/**
 * The envelope, with its content sealed under `key`, and signed. Rejects with RangeError for too much.
 * @param {Header} header @param {Sign} sign by its identity @param {Bytes} content @param {Bytes} key @param {Bytes} [nonce] never twice
 * @returns {Promise<Envelope>}
 */
export async function sealEnvelope(header, sign, content, key, nonce = nonceOf()) {
  if (content.length > CIPHERTEXT_LIMIT - OVERHEAD) throw new RangeError('too much to seal');
  const sealed = await crypto.subtle.encrypt(parameters(nonce, headerBytes(header)), await derived(key, CONTENT, 'encrypt'), content);
  const envelope = { ...header, ciphertext: concat(FORM, nonce, new Uint8Array(sealed)) };
  return { ...envelope, signature: await sign(await envelopeBytes(envelope)) };
}

/** The content key, for one endpoint. Rejects with Untrusted if its keys cannot be used. @param {Sealing} own @param {PublicKeys} peer @param {Pick<Envelope, 'id' | 'kind'>} envelope @param {Bytes} key @param {Bytes} [nonce] */
export async function sealKey(own, peer, { kind, id }, key, nonce) {
  return sealed(await between('kith/1 message-key', own, peer, [kind, id], 'encrypt'), key, nonce);
}

/**
 * A piece of what belongs to a message. Each index is sealed once: what is sent again is what was sealed before.
 * @param {Bytes} key @param {string} message @param {number} index @param {Bytes} body @param {boolean} last
 * @returns {Promise<Bytes>} Rejects with RangeError for too much, or one too many.
 */
export async function sealSegment(key, message, index, body, last) {
  if (body.length > SEGMENT_LIMIT || index >= SEGMENTS_LIMIT) throw new RangeError('too much to seal');
  const about = parameters(indexNonce(index), segmentAbout(message, index, last));
  return new Uint8Array(await crypto.subtle.encrypt(about, await derived(key, utf8(SEGMENT), 'encrypt'), body));
}

// -- receiving ---------------------------------------------------------------------------------------

/** Rejects with Untrusted unless its endpoint signed exactly this. @param {Envelope} envelope */
export async function requireSigned(envelope) {
  const { kind, person, identity, signature } = envelope;
  require(await verify(identity, signature, await envelopeBytes(envelope)), 'bad_signature');
  require(kind === 'announcement' || person !== null, 'malformed');
}

/**
 * Rejects with Untrusted unless an endpoint of this person signed it: one of their own, or a shared one that may act for
 * them (`delegated`). One that was signed out since is none of them: `requireFormerSender`.
 * @param {Envelope} envelope @param {Chain} chain @param {readonly Bytes[]} [delegated] identities
 */
export async function requireSender(envelope, chain, delegated = []) {
  const { identity, root, version, head } = envelope;
  await requireSigned(envelope);
  require(equal(root, chain.root), 'unknown_person');
  requireContains(chain, { version, head });
  require(chain.active.has(nameOf(identity)) || delegated.some((one) => equal(one, identity)), 'not_active');
}

/**
 * The keys of the endpoint that signed it, which was one of this person's at the point that the envelope names, and was
 * signed out since. Rejects with Untrusted unless it was.
 *
 * Such a message may have been on its way while its sender changed phones. As well may whoever has the old one have written
 * it today, and named a point of long ago: it is shown as what it is, or not at all.
 * @param {Envelope} envelope @param {Chain} chain @returns {Promise<PublicKeys>}
 */
export async function requireFormerSender(envelope, chain) {
  const { identity, root, version, head } = envelope;
  await requireSigned(envelope);
  require(equal(root, chain.root), 'unknown_person');
  requireContains(chain, { version, head });
  require(activeAt(chain, identity, version) && !chain.active.has(nameOf(identity)), 'not_active');
  return /** @type {import('./endpoints.js').Span} */ (chain.spans.get(nameOf(identity))).keys;
}

/** The content key that the envelope's sender, whose keys `peer` are, sealed here. Rejects with Untrusted. @param {Sealing} own @param {PublicKeys} peer @param {Envelope} envelope @param {Bytes} key sealed */
export async function openKey(own, peer, envelope, key) {
  require(equal(peer.identity, envelope.identity), 'weak_key');
  require(key.length === OVERHEAD + KEY_LENGTH, 'unreadable');
  const { kind, id } = envelope;
  return opened(await between('kith/1 message-key', own, peer, [kind, id], 'decrypt'), key, FORM);
}

/** Rejects with Untrusted if it was not sealed under this key, or for another envelope. @param {Envelope} envelope @param {Bytes} key @returns {Promise<Content>} */
export async function openContent(envelope, key) {
  require(key.length === KEY_LENGTH, 'unreadable');
  return readContent(await opened(await derived(key, CONTENT, 'decrypt'), envelope.ciphertext, headerBytes(envelope)));
}

/** Rejects with Untrusted if this is not that piece, or not the last one although it should be. @param {Bytes} key @param {string} message @param {number} index @param {Bytes} body @param {boolean} last */
export async function openSegment(key, message, index, body, last) {
  require(key.length === KEY_LENGTH && TAG_LENGTH <= body.length && body.length <= SEGMENT_LIMIT + TAG_LENGTH, 'unreadable');
  return decrypted(await derived(key, utf8(SEGMENT), 'decrypt'), parameters(indexNonce(index), segmentAbout(message, index, last)), body);
}

// -- what it says ------------------------------------------------------------------------------------

/** @param {Content} content @returns {Bytes} */
export function writeContent(content) {
  if (!('voice' in content)) return utf8(JSON.stringify(content));
  return utf8(JSON.stringify({ voice: { ...content.voice, hashes: content.voice.hashes.map(toBase64) } }));
}

/** Throws Untrusted for what is neither a text nor a voice. @param {Bytes} bytes @returns {Content} */
export function readContent(bytes) {
  const { text = null, voice = null } = parsed(bytes) ?? {};
  require((text === null) !== (voice === null), 'malformed');
  if (text !== null) {
    require(typeof text === 'string' && text !== '' && [...text].length <= TEXT_LIMIT, 'malformed');
    return { text };
  }
  const { seconds, segments, bytes: size, hashes } = voice;
  require(typeof seconds === 'number' && seconds >= 0 && seconds <= SECONDS_LIMIT, 'malformed');
  require(countOf(segments) >= 1 && segments <= SEGMENTS_LIMIT && countOf(size) >= 1 && size <= BYTES_LIMIT, 'malformed');
  require(Array.isArray(hashes) && hashes.length === segments, 'malformed');
  return { voice: { seconds, segments, bytes: size, hashes: hashes.map((one) => bytesOf(one, KEY_LENGTH)) } };
}

/** By what the content names a piece. @param {Bytes} sealed */
export const segmentHash = (sealed) => sha256(sealed);

/** Rejects with Untrusted unless this is what the sender sealed as this piece. To be asked before it is opened. @param {Voice} voice @param {number} index @param {Bytes} sealed */
export async function requireSegment(voice, index, sealed) {
  require(index < voice.hashes.length && equal(await segmentHash(sealed), /** @type {Bytes} */ (voice.hashes[index])), 'unreadable');
}

/** @param {Bytes} bytes @returns {any} */
function parsed(bytes) {
  try {
    const read = JSON.parse(fromUtf8(bytes));
    return typeof read === 'object' ? read : null;
  } catch {
    throw new Untrusted('malformed');
  }
}

// -- among a person's own endpoints ------------------------------------------------------------------

/** Something for another endpoint of the same person. Rejects with RangeError for too much, Untrusted if its keys cannot be used. @param {Sealing} own @param {PublicKeys} peer @param {string} item @param {string} topic @param {Bytes} body @param {Bytes} [nonce] */
export async function sealOwn(own, peer, item, topic, body, nonce) {
  if (body.length > OWN_ITEM_LIMIT) throw new RangeError('too much to seal');
  return sealed(await between('kith/1 own-item', own, peer, [topic, item], 'encrypt'), body, nonce);
}

/** What another endpoint of the same person sealed to this one. Rejects with Untrusted. @param {Sealing} own @param {PublicKeys} peer @param {string} item @param {string} topic @param {Bytes} body */
export async function openOwn(own, peer, item, topic, body) {
  require(body.length <= OVERHEAD + OWN_ITEM_LIMIT, 'unreadable');
  return opened(await between('kith/1 own-item', own, peer, [topic, item], 'decrypt'), body, FORM);
}

// -- keys --------------------------------------------------------------------------------------------

/** @param {Bytes} key @param {Bytes} info @param {KeyUsage} usage */
async function derived(key, info, usage) {
  return sealingKey(await crypto.subtle.importKey('raw', key, 'HKDF', false, ['deriveKey']), info, usage);
}

/** @param {string} label @param {Sealing} own @param {PublicKeys} peer @param {readonly string[]} about @param {'encrypt' | 'decrypt'} usage */
async function between(label, { keys, secret }, peer, about, usage) {
  require(await consistent(peer), 'weak_key');
  require(!equal(keys.identity, peer.identity), 'weak_key'); // else both directions would have one key
  const [from, to] = usage === 'encrypt' ? [keys, peer] : [peer, keys];
  const info = statement(label, ...about, from.identity, to.identity, from.sealing, to.sealing);
  return sealingKey(await agreed(secret, peer.sealing), info, usage);
}

/** @param {CryptoKey} key @param {Bytes} plaintext @param {Bytes} [nonce] */
async function sealed(key, plaintext, nonce = nonceOf()) {
  return concat(FORM, nonce, new Uint8Array(await crypto.subtle.encrypt(parameters(nonce, FORM), key, plaintext)));
}

/** @param {CryptoKey} key @param {Bytes} body @param {Bytes} about */
async function opened(key, body, about) {
  require(OVERHEAD <= body.length && body[0] === FORM[0], 'unreadable');
  const at = FORM.length + NONCE_LENGTH;
  return decrypted(key, parameters(body.slice(FORM.length, at), about), body.slice(at));
}

/** @param {CryptoKey} key @param {AesGcmParams} about @param {Bytes} body @returns {Promise<Bytes>} */
async function decrypted(key, about, body) {
  try {
    return new Uint8Array(await crypto.subtle.decrypt(about, key, body));
  } catch {
    throw new Untrusted('unreadable');
  }
}

/** @param {Bytes} iv @param {Bytes} additionalData */
function parameters(iv, additionalData) {
  return { name: 'AES-GCM', iv, additionalData, tagLength: TAG_LENGTH * 8 };
}

/** @param {number} index @returns {Bytes} 12 bytes, big-endian */
const indexNonce = (index) => concat(new Uint8Array(NONCE_LENGTH - 8), u64(index));

/** @param {string} message @param {number} index @param {boolean} last */
const segmentAbout = (message, index, last) => statement(SEGMENT, message, u64(index), Uint8Array.of(last ? 1 : 0));
