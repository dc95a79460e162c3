"""Persons' chains: good ones, and one refusal for each rule."""

from collections.abc import Callable, Iterator

import msgspec

from kith.core.keys import KeyPair, PublicKeys
from kith.core.trust import person_write as write
from kith.core.trust.history import Change, History, Known, reconcile
from kith.core.trust.person import Chain, extend, replay, signed
from kith.core.trust.person_links import PersonLink, message
from kith.core.trust.untrusted import Reason
from tools.vectors.form import Case, b64, endpoint, fixed, plain, printed
from tools.vectors.keys import ORDER_8

START = 1_790_000_000
PHONE, LAPTOP, TABLET = (endpoint(f"anna-{kind}") for kind in ("phone", "laptop", "tablet"))
MALLORY = endpoint("mallory")
PAPER, NEXT_PAPER, LAST_PAPER = printed("anna"), printed("anna second"), printed("anna third")

Write = Callable[[Chain, int], PersonLink]


def begun() -> list[PersonLink]:
    return [write.begin(PHONE, PAPER.public, time=START)]


def grown(links: list[PersonLink], *writes: Write) -> list[PersonLink]:
    """The links with one more for each of `writes`, a minute apart, each being acceptable after the ones before."""
    chain = replay(links)
    for each in writes:
        link = each(chain, chain.history.time + 60)
        chain = extend(chain, link)
        links = [*links, link]
    return links


def adds(own: KeyPair, new: KeyPair) -> Write:
    return lambda chain, time: write.add(chain, own, new.public, time=time)


def removes(own: KeyPair, gone: KeyPair) -> Write:
    return lambda chain, time: write.remove(chain, own, gone.public.identity, time=time)


def recovers(new: KeyPair) -> Write:
    return lambda chain, time: write.recover(chain, PAPER, new.public, NEXT_PAPER.public, time=time)


def renews(own: KeyPair) -> Write:
    return lambda chain, time: write.renew(chain, own, LAST_PAPER.public, time=time)


def anna() -> list[PersonLink]:
    """Three endpoints, of which the phone was lost."""
    return grown(begun(), adds(PHONE, LAPTOP), adds(LAPTOP, TABLET), removes(LAPTOP, PHONE))


def sections() -> dict[str, list[Case]]:
    valid = {
        "begin": begun(),
        "add": grown(begun(), adds(PHONE, LAPTOP)),
        "add, add and remove": anna(),
        "an endpoint takes itself out": grown(begun(), adds(PHONE, LAPTOP), removes(PHONE, PHONE)),
        "renew": grown(begun(), renews(PHONE)),
        "recover": grown(begun(), adds(PHONE, LAPTOP), recovers(TABLET)),
        "recover, then renew": grown(begun(), recovers(TABLET), renews(TABLET)),
    }
    return {
        "person": [_valid(name, links) for name, links in valid.items()],
        "person_active": list(_active()),
        "person_invalid": [
            {"name": name, "links": [plain(link) for link in links], "reason": reason.value}
            for name, reason, links in invalid()
        ],
        "reconcile": list(_reconciled()),
    }


def _valid(name: str, links: list[PersonLink]) -> Case:
    chain = replay(links)
    return {
        "name": name,
        "links": [plain(link) for link in links],
        "messages": [b64(message(link)) for link in links],
        "root": b64(chain.root),
        "version": chain.point.version,
        "head": b64(chain.point.head),
        "active": [b64(identity) for identity in sorted(chain.active)],
        "former": [b64(identity) for identity in sorted(chain.former)],
        "recovery": b64(chain.recovery),
    }


def _active() -> Iterator[Case]:
    links = anna()
    chain = replay(links)
    for name, pair in (("phone", PHONE), ("laptop", LAPTOP), ("tablet", TABLET), ("mallory", MALLORY)):
        for version in range(5):
            yield {
                "name": f"{name} at {version}",
                "links": [plain(link) for link in links],
                "identity": b64(pair.public.identity),
                "version": version,
                "active": chain.active_at(pair.public.identity, version),
            }


