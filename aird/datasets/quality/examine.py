"""Look at every item of a version once: lengths, languages, labels, duplicates, personal data, exams. Pure.

Findings name lines and never repeat words, so that a report may outlive the data it is about.
"""

import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aird.datasets import keys
from aird.datasets.quality import languages, personal
from aird.datasets.quality.duplicates import THRESHOLD, Alike
from aird.datasets.quality.exams import Asked, Exam
from aird.datasets.quality.labels import Labels, coverage
from aird.datasets.schemas_quality import (
    Bar,
    Coverage,
    Duplicates,
    FindingKind,
    LabelReport,
    Leak,
    SplitReport,
)

MOST_EXACT = 3_000_000
MOST_NEAR = 100_000
MOST_LANGUAGES = 20_000
MOST_FINDINGS = 200_000
BARS = (32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)

Say = Callable[[str, int, int], None]


@dataclass
class Line:
    """One finding."""

    kind: FindingKind
    split: str
    line: int
    about: str


@dataclass
class Looked:
    """What was found; `findings` holds at most MOST_FINDINGS of each kind, `counts` all."""

    splits: dict[str, SplitReport] = field(default_factory=dict)
    labels: dict[str, LabelReport] = field(default_factory=dict)
    coverage: list[Coverage] = field(default_factory=list)
    personal: dict[str, dict[str, int]] = field(default_factory=dict)
    leaks: list[Leak] = field(default_factory=list)
    held_out: list[str] = field(default_factory=list)
    counts: Counter[FindingKind] = field(default_factory=Counter)
    findings: list[Line] = field(default_factory=list)
    duplicates: Duplicates | None = None
    seconds: float = 0.0

    def note(self, kind: FindingKind, split: str, line: int, about: str = "") -> None:
        """Keep one finding."""
        self.counts[kind] += 1
        if self.counts[kind] <= MOST_FINDINGS:
            self.findings.append(Line(kind, split, line, about))


@dataclass
class _Split:
    name: str
    held: bool
    lengths: "array[int]" = field(default_factory=lambda: array("I"))
    languages: Counter[str] = field(default_factory=Counter)
    labels: Labels = field(default_factory=Labels)
    personal: Counter[str] = field(default_factory=Counter)
    exact: Counter[int] = field(default_factory=Counter)
    near: Counter[int] = field(default_factory=Counter)
    turns: int = 0


