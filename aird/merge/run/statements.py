"""What may be said of a merged version: exact only what is, and what came after the merge with it."""

from aird.merge.run.engine import Made
from aird.merge.schemas_jobs import MergeWork

VISIBLE = 1e-6
"""Shares of a change below this are rounding in float32."""


def outcome(spec: MergeWork, made: Made) -> tuple[bool, str]:
    """(exact, in words) of what came out; the plan has said it before the run, for the recipe as it was ordered."""
    exact, said = (spec.exact, spec.statement) if made.choice is None else _chosen(made)
    if made.finish is not None:
        exact = False
        said += (
            f"; then finished: {made.finish.steps} steps of distillation from its parents, so that its weights are "
            "learnt from the merge on"
        )
    if made.baked is not None:
        said += "; put into the base, whatever the rank"
        if made.baked.rounding > VISIBLE:
            exact = False
            said += f", where rounding to the base's precision lost {made.baked.rounding:.1e} of the change"
    return exact, said


def _chosen(made: Made) -> tuple[bool, str]:
    """Of the candidate that a search chose, which may be another merge than the recipe's."""
    found, told = made.candidate, made.diagnostics
    whole = told is None or told.energy_kept > 1 - VISIBLE
    exact = found.method == "linear" and whole
    rank = f"rank {told.rank}" if told is not None else "whole"
    rule = "exact: weighted sum in factor space" if exact else f"not exact: {found.method} in core space"
    weights = ", ".join(f"{weight:.4g}" for weight in found.weights)
    return exact, f"chosen by a search; {rule}, {rank}, weights {weights} at scale {found.scale:.4g}"
