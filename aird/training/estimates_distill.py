"""What a distillation will take: tokens, arithmetic, memory, seconds; from sizes and settings alone. Pure.

The rules are those of a training (aird/training/estimates.py); beside them teachers speak, once, unless what they said
is kept from before. What past jobs really took corrects the seconds afterwards (aird/jobs/estimates.py).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from aird.training import estimates
from aird.training.estimates import FLOAT, GIB, HALF, LAYER_COSTS, START, Body, Reading
from aird.training.settings_distill import DistillSettings

GENERATED = 4
"""How much slower tokens are that are said one after the other."""
DISK_BYTES = 2.0e8
"""Bytes per second that are read and written again, digests included."""
WHOLE_VOCABULARY = 4096
"""Up to so many tokens, `auto` keeps all probabilities."""
LOSS_BYTES = 64 * 2**20
"""What the loss works on at once, as aird/training/recipes/losses.py holds it."""
AT_ONCE = 64
"""Prompts that a teacher answers together."""
FORWARD, BACKWARD, WEIGHTS = 2, 2, 2
"""Floating point operations per parameter and token."""


@dataclass(frozen=True)
class TeacherSize:
    """A teacher and its prompts. `shared`: it is an adapter of the student's base, or that itself.

    `cached` says how many prompts it spoke to before, in so many tokens and bytes.
    """

    model: Body
    reading: Reading
    shared: bool
    adapter_bytes: int = 0
    cached: int = 0
    cached_tokens: int = 0
    cached_bytes: int = 0


@dataclass(frozen=True)
class TeacherCost:
    """Tokens of prompts and answers, bytes that are kept; arithmetic and seconds of what is not known yet."""

    items: int
    tokens: int
    bytes: int
    flop: float
    seconds: float


@dataclass(frozen=True)
class Cost:
    """All of a distillation. `weights` and `loss` are parts of `memory`, in bytes."""

    teachers: list[TeacherCost]
    tokens: int
    epochs: float
    flop: float
    seconds: float
    memory: int
    weights: int
    loss: int


def cost(
    student: Body, teachers: Sequence[TeacherSize], settings: DistillSettings, *, chip: str = "cpu", threads: int = 1
) -> Cost:
    """What the job will take on a chip of this kind, or so many threads of a CPU."""
    speed = estimates.reached(chip) * (threads if chip == "cpu" else 1)
    pass_seconds = LAYER_COSTS["cpu" if chip == "cpu" else "chip"]
    room = settings.shares([each.reading.items for each in teachers])
    spoken = [_teacher(each, share, settings, speed, pass_seconds) for each, share in zip(teachers, room, strict=True)]
    items = sum(room)
    length = min(sum(each.tokens for each in spoken) / max(items, 1), settings.max_length)
    tokens = round(settings.steps * settings.batch_size * length)
    again = FORWARD if settings.gradient_checkpointing else 0
    learning = (FORWARD + BACKWARD + again) * student.parameters + WEIGHTS * student.trainable
    micro = settings.micro_batch or settings.batch_size
    passes = settings.steps * math.ceil(settings.batch_size / micro)
    flop = float(tokens * learning)
    if settings.on_policy is not None:
        stage = settings.on_policy
        own = stage.steps * stage.batch_size * min(length + stage.max_new_tokens / 2, settings.max_length)
        heard = max((each.model.parameters for each in teachers), default=0)
        flop += own * (GENERATED * FORWARD * student.parameters + learning + FORWARD * heard)
        passes += stage.steps * (2 + stage.max_new_tokens)
        tokens += round(own)
    seconds = START + flop / speed + passes * pass_seconds * (student.layers + 2)
    seconds += sum(each.seconds for each in spoken)
    flop += sum(each.flop for each in spoken)
    memory, weights, loss = _memory(student, teachers, length, settings, cpu=chip == "cpu")
    epochs = settings.steps * settings.batch_size / items if items else 0.0
    return Cost(spoken, tokens, epochs, flop, seconds, memory, weights, loss)


def signal_bytes(vocabulary: int, settings: DistillSettings) -> int:
    """What is kept of a teacher for one token, in bytes."""
    if settings.answers == "text":
        return 4
    if settings.signal == "sampled":
        return 4 + min(settings.draws, 12) * 5
    if settings.signal == "whole" or (settings.signal == "auto" and vocabulary <= WHOLE_VOCABULARY):
        return 4 * vocabulary
    return 4 + 6 * settings.top


def _teacher(one: TeacherSize, share: int, settings: DistillSettings, speed: float, pass_seconds: float) -> TeacherCost:
    known = min(one.cached, share)
    part = known / one.cached if one.cached else 0.0
    fresh = share - known
    count = max(len(one.reading.lengths), 1)
    whole, learnt = sum(one.reading.lengths) / count, sum(one.reading.learnt) / count
    asked = whole - learnt
    said = min(settings.max_new_tokens, learnt or asked) if settings.answers != "given" else 0.0
    tokens = fresh * min(asked + (said or learnt), settings.max_length)
    work = FORWARD * one.model.parameters * fresh * ((asked + GENERATED * said) if said else whole)
    seconds = work / speed + -(-fresh // AT_ONCE) * (said or 1) * pass_seconds * (one.model.layers + 2)
    if fresh and not one.shared:
        seconds += one.model.parameters * FLOAT / DISK_BYTES
    kept = fresh * (said or learnt) * signal_bytes(one.model.vocabulary, settings) + part * one.cached_bytes
    return TeacherCost(
        items=share,
        tokens=round(tokens + part * one.cached_tokens),
        bytes=round(kept),
        flop=float(FORWARD * one.model.parameters * tokens),
        seconds=seconds + kept / DISK_BYTES,
    )


def _memory(
    student: Body, teachers: Sequence[TeacherSize], length: float, settings: DistillSettings, *, cpu: bool
) -> tuple[int, int, int]:
    """(peak, of it weights, of it the loss) in bytes."""
    half = settings.precision == "bfloat16" or (settings.precision == "auto" and not cpu)
    size = HALF if half else FLOAT
    own = student.parameters * (FLOAT if settings.student == "full" else size)
    late = settings.on_policy is not None  # on the student's own answers all teachers speak, again and again
    asked = [each for each in teachers if late or each.cached < each.reading.items]
    beside = sorted(each.model.parameters * size for each in asked if not each.shared)
    weights = own + sum(beside if late else beside[-1:]) + sum(each.adapter_bytes for each in asked if each.shared)
    tokens = round((settings.micro_batch or settings.batch_size) * length)
    kept = sum(out + into for out, into in student.shapes.values()) + 4 * student.layers * student.width
    if settings.gradient_checkpointing:
        kept = kept // student.layers + student.layers * student.width
    loss = min(LOSS_BYTES, 2 * tokens * student.vocabulary * FLOAT) + tokens * student.width * FLOAT
    trained = student.trainable * FLOAT * 3  # gradient and two moments
    if settings.student == "adapter":
        trained += student.trainable * FLOAT
    overhead = int((0.6 if cpu else 1.0) * GIB)
    return weights + trained + tokens * kept * size + loss + overhead, weights, loss
