"""What changed between two versions. Pure."""

import time
from dataclasses import dataclass
from typing import Any

import pytest

from aird.catalog import diffs
from aird.catalog.schemas_files import Change


@dataclass
class File:
    digest: str
    size: int = 1


@dataclass
class Score:
    score: float
    low: float
    high: float


def test_every_file_of_either_side_is_told() -> None:
    old = {"config.json": File("a", 3), "gone.txt": File("b"), "same.txt": File("c")}
    new = {"config.json": File("d", 4), "new.txt": File("e"), "same.txt": File("c")}
    found = {each.path: (each.change, each.old_size, each.new_size) for each in diffs.files(old, new)}
    assert found == {
        "config.json": (Change.CHANGED, 3, 4),
        "gone.txt": (Change.REMOVED, 1, None),
        "new.txt": (Change.ADDED, None, 1),
        "same.txt": (Change.SAME, 1, 1),
    }


def test_only_changed_texts_are_worth_reading() -> None:
    names = ("model.safetensors", "config.json", "chat_template.jinja", "README.md")
    old = {name: File("a") for name in names}
    new = {**{name: File("b") for name in names}, "config.json": File("a")}
    assert diffs.worth_reading(diffs.files(old, new)) == ["README.md", "chat_template.jinja"]


def test_a_text_is_compared_line_by_line() -> None:
    found = diffs.text("chat_template.jinja", b"one\ntwo\n", b"one\nthree\n")
    assert found.unified_diff.splitlines()[2:] == ["@@ -1,2 +1,2 @@", " one", "-two", "+three"]
    assert not found.cut


@pytest.mark.parametrize(("old", "new", "sign"), [(None, b"x\n", "+x"), (b"x\n", None, "-x")])
def test_a_text_that_came_or_went_is_all_new_or_all_gone(old: bytes | None, new: bytes | None, sign: str) -> None:
    assert diffs.text("README.md", old, new).unified_diff.splitlines()[-1] == sign


HOSTILE = [
    b"\n" * 200_000,
    b"a\nb\n" * 60_000,
    b"x" * 250_000,
    b"".join(b"%d\n" % (n % 97) for n in range(60_000)),
    bytes(range(256)) * 900,
    b"y" * (diffs.MAX_BYTES + 1),
]


@pytest.mark.parametrize("old", HOSTILE)
@pytest.mark.parametrize("new", [b"a\n" * 100_000, b"".join(b"%d\n" % (n % 89) for n in range(60_000))])
def test_a_hostile_text_costs_no_seconds(old: bytes, new: bytes) -> None:
    began = time.process_time()
    found = diffs.text("README.md", old, new)
    assert time.process_time() - began < 3
    assert found.cut
    assert len(found.unified_diff) <= diffs.MAX_DIFF_LINES * (diffs.MAX_LINE + 2)


def test_facts_differ_by_dotted_key() -> None:
    old: dict[str, Any] = {"rank": 4, "shapes": {"q": [1, 2], "v": [1, 2]}, "kind": "adapter"}
    new: dict[str, Any] = {"rank": 8, "shapes": {"q": [1, 3], "v": [1, 2]}, "alpha": 1.0, "kind": "adapter"}
    assert [(each.key, each.old, each.new) for each in diffs.facts(old, new)] == [
        ("alpha", None, 1.0),
        ("rank", 4, 8),
        ("shapes.q", [1, 2], [1, 3]),
    ]


def test_facts_are_cut_when_there_are_too_many() -> None:
    assert len(diffs.facts({}, {str(n): n for n in range(1000)})) == diffs.MAX_FACTS


def test_scores_of_both_are_set_against_each_other() -> None:
    mail, calls = Score(0.6, 0.5, 0.7), Score(0.8, 0.72, 0.86)
    found = {each.suite: each for each in diffs.skills({"mail": mail, "old": mail}, {"mail": calls, "new": calls})}
    assert (found["old"].old, found["old"].new, found["old"].low) == (0.6, None, None)
    assert (found["new"].old, found["new"].new) == (None, 0.8)
    low, high = found["mail"].low, found["mail"].high
    assert low is not None
    assert high is not None
    assert low < 0.2 < high


def test_the_interval_of_a_difference_is_newcombes() -> None:
    """His example (a): 56/70 against 48/80, Wilson intervals, gives 0.0524 to 0.3339."""
    old, new = Score(0.6, 0.4905, 0.7004), Score(0.8, 0.6919, 0.8772)
    assert diffs.difference(old, new) == pytest.approx((0.0524, 0.3339), abs=5e-4)
