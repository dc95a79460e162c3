/** Which certificate the other side of a connection really has. */

import { sha256 } from '../trust/keys.js';

/** @import {Bytes} from '../core/bytes.js' */

/**
 * The SHA-256 of the certificate with which the other side made the DTLS connection that stands.
 * @param {RTCPeerConnection} connection @returns {Promise<Bytes | null>} null where this browser does not show it
 */
export async function certificateOf(connection) {
  const transport = connection.getSenders().map((sender) => sender.transport).find((one) => one !== null);
  if (!transport?.getRemoteCertificates) return null;
  const [shown] = transport.getRemoteCertificates();
  return shown === undefined ? new Uint8Array(0) : sha256(new Uint8Array(shown));
}
