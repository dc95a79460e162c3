/** A group rings, or knocks: who began it, who is in it already, and whether it is end-to-end. */

import { isSealed, ringingGroups } from '../state/groups.js';
import { isOccupied } from '../state/state.js';
import { h } from './dom.js';
import { seal } from './group-seal.js';
import { avatar, button } from './pieces.js';
import { View } from './view.js';

/** @import {Gathering} from '../state/groups.js' */
/** @import {State} from '../state/state.js' */

export class GroupIncoming extends View {
  #shown = '';

  /** @override */
  build() {
    this.className = 'incoming';
    this.setAttribute('role', 'alertdialog');
    this.setAttribute('aria-labelledby', 'group-incoming-name');
    this.setAttribute('aria-describedby', 'group-incoming-about');
    this.addEventListener('keydown', ({ key }) => {
      const [group] = ringingGroups(this.parts.store.state);
      if (key === 'Escape' && group?.kind === 'drop_in') this.parts.groups.decline(group.id);
      else if (key === 'Escape' && group) this.parts.store.dispatch({ t: 'silence', call: group.id });
    });
  }

  /** @override @param {State} state */
  show(state) {
    const [group = null] = ringingGroups(state);
    this.hidden = group === null;
    const busy = isOccupied(state);
    const names = group === null ? [] : this.#inIt(group);
    const shown = group === null ? '' : [group.id, group.view?.started_by.name, names.join(), busy, group.video, isSealed(group)].join('|');
    if (shown === this.#shown) return;
    const before = this.#shown.split('|')[0];
    this.#shown = shown;
    this.replaceChildren();
    if (group !== null) this.#draw(group, names, busy, before !== group.id);
  }

  /** Who is in it but for who began it. @param {Gathering} group */
  #inIt({ view }) {
    return view === null ? [] : view.members.filter(({ endpoint }) => endpoint !== view.started_by.endpoint && endpoint !== view.own).map(({ name }) => name);
  }

  /** @param {Gathering} group @param {readonly string[]} names @param {boolean} busy @param {boolean} appears */
  #draw(group, names, busy, appears) {
    const t = this.parts.translate();
    const { view, kind, video } = group;
    const by = view?.started_by;
    this.dataset.kind = busy ? 'waiting' : 'ringing';
    this.setAttribute('aria-modal', String(!busy));
    const sort = kind === 'drop_in' ? 'group.knocks' : video ? 'group.rings.video' : 'group.rings';
    const list = new Intl.ListFormat(this.parts.language(), { type: 'conjunction' });
    const about = [t(sort), ...(names.length > 0 ? [t('group.in_it', { names: list.format(names) })] : [])].join(' · ');
    const buttons = kind === 'drop_in' ? this.#door(group) : this.#answers(group, busy);
    this.append(
      h('div', { class: 'pulse' }, avatar(by?.person ?? by?.endpoint ?? group.id, by?.name ?? '')),
      h('div', { class: 'caller' }, h('h2', { id: 'group-incoming-name' }, by?.name ?? ''), h('p', { id: 'group-incoming-about' }, about), seal(isSealed(group), t, { plain: !isSealed(group) })),
      h('div', { class: 'controls' }, ...buttons),
    );
    if (!busy && appears) (kind === 'drop_in' ? buttons[1] : buttons[0])?.focus();
  }

  /** Silence means no. @param {Gathering} group */
  #door({ id }) {
    const { groups } = this.parts;
    return [
      button(this.t('knock.let_in'), () => groups.letIn(id), { icon: 'drop-in', kind: 'round go' }),
      button(this.t('knock.not_now'), () => groups.decline(id), { icon: 'close', kind: 'round' }),
    ];
  }

  /** @param {Gathering} group @param {boolean} busy */
  #answers({ id, video }, busy) {
    const { groups } = this.parts;
    const join = (/** @type {boolean} */ seen) => () => void groups.join(id, { video: seen });
    const buttons = [
      button(this.t(busy ? 'incoming.hang_up_and_answer' : 'group.join'), join(video), { icon: video ? 'video' : 'call', kind: 'round go' }),
      button(this.t('incoming.decline'), () => groups.decline(id), { icon: 'hang-up', kind: 'round danger' }),
    ];
    if (video && !busy) buttons.splice(1, 0, button(this.t('incoming.answer_audio'), join(false), { icon: 'call', kind: 'round go soft' }));
    return buttons;
  }
}

customElements.define('kith-group-incoming', GroupIncoming);
