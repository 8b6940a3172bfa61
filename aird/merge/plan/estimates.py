"""What a rotation will take: seconds, memory, bytes, energy; from its plan alone. Pure.

The constants were measured on one core of a server CPU (2 vCPU, torch 2.13, float64 merges, one thread, processor time)
with `merge_module` and `factorise` on modules of 1024 x 1024 to 14336 x 4096 and summed ranks of 32 to 256, and with
forward and backward passes of Llama models of 1, 34 and 136 million parameters in float32 (38 to 65 GFLOP/s). They are
for one CPU core: another machine, or a chip, is a factor away from them, and the estimate is for deciding, not for
billing. tests/merge/test_estimates.py holds the shape of the formulas, docs/rotation.md the error that was found.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from aird.catalog.compute import BACKWARD_FROZEN, FORWARD, WATTS, watt_hours
from aird.merge.plan.merge_plan import FACTOR_BYTES, MergePlan
from aird.merge.recipe.merge_recipe import Method
from aird.merge.schemas import SearchSpace

START_SECONDS = 5.0
"""A worker's process starts and loads torch."""
MODULE_SECONDS = 0.003
"""Per module, whatever its size."""
TALL = 1.7e-10
"""Seconds per (rows + columns) x summed rank squared: the common bases and the way back."""
CORE: Mapping[Method, float] = {
    "linear": 1.4e-8,
    "task_arithmetic": 1.4e-8,
    "iso_c": 1.4e-8,
    "ties": 1.7e-8,
    "tsv": 2.1e-8,
    "knots_ties": 2.0e-8,
    "core_regmean": 4.0e-8,
    "ctm": 1.4e-8,
}
"""Seconds per summed rank cubed: the singular values of the cores, the rule's own and the report's."""
WIDE = 6.4e-9
"""Seconds per column x summed rank squared that knots_ties takes more: it works on the joint right factors."""
TURNS = 3.6e-5
"""Seconds per summed rank squared that ctm takes more: it looks for its subspace by turns."""
DISK_BYTES = 2.0e8
"""Bytes per second that are read and written again, digests included."""
FLOPS = 4.0e10
"""Floating point operations per second of one core in a model's forward and backward pass."""
PROCESS_BYTES = 350 * 2**20
"""A worker's process with torch and transformers loaded."""
WORKING_COPIES = 4
"""How often the widest module's factors are held in float64."""
ITEM_TOKENS = 48
"""Tokens of an exam's item or a question with its answer, where nothing is known of them."""
RACED = 0.5
"""The share of all answers that a race of candidates gives before the hopeless ones are dropped."""
CHIP = "cpu"


@dataclass(frozen=True)
class BaseSize:
    """The model that the parents stand on."""

    parameters: int
    bytes: int


@dataclass(frozen=True)
class FinishSize:
    """How much a finish learns from: questions, and what its settings say of steps and lengths."""

    questions: int
    steps: int
    batch_size: int
    max_new_tokens: int


@dataclass(frozen=True)
class Work:
    """A planned merge as far as its cost goes. `items` are those of all of the search's suites together."""

    plan: MergePlan
    ranks: Mapping[str, int]
    shapes: Mapping[str, tuple[int, int]]
    parent_bytes: int
    base: BaseSize
    output: Literal["adapter", "full"] = "adapter"
    search: SearchSpace | None = None
    items: int = 0
    prompts: int = 0
    finish: FinishSize | None = None


@dataclass(frozen=True)
class Estimate:
    """Seconds of one core, bytes of memory at the peak, watt hours."""

    seconds: float
    memory: int
    watt_hours: float


def estimate(work: Work) -> Estimate:
    """What the job will take."""
    merging = factor_seconds(work.plan.method, work.ranks, work.shapes)
    seconds = START_SECONDS + merging + (work.parent_bytes + 2 * work.plan.bytes) / DISK_BYTES
    if work.output == "full" or _needs_base(work):
        seconds += work.base.bytes / DISK_BYTES
    seconds += _search_seconds(work, merging) + _prompt_seconds(work) + _finish_seconds(work)
    return Estimate(seconds, _memory(work), watt_hours(round(seconds * 1000), WATTS[CHIP]))


def factor_seconds(method: Method, ranks: Mapping[str, int], shapes: Mapping[str, tuple[int, int]]) -> float:
    """The arithmetic of one merge; `ranks` are the parents' summed per module."""
    seconds = 0.0
    for module, rank in ranks.items():
        rows, columns = shapes[module]
        inner = min(rank, rows, columns)
        seconds += MODULE_SECONDS + TALL * (rows + columns) * rank**2 + CORE[method] * inner**3
        if method == "knots_ties":
            seconds += WIDE * columns * rank**2
        if method == "ctm":
            seconds += TURNS * inner**2
    return seconds


def _needs_base(work: Work) -> bool:
    return work.search is not None or work.finish is not None or work.prompts > 0


def _search_seconds(work: Work, merging: float) -> float:
    if work.search is None:
        return 0.0
    answers = work.items * (RACED * work.search.trials + len(work.plan.parents))
    return work.search.trials * merging + answers * _forward(work.base.parameters, ITEM_TOKENS)


def _prompt_seconds(work: Work) -> float:
    return work.prompts * _forward(work.base.parameters, ITEM_TOKENS)


def _finish_seconds(work: Work) -> float:
    finish = work.finish
    if finish is None:
        return 0.0
    tokens = min(finish.max_new_tokens, ITEM_TOKENS)
    answering = finish.questions * _forward(work.base.parameters, ITEM_TOKENS + tokens)
    learning = (
        finish.steps * finish.batch_size * ITEM_TOKENS * (FORWARD + BACKWARD_FROZEN) * work.base.parameters / FLOPS
    )
    return answering + learning


def _forward(parameters: int, tokens: int) -> float:
    return FORWARD * parameters * tokens / FLOPS


def _memory(work: Work) -> int:
    widest = max((sum(work.shapes[module]) * rank for module, rank in work.ranks.items()), default=0)
    memory = PROCESS_BYTES + WORKING_COPIES * widest * 8
    if _needs_base(work):
        memory += work.base.parameters * FACTOR_BYTES + work.plan.parameters_of_factors * FACTOR_BYTES
    if work.finish is not None:  # gradients and two moments of what is trained, activations beside
        memory += 4 * work.plan.parameters_of_factors * FACTOR_BYTES + work.base.parameters * FACTOR_BYTES // 2
    if work.output == "full":
        memory += 3 * max((rows * columns * 4 for rows, columns in work.shapes.values()), default=0)
    return memory
