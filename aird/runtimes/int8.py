"""Whole models with weights in eight bits: the one kind that is made, taken in and run here.

Each row of a linear module's weight has a scale (compressed-tensors' "int-quantized", which transformers and vLLM
load); the inputs are rounded to eight bits as they come, token by token, by whoever runs the model. Embedding, head
and norms stay as they were.
"""

from typing import Any

METHOD = "int8"
SCALE = "weight_scale"
LARGEST = 127
_args = {"num_bits": 8, "type": "int", "symmetric": True}
CONFIG: dict[str, Any] = {
    "quant_method": "compressed-tensors",
    "format": "int-quantized",
    "quantization_status": "compressed",
    "ignore": ["lm_head"],
    "config_groups": {
        "group_0": {
            "targets": ["Linear"],
            "weights": {**_args, "strategy": "channel", "dynamic": False},
            "input_activations": {**_args, "strategy": "token", "dynamic": True},
        }
    },
}
"""`quantization_config` of config.json; the catalog takes no other. A group without `input_activations` is read by
transformers and vLLM as packed into 32-bit words, and its weights are not found."""
