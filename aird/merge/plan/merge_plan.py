"""Check and price a merge before it runs: from a recipe and facts about its parents to what exactly will come
out.

Only numbers and names are needed here, no weights of any model; the same plan is shown on the screen, priced,
and handed to the job that carries it out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from aird.catalog.names import VersionRef
from aird.core.errors import Refused
from aird.merge.methods.errors import MergeNotPossible
from aird.merge.recipe.merge_recipe import SUMS, MergeRecipe, Method
from aird.merge.recipe.values import MAX_RANK

FACTOR_BYTES = 4
"""Merged factors are stored as float32."""
SERVABLE_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""The ranks that vLLM can be started for (`--max-lora-rank`); an adapter of a lower rank is served as well."""


class ParentsNotCompatible(Refused):
    """These versions cannot be merged with each other"""

    def __init__(self, message: str, *, reason: str, versions: Sequence[str]) -> None:
        super().__init__(message, reason=reason, versions=list(versions))


@dataclass(frozen=True)
class ParentFacts:
    """What the catalog knows about one parent.

    `version` has its number; `base` is the digest of the base version's artifact; `shapes` gives (out, in) of
    every module the adapter changes, `ranks` the rank there, `words` what it brings of a tokenizer and template of
    its own.
    """

    version: VersionRef
    kind: Literal["base", "adapter", "full"]
    base: str
    tokenizer_sha256: str | None
    shapes: Mapping[str, tuple[int, int]]
    ranks: Mapping[str, int]
    words: str = "the base's"

    @property
    def rank(self) -> int:
        return max(self.ranks.values(), default=0)


@dataclass(frozen=True)
class MergePlan:
    """What a merge will do.

    `weights` are the factors each parent's delta is multiplied by, in the order of the recipe's parents; for
    the sums `scale` is 1 because it is already in the weights, for the other methods they weigh the parents
    against each other and `scale` multiplies the result. `densities` and `normalize` are for the methods that
    trim. `rank` is what to ask the method for (None: keep everything),
    `result_rank` the most that comes out; every module of the result has it, so that any runtime can load it.
    `whole_rank` is the most that could be kept, `base` the digest of the base's files. `parameters` are those of what
    comes out, `parameters_of_factors` those of the merged adapter, which may end in a whole model.
    """

    method: Method
    base: str
    parents: tuple[VersionRef, ...]
    weights: tuple[float, ...]
    scale: float
    densities: tuple[float, ...]
    normalize: bool
    rank: int | None
    result_rank: int
    whole_rank: int
    parameters: int
    parameters_of_factors: int
    bytes: int
    exact: bool
    statement: str
    notes: tuple[str, ...] = field(default=())


def compatible(parents: Sequence[ParentFacts]) -> None:
    """Raises ParentsNotCompatible, with all facts side by side, unless the adapters can be added up."""
    names = [str(p.version) for p in parents]
    for parent in parents:
        if parent.kind != "adapter":
            raise ParentsNotCompatible(
                f"'{parent.version}' is a {parent.kind} model, not an adapter; only adapters of one base are"
                " merged. Train an adapter on that base, or leave it out.",
                reason="not_an_adapter",
                versions=names,
            )
    _same({p.version: p.base for p in parents}, "bases", "different_bases", names)
    tokenizers = {p.version: p.tokenizer_sha256 for p in parents if p.tokenizer_sha256 is not None}
    _same(tokenizers, "tokenizers", "different_tokenizers", names)
    _same({p.version: p.words for p in parents}, "tokenizers or chat templates of their own", "different_words", names)
    first: dict[str, tuple[VersionRef, tuple[int, int]]] = {}
    for parent in parents:
        for module, shape in parent.shapes.items():
            other, expected = first.setdefault(module, (parent.version, shape))
            if expected != shape:
                raise ParentsNotCompatible(
                    f"The module '{module}' is {_by(expected)} in '{other}' and {_by(shape)} in"
                    f" '{parent.version}'. Adapters can be added only where their modules have the same"
                    " shape; leave one out.",
                    reason="different_shapes",
                    versions=names,
                )


@dataclass(frozen=True)
class WholeModel:
    """The base as the result of `output: full`: as large as before, in the precision it has."""

    parameters: int
    bytes: int
    dtype: str


