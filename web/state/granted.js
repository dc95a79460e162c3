/** On whom one may drop in, as the server says: what the buttons offer. Whether it may be is decided where it is. Pure. */

/** @import {EndpointView} from '../protocol.js' */
/** @import {State} from './state.js' */

/** @param {State} state @param {string | null} person */
export function canDropIn({ granted }, person) {
  return person !== null && granted.some((one) => one.person === person);
}

/** Endpoints of one's own, or of somebody at home who lets the household drop in. @param {State} state @param {EndpointView} endpoint */
export function canDropInAt({ granted, admitting, endpoint: here }, { id, online, quiet }) {
  return id !== here?.id && online && !quiet && (admitting.home || granted.some(({ household }) => household));
}
