/** What somebody may, on their card: whether they may drop in, since when devices know it, and how to change it. */

import { grantTo, withoutGrants } from '../granting/contents.js';
import { grantWords } from '../granting/words.js';
import { now } from '../session/identities.js';
import { h } from './dom.js';
import { openGrantForm } from './grant-form.js';
import { busy, button } from './pieces.js';
import { unheardWords } from './you.js';

/** @import {State} from '../state/state.js' */
/** @import {Parts} from './view.js' */

/** @typedef {{person: string, name: string, housemate: boolean}} Other */

/** What the part depends on: where it is the same, nothing is drawn anew. @param {State} state */
export function dropInAbout({ terms }) {
  return terms === null ? '' : `${terms.version}|${[...terms.heard].join()}|${terms.devices.map(({ name }) => name).join()}`;
}

/**
 * @param {Parts} parts @param {Other} other
 * @param {{failed: (error: unknown) => void, reopen: () => void}} card to come back to
 * @returns {HTMLElement | null} null where nobody here signs
 */
export function dropInPart(parts, { person, name, housemate }, { failed, reopen }) {
  const { terms } = parts.store.state;
  if (terms === null || terms.contents.closed) return null;
  const t = parts.translate();
  const grants = terms.receivers.filter((one) => one.person === person).flatMap(({ root }) => grantTo(terms.contents, root) ?? []);
  const words = grants.flatMap((grant) => grantWords(grant, name, now(), parts.language(), t));
  const home = housemate ? t(`card.home.${terms.contents.home}`, { name }) : '';
  const sees = grants.length > 0 && terms.contents.show_activity ? t('card.sees', { name }) : '';
  const open = async () => {
    const { root, household } = await parts.account.granting.receiver(person);
    openGrantForm(parts, { person, name, root, household: housemate ? null : household }, reopen);
  };
  const change = button(t(grants.length > 0 ? 'card.grant.change' : 'card.grant.allow'), () => void busy(change, open, failed), { icon: 'drop-in', kind: grants.length > 0 ? 'quiet' : '', attributes: { 'data-does': 'grant' } });
  const stop = () => parts.account.granting.change((contents) => withoutGrants(contents, grants.map(({ receiver }) => receiver)));
  const revoke = button(t('card.grant.stop'), () => void busy(revoke, stop, failed), { icon: 'close', kind: 'quiet', attributes: { 'data-does': 'revoke', 'aria-label': t('card.grant.stop.of', { name }) } });
  revoke.hidden = grants.length === 0;
  const unheard = unheardWords(terms, parts);
  return h(
    'section',
    { class: 'card-drop-in', 'aria-label': t('card.drop_in') },
    h('h3', {}, t('card.drop_in')),
    h('p', {}, [home, ...(words.length > 0 ? words : housemate ? [] : [t('card.grant.none', { name })])].filter(Boolean).join(' ')),
    ...[unheard, sees].filter(Boolean).map((line) => h('p', { class: line === unheard ? 'hint unheard' : 'hint' }, line)),
    h('div', { class: 'actions' }, change, revoke),
  );
}
