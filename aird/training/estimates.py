"""What a training will take, told before it starts: tokens, arithmetic, memory, time. Pure: rules of thumb in numbers.

Memory is weights + gradients + AdamW's two moments + activations + logits + the process; the formulas are those of
../docs/training.md. Time is arithmetic over what a chip really reaches, plus what every step costs whatever its size.
Jobs that ran correct the seconds afterwards (aird/jobs/estimates.py).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aird.core.schemas import Finding
from aird.training.settings import ArchitectureSettings, OptimiserSettings, PretrainSettings, SftSettings

Shapes = Mapping[str, tuple[int, int]]
"""(out, in) of every linear module."""

GIB = 2**30
FLOAT, HALF = 4, 2
LOGITS_AT_ONCE = 2**25  # as aird/training/recipes/batches.py holds them
REACHED: Mapping[str, float] = {"cpu": 2.5e10, "h200": 4e14, "h100": 4e14, "a100": 1.4e14, "l40s": 9e13, "l4": 3e13}
"""Floating point operations a second that a training reaches, by a word of the chip's name: about 40 % of the dense
bfloat16 peak; for a CPU those of one thread in float32."""
OTHER_CHIP = 5e13
START = 12.0  # seconds to load libraries and model
LAYER_COSTS = {"cpu": 1.2e-3, "chip": 2.5e-4}  # seconds a layer and micro-batch, whatever its size
PER_MESSAGE = 4  # tokens that a chat template puts around a message
MANY_EPOCHS = 20


@dataclass(frozen=True)
class Body:
    """The model that is trained: `shapes` of its linear modules, `parameters` of all, `trainable` ones of them."""

    parameters: int
    trainable: int
    shapes: Shapes
    vocabulary: int

    @property
    def layers(self) -> int:
        """As far as the modules' names tell."""
        numbers = {part for name in self.shapes for part in name.split(".") if part.isdigit()}
        return max(len(numbers), 1)

    @property
    def width(self) -> int:
        """Of the stream between the layers."""
        return max((min(shape) for shape in self.shapes.values()), default=1)


