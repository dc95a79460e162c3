"""The household's news on a device: said in words, and once."""

import pytest

from kith.core.ids import new_endpoint
from kith.core.news import NewsKind
from kith.endpoint.directory import Directory
from kith.endpoint.news import sentence
from signaling.protocol import NewsItem


def item(
    kind: NewsKind = NewsKind.ENDPOINT_ADDED, number: int = 1, *, own: bool = False, shared: bool = False
) -> NewsItem:
    return NewsItem(number=number, kind=kind, at=1.0, name="Ben", own=own, device="Tablet", shared=shared)


OF_CHILDREN = {kind for kind in NewsKind if kind.name.startswith("CHILD_")}
OF_NO_DEVICE = {NewsKind.NUMBER_MOVED, NewsKind.PERSON_LEFT} | OF_CHILDREN


@pytest.mark.parametrize("kind", sorted(set(NewsKind) - OF_NO_DEVICE))
@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("shared", [False, True])
def test_every_kind_is_one_sentence_about_the_device(kind: NewsKind, own: bool, shared: bool) -> None:
    said = sentence(item(kind, own=own, shared=shared))
    assert "Tablet" in said and said.endswith(".")


def test_news_of_children_are_about_the_child() -> None:
    said = {kind: sentence(item(kind)) for kind in OF_CHILDREN}
    assert len(set(said.values())) == len(OF_CHILDREN)
    assert all("Ben" in one and "Tablet" not in one and one.endswith(".") for one in said.values())
    assert sentence(item(NewsKind.CHILD_ERASED, own=True)).startswith("You had everything erased")


def test_whose_doing_it_is() -> None:
    assert sentence(item()) == "Ben added a device: Tablet."
    assert sentence(item(own=True, shared=True)) == "You added a device for everybody: Tablet."
    assert sentence(item(NewsKind.NEW_NETWORK)).startswith("Tablet, a device of Ben, signed in from")


def test_what_was_heard_is_not_said_again() -> None:
    directory = Directory(new_endpoint())
    assert directory.hear((item(number=2), item(number=1))) == (item(number=2), item(number=1))
    assert directory.hear((item(number=3), item(number=2))) == (item(number=3),)
    assert directory.hear(()) == ()
    assert directory.hear((item(number=3),)) == ()
