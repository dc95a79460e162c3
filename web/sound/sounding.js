/** Which sound belongs to a state. Pure. */

import { currentGroup, ringingGroups } from '../state/groups.js';
import { currentTalk, isOccupied, ringingTalks } from '../state/state.js';

/** @import {State} from '../state/state.js' */

/** @param {State} state @returns {'ring' | 'knock' | 'waiting' | 'ringing_there' | null} */
export function soundFor(state) {
  const current = currentTalk(state);
  const audible = [...ringingTalks(state), ...ringingGroups(state)].filter(({ id }) => id !== state.silenced);
  if (audible.length > 0) return isOccupied(state) ? 'waiting' : audible[0]?.kind === 'drop_in' ? 'knock' : 'ring';
  const group = currentGroup(state);
  if (group?.starter && group.kind === 'call' && group.view?.phase === 'ringing') return 'ringing_there';
  return current?.role === 'caller' && current.view?.phase === 'ringing' ? 'ringing_there' : null;
}

/** Whether a call that somebody took part in has just ended. @param {State} state @param {State} before */
export function justOver(state, before) {
  const group = currentGroup(before);
  if (group !== null && state.groups.some(({ id, ended }) => id === group.id && ended !== null)) return true;
  const current = currentTalk(before);
  return current !== null && state.talks.some((talk) => talk.id === current.id && talk.ended !== null);
}
