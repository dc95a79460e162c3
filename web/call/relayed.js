/** What may leave a browser whose person wants the relay only. The browser sees to it too; this makes sure. Pure. */

/**
 * A relayed candidate with its base blanked (RFC 8839, section 5.1), null for any other kind.
 * @param {string} candidate  with or without "a="
 */
export function relayedCandidate(candidate) {
  if (!/ typ relay( |$)/.test(candidate)) return null;
  return candidate.replace(/ raddr \S+/, ' raddr 0.0.0.0').replace(/ rport \S+/, ' rport 9');
}

/**
 * A description without any address of this browser.
 * @param {string} sdp
 */
export function relayedOnly(sdp) {
  const lines = sdp.split(/\r?\n/).filter((line) => line !== '');
  const kept = lines.map((line) => {
    if (line.startsWith('a=candidate:')) return relayedCandidate(line);
    return line.startsWith('c=') ? 'c=IN IP4 0.0.0.0' : line; // not used by ICE (RFC 8839, section 4.2.1.1)
  });
  return kept.filter((line) => line !== null).map((line) => `${line}\r\n`).join('');
}
