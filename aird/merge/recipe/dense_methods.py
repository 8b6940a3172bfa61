"""The merge methods of mergekit 0.1.5: what each takes and which parameters it reads. Pure; a test holds it against
the installed mergekit.

Ours are worked out by aird/merge/methods/dense.py, tensor by tensor; all others by mergekit in its cage.
"""

from dataclasses import dataclass
from typing import Literal

Base = Literal["ignored", "optional", "required"]


@dataclass(frozen=True)
class DenseMethod:
    """`least` and `most` count the inputs of one slice, the base model with them where it is not ignored; `others`
    counts them without it. Parameters are `shared`, of every input (`each`) or of all but the base (`changes`);
    `needed` have no default.
    """

    name: str
    base: Base = "required"
    least: int = 1
    most: int | None = None
    others: tuple[int, int | None] = (0, None)
    shared: frozenset[str] = frozenset()
    each: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()
    random: bool = False

    @property
    def parameters(self) -> frozenset[str]:
        """Every parameter that the method reads."""
        return self.shared | self.each | self.changes


def _set(*names: str) -> frozenset[str]:
    return frozenset(names)


def _sum(name: str, *more: str, random: bool = False) -> DenseMethod:
    """One of the family of task arithmetic: a base and weighted changes."""
    return DenseMethod(
        name,
        shared=_set("int8_mask", "normalize", "rescale", "lambda"),
        changes=_set("weight", "density", *more),
        needed=_set("weight"),
        random=random,
    )


METHODS: dict[str, DenseMethod] = {
    each.name: each
    for each in (
        DenseMethod("linear", base="ignored", shared=_set("normalize"), each=_set("weight"), needed=_set("weight")),
        DenseMethod("slerp", least=2, most=2, shared=_set("t"), needed=_set("t")),
        _sum("task_arithmetic"),
        _sum("ties"),
        _sum("dare_linear", random=True),
        _sum("dare_ties", random=True),
        _sum("della", "epsilon", random=True),
        _sum("della_linear", "epsilon", random=True),
        _sum("breadcrumbs", "gamma"),
        _sum("breadcrumbs_ties", "gamma"),
        DenseMethod(
            "nuslerp",
            base="optional",
            others=(2, 2),
            shared=_set("nuslerp_row_wise", "nuslerp_flatten"),
            changes=_set("weight"),
            needed=_set("weight"),
        ),
        DenseMethod(
            "multislerp",
            base="optional",
            others=(1, None),
            shared=_set("normalize_weights", "eps"),
            changes=_set("weight"),
            needed=_set("weight"),
        ),
        DenseMethod("karcher", base="ignored", shared=_set("max_iter", "tol")),
        DenseMethod("model_stock", least=3, shared=_set("filter_wise")),
        DenseMethod("nearswap", least=2, most=2, shared=_set("t"), needed=_set("t")),
        DenseMethod("arcee_fusion", least=2, most=2),
        DenseMethod("sce", shared=_set("int8_mask", "select_topk")),
        DenseMethod("ram", shared=_set("epsilon")),
        DenseMethod("ramplus_tl", shared=_set("r", "alpha", "epsilon")),
        DenseMethod("passthrough", base="ignored", most=1, each=_set("scale")),
    )
}
OURS = frozenset({"linear", "slerp", "task_arithmetic", "ties"})
