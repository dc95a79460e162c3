/** Whom a group can be begun with from here. Pure. */

import { blockedOnes, callableEndpoints, callablePeople, reachedPeople } from './state.js';

/** @import {Translate} from '../i18n.js' */
/** @import {State} from './state.js' */

/** A person, or a room: a device of the household. `about`: a text key, or nothing. @typedef {{id: string, name: string, room: boolean, about: string}} Askable */

/** People first, then rooms; nobody who is blocked, and no device that is away. @param {State} state @param {string} language @returns {Askable[]} */
export function everybodyToAsk(state, language) {
  const blocked = blockedOnes(state);
  const people = [...callablePeople(state, language), ...reachedPeople(state, language)].filter(({ id, contact }) => !blocked.has(id) && !blocked.has(contact ?? ''));
  const rooms = callableEndpoints(state, language).filter(({ online }) => online);
  return [
    ...people.map(({ id, name }) => ({ id, name, room: false, about: '' })),
    ...rooms.map(({ id, name, shared }) => ({ id, name, room: true, about: shared ? 'device.shared' : 'device.own' })),
  ];
}

/** How many names a title takes. */
const NAMES = 3;

/** What a group is called by who begins it. @param {readonly string[] | null} names null: everyone at home @param {string} language @param {Translate} t */
export function titleOf(names, language, t) {
  if (names === null) return t('group.everyone');
  const shown = names.length > NAMES ? [...names.slice(0, NAMES - 1), t('group.more', { count: String(names.length - NAMES + 1) })] : names;
  return new Intl.ListFormat(language, { type: 'conjunction' }).format(shown);
}
