/** Notifications for a closed app: on or off, what they show, and who carries them. */

import { codeOf } from '../session/problem.js';
import { Push } from '../push.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { icon } from './icons.js';
import { chosenIn, explained, toggle } from './options.js';
import { alertLine } from './pieces.js';

/** @import {Standing} from '../push.js' */
/** @import {Parts} from './view.js' */

/** @param {Parts} parts */
export function openNotifications(parts) {
  const t = parts.translate();
  const push = new Push((draft, options) => parts.account.send(draft, options));
  const problem = alertLine();
  const standing = h('p', { class: 'verdict', role: 'status' });
  const body = h('div', { class: 'choices' });
  const dialog = openDialog(t('push.title'), t, h('p', {}, t('push.about')), problem.element, standing, body, h('p', { class: 'hint' }, t('push.carried')));
  dialog.classList.add('notifications-dialog');

  /** @param {Standing} now */
  const say = (now) => {
    standing.hidden = now === 'on' || now === 'ready';
    standing.dataset.sound = 'unknown';
    standing.replaceChildren(icon(now === 'install' ? 'save' : 'warning'), h('span', {}, t(`push.${now}`)));
  };

  /** @param {() => Promise<unknown>} work */
  const change = async (work) => {
    body.setAttribute('aria-busy', 'true');
    problem.say('');
    try {
      await work();
    } catch (error) {
      problem.say(t(`problem.${codeOf(error)}`));
    }
    body.removeAttribute('aria-busy');
    await show();
  };

  const show = async () => {
    const now = await push.standing();
    say(now);
    const can = now === 'on' || now === 'ready';
    body.hidden = !can;
    if (!can) return;
    const names = await push.names();
    const chosen = () => chosenIn(what) !== 'nothing';
    const keep = () => push.say(t, parts.language(), chosen());
    const what = explained(
      t('push.shows'),
      'push-shows',
      [
        { value: 'names', text: t('push.shows.names'), about: t('push.shows.names.about') },
        { value: 'nothing', text: t('push.shows.nothing'), about: t('push.shows.nothing.about') },
      ],
      names ? 'names' : 'nothing',
      () => void (now === 'on' && change(keep)),
    );
    const set = (/** @type {boolean} */ on) => void change(() => (on ? push.switchOn(t, parts.language(), chosen()) : push.switchOff()));
    const on = toggle(t('push.switch'), now === 'on', set, { icon: 'bell', about: t(now === 'on' ? 'push.switch.on' : 'push.switch.off') });
    on.dataset.does = 'push';
    body.replaceChildren(on, what);
  };

  show().catch((error) => problem.say(t(`problem.${codeOf(error)}`)));
}
