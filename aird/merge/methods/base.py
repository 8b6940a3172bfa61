"""The merge methods by name, and what a merge tells about itself. Free of any ML import."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Method = Literal["linear", "tsv", "iso_c", "ties", "knots_ties", "ctm", "core_regmean"]
METHODS: tuple[Method, ...] = get_args(Method)
TRIMMING: frozenset[Method] = frozenset({"ties", "knots_ties"})
"""The methods that drop all but the largest entries of each adapter; only they have a density."""
BASES: dict[Method, str] = {
    "ties": "singular vectors of the stacked factors",
    "knots_ties": "joint left singular vectors of the changes, side by side",
}
"""The basis in which an elementwise rule works: in another one it would give another result."""


@dataclass(frozen=True, slots=True)
class SourceDiagnostics:
    """One parent in a merge: how loud it is, and how much of it is left.

    `norm_share` is its part of the sum of all parents' squared norms, weights included. `energy_kept` is the
    part of its squared norm that lies in the rows and columns that the merged adapter can reach.
    """

    norm_share: float
    energy_kept: float


@dataclass(frozen=True, slots=True)
class ModuleReport:
    """One module of a merge; `energy_kept` and, by parent, `kept` are as in the whole. What a parent does not change
    it has not lost: 1."""

    module: str
    rank: int
    energy_kept: float
    kept: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MergeDiagnostics:
    """What happened in a merge; all shares lie between 0 and 1 and are means over the modules, by energy.

    `overlap[i][j]` is the mean squared cosine of the principal angles between the output spaces of parents i
    and j: 1 for the same directions, 0 for none in common. `effective_rank` is exp(entropy of the squared
    singular values). `energy_kept` is what the truncation to `rank` left of the merged change. `basis` is that of an
    elementwise rule, else empty.
    """

    method: Method
    modules: int
    rank: int
    sources: tuple[SourceDiagnostics, ...]
    overlap: tuple[tuple[float, ...], ...]
    effective_rank: float
    energy_kept: float
    seconds: float
    basis: str = ""
    report: tuple[ModuleReport, ...] = ()

    def summary(self) -> dict[str, Any]:
        """Everything but the single modules, as plain values."""
        told = asdict(self)
        del told["report"]
        return told
