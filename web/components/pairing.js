/** Add a device: an own one, or one for the whole household. */

import { pairingCommand, pairingLink, sharedOrigin } from '../session/link.js';
import { codeOf } from '../session/problem.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { copyLine, qrPicture, untilWords } from './link.js';
import { alertLine, busy, button } from './pieces.js';

/** @import {PairingOffered} from '../protocol.js' */
/** @import {Parts} from './view.js' */

/** @param {Parts} parts */
export function openPairing(parts) {
  const translate = parts.translate();
  const problem = alertLine();
  const body = h('div', { class: 'choices' });
  const failed = (/** @type {unknown} */ error) => problem.say(translate(`problem.${codeOf(error)}`));
  const choose = (/** @type {string} */ key, /** @type {string} */ icon, /** @type {boolean} */ shared) => {
    const element = button(translate(key), () => void busy(element, make, failed), { kind: 'wide big', icon });
    const make = async () => body.replaceChildren(...ready(parts, await parts.account.offerPairing(shared)));
    return element;
  };
  body.append(
    h('p', {}, translate('pairing.lead')),
    choose('pairing.own', 'device', false),
    choose('pairing.shared', 'speaker', true),
  );
  openDialog(translate('pairing.title'), translate, problem.element, body);
}

/** @param {Parts} parts @param {PairingOffered} offered */
function ready({ translate, language }, { code, expires, origin }) {
  const t = translate();
  const server = sharedOrigin(location.origin, origin);
  const link = pairingLink(server, code);
  return [
    h('p', {}, t('pairing.code')),
    h('output', { class: 'big-code', 'aria-label': t('pairing.code.label') }, code),
    h('p', {}, t('pairing.browser')),
    qrPicture(link, t('pairing.qr')),
    h('p', {}, t('pairing.command')),
    copyLine(pairingCommand(server, code, t('pairing.example')), t('pairing.command.label'), t),
    h('p', { class: 'hint' }, t('pairing.once', { when: untilWords(expires, language()) })),
  ];
}
