"""Isotropic merging in common subspace (Iso-C, https://arxiv.org/abs/2502.04959), in core space.

The weighted sum of the adapters keeps its singular vectors, and every singular value becomes their mean: no skill's
directions drown in another's. Run on whole matrices the rule would also fill all directions that no adapter has
touched; in core space there are none. The rule does not depend on the chosen basis.
"""

from collections.abc import Sequence

import torch

from aird.merge.methods import core, linear
from aird.merge.methods.core import Cores, Merged


def merge(space: Cores, weights: Sequence[float]) -> Merged:
    """The merged core of one module, float64."""
    left, values, right = torch.linalg.svd(linear.merge(space, weights).core, full_matrices=False)
    kept = core.rank_of(values)
    if kept == 0:
        return Merged(space, left @ right * 0.0)
    return Merged(space, left[:, :kept] @ right[:kept] * values[:kept].mean())
