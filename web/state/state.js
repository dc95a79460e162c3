/** Everything the screens show, in one value. Pure: types, the start value, and questions asked of it. */

import { NO_CONTACTS } from '../contacts/list.js';
import { byPerson } from '../contacts/reach.js';
import { currentGroup } from './groups.js';

/** @import {BlockView, BookView, CallView, ChildView, EndReason, EndpointView, GrantedView, InvitationDetails, MissedCall, OngoingCall, NewsItem, OwnProfile, PeerIndicated, PersonView, WaitingEndpoint} from '../protocol.js' */
/** @import {Contacts} from '../contacts/list.js' */
/** @import {Bytes} from '../core/bytes.js' */
/** @import {Acquaintance} from '../call/vouching.js' */
/** @import {Terms} from '../granting/terms.js' */
/** @import {ProblemCode} from '../session/problem.js' */
/** @import {Gathering} from './groups.js' */

/**
 * A call as this page knows it.
 *
 * @typedef {object} Talk
 * @property {string} id
 * @property {'caller' | 'callee'} role
 * @property {string} name  the other side
 * @property {string | null} person  the other side's person, null for a shared device
 * @property {string} to  what to call to call again
 * @property {boolean} video  whether the call may have video
 * @property {'call' | 'drop_in'} kind  what it was from its first moment
 * @property {'knock' | 'instant' | null} mode  how a drop in begins
 * @property {Door} door  on the side that is dropped in on
 * @property {Frost | null} frost  of the own camera
 * @property {CallView | null} view  null until the server has confirmed the call
 * @property {boolean} mine  this endpoint speaks for its side: it placed the call or answered it
 * @property {'none' | 'connecting' | 'up' | 'lost'} media
 * @property {Pick<PeerIndicated, 'audio' | 'video' | 'hardware_muted'> | null} peer  what the other side says it sends
 * @property {boolean} entered  the other side has sent sound or picture
 * @property {number | null} since  when media first came up, ms
 * @property {Acquaintance | null} acquaintance  who the other side is, once it was looked at
 * @property {boolean} sealed  both sides have signed, and media goes to whom it should
 * @property {Ending | null} ended
 */

/**
 * What stands between a drop in and this page's microphone and camera: it is looked at who is there; they are heard to
 * come; they are in. Null where nothing does.
 * @typedef {'checking' | 'tone' | 'open' | null} Door
 */

/** The own picture is frosted for `seconds`: until `until` (ms), null before its first frame has left. @typedef {{seconds: number, until: number | null}} Frost */

/** What the sets that count here let anybody do: drop in on this page, if it is ready; drop in at home. @typedef {{receptive: boolean, home: boolean}} Admitting */

/** Why nobody could drop in on this page, as the end of a text key; null where somebody could. @typedef {'tap' | 'sound' | 'hidden' | 'microphone' | 'unconfirmed' | null} Unready */

/** @typedef {EndReason | ProblemCode} Ending  how a call ended, or why it never began */

/**
 * @typedef {object} Capture  what is really being captured (a track is live), and what stands in the way
 * @property {boolean} audio
 * @property {boolean} video
 * @property {boolean} audioWanted  switched on by the person; the device may still be starting, or refuse
 * @property {boolean} videoWanted
 * @property {CaptureTrouble | null} audioTrouble
 * @property {CaptureTrouble | null} videoTrouble
 */

/** @typedef {'denied' | 'missing' | 'failed'} CaptureTrouble */

/**
 * @typedef {object} Join  how a newcomer came here
 * @property {string | null} secret  the invitation's
 * @property {string} demo  names the demo devices' keys, in the owner link; or empty
 * @property {string} code  a pairing code from a link, perhaps with its secret; or empty
 * @property {InvitationDetails | null} details
 * @property {ProblemCode | null} problem
 */

/**
 * An announcement that was played here. `identity` is that of the device from which it came, `endpoint` what the server
 * calls it; the person is absent where a device speaks for the household; `audible` whether it could sound; `again` plays it once more, where it can be played.
 * @typedef {{id: string, person: string | null, identity: Bytes, endpoint: string, name: string, device: string, text: string | null, audible: boolean, again: (() => void) | null}} Heard
 */

/**
 * @typedef {object} Meeting  two endpoints that make sure of each other's keys
 * @property {string} endpoint  the new one's id; empty on the new one itself
 * @property {string} name
 * @property {boolean} shared
 * @property {'waiting' | 'digits' | 'said' | 'signing' | 'done' | 'failed'} stage
 * @property {string} digits
 * @property {'away' | 'unlike' | 'problem' | null} why  it failed
 */