def make_plan(
    recipe: MergeRecipe, facts: Sequence[ParentFacts], *, base: str | None = None, whole_model: WholeModel | None = None
) -> MergePlan:
    """The plan for `recipe`; `facts` stand in the order of `recipe.parents`, `base` is the digest of
    `recipe.base`, `whole_model` the parents' base where it comes out with the merge in it.

    Raises ParentsNotCompatible, and MergeNotPossible when the weights or the rank make no model.
    """
    if len(facts) != len(recipe.parents):
        raise ValueError(f"{len(recipe.parents)} parents in the recipe, facts about {len(facts)}")
    compatible(facts)
    if base is not None and base != facts[0].base:
        raise ParentsNotCompatible(
            f"The recipe's base '{recipe.base}' is {base[:19]}, but the adapters belong to"
            f" {facts[0].base[:19]}. Name the base they were trained on, or leave 'base_model' out.",
            reason="wrong_base",
            versions=[str(p.version) for p in facts],
        )
    weights, scale = effective_weights(recipe)
    full = _summed_ranks(facts)
    shapes = {module: shape for parent in facts for module, shape in parent.shapes.items()}
    asked = _asked_rank(recipe, facts, max(full.values()))
    result_rank = max(_kept(recipe, asked, whole, shapes[module]) for module, whole in full.items())
    if whole_model is None and result_rank > MAX_RANK:
        raise MergeNotPossible(
            f"The merged adapter would have rank {result_rank}; at most {MAX_RANK} is kept. Set 'aird: {{rank: 64}}'"
            " in the recipe to cut it, take 'output: full', or merge fewer versions.",
            reason="rank_too_large",
        )
    parameters = result_rank * sum(sum(shapes[module]) for module in full)
    cut = any(asked is not None and asked < min(whole, *shapes[module]) for module, whole in full.items())
    exact, statement = _statement(recipe, facts, max(full.values()), result_rank, cut=cut)
    if whole_model is not None:
        exact, statement = _baked(exact, statement, whole_model.dtype)
    return MergePlan(
        method=recipe.method,
        base=facts[0].base,
        parents=tuple(p.version for p in facts),
        weights=weights,
        scale=scale,
        densities=tuple(p.density for p in recipe.parents),
        normalize=recipe.normalize,
        rank=asked,
        result_rank=result_rank,
        whole_rank=max(full.values()),
        parameters=whole_model.parameters if whole_model else parameters,
        parameters_of_factors=parameters,
        bytes=whole_model.bytes if whole_model else parameters * FACTOR_BYTES,
        exact=exact,
        statement=statement,
        notes=(*recipe.notes, *_notes(facts, weights, shapes)),
    )


def effective_weights(recipe: MergeRecipe) -> tuple[tuple[float, ...], float]:
    """(weight of each parent's delta, scale of the whole), as mergekit 0.1.5 computes them; raises
    MergeNotPossible.

    For `linear` the average runs over whole models, so the base's weight counts in the sum and, unnormalised,
    weights that do not add up to 1 would scale the base itself, which no adapter can express.
    """
    weights = tuple(p.weight for p in recipe.parents)
    total = sum(weights) + (recipe.base_weight if recipe.method == "linear" else 0.0)
    if not any(weights) or recipe.scale == 0:
        raise MergeNotPossible(
            "All weights are 0: the result would be the bare base. Give one a weight.", reason="zero"
        )
    if recipe.method == "linear" and not recipe.normalize and abs(total - 1.0) > 1e-6:
        raise MergeNotPossible(
            "'linear' with 'normalize: false' multiplies the base as well by the sum of the weights,"
            f" {total:g}, which an adapter cannot express. Make the weights add up to 1, or use"
            " 'task_arithmetic'.",
            reason="scales_the_base",
        )
    if recipe.method not in ("tsv", *SUMS):
        return weights, recipe.scale
    if recipe.normalize and abs(total) < 1e-8:
        if recipe.method == "linear":
            raise MergeNotPossible(
                "The weights add up to 0 and cannot be normalised. Change one of them.", reason="zero_sum"
            )
        total = 1.0
    if recipe.normalize:
        weights = tuple(w / total for w in weights)
    if recipe.method == "tsv":
        return weights, recipe.scale
    return tuple(w * recipe.scale for w in weights), 1.0


def _summed_ranks(facts: Sequence[ParentFacts]) -> dict[str, int]:
    ranks: dict[str, int] = {}
    for parent in facts:
        for module, rank in parent.ranks.items():
            ranks[module] = ranks.get(module, 0) + rank
    if not ranks:
        raise MergeNotPossible("The parents' adapters change no module at all. Choose others.", reason="empty")
    return ranks


