/** Add a device: an own one, or one for the whole household; and confirm one that waits. */

import { pairingCommand, pairingLink, sharedOrigin } from '../session/link.js';
import { codeOf } from '../session/problem.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { copyLine, qrPicture, untilWords } from './link.js';
import { meetingParts } from './meeting.js';
import { alertLine, busy, button } from './pieces.js';

/** @import {PairingOffered, WaitingEndpoint} from '../protocol.js' */
/** @import {Parts} from './view.js' */

/** @param {Parts} parts */
export function openPairing(parts) {
  const translate = parts.translate();
  const problem = alertLine();
  const body = h('div', { class: 'choices' });
  const failed = (/** @type {unknown} */ error) => problem.say(translate(`problem.${codeOf(error)}`));
  const choose = (/** @type {string} */ key, /** @type {string} */ icon, /** @type {boolean} */ shared) => {
    const element = button(translate(key), () => void busy(element, make, failed), { kind: 'wide big', icon });
    const make = async () => {
      const offered = await parts.account.home.offerPairing(shared);
      body.replaceChildren(...ready(parts, offered, parts.account.hosting.show(offered, shared)));
    };
    return element;
  };
  body.append(
    h('p', {}, translate('pairing.lead')),
    choose('pairing.own', 'device', false),
    choose('pairing.shared', 'speaker', true),
  );
  const dialog = openDialog(translate('pairing.title'), translate, problem.element, body);
  follow(parts, dialog, body);
}

/** A device of a child's own: the first begins the child's chain, so there is nobody to sign for it. @param {Parts} parts @param {{id: string, name: string}} child */
export function openChildPairing(parts, child) {
  const t = parts.translate();
  const problem = alertLine();
  const body = h('div', { class: 'choices' }, h('p', { role: 'status' }, t('you.waiting')));
  openDialog(t('child.tablet', { name: child.name }), t, h('p', {}, t('child.tablet.lead', { name: child.name })), problem.element, body);
  parts.account.home.offerPairing(false, child.id).then(
    (offered) => body.replaceChildren(...ready(parts, offered, '')),
    (error) => problem.say(t(`problem.${codeOf(error)}`)),
  );
}

/** Confirm a device that waits, by comparing digits. @param {Parts} parts @param {WaitingEndpoint} endpoint */
export function openConfirming(parts, endpoint) {
  const translate = parts.translate();
  const body = h('div', { class: 'choices' });
  const dialog = openDialog(translate('meeting.title', { name: endpoint.name }), translate, body);
  follow(parts, dialog, body);
  void parts.account.hosting.ask(endpoint);
}

/** As soon as a device is there, it is all that the dialog is about. @param {Parts} parts @param {HTMLDialogElement} dialog @param {HTMLElement} body */
function follow({ store, account, translate }, dialog, body) {
  let shown = store.state.meeting;
  const stop = store.subscribe(({ meeting }) => {
    if (meeting === null || meeting === shown) return;
    shown = meeting;
    const compared = (/** @type {boolean} */ same) => void account.hosting.compared(same);
    body.replaceChildren(...meetingParts(meeting, translate(), 'own', { compared }));
  });
  dialog.addEventListener('close', () => {
    stop();
    account.hosting.hide();
  });
}

/** @param {Parts} parts @param {PairingOffered} offered @param {string} secret */
function ready({ translate, language }, { code, expires, origin }, secret) {
  const t = translate();
  const server = sharedOrigin(location.origin, origin);
  return [
    h('p', {}, t('pairing.browser')),
    qrPicture(pairingLink(server, code, secret), t('pairing.qr')),
    h('p', {}, t('pairing.code')),
    h('output', { class: 'big-code', 'aria-label': t('pairing.code.label') }, code),
    h('p', {}, t('pairing.command')),
    copyLine(pairingCommand(server, code, secret, t('pairing.example')), t('pairing.command.label'), t),
    h('p', { class: 'hint' }, t('pairing.once', { when: untilWords(expires, language()) })),
  ];
}
