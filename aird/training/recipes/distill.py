"""Distillation: a student learns the answers and the probabilities of one or more teachers.

Two uses. After a merge, the merged adapter is the student and the adapters it came from are the teachers,
each for its own department's questions: no labels are needed, and base model, teachers and student share one
set of base weights in memory. Or a smaller full model learns from a large version ("mentoring").

Teachers speak once, before the training starts, of no more items than it has room for; what they said can be kept for
later students (cached.py). The loss (losses.py) is a divergence between both sides' probabilities at the answers'
tokens, the forward Kullback-Leibler one (https://arxiv.org/abs/1503.02531) unless the settings say otherwise, plus, if
wanted, the cross entropy of given answers. A student with other tokens than its teachers learns their words alone. In a
last stage, if wanted, the student answers and its teachers score what it said (onpolicy.py).
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from aird.runtimes import adapters, chat, loading
from aird.runtimes.chat import Example
from aird.training.recipes import batches, loop, losses, onpolicy, sft, teacher
from aird.training.recipes.batches import Item
from aird.training.recipes.cached import BLOCK, Shelf, Stored
from aird.training.recipes.checkpoints import EVERY, Checkpoints
from aird.training.recipes.errors import NothingToLearn, Paused, SettingsDoNotFit, TokenizersDiffer
from aird.training.recipes.loop import Objective
from aird.training.recipes.losses import Few, Head, Signal, Whole
from aird.training.recipes.progress import Pause, Progress, Report, TrainResult, never
from aird.training.recipes.teacher import Lesson
from aird.training.settings_distill import DistillSettings


@dataclass(frozen=True, slots=True)
class Teacher:
    """A version that teaches, and the items that are its subject (prompts, or chat items with given answers).

    `shelf` is a folder with what it said before, and for what it will say. A teacher who has said all that there is
    room for needs no `base`, unless the student's own answers are to be scored.
    """

    base: Path | None
    adapter: Path | None
    items: Sequence[Item]
    shelf: Path | None = None


@dataclass(frozen=True, slots=True)
class DistillResult(TrainResult):
    """`forwards` of teachers before the training, `heard` items of which `known` were kept from before; `own_steps`
    updates on the student's own answers."""

    forwards: int = 0
    heard: int = 0
    known: int = 0
    own_steps: int = 0


@dataclass(frozen=True, slots=True)
class Words:
    """A teacher's written answer, in the student's tokens."""

    example: Example

    @property
    def length(self) -> int:
        """In tokens."""
        return self.example.length


Learnt = Lesson | Stored | Words
Spoken = Callable[[int, int, float], None]
"""Called with a teacher's number, its forward passes and the seconds they took."""


def distill(
    settings: DistillSettings,
    teachers: Sequence[Teacher],
    student_base: Path,
    student_adapter: Path | None,
    out: Path,
    *,
    report: Report,
    base_name: str = "base",
    threads: int = 1,
    checkpoints: Path | None = None,
    pause: Pause = never,
    checkpoint_seconds: float = EVERY,
    halved_at: int | None = None,
    spoken: Spoken = lambda number, forwards, seconds: None,
    shares: Sequence[int] | None = None,
) -> DistillResult:
    """Train the student and write it to `out`: an adapter folder, or a full model folder.

    Teachers on the student's base path use the one loaded copy of it; other bases are loaded one after the other.
    `checkpoints`, `pause` and `halved_at` as in sft.train; teachers pause between blocks, which are kept on their
    shelves; `spoken` is called when everything wanted of a teacher is on its shelf that was not before. `shares`
    are how many of each teacher's items are heard, where that is not as the settings share their room out. Raises
    NothingToLearn, TokenizersDiffer, SettingsDoNotFit, what loop.run raises, VersionUnusable.
    """
    _check(settings, teachers, student_base, student_adapter)
    torch.set_num_threads(threads)
    torch.manual_seed(settings.seed)
    device = loading.device_of_choice()
    tokenizer = loading.load_tokenizer(student_base, student_adapter)
    dtype = torch.float32 if settings.student == "full" else sft.dtype_of(settings)
    network = loading.load_network(student_base, device=device, dtype=dtype)

    shelves = [Shelf(each.items, each.shelf) for each in teachers]
    room = settings.shares([len(each.items) for each in teachers]) if shares is None else list(shares)
    missing = [shelf.missing(count) for shelf, count in zip(shelves, room, strict=True)]
    heard = _Heard(settings, report, pause, spoken, sum(room), room, missing)
    network = heard.all(network, tokenizer, teachers, shelves, student_base)
    end = chat.end_ids(network, tokenizer)
    lessons = [
        each
        for shelf, count in zip(shelves, room, strict=True)
        for each in _learnt(shelf, count, tokenizer, end, settings)
    ]
    if not lessons:
        raise NothingToLearn(f"All items and answers are longer than max_length ({settings.max_length} tokens).")

    fresh = settings.student == "adapter" and student_adapter is None
    new = sft.lora_config(network, settings.lora) if fresh else None
    voices: list[onpolicy.Voice] = []
    if settings.on_policy is not None:
        network, voices = onpolicy.voices(
            network, teachers, student_base if settings.student == "adapter" else None, device
        )
    torch.manual_seed(settings.seed)  # whether teachers had to be loaded decides nothing
    if student_adapter is not None:
        network = loading.attach(network, adapters.read(student_adapter), sft.SLOT)
    elif new is not None:
        network = loading.add_slot(network, new, sft.SLOT)
    else:
        network.requires_grad_(True)  # PEFT froze it while the teachers spoke
    if settings.gradient_checkpointing:
        sft.keep_no_activations(network)
    network.train()

    facts = sft.key(settings, network, [each.example for each in lessons])
    kept = Checkpoints(checkpoints, facts, checkpoint_seconds) if checkpoints else None
    stream = batches.batches(batches.shuffled(lessons, settings.seed), settings.batch_size, settings.seed)
    result = loop.run(
        network,
        settings,
        stream,
        objective(network, device, settings),
        report=report,
        checkpoints=kept,
        pause=pause,
        halved_at=halved_at,
    )
    own = None
    if settings.on_policy is not None:
        asked = [shelf.blocks(count) for shelf, count in zip(shelves, room, strict=True)]
        prompts = [
            [item for block in blocks for item in block][:count] for blocks, count in zip(asked, room, strict=True)
        ]
        own = onpolicy.run(
            network, tokenizer, voices, prompts, settings, device, report=report, checkpoints=kept, pause=pause
        )
    sft.write(network, student_base, out, base_name=base_name, start_adapter=student_adapter)
    return _result(result, own, heard, len(lessons), sum(room))