def _asked_rank(recipe: MergeRecipe, facts: Sequence[ParentFacts], whole: int) -> int | None:
    """`ctm` needs a rank to compress to: the highest of the parents' unless the recipe names one."""
    if recipe.aird.rank == "servable":
        return servable(whole, max(p.rank for p in facts))
    if recipe.aird.rank is None and recipe.method == "ctm":
        return max(p.rank for p in facts)
    return recipe.aird.rank


def servable(whole: int, own: int) -> int:
    """The largest rank that engines are made for between the parents' own and the whole one.

    Where there is none, as for ranks 4 and 2, all is kept: no parent is cut for the sake of a full room.
    """
    steps = [step for step in SERVABLE_RANKS if own <= step <= whole]
    return max(steps, default=min(whole, SERVABLE_RANKS[-1]))


def servable_above(rank: int) -> int | None:
    """The smallest rank that engines are made for and that has room for `rank`; None where there is none."""
    return next((step for step in SERVABLE_RANKS if step >= rank), None)


def _kept(recipe: MergeRecipe, asked: int | None, whole: int, shape: tuple[int, int]) -> int:
    """The rank of one module: factors of a sum are stacked, everything else has at most the matrix's rank."""
    if recipe.method in SUMS and (asked is None or asked >= whole):
        return whole
    return min(whole, *shape, asked or whole)


SPELLED_OUT = 8
"""Of more parents the ranks are not added up in words."""
_RULES: dict[Method, str] = {
    "tsv": "task singular vectors",
    "core_regmean": "what answers each adapter's own prompts as that adapter does",
    "iso_c": "all common directions at their mean strength",
    "ties": "trimmed, signs elected, what agrees averaged,",
    "knots_ties": "trimmed, signs elected, what agrees averaged on the joint right factors",
}


def _statement(
    recipe: MergeRecipe, facts: Sequence[ParentFacts], whole: int, rank: int, *, cut: bool
) -> tuple[bool, str]:
    written = str(whole)
    if 1 < len(facts) <= SPELLED_OUT and sum(p.rank for p in facts) == whole:
        written += " = " + " + ".join(str(p.rank) for p in facts)
    if recipe.method == "ctm":
        return (
            False,
            f"not the sum: its part in the best common subspace of rank {rank if cut else whole}, of {written}",
        )
    if recipe.method not in SUMS:
        full = f", in matrices that have {rank} at most" if rank < whole else ""
        end = f", then the best rank {rank} of it" if cut else full
        return False, f"not a sum: {_RULES[recipe.method]} in core space, rank {written}{end}"
    if cut:
        return False, f"approximate: the best rank {rank} of the weighted sum, whose rank is {written}"
    return True, f"exact: weighted sum in factor space, rank {written}"


def _baked(exact: bool, statement: str, dtype: str) -> tuple[bool, str]:
    """The same said of a whole model: in a coarse precision its weights cannot hold every change."""
    fine = dtype in ("F32", "F64")
    end = "" if fine else f", each weight rounded once to {dtype}"
    start = statement.removeprefix("exact: ") if exact and not fine else statement
    return exact and fine, f"{start}; added to the base's own weights{end}"


def _notes(
    facts: Sequence[ParentFacts],
    weights: Sequence[float],
    shapes: Mapping[str, tuple[int, int]],
) -> list[str]:
    notes = []
    for parent, weight in zip(facts, weights, strict=True):
        if weight == 0:
            notes.append(f"'{parent.version}' has weight 0 and adds nothing.")
        missing = len(shapes.keys() - parent.shapes.keys())
        if missing:
            notes.append(f"'{parent.version}' does not change {missing} of the {len(shapes)} merged modules.")
    return notes


def _same(
    values: Mapping[VersionRef, str],
    what: str,
    reason: str,
    names: Sequence[str],
) -> None:
    if len(set(values.values())) <= 1:
        return
    facts = "; ".join(f"'{version}' on {value[:19]}" for version, value in values.items())
    raise ParentsNotCompatible(
        f"The versions have different {what}: {facts}. Only adapters with the same one can be added up;"
        " choose parents that share it.",
        reason=reason,
        versions=names,
    )


def _by(shape: tuple[int, int]) -> str:
    return f"{shape[0]} x {shape[1]}"
