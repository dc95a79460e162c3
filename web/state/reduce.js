/**
 * The next state for everything that can happen. Pure and total: what makes no sense changes nothing.
 *
 * Two things are never undone: a talk that has ended stays ended, and a server's snapshot replaces
 * whatever was believed before.
 */

import { reduceGroups, restored } from './groups.js';
import { START } from './state.js';

/** @import {ActivityView, CallView, EndpointView, Event as ServerEvent, InvitationDetails, Snapshot} from '../protocol.js' */
/** @import {Acquaintance} from '../call/vouching.js' */
/** @import {ProblemCode} from '../session/problem.js' */
/** @import {Contacts} from '../contacts/list.js' */
/** @import {GroupAction} from './groups.js' */
/** @import {Capture, Door, Ending, Frost, State, Talk, Unready} from './state.js' */

/**
 * @typedef {{t: 'newcomer', secret: string | null, demo: string, code: string}
 *   | {t: 'invitation', details: InvitationDetails}
 *   | {t: 'invitation_problem', problem: ProblemCode}
 *   | {t: 'enrolled'}
 *   | {t: 'refused', why: NonNullable<State['refused']>}
 *   | {t: 'elsewhere', elsewhere: boolean}
 *   | {t: 'connection', status: State['connection']}
 *   | {t: 'snapshot', snapshot: Snapshot}
 *   | {t: 'server', event: ServerEvent}
 *   | {t: 'contacts', contacts: Contacts}
 *   | {t: 'books', books: NonNullable<State['books']>}
 *   | {t: 'locked', locked: boolean}
 *   | {t: 'children', children: State['children']}
 *   | {t: 'terms', terms: State['terms']}
 *   | {t: 'tab', tab: State['tab'], conversation?: State['conversation']}
 *   | {t: 'unread', unread: number}
 *   | {t: 'placing', call: string, to: string, name: string, person: string | null, video: boolean, kind?: Talk['kind']}
 *   | {t: 'answering', call: string, video: boolean}
 *   | {t: 'call_state', call: string, view: CallView}
 *   | {t: 'over', call: string, ending: Ending}
 *   | {t: 'forget', call: string}
 *   | {t: 'silence', call: string}
 *   | {t: 'door', call: string, door: Door}
 *   | {t: 'frost', call: string, frost: Frost | null}
 *   | {t: 'admitting', admitting: State['admitting']}
 *   | {t: 'unready', unready: Unready}
 *   | {t: 'quiet', quiet: boolean}
 *   | {t: 'media', call: string, media: Talk['media'], at: number}
 *   | {t: 'standing', standing: 'confirmed' | 'waiting', waiting?: State['waiting'], strangers?: State['strangers'], taken?: boolean}
 *   | {t: 'meeting', meeting: State['meeting']}
 *   | {t: 'paper', unwritten: boolean}
 *   | {t: 'acquainted', call: string, acquaintance: Acquaintance}
 *   | {t: 'sealed', call: string}
 *   | {t: 'compared', call: string, alike: boolean}
 *   | {t: 'capture', capture: Capture}
 *   | {t: 'lacking', lacking: State['lacking'], allowed: State['allowed']}
 *   | {t: 'group', what: GroupAction}
 *   | {t: 'announcement', announcement: State['announcement']}
 *   | {t: 'notice', notice: State['notice']}} Action
 */

