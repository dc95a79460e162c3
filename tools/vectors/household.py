"""Households' rosters: good ones, and one refusal for each rule."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from kith.core.keys import KeyPair, PublicKeys
from kith.core.trust import household_write as write
from kith.core.trust import person_write
from kith.core.trust.household import Roster, extend, replay, signed
from kith.core.trust.household_links import HouseholdJoin, HouseholdLink, message
from kith.core.trust.person import Chain
from kith.core.trust.person import replay as person_replay
from kith.core.trust.person_links import PersonLink
from kith.core.trust.untrusted import Reason
from tools.vectors import person
from tools.vectors.form import Case, b64, endpoint, fixed, plain, printed
from tools.vectors.person import LAPTOP, MALLORY, PHONE, START, TABLET, adds, anna, begun, grown, removes

BEN, BEN_LAPTOP = endpoint("ben-phone"), endpoint("ben-laptop")
KITCHEN, HALL = endpoint("kitchen"), endpoint("hall")

Write = Callable[[Roster, int], HouseholdLink]
Links = list[HouseholdLink]


def alone(name: str, own: KeyPair) -> list[PersonLink]:
    return [person_write.begin(own, printed(name).public, time=START)]


PERSONS: dict[str, list[PersonLink]] = {
    "anna at 1": grown(begun(), adds(PHONE, LAPTOP)),
    "anna at 3": anna(),
    "anna forked": grown(begun(), adds(PHONE, LAPTOP), person.renews(PHONE), adds(PHONE, TABLET)),
    "ben": grown(alone("ben", BEN), adds(BEN, BEN_LAPTOP)),
    "ben at 0": alone("ben", BEN),
    "ben without the laptop": grown(alone("ben", BEN), adds(BEN, BEN_LAPTOP), removes(BEN, BEN_LAPTOP)),
    "mallory": alone("mallory", MALLORY),
}
CHAINS = {name: person_replay(links) for name, links in PERSONS.items()}
EARLY, LATE, FORKED, BEN_CHAIN = (CHAINS[name] for name in ("anna at 1", "anna at 3", "anna forked", "ben"))


def known(*names: str) -> dict[bytes, Chain]:
    return {CHAINS[name].root: CHAINS[name] for name in names}


def built(persons: dict[bytes, Chain], *writes: Write) -> Links:
    """Anna begins with her phone, then these follow, an hour apart."""
    links: Links = [write.begin(EARLY, PHONE, time=START + 3600)]
    roster = replay(links, persons)
    for each in writes:
        link = each(roster, roster.history.time + 3600)
        roster = extend(roster, link, persons)
        links = [*links, link]
    return links


@dataclass(frozen=True)
class As:
    """A person's endpoint that writes links."""

    chain: Chain
    own: KeyPair

    def joins(self, member: Chain) -> Write:
        return lambda roster, time: write.join(roster, self.chain, self.own, member, time=time)

    def leaves(self, member: Chain) -> Write:
        return lambda roster, time: write.leave(roster, self.chain, self.own, member.root, time=time)

    def adds(self, keys: PublicKeys) -> Write:
        return lambda roster, time: write.add(roster, self.chain, self.own, keys, time=time)

    def removes(self, keys: PublicKeys) -> Write:
        return lambda roster, time: write.remove(roster, self.chain, self.own, keys.identity, time=time)

    def confirms(self) -> Write:
        return lambda roster, time: write.confirm(roster, self.chain, self.own, time=time)


PHONE_THEN = As(EARLY, PHONE)
LAPTOP_NOW = As(LATE, LAPTOP)
BENS = As(BEN_CHAIN, BEN)
MALLORYS = As(CHAINS["mallory"], MALLORY)
GOOD = ("anna at 3", "ben")


def home() -> Links:
    """Anna and Ben with a shared kitchen; Anna's phone has signed, was lost and can sign no more."""
    return built(
        known(*GOOD),
        PHONE_THEN.joins(BEN_CHAIN),
        BENS.adds(KITCHEN.public),
        LAPTOP_NOW.confirms(),
    )


