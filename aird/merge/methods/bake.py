"""Put a change of linear modules into a whole model: base in, base with the change out, in the same shards.

Tensor names, types and places are the base's; the sum is worked out in float32, a block of rows at a time, and rounded
once to the type that the base has. What that rounding costs is measured: see `Baked.rounding`.
"""

import json
import math
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from aird.merge.methods import extras, shards
from aird.merge.methods.errors import MergeNotPossible
from aird.runtimes import adapters as adapter_files
from aird.runtimes import loading
from aird.runtimes.adapters import Adapter, Factors
from aird.runtimes.tensor_file import Place, TensorReader

EMBEDDING, HEAD = "model.embed_tokens", "lm_head"


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one module; what is None stays as it is in the base.

    `delta` is added to the weight: factors, or a dense float32 matrix (out x in). `weight` and `bias` take the place
    of the base's, `bias_delta` is added to its bias.
    """

    delta: Factors | Tensor | None = None
    weight: Tensor | None = None
    bias_delta: Tensor | None = None
    bias: Tensor | None = None


ChangeOf = Callable[[str, Callable[[], Tensor]], Change]
"""The change of a module, given its name and a function that reads the base's weight as float32."""


@dataclass(frozen=True, slots=True)
class Baked:
    """`rounding`: norm of what the base's type could not hold, as a share of the norm of the whole change."""

    modules: int
    rounding: float
    seconds: float
    roundings: dict[str, float] = field(default_factory=dict)


def bake(
    base: Path,
    modules: Collection[str],
    change_of: ChangeOf,
    out: Path,
    *,
    words: Path | None = None,
    report: Callable[[int, int], None] | None = None,
    threads: int = 1,
) -> Baked:
    """Write the base in `base` with `modules` changed to `out`; everything but the weights is copied byte for byte.

    `words` is an adapter whose own tokenizer files and chat template take the place of the base's. A run that was cut
    off goes on with the first shard that is missing in `out`: what the others lost is noted in a folder beside it.
    `report` hears (tensors done, tensors in all).
    Raises MergeNotPossible when a module is not in the base, has no bias to take one, or shares its weights.
    """
    started = time.monotonic()
    torch.set_num_threads(threads)
    out.mkdir(parents=True, exist_ok=True)
    where = shards.places(base)
    run = _Run(where, frozenset(modules), change_of)
    run.check(tied=is_tied(base, where))
    notes = out.with_name(f"{out.name}-notes")
    notes.mkdir(exist_ok=True)
    done = 0

    def told(_: str) -> None:
        nonlocal done
        done += 1
        if report is not None:
            report(done, len(where))

    for path in shards.shards(base):
        note = notes / f"{path.name}.json"
        if not note.is_file():
            (out / path.name).unlink(missing_ok=True)
        shards.rewrite(path, out / path.name, run.rewrite, told=told, before=partial(run.note, path, note))
        run.take(note)
    copy_words(base, words, out)
    shutil.rmtree(notes)
    roundings = {module: math.sqrt(lost / moved) if moved else 0.0 for module, (lost, moved) in run.sums.items()}
    lost, moved = (math.fsum(pair[side] for pair in run.sums.values()) for side in (0, 1))
    return Baked(len(run.modules), math.sqrt(lost / moved) if moved else 0.0, time.monotonic() - started, roundings)


def bake_adapter(
    base: Path,
    adapter: Path,
    out: Path,
    *,
    report: Callable[[int, int], None] | None = None,
    threads: int = 1,
) -> Baked:
    """Put an adapter of any kind into its base: DoRA, biases and whole modules as they are, nothing approximated.

    Raises AdapterUnusable, MergeNotPossible.
    """
    source = adapter_files.read(adapter)
    with source.open() as opened:
        modules = [*source.shapes, *(name.rpartition(".")[0] for name in source.saved)]
        changes = partial(change_of, source, opened)
        return bake(base, modules, changes, out, words=adapter, report=report, threads=threads)


def change_of(source: Adapter, opened: TensorReader, module: str, weight: Callable[[], Tensor]) -> Change:
    """What an adapter makes of one module of its base."""
    if module not in source.shapes:
        saved = {part: f"{module}.{part}" for part in ("weight", "bias")}
        found = {part: source.saved_tensor(name, opened) for part, name in saved.items() if name in source.saved}
        return Change(weight=found.get("weight"), bias=found.get("bias"))
    factors = source.factors(module, opened)
    bias = None if factors.bias is None else factors.bias.float() * factors.scaling
    if factors.magnitude is None:
        return Change(delta=factors, bias_delta=bias)
    return Change(delta=extras.delta(source, module, opened, weight()), bias_delta=bias)


def is_tied(folder: Path, tensors: Collection[str]) -> bool:
    """Whether the head of a whole model shares the embedding's weights."""
    if f"{HEAD}.weight" not in tensors:
        return True
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    tied = config.get("tie_word_embeddings")
    return config.get("model_type") == "gemma2" if tied is None else bool(tied)


def copy_words(base: Path, own: Path | None, out: Path) -> None:
    """Copy what lies beside the base's weights; of `own`, an adapter's folder, what it says in its own words.

    A model card describes the base and is left out. The chat template that counts for the adapter counts for `out`.
    """
    out.mkdir(parents=True, exist_ok=True)
    for path in base.iterdir():
        if path.is_file() and path.suffix != ".safetensors" and path.name != "README.md":
            shutil.copyfile(path, out / path.name)
    if own is not None and loading.brings_words(own):
        wanted = loading.template(own) or loading.template(base)
        loading.copy_tokenizer(own, out)
        if loading.template(out) != wanted:
            (out / loading.TEMPLATE).unlink(missing_ok=True)
        if loading.template(out) != wanted and isinstance(wanted, str):
            (out / loading.TEMPLATE).write_text(wanted, encoding="utf-8")
    for path in out.iterdir():
        path.chmod(0o644)


