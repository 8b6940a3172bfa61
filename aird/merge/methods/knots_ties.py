"""KnOTS-TIES: TIES on the right factors of one joint SVD (https://arxiv.org/abs/2410.19735).

The changes of all adapters side by side, [D_1 | ... | D_N] = U S [V_1 | ... | V_N]^T, share the output basis U; TIES
runs on the blocks S V_i^T. The big matrix is never formed: with D_i = u C_i v^T its Gram matrix is the sum of
(C_i v^T)(C_i v^T)^T, as small as the cores.
"""

from collections.abc import Sequence

import torch

from aird.merge.methods import core
from aird.merge.methods.core import Cores, Merged
from aird.merge.methods.ties import elect


def merge(space: Cores, weights: Sequence[float], densities: Sequence[float], *, normalize: bool = True) -> Merged:
    """The merged core of one module, float64; each density lies in (0, 1].

    Trimming entries of rows leaves the adapters' input space, so the result comes in a wider one.
    """
    gram = torch.stack([each @ each.T for each in space.cores]).sum(0)
    _, vectors = torch.linalg.eigh(gram)
    v = space.v.matrix
    rows = elect([vectors.T @ each @ v.T for each in space.cores], weights, densities, normalize=normalize)
    wider = core.orthonormal(torch.cat([v, rows.T], dim=1))
    turned = Cores(space.u, core.plain(wider), space.lefts, tuple(each @ (v.T @ wider) for each in space.rights))
    return Merged(turned, vectors @ rows @ wider)
