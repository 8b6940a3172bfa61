"""What one teacher says to one list of items, block by block, in a folder that outlives a student.

The items are put into an order of their own that depends on their number alone, and cut into blocks. A student with
room for so many takes the first blocks of it; one with room for more has the teacher speak to the next blocks. A block
is always spoken to as a whole, so what is kept has the same bits, whoever asked first. Half a block is never seen: it
is written under another name, and renamed.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from aird.runtimes.chat import IGNORED, Example
from aird.runtimes.tensor_file import TensorFileBroken, TensorReader, TensorWriter
from aird.training.recipes.batches import Item
from aird.training.recipes.teacher import Lesson, Signal

BLOCK = 64
"""Items that a teacher speaks to at once."""

Spoken = Lesson | str | None
"""What is kept of an item: a lesson, a written answer, or nothing as it does not fit."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A lesson whose probabilities stay in the file until they are needed."""

    example: Example
    given: Example | None
    file: Path
    first: int
    last: int
    widths: tuple[int, ...] | None
    """Of drawn tokens, how many each row has; `first` and `last` then count tokens."""

    @property
    def length(self) -> int:
        """In tokens."""
        return self.example.length

    def said(self) -> Signal:
        """As of a Lesson. Raises TensorFileBroken, OSError."""
        with TensorReader(self.file) as file:
            logs = file.rows("logs", self.first, self.last)
            tokens = file.rows("tokens", self.first, self.last) if "tokens" in file.places else None
        if tokens is None or self.widths is None:
            return logs, tokens
        return _padded(logs, self.widths, -torch.inf), _padded(tokens, self.widths, 0)


@dataclass
class Shelf:
    """The blocks of one teacher and its items; in memory where there is no folder."""

    items: Sequence[Item]
    folder: Path | None = None
    _held: dict[int, list[Spoken]] = field(default_factory=dict)

    @property
    def order(self) -> list[int]:
        """The places of the items in the order in which they are spoken to."""
        return random.Random(0).sample(range(len(self.items)), len(self.items))  # noqa: S311

    def blocks(self, count: int) -> list[list[Item]]:
        """The blocks that have the first `count` items."""
        order = self.order
        starts = range(0, min(count, len(order)), BLOCK)
        return [[self.items[place] for place in order[start : start + BLOCK]] for start in starts]

    def first(self, count: int) -> list[Item]:
        """The first `count` items, in their order."""
        return [self.items[place] for place in self.order[:count]]

    def missing(self, count: int) -> list[int]:
        """The numbers of the blocks that are still to be spoken to, if `count` items are wanted."""
        return [number for number in range(-(-min(count, len(self.items)) // BLOCK)) if not self._has(number)]

    def put(self, number: int, spoken: Sequence[Spoken]) -> None:
        """Keep what was said to a block."""
        path = self._path(number)
        if path is None:
            self._held[number] = list(spoken)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        _write(part, spoken)
        part.rename(path)

    def take(self, count: int) -> list[Spoken | Stored]:
        """What was said to the first `count` items, in their order."""
        found: list[Spoken | Stored] = []
        for number in range(-(-min(count, len(self.items)) // BLOCK)):
            path = self._path(number)
            found += self._held[number] if path is None else _read(path)
        return found[:count]

    def _has(self, number: int) -> bool:
        path = self._path(number)
        return number in self._held if path is None else path.is_file()

    def _path(self, number: int) -> Path | None:
        return None if self.folder is None else self.folder / f"block-{number:06d}.safetensors"


def whole(path: Path) -> bool:
    """Whether a block's file can be read."""
    try:
        _read(path)
    except (TensorFileBroken, OSError, ValueError, KeyError):
        return False
    return True


def _write(path: Path, spoken: Sequence[Spoken]) -> None:
    lessons = [each for each in spoken if isinstance(each, Lesson)]
    texts = [each if isinstance(each, str) else None for each in spoken]
    tensors = {
        "texts": torch.frombuffer(bytearray(json.dumps(texts, ensure_ascii=False).encode()), dtype=torch.uint8),
        **_examples("", [each.example if isinstance(each, Lesson) else None for each in spoken]),
        **_examples("given_", [each.given if isinstance(each, Lesson) else None for each in spoken]),
        "rows": torch.tensor([len(each.logs) if isinstance(each, Lesson) else 0 for each in spoken], dtype=torch.int32),
        **_signals(lessons),
    }
    with TensorWriter(path, [(name, each.dtype, tuple(each.shape)) for name, each in tensors.items()]) as file:
        for name, tensor in tensors.items():
            file.add(name, tensor)


def _examples(prefix: str, examples: Sequence[Example | None]) -> dict[str, Tensor]:
    there = [each for each in examples if each is not None]
    ids = [token for each in there for token in each.ids]
    learnt = [label != IGNORED for each in there for label in each.labels]
    return {
        f"{prefix}lengths": torch.tensor([each.length if each else 0 for each in examples], dtype=torch.int32),
        f"{prefix}ids": torch.tensor(ids, dtype=torch.int32),
        f"{prefix}learnt": torch.tensor(learnt, dtype=torch.bool),
    }


def _signals(lessons: Sequence[Lesson]) -> dict[str, Tensor]:
    if not lessons:
        return {}
    if lessons[0].tokens is None:
        return {"logs": torch.cat([each.logs for each in lessons])}
    if lessons[0].logs.shape[1] > lessons[0].tokens.shape[1]:
        tokens = [each.tokens for each in lessons if each.tokens is not None]
        return {"logs": torch.cat([each.logs for each in lessons]), "tokens": torch.cat(tokens)}
    used = [each.logs > -torch.inf for each in lessons]
    return {
        "widths": torch.cat([each.sum(1) for each in used]).to(torch.int16),
        "logs": torch.cat([each.logs[there] for each, there in zip(lessons, used, strict=True)]),
        "tokens": torch.cat([each.tokens[t] for each, t in zip(lessons, used, strict=True) if each.tokens is not None]),
    }


def _read(path: Path) -> list[Spoken | Stored]:
    with TensorReader(path) as file:
        texts: list[str | None] = json.loads(bytes(file.read("texts").tolist()))
        examples, given = (_read_examples(file, prefix) for prefix in ("", "given_"))
        counts = file.read("rows").tolist()
        widths = file.read("widths").tolist() if "widths" in file.places else None
    found: list[Spoken | Stored] = []
    row = at = 0
    for text, example, own, count in zip(texts, examples, given, counts, strict=True):
        if example is None:
            found.append(text)
            continue
        if widths is None:
            found.append(Stored(example, own, path, row, row + count, None))
        else:
            mine = tuple(widths[row : row + count])
            found.append(Stored(example, own, path, at, at + sum(mine), mine))
            at += sum(mine)
        row += count
    return found


def _read_examples(file: TensorReader, prefix: str) -> list[Example | None]:
    lengths, ids, learnt = (file.read(f"{prefix}{name}").tolist() for name in ("lengths", "ids", "learnt"))
    found: list[Example | None] = []
    at = 0
    for length in lengths:
        mine = ids[at : at + length]
        labels = [token if known else IGNORED for token, known in zip(mine, learnt[at : at + length], strict=True)]
        found.append(Example(mine, labels) if length else None)
        at += length
    return found


def _padded(flat: Tensor, widths: Sequence[int], filling: float) -> Tensor:
    found = torch.full((len(widths), max(widths)), filling, dtype=flat.dtype)
    for row, part in enumerate(torch.split(flat, list(widths))):
        found[row, : len(part)] = part
    return found
