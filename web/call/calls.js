/**
 * What a person does with calls and what the server says of them, turned into commands, conversations
 * and capture. One conversation at a time, as there is one microphone.
 */

import { newCall } from '../core/ids.js';
import { codeOf } from '../session/problem.js';
import { currentGroup } from '../state/groups.js';
import { currentTalk, isOccupied } from '../state/state.js';
import { Assuring } from './assuring.js';
import { Capture } from './capture.js';
import { Conversation } from './conversation.js';
import { DropIns } from './drop-ins.js';
import { Vouching } from './vouching.js';

/** @import {CallView, Event as ServerEvent, MediaView, Reply, Snapshot} from '../protocol.js' */
/** @import {Identities} from '../session/identities.js' */
/** @import {Draft} from '../session/session.js' */
/** @import {Ringer} from '../sound/ringer.js' */
/** @import {Door, Frost, State, Talk} from '../state/state.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Reason} from '../trust/untrusted.js' */
/** @import {Gate} from './drop-ins.js' */
/** @import {Ice} from './ice.js' */
/** @import {Tracks} from './peer.js' */

/** How long an invite may take to reach the server; then the person is told instead of ringing somebody late. */
const INVITE_WITHIN = 10_000;

/**
 * @typedef {object} Server  the way to it
 * @property {(draft: Draft, options?: {within?: number}) => Promise<Reply>} send
 * @property {(signal: {call: string, epoch: number, body: string}) => void} signal
 * @property {(call: string) => void} forget
 * @property {() => void} probe  look at once whether it still answers
 * @property {(urgent: boolean) => void} hurry  whether somebody waits for it to be reached again
 */

