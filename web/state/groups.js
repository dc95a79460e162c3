/** Groups as this page knows them, and what everything that happens makes of them. Pure. */

/** @import {Capabilities, EndReason, GroupView, MemberView, PlaceView} from '../protocol.js' */
/** @import {Acquaintance} from '../call/vouching.js' */
/** @import {ProblemCode} from '../session/problem.js' */
/** @import {Door, Frost} from './state.js' */

/** How a group ended here, or why it never began; `left`: by somebody here, who may come back. @typedef {EndReason | ProblemCode | 'left'} GroupEnding */

/**
 * The way from here to one other member of a mesh.
 * @typedef {object} Bond
 * @property {'connecting' | 'up' | 'lost' | 'unsafe'} media
 * @property {{audio: boolean, video: boolean} | null} sends  what they say that they send
 * @property {Acquaintance | null} acquaintance
 */

/**
 * @typedef {object} Gathering
 * @property {string} id
 * @property {'call' | 'drop_in'} kind  what it was from its first moment
 * @property {boolean} mine  this endpoint takes part
 * @property {boolean} starter
 * @property {boolean} video
 * @property {'mesh' | 'mixer'} path  as the person here has agreed to it
 * @property {string} title  whom it was begun with; empty where somebody else began it
 * @property {GroupView | null} view  null until the server has confirmed it
 * @property {Readonly<Record<string, Bond>>} bonds  by endpoint
 * @property {'none' | 'connecting' | 'up' | 'lost'} room  the connection to the mixer
 * @property {readonly string[]} speaking  endpoints
 * @property {Door} door
 * @property {Frost | null} frost
 * @property {number | null} since  when media first came up, ms
 * @property {{joined: boolean, name: string} | null} told  who came or went last
 * @property {GroupEnding | null} ended
 */

/**
 * @typedef {{t: 'begin', id: string, kind: Gathering['kind'], video: boolean, path: Gathering['path'], title: string}
 *   | {t: 'join', id: string, video: boolean}
 *   | {t: 'again', id: string}
 *   | {t: 'view', view: GroupView}
 *   | {t: 'over', id: string, ending: GroupEnding}
 *   | {t: 'forget', id: string}
 *   | {t: 'bond', id: string, endpoint: string, bond: Partial<Bond>, at: number}
 *   | {t: 'unbound', id: string, endpoint: string}
 *   | {t: 'room', id: string, room: Gathering['room'], at: number}
 *   | {t: 'speaking', id: string, endpoints: readonly string[]}
 *   | {t: 'door', id: string, door: Door}
 *   | {t: 'frost', id: string, frost: Frost | null}} GroupAction
 */

/** @type {Bond} */
const NO_BOND = { media: 'connecting', sends: null, acquaintance: null };

/** @param {readonly Gathering[]} groups @param {GroupAction} action @returns {readonly Gathering[]} */
export function reduceGroups(groups, action) {
  switch (action.t) {
    case 'begin': {
      const { id, kind, video, path, title } = action;
      return [...unended(groups), { ...NEW, id, kind, video, path, title, mine: true, starter: true }];
    }
    case 'join':
      return change(unended(groups), action.id, (group) => ({ ...group, mine: true, video: group.video && action.video, path: group.view?.path ?? group.path }));
    case 'again':
      return groups.map((group) => (group.id === action.id ? { ...group, ended: null, told: null } : group));
    case 'view':
      return seen(groups, action.view);
    case 'over':
      return change(groups, action.id, (group) => ({ ...group, ended: action.ending, bonds: {}, room: /** @type {const} */ ('none'), speaking: [] })).filter(({ mine, ended }) => mine || ended === null);
    case 'forget':
      return groups.filter(({ id }) => id !== action.id);
    case 'bond':
      return change(groups, action.id, (group) => bound(group, action));
    case 'unbound':
      return change(groups, action.id, ({ bonds: { [action.endpoint]: _, ...bonds }, ...group }) => ({ ...group, bonds, speaking: group.speaking.filter((one) => one !== action.endpoint) }));
    case 'room':
      return change(groups, action.id, (group) => ({ ...group, room: action.room, since: group.since ?? (action.room === 'up' ? action.at : null) }));
    case 'speaking':
      return change(groups, action.id, (group) => ({ ...group, speaking: action.endpoints }));
    case 'door':
      return change(groups, action.id, (group) => ({ ...group, door: action.door }));
    case 'frost':
      return change(groups, action.id, (group) => ({ ...group, frost: action.frost }));
  }
}

/** After a new session: what the server does not know of is over. @param {readonly Gathering[]} groups @param {readonly GroupView[]} views */
export function restored(groups, views) {
  const kept = groups.map((group) => (group.view === null || group.ended !== null || views.some(({ id }) => id === group.id) ? group : { ...group, ended: /** @type {const} */ ('lost'), bonds: {} }));
  return views.reduce(seen, /** @type {readonly Gathering[]} */ (kept.filter(({ mine, ended }) => mine || ended === null)));
}