class _Run:
    """One baking: which tensors change and how; adds up what rounding costs."""

    def __init__(self, where: Mapping[str, tuple[Path, Place]], modules: frozenset[str], change_of: ChangeOf) -> None:
        self.modules = modules
        self.sums: dict[str, tuple[float, float]] = {}  # squared norms of what was lost and of the change, by module
        self._where, self._change_of = where, change_of
        self._waiting: dict[str, Change] = {}  # of modules whose weight or bias is still to come

    def check(self, *, tied: bool) -> None:
        """Raises MergeNotPossible for modules that the base does not have or cannot change apart."""
        missing = sorted(m for m in self.modules if f"{m}.weight" not in self._where and not (tied and m == HEAD))
        if missing:
            raise MergeNotPossible(
                f"The base has no module {missing[0]} ({len(missing)} are missing in all). Use the base that the "
                "adapter was trained on."
            )
        shared = self.modules & {EMBEDDING, HEAD}
        if not tied or not shared:
            return
        if len(shared) == 1:
            raise MergeNotPossible(
                f"{min(shared)} is changed, but in this base embedding and head are the same weights: putting the "
                "change in would change both. Keep the adapter apart from the base, or train it without."
            )
        embedding, head = (self._change_of(name, partial(self._read, f"{EMBEDDING}.weight")) for name in shared)
        if embedding.weight is None or head.weight is None or not torch.equal(embedding.weight, head.weight):
            raise MergeNotPossible(
                "The adapter changes embedding and head apart from each other, but in this base both are the same "
                "weights. Keep the adapter apart from the base, or train it without them."
            )

    def rewrite(self, file: TensorReader, name: str) -> Iterator[Tensor] | None:
        """The new rows of a tensor, or None when it stays."""
        module, _, part = name.rpartition(".")
        if module not in self.modules or part not in ("weight", "bias"):
            return None
        change = self._waiting.pop(module, None)
        if change is None:
            change = self._change_of(module, partial(self._read, f"{module}.weight", file))
            self._check_fit(module, change)
            if f"{module}.{'bias' if part == 'weight' else 'weight'}" in self._where:
                self._waiting[module] = change
        if part == "bias":
            return self._bias(file, name, change)
        return iter([change.weight]) if change.weight is not None else self._sum(file, name, change.delta)

    def note(self, shard: Path, note: Path) -> None:
        """Write down what the modules of a shard have lost."""
        mine = {m: pair for m, pair in self.sums.items() if self._where[f"{m}.weight"][0] == shard}
        note.write_text(json.dumps(mine), encoding="utf-8")

    def take(self, note: Path) -> None:
        """Read what a shard's modules have lost, in this run or an earlier one."""
        self.sums |= {m: (lost, moved) for m, (lost, moved) in json.loads(note.read_text(encoding="utf-8")).items()}

    def _read(self, name: str, file: TensorReader | None = None) -> Tensor:
        if file is not None and name in file.places:
            return file.read(name).float()
        with TensorReader(self._where[name][0]) as other:
            return other.read(name).float()

    def _check_fit(self, module: str, change: Change) -> None:
        has_bias = f"{module}.bias" in self._where
        if not has_bias and (change.bias is not None or change.bias_delta is not None):
            raise MergeNotPossible(
                f"The adapter adds a bias to {module}, which has none in the base, and a {module}.bias is no part of "
                "such a model. Keep the adapter apart from the base, or train it with lora_bias=False."
            )
        shape = self._where[f"{module}.weight"][1].shape
        if isinstance(change.delta, Factors):
            found: tuple[int, ...] = (change.delta.b.shape[0], change.delta.a.shape[1])
        else:
            matrix = change.delta if change.weight is None else change.weight
            found = shape if matrix is None else tuple(matrix.shape)
        biases = [tuple(each.shape) for each in (change.bias, change.bias_delta) if each is not None]
        if found != shape or any(each != shape[:1] for each in biases):
            raise MergeNotPossible(
                f"{module} is {shape} in the base, the change is {found}. Use the base that the adapter was trained on."
            )

    def _bias(self, file: TensorReader, name: str, change: Change) -> Iterator[Tensor] | None:
        if change.bias is not None:
            return iter([change.bias])
        if change.bias_delta is not None:
            return iter([file.read(name).float() + change.bias_delta.float()])
        return None

    def _sum(self, file: TensorReader, name: str, delta: Factors | Tensor | None) -> Iterator[Tensor] | None:
        return None if delta is None else self._rows(file, name, delta)

    def _rows(self, file: TensorReader, name: str, delta: Factors | Tensor) -> Iterator[Tensor]:
        place = file.places[name]
        exact = torch.promote_types(place.dtype, torch.float32)
        if isinstance(delta, Factors):
            a, b = delta.a.to(exact), delta.b.to(exact) * delta.scaling
            moved = float(((b.T @ b) * (a @ a.T)).sum().clamp(min=0))
        else:
            moved = float(torch.linalg.vector_norm(delta)) ** 2
        lost = 0.0
        for first, last in shards.blocks(place.shape):
            rows = file.rows(name, first, last).to(exact)
            if isinstance(delta, Factors):
                rows.addmm_(b[first:last], a)
            else:
                rows += delta[first:last]
            rounded = rows.to(place.dtype)
            if place.dtype != exact:
                lost += float(rows.sub_(rounded).square_().sum())
            yield rounded
        self.sums[name.removesuffix(".weight")] = (lost, moved)
