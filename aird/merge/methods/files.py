"""Merge adapter folders into one LoRA folder, module by module.

Memory holds one module of all adapters at a time: the result is written as it is made, and with a journal an attempt
that was killed is taken up behind the last module that is whole. It has lora_alpha equal to its rank (scaling 1) and
the same rank in every module, so that any runtime can load it.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import pad

from aird.merge.methods import core, core_regmean, ctm, diagnostics, extras, iso_c, knots_ties, linear, ties, tsv
from aird.merge.methods.activations import Gram
from aird.merge.methods.base import MergeDiagnostics, Method
from aird.merge.methods.core import Cores, Merged, Pair
from aird.merge.methods.diagnostics import ModuleSums
from aird.merge.methods.errors import MergeNotPossible
from aird.merge.methods.naming import named
from aird.runtimes import adapters as adapter_files
from aird.runtimes.adapters import MAX_RANK, Adapter
from aird.runtimes.journal import Journal
from aird.runtimes.tensor_file import TensorReader


def merge_adapters(
    method: Method,
    adapters: Sequence[Path],
    weights: Sequence[float],
    out: Path,
    *,
    scale: float = 1.0,
    rank: int | None = None,
    densities: Sequence[float] | None = None,
    normalize: bool = True,
    base_name: str = "base",
    names: Sequence[str] = (),
    base: Path | None = None,
    grams: Mapping[str, Gram] | None = None,
    threads: int = 1,
    report: Callable[[int, int], None] | None = None,
    journal: Journal | None = None,
) -> MergeDiagnostics:
    """Write the merged adapter to `out`. `scale` multiplies the whole; `rank` None keeps all there is.

    `densities`, one in (0, 1] per adapter, is what the methods that trim leave of each (None: everything);
    `normalize` divides their sum by the weights that agree. `names` are what to call the adapters; `base` is the
    base's folder, needed for adapters that replace some of its tensors; `grams` is what core_regmean needs to know.

    A weight of 1 leaves an adapter's singular values as they are. With tsv that is the usual choice for every
    parent, since the rule itself sees to it that they do not add up; with linear the weights are plain
    factors. A module that an adapter lacks counts as unchanged by it; biases and replaced tensors are summed, whatever
    the method. Raises AdapterUnusable for adapters whose numbers are not finite, MergeNotPossible where they do not
    fit together or cannot be an adapter. `report` hears (modules done, modules in all) after each.

    With a `journal` of this very merge only the modules that `out` lacks are computed; the bytes are the same.
    """
    started = time.monotonic()
    torch.set_num_threads(threads)
    shares = [1.0] * len(weights) if densities is None else list(densities)
    _check(adapters, weights, shares, scale, rank)
    called = list(names) or [f"adapter {number + 1}" for number in range(len(adapters))]
    sources = [_read(folder, name) for folder, name in zip(adapters, called, strict=True)]
    extras.refuse_dora(sources, called)
    modules = sorted({module for source in sources for module in source.shapes})
    _check_shapes(sources, modules)
    saved, biased = extras.saved_shapes(sources), extras.has_biases(sources)
    both = sorted({name.rpartition(".")[0] for name in saved} & set(modules))
    if both:
        raise MergeNotPossible(
            f"{both[0]} is replaced whole by one adapter and changed by factors in another, which no adapter can hold. "
            "Merge into a whole model ('output: full', 'merge_method: task_arithmetic').",
            reason="replaced_and_changed",
        )
    if saved and base is None:
        raise MergeNotPossible(f"{next(iter(saved))} is replaced whole; to add up what changes takes the base itself.")

    ranks = {m: result_rank(method, [s.shapes[m] for s in sources if m in s.shapes], rank) for m in modules}
    width = max(ranks.values())
    shapes = {m: next((s.shapes[m][0], width, s.shapes[m][2]) for s in sources if m in s.shapes) for m in modules}
    factors = [weight * scale for weight in weights]
    with ExitStack() as stack:
        files = [stack.enter_context(source.open()) for source in sources]
        writer = stack.enter_context(
            adapter_files.writing(out, shapes, base_name=base_name, biases=biased, saved=saved, journal=journal)
        )
        notes = journal.notes if journal is not None else []
        sums = [ModuleSums(**note) for note in notes if note is not None]
        for module in modules[len(sums) :]:
            present = [i for i, source in enumerate(sources) if module in source.shapes]
            pairs = [_pair(sources[i], module, files[i], called[i]) for i in present]
            space = core.cores_of(pairs)
            whole = merge_module(
                method,
                space,
                [weights[i] for i in present],
                [shares[i] for i in present],
                rank=rank,
                normalize=normalize,
                grams=_grams(grams, module, space, present) if method == "core_regmean" else None,
            )
            whole = Merged(whole.space, whole.core * scale)
            own = [factors[i] for i in present]
            if method == "linear" and (rank is None or rank >= sum(a.shape[0] for _, a in pairs)):
                b, a = linear.stack(pairs, own)
            else:
                b, a = core.factorise(whole.core, whole.space, rank)
            missing = width - a.shape[0]
            bias = extras.summed_bias(sources, factors, module, files, shapes[module][0]) if biased else None
            writer.add(module, pad(b.float(), (0, missing)), pad(a.float(), (0, 0, 0, missing)), bias)
            sums.append(diagnostics.of_module(module, whole.space, present, own, whole.core, rank))
            writer.file.checkpoint(sums[-1].plain())
            if report is not None:
                report(len(sums), len(modules))
        for name in list(saved)[sum(note is None for note in notes) :]:
            writer.add_saved(name, extras.summed_saved(sources, factors, name, files, base or out))
            writer.file.checkpoint(None)
    return diagnostics.total(method, sums, len(sources), width, time.monotonic() - started)


def _read(folder: Path, name: str) -> Adapter:
    with named(name):
        return adapter_files.read(folder)


def _grams(grams: Mapping[str, Gram] | None, module: str, space: Cores, present: Sequence[int]) -> list[Tensor]:
    if grams is None or module not in grams:
        raise MergeNotPossible(
            f"core_regmean needs to know what {module} hears, and nothing was collected for it. Name prompts for "
            "every parent: 'aird: {prompts: [...]}'."
        )
    return grams[module].within(space, present)


def result_rank(method: Method, shapes: Sequence[tuple[int, int, int]], rank: int | None) -> int:
    """The most that one module of the result can have: a sum is stacked, the others have at most a matrix's rank.

    `shapes` are (out, rank, in) of the adapters that change the module.
    """
    out, _, inner = shapes[0]
    summed = sum(own for _, own, _ in shapes)
    if method == "ctm" and rank is None:
        rank = max(own for _, own, _ in shapes)
    if method == "linear" and (rank is None or rank >= summed):
        return summed
    return min(summed, out, inner, rank or summed)


def merge_module(
    method: Method,
    space: Cores,
    weights: Sequence[float],
    densities: Sequence[float],
    *,
    rank: int | None = None,
    normalize: bool = True,
    grams: Sequence[Tensor] | None = None,
) -> Merged:
    """One module by the method's rule; `grams`, in the basis `space.v`, is what core_regmean looks at.

    Only `ctm` and `core_regmean` look at the rank: all others are cut to it afterwards.
    """
    match method:
        case "linear":
            return linear.merge(space, weights)
        case "tsv":
            return tsv.merge(space, weights)
        case "iso_c":
            return iso_c.merge(space, weights)
        case "ties":
            return ties.merge(space, weights, densities, normalize=normalize)
        case "knots_ties":
            return knots_ties.merge(space, weights, densities, normalize=normalize)
        case "ctm":
            return ctm.merge(space, weights, rank or max(left.shape[1] for left in space.lefts))
        case "core_regmean":
            if grams is None:
                raise MergeNotPossible(
                    "core_regmean needs to know what each parent hears. Name prompts for every parent."
                )
            return core_regmean.merge(space, weights, grams, rank)


def _check(
    adapters: Sequence[Path], weights: Sequence[float], densities: Sequence[float], scale: float, rank: int | None
) -> None:
    if not adapters or not len(adapters) == len(weights) == len(densities):
        raise MergeNotPossible(f"A merge needs one weight per adapter; got {len(adapters)} and {len(weights)}.")
    if not all(math.isfinite(number) for number in [*weights, scale]):
        raise MergeNotPossible("Weights and scale must be finite numbers.")
    if not all(0 < density <= 1 for density in densities):
        raise MergeNotPossible("A density is the share of an adapter that is kept: above 0, at most 1.")
    if rank is not None and not 1 <= rank <= MAX_RANK:
        raise MergeNotPossible(f"The rank must lie between 1 and {MAX_RANK}, or be left out to keep everything.")


def _check_shapes(sources: Sequence[Adapter], modules: Sequence[str]) -> None:
    for module in modules:
        shapes = {(s.shapes[module][0], s.shapes[module][2]) for s in sources if module in s.shapes}
        if len(shapes) > 1:
            raise MergeNotPossible(
                f"{module} has the shapes {sorted(shapes)} in these adapters, so they were made for "
                "different bases. "
                "Merge adapters of one base only."
            )


def _pair(source: Adapter, module: str, file: TensorReader, name: str) -> Pair:
    with named(name):
        factors = source.factors(module, file)
    return factors.b.double() * factors.scaling, factors.a.double()