def invalid() -> Iterator[tuple[str, Reason, list[PersonLink]]]:
    """What it is, why it is refused, and the links of which the last is at fault."""
    first, two = begun(), grown(begun(), adds(PHONE, LAPTOP))
    one_chain, chain, whole = replay(first), replay(two), anna()
    time = chain.history.time + 60

    def then(name: str, reason: Reason, link: PersonLink) -> tuple[str, Reason, list[PersonLink]]:
        return name, reason, [*two, link]

    good = write.add(chain, PHONE, TABLET.public, time=time)
    change = msgspec.structs.replace
    yield then("a bit of the signature is flipped", Reason.BAD_SIGNATURE, _flipped(good))
    yield then("the time is another than was signed", Reason.BAD_SIGNATURE, change(good, time=time + 1))
    yield then(
        "signed by a foreign key", Reason.NOT_ACTIVE, write.add(chain, MALLORY, TABLET.public, time=time)
    )
    named = signed(change(good, signer=PHONE.public.identity), MALLORY.sign)
    yield then("names an active signer, signed by a foreign key", Reason.BAD_SIGNATURE, named)
    yield then("skips a version", Reason.OUT_OF_ORDER, signed(change(good, version=3), PHONE.sign))
    yield then("repeats a version", Reason.OUT_OF_ORDER, two[-1])
    yield then(
        "follows another link", Reason.BROKEN, signed(change(good, previous=fixed("else")), PHONE.sign)
    )
    yield then(
        "is older than the link before", Reason.TIME_REVERSED, signed(change(good, time=START), PHONE.sign)
    )
    yield (
        "starts with an add",
        Reason.WRONG_START,
        [signed(change(good, version=0, previous=bytes(32)), PHONE.sign)],
    )
    again = change(write.begin(TABLET, LAST_PAPER.public, time=time), **chain.history.place(time))
    yield then("begins twice", Reason.WRONG_START, signed(again, TABLET.sign))
    begin = write.begin(PHONE, PAPER.public, time=START)
    other = signed(change(begin, signer=MALLORY.public.identity), MALLORY.sign)
    yield "begun for another", Reason.NOT_ACTIVE, [other]
    yield (
        "begun with a recovery key that is the endpoint's",
        Reason.KEY_REUSED,
        [write.begin(PHONE, PHONE.public.identity, time=START)],
    )
    yield (
        "begun with a recovery key of small order",
        Reason.WEAK_KEY,
        [write.begin(PHONE, ORDER_8, time=START)],
    )
    yield then("adds one that is in", Reason.KEY_REUSED, write.add(chain, PHONE, LAPTOP.public, time=time))
    swapped = PublicKeys(TABLET.public.identity, MALLORY.public.sealing, TABLET.public.sealing_signature)
    yield then(
        "adds keys that do not belong together", Reason.WEAK_KEY, write.add(chain, PHONE, swapped, time=time)
    )
    yield then("removes one that is not in", Reason.NOT_THERE, removes(PHONE, MALLORY)(chain, time))
    yield "removes the last", Reason.LAST_ONE, [*first, removes(PHONE, PHONE)(one_chain, time)]
    gone = replay(whole)
    late = gone.history.time + 60
    yield "signed by one that was removed", Reason.NOT_ACTIVE, [*whole, renews(PHONE)(gone, late)]
    yield "adds one that was removed", Reason.KEY_REUSED, [*whole, adds(LAPTOP, PHONE)(gone, late)]
    yield then("recovered by an endpoint", Reason.NOT_RECOVERY, _recovered_by(chain, PHONE, time))
    paper = grown(begun(), renews(PHONE))
    yield (
        "recovered with a key that was renewed",
        Reason.NOT_RECOVERY,
        [
            *paper,
            recovers(TABLET)(replay(paper), time),
        ],
    )
    kept = write.recover(chain, PAPER, TABLET.public, PAPER.public, time=time)
    yield then("recovered, with the same recovery key again", Reason.KEY_REUSED, kept)
    same = write.recover(chain, PAPER, PHONE.public, NEXT_PAPER.public, time=time)
    yield then("recovered to an endpoint that was in", Reason.KEY_REUSED, same)
    yield then(
        "renewed to an endpoint's key", Reason.KEY_REUSED, _renewed(chain, LAPTOP.public.identity, time)
    )
    yield then("renewed to a key of small order", Reason.WEAK_KEY, _renewed(chain, ORDER_8, time))
    yield (
        "renewed to an earlier recovery key",
        Reason.KEY_REUSED,
        [
            *paper,
            write.renew(replay(paper), PHONE, PAPER.public, time=time),
        ],
    )


def _renewed(chain: Chain, key: bytes, time: int) -> PersonLink:
    return write.renew(chain, PHONE, key, time=time)


def _recovered_by(chain: Chain, own: KeyPair, time: int) -> PersonLink:
    link = write.recover(chain, PAPER, TABLET.public, NEXT_PAPER.public, time=time)
    return signed(msgspec.structs.replace(link, signer=own.public.identity), own.sign)


def _flipped(link: PersonLink) -> PersonLink:
    broken = bytes([link.signature[0] ^ 1]) + link.signature[1:]
    return msgspec.structs.replace(link, signature=broken)


def _reconciled() -> Iterator[Case]:
    whole = replay(anna()).history
    known = Known(whole.root, 2, whole.hashes[2])
    fork = replay(grown(anna()[:2], renews(PHONE), renews_again, adds(PHONE, TABLET))).history
    cases: list[tuple[str, Known | None, History]] = [
        ("nothing known", None, whole),
        ("the same", Known(whole.root, 3, whole.hashes[3]), whole),
        ("longer", known, whole),
        ("another person", Known(fixed("other"), 2, whole.hashes[2]), whole),
        ("shorter", known, replay(anna()[:2]).history),
        ("another history of the same length", Known(whole.root, 3, fixed("other")), whole),
        ("longer, without what is known", known, fork),
    ]
    for name, before, history in cases:
        change: Change = reconcile(before, history)
        yield {
            "name": name,
            "known": None
            if before is None
            else {"root": b64(before.root), "version": before.version, "head": b64(before.head)},
            "hashes": [b64(each) for each in history.hashes],
            "change": change.value,
        }


def renews_again(chain: Chain, time: int) -> PersonLink:
    return write.renew(chain, PHONE, printed("anna fourth").public, time=time)
