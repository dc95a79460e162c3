/** Which certificate the other side of a connection really has. */

import { sha256 } from '../trust/keys.js';

/** Chromium may say "connected" a moment before it shows the certificate: so often, so many ms apart, is looked again. */
const LOOKS = 40;
const PAUSE = 50;

/** @import {Bytes} from '../core/bytes.js' */

/**
 * The SHA-256 of the certificate with which the other side made the DTLS connection that stands.
 * @param {RTCPeerConnection} connection @returns {Promise<Bytes | null>} null where this browser does not show it
 */
export async function certificateOf(connection) {
  const transport = connection.getSenders().map((sender) => sender.transport).find((one) => one !== null);
  if (!transport?.getRemoteCertificates) return null;
  for (let left = LOOKS; ; left -= 1) {
    const [shown] = transport.getRemoteCertificates();
    if (shown !== undefined) return sha256(new Uint8Array(shown));
    if (left === 0) return new Uint8Array(0);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
