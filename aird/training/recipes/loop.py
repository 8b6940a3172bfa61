"""The one training loop: every recipe gives it a network, batches, and what the loss of a batch is.

One update after the other: the batch is worked through in micro-batches whose gradients add up, the gradient is
clipped, AdamW steps. Between two updates nothing but the weights, AdamW's moments and counts matters (every update
seeds its own randomness), so a checkpoint is those, and a training that was killed and resumed ends in the same bits
as one that ran through. Only what may change is trained and kept: an adapter's checkpoint is the adapter's size.

    def loss(part, whole):                  # part is some of whole, the batch of this update
        ...
        return cross_entropy(logits, ids, reduction="sum") / learnt_tokens(whole)
    result = loop.run(network, settings, stream, Objective(loss, learnt), report=report, checkpoints=kept)
"""

import gc
import resource
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic

import torch
from torch import Tensor

from aird.training.recipes import optimiser, ranks
from aird.training.recipes.batches import Sized
from aird.training.recipes.checkpoints import Checkpoints, Saved
from aird.training.recipes.errors import OutOfMemory, Paused
from aird.training.recipes.progress import Meter, Pause, Progress, Report, TrainResult, never
from aird.training.settings import OptimiserSettings

FORWARD, BACKWARD, WEIGHTS = 2, 2, 2
"""Floating point operations per parameter and token: forward, gradients of activations, gradients of weights."""


@dataclass(frozen=True)
class Objective(Generic[Sized]):
    """What is learnt.

    `loss(part, whole)` is what some examples of a batch add to the batch's loss, differentiable: over the parts of a
    batch it sums up to the loss. `learnt` counts the tokens of an example that carry loss. `prepare` is called with
    the whole batch before it is learnt, without gradients, for what can only be known then (a student's own answers).
    """

    loss: Callable[[Sequence[Sized], Sequence[Sized]], Tensor]
    learnt: Callable[[Sized], int]
    prepare: Callable[[list[Sized]], list[Sized]] = lambda batch: batch


@dataclass(frozen=True)
class HeldOut(Generic[Sized]):
    """Examples to measure the loss on, every so many updates.

    With `patience` the training ends after so many measurements that are not better, and the best weights are kept.
    """

    examples: Sequence[Sized]
    every: int
    patience: int | None = None


@dataclass
class _Course:
    """Where a training is; with the weights and moments all that it is."""

    step: int = 0
    micro: int = 0
    halved_at: int | None = None
    best_step: int | None = None
    best_loss: float | None = None
    worse: int = 0
    measured: float | None = None
    stopped: bool = False
    best: dict[str, Tensor] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "best"}


def run(
    network: Any,
    settings: OptimiserSettings,
    stream: Iterator[list[Sized]],
    objective: Objective[Sized],
    *,
    report: Report,
    stage: str = "train",
    checkpoints: Checkpoints | None = None,
    pause: Pause = never,
    held_out: HeldOut[Sized] | None = None,
    halved_at: int | None = None,
) -> TrainResult:
    """Train what requires gradients, in place, for `settings.steps` updates on batches from an endless `stream`.

    The stream must give the same batches every time it is made: a resumed training passes over those it had.
    `halved_at` repeats what an earlier run came to when its memory did not suffice. `checkpoints` are read first; a
    stage that they know to be finished returns its result at once, its weights restored by the stage that goes on.
    Raises DivergedLoss, OutOfMemory, Paused (behind a checkpoint), OSError from writing one.
    """
    newest = checkpoints.newest() if checkpoints else None
    if checkpoints and newest and newest.stage != stage and stage in checkpoints.done:
        return TrainResult(**checkpoints.done[stage])
    work = _Work(network, settings, objective, report, stage, checkpoints, held_out)
    if newest and newest.stage == stage:
        work.restore(newest)
    return work.through(islice(stream, work.course.step, None), pause, halved_at)


