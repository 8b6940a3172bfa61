"""The names of splits and of their files."""

import pytest

from aird.datasets.errors import SplitNameRefused
from aird.datasets.splits import DatasetFormat as F
from aird.datasets.splits import check_file, check_split, main_format


@pytest.mark.parametrize("name", ["train", "dev", "exam", "unlabelled", "a", "exam-2_b", "a" * 32])
def test_a_plain_word_names_a_split(name: str) -> None:
    assert check_split(name) == name
    assert check_file(f"{name}.jsonl") == f"{name}.jsonl"


@pytest.mark.parametrize(
    "name",
    ["", "Train", "1train", "-a", "a" * 33, "a.b", "a/b", "../train", "/train", "a\\b", "train\n", "tr\u0430in", "a b"],
)
def test_anything_else_does_not(name: str) -> None:
    with pytest.raises(SplitNameRefused):
        check_split(name)
    with pytest.raises(SplitNameRefused):
        check_file(f"{name}.jsonl")


@pytest.mark.parametrize("name", ["train", "train.json", "train.jsonl.gz", "train.JSONL", ".jsonl", "train.jsonl\n"])
def test_a_file_is_its_split_and_the_ending(name: str) -> None:
    with pytest.raises(SplitNameRefused):
        check_file(name)


@pytest.mark.parametrize(
    ("formats", "main"),
    [
        ({"train": F.CHAT, "dev": F.EXAM, "exam": F.EXAM}, F.CHAT),
        ({"dev": F.EXAM, "exam": F.EXAM, "unlabelled": F.PROMPT}, F.EXAM),
        ({"more": F.TEXT}, F.TEXT),
    ],
)
def test_a_version_is_what_its_training_items_are(formats: dict[str, F], main: F) -> None:
    assert main_format(formats) is main
