"""Whose attention is known well enough to be given a mask of our own, or keys and values of several rows."""

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from aird.runtimes.hf import LoadedModel

TOLERANCE = {torch.float32: 1e-3}
COARSE = 0.2
"""How far log-probabilities may be off the plain way's: rounding of half-precision types."""


def unknown(model: "LoadedModel") -> str | None:
    """Why the model has to be asked in the plain way; None where every layer looks at all tokens through SDPA."""
    config = model.network.config.get_text_config()
    if config._attn_implementation != "sdpa":
        return f"its attention is {config._attn_implementation}"
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    if kinds != {"full_attention"}:
        return f"it has layers of the kinds {', '.join(sorted(kinds))}"
    window = getattr(config, "sliding_window", None)
    if window is not None and window < model.context and getattr(config, "use_sliding_window", True):
        return f"it attends to {window} tokens alone"
    return None


def tolerance(model: "LoadedModel") -> float:
    """How far log-probabilities (nats) of one token may be off the plain way's."""
    return TOLERANCE.get(model.network.dtype, COARSE)
