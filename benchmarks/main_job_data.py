"""The questions of a clinc150 folder (`<department>.{train,val,test}.jsonl`, `wiki_sentences.txt`) as aird's items."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

Json = dict[str, Any]

WIKI = "wiki_sentences.txt"
TRAIN_ENDING = ".train.jsonl"


class DataMissing(RuntimeError):
    """The folder does not hold the questions."""


@dataclass(frozen=True)
class Question:
    """What a user asked, and the name of what they wanted, in words."""

    text: str
    intent: str

    @property
    def prompt(self) -> Json:
        """The question alone."""
        return {"messages": [{"role": "user", "content": self.text}]}

    @property
    def chat(self) -> Json:
        """The question with the intent as its answer."""
        return {"messages": [*self.prompt["messages"], {"role": "assistant", "content": self.intent}]}


@dataclass(frozen=True)
class Department:
    """One department's questions; every list takes the intents in turn, so that its beginning is balanced."""

    key: str
    train: tuple[Question, ...]
    val: tuple[Question, ...]
    test: tuple[Question, ...]

    @property
    def title(self) -> str:
        """The key in words."""
        return self.key.replace("-", " ").capitalize()

    @property
    def intents(self) -> list[str]:
        """What can be wanted, by name."""
        return sorted({question.intent for question in self.train})

    def shots(self, count: int) -> list[Question]:
        """The first `count` training questions of each intent."""
        return list(self.train[: count * len(self.intents)])

    def splits(self) -> dict[str, list[Json]]:
        """The items of the department's data set by split."""
        return {
            "train": [question.chat for question in self.train],
            "unlabelled": [question.prompt for question in self.train],
            "dev": self._exam("dev", self.val),
            "exam": self._exam("exam", self.test),
        }

    def _exam(self, split: str, questions: Sequence[Question]) -> list[Json]:
        choices = self.intents
        return [
            {"id": f"{self.key}-{split}-{number:03d}", **question.prompt, "choices": choices,
             "answer": choices.index(question.intent)}
            for number, question in enumerate(questions)
        ]  # fmt: skip


def departments(folder: Path) -> list[Department]:
    """Every department whose questions lie in the folder. Raises DataMissing."""
    names = sorted(path.name.removesuffix(TRAIN_ENDING) for path in folder.glob(f"*{TRAIN_ENDING}"))
    if not names or not (folder / WIKI).is_file():
        raise DataMissing(f"{folder} holds no *{TRAIN_ENDING} with {WIKI} beside. Name the clinc150 folder.")
    return [
        Department(name.replace("_", "-"), *(_questions(folder / f"{name}.{split}.jsonl") for split in SPLITS))
        for name in names
    ]


SPLITS = ("train", "val", "test")


def reading(folder: Path, shots: Iterable[Question], repeats: int) -> list[Json]:
    """What the bases read: every sentence once, every shot `repeats` times. Raises DataMissing."""
    lines = (line.strip() for line in (folder / WIKI).read_text(encoding="utf-8").splitlines())
    return [{"text": line} for line in lines if line] + [shot.chat for shot in shots] * repeats


def _questions(file: Path) -> tuple[Question, ...]:
    if not file.is_file():
        raise DataMissing(f"{file} is missing. A department has a train, a val and a test file.")
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    seen: Counter[str] = Counter()
    turns = []
    for row in rows:
        turns.append((seen[row["intent"]], Question(row["text"], row["intent"].replace("_", " "))))
        seen[row["intent"]] += 1
    return tuple(question for _, question in sorted(turns, key=itemgetter(0)))
