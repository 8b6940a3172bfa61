"""What a distillation will take: tokens, arithmetic, memory, seconds; from sizes and settings alone. Pure.

The constants are for one core of a server CPU, as those of a rotation (docs/rotation.md); what past jobs really took
corrects them (see aird.jobs.estimates). The arithmetic is the usual estimate for transformers
(https://arxiv.org/abs/2001.08361, section 2.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aird.catalog.compute import BACKWARD_FROZEN, BACKWARD_FULL, FORWARD
from aird.training.settings_distill import DistillSettings

START_SECONDS = 5.0
"""A worker's process starts and loads torch."""
STEP_SECONDS = 0.01
"""Of an update or a batch of answers, whatever the model's size."""
FLOPS = 4.0e10
"""Floating point operations per second of one core in a model's forward and backward pass."""
GENERATED = 4
"""How much slower tokens are that are said one after the other."""
DISK_BYTES = 2.0e8
"""Bytes per second that are read and written again, digests included."""
PROCESS_BYTES = 350 * 2**20
"""A worker's process with torch and transformers loaded."""
TOKEN_BYTES = 4.0
"""Bytes of a data set's lines per token."""
TEMPLATE_TOKENS = 8
"""Tokens that a chat template puts around a question."""
WHOLE_VOCABULARY = 4096
"""Up to so many tokens, `auto` keeps all probabilities."""
LOSS_BYTES = 64 * 2**20
"""What the loss works on at once."""
AT_ONCE = 64
"""Prompts that a teacher answers together."""
ADAM = 3
"""Gradient and two moments of each weight that is trained."""


@dataclass(frozen=True)
class ModelSize:
    """A version as it is loaded: the whole model's parameters and bytes, what of it is trained, its vocabulary."""

    parameters: int
    bytes: int
    trained: int = 0
    vocabulary: int = 32_000


@dataclass(frozen=True)
class TeacherSize:
    """A teacher and its prompts. `shared`: it is an adapter of the student's base, or that itself.

    `cached` says how many prompts it spoke to before, in so many tokens and bytes.
    """

    model: ModelSize
    items: int
    item_bytes: float
    shared: bool
    adapter_bytes: int = 0
    cached: int = 0
    cached_tokens: int = 0
    cached_bytes: int = 0


@dataclass(frozen=True)
class TeacherCost:
    """Tokens of prompts and answers, bytes that are kept, arithmetic and seconds; none of the latter when cached."""

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
    flop: float
    seconds: float
    memory: int
    weights: int
    loss: int


def cost(student: ModelSize, teachers: Sequence[TeacherSize], settings: DistillSettings) -> Cost:
    """What the job will take."""
    spoken = [_teacher(each, share, settings) for each, share in zip(teachers, shares(teachers, settings), strict=True)]
    items = sum(each.items for each in spoken) or 1
    length = min(sum(each.tokens for each in spoken) / items, settings.max_length)
    full = settings.student == "full"
    backward = BACKWARD_FULL if full else BACKWARD_FROZEN
    tokens = round(settings.steps * settings.batch_size * length)
    flop = tokens * ((FORWARD + backward) * student.parameters + (0 if full else BACKWARD_FROZEN * student.trained))
    seconds = flop / FLOPS + settings.steps * STEP_SECONDS
    if settings.on_policy is not None:
        stage = settings.on_policy
        said = stage.steps * stage.batch_size * min(length + stage.max_new_tokens / 2, settings.max_length)
        own = said * (GENERATED * FORWARD + FORWARD + backward) * student.parameters
        heard = said * FORWARD * max((each.model.parameters for each in teachers), default=0)
        flop, seconds = flop + own + heard, seconds + (own + heard) / FLOPS + stage.steps * STEP_SECONDS
        tokens += round(said)
    seconds += START_SECONDS + sum(each.seconds for each in spoken)
    flop += sum(each.flop for each in spoken)
    memory, weights, loss = _memory(student, teachers, length, settings)
    return Cost(spoken, tokens, float(flop), seconds, memory, weights, loss)


def shares(teachers: Sequence[TeacherSize], settings: DistillSettings) -> list[int]:
    """How many of each teacher's prompts there is room for."""
    return shared_room([each.items for each in teachers], settings.steps * settings.batch_size)


def shared_room(items: Sequence[int], room: int) -> list[int]:
    """All items where they fit, else of each subject as many as of the others: one with few keeps them all."""
    if sum(items) <= room:
        return list(items)
    found: dict[int, int] = {}
    for number in sorted(range(len(items)), key=lambda i: items[i]):
        found[number] = min(items[number], -(-room // (len(items) - len(found))))
        room -= found[number]
    return [found[number] for number in range(len(items))]


def signal_bytes(vocabulary: int, settings: DistillSettings) -> int:
    """What is kept of a teacher for one token, in bytes."""
    if settings.answers == "text":
        return 4
    if settings.signal == "sampled":
        return 4 + min(settings.draws, 12) * 5
    if settings.signal == "whole" or (settings.signal == "auto" and vocabulary <= WHOLE_VOCABULARY):
        return 4 * vocabulary
    return 4 + 6 * settings.top


def _teacher(one: TeacherSize, share: int, settings: DistillSettings) -> TeacherCost:
    known = min(one.cached, share)
    part = known / one.cached if one.cached else 0.0
    fresh = share - known
    asked = one.item_bytes / TOKEN_BYTES + TEMPLATE_TOKENS
    said = min(settings.max_new_tokens, asked) if settings.answers != "given" else 0.0
    tokens = fresh * min(asked + said, settings.max_length)
    seconds = FORWARD * one.model.parameters * fresh * (asked + GENERATED * said) / FLOPS
    seconds += -(-fresh // AT_ONCE) * (said or 1) * STEP_SECONDS
    if fresh and not one.shared:
        seconds += one.model.bytes / DISK_BYTES
    kept = fresh * (said or asked / 2) * signal_bytes(one.model.vocabulary, settings) + part * one.cached_bytes
    return TeacherCost(
        items=share,
        tokens=round(tokens + part * one.cached_tokens),
        bytes=round(kept),
        flop=FORWARD * one.model.parameters * tokens,
        seconds=seconds + kept / DISK_BYTES,
    )


def _memory(
    student: ModelSize, teachers: Sequence[TeacherSize], length: float, settings: DistillSettings
) -> tuple[int, int, int]:
    """(peak, of it weights, of it the loss) in bytes."""
    own = student.parameters * 4
    late = settings.on_policy is not None  # on the student's own answers all teachers speak, again and again
    asked = [each for each in teachers if late or each.cached < each.items]
    beside = sorted(each.model.parameters * 4 for each in asked if not each.shared)
    weights = own + sum(beside if late else beside[-1:]) + sum(each.adapter_bytes for each in asked if each.shared)
    micro = settings.micro_batch or settings.batch_size
    width = max(1, round((student.parameters / 12) ** (1 / 3)))
    activations = round(micro * length * width * 4 * 34)
    loss = min(LOSS_BYTES, round(micro * length * student.vocabulary * 4)) + round(micro * length * width * 4)
    trained = student.parameters if settings.student == "full" else student.trained
    return PROCESS_BYTES + weights + trained * 4 * ADAM + activations + loss, weights, loss