/**
 * @typedef {object} State
 * @property {'starting' | 'newcomer' | 'enrolled'} stage
 * @property {Join} join
 * @property {'connecting' | 'online' | 'waiting'} connection
 * @property {ProblemCode | 'other_server' | 'unsupported' | 'deregistered' | null} refused  why this browser cannot go on
 * @property {boolean} elsewhere  another tab of this browser is the one that rings
 * @property {boolean} known  a snapshot has come
 * @property {boolean} registered
 * @property {'unknown' | 'confirmed' | 'waiting'} standing  whether another endpoint has signed for this one
 * @property {readonly WaitingEndpoint[]} waiting  endpoints for which this one could sign
 * @property {readonly string[]} strangers  persons who live here by the server's word, and by nobody else's
 * @property {boolean} taken  somebody took this person into a household that they have not said is theirs
 * @property {Meeting | null} meeting
 * @property {boolean} unwritten  the recovery key is not on paper yet
 * @property {OwnProfile | null} own  what only the person's own endpoints are shown
 * @property {'home' | 'messages' | 'contacts' | 'you'} tab
 * @property {string | null} conversation  with whom, where messages are on the screen; null for their list
 * @property {number} unread  conversations with something that was not read
 * @property {Terms | null} terms  what the person has signed about drop in and Do Not Disturb; null where it is not theirs to see
 * @property {ReadonlySet<string>} activity  persons who were recently active, and `home` for the own household
 * @property {boolean} locked  the app asks for its PIN first
 * @property {readonly ChildView[]} children  of the household, as their parents see them
 * @property {Contacts} contacts
 * @property {readonly BlockView[]} blocks  whom the person does not want to hear of
 * @property {number} logRevision  rises whenever something was written into the log, or taken away
 * @property {number} historyRevision  rises whenever something was deleted from the own history
 * @property {readonly BookView[] | null} books  address books that are followed; null until somebody looks
 * @property {PersonView | null} person
 * @property {EndpointView | null} endpoint
 * @property {readonly PersonView[]} people
 * @property {readonly EndpointView[]} endpoints
 * @property {readonly MissedCall[]} missed
 * @property {readonly NewsItem[]} news  of the household, the newest first
 * @property {readonly OngoingCall[]} ongoing  own calls at other own devices, which can be continued here
 * @property {readonly Talk[]} talks
 * @property {readonly Gathering[]} groups
 * @property {readonly GrantedView[]} granted  on whom this person may drop in
 * @property {Admitting} admitting
 * @property {Unready} unready
 * @property {boolean} quiet  Do Not Disturb, at this very page
 * @property {Capture} capture
 * @property {Record<'microphone' | 'camera', 'denied' | 'missing' | null>} lacking  what this browser cannot use, and why
 * @property {Record<'microphone' | 'camera', boolean>} allowed  what this page may use without asking
 * @property {Heard | null} announcement  the last one that was played here, until it is put away
 * @property {string | null} silenced  the ringing call whose sound was turned off here
 * @property {{key: string, values: Record<string, string>} | null} notice  one sentence about what just happened
 */

/** @type {State} */
export const START = {
  stage: 'starting',
  join: { secret: null, demo: '', code: '', details: null, problem: null },
  connection: 'connecting',
  refused: null,
  elsewhere: false,
  known: false,
  registered: false,
  standing: 'unknown',
  waiting: [],
  strangers: [],
  taken: false,
  meeting: null,
  unwritten: false,
  own: null,
  tab: 'home',
  conversation: null,
  unread: 0,
  terms: null,
  activity: new Set(),
  locked: false,
  children: [],
  contacts: NO_CONTACTS,
  blocks: [],
  logRevision: 0,
  historyRevision: 0,
  books: null,
  person: null,
  endpoint: null,
  people: [],
  endpoints: [],
  missed: [],
  news: [],
  ongoing: [],
  talks: [],
  groups: [],
  granted: [],
  admitting: { receptive: false, home: false },
  unready: 'tap',
  quiet: false,
  capture: {
    audio: false,
    video: false,
    audioWanted: false,
    videoWanted: false,
    audioTrouble: null,
    videoTrouble: null,
  },
  lacking: { microphone: null, camera: null },
  allowed: { microphone: false, camera: false },
  announcement: null,
  silenced: null,
  notice: null,
};

/** @typedef {'starting' | 'refused' | 'elsewhere' | 'welcome' | 'waiting' | 'code' | 'bring' | 'home' | 'messages' | 'contacts' | 'you' | 'locked'} Screen */

/** @param {State} state @returns {Screen} */
export function screenOf(state) {
  if (state.refused !== null) return 'refused';
  if (state.stage === 'newcomer') return 'welcome';
  if (state.elsewhere) return 'elsewhere';
  if (state.stage === 'starting' || !state.known || state.standing === 'unknown') return 'starting';
  if (state.standing === 'waiting') return 'waiting';
  if (state.locked) return 'locked';
  if (state.endpoint?.shared) return 'home'; // nobody's contacts are shown to everybody
  if (!state.registered) return 'code';
  if (state.own === null) return 'starting'; // confirmed a moment ago: what is the person's own is on its way
  if (state.own.child) return state.tab === 'messages' ? 'messages' : 'home'; // whom a child reaches is for its parents to say
  return state.own.contact_import === null ? 'bring' : state.tab;
}

