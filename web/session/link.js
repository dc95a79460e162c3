/** What a link brought along in its fragment, which browsers do not send to servers. Pure. */

/**
 * @typedef {object} Link
 * @property {string | null} secret  an invitation's
 * @property {string} demo  what names the demo devices' keys, in the owner link; or empty
 * @property {string} code  for pairing, perhaps with the secret that goes with it: CODE.SECRET; or empty
 * @property {boolean} messages  they are to be shown; which, no link says
 */

/** @param {string} hash as in location.hash @returns {Link} */
export function readLink(hash) {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const [secret = null, demo = ''] = fields.get('join')?.split('.') ?? [];
  return { secret, demo, code: fields.get('pair') ?? '', messages: fields.has('message') || fields.has('play') };
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

/** @param {string} origin @param {string} code @param {string} secret empty where nobody has to sign for the device */
export function pairingLink(origin, code, secret) {
  return `${origin}/#pair=${encodeURIComponent(code)}${secret && `.${secret}`}`;
}

/** What to type where the device is to run. @param {string} origin @param {string} code @param {string} secret @param {string} name */
export function pairingCommand(origin, code, secret, name) {
  return `kith device --server ${origin} --pair ${code}${secret && `.${secret}`} --name ${name}`;
}
