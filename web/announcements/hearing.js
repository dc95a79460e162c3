/**
 * An announcement that arrives: looked at, fetched, made ready, and played at its instant. Nothing here opens a microphone.
 *
 *     arrives → believed → fetched → "loaded" → the instant → plays        (any step may be the last)
 *
 * Whatever keeps it from playing here, the server is told "loaded": the others do not wait for a page that stays silent,
 * and the server does not learn which one does.
 */

import { concat, fromBase64 } from '../core/bytes.js';
import { expected } from '../session/reply.js';
import { ANNOUNCING } from '../sound/tones.js';
import { hush, lookForVoices, speak } from '../sound/voices.js';
import { isOccupied } from '../state/state.js';
import { envelopeOf, openContent, openKey, openSegment, requireSegment } from '../trust/message.js';
import { require } from '../trust/untrusted.js';
import { note } from './kept.js';
import { Timekeeper } from './timekeeper.js';
import { speaker } from './trust.js';

/** @import {Announcement, AnnouncementPlays} from '../protocol.js' */
/** @import {Bytes} from '../core/bytes.js' */
/** @import {Identities, Send} from '../session/identities.js' */
/** @import {Ringer} from '../sound/ringer.js' */
/** @import {Heard} from '../state/state.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Content, Envelope} from '../trust/message.js' */

const PATIENCE = { within: 5_000 };
const AT_ONCE = 4;
const LONGEST = 60; // seconds
/** The server says within this many ms when it plays, or it does not. */
const TOLD_WITHIN = 15_000;
/** Ms after the instant at which one may still come in, with what is left of it. */
const LATE = 250;
/** Ms ahead that the instant is at most: whoever says a later one keeps what was said for an hour at which nobody expects it. */
const SOON = 5_000;

/** What there is to hear: a recording, or words. @typedef {{sound: AudioBuffer | null, text: string | null}} Ready */

export class Hearing {
  #identities;
  #send;
  #store;
  #ringer;
  #volume;
  #language;
  time;
  /** Told of the instant, by the announcement's id. @type {Map<string, (at: number) => void>} */ #told = new Map();
  /** Instants that were told. @type {Map<string, Promise<number | null>>} */ #instants = new Map();

  /** @param {Identities} identities @param {Send} send @param {Store} store @param {Ringer} ringer @param {() => number} volume @param {() => string} language */
  constructor(identities, send, store, ringer, volume, language) {
    this.#identities = identities;
    this.#send = send;
    this.#store = store;
    this.#ringer = ringer;
    this.#volume = volume;
    this.#language = language;
    this.time = new Timekeeper(send);
    lookForVoices();
  }

  /** From its arrival on. Never rejects. @param {Announcement} event */
  async arrived(event) {
    const { id } = event.envelope;
    if (this.#told.has(id) || this.#told.size >= AT_ONCE) return;
    this.#instants.set(id, this.#instant(id));
    try {
      await this.#hear(event);
    } catch (error) {
      console.warn(`an announcement does not play here: ${error instanceof Error ? error.message : ''}`);
    } finally {
      this.#told.delete(id);
      this.#instants.delete(id);
    }
  }

  /** Its instant is known. @param {AnnouncementPlays} event */
  plays({ announcement, at }) {
    this.#told.get(announcement)?.(at);
  }

  /** @param {Announcement} event */
  async #hear(event) {
    const envelope = envelopeOf({ ...event.envelope });
    /** @type {Content} */ let content;
    /** @type {Ready} */ let ready;
    try {
      this.#requireAudible();
      const opened = await this.#opened(event, envelope);
      content = opened.content;
      [ready] = await Promise.all([this.#made(event, opened), this.time.refresh()]);
    } finally {
      void this.#send({ t: 'announcement_loaded', announcement: envelope.id }, PATIENCE).catch(() => {});
    }
    const at = await this.#instants.get(envelope.id);
    const moment = at == null ? null : this.time.momentOf(at);
    require(moment !== null && moment > performance.now() - LATE && moment < performance.now() + SOON, 'stale');
    this.#requireAudible();
    this.#play(this.#shown(event, envelope, content), ready, moment);
  }

  /** @param {Announcement} event @param {Envelope} envelope @returns {Promise<{content: Content, key: Bytes}>} */
  async #opened({ key: sealed, segments }, envelope) {
    const { roster, people } = await this.#identities.household();
    require(roster, 'not_a_member');
    const peer = await speaker(envelope, roster, people);
    const key = await openKey(this.#identities.own, peer, envelope, fromBase64(sealed));
    const content = await openContent(envelope, key);
    require(('voice' in content ? content.voice.segments : 0) === segments, 'unreadable');
    await note(envelope);
    return { content, key };
  }

  /** @param {Announcement} event @param {{content: Content, key: Bytes}} opened @returns {Promise<Ready>} */
  async #made({ envelope: { id }, segments }, { content, key }) {
    if ('text' in content) return { sound: null, text: content.text };
    const { voice } = content;
    const pieces = await Promise.all(
      Array.from({ length: segments }, async (_, index) => {
        const reply = expected('segment', await this.#send({ t: 'get_segment', message: id, index }, PATIENCE));
        const sealed = fromBase64(reply.body);
        await requireSegment(voice, index, sealed);
        return openSegment(key, id, index, sealed, index === segments - 1);
      }),
    );
    const ogg = concat(...pieces);
    require(ogg.length === voice.bytes, 'unreadable');
    return { sound: await this.#ringer.decoded(ogg), text: null };
  }

  /** @param {Omit<Heard, 'audible' | 'again'>} heard @param {Ready} ready @param {number} moment of performance.now() */
  #play(heard, { sound, text }, moment) {
    const volume = this.#volume();
    const silence = this.#ringer.performAt(moment, ANNOUNCING, sound, volume, LONGEST);
    const again = sound ? () => void this.#ringer.performAt(performance.now(), null, sound, volume, LONGEST) : text ? () => speak(text, this.#language(), volume) : null;
    const begun = setTimeout(() => this.#store.dispatch({ t: 'announcement', announcement: { ...heard, audible: silence !== null, again } }), moment - performance.now());
    const words = silence && text ? setTimeout(() => speak(text, this.#language(), volume), moment + ANNOUNCING.round * 1_000 - performance.now()) : 0;
    const done = () => {
      unsubscribe();
      clearTimeout(over);
    };
    const unsubscribe = this.#store.subscribe((state) => {
      if (!state.quiet && !isOccupied(state)) return;
      done(); // somebody calls, or does not want to be disturbed, since it was ready
      silence?.();
      clearTimeout(begun);
      clearTimeout(words);
      hush();
    });
    const over = setTimeout(done, moment - performance.now() + (LONGEST + 1) * 1_000);
  }

  /** @param {Announcement} event @param {Envelope} envelope @param {Content} content */
  #shown({ name, device }, { id, person, identity, endpoint }, content) {
    const known = this.#store.state.people.find((one) => one.id === person);
    return { id, person, identity, endpoint, name: known?.name ?? name, device, text: 'text' in content ? content.text : null };
  }

  /** @param {string} id @returns {Promise<number | null>} null if nobody says when */
  #instant(id) {
    return new Promise((resolve) => {
      this.#told.set(id, resolve);
      setTimeout(() => resolve(null), TOLD_WITHIN);
    });
  }

  #requireAudible() {
    require(!this.#store.state.quiet && !isOccupied(this.#store.state), 'out_of_turn');
  }
}
