"""DoRA's layer for answering (https://arxiv.org/abs/2402.09353): its row norms are worked out once, not for each token.

PEFT forms the dense product of the factors and the norms of the whole weight in every forward pass, which costs more
than the pass itself. While nothing is trained they stay the same; so do the numbers, to the last bit.
"""

from typing import Any

import torch
from peft.tuners.lora.dora import DoraLinearLayer
from torch import Tensor, nn


class Dora(DoraLinearLayer):  # type: ignore[misc]
    """The magnitudes of one module's rows, and what each row is multiplied by as long as nobody trains."""

    def __init__(self, magnitude: nn.Parameter) -> None:
        super().__init__(fan_in_fan_out=False)
        self.weight = magnitude
        self._scale: Tensor | None = None

    def train(self, mode: bool = True) -> Any:
        """PEFT's, and what was worked out is forgotten when training begins."""
        if mode:
            self._scale = None
        return super().train(mode)

    def forward(
        self,
        x: Tensor,
        *,
        lora_A: nn.Module,  # noqa: N803 as PEFT calls them
        lora_B: nn.Module,  # noqa: N803
        scaling: float,
        base_layer: nn.Linear,
        base_result: Tensor | None = None,
        adapter_name: str = "default",
    ) -> Tensor:
        """What is added to `base_result`, the base layer's answer to `x`."""
        learning = torch.is_grad_enabled() and self.weight.requires_grad
        if self.training or learning or base_result is None:
            self._scale = None
            answer: Tensor = super().forward(
                x,
                lora_A=lora_A,
                lora_B=lora_B,
                scaling=scaling,
                base_layer=base_layer,
                base_result=base_result,
                adapter_name=adapter_name,
            )
            return answer
        scale = self._scale
        if scale is None or (scale.dtype, scale.device) != (x.dtype, x.device):
            product = self.get_lora_weight(lora_A=lora_A, lora_B=lora_B).to(x.dtype)
            norms = self.get_weight_norm(base_layer.weight.to(x.dtype), product, scaling)
            self._scale = scale = (self.weight / norms).detach().view(1, -1)
        unbiased = base_result if base_layer.bias is None else base_result - base_layer.bias
        added: Tensor = (scale - 1) * unbiased + scale * lora_B(lora_A(x)) * scaling
        return added
