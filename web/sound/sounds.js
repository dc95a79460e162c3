/** Keeps the sound in step with the state. */

import { justOver, soundFor } from './sounding.js';
import { CALL_OVER, CALL_WAITING, KNOCKING, RINGING_THERE, ringTone } from './tones.js';

/** @import {Chosen} from '../settings.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Ringer} from './ringer.js' */

const ASIDE = 0.3; // sounds into an ear that listens to a call
const SOFTER = 0.6; // than a ring

/** A phone that lies on the table is felt, too: on, off, on, off ... in ms. */
const BUZZ = [400, 200, 400, 2_000];

/** @param {Store} store @param {Ringer} ringer @param {Chosen} chosen */
export function keepSounding(store, ringer, chosen) {
  /** @type {ReturnType<typeof soundFor>} */
  let sounding = null;
  store.subscribe((state, before) => {
    const sound = soundFor(state);
    if (sound !== sounding) {
      sounding = sound;
      start(sound, ringer, chosen);
    }
    if (sound === null && justOver(state, before)) ringer.play(CALL_OVER, ASIDE, { repeat: false });
  });
}

/** @param {ReturnType<typeof soundFor>} sound @param {Ringer} ringer @param {Chosen} chosen */
function start(sound, ringer, { values }) {
  ringer.stop();
  navigator.vibrate?.(sound === 'ring' ? BUZZ : 0);
  if (sound === 'ring') ringer.play(ringTone(values.tone), values.volume, { repeat: true });
  if (sound === 'knock') ringer.play(KNOCKING, values.volume * SOFTER, { repeat: true });
  if (sound === 'waiting') ringer.play(CALL_WAITING, ASIDE, { repeat: true });
  if (sound === 'ringing_there') ringer.play(RINGING_THERE, ASIDE, { repeat: true });
}
