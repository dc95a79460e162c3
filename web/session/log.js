/**
 * The log: what this page writes into its own chain, what it remembers of all of them, and reading them.
 *
 * An entry is on this browser's disk before anybody hears of it, and goes to the server as soon as there is one. At each
 * connect the chains that the server shows must go on from where they were seen to end.
 */

import { equal, fromBase64, toBase64 } from '../core/bytes.js';
import { after, entryOf, follow, headOf, lineOf, payloadBytes, payloadOf, readPayload, requireWritten } from '../trust/log.js';
import { require, Untrusted } from '../trust/untrusted.js';
import { amend, load } from './database.js';
import { now } from './identities.js';
import { ProblemError } from './problem.js';
import { expected } from './reply.js';

/** @import {LogHead, LogLine} from '../protocol.js' */
/** @import {Head, Said} from '../trust/log.js' */
/** @import {Identities, Send} from './identities.js' */

/** What is kept; `sent`: how far the server has got it; `seen` by `place`. @typedef {{head: Head | null, sent: Head | null, unsent: LogLine[], seen: Record<string, Head>}} Diary */

/**
 * An entry, to be shown.
 * @typedef {object} LogItem
 * @property {string} key
 * @property {number} time  Unix seconds
 * @property {boolean} gone  what it said was taken away
 * @property {'verified' | 'server' | 'broken'} mark  signed by an endpoint of one's own, by the server alone, or not as it was written
 * @property {boolean} mine  written by this page
 * @property {Said | null} said
 * @property {{owner: string, writer: string, number: number}} place
 */

/** @typedef {{items: LogItem[], more: number | null, sound: boolean | null}} LogPage  `sound`: every chain goes on from what this page has seen; null where that could not be checked */

const DIARY = 'diary';
const MOST = 32;
const MOST_UNSENT = 1_000;
const PATIENCE = { within: 10_000 };
/** @type {Diary} */ const EMPTY = { head: null, sent: null, unsent: [], seen: {} };

export class Log {
  #send;
  #identities;
  /** @type {Promise<unknown>} one thing at a time, or two entries would have one number */ #turn = Promise.resolve();
  /** @type {boolean | null} */ #sound = null;

  /** @param {Send} send @param {Identities} identities */
  constructor(send, identities) {
    this.#send = send;
    this.#identities = identities;
  }

  /** Write that this happened now. Resolves when it is on disk; it is brought to the server by itself. @param {Said} said */
  async note(said) {
    await this.#next(() => this.#write(said));
    void this.bring();
  }

