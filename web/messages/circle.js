/**
 * Whose endpoints are whose, as far as messages go: what was signed decides, and never what the server says beside it.
 * Whoever is given out here may be sealed to, or is believed to have sent something.
 */

import { requireSpeaksFor } from '../call/party.js';
import { homeOf } from '../session/identities.js';
import { expected } from '../session/reply.js';
import { publicKeysOf } from '../trust/keys.js';
import { nameOf } from '../trust/links.js';
import { requireFormerSender, requireSender } from '../trust/message.js';
import { require } from '../trust/untrusted.js';

/** @import {Keys, Recipients} from '../protocol.js' */
/** @import {Identities, Person, Send} from '../session/identities.js' */
/** @import {PublicKeys} from '../trust/keys.js' */
/** @import {Envelope} from '../trust/message.js' */

/** Somebody whose endpoints a message is sealed to. @typedef {{endpoint: string, keys: PublicKeys}} Recipient */

/**
 * To whom a message goes. `changed`: another identity goes by the receiver's name than before, and a person must say
 * whether to go on.
 * @typedef {{own: Person, other: Person, recipients: Recipient[], changed: boolean}} Circle
 */

const PATIENCE = { within: 15_000 };

export class Circles {
  #identities;
  #send;

  /** @param {Identities} identities @param {Send} send */
  constructor(identities, send) {
    this.#identities = identities;
    this.#send = send;
  }

  /** Rejects with Untrusted if a single endpoint is not what it seems, or ProblemError. @param {string} to @param {string | null} as @returns {Promise<Circle>} */
  async around(to, as) {
    const speaker = as === null ? {} : { as };
    const ask = async () => expected('recipients', await this.#send({ t: 'list_recipients', to, ...speaker }, PATIENCE));
    const { reply, people } = await this.#identities.shownBy(ask);
    return this.#checked(reply, people, to, as);
  }

  /** The same, of recipients that came in the place of another answer. @param {Recipients} reply @param {string} to @param {string | null} as @returns {Promise<Circle>} */
  async shown(reply, to, as) {
    const { people } = await this.#identities.shownBy(async () => reply);
    return this.#checked(reply, people, to, as);
  }

  /** Who sent this, and whether the endpoint was signed out since. Rejects with Untrusted. @param {Envelope} envelope @param {Keys | undefined} shown those of a shared endpoint are in no person's chain @param {string} sender a person's id @returns {Promise<{person: Person, keys: PublicKeys, signedOut: boolean}>} */
  async sender(envelope, shown, sender) {
    const person = believed(await this.#identities.person(sender));
    const { chain } = person;
    const name = nameOf(envelope.identity);
    const own = chain.spans.has(name);
    if (own && !chain.active.has(name)) return { person, keys: await requireFormerSender(envelope, chain), signedOut: true };
    const keys = chain.active.get(name) ?? (shown && publicKeysOf(shown));
    require(keys && nameOf(keys.identity) === name, 'not_active');
    const { root, version, head } = envelope;
    const home = await homeOf(this.#identities);
    require(own || home.trouble === null, 'missing'); // without the roster nobody can tell: not a word against the sender
    requireSpeaksFor(person, home, keys, { root, point: { version, head } });
    await requireSender(envelope, chain, person.delegations?.endpoints ?? []);
    return { person, keys, signedOut: false };
  }

  /** Another endpoint of one's own, by its keys. Rejects with Untrusted. @param {Keys} shown @returns {Promise<PublicKeys>} */
  async sibling(shown) {
    const keys = publicKeysOf(shown);
    const { chain } = await this.own();
    const signed = chain.active.get(nameOf(keys.identity));
    require(signed, 'not_active');
    return signed;
  }

  /** The person whose endpoint this is. Rejects with Untrusted. */
  async own() {
    const person = believed(await this.#identities.person(this.#identities.identity.person ?? ''));
    require(this.#identities.isOwn(person.chain.root), 'forked');
    return person;
  }

  /** Of whom it is remembered who they are. @param {string} id */
  async person(id) {
    return believed(await this.#identities.person(id));
  }

  /** @param {Recipients} reply @param {Map<string, Person>} people @param {string} to @param {string | null} as @returns {Promise<Circle>} */
  async #checked(reply, people, to, as) {
    const self = as ?? this.#identities.identity.person ?? '';
    const own = believed(people.get(self));
    const other = believed(people.get(to));
    const home = await homeOf(this.#identities);
    require(own.outcome !== 'changed', 'forked');
    if (this.#identities.identity.person) require(this.#identities.isOwn(own.chain.root), 'forked');
    else require(home.roster?.members.has(nameOf(own.chain.root)), 'not_a_member');
    const recipients = reply.endpoints.map(({ endpoint, person, keys: shown }) => {
      const whose = person === self ? own : other;
      require(whose.id === person, 'unknown_person');
      const keys = publicKeysOf(shown);
      const { root, version, head } = whose.chain;
      requireSpeaksFor(whose, home, keys, { root, point: { version, head } });
      return { endpoint, keys };
    });
    return { own, other, recipients, changed: other.outcome === 'changed' };
  }
}

/** Throws Untrusted for whom something is held back or made up. @param {Person | undefined} person @returns {Person} */
function believed(person) {
  require(person, 'unknown_person');
  require(person.outcome !== 'rolled_back', 'stale');
  require(person.outcome !== 'forked', 'forked');
  return person;
}