/** The call this endpoint is in, placed or answered. @param {State} state */
export function currentTalk(state) {
  return state.talks.find((talk) => talk.mine && talk.ended === null) ?? null;
}

/** Whether this endpoint is in a call or a group: there is one microphone. @param {State} state */
export function isOccupied(state) {
  return currentTalk(state) !== null || currentGroup(state) !== null;
}

/** The call to show on the call screen: the current one, else the one that has just ended. @param {State} state */
export function shownTalk(state) {
  return currentTalk(state) ?? state.talks.findLast((talk) => talk.mine && talk.ended !== null) ?? null;
}

/**
 * Calls that ring here now, the longest first. Nothing rings at a page that is not to be disturbed; a drop in that comes
 * by itself does not ring, and one that knocks past Do Not Disturb was admitted before it is shown.
 * @param {State} state
 */
export function ringingTalks({ talks, quiet }) {
  return talks.filter(({ mine, ended, view, kind, mode, door }) => {
    const asks = kind === 'drop_in' ? mode === 'knock' && door === 'checking' : !quiet;
    return asks && !mine && ended === null && view?.phase === 'ringing';
  });
}

/** A call this endpoint was in when its page went away, and which still goes on. @param {State} state */
export function strandedTalk(state) {
  return state.talks.find((talk) => !talk.mine && talk.ended === null && talk.view?.phase !== 'ringing') ?? null;
}

/** @typedef {{id: string, name: string, contact: string | null}} Callable  a person, and the contact that they are */

/**
 * Other people who are known here, in the order of their names; at a shared device also whoever it acts for, as it may be
 * somebody else who stands before it.
 * @param {State} state @param {string} language @returns {Callable[]}
 */
export function callablePeople(state, language) {
  const contacts = byPerson(state.contacts.all.values());
  const others = state.people.filter(({ id }) => state.endpoint?.shared || id !== state.person?.id);
  return inOrder(others.map(({ id, name }) => ({ id, name, contact: contacts.get(id)?.id ?? null })), language);
}

/** People who are known only by a contact, under the name that it gives them. @param {State} state @param {string} language @returns {Callable[]} */
export function reachedPeople(state, language) {
  const known = new Set([state.person?.id, ...state.people.map(({ id }) => id)]);
  const reached = [...byPerson(state.contacts.all.values())].filter(([person]) => !known.has(person));
  return inOrder(reached.map(([id, contact]) => ({ id, name: contact.name, contact: contact.id })), language);
}

/** Who does not get through: persons, and the contacts by which somebody was blocked. @param {State} state @returns {Set<string>} by id */
export function blockedOnes({ blocks }) {
  return new Set(blocks.flatMap(({ person, contact }) => [person ?? [], contact ?? []].flat()));
}

/** The blocks between this person and whoever is meant. @param {State} state @param {{contact: string | null, people: readonly string[]}} whom @returns {string[]} */
export function blocksOf({ blocks }, { contact, people }) {
  const between = blocks.filter((block) => (contact !== null && block.contact === contact) || people.some((person) => person === block.person));
  return between.map(({ id }) => id);
}

/**
 * Whether a call comes from somebody who is known neither to the household nor from the contacts. Of a shared device
 * that is not asked, nor before the contacts have come.
 * @param {State} state @param {Talk} talk
 */
export function isStranger({ own, contacts, people, endpoints }, { person, view }) {
  if (own === null || !contacts.whole || person === null || endpoints.some(({ id }) => id === view?.endpoint?.id)) return false;
  return !people.some(({ id }) => id === person) && !byPerson(contacts.all.values()).has(person);
}

/** @param {Callable[]} people @param {string} language */
function inOrder(people, language) {
  return people.sort((one, other) => one.name.localeCompare(other.name, language));
}

/** Devices to call, those that are there first. @param {State} state @param {string} language */
export function callableEndpoints(state, language) {
  const others = state.endpoints.filter((endpoint) => endpoint.id !== state.endpoint?.id);
  return others.sort(
    (one, other) => Number(other.online) - Number(one.online) || one.name.localeCompare(other.name, language),
  );
}

/** For whom a shared device may call; nobody at a personal one, where it is plain. @param {State} state @returns {PersonView[]} */
export function adultsHere({ endpoint, person, people }) {
  if (!endpoint?.shared || person === null) return [];
  const others = people.filter(({ id, household }) => id !== person.id && household === person.household);
  return [person, ...others].sort((one, other) => one.name.localeCompare(other.name));
}

/** @param {State} state @param {string} other */
export function livesHere({ people, person }, other) {
  return people.some(({ id, household }) => id === other && household === person?.household);
}