class _Work(Generic[Sized]):
    """A training on its way."""

    def __init__(
        self,
        network: Any,
        settings: OptimiserSettings,
        objective: Objective[Sized],
        report: Report,
        stage: str,
        checkpoints: Checkpoints | None,
        held_out: HeldOut[Sized] | None,
    ) -> None:
        self.network, self.settings, self.objective = network, settings, objective
        self.report, self.stage, self.checkpoints, self.held_out = report, stage, checkpoints, held_out
        self.trained = {name: each for name, each in network.named_parameters() if each.requires_grad}
        self.device = next(iter(self.trained.values())).device
        self.adam = optimiser.adamw(network, settings)
        self.meter = Meter(stage, settings.steps, report)
        self.course = _Course(micro=settings.micro_batch or settings.batch_size)
        self.saved = 0

    def through(self, stream: Iterator[list[Sized]], pause: Pause, halved_at: int | None) -> TrainResult:
        course = self.course
        while course.step < self.settings.steps and not course.stopped:
            if halved_at == course.step + 1:
                self._halve(halved_at)
            self._update(self.objective.prepare(next(stream)))
            if self.held_out and (course.step % self.held_out.every == 0 or course.step == self.settings.steps):
                self._measure(self.held_out)
            waits, due = ranks.add_up([pause(), bool(self.checkpoints and self.checkpoints.due)], self.device)
            over = course.step == self.settings.steps or course.stopped
            if self.checkpoints and (due or waits) and not over:
                self.save(self.checkpoints)
            if waits and not over:
                raise Paused(f"Paused after step {course.step} of {self.settings.steps}.", step=course.step)
        if course.best:
            self._put(course.best)
        result = self._result()
        if self.checkpoints:
            self.checkpoints.done[self.stage] = vars_of(result)
        return result

    def _update(self, batch: list[Sized]) -> None:
        """One step of the weights; with half the micro-batch, once in a training, when memory does not suffice."""
        course = self.course
        course.step += 1
        rate = optimiser.rate_at(course.step, self.settings)
        loss = self._gradients(batch)
        if loss is None and course.halved_at is None and course.micro > 1:
            self._halve(course.step)
            loss = self._gradients(batch)
        if loss is None:
            raise OutOfMemory(
                f"Step {course.step} does not fit into memory with {course.micro} items of up to "
                f"{max(each.length for each in batch)} tokens on the chip at once. Lower micro_batch or max_length, or "
                "switch gradient_checkpointing on.",
                micro_batch=course.micro,
                step=course.step,
            )
        ranks.add_up_gradients(list(self.trained.values()))
        optimiser.step(self.adam, rate, self.settings.max_grad_norm)
        learnt, read = sum(map(self.objective.learnt, batch)), sum(each.length for each in batch)
        self.meter.step(course.step, loss, learnt, rate, read=read, more=self._more)

    def _gradients(self, batch: list[Sized]) -> float | None:
        """The loss of the batch, its gradients added up in this process; None when some process has no memory left."""
        torch.manual_seed(_seed(self.settings.seed, self.course.step))
        self.adam.zero_grad(set_to_none=True)
        own, full = ranks.share(batch), 0.0
        loss = torch.zeros((), dtype=torch.float64, device=self.device)
        try:
            for start in range(0, len(own), self.course.micro):
                with self._arithmetic():
                    part = self.objective.loss(own[start : start + self.course.micro], batch)
                part.backward()  # type: ignore[no-untyped-call]
                loss += part.detach()
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if not _out_of_memory(error):
                raise
            full = 1.0
        if full:  # outside the handler, which holds on to the graph
            self.adam.zero_grad(set_to_none=True)
            gc.collect()
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
        total, anyone = ranks.add_up([float(loss), full], self.device)
        return None if anyone else optimiser.checked(total)

    def _halve(self, step: int) -> None:
        """From this update on half the micro-batch: twice as many gradients are added up, to the same sum."""
        self.course.halved_at, self.course.micro = step, -(-self.course.micro // 2)

    def _measure(self, held_out: HeldOut[Sized]) -> None:
        """The loss on what is held out; whether it is the best, and whether it is time to stop."""
        course = self.course
        examples = sorted(held_out.examples, key=lambda each: each.length)
        own, total = ranks.share(examples), 0.0
        self.network.eval()
        with torch.no_grad(), self._arithmetic():
            for start in range(0, len(own), course.micro):
                total += float(self.objective.loss(own[start : start + course.micro], examples))
        self.network.train()
        [course.measured] = ranks.add_up([total], self.device)
        told = {"held_out_loss": course.measured}
        self.report(Progress(self.stage, course.step, self.settings.steps, told))
        if course.best_loss is None or course.measured < course.best_loss:
            course.best_step, course.best_loss, course.worse = course.step, course.measured, 0
            if held_out.patience is not None:
                course.best = {name: weight.detach().clone() for name, weight in self.trained.items()}
        else:
            course.worse += 1
        course.stopped = held_out.patience is not None and course.worse >= held_out.patience

    def _arithmetic(self) -> Any:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=half_precision(self.settings, self.device))

    def _more(self) -> Mapping[str, float]:
        told = {"memory": float(peak_memory(self.device))}
        if self.saved:
            told["checkpoint"] = float(self.saved)
        if self.course.measured is not None:
            told["held_out_loss"] = self.course.measured
        return told

    def save(self, checkpoints: Checkpoints) -> None:
        """Write a checkpoint of now."""
        kept, steps = optimiser.moments(self.adam, self.trained)
        kept |= {f"weight/{name}": weight.detach() for name, weight in self.trained.items()}
        kept |= {f"best/{name}": weight for name, weight in self.course.best.items()}
        state = {"course": self.course.state(), "meter": self.meter.state(), "moments": steps}
        checkpoints.save(self.stage, self.course.step, state, kept)
        self.saved = self.course.step

    def restore(self, saved: Saved) -> None:
        """Be where the checkpoint was written."""
        self._put({name: saved.tensors[f"weight/{name}"] for name in self.trained})
        optimiser.restore(self.adam, self.trained, saved.tensors, saved.state["moments"])
        self.course = _Course(**saved.state["course"])
        best = {name: saved.tensors.get(f"best/{name}") for name in self.trained}
        self.course.best = {name: each.to(self.device) for name, each in best.items() if each is not None}
        self.meter.restore(saved.state["meter"])

    def _put(self, weights: Mapping[str, Tensor]) -> None:
        with torch.no_grad():
            for name, weight in self.trained.items():
                weight.copy_(weights[name])

    def _result(self) -> TrainResult:
        course, meter = self.course, self.meter
        watched = self.held_out is not None and self.held_out.patience is not None
        return TrainResult(
            steps=course.step,
            tokens=meter.tokens,
            final_loss=meter.final_loss,
            seconds=meter.seconds,
            read=meter.read,
            flop=meter.read * flop_per_token(self.network, self.settings),
            memory=peak_memory(self.device),
            micro_batch=course.micro,
            halved_at=course.halved_at,
            held_out_loss=course.best_loss if watched else course.measured,
            best_step=course.best_step if watched else None,
            stopped_early=course.stopped,
        )


