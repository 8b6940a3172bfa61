"""The arithmetic of the audit chain: every kind of tampering is found."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from aird.audit.chain import GENESIS, Anchor, Link, link_hash, verify


def chain(count: int) -> list[Link]:
    links, head = [], GENESIS
    for seq in range(1, count + 1):
        content = {"event": "test.thing.done", "number": seq}
        links.append(Link(seq, content, head, link_hash(seq, content, head)))
        head = links[-1].hash
    return links


def test_an_untouched_chain_is_sound() -> None:
    verdict = verify(chain(20), [Anchor(7, chain(20)[6].hash)])
    assert verdict.sound
    assert (verdict.entries, verdict.anchors) == (20, 1)


def test_an_empty_chain_is_sound() -> None:
    assert verify([]).sound


@pytest.mark.parametrize("place", range(10))
def test_an_edit_anywhere_is_found(place: int) -> None:
    links = chain(10)
    links[place] = replace(links[place], content={"event": "test.thing.done", "number": 999})
    verdict = verify(links)
    assert not verdict.sound
    assert verdict.fault == f"entry {place + 1} was changed after it was written"


@pytest.mark.parametrize("place", range(9))
def test_a_removal_anywhere_but_the_end_is_found(place: int) -> None:
    links = chain(10)
    del links[place]
    assert not verify(links).sound


@pytest.mark.parametrize("place", range(9))
def test_a_swap_anywhere_is_found(place: int) -> None:
    links = chain(10)
    links[place], links[place + 1] = links[place + 1], links[place]
    assert not verify(links).sound


@pytest.mark.parametrize("place", range(10))
def test_an_edit_with_all_later_hashes_made_anew_is_found_by_an_anchor(place: int) -> None:
    links, anchor = chain(10), Anchor(10, chain(10)[9].hash)
    head = links[place - 1].hash if place else GENESIS
    for each in range(place, 10):
        content = {"event": "test.thing.forged", "number": each}
        links[each] = Link(each + 1, content, head, link_hash(each + 1, content, head))
        head = links[each].hash
    assert verify(links).sound
    assert not verify(links, [anchor]).sound


@pytest.mark.parametrize("kept", range(10))
def test_a_cut_tail_is_found_by_an_anchor(kept: int) -> None:
    links = chain(10)
    assert verify(links[:kept]).sound
    assert not verify(links[:kept], [Anchor(10, links[9].hash)]).sound


def test_the_browsers_vectors_are_what_is_hashed_here() -> None:
    file = Path(__file__).parents[2] / "web" / "src" / "features" / "audit" / "chain" / "vectors.json"
    rows = [json.loads(line) for line in json.loads(file.read_text("utf-8"))["log"]]
    links = [
        Link(row.pop("seq"), row, row.pop("previous"), row.pop("hash"))
        for row in rows
    ]  # fmt: skip
    assert (verify(links).fault, verify(links).entries) == (None, 3)
