/** What did not ring because of Do Not Disturb: that part of the log. */

import { openLog } from './log.js';

/** @import {Parts} from './view.js' */

/** @param {Parts} parts */
export function openSilenced(parts) {
  openLog(parts, (said) => said !== null && (said.outcome === 'silenced' || said.what === 'quiet' || said.reason === 'quiet'), 'silenced.title');
}