/** @param {State} state @param {Action} action @returns {State} */
export function reduce(state, action) {
  switch (action.t) {
    case 'newcomer':
      return { ...state, stage: 'newcomer', join: { ...START.join, secret: action.secret, demo: action.demo, code: action.code } };
    case 'invitation':
      return { ...state, join: { ...state.join, details: action.details, problem: null } };
    case 'invitation_problem':
      return { ...state, join: { ...state.join, details: null, problem: action.problem } };
    case 'enrolled':
      return { ...state, stage: 'enrolled', join: START.join };
    case 'refused':
      // One that was signed out has no part in any call from then on, and captures nothing.
      return { ...state, refused: action.why, ...(action.why === 'endpoint_removed' || action.why === 'deregistered' ? { talks: [], groups: [] } : {}) };
    case 'elsewhere':
      return { ...state, elsewhere: action.elsewhere, ...(action.elsewhere ? { talks: [], groups: [] } : {}) };
    case 'connection':
      return { ...state, connection: action.status };
    case 'snapshot':
      return fromSnapshot(state, action.snapshot);
    case 'server':
      return onEvent(state, action.event);
    case 'contacts':
      return { ...state, contacts: action.contacts };
    case 'books':
      return { ...state, books: action.books };
    case 'locked':
      return { ...state, locked: action.locked };
    case 'children':
      return { ...state, children: action.children };
    case 'terms':
      return { ...state, terms: action.terms };
    case 'tab':
      return { ...state, tab: action.tab, conversation: action.conversation ?? null };
    case 'unread':
      return { ...state, unread: action.unread };
    case 'placing':
      return withTalk(forgetEnded(state), placed(action));
    case 'answering':
      return changeTalk(forgetEnded(state), action.call, (talk) => ({
        ...talk,
        mine: true,
        media: 'connecting',
        video: talk.video && action.video,
      }));
    case 'call_state':
      return confirmed(state, action.call, action.view);
    case 'over':
      return endTalk(state, action.call, action.ending);
    case 'forget':
      return { ...state, talks: state.talks.filter((talk) => talk.id !== action.call) };
    case 'silence':
      return { ...state, silenced: action.call };
    case 'door':
      return changeTalk(state, action.call, (talk) => ({ ...talk, door: action.door }));
    case 'frost':
      return changeTalk(state, action.call, (talk) => ({ ...talk, frost: action.frost }));
    case 'admitting':
      return { ...state, admitting: action.admitting };
    case 'announcement':
      return { ...state, announcement: action.announcement };
    case 'unready':
      return action.unready === state.unready ? state : { ...state, unready: action.unready };
    case 'quiet':
      return action.quiet === state.quiet ? state : { ...state, quiet: action.quiet };
    case 'media':
      return changeTalk(state, action.call, (talk) => ({
        ...talk,
        media: action.media,
        since: talk.since ?? (action.media === 'up' ? action.at : null),
      }));
    case 'standing':
      return { ...state, standing: action.standing, waiting: action.waiting ?? state.waiting, strangers: action.strangers ?? state.strangers, taken: action.taken ?? state.taken };
    case 'meeting':
      return { ...state, meeting: action.meeting };
    case 'paper':
      return action.unwritten === state.unwritten ? state : { ...state, unwritten: action.unwritten };
    case 'acquainted':
      return changeTalk(state, action.call, (talk) => ({ ...talk, acquaintance: action.acquaintance }));
    case 'sealed':
      return changeTalk(state, action.call, (talk) => ({ ...talk, sealed: true }));
    case 'compared':
      return changeTalk(state, action.call, (talk) => ({
        ...talk,
        acquaintance: talk.acquaintance && { ...talk.acquaintance, verified: action.alike },
      }));
    case 'capture':
      return { ...state, capture: action.capture };
    case 'lacking':
      return { ...state, lacking: action.lacking, allowed: action.allowed };
    case 'group':
      return withGroup(state, action.what);
    case 'notice':
      return { ...state, notice: action.notice };
  }
}

/** @param {State} state @param {Snapshot} snapshot @returns {State} */
function fromSnapshot(state, snapshot) {
  const { person, endpoint, registered, people, endpoints, calls, missed, news, elsewhere, own, blocks, granted, activity } = snapshot;
  const kept = state.talks.map((talk) =>
    talk.view === null || calls.some((view) => view.id === talk.id) ? talk : over(talk, 'lost'),
  );
  const next = { ...state, known: true, own: own ?? null, blocks: blocks ?? [], person, endpoint, registered, people, endpoints, missed, news, granted: granted ?? [], activity: lately(activity ?? []), ongoing: elsewhere, groups: restored(state.groups, snapshot.groups ?? []) };
  return calls.reduce(withView, { ...next, talks: kept.filter(worthKeeping) });
}

