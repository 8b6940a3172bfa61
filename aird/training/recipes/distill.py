"""Distillation: a student learns the answers and the probabilities of one or more teachers.

Two uses. After a merge, the merged adapter is the student and the adapters it came from are the teachers,
each for its own department's questions: no labels are needed, and base model, teachers and student share one
set of base weights in memory. Or a smaller full model learns from a large version ("mentoring").

The loss is a divergence between both sides' probabilities at the answers' tokens, the forward Kullback-Leibler one
(https://arxiv.org/abs/1503.02531) unless the settings say otherwise, plus, if wanted, the cross entropy of given
answers. Teachers speak once, before the training starts, and of no more items than it has room for.
"""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from aird.runtimes import adapters, loading
from aird.runtimes.chat import IGNORED
from aird.training.recipes import batches, optimiser, sft, teacher
from aird.training.recipes.batches import Item
from aird.training.recipes.errors import NothingToLearn, SettingsDoNotFit, TokenizersDiffer
from aird.training.recipes.progress import Meter, Progress, Report, TrainResult
from aird.training.recipes.teacher import Lesson
from aird.training.settings_distill import DistillSettings


@dataclass(frozen=True, slots=True)
class Teacher:
    """A version that teaches, and the items that are its subject (prompts, or chat items with given
    answers)."""

    base: Path
    adapter: Path | None
    items: Sequence[Item]


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
) -> TrainResult:
    """Train the student and write it to `out`: an adapter folder, or a full model folder.

    Teachers on the student's base path use the one loaded copy of it; other bases are loaded one after the
    other. Raises NothingToLearn, TokenizersDiffer, SettingsDoNotFit, DivergedLoss, VersionUnusable.
    """
    if settings.student == "full" and student_adapter is not None:
        raise SettingsDoNotFit("A full student cannot start from an adapter. Choose the student 'adapter'.")
    if not any(t.items for t in teachers):
        raise NothingToLearn("No teacher has any items. Choose at least one dataset that is not empty.")
    _same_tokenizer([t.base for t in teachers], student_base)
    torch.set_num_threads(threads)
    torch.manual_seed(settings.seed)
    device = loading.device_of_choice()
    tokenizer = loading.load_tokenizer(student_base, student_adapter)
    network = _load(settings, student_base, device)
    vocabulary = network.config.vocab_size

    lessons: list[Lesson] = []
    skipped = heard = 0
    subjects = _drawn([one.items for one in teachers], settings.steps * settings.batch_size, settings.seed)
    total = sum(len(items) for items in subjects)

    def done(count: int) -> None:
        nonlocal heard
        heard += count
        report(Progress("teachers", heard, total))

    for number, one in enumerate(teachers):
        own = one.base.resolve() == student_base.resolve()
        voice = network if own else loading.load_network(one.base, device=device)
        if voice.config.vocab_size != vocabulary:
            raise TokenizersDiffer(f"A teacher has {voice.config.vocab_size} logits, the student {vocabulary}.")
        if one.adapter is not None:
            voice = loading.attach(voice, adapters.read(one.adapter), f"teacher_{number}")
        voice.eval()
        found, left_out = teacher.lessons(voice, tokenizer, subjects[number], settings, done)
        lessons += found
        skipped += left_out
        if one.adapter is not None:
            voice = voice.unload()
        network = voice if own else network
    if not lessons:
        raise NothingToLearn(f"All items and answers are longer than max_length ({settings.max_length} tokens).")

    if student_adapter is not None:
        network = loading.attach(network, adapters.read(student_adapter), sft.SLOT)
    elif settings.student == "adapter":
        network = loading.add_slot(network, sft.lora_config(network, settings.lora), sft.SLOT)
    else:
        network.requires_grad_(True)  # PEFT froze it while the teachers spoke
    network.train()

    steps = optimiser.adamw(network, settings)
    logits_at = batches.head_of(network)
    stream = batches.batches(batches.shuffled(lessons, settings.seed), settings.batch_size, settings.seed)
    meter = Meter("train", settings.steps, report)
    for step in range(1, settings.steps + 1):
        batch = next(stream)
        ids, labels = batches.pad([lesson.example for lesson in batch], device)
        logs = torch.cat([lesson.logs for lesson in batch]).to(device)
        tokens = [lesson.tokens for lesson in batch if lesson.tokens is not None]
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            logits = logits_at(ids, batches.learnt_rows(labels))
            top = torch.cat(tokens).to(device) if tokens else None
            loss = teacher.divergence(logits, logs, top, settings.temperature, settings.mixing)
            given = [lesson.given for lesson in batch if lesson.given is not None]
            if settings.ce_weight and settings.answers == "given":
                loss = loss + settings.ce_weight * cross_entropy(logits.float(), batches.learnt_ids(labels))
            elif settings.ce_weight and given:
                loss = loss + settings.ce_weight * batches.answer_loss(logits_at, *batches.pad(given, device))
        rate = optimiser.rate_at(step, settings)
        value = optimiser.update(steps, loss, rate, settings.max_grad_norm)
        meter.step(step, value, int((labels != IGNORED).sum()), rate)

    sft.write(network, student_base, out, base_name=base_name, start_adapter=student_adapter)
    return TrainResult(settings.steps, meter.tokens, meter.final_loss, meter.seconds, skipped)


def _drawn(subjects: Sequence[Sequence[Item]], room: int, seed: int) -> list[Sequence[Item]]:
    """All items where they fit into the training, else a random part of `room`, of each subject as many as of the
    others: a teacher with few keeps them all."""
    if sum(len(items) for items in subjects) <= room:
        return list(subjects)
    order = random.Random(seed)  # noqa: S311
    drawn: dict[int, Sequence[Item]] = {}
    for number in sorted(range(len(subjects)), key=lambda i: len(subjects[i])):
        share = min(len(subjects[number]), -(-room // (len(subjects) - len(drawn))))
        drawn[number] = order.sample(subjects[number], share)
        room -= share
    return [drawn[number] for number in range(len(subjects))]


def _load(settings: DistillSettings, folder: Path, device: torch.device) -> Any:
    dtype = torch.float32 if settings.student == "full" else None
    return loading.load_network(folder, device=device, dtype=dtype)


def _same_tokenizer(teachers: Sequence[Path], student: Path) -> None:
    """The same bytes of tokenizer.json, so that a token means the same to teacher and student."""
    wanted = _digest(student / "tokenizer.json")
    for base in teachers:
        if base.resolve() != student.resolve() and _digest(base / "tokenizer.json") != wanted:
            raise TokenizersDiffer(
                "The teacher's tokenizer.json is not the student's, so their probabilities cannot be "
                "compared. "
                "Choose a student base with the teacher's tokenizer, or train on the teacher's written "
                "answers."
            )


def _digest(file: Path) -> str:
    if not file.is_file():
        raise TokenizersDiffer("A model has no tokenizer.json, so tokenizers cannot be compared.")
    return hashlib.sha256(file.read_bytes()).hexdigest()
