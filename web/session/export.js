/** A copy of everything that the server keeps of the person, over HTTP: it is too much for a message. */

import { fromBase64, toBase64 } from '../core/bytes.js';
import { signInStatement } from '../core/statements.js';
import { sign } from './keys.js';
import { challenge, signIn } from './open.js';
import { ProblemError } from './problem.js';

/** @import {Identity} from './database.js' */

/** @param {Identity} identity @returns {Promise<Blob>} JSON. Rejects with ProblemError. */
export async function exportData({ endpoint, server, keys }) {
  const { nonce } = await challenge();
  const statement = signInStatement(server, location.origin, fromBase64(nonce), endpoint);
  const { token } = await signIn({ endpoint, nonce, signature: toBase64(await sign(keys, statement)) });
  const headers = { Authorization: `Bearer ${token}` };
  const response = await fetch('/v1/export_data', { method: 'POST', headers }).catch(() => null);
  if (response === null) throw new ProblemError('offline');
  if (response.ok) return response.blob();
  const { code = 'internal', data } = await response.json().catch(() => ({}));
  throw new ProblemError(code, data);
}
