/** For whoever a group drops in on: as for one who drops in. */

import { shownGroup } from '../state/groups.js';
import { Door } from './door.js';

/** @import {State} from '../state/state.js' */
/** @import {Visited} from './door.js' */

export class GroupDoor extends Door {
  /** @override @param {State} state @returns {Visited | null} */
  visited(state) {
    const group = shownGroup(state);
    return group && { name: group.view?.started_by.name ?? '', door: group.door, frost: group.frost, ended: group.ended };
  }

  /** @override */
  refuse() {
    const group = shownGroup(this.parts.store.state);
    if (group) this.parts.groups.leave(group.id, 'not_let_in');
  }
}

customElements.define('kith-group-door', GroupDoor);
