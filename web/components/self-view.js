/**
 * The own picture: the very track that is sent, frosted or clear, neither mirrored nor cropped, so that it shows what the
 * other side sees and nothing else.
 */

import { shownTalk } from '../state/state.js';
import { frostedFor } from '../state/words.js';
import { h, setText } from './dom.js';
import { icon } from './icons.js';
import { View } from './view.js';

/** @import {State} from '../state/state.js' */

export class SelfView extends View {
  #video = h('video', { autoplay: true, playsinline: true, muted: true });
  #off = h('div', { class: 'camera-off' });
  #caption = h('span', { class: 'caption' });
  #track = /** @type {MediaStreamTrack | null} */ (null);

  /** @override */
  build() {
    this.className = 'self';
    this.setAttribute('role', 'img');
    this.#video.muted = true;
    this.#off.append(icon('video-off'), h('span', {}, this.t('self.off')));
    this.append(this.#video, this.#off, this.#caption);
  }

  /** @override @param {State} state */
  show(state) {
    const talk = shownTalk(state);
    const may = talk !== null && talk.ended === null && talk.video && talk.view?.media.send_video !== false && (talk.door === null || talk.door === 'open');
    this.hidden = !may;
    const track = may ? this.parts.calls.shownOf(talk.id) : null;
    const still = may && talk.media === 'connecting' && talk.since === null;
    if (track !== this.#track && !still) {
      this.#track = track;
      this.#video.srcObject = track === null ? null : new MediaStream([track]);
    }
    this.#hold(still);
    this.#video.hidden = track === null;
    this.#off.hidden = track !== null;
    const words = this.t(track === null ? 'self.off' : 'self.sent');
    this.setAttribute('aria-label', words);
    setText(this.#caption, track === null ? '' : this.t(this.#captionKey(talk)));
  }

  /** @param {import('../state/state.js').Talk | null} talk */
  #captionKey(talk) {
    if (talk !== null && frostedFor(talk, Date.now()) !== null) return 'self.frosted';
    return talk?.kind === 'drop_in' && talk.role === 'caller' && talk.media === 'up' ? 'self.they_see' : 'self.you';
  }

  /**
   * The picture stands still for the moment in which two devices find each other: drawing it would take from a
   * small computer what it needs for that. @param {boolean} still
   */
  #hold(still) {
    if (this.#video.srcObject === null || still === this.#video.paused) return;
    if (still) this.#video.pause();
    else this.#video.play().catch(() => {}); // it is silent, so nothing forbids it; if it went meanwhile, it went
  }
}

customElements.define('kith-self', SelfView);