@dataclass(frozen=True)
class Reading:
    """What a sample tells of the items: tokens of each, in all and learnt, and how many items there are."""

    items: int
    lengths: Sequence[int]
    learnt: Sequence[int]

    def fitting(self, max_length: int) -> "Reading":
        """Those that are not too long; where nothing is known of them, items of half the length."""
        if not self.lengths:
            return Reading(self.items, [max(max_length // 2, 2)], [max(max_length // 4, 1)])
        kept = [(one, two) for one, two in zip(self.lengths, self.learnt, strict=True) if 2 <= one <= max_length]
        share = len(kept) / len(self.lengths) if self.lengths else 0.0
        return Reading(round(self.items * share), [one for one, _ in kept], [two for _, two in kept])


@dataclass(frozen=True)
class Memory:
    """Bytes at the peak."""

    weights: int
    gradients: int
    optimiser: int
    activations: int
    logits: int
    overhead: int

    @property
    def total(self) -> int:
        """All of it."""
        return sum(vars(self).values())


@dataclass(frozen=True)
class Forecast:
    """What a training will take; `tokens` are those read over all steps."""

    steps: int
    items: int
    too_long: int
    tokens: int
    epochs: float
    flop: float
    seconds: float
    memory: Memory


def forecast(
    settings: OptimiserSettings, body: Body, reading: Reading, *, chip: str = "cpu", threads: int = 1
) -> Forecast:
    """The rule's answer; `seconds` with every process on a chip of its own."""
    fitting = reading.fitting(settings.max_length)
    mean = sum(fitting.lengths) / len(fitting.lengths) if fitting.lengths else 0.0
    learnt = sum(fitting.learnt) / max(sum(fitting.lengths), 1)
    packing, processes = getattr(settings, "packing", False), getattr(settings, "processes", 1)
    per_row = max(settings.max_length * 0.95 / mean, 1.0) if packing and mean else 1.0
    items_seen = settings.steps * settings.batch_size * per_row
    tokens = round(items_seen * mean)
    again = 2 if settings.gradient_checkpointing else 0
    flop = tokens * ((4.0 + again) * body.parameters + 2.0 * body.trainable)
    micro = min(settings.micro_batch or settings.batch_size, settings.batch_size)
    longest = settings.max_length if packing else max(fitting.lengths, default=0)
    memory = _memory(settings, body, micro * longest, learnt, cpu=chip == "cpu")
    passes = settings.steps * math.ceil(settings.batch_size / (micro * processes))
    costs = LAYER_COSTS["cpu" if chip == "cpu" else "chip"] * (1 + again / 4)
    speed = reached(chip) * (threads if chip == "cpu" else 1) * processes
    seconds = START + passes * costs * (body.layers + 2) + flop / speed
    epochs = items_seen / fitting.items if fitting.items else 0.0
    return Forecast(settings.steps, fitting.items, reading.items - fitting.items, tokens, epochs, flop, seconds, memory)


def _memory(settings: OptimiserSettings, body: Body, tokens: int, learnt: float, *, cpu: bool) -> Memory:
    half = settings.precision == "bfloat16" or (settings.precision == "auto" and not cpu)
    size = HALF if half else FLOAT
    whole = body.trainable == body.parameters
    layers, width = body.layers, body.width
    kept = sum(out + into for out, into in body.shapes.values()) + 4 * layers * width
    if settings.gradient_checkpointing:
        kept = kept // layers + layers * width
    rows = min(math.ceil(tokens * learnt) * body.vocabulary, LOGITS_AT_ONCE)
    return Memory(
        weights=body.parameters * (FLOAT if whole else size) + (0 if whole else body.trainable * FLOAT),
        gradients=body.trainable * FLOAT,
        optimiser=2 * body.trainable * FLOAT,
        activations=tokens * kept * size,
        logits=3 * rows * FLOAT,
        overhead=int((0.6 if cpu else 1.0) * GIB),
    )


def reached(chip: str) -> float:
    """Floating point operations a second, of the longest known word in the chip's name."""
    fitting = [word for word in REACHED if word in chip.lower()]
    return REACHED[max(fitting, key=len)] if fitting else OTHER_CHIP


def lora_parameters(shapes: Shapes, rank: int, wanted: Sequence[str] | None) -> int:
    """Parameters of a new adapter on these modules, all but the head or those that end in a wanted name."""
    return sum(rank * (out + into) for out, into in adapted(shapes, wanted).values())


def adapted(shapes: Shapes, wanted: Sequence[str] | None) -> dict[str, tuple[int, int]]:
    """The modules that a new adapter changes."""
    linear = {name: shape for name, shape in shapes.items() if not name.endswith(("lm_head", "embed_out"))}
    if wanted is None:
        return linear
    return {n: shape for n, shape in linear.items() if any(n == w or n.endswith("." + w) for w in wanted)}


def from_scratch(shape: ArchitectureSettings, vocabulary: int) -> Body:
    """The model that a pre-training makes."""
    width, inner = shape.hidden_size, shape.intermediate_size or 3 * shape.hidden_size
    keys = width // shape.heads * (shape.kv_heads or shape.heads)
    one = {
        **{"self_attn.q_proj": (width, width), "self_attn.k_proj": (keys, width), "self_attn.v_proj": (keys, width)},
        **{"self_attn.o_proj": (width, width), "mlp.gate_proj": (inner, width), "mlp.up_proj": (inner, width)},
        "mlp.down_proj": (width, inner),
    }
    shapes = {f"model.layers.{n}.{name}": each for n in range(shape.layers) for name, each in one.items()}
    linear = sum(out * into for out, into in shapes.values())
    parameters = linear + (1 if shape.tie else 2) * vocabulary * width + (2 * shape.layers + 1) * width
    return Body(parameters, parameters, shapes, vocabulary)


def tokens_of(text: str, vocabulary: int) -> int:
    """About how many tokens a text has: Chinese and its like take more of them by the letter."""
    wide = sum(letter > "⺀" for letter in text)
    per_token = min(max(0.35 * math.log(max(vocabulary, 2)), 1.5), 4.2)
    return math.ceil(wide * 0.8 + (len(text) - wide) / per_token)


def reading(sample: Iterable[Mapping[str, Any]], items: int, vocabulary: int) -> Reading:
    """What a sample of the items tells of `items`; learnt are an assistant's turns, or all of a text."""
    lengths, learnt = [], []
    for item in sample:
        if "text" in item:
            lengths.append(tokens_of(str(item["text"]), vocabulary) + 1)
            learnt.append(lengths[-1])
            continue
        if not item.get("messages"):
            continue
        turns = [(each["role"], tokens_of(each["content"], vocabulary) + PER_MESSAGE) for each in item["messages"]]
        lengths.append(sum(count for _, count in turns))
        learnt.append(sum(count for role, count in turns if role == "assistant"))
    return Reading(items, lengths, learnt)


def findings(settings: SftSettings | PretrainSettings, found: Forecast, body: Body) -> list[Finding]:
    """What to know before the start."""
    told: list[Finding] = []

    def tell(level: Any, code: str, message: str, **params: Any) -> None:
        told.append(Finding(level=level, code=code, message=message, params=params))

    if isinstance(settings, SftSettings) and settings.method == "lora" and body.shapes and not body.trainable:
        wanted = settings.lora.target_modules
        tell(
            "stop",
            "no_linear_modules",
            f"The base has no linear modules that fit {wanted}; it has "
            f"{', '.join(sorted({name.rpartition('.')[2] for name in body.shapes})) or 'none at all'}. "
            "Change target_modules, or take method full.",
        )
    if not found.items:
        tell(
            "stop",
            "nothing_fits",
            f"Not one of {found.too_long} items has at most {settings.max_length} tokens. Raise max_length.",
            max_length=settings.max_length,
        )
        return told
    if found.too_long:
        tell(
            "warning",
            "items_too_long",
            f"About {found.too_long} of {found.items + found.too_long} items are longer than max_length "
            f"({settings.max_length} tokens) and would be left out.",
            count=found.too_long,
            items=found.items + found.too_long,
            max_length=settings.max_length,
        )
    if found.epochs < 1:
        tell(
            "note",
            "not_every_item",
            f"{settings.steps} steps see {found.epochs:.0%} of the items.",
            epochs=found.epochs,
            steps=settings.steps,
        )
    if found.epochs > MANY_EPOCHS and not getattr(settings, "held_out", 0):
        tell(
            "warning",
            "many_epochs",
            f"Every item is seen {found.epochs:.0f} times: the answers may be learnt by heart. Hold some items out "
            "(held_out, patience), or take fewer steps.",
            epochs=found.epochs,
        )
    return told
