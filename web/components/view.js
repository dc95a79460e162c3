/** What every screen and dialog is: an element that has the app's parts and shows a state. */

/** @import {Calls} from '../call/calls.js' */
/** @import {Groups} from '../call/groups.js' */
/** @import {Language, Translate} from '../i18n.js' */
/** @import {Messages} from '../messages/messages.js' */
/** @import {Notifier} from '../notify.js' */
/** @import {Account} from '../session/account.js' */
/** @import {Readiness} from '../session/readiness.js' */
/** @import {Chosen} from '../settings.js' */
/** @import {Ringer} from '../sound/ringer.js' */
/** @import {State} from '../state/state.js' */
/** @import {Store} from '../state/store.js' */

/**
 * @typedef {object} Parts
 * @property {Store} store
 * @property {Account} account
 * @property {Calls} calls
 * @property {Groups} groups
 * @property {Chosen} chosen
 * @property {Ringer} ringer
 * @property {Notifier} notifier
 * @property {Readiness} readiness
 * @property {() => Promise<Messages>} messages  fetched when they are asked for first
 * @property {(other: string, wish?: {play?: boolean, record?: boolean}) => Promise<void>} openConversation
 * @property {() => Promise<void>} deleteRecordings  what was said in voice messages, at this endpoint
 * @property {() => Translate} translate
 * @property {() => Language} language
 */

export class View extends HTMLElement {
  /** @type {Parts} set before `build` */ parts = /** @type {Parts} */ (/** @type {unknown} */ (null));

  /** Make the children, once. @abstract */
  build() {}

  /** Make the children agree with the state. @abstract @param {State} _state */
  show(_state) {}

  /** @param {string} key @param {Record<string, string>} [values] */
  t(key, values) {
    return this.parts.translate()(key, values);
  }
}

/**
 * @template {View} V
 * @param {new () => V} kind @param {Parts} parts
 * @returns {V}
 */
export function create(kind, parts) {
  const view = new kind();
  view.parts = parts;
  view.build();
  view.show(parts.store.state);
  return view;
}