/** @param {State} state @param {ServerEvent} event @returns {State} */
function onEvent(state, event) {
  switch (event.t) {
    case 'ringing':
    case 'call_changed':
      return withView(state, event.call);
    case 'ended':
      return endTalk(state, event.call, event.reason);
    case 'peer_indicated': {
      const { audio, video, hardware_muted } = event;
      return changeTalk(state, event.call, (talk) => ({ ...talk, peer: { audio, video, hardware_muted }, entered: talk.entered || audio || video }));
    }
    case 'directory_changed':
      return { ...state, person: event.person, people: event.people, endpoints: event.endpoints };
    case 'endpoint_changed':
      return { ...state, ...withEndpoint(state, event.endpoint) };
    case 'group_rings':
    case 'group_changed':
      return withGroup(state, { t: 'view', view: event.group });
    case 'group_ended':
      return withGroup(state, { t: 'over', id: event.call, ending: event.reason });
    case 'group_speaking':
      return withGroup(state, { t: 'speaking', id: event.call, endpoints: event.endpoints });
    case 'missed_calls':
      return { ...state, missed: event.missed };
    case 'calls_elsewhere':
      return { ...state, ongoing: event.calls };
    case 'household_news':
      return { ...state, news: event.news };
    case 'children_changed':
      return { ...state, children: event.children };
    case 'registered':
      return { ...state, registered: true };
    case 'unregistered':
      return { ...state, registered: false };
    case 'log_changed':
      return { ...state, logRevision: state.logRevision + 1 };
    case 'history_changed':
      return { ...state, historyRevision: state.historyRevision + 1 };
    case 'books_changed':
      return { ...state, books: event.books };
    case 'blocks_changed':
      return { ...state, blocks: event.blocks };
    case 'activity':
      return { ...state, activity: lately(event.activity) };
    case 'granted_changed':
      return { ...state, granted: event.granted };
    case 'own_changed':
      return { ...state, own: event.own };
    case 'contacts_changed':
      return { ...state, own: state.own && { ...state.own, contacts: event.revision } };
    case 'signalled': // for the conversation alone
    case 'group_signal':
    case 'message_arrived':
    case 'conversation_changed':
    case 'announcement':
    case 'announcement_plays':
    case 'grants_heard':
    case 'identity_changed': // for whoever asks for identities
    case 'roster_changed':
    case 'grants_changed': // for the gate
    case 'pairing_signalled':
    case 'children_changed':
    case 'server_leaving': // for the session alone
      return state;
  }
}

/** @param {State} state @param {GroupAction} what */
function withGroup(state, what) {
  return { ...state, groups: reduceGroups(state.groups, what) };
}

/** Who was recently active. @param {readonly ActivityView[]} activity */
function lately(activity) {
  return new Set(activity.filter(({ recent }) => recent).map(({ person }) => person));
}

/** @param {State} state @param {EndpointView} endpoint @returns {Pick<State, 'endpoint' | 'endpoints'>} */
function withEndpoint(state, endpoint) {
  const own = state.endpoint?.id === endpoint.id ? endpoint : state.endpoint;
  return { endpoint: own, endpoints: state.endpoints.map((known) => (known.id === endpoint.id ? endpoint : known)) };
}

/** @param {Extract<Action, {t: 'placing'}>} action @returns {Talk} */
function placed({ call, to, name, person, video, kind = 'call' }) {
  return {
    id: call,
    role: 'caller',
    name,
    person,
    to,
    video,
    kind,
    mode: null,
    door: null,
    frost: null,
    view: null,
    mine: true,
    media: 'none',
    peer: null,
    entered: false,
    since: null,
    acquaintance: null,
    sealed: false,
    ended: null,
  };
}