  /** Bring to the server what it has not got. What cannot be brought now is brought later. */
  async bring() {
    await this.#next(() => this.#bring()).catch((error) => {
      if (error instanceof Untrusted) this.#sound = false;
      later(error);
    });
  }

  /** After a connect: bring what is new, and look whether every chain goes on from where it was seen to end. */
  async meet() {
    await this.bring();
    await this.#next(() => this.#compare()).catch(later);
  }

  /** The latest first. Rejects with ProblemError. @param {number | null} [before] what `more` of the last page was @returns {Promise<LogPage>} */
  async page(before = null) {
    if (this.#sound === null) await this.meet();
    const reply = expected('log_page', await this.#send({ t: 'list_log', before, limit: MOST }, PATIENCE));
    const known = await this.#writers();
    const items = await Promise.all(reply.lines.map((line) => this.#item(line, known)));
    return { items, more: reply.more, sound: this.#sound };
  }

  /** Take away what these entries say. That something was is still to be seen. Rejects with ProblemError. @param {readonly LogItem[]} items */
  async remove(items) {
    /** @type {Map<string, LogItem[]>} */ const chains = new Map();
    for (const item of items) chains.set(placeOf(item.place), [...(chains.get(placeOf(item.place)) ?? []), item]);
    for (const some of chains.values()) {
      for (let at = 0; at < some.length; at += MOST) await this.#next(() => this.#remove(some.slice(at, at + MOST)));
    }
  }

  /** @param {LogItem[]} items of one chain */
  async #remove(items) {
    const [first] = items;
    if (!first) return;
    await this.#bring();
    const { owner, writer } = first.place;
    const numbers = items.map(({ place }) => place.number);
    await this.#write({ what: 'deleted', chain: writer, numbers });
    const line = (await this.#diary()).unsent.at(-1);
    if (!line) return;
    await this.#send({ t: 'delete_log', owner, writer, numbers, line }, PATIENCE);
    await this.#brought([line]);
  }

  // -- writing -------------------------------------------------------------------------------------

  /** @param {Said} said */
  async #write(said) {
    const { keys, sign } = this.#identities.own;
    const diary = await this.#diary();
    if (diary.unsent.length >= MOST_UNSENT) return;
    const payload = payloadOf(said);
    const entry = await follow(diary.head, payload, { owner: this.#owner, time: now(), writer: keys.identity, sign });
    const head = await headOf(entry);
    await amend('log', DIARY, () => ({ keep: { ...diary, head, unsent: [...diary.unsent, lineOf(entry, payload)] } }));
  }

  async #bring() {
    for (;;) {
      const lines = (await this.#diary()).unsent.slice(0, MOST);
      if (lines.length === 0) return;
      try {
        await this.#send({ t: 'append_log', lines }, PATIENCE);
        await this.#brought(lines);
      } catch (error) {
        if (!(error instanceof ProblemError) || error.code !== 'log_forked') throw error;
        await this.#beginAnew();
      }
    }
  }

  /** @param {readonly LogLine[]} lines those that waited longest */
  async #brought(lines) {
    const last = lines.at(-1);
    if (!last) return;
    const sent = await headOf(entryOf(last.entry));
    const diary = await this.#diary();
    await amend('log', DIARY, () => ({ keep: { ...diary, sent, unsent: diary.unsent.slice(lines.length) } }));
  }

  /**
   * This browser has forgotten entries that it wrote: its profile was restored. The chain goes on where it ended, and says
   * so. Rejects with Untrusted unless that is a longer one, which passes through the newest entry that the server is known
   * to have: anything else was cut off, and is no reason to forget.
   */
  async #beginAnew() {
    const writer = toBase64(this.#identities.own.keys.identity);
    const shown = (await this.#heads()).find((head) => head.writer === writer && head.owner === this.#owner);
    const diary = await this.#diary();
    require(shown && shown.number > (diary.sent?.number ?? -1), 'stale');
    const ended = await this.#goesOn(diary.sent, shown);
    const again = diary.unsent.flatMap(({ payload }) => (payload ? [readPayload(fromBase64(payload))] : []));
    await amend('log', DIARY, () => ({ keep: { ...diary, head: ended, sent: ended, unsent: [] } }));
    await this.#write({ what: 'restarted' });
    for (const said of again) await this.#write(said);
  }

  // -- checking ------------------------------------------------------------------------------------

  async #compare() {
    const shown = new Map((await this.#heads()).map((head) => [placeOf(head), head]));
    const diary = await this.#diary();
    const own = placeOf({ owner: this.#owner, writer: toBase64(this.#identities.own.keys.identity) });
    /** @type {Record<string, Head>} */ const seen = { ...diary.seen, ...(diary.sent && { [own]: diary.sent }) };
    let sound = true;
    for (const [place, head] of Object.entries(seen)) {
      if (!this.#readable(place)) continue; // of a household that was left: remembered, should it be shown again
      try {
        const there = shown.get(place);
        require(there, 'stale');
        seen[place] = await this.#goesOn(head, there);
      } catch (error) {
        if (!(error instanceof Untrusted)) throw error;
        console.warn(`the log does not go on from where it was seen to end: ${error.reason}`);
        sound = false;
      }
    }
    for (const [place, head] of shown) seen[place] ??= headFrom(head);
    delete seen[own];
    await amend('log', DIARY, () => ({ keep: { ...diary, seen } }));
    this.#sound = sound;
  }

  /** The head that is shown, if the chain leads there, from its beginning or from `seen`. Rejects with Untrusted. @param {Head | null} seen @param {LogHead} shown @returns {Promise<Head>} */
  async #goesOn(seen, shown) {
    require(shown.number >= (seen?.number ?? 0), 'stale');
    let head = seen;
    while (head === null || head.number < shown.number) {
      const { owner, writer } = shown;
      const first = head === null ? 0 : head.number + 1;
      const reply = expected('log_chain', await this.#send({ t: 'read_chain', owner, writer, first }, PATIENCE));
      require(reply.lines.length > 0, 'missing');
      for (const line of reply.lines) {
        const entry = entryOf(line.entry);
        require(entry.owner === owner && toBase64(entry.writer) === writer, 'forked');
        head = await after(head, entry, payloadBytes(line.payload));
      }
    }
    require(head.number > shown.number || equal(head.hash, fromBase64(shown.hash)), 'forked');
    return head;
  }

  async #heads() {
    return expected('log_heads', await this.#send({ t: 'check_log' }, PATIENCE)).heads;
  }

  /** Endpoints of the own person and household, as long as there were any: by their identity, as text. @returns {Promise<Set<string>>} */
  async #writers() {
    const { person } = this.#identities.identity;
    try {
      const own = person ? await this.#identities.person(person) : null;
      const { roster } = await this.#identities.household();
      return new Set([...(own?.chain.spans.keys() ?? []), ...(roster?.spans.keys() ?? [])]);
    } catch (error) {
      if (error instanceof Untrusted) return new Set();
      throw error;
    }
  }

  /** @param {LogLine} line @param {ReadonlySet<string>} writers @returns {Promise<LogItem>} */
  async #item(line, writers) {
    const { owner, writer, number, time } = line.entry;
    const payload = payloadBytes(line.payload);
    const place = { owner, writer, number };
    const shown = { key: `${owner} ${writer} ${number}`, time, gone: payload === null, place, mine: writer === toBase64(this.#identities.own.keys.identity) };
    try {
      await requireWritten(entryOf(line.entry), payload);
      const said = payload && readPayload(payload);
      if (writers.has(writer)) return { ...shown, said, mark: 'verified' };
      return { ...shown, said, mark: writer === toBase64(this.#identities.identity.server) ? 'server' : 'broken' };
    } catch (error) {
      if (!(error instanceof Untrusted)) throw error;
      return { ...shown, said: null, mark: 'broken' };
    }
  }

  // -- small things --------------------------------------------------------------------------------

  /** Whose log this page writes. */
  get #owner() {
    const { person, household } = this.#identities.identity;
    return person ?? household ?? '';
  }

  /** Whether the server shows the chain here. @param {string} place */
  #readable(place) {
    const { person, household } = this.#identities.identity;
    return [person, household].some((owner) => owner && place.startsWith(`${owner} `));
  }

  /** @returns {Promise<Diary>} */
  async #diary() {
    return (await load('log', DIARY)) ?? EMPTY;
  }

  /** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  #next(work) {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

/** @param {Pick<LogHead, 'owner' | 'writer'>} head */
const placeOf = ({ owner, writer }) => `${owner} ${writer}`;

/** @param {LogHead} head @returns {Head} */
const headFrom = ({ number, hash, time }) => ({ number, hash: fromBase64(hash), time });

/** Away for the moment: the next connect makes up for it. @param {unknown} error */
function later(error) {
  if (!(error instanceof ProblemError || error instanceof Untrusted)) throw error;
}
