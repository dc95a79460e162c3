/** Which text says how a call stands. Pure; the texts are in texts/. */

/** @import {Ending, State, Talk} from './state.js' */

/** @type {readonly string[]} */
export const END_REASONS = [
  'hung_up',
  'declined',
  'busy',
  'no_answer',
  'cancelled',
  'answered_elsewhere',
  'connect_failed',
  'lost',
  'moved',
  'time_limit',
  'not_let_in',
  'silence',
];

/** @param {Ending} ending @returns {string} a text key */
export function endingKey(ending) {
  return END_REASONS.includes(ending) ? `ended.${ending}` : `problem.${ending}`;
}

/** @param {Talk} talk @returns {string} a text key */
export function standingKey(talk) {
  if (talk.kind === 'drop_in') return dropInKey(talk);
  if (talk.ended !== null) return endingKey(talk.ended);
  if (talk.media === 'up') return 'call.connected';
  if (talk.media === 'lost' || talk.view?.phase === 'recovering') return 'call.reconnecting';
  if (talk.view === null) return 'call.calling';
  return talk.view.phase === 'ringing' && talk.role === 'caller' ? 'call.ringing' : 'call.connecting';
}

/** @param {Talk} talk @returns {string} a text key */
function dropInKey({ ended, role, media, view, door, entered, mode }) {
  if (ended !== null) return ended === 'not_permitted' || ended === 'no_answer' ? 'drop_in.not_permitted' : endingKey(ended);
  if (media === 'lost' || view?.phase === 'recovering') return 'call.reconnecting';
  if (role === 'callee') return door === 'open' ? 'drop_in.here' : 'drop_in.coming';
  if (media === 'up') return entered ? 'call.connected' : 'drop_in.tone_there';
  if (view?.phase === 'ringing') return mode === 'knock' ? 'drop_in.knocking' : 'drop_in.going';
  return view === null ? 'drop_in.going' : 'call.connecting';
}

/** How long the own picture is frosted still: ms; null where it is clear. @param {{frost: Talk['frost'], ended: string | null}} talk @param {number} now ms */
export function frostedFor({ frost, ended }, now) {
  if (frost === null || ended !== null) return null;
  const left = frost.until === null ? frost.seconds * 1_000 : frost.until - now;
  return left > 0 ? left : null;
}

/** How long a picture is frosted at most, in ms: whose it is decides, and does not say. */
const FROSTED_AT_FIRST = 12_000;

/** What whoever drops in should know: text keys. @param {Talk} talk @param {number} now ms @returns {string[]} */
export function visitNotes(talk, now) {
  if (talk.kind !== 'drop_in' || talk.role !== 'caller' || !talk.entered || talk.since === null) return [];
  return expectsVideo(talk) && now - talk.since < FROSTED_AT_FIRST ? ['drop_in.frosted_there'] : [];
}

/** Whether there should be a moving picture of the other side. @param {Talk} talk */
export function expectsVideo(talk) {
  return talk.ended === null && talk.view?.media.receive_video === true && talk.peer?.video !== false;
}

/** What the other side has switched off, as text keys. @param {Talk} talk @returns {string[]} */
export function peerNotes(talk) {
  if (talk.media === 'none' || talk.peer === null || talk.view === null) return [];
  if (talk.kind === 'drop_in' && talk.role === 'caller' && !talk.entered) return [];
  const notes = [];
  if (!talk.peer.audio) notes.push('peer.microphone_off');
  if (talk.view.media.receive_video && !talk.peer.video) notes.push('peer.camera_off');
  return notes;
}

/** What stands in the way of being heard and seen, as text keys. @param {State} state @param {Talk} talk @returns {string[]} */
export function ownTroubles({ capture, lacking }, talk) {
  const troubles = [];
  // What this browser may not use is not even tried: the call has no line for it.
  const { send_audio: heard, send_video: seen } = talk.view?.media ?? { send_audio: true, send_video: true };
  const audio = capture.audioTrouble ?? (heard ? null : lacking.microphone);
  const video = capture.videoTrouble ?? (seen ? null : lacking.camera);
  if (audio) troubles.push(`microphone.trouble.${audio}`);
  if (video && talk.video) troubles.push(`camera.trouble.${video}`);
  return troubles;
}

/** How long before the end that the server makes of a long call it is said. */
const SOON = 300;

/** When the server ends this call because it is long enough, once that is near. @param {Talk} talk @param {number} now ms @returns {number | null} seconds */
export function endsSoon({ view, ended }, now) {
  const ends = view?.ends ?? null;
  return ended === null && ends !== null && ends - now / 1_000 <= SOON ? ends : null;
}

/** @param {number} seconds @returns {string} 0:07, 12:34, 1:02:03 */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/**
 * A day as one says it: "today", "yesterday", else its date. Pure.
 * @param {number} at seconds @param {number} now ms @param {string} language @param {import('../i18n.js').Translate} translate
 */
export function dayWords(at, now, language, translate) {
  const day = new Date(at * 1_000).toDateString();
  if (day === new Date(now).toDateString()) return translate('devices.today');
  if (day === new Date(now - 86_400_000).toDateString()) return translate('devices.yesterday');
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(new Date(at * 1_000));
}

/** What is known of the other side, once both have signed. Pure. @param {Talk} talk @returns {string} a text key */
export function sealedKey({ sealed, acquaintance }) {
  if (!sealed || acquaintance === null) return 'call.checking';
  if (acquaintance.sort !== 'person') return `call.sealed.${acquaintance.sort}`;
  return acquaintance.verified ? 'call.sealed.verified' : 'call.sealed.seen';
}

/** What a piece of news says. @param {import('../protocol.js').NewsItem} item @returns {string} a text key */
export function newsKey({ kind, own, shared }) {
  if (shared && own && kind === 'endpoint_added') return 'news.own.shared';
  if (shared && (!own || kind === 'new_network')) return `news.shared.${kind}`;
  return own ? `news.own.${kind}` : `news.${kind}`;
}