class Look:
    """One look at a version: `look()` gives what was found."""

    def __init__(
        self,
        dataset: str,
        artifact: str,
        splits: Mapping[str, tuple[str, int, Iterable[Mapping[str, Any]]]],
        asked: Asked,
        say: Say = lambda stage, step, total: None,
    ) -> None:
        """`splits` gives (format, number of items, items) by split."""
        self.dataset, self.artifact, self.splits, self.asked, self.say = dataset, artifact, splits, asked, say
        self.found = Looked()
        self._items: dict[int, tuple[str, int]] = {}
        self._questions: dict[int, tuple[str, int, int]] = {}
        self._alike = Alike()
        self._places: list[tuple[str, int]] = []

    def look(self) -> Looked:
        """Every split, then what only the whole tells."""
        began = time.monotonic()
        total, done = sum(count for _, count, _ in self.splits.values()), 0
        for name, (form, count, items) in sorted(self.splits.items()):
            split = _Split(name, any(self._is_exam(exam, name) for exam in self.asked.exams))
            for line, item in enumerate(items, 1):
                self._item(split, line, item, count)
                done += 1
                if done % 100 == 0:
                    self.say("examine", done, total)
            self._close(split, form)
        counts = self.found.counts
        self.found.duplicates = Duplicates(
            exact=counts[FindingKind.DUPLICATE],
            near=counts[FindingKind.NEAR_DUPLICATE],
            conflicts=counts[FindingKind.CONFLICT],
            straddling=counts[FindingKind.STRADDLE],
            examined=len(self._alike),
            threshold=THRESHOLD,
        )
        self.found.seconds = time.monotonic() - began
        return self.found

    def _is_exam(self, exam: Exam, split: str) -> bool:
        """Whether the exam is made of this split, of these bytes or of another version of the data set."""
        return exam.split == split and (exam.artifact == self.artifact or exam.dataset == self.dataset)

    def _item(self, split: _Split, line: int, item: Mapping[str, Any], count: int) -> None:
        asked, answer = keys.asked(item), keys.answer(item)
        plain = keys.plain(asked)
        written = list(keys.texts(item))
        split.lengths.append(min(sum(map(len, written)), 2**31))
        split.turns += len(item.get("messages", ()))
        split.labels.add(answer)
        if line % max(1, count // MOST_LANGUAGES) == 0:
            split.languages[languages.language(asked)] += 1
        self._personal(split, line, written)
        new = self._twice(split, line, plain, answer)
        if not split.held:
            self._leak(split, line, plain)
        if new and len(self._places) < MOST_NEAR:
            self._nearly(split, line, plain)

    def _personal(self, split: _Split, line: int, written: list[str]) -> None:
        found = Counter(each.kind for text in written for each in personal.find(text))
        split.personal.update(found)
        if found:
            self.found.note(FindingKind.PERSONAL, split.name, line, ", ".join(sorted(found)))

    def _twice(self, split: _Split, line: int, plain: str, answer: str | None) -> bool:
        """Whether the question is new; notes what it is the same as."""
        question = keys.key(plain)
        whole, said = keys.key(f"{plain}\n{answer}"), keys.key(answer or "")
        if whole in self._items:
            other, number = self._items[whole]
            kind = FindingKind.DUPLICATE if other == split.name else FindingKind.STRADDLE
            self.found.note(kind, split.name, line, f"{other}:{number}")
        elif question in self._questions:
            other, number, before = self._questions[question]
            if other != split.name:
                self.found.note(FindingKind.STRADDLE, split.name, line, f"{other}:{number}")
            elif before != said:
                self.found.note(FindingKind.CONFLICT, split.name, line, f"{other}:{number}")
        if len(self._items) < MOST_EXACT:
            self._items.setdefault(whole, (split.name, line))
            new = question not in self._questions
            self._questions.setdefault(question, (split.name, line, said))
            return new
        return False

    def _nearly(self, split: _Split, line: int, plain: str) -> None:
        near = self._alike.add(len(self._places), plain)
        self._places.append((split.name, line))
        if near is not None:
            other, number = self._places[near[0]]
            self.found.note(FindingKind.NEAR_DUPLICATE, split.name, line, f"{other}:{number} {near[1]:.2f}")

    def _leak(self, split: _Split, line: int, plain: str) -> None:
        exact = self.asked.exact(plain)
        for number in sorted(exact):
            split.exact[number] += 1
            self.found.note(FindingKind.LEAK, split.name, line, self.asked.exams[number].name)
        if not exact and (near := self.asked.near(plain)) is not None:
            split.near[near[0]] += 1
            self.found.note(FindingKind.NEAR_LEAK, split.name, line, self.asked.exams[near[0]].name)

    def _close(self, split: _Split, form: str) -> None:
        found, name = self.found, split.name
        found.splits[name] = _lengths(split, form)
        if split.held:
            found.held_out.append(name)
        if split.personal:
            found.personal[name] = dict(split.personal)
        if (labels := split.labels.report()) is not None:
            found.labels[name] = labels
        for number, exam in enumerate(self.asked.exams):
            if split.exact[number] or split.near[number]:
                counts = {"exact": split.exact[number], "near": split.near[number]}
                found.leaks.append(
                    Leak(exam=exam.name, dataset=exam.dataset, exam_split=exam.split, split=name, **counts)
                )
            covered = None if split.held else coverage(exam.name, name, self.asked.answers[number], split.labels)
            if covered is not None:
                found.coverage.append(covered)


def _lengths(split: _Split, form: str) -> SplitReport:
    lengths = sorted(split.lengths)
    count = len(lengths)
    return SplitReport(
        format=form,
        items=count,
        shortest=lengths[0] if lengths else 0,
        median=lengths[count // 2] if lengths else 0,
        longest=lengths[-1] if lengths else 0,
        mean=round(sum(lengths) / count, 1) if count else 0.0,
        lengths=list(_bars(lengths)),
        languages=dict(split.languages.most_common(12)),
        turns=round(split.turns / count, 2) if count else 0.0,
    )


def _bars(lengths: list[int]) -> Iterator[Bar]:
    rest = Counter(next((bar for bar in BARS if length <= bar), 2 * BARS[-1]) for length in lengths)
    for bar in (*BARS, 2 * BARS[-1]):
        if rest[bar]:
            yield Bar(up_to=bar, items=rest[bar])
