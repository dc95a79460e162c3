/**
 * Whether somebody could drop in on this page: it must be seen and heard, and may use the microphone without asking. A
 * browser lets a page sound only after it was touched once in its life. What is missing is said on the screen and to the
 * server.
 */

/** @import {DeviceStanding, Reply} from '../protocol.js' */
/** @import {Ringer} from '../sound/ringer.js' */
/** @import {Unready} from '../state/state.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Draft} from './session.js' */

/**
 * @param {{confirmed: boolean, touched: boolean, allowed: boolean, sounding: boolean, visible: boolean}} page
 * @returns {Unready} the first thing that is missing, in the order in which a person can do something about it
 */
export function unreadyOf({ confirmed, touched, allowed, sounding, visible }) {
  if (!confirmed) return 'unconfirmed';
  if (!allowed) return 'microphone';
  if (!touched) return 'tap';
  if (!sounding) return 'sound';
  return visible ? null : 'hidden';
}

export class Readiness {
  #store;
  #ringer;
  #send;
  #told = '';

  /** @param {Store} store @param {Ringer} ringer @param {(draft: Draft) => Promise<Reply>} send */
  constructor(store, ringer, send) {
    this.#store = store;
    this.#ringer = ringer;
    this.#send = send;
    ringer.changed = () => this.look();
    document.addEventListener('visibilitychange', () => this.look());
    store.subscribe((state, before) => {
      if (state.connection === 'online' && before.connection !== 'online') this.#told = ''; // nobody knows it there
      this.look();
    });
  }

  /** Something may have changed. */
  look() {
    const { state } = this.#store;
    const unready = unreadyOf({
      confirmed: state.standing === 'confirmed' && state.stage === 'enrolled',
      touched: this.#ringer.touched,
      allowed: state.allowed.microphone,
      sounding: this.#ringer.unlocked,
      visible: !document.hidden,
    });
    if (unready !== state.unready) this.#store.dispatch({ t: 'unready', unready });
    if (state.known && state.connection === 'online') this.#tell({ quiet: state.quiet, ready: unready === null });
  }

  /** What a person does about it, from a gesture: the browser asks for the microphone and the camera once. */
  async prepare() {
    this.#ringer.unlock();
    const { lacking } = this.#store.state;
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: lacking.camera === null }).catch(() => null);
    for (const track of stream?.getTracks() ?? []) track.stop();
    this.look();
  }

  /** @param {DeviceStanding} standing */
  #tell(standing) {
    const told = JSON.stringify(standing);
    if (told === this.#told) return;
    this.#told = told;
    this.#send({ t: 'report_standing', standing }).catch(() => {}); // said again with the next sign-in
  }
}
