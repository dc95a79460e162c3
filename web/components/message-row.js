/** One message: who said it, what, when, how far it came; and what can be done with it. */

import { codeOf } from '../session/problem.js';
import { h, setText } from './dom.js';
import { icon } from './icons.js';
import { openMessage } from './message-more.js';
import { button } from './pieces.js';
import { VoicePart } from './voice-part.js';
import { dayHeading } from './when.js';

/** @import {ConversationView} from '../protocol.js' */
/** @import {Messages, Shown} from '../messages/messages.js' */
/** @import {Outgoing} from '../messages/database.js' */
/** @import {Parts} from './view.js' */

/** A message that is there, or one that is on its way. @typedef {{key: string, item?: Shown, outgoing?: Outgoing}} Entry */

/** @typedef {{before: Entry | null, fresh: boolean, view: ConversationView, engine: Messages, stop: boolean}} About */

export class MessageRow {
  /** @type {Parts} */ parts = /** @type {Parts} */ (/** @type {unknown} */ (null));
  element = h('li', { class: 'message' });
  #drawn = '';
  #voice = /** @type {VoicePart | null} */ (null);

  /** @param {Entry} entry @param {About} about */
  show(entry, { before, fresh, view, engine, stop }) {
    const t = this.parts.translate();
    const { item, outgoing } = entry;
    const { text, voice, at } = /** @type {Shown | Outgoing} */ (item ?? outgoing);
    const mine = item === undefined || item.mine;
    const day = dayOf(at) === (before && dayOf(atOf(before))) ? '' : dayHeading(at, Date.now(), this.parts.language(), t);
    const standing = item ? (mine ? standingOf(item.seq, view) : '') : `message.${outgoing?.standing === 'waiting' ? waitingOf(this.parts) : 'held'}`;
    const name = engine.nameOf(view.with);
    const drawn = JSON.stringify([entry.key, text, voice, day, fresh, standing, name, item?.changed, item?.signedOut, item?.transcript, item?.audible, outgoing?.standing, outgoing?.problem]);
    if (drawn !== this.#drawn) {
      this.#drawn = drawn;
      this.#draw(entry, { mine, day, fresh, standing, name, engine });
    }
    for (const control of this.element.querySelectorAll('button, input')) control.setAttribute('tabindex', stop ? '0' : '-1');
  }

  /** @param {Entry} entry @param {{mine: boolean, day: string, fresh: boolean, standing: string, name: string, engine: Messages}} about */
  #draw(entry, { mine, day, fresh, standing, name, engine }) {
    const t = this.parts.translate();
    const { item, outgoing } = entry;
    const { text, voice, at } = /** @type {Shown | Outgoing} */ (item ?? outgoing);
    const clock = new Intl.DateTimeFormat(this.parts.language(), { timeStyle: 'short' }).format(at);
    const focused = this.element.contains(document.activeElement);
    this.#voice = voice ? new VoicePart(this.parts, engine, /** @type {Shown} */ (item ?? { ...outgoing, mine: true, audible: true })) : null;
    this.element.className = `message ${mine ? 'mine' : 'theirs'}`;
    this.element.replaceChildren(
      ...(day === '' ? [] : [h('h2', { class: 'day' }, day)]),
      ...(fresh ? [h('p', { class: 'fresh' }, t('message.new'))] : []),
      ...(item?.changed ? [doubt(t('message.changed.then', { name }))] : []),
      ...(item?.signedOut ? [doubt(t(mine ? 'message.signed_out.yours' : 'message.signed_out', { name }))] : []),
      h(
        'div',
        { class: 'bubble' },
        h('span', { class: 'visually-hidden' }, mine ? t('message.by.you') : t('message.by', { name })),
        this.#voice ? this.#voice.element : h('p', { class: 'said', dir: 'auto' }, text ?? ''),
      ),
      h(
        'div',
        { class: 'meta' },
        h('time', { datetime: new Date(at).toISOString() }, clock),
        standing === '' ? null : h('span', { class: `standing ${standing.replace('message.', '')}` }, t(standing)),
        mine ? null : this.#more(/** @type {Shown} */ (item), name, engine),
      ),
      ...(outgoing && outgoing.standing !== 'waiting' ? [this.#hindrance(outgoing, name, engine)] : []),
    );
    if (focused && !this.element.contains(document.activeElement)) this.element.focus({ preventScroll: true });
  }

  /** @param {Shown} item @param {string} name @param {Messages} engine */
  #more(item, name, engine) {
    const t = this.parts.translate();
    const open = () => openMessage(this.parts, engine, item, name);
    return button(t('message.more'), open, { icon: 'more', kind: 'quiet bare', attributes: { 'aria-label': t('message.more.of', { name }) } });
  }

  /** Why it has not gone out, and what a person can do. @param {Outgoing} outgoing @param {string} name @param {Messages} engine */
  #hindrance({ id, standing, problem = 'internal' }, name, engine) {
    const t = this.parts.translate();
    const why = standing === 'changed' ? t('message.changed', { name }) : standing === 'unsafe' ? t('message.unsafe', { name }) : t(`problem.${problem}`);
    const said = h('p', {}, why);
    const failed = (/** @type {unknown} */ error) => setText(said, t(`problem.${codeOf(error)}`));
    const goOn = () => (standing === 'changed' ? engine.outbox.accept(id) : engine.outbox.again(id)).catch(failed);
    return h(
      'div',
      { class: 'notice hindrance', role: 'alert' },
      icon('warning'),
      h(
        'div',
        { class: 'choices' },
        said,
        h(
          'div',
          { class: 'actions' },
          button(t(standing === 'changed' ? 'message.anyway' : 'message.again'), () => void goOn(), { kind: '' }),
          button(t('message.discard'), () => void engine.outbox.discard(id), { kind: 'quiet' }),
        ),
      ),
    );
  }
}

/** @param {string} why */
const doubt = (why) => h('p', { class: 'notice changed-then' }, icon('warning'), h('span', {}, why));

/** @param {Entry} entry */
const atOf = ({ item, outgoing }) => (item ?? outgoing)?.at ?? 0;

/** @param {number} at ms */
const dayOf = (at) => new Date(at).toDateString();

/** How far an own message has come: a text key. Pure. @param {number} seq @param {ConversationView} view */
export function standingOf(seq, { delivered, read_by_them: read }) {
  return seq <= read ? 'message.read' : seq <= delivered ? 'message.delivered' : 'message.sent';
}

/** @param {Parts} parts */
const waitingOf = ({ store }) => (store.state.connection === 'online' ? 'sending' : 'waiting');
