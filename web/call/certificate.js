/** Which certificate the other side of a connection really has. */

import { sha256 } from '../trust/keys.js';

/** Chromium says "connected" of the whole a moment before its transport has changed, which then shows the certificate. */
const PATIENCE = 2_000;

/** @import {Bytes} from '../core/bytes.js' */

/**
 * The SHA-256 of the certificate with which the other side made the DTLS connection that stands.
 * @param {RTCPeerConnection} connection @returns {Promise<Bytes | null>} null where this browser does not show it
 */
export async function certificateOf(connection) {
  const transport = connection.getSenders().map((sender) => sender.transport).find((one) => one !== null);
  if (!transport?.getRemoteCertificates) return null;
  if (transport.state !== 'connected') await changed(transport);
  const [shown] = transport.getRemoteCertificates();
  return shown === undefined ? new Uint8Array(0) : sha256(new Uint8Array(shown));
}

/** @param {RTCDtlsTransport} transport */
function changed(transport) {
  return new Promise((resolve) => {
    transport.addEventListener('statechange', resolve, { once: true });
    setTimeout(resolve, PATIENCE);
  });
}