export class Calls {
  #store;
  /** @type {Server} */ #server;
  /** @type {Map<string, Conversation>} calls that ring have one already: its certificate is being made */
  #conversations = new Map();
  #assuring;
  #vouching;
  capture = new Capture(() => this.#captured());
  ice;
  #dropIns;
  /** A group that goes on here is left for a call. */ leaveGroup = () => {};

  /** @param {Store} store @param {Server} server @param {Identities} identities @param {Ice} ice @param {Gate} gate @param {Ringer} ringer */
  constructor(store, server, identities, ice, gate, ringer) {
    this.#store = store;
    this.ice = ice;
    const ways = {
      answer: (/** @type {string} */ call) => this.#admit(call),
      refuse: (/** @type {string} */ call) => this.decline(call),
      end: (/** @type {string} */ call, /** @type {'done' | 'silence' | 'not_let_in'} */ why) => this.#end(call, why),
      changed: (/** @type {string} */ call) => this.#conversations.get(call)?.use(this.#outgoing(call)),
      remote: (/** @type {string} */ call) => this.remoteOf(call),
      stage: (/** @type {string} */ call, /** @type {Door} */ door) => this.#store.dispatch({ t: 'door', call, door }),
      frost: (/** @type {string} */ call, /** @type {Frost | null} */ frost) => this.#store.dispatch({ t: 'frost', call, frost }),
      about: (/** @type {string} */ call) => this.#aboutVisit(call),
    };
    this.#dropIns = new DropIns({ store, gate, capture: this.capture, ringer, ways });
    this.#server = server;
    this.#vouching = new Vouching(identities);
    this.#assuring = new Assuring(store, this.#vouching, this.#dropIns);
    store.subscribe((state) => this.#tidy(state));
    let before = store.state.connection;
    store.subscribe(({ connection }) => {
      if (connection === 'online' && before !== 'online') for (const one of this.#conversations.values()) one.reachable();
      before = connection;
    });
  }

  /** What the far end of a call sends. @param {string} call @returns {MediaStream | null} */
  remoteOf(call) {
    return this.#conversations.get(call)?.remote ?? null;
  }

  /** The own picture as it is sent, or will be. @param {string} call @returns {MediaStreamTrack | null} */
  shownOf(call) {
    return this.#outgoing(call).video;
  }

  /** @param {string} call */
  statsOf(call) {
    return this.#conversations.get(call)?.getStats() ?? Promise.resolve(null);
  }

  // -- what a person does --------------------------------------------------------------------------

  /**
   * Call a person or an endpoint, unless there is a call already.
   * @param {{to: string, name: string, person: string | null, video: boolean, as?: string}} whom `as`: who calls, at a shared device
   */
  async place({ to, name, person, video, as }) {
    await this.#begin('call', { to, name, person, video }, as);
  }

  /**
   * Drop in on a person, an endpoint or `home`, unless there is a call already.
   * @param {{to: string, name: string, person: string | null, video: boolean, as?: string}} whom `as`: who drops in, at a shared device
   */
  async dropIn({ to, name, person, video, as }) {
    await this.#begin('drop_in', { to, name, person, video }, as);
  }

  /** Somebody who knocks may come in. @param {string} call */
  letIn(call) {
    this.#dropIns.letIn(call);
  }

  /** @param {'call' | 'drop_in'} kind @param {{to: string, name: string, person: string | null, video: boolean}} whom @param {string} [as] */
  async #begin(kind, { to, name, person, video }, as) {
    if (isOccupied(this.#store.state)) return;
    const call = newCall();
    this.#store.dispatch({ t: 'placing', call, to, name, person, video, kind });
    this.#vouching.expect(call, to);
    if (this.#noWay()) {
      this.#store.dispatch({ t: 'over', call, ending: 'no_relay' });
      return;
    }
    this.#conversation(call, 'caller');
    void this.capture.want({ audio: true, video });
    await this.#ask(call, { t: kind, call, to, video, ...(as ? { as } : {}) }, { within: INVITE_WITHIN });
  }

  /** Take a call that rings; one that goes on is hung up first. @param {string} call @param {{video: boolean}} options */
  async answer(call, { video }) {
    if (this.#noWay()) {
      this.#store.dispatch({ t: 'notice', notice: { key: 'problem.no_relay', values: {} } });
      return;
    }
    if (this.#dropIns.has(call)) return this.letIn(call);
    this.hangUpCurrent();
    this.leaveGroup();
    const view = this.#talk(call)?.view;
    if (!view) return;
    const answered = this.#ask(call, { t: 'answer', call, video }); // first of all: the rest happens while it travels
    this.#store.dispatch({ t: 'answering', call, video });
    const media = video ? view.media : audioOnly(view.media);
    this.#conversation(call, 'callee').prepare(media);
    void this.capture.want({ audio: media.send_audio, video: media.send_video });
    await answered;
  }

  /** @param {string} call */
  decline(call) {
    this.#leave(call, 'decline');
  }

  /** Leave a call that was placed or answered here. @param {string} call */
  hangUp(call) {
    const view = this.#talk(call)?.view;
    this.#leave(call, view?.endpoint ? 'hang_up' : 'cancel');
    this.#store.dispatch({ t: 'forget', call });
  }

  /** What goes on here is hung up for a group. */
  hangUpCurrent() {
    const current = currentTalk(this.#store.state);
    if (current) this.hangUp(current.id);
  }

  /** The other side has another identity than before, and is talked to all the same. @param {string} call */
  talkAnyway(call) {
    this.#assuring.goOn(call);
  }

  /** The safety number was compared during a call. @param {string} call @param {boolean} alike */
  compared(call, alike) {
    this.#store.dispatch({ t: 'compared', call, alike });
  }

  /** Take part again in a call that goes on although this page was away. @param {string} call */
  rejoin(call) {
    const view = this.#talk(call)?.view;
    if (!view) return;
    this.#store.dispatch({ t: 'answering', call, video: view.video });
    this.#conversation(call, view.role, view.epoch + 1);
    void this.capture.want({ audio: view.media.send_audio, video: view.media.send_video });
    this.#tell({ t: 'media_lost', call, epoch: view.epoch });
  }

  /** Go on here with an own call that is at another own device; it falls silent there when it sounds here.
   * @param {{call: string, name: string, video: boolean}} ongoing
   */
  async take({ call, name, video }) {
    if (isOccupied(this.#store.state)) return;
    if (this.#noWay()) {
      this.#store.dispatch({ t: 'notice', notice: { key: 'problem.no_relay', values: {} } });
      return;
    }
    this.#store.dispatch({ t: 'placing', call, to: '', name, person: null, video });
    void this.capture.want({ audio: true, video });
    await this.#ask(call, { t: 'move', call });
  }

  toggleMicrophone() {
    void this.capture.want({ audio: !this.capture.live.audioWanted });
  }

  toggleCamera() {
    void this.capture.want({ video: !this.capture.live.videoWanted });
  }

  /** The network is another one. */
  networkChanged() {
    for (const talk of this.#store.state.talks) {
      if (talk.mine && talk.ended === null) this.#conversations.get(talk.id)?.networkChanged();
    }
  }

  // -- what the server says ------------------------------------------------------------------------

  /** After the store has heard it. @param {ServerEvent} event */
  heard(event) {
    if (event.t === 'ringing' || event.t === 'call_changed') this.#follow(event.call);
    else if (event.t === 'identity_changed' || event.t === 'roster_changed') this.#vouching.changed();
    else if (event.t === 'peer_indicated') this.#conversations.get(event.call)?.expect(event.audio);
    else if (event.t === 'signalled') this.#conversations.get(event.call)?.receive(event.epoch, event.body);
  }

  /** After the store has taken it over. @param {Snapshot} snapshot */
  restored({ calls }) {
    this.ice.renew();
    for (const view of calls) this.#follow(view);
  }

  /** @param {CallView} view */
  #follow(view) {
    const talk = this.#talk(view.id);
    if (!talk || talk.ended !== null) return;
    if (talk.kind === 'drop_in' && !talk.mine && !this.#visited(view)) return;
    if (talk.mine) this.#connect(view);
    else if (view.phase === 'ringing') this.#alert(view);
  }

  /** Whether a drop in that nobody here began goes on: one that outlived its page is over, as nobody has looked at it since. @param {CallView} view */
  #visited(view) {
    if (this.#dropIns.has(view.id)) return true;
    if (view.phase === 'ringing' && view.role === 'callee') return true;
    this.#end(view.id, 'done');
    return false;
  }

  /** @param {string} call */
  #aboutVisit(call) {
    const view = this.#talk(call)?.view;
    return view ? { person: view.peer_person ?? '', name: view.peer_name, device: view.endpoint?.name ?? '' } : null;
  }

  /** @param {CallView} view */
  #alert(view) {
    const kind = this.#talk(view.id)?.kind;
    if (kind === 'call' && this.#store.state.quiet) return; // whether the server has heard of that or not
    this.#vouching.prepare(view);
    if (kind === 'drop_in') this.#dropIns.arrive(view);
    const talk = this.#talk(view.id);
    if (!talk || talk.mine) return; // refused, or let in, by itself
    this.#conversation(view.id, 'callee');
    this.#tell({ t: 'alerting', call: view.id });
  }

  /** A drop in is answered before it is known who it is: nothing is captured yet. @param {string} call */
  #admit(call) {
    const view = this.#talk(call)?.view;
    if (!view) return;
    const answered = this.#ask(call, { t: 'answer', call, video: view.video });
    this.#store.dispatch({ t: 'answering', call, video: view.video });
    this.#store.dispatch({ t: 'door', call, door: 'checking' });
    this.#conversation(call, 'callee').prepare(view.media);
    void answered;
  }

  /** @param {CallView} view */
  #connect(view) {
    const conversation = this.#conversation(view.id, this.#talk(view.id)?.role ?? view.role);
    if (!view.endpoint) this.#vouching.prepare(view);
    conversation.update(view);
    // A camera that nobody will see is switched off: its light would be a lie.
    if (view.endpoint && !view.media.send_video) void this.capture.want({ video: false });
  }

  // -- parts ---------------------------------------------------------------------------------------

  /** Whether this person's choice of path and the server leave none. */
  #noWay() {
    return this.ice.relayOnly && this.ice.known && !this.ice.relay;
  }

  /** @param {string} call @returns {Talk | undefined} */
  #talk(call) {
    return this.#store.state.talks.find((talk) => talk.id === call);
  }

  /** @param {string} call @param {'caller' | 'callee'} role @param {number} [from] */
  #conversation(call, role, from = 0) {
    const known = this.#conversations.get(call);
    if (known) return known;
    this.ice.refresh();
    const conversation = new Conversation({
      call,
      kind: this.#talk(call)?.kind ?? 'call',
      role,
      from,
      ice: this.ice,
      sink: {
        send: (draft) => this.#tell(draft),
        signal: (signal) => this.#server.signal(signal),
        media: (media) => {
          this.#server.hurry(media === 'lost');
          this.#store.dispatch({ t: 'media', call, media, at: Date.now() });
        },
        doubt: () => this.#server.probe(),
        assure: (view) => this.#assuring.assure(view),
        sealed: () => this.#sealed(call),
        untrusted: (reason) => this.#refuse(call, reason),
      },
    });
    this.#conversations.set(call, conversation);
    conversation.use(this.#outgoing(call));
    return conversation;
  }

  /** What may leave in this call of what is captured. @param {string} call @returns {Tracks} */
  #outgoing(call) {
    const { tracks } = this.capture;
    return isVisit(this.#talk(call)) ? this.#dropIns.outgoing(call, tracks) : tracks;
  }

  /** Both sides have signed, and the media goes to whom it should. @param {string} call */
  #sealed(call) {
    this.#store.dispatch({ t: 'sealed', call });
    const view = this.#talk(call)?.view;
    if (view) this.#dropIns.connected(call, view.media);
  }

  /** Nothing that could not be verified is heard or seen: the call ends here. @param {string} call @param {Reason} reason */
  #refuse(call, reason) {
    console.warn(`a call was refused: ${reason}`);
    this.#store.dispatch({ t: 'over', call, ending: 'unsafe' });
    this.#tell({ t: 'hang_up', call });
  }

  /** A command whose answer is the call's new state. @param {string} call @param {Draft} draft @param {{within?: number}} [options] */
  async #ask(call, draft, options) {
    try {
      this.#replied(call, await this.#server.send(draft, options));
    } catch (error) {
      const ending = codeOf(error);
      this.#store.dispatch({ t: 'over', call, ending });
      if (ending === 'offline') this.#tell({ t: 'cancel', call }); // it may have got there after all
    }
  }