def objective(network: Any, device: torch.device, settings: DistillSettings) -> Objective[Learnt]:
    """The mean divergence over the tokens of the answers, and what labels add to it."""
    states, head = batches.parts_of(network)
    plain = Head(None) if head is None else Head.of(head)

    def hidden_at(ids: Tensor, labels: Tensor) -> tuple[Tensor, Head]:
        found = states(ids, None)[batches.learnt_rows(labels)]
        return (found, plain) if plain is not None else (head(found), Head(None))

    def loss(part: Sequence[Learnt], whole: Sequence[Learnt]) -> Tensor:
        ids, labels = batches.pad([each.example for each in part], device)
        hidden, top = hidden_at(ids, labels)
        count = sum(map(learnt, whole))
        if isinstance(part[0], Words):
            return losses.entropy(hidden, top, batches.learnt_ids(labels)) / count
        signal = joined([each.said() for each in part if not isinstance(each, Words)], device)
        found = losses.divergence(hidden, top, signal, temperature=settings.temperature, beta=settings.mixing) / count
        if settings.ce_weight and settings.answers == "given":
            found = found + settings.ce_weight * losses.entropy(hidden, top, batches.learnt_ids(labels)) / count
        elif settings.ce_weight and (given := _given(part)):
            ids, labels = batches.pad(given, device)
            hidden, top = hidden_at(ids, labels)
            labelled = losses.entropy(hidden, top, batches.learnt_ids(labels))
            found = found + settings.ce_weight * labelled / sum(map(batches.learnt, _given(whole)))
        return found

    return Objective(loss, learnt)


def learnt(lesson: Learnt) -> int:
    """How many tokens are learnt."""
    return batches.learnt(lesson.example)


def joined(said: Sequence[teacher.Signal], device: torch.device) -> Signal:
    """What teachers said to the lessons of a batch, below each other."""
    logs = [each for each, _ in said]
    tokens = [each for _, each in said if each is not None]
    if not tokens:
        return Whole(torch.cat(logs).to(device))
    rest = logs[0].shape[1] > tokens[0].shape[1]
    widest = max(each.shape[1] for each in tokens)
    if any(each.shape[1] < widest for each in tokens):  # drawn tokens: of some rows more than of others
        logs = [pad(each, (0, widest - each.shape[1]), value=-torch.inf) for each in logs]
        tokens = [pad(each, (0, widest - each.shape[1])) for each in tokens]
    return Few(torch.cat(logs).to(device), torch.cat(tokens).to(device), rest)


