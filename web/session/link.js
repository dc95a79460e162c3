/** What a link brought along in its fragment, which browsers do not send to servers. Pure. */

/**
 * @typedef {{secret: string | null, code: string}} Link  an invitation's secret, or a pairing code
 */

/** @param {string} hash as in location.hash @returns {Link} */
export function readLink(hash) {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  return { secret: fields.get('join'), code: fields.get('pair') ?? '' };
}

/**
 * The address for a link to another device: the page's own, unless only this machine knows that name.
 * @param {string} own location.origin
 * @param {string} network what the server says, empty if it knows no better
 */
export function sharedOrigin(own, network) {
  const { hostname } = new URL(own);
  const onlyHere = hostname.startsWith('127.') || !/[.:]/.test(hostname) || hostname === '[::1]';
  return onlyHere && network ? network : own;
}

/** @param {string} origin @param {string} secret */
export function invitationLink(origin, secret) {
  return `${origin}/#join=${secret}`;
}

/** @param {string} origin @param {string} code */
export function pairingLink(origin, code) {
  return `${origin}/#pair=${encodeURIComponent(code)}`;
}

/** What to type where the device is to run. @param {string} origin @param {string} code @param {string} name */
export function pairingCommand(origin, code, name) {
  return `kith device --server ${origin} --pair ${code} --name ${name}`;
}