/** @type {Gathering} */
const NEW = {
  id: '',
  kind: 'call',
  mine: false,
  starter: false,
  video: false,
  path: 'mesh',
  title: '',
  view: null,
  bonds: {},
  room: 'none',
  speaking: [],
  door: null,
  frost: null,
  since: null,
  told: null,
  ended: null,
};

/** What it is, whether there may be video, and which path was agreed to, do not change by the server's word. @param {readonly Gathering[]} groups @param {GroupView} view */
function seen(groups, view) {
  const known = groups.find(({ id }) => id === view.id);
  if (known?.ended) return groups;
  if (!known) return [...groups, { ...NEW, id: view.id, kind: view.kind, video: view.video, path: view.path, view }];
  return change(groups, view.id, (group) => ({ ...group, view, path: group.mine ? group.path : view.path, told: news(group, view) }));
}

/** @param {Gathering} group @param {GroupView} view @returns {Gathering['told']} */
function news({ view: before, told }, view) {
  if (before === null) return told;
  const came = view.members.find(({ endpoint, order }) => endpoint !== view.own && !before.members.some((one) => one.endpoint === endpoint && one.order === order));
  if (came) return { joined: true, name: came.name };
  const went = before.members.find(({ endpoint }) => endpoint !== view.own && !view.members.some((one) => one.endpoint === endpoint));
  return went ? { joined: false, name: went.name } : told;
}

/** @param {Gathering} group @param {Extract<GroupAction, {t: 'bond'}>} action @returns {Gathering} */
function bound(group, { endpoint, bond, at }) {
  const bonds = { ...group.bonds, [endpoint]: { ...NO_BOND, ...group.bonds[endpoint], ...bond } };
  return { ...group, bonds, since: group.since ?? (bond.media === 'up' ? at : null) };
}

/** @param {readonly Gathering[]} groups @param {string} id @param {(group: Gathering) => Gathering} how */
function change(groups, id, how) {
  return groups.map((group) => (group.id === id && group.ended === null ? how(group) : group));
}

/** @param {readonly Gathering[]} groups */
const unended = (groups) => groups.filter(({ ended }) => ended === null);

// -- questions ------------------------------------------------------------------------------------------

/** The group this endpoint takes part in. @param {{groups: readonly Gathering[]}} state */
export function currentGroup({ groups }) {
  return groups.find(({ mine, ended }) => mine && ended === null) ?? null;
}

/** The group to show: the current one, else the one that has just ended. @param {{groups: readonly Gathering[]}} state */
export function shownGroup(state) {
  return currentGroup(state) ?? state.groups.findLast(({ mine, ended }) => mine && ended !== null) ?? null;
}

/** Whether this endpoint, or its person, is being asked. @param {GroupView} view */
export function isAsked({ own, own_person, places }) {
  const place = places.find(({ endpoint }) => endpoint === own) ?? places.find(({ person }) => person != null && person === own_person);
  return place?.state === 'ringing';
}

/**
 * Groups that ring here now. As with calls nothing rings at a page that is not to be disturbed; a drop in that knocks past
 * it was admitted before it is shown.
 * @param {{groups: readonly Gathering[], quiet: boolean}} state
 */
export function ringingGroups({ groups, quiet }) {
  return groups.filter(({ mine, ended, view, kind, door }) => {
    if (mine || ended !== null || view === null || !isAsked(view)) return false;
    return kind === 'drop_in' ? view.mode === 'knock' && door === 'checking' : !quiet;
  });
}

/** Groups that go on without this endpoint, which may still join. @param {{groups: readonly Gathering[], quiet: boolean}} state */
export function openGroups(state) {
  const ringing = ringingGroups(state);
  return state.groups.filter((group) => !group.mine && group.ended === null && group.kind === 'call' && group.view !== null && group.view.members.length > 0 && !ringing.includes(group));
}

/** The others in it, in the order in which they came. @param {Gathering} group @returns {MemberView[]} */
export function othersIn({ view }) {
  if (view === null) return [];
  return view.members.filter(({ endpoint }) => endpoint !== view.own).sort((one, other) => one.order - other.order);
}

/** Who was asked and is not in it yet. @param {Gathering} group @returns {PlaceView[]} */
export function awaitedIn({ view }) {
  return view === null ? [] : view.places.filter(({ state }) => state === 'ringing');
}

/** What this endpoint itself can send and show, as the group knows it. @param {GroupView} view @returns {Capabilities} */
export function ownCapabilities({ own, members }) {
  return members.find(({ endpoint }) => endpoint === own)?.capabilities ?? {};
}

/** Whether whoever is out of it may come back: the others may still be there. @param {Gathering} group */
export function mayReturn({ ended, kind, view }) {
  const others = (view?.members ?? []).filter(({ endpoint }) => endpoint !== view?.own);
  return kind === 'call' && others.length > 0 && (ended === 'left' || ended === 'lost' || ended === 'connect_failed');
}

/** Whether it is end-to-end, as far as this page would let it be otherwise. @param {Gathering} group */
export const isSealed = ({ path, view }) => path === 'mesh' && view?.e2ee !== false;