def sections() -> dict[str, list[Case]]:
    by_two = (PHONE_THEN.joins(BEN_CHAIN), BENS.adds(KITCHEN.public))
    valid: dict[str, tuple[tuple[str, ...], tuple[Write, ...]]] = {
        "begin": (("anna at 1",), ()),
        "begin, read when the chain has grown": (("anna at 3",), ()),
        "join, add and confirm": (GOOD, (*by_two, LAPTOP_NOW.confirms())),
        "one leaves": (GOOD, (*by_two, BENS.leaves(BEN_CHAIN))),
        "one is put out and joins again": (
            GOOD,
            (*by_two, LAPTOP_NOW.leaves(BEN_CHAIN), LAPTOP_NOW.joins(BEN_CHAIN), BENS.adds(HALL.public)),
        ),
        "a shared endpoint is replaced": (
            GOOD,
            (*by_two, BENS.removes(KITCHEN.public), LAPTOP_NOW.adds(HALL.public)),
        ),
    }
    return {
        "household_persons": [
            {"name": name, "links": [plain(link) for link in links]} for name, links in PERSONS.items()
        ],
        "household": [
            _valid(name, persons, built(known(*persons), *writes))
            for name, (persons, writes) in valid.items()
        ],
        "household_invalid": [
            {
                "name": name,
                "persons": list(GOOD),
                "links": [plain(link) for link in links],
                "last_persons": list(persons),
                "reason": reason.value,
            }
            for name, reason, links, persons in invalid()
        ],
    }


def _valid(name: str, persons: tuple[str, ...], links: Links) -> Case:
    roster = replay(links, known(*persons))
    return {
        "name": name,
        "persons": list(persons),
        "links": [plain(link) for link in links],
        "messages": [b64(message(link)) for link in links],
        "root": b64(roster.root),
        "version": roster.point.version,
        "head": b64(roster.point.head),
        "members": [b64(root) for root in sorted(roster.members)],
        "shared": [b64(identity) for identity in sorted(roster.shared)],
        "former": [b64(identity) for identity in sorted(roster.endpoints.former)],
        "pins": [
            {"root": b64(root), "version": pin.version, "head": b64(pin.head)}
            for root, pin in sorted(roster.pins.items())
        ],
    }


Refusal = tuple[str, Reason, Links, tuple[str, ...]]