  /** @param {string} call @param {Reply} reply */
  #replied(call, reply) {
    if (reply.t === 'call_ended') this.#store.dispatch({ t: 'over', call, ending: reply.reason });
    if (reply.t !== 'call_state') return;
    if (reply.call.id !== call) this.#vouching.became(call, reply.call.id);
    this.#store.dispatch({ t: 'call_state', call, view: reply.call });
    this.#follow(reply.call);
  }

  /** @param {string} call @param {'decline' | 'hang_up' | 'cancel'} how */
  #leave(call, how) {
    this.#store.dispatch({ t: 'over', call, ending: how === 'decline' ? 'declined' : 'hung_up' });
    this.#tell({ t: how, call });
  }

  /** A drop in on this page ends by itself. @param {string} call @param {'done' | 'silence' | 'not_let_in'} why */
  #end(call, why) {
    this.#store.dispatch({ t: 'over', call, ending: why === 'done' ? 'hung_up' : why });
    this.#tell({ t: 'hang_up', call, why });
  }

  /** A command whose answer changes nothing here: what matters comes as an event. @param {Draft} draft */
  #tell(draft) {
    this.#server.send(draft).catch(() => {});
  }

  #captured() {
    for (const talk of this.#store.state.talks) {
      if (talk.mine) this.#conversations.get(talk.id)?.use(this.#outgoing(talk.id));
    }
    this.#store.dispatch({ t: 'capture', capture: this.capture.live });
  }

  /** What is over is closed at once, and nothing is captured for nobody. @param {State} state */
  #tidy(state) {
    const { talks } = state;
    const live = talks.filter((talk) => talk.ended === null);
    for (const [call, conversation] of this.#conversations) {
      if (live.some((talk) => talk.id === call)) continue;
      conversation.close();
      this.#server.forget(call);
      this.#server.hurry(false);
      this.#vouching.forget(call);
      this.#assuring.forget(call);
      this.#dropIns.forget(call);
      this.#conversations.delete(call);
    }
    const { audioWanted, videoWanted } = this.capture.live;
    if ((audioWanted || videoWanted) && !live.some((talk) => talk.mine) && currentGroup(state) === null) {
      void this.capture.want({ audio: false, video: false });
    }
  }
}

/** Whether it is a drop in on this page. @param {Talk | undefined} talk */
const isVisit = (talk) => talk?.kind === 'drop_in' && talk.role === 'callee';

/** @param {MediaView} media @returns {MediaView} */
function audioOnly(media) {
  return { ...media, send_video: false, receive_video: false };
}