/**
 * The server's word on a call. When both sides call each other at once one call survives, and the reply to
 * ours is about the other's: then ours is gone and theirs is answered here.
 * @param {State} state @param {string} asked @param {CallView} view
 */
function confirmed(state, asked, view) {
  if (asked === view.id) return withView(state, view);
  const without = { ...state, talks: state.talks.filter((talk) => talk.id !== asked) };
  return changeTalk(withView(without, view), view.id, (talk) => ({ ...talk, mine: true, media: 'connecting' }));
}

/** @param {State} state @param {CallView} view @returns {State} */
function withView(state, view) {
  const known = state.talks.find((talk) => talk.id === view.id);
  if (known?.ended || (known?.view && isOlder(view, known.view))) return state;
  // Who it is does not change during a call, whatever the server says; nor what they are called.
  const person = known?.person ?? view.peer_person ?? null;
  // Which side this is of a call that is continued here the server says once; afterwards it does not change either.
  const role = known?.view === null && known.kind === 'call' ? view.role : (known?.role ?? view.role);
  const heard = known
    ? { ...known, view, role, name: known.name || view.peer_name, person, video: view.video, mode: known.view === null ? (view.mode ?? null) : known.mode }
    : fromView(view);
  // A new endpoint at the far end (a move) has said nothing yet about what it sends.
  const peer = known?.view?.endpoint?.id === view.endpoint?.id ? heard.peer : null;
  return withTalk(state, { ...heard, peer });
}

/** A call never goes back: a reply that an event has overtaken is old news. @param {CallView} view @param {CallView} known */
function isOlder(view, known) {
  return view.epoch < known.epoch || (view.epoch === known.epoch && !view.endpoint && Boolean(known.endpoint));
}

/** @param {CallView} view @returns {Talk} */
function fromView(view) {
  const person = view.peer_person ?? null;
  return {
    id: view.id,
    role: view.role,
    name: view.peer_name,
    person,
    to: person ?? '',
    video: view.video,
    kind: view.kind ?? 'call',
    mode: view.mode ?? null,
    door: null,
    frost: null,
    view,
    mine: false,
    media: 'none',
    peer: null,
    entered: false,
    since: null,
    acquaintance: null,
    sealed: false,
    ended: null,
  };
}

/** @param {State} state @param {Talk} talk @returns {State} */
function withTalk(state, talk) {
  const known = state.talks.some((other) => other.id === talk.id);
  const talks = known ? state.talks.map((other) => (other.id === talk.id ? talk : other)) : [...state.talks, talk];
  return { ...state, talks };
}

/** @param {State} state @param {string} call @param {(talk: Talk) => Talk} change @returns {State} */
function changeTalk(state, call, change) {
  const talk = state.talks.find((known) => known.id === call);
  return talk && talk.ended === null ? withTalk(state, change(talk)) : state;
}

/** @param {Talk} talk @param {Ending} ending @returns {Talk} */
function over(talk, ending) {
  return talk.ended === null ? { ...talk, ended: ending, media: 'none' } : talk;
}

/** What rang here and is over leaves no trace but a notice; what one took part in ends on its screen. @param {Talk} talk */
function worthKeeping(talk) {
  return talk.mine || talk.ended === null;
}

/** @param {State} state @param {string} call @param {Ending} ending @returns {State} */
function endTalk(state, call, ending) {
  const talk = state.talks.find((known) => known.id === call);
  if (!talk || talk.ended !== null) return state;
  const ended = changeTalk(state, call, (known) => over(known, ending));
  const notice = !talk.mine && talk.kind === 'call' && ending === 'answered_elsewhere'
    ? { key: 'notice.answered_elsewhere', values: { name: talk.name } }
    : state.notice;
  return { ...ended, notice, talks: ended.talks.filter(worthKeeping) };
}

/** A new call takes the place of the ended one's screen. @param {State} state @returns {State} */
function forgetEnded(state) {
  return { ...state, talks: state.talks.filter((talk) => talk.ended === null) };
}
