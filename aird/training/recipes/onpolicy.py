"""A stage of mentoring in which the student answers and its teachers score every token of what it said.

Nothing has to be stored: the teacher's hidden states at the answer's tokens are enough, its logits are computed piece
by piece with the student's own. Teachers on the student's base are adapters of it, switched on for their turn: one copy
of the weights, whatever their number. See https://arxiv.org/abs/2306.13649 and
https://thinkingmachines.ai/blog/on-policy-distillation/.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from peft import PeftModel
from torch import Tensor

from aird.runtimes import adapters, chat, greedy, loading
from aird.runtimes.chat import IGNORED, Example
from aird.runtimes.errors import VersionUnusable
from aird.training.recipes import batches, loop, losses, sft, teacher
from aird.training.recipes.batches import Item
from aird.training.recipes.checkpoints import Checkpoints
from aird.training.recipes.errors import NothingToLearn
from aird.training.recipes.loop import Objective
from aird.training.recipes.losses import Head, Live
from aird.training.recipes.progress import Pause, Report, TrainResult
from aird.training.settings import OptimiserSettings
from aird.training.settings_distill import DistillSettings, OnPolicySettings

STAGE = "own answers"


class Speaker(Protocol):
    """A teacher's files."""

    @property
    def base(self) -> Path | None:
        """The whole model."""
        ...

    @property
    def adapter(self) -> Path | None:
        """The adapter on it."""
        ...


@dataclass(frozen=True, slots=True)
class Voice:
    """A teacher in memory: a network of its own, or, where `network` is None, a slot of the student's."""

    network: Any | None
    slot: str | None


@dataclass(frozen=True, slots=True)
class Turn:
    """A prompt and who scores the answer; after the student has spoken, the answer and what the teacher makes of it.

    `step` decides the student's choice of words.
    """

    example: Example
    voice: int
    step: int
    hidden: Tensor | None = None

    @property
    def length(self) -> int:
        """In tokens."""
        return self.example.length


def voices(
    network: Any, teachers: Sequence[Speaker], shared: Path | None, device: torch.device
) -> tuple[Any, list[Voice]]:
    """The student's network with its teachers' adapters beside it, and all teachers, resident.

    `shared` is the base that the student leaves as it is; None where all its weights are trained.
    """
    found = []
    for number, one in enumerate(teachers):
        if one.base is None:
            raise NothingToLearn(
                "To score the student's answers a teacher's weights are needed, and they are not here."
            )
        slot = f"teacher_{number}" if one.adapter is not None else None
        if shared is not None and one.base.resolve() == shared.resolve():
            if one.adapter is not None and slot is not None:
                network = loading.attach(network, adapters.read(one.adapter), slot)
            found.append(Voice(None, slot))
            continue
        other = loading.load_network(one.base, device=device)
        if one.adapter is not None and slot is not None:
            other = loading.attach(other, adapters.read(one.adapter), slot)
        found.append(Voice(other.eval(), None))
    return network, found


def run(
    network: Any,
    tokenizer: Any,
    voices: Sequence[Voice],
    prompts: Sequence[Sequence[Item]],
    settings: DistillSettings,
    device: torch.device,
    *,
    report: Report,
    checkpoints: Checkpoints | None,
    pause: Pause,
) -> TrainResult:
    """Train the student on its own answers to the prompts of each teacher. Raises as loop.run, VersionUnusable."""
    stage = settings.on_policy
    assert stage is not None  # noqa: S101
    asked = [
        Turn(Example(ids, [IGNORED] * len(ids)), number, 0)
        for number, items in enumerate(prompts)
        for ids in (chat.prompt_ids(tokenizer, teacher.question(item)) for item in items)
        if len(ids) < settings.max_length
    ]
    if not asked:
        raise NothingToLearn(f"All prompts are longer than max_length ({settings.max_length} tokens).")
    plan = settings.model_copy(
        update={"steps": stage.steps, "batch_size": stage.batch_size, "learning_rate": stage.learning_rate,
                "micro_batch": min(settings.micro_batch or stage.batch_size, stage.batch_size)}
    )  # fmt: skip
    end = chat.end_ids(network, tokenizer)
    return loop.run(
        network,
        plan,
        _turns(asked, plan),
        Objective(_loss(network, voices, device, stage), lambda turn: batches.learnt(turn.example), _prepare(
            network, voices, device, stage, end, settings.max_length, settings.seed
        )),
        report=report,
        stage=STAGE,
        checkpoints=checkpoints,
        pause=pause,
    )  # fmt: skip


def _turns(asked: Sequence[Turn], plan: OptimiserSettings) -> Iterator[list[Turn]]:
    order = random.Random(plan.seed)  # noqa: S311
    pool: list[Turn] = []
    step = 0
    while True:
        step += 1
        while len(pool) < plan.batch_size:
            pool += order.sample(asked, len(asked))
        batch, pool = pool[: plan.batch_size], pool[plan.batch_size :]
        yield [Turn(turn.example, turn.voice, step) for turn in batch]