def invalid() -> Iterator[Refusal]:
    """What it is, why it is refused, the links of which the last is at fault, and who is known by then."""
    house = home()
    roster = replay(house, known(*GOOD))
    time = roster.history.time + 3600

    def then(name: str, reason: Reason, link: HouseholdLink, persons: tuple[str, ...] = GOOD) -> Refusal:
        return name, reason, [*house, link], persons

    def made(each: Write) -> HouseholdLink:
        return each(roster, time)

    change = msgspec.structs.replace
    good = write.add(roster, LATE, LAPTOP, HALL.public, time=time)
    broken = change(good, signature=bytes([good.signature[0] ^ 1]) + good.signature[1:])
    yield then("a bit of the signature is flipped", Reason.BAD_SIGNATURE, broken)
    yield then(
        "the keys are others than were signed", Reason.BAD_SIGNATURE, change(good, identity=fixed("x"))
    )
    yield then("skips a version", Reason.OUT_OF_ORDER, signed(change(good, version=9), LAPTOP.sign))
    yield then("follows another link", Reason.BROKEN, signed(change(good, previous=fixed("x")), LAPTOP.sign))
    yield then(
        "is older than the link before", Reason.TIME_REVERSED, signed(change(good, time=1), LAPTOP.sign)
    )
    yield (
        "starts with a join",
        Reason.WRONG_START,
        [_first(write.join(roster, LATE, LAPTOP, BEN_CHAIN, time=time))],
        GOOD,
    )
    again = change(write.begin(LATE, LAPTOP, time=time), **roster.history.place(time))
    yield then("begins twice", Reason.WRONG_START, signed(again, LAPTOP.sign))
    stranger = (*GOOD, "mallory")
    joins = made(MALLORYS.joins(CHAINS["mallory"]))
    yield then("an invented member takes itself in", Reason.NOT_A_MEMBER, joins, stranger)
    foreign = signed(change(good, signer=MALLORY.public.identity), MALLORY.sign)
    yield then("signed in a member's name by a foreign key", Reason.NOT_ACTIVE, foreign)
    forged = signed(good, MALLORY.sign)
    yield then("names an active signer, signed by a foreign key", Reason.BAD_SIGNATURE, forged)
    yield then("of a person who is not known", Reason.UNKNOWN_PERSON, good, ("ben",))
    yield then("rests on an older point than is pinned", Reason.STALE, made(PHONE_THEN.adds(HALL.public)))
    lost = made(As(LATE, PHONE).adds(HALL.public))
    yield then("signed by an endpoint that was removed", Reason.NOT_ACTIVE, lost)
    forked = made(As(FORKED, PHONE).adds(HALL.public))
    yield then("rests on a fork that a removed key made", Reason.FORKED, forked)
    yield then("the same, where the fork itself is shown", Reason.FORKED, forked, ("anna forked", "ben"))
    yield then("rests on links that were not shown", Reason.MISSING, good, ("anna at 1", "ben"))
    yield then("takes in who is there", Reason.ALREADY_THERE, made(LAPTOP_NOW.joins(BEN_CHAIN)))
    unknown = made(LAPTOP_NOW.joins(CHAINS["mallory"]))
    yield then("takes in somebody who is not known", Reason.UNKNOWN_PERSON, unknown)
    yield then(
        "puts out who is not there", Reason.NOT_THERE, made(LAPTOP_NOW.leaves(CHAINS["mallory"])), stranger
    )
    yield then("adds an endpoint that is there", Reason.KEY_REUSED, made(LAPTOP_NOW.adds(KITCHEN.public)))
    mixed = PublicKeys(HALL.public.identity, MALLORY.public.sealing, HALL.public.sealing_signature)
    yield then("adds keys that do not belong together", Reason.WEAK_KEY, made(LAPTOP_NOW.adds(mixed)))
    yield then(
        "removes an endpoint that is not there", Reason.NOT_THERE, made(LAPTOP_NOW.removes(HALL.public))
    )
    yield from _after_leaving()


def _after_leaving() -> Iterator[Refusal]:
    persons = known(*GOOD)
    joined = PHONE_THEN.joins(BEN_CHAIN)
    apart = built(persons, joined, BENS.adds(KITCHEN.public), BENS.leaves(BEN_CHAIN))
    roster = replay(apart, persons)
    time = roster.history.time + 3600
    yield (
        "signed by somebody who left",
        Reason.NOT_A_MEMBER,
        [*apart, BENS.adds(HALL.public)(roster, time)],
        GOOD,
    )
    yield "the last one leaves", Reason.LAST_ONE, [*apart, LAPTOP_NOW.leaves(LATE)(roster, time)], GOOD
    stale = LAPTOP_NOW.joins(CHAINS["ben at 0"])(roster, time)
    yield "taken in again at an older point", Reason.STALE, [*apart, stale], GOOD
    bare = built(persons, joined, BENS.adds(KITCHEN.public), BENS.removes(KITCHEN.public))
    again = BENS.adds(KITCHEN.public)(replay(bare, persons), time)
    yield "adds an endpoint that was removed", Reason.KEY_REUSED, [*bare, again], GOOD


def _first(link: HouseholdJoin) -> HouseholdLink:
    return signed(msgspec.structs.replace(link, version=0, previous=bytes(32)), LAPTOP.sign)
