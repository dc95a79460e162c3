/** Which sound belongs to a state. Pure. */

import { currentTalk, ringingTalks } from '../state/state.js';

/** @import {State} from '../state/state.js' */

/** @param {State} state @returns {'ring' | 'knock' | 'waiting' | 'ringing_there' | null} */
export function soundFor(state) {
  const current = currentTalk(state);
  const audible = ringingTalks(state).filter((talk) => talk.id !== state.silenced);
  if (audible.length > 0) return current ? 'waiting' : audible[0]?.kind === 'drop_in' ? 'knock' : 'ring';
  return current?.role === 'caller' && current.view?.phase === 'ringing' ? 'ringing_there' : null;
}

/** Whether a call that somebody took part in has just ended. @param {State} state @param {State} before */
export function justOver(state, before) {
  const current = currentTalk(before);
  return current !== null && state.talks.some((talk) => talk.id === current.id && talk.ended !== null);
}