def vars_of(result: TrainResult) -> dict[str, Any]:
    """The result as plain JSON."""
    return {name: getattr(result, name) for name in TrainResult.__slots__}


def half_precision(settings: OptimiserSettings, device: torch.device) -> bool:
    """Whether products are computed in bfloat16."""
    return settings.precision == "bfloat16" or (settings.precision == "auto" and device.type == "cuda")


def flop_per_token(network: Any, settings: OptimiserSettings) -> float:
    """The usual estimate (https://arxiv.org/abs/2001.08361, section 2.1), without attention: frozen weights need no
    gradients of their own, checkpointed activations are computed twice."""
    everything = sum(each.numel() for each in network.parameters())
    trained = sum(each.numel() for each in network.parameters() if each.requires_grad)
    again = FORWARD if settings.gradient_checkpointing else 0
    return float((FORWARD + BACKWARD + again) * everything + WEIGHTS * trained)


def peak_memory(device: torch.device) -> int:
    """Bytes: what tensors held at once on an accelerator; on a CPU what the process did."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _seed(seed: int, step: int) -> int:
    return (seed * 1_000_003 + step) * 4099 + ranks.rank()


def _out_of_memory(error: BaseException) -> bool:
    """torch has a class for accelerators only; on a CPU the allocator says it in words."""
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "can't allocate memory" in str(error)
