/** Invite a person: choose where they live, then hand over a one-time link. */

import { invitationLink, sharedOrigin } from '../session/link.js';
import { codeOf } from '../session/problem.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { copyLine, qrPicture, shareButton, untilWords } from './link.js';
import { alertLine, busy, button } from './pieces.js';

/** @import {Invited} from '../protocol.js' */
/** @import {Parts} from './view.js' */

/** @param {Parts} parts */
export function openInvite(parts) {
  const translate = parts.translate();
  const problem = alertLine();
  const body = h('div', { class: 'choices' });
  const choose = (/** @type {string} */ key, /** @type {boolean} */ household) => {
    const element = button(translate(key), () => void busy(element, make, failed), { kind: 'wide big' });
    const make = async () => body.replaceChildren(...ready(parts, await parts.account.home.invite(household)));
    return element;
  };
  const failed = (/** @type {unknown} */ error) => problem.say(translate(`problem.${codeOf(error)}`));
  body.append(
    h('p', {}, translate('invite.lead')),
    choose('invite.household', true),
    choose('invite.other', false),
  );
  openDialog(translate('invite.title'), translate, problem.element, body);
}

/** @param {Parts} parts @param {Invited} invited */
function ready({ translate, language }, { secret, expires, origin }) {
  const t = translate();
  const link = invitationLink(sharedOrigin(location.origin, origin), secret);
  const share = shareButton(link, t('invite.share'), t);
  return [
    h('p', {}, t('invite.scan')),
    qrPicture(link, t('invite.qr')),
    copyLine(link, t('invite.link'), t),
    ...(share ? [share] : []),
    h('p', { class: 'hint' }, t('invite.once', { when: untilWords(expires, language()) })),
  ];
}
