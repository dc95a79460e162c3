/**
 * Whether this browser has what calls need: each check finds one thing out and never rejects. What was
 * opened to find it out is closed again.
 */

import { lookAround } from './devices.js';

/** @import {Ice} from '../call/ice.js' */

/**
 * @typedef {'good' | 'care' | 'bad' | 'later'} Outcome
 *   good: nothing to do; care: calls work, less well; bad: something does not work; later: known only after a tap
 */
/** @typedef {{outcome: Outcome, key: string}} Finding  `key` is the text that says what was found and what to do */

const WITHIN = 8_000;

/** A secure page, and a browser that can keep keys. @returns {Promise<Finding>} */
export async function checkPage() {
  if (!globalThis.isSecureContext) return { outcome: 'bad', key: 'check.page.insecure' };
  return crypto.subtle ? { outcome: 'good', key: 'check.page.good' } : { outcome: 'bad', key: 'refused.unsupported' };
}

/**
 * Browsers let a person go on past a certificate that nobody vouches for, but then refuse a service worker.
 * @returns {Promise<Finding>}
 */
export async function checkCertificate() {
  if (location.protocol !== 'https:') {
    return globalThis.isSecureContext ? { outcome: 'good', key: 'check.certificate.local' } : { outcome: 'bad', key: 'check.page.insecure' };
  }
  if (!navigator.serviceWorker) return { outcome: 'care', key: 'check.certificate.unknown' };
  try {
    await navigator.serviceWorker.register('/sw.js');
    return { outcome: 'good', key: 'check.certificate.good' };
  } catch (error) {
    const refused = error instanceof DOMException && error.name === 'SecurityError';
    return refused ? { outcome: 'bad', key: 'check.certificate.bad' } : { outcome: 'care', key: 'check.certificate.unknown' };
  }
}

/** @param {'microphone' | 'camera'} part @returns {Promise<Finding>} */
export async function checkPart(part) {
  const { permissions, found } = await lookAround();
  const permission = permissions[part];
  if (permission === 'denied') return { outcome: part === 'microphone' ? 'bad' : 'care', key: `check.${part}.denied` };
  if (!found[part]) return { outcome: part === 'microphone' ? 'bad' : 'care', key: `check.${part}.missing` };
  return permission === 'granted' ? { outcome: 'good', key: `check.${part}.good` } : { outcome: 'later', key: `check.${part}.prompt` };
}

/** Open it once, which asks the person where they were not asked before. @param {'microphone' | 'camera'} part @returns {Promise<Finding>} */
export async function tryPart(part) {
  try {
    const stream = await navigator.mediaDevices.getUserMedia(part === 'microphone' ? { audio: true } : { video: true });
    for (const track of stream.getTracks()) track.stop();
    return { outcome: 'good', key: `check.${part}.good` };
  } catch (error) {
    const name = error instanceof DOMException ? error.name : '';
    const why = name === 'NotAllowedError' || name === 'SecurityError' ? 'denied' : name === 'NotFoundError' ? 'missing' : 'failed';
    return { outcome: part === 'microphone' ? 'bad' : 'care', key: `check.${part}.${why}` };
  }
}

/** @param {NotificationPermission} permission @returns {Finding} */
export function checkNotifications(permission) {
  if (permission === 'granted') return { outcome: 'good', key: 'notifications.granted' };
  return { outcome: permission === 'denied' ? 'care' : 'later', key: `notifications.${permission}` };
}

/** Whether a WebSocket gets through, past every proxy on the way. @returns {Promise<Finding>} */
export function checkSocket() {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/v1/connect`, 'kith.v1.json');
    const done = (/** @type {Finding} */ finding) => {
      clearTimeout(timer);
      socket.onmessage = socket.onclose = null;
      socket.close();
      resolve(finding);
    };
    const bad = () => done({ outcome: 'bad', key: 'check.socket.bad' });
    const timer = setTimeout(bad, WITHIN);
    socket.onmessage = () => done({ outcome: 'good', key: 'check.socket.good' }); // the server speaks first
    socket.onclose = bad;
  });
}

/** Whether calls find a way between two networks. @param {Ice} ice @param {boolean} signedIn @returns {Promise<Finding>} */
export async function checkRelay(ice, signedIn) {
  if (!signedIn) return { outcome: 'later', key: 'check.relay.later' };
  await ice.ready();
  if (!ice.known) return { outcome: 'care', key: 'check.relay.unknown' };
  const { iceServers } = ice.ways;
  if (iceServers.length === 0) return { outcome: 'care', key: 'check.relay.none' };
  const kinds = await candidateKinds(iceServers);
  if (kinds.has('relay')) return { outcome: 'good', key: 'check.relay.good' };
  if (ice.relay) return { outcome: 'bad', key: 'check.relay.bad' };
  return kinds.has('srflx') ? { outcome: 'good', key: 'check.relay.direct' } : { outcome: 'care', key: 'check.relay.no_stun' };
}

/** The kinds of addresses under which this browser can be reached. @param {RTCIceServer[]} iceServers @returns {Promise<Set<string>>} */
async function candidateKinds(iceServers) {
  const connection = new RTCPeerConnection({ iceServers });
  /** @type {Set<string>} */
  const kinds = new Set();
  try {
    const gathered = new Promise((resolve) => {
      setTimeout(resolve, WITHIN);
      connection.onicecandidate = ({ candidate }) => {
        if (candidate === null) resolve(undefined);
        else if (candidate.type) kinds.add(candidate.type);
        if (kinds.has('relay')) resolve(undefined);
      };
    });
    connection.createDataChannel('check');
    await connection.setLocalDescription();
    await gathered;
  } catch {
    // an address that this browser cannot read: nothing is gathered from it
  } finally {
    connection.close();
  }
  return kinds;
}