def _prepare(
    network: Any, voices: Sequence[Voice], device: torch.device, stage: OnPolicySettings, end: frozenset[int],
    longest: int, seed: int,
) -> Callable[[list[Turn]], list[Turn]]:  # fmt: skip
    """The student answers the batch, and each answer is scored by its teacher."""

    @torch.no_grad()
    def prepare(batch: list[Turn]) -> list[Turn]:
        network.eval()
        draw = torch.Generator(device).manual_seed(seed * 1_000_003 + batch[0].step)

        def pick(logits: Tensor) -> Tensor:
            return torch.multinomial(torch.softmax(logits.float() / stage.temperature, -1), 1, generator=draw)[:, 0]

        said = greedy.answers(
            network, [turn.example.ids for turn in batch], max_new_tokens=stage.max_new_tokens, end=end,
            batch_size=len(batch), pick=pick,
        )  # fmt: skip
        spoken = []
        for turn, answer in zip(batch, said, strict=True):
            ids = turn.example.ids
            answer = answer[: max(longest - len(ids), 1)]
            spoken.append(Turn(Example(ids + answer, [IGNORED] * len(ids) + answer), turn.voice, turn.step))
        found = [
            turn for number, voice in enumerate(voices) for turn in _scored(network, voice, number, spoken, device)
        ]
        _switch(network, sft.SLOT, inference=False)
        network.train()
        return sorted(found, key=lambda turn: turn.length)

    return prepare


def _scored(network: Any, voice: Voice, number: int, turns: Sequence[Turn], device: torch.device) -> list[Turn]:
    """Those of the turns that are this teacher's, with its hidden states at their tokens."""
    mine = [turn for turn in turns if turn.voice == number]
    if not mine:
        return []
    ids, labels = batches.pad([turn.example for turn in mine], device)
    with _speaking(network, voice) as speaker:
        states, head = batches.parts_of(speaker)
        rows = batches.learnt_rows(labels)
        hidden = states(ids, None)[rows]
        if head is not None and Head.of(head) is None:  # a head that only this adapter has: its logits are needed now
            hidden = head(hidden)
    if not torch.isfinite(hidden).all():
        raise VersionUnusable("The teacher answers with NaN or infinity, so this version is unusable.")
    parts = torch.split(hidden, rows.sum(1).tolist())
    return [Turn(turn.example, turn.voice, turn.step, part) for turn, part in zip(mine, parts, strict=True)]


class _speaking:  # noqa: N801
    """The teacher's network, for the time of the block; the student's own adapter is off meanwhile."""

    def __init__(self, network: Any, voice: Voice) -> None:
        self.network, self.voice = network, voice
        self.off: AbstractContextManager[None] | None = None

    def __enter__(self) -> Any:
        if self.voice.network is not None:
            return self.voice.network
        if self.voice.slot is not None:
            _switch(self.network, self.voice.slot, inference=True)
        elif isinstance(self.network, PeftModel):
            self.off = self.network.disable_adapter()
            self.off.__enter__()
        return self.network

    def __exit__(self, *error: Any) -> None:
        if self.off is not None:
            self.off.__exit__(*error)


def _switch(network: Any, slot: str, *, inference: bool) -> None:
    if isinstance(network, PeftModel) and slot in network.peft_config:
        network.set_adapter(slot, inference_mode=inference)


def _loss(
    network: Any, voices: Sequence[Voice], device: torch.device, stage: OnPolicySettings
) -> Callable[[Sequence[Turn], Sequence[Turn]], Tensor]:
    states, head = batches.parts_of(network)
    plain = Head(None) if head is None else Head.of(head)

    def heard(number: int, hidden: Tensor) -> Live:
        own = voices[number].network
        _, layer = (states, head) if own is None else batches.parts_of(own)
        known = None if layer is None else Head.of(layer)
        return Live(hidden, known or Head(None))

    def loss(part: Sequence[Turn], whole: Sequence[Turn]) -> Tensor:
        count = sum(batches.learnt(turn.example) for turn in whole)
        total = torch.zeros((), device=device)
        for number in sorted({turn.voice for turn in part}):
            mine = [turn for turn in part if turn.voice == number]
            ids, labels = batches.pad([turn.example for turn in mine], device)
            found = states(ids, None)[batches.learnt_rows(labels)]
            top = plain
            if top is None:
                found, top = head(found), Head(None)
            said = heard(number, torch.cat([turn.hidden for turn in mine if turn.hidden is not None]))
            total = total + losses.divergence(found, top, said, beta=stage.mixing)
        return total / count

    return loss