@dataclass
class _Heard:
    """Has the teachers speak, one after the other, and counts."""

    settings: DistillSettings
    report: Report
    pause: Pause
    spoken: Spoken
    total: int
    room: list[int]
    missing: list[list[int]]
    forwards: int = 0
    count: int = 0

    def all(
        self, network: Any, tokenizer: Any, teachers: Sequence[Teacher], shelves: Sequence[Shelf], student: Path
    ) -> Any:
        """What is missing on the shelves is said; gives the student's network back, as it was."""
        self.count = self.known
        for number, one in enumerate(teachers):
            if not self.missing[number]:
                continue
            if one.base is None:
                raise NothingToLearn("A teacher has not said everything that is wanted, and its weights are not here.")
            own = one.base.resolve() == student.resolve()
            voice = network if own else loading.load_network(one.base, device=network.device)
            if self.settings.answers != "text" and voice.config.vocab_size != network.config.vocab_size:
                raise TokenizersDiffer(
                    f"A teacher has {voice.config.vocab_size} logits, the student {network.config.vocab_size}."
                )
            if one.adapter is not None:
                voice = loading.attach(voice, adapters.read(one.adapter), f"teacher_{number}")
            voice.eval()
            words = loading.load_tokenizer(one.base, one.adapter) if self.settings.answers == "text" else tokenizer
            before, began = self.forwards, time.monotonic()
            hook = voice.get_decoder().register_forward_hook(self._passed)
            try:
                self._speak(voice, words, shelves[number], number)
            finally:
                hook.remove()
            self.spoken(number, self.forwards - before, time.monotonic() - began)
            if one.adapter is not None:
                voice = voice.unload()
            network = voice if own else network
        return network

    @property
    def known(self) -> int:
        """Items that are heard and were said before."""
        return sum(
            min(BLOCK, count - start)
            for count, missing in zip(self.room, self.missing, strict=True)
            for number, start in enumerate(range(0, count, BLOCK))
            if number not in missing
        )

    def _speak(self, voice: Any, tokenizer: Any, shelf: Shelf, number: int) -> None:
        blocks = shelf.blocks(self.room[number])
        for block in self.missing[number]:
            if self.pause():
                raise Paused("Paused while the teachers speak; what they said is kept.", step=self.count)
            if self.settings.answers == "text":
                shelf.put(block, teacher.words(voice, tokenizer, blocks[block], self.settings, self._done))
            else:
                seed = self.settings.seed * 1_000_003 + block
                said = teacher.lessons(voice, tokenizer, blocks[block], self.settings, self._done, seed=seed)
                shelf.put(block, said)

    def _passed(self, *_: Any) -> None:
        self.forwards += 1

    def _done(self, count: int) -> None:
        self.count += count
        self.report(Progress("teachers", min(self.count, self.total), self.total))


def _learnt(shelf: Shelf, count: int, tokenizer: Any, end: frozenset[int], settings: DistillSettings) -> list[Learnt]:
    found: list[Learnt] = []
    order = shelf.order
    for place, said in zip(order, shelf.take(count), strict=False):
        if isinstance(said, str):
            example = teacher.written(tokenizer, shelf.items[place], said, end, settings)
            if example is not None:
                found.append(Words(example))
        elif said is not None:
            found.append(said)
    return found


def _given(part: Sequence[Learnt]) -> list[Example]:
    return [each.given for each in part if not isinstance(each, Words) and each.given is not None]


def _check(settings: DistillSettings, teachers: Sequence[Teacher], student: Path, student_adapter: Path | None) -> None:
    if settings.student == "full" and student_adapter is not None:
        raise SettingsDoNotFit("A full student cannot start from an adapter. Choose the student 'adapter'.")
    if not any(t.items for t in teachers):
        raise NothingToLearn("No teacher has any items. Choose at least one dataset that is not empty.")
    if settings.answers == "given" and not any(_answered(item) for each in teachers for item in each.items):
        raise NothingToLearn("No item has an assistant turn. Let the teachers generate the answers instead.")
    if settings.answers != "text":
        _same_tokenizer([t.base for t in teachers if t.base is not None], student)


def _answered(item: Item) -> bool:
    messages = list(item.get("messages") or [])
    return bool(messages) and bool(messages[-1]["role"] == "assistant")


def _same_tokenizer(teachers: Sequence[Path], student: Path) -> None:
    """The same bytes of tokenizer.json, so that a token means the same to teacher and student."""
    others = [base for base in teachers if base.resolve() != student.resolve()]
    if others and any(_digest(base / "tokenizer.json") != _digest(student / "tokenizer.json") for base in others):
        raise TokenizersDiffer(
            "The teacher's tokenizer.json is not the student's, so their probabilities cannot be compared. Choose a "
            "student base with the teacher's tokenizer, or let the student learn the teacher's written answers "
            "(`answers: text`)."
        )


def _digest(file: Path) -> str:
    if not file.is_file():
        raise TokenizersDiffer("A model has no tokenizer.json, so tokenizers cannot be compared.")
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _result(result: TrainResult, own: TrainResult | None, heard: _Heard, lessons: int, total: int) -> DistillResult:
    found = loop.vars_of(result)
    if own is not None:
        for name in ("tokens", "read", "flop", "seconds"):
            found[name] += getattr(own, name)
        found["final_loss"], found["memory"] = own.final_loss, own.memory
    found["skipped"] = total - lessons
    own_steps = own.steps if own else 0
    return DistillResult(**found, forwards=heard.forwards, heard=total, known=heard.known, own_steps=own_steps)
