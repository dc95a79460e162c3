/**
 * Where a connection is made: in the page itself, or in a place that knows this machine's networks as they are now.
 *
 * Chromium tells a page of new addresses two seconds after the last change (and with IPv6 there is one more when an
 * address is found to be unique): a connection made meanwhile would gather the ones that are gone. It looks anew for every
 * window, so a connection that replaces one is made in a window of its own: an empty frame that nobody sees. Other
 * browsers look anew for each connection.
 */

/** @typedef {{RTCPeerConnection: typeof RTCPeerConnection, leave: () => void}} Place */

/** @returns {Place} */
export function thisPage() {
  return { RTCPeerConnection, leave() {} };
}

/** @returns {Place} its connections end when it is left */
export function freshPlace() {
  if (!('userAgentData' in navigator)) return thisPage(); // what only Chromium has
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.tabIndex = -1;
  frame.setAttribute('aria-hidden', 'true');
  document.body.append(frame);
  const inside = /** @type {(Window & typeof globalThis) | null} */ (frame.contentWindow);
  if (inside === null) return thisPage();
  return { RTCPeerConnection: inside.RTCPeerConnection, leave: () => frame.remove() };
}
