"""The tensors of a model with eight-bit weights: which have a scale, and which type each must be.

Such a model is taken with exactly the `quantization_config` of aird.runtimes.int8, int8 matrices and float32 scales.
"""

from collections.abc import Collection, Mapping
from typing import NoReturn

from aird.catalog.intake.config import ModelConfig
from aird.catalog.intake.refusals import IntakeRefused
from aird.catalog.intake.safetensors_header import Tensor
from aird.runtimes import int8

FLOATS = frozenset({"F32", "F16", "BF16", "F64"})
_left_alone = ("model.embed_tokens.weight", "lm_head.weight")


def scales(config: ModelConfig, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Name and shape of every scale; none for a model that is not quantised.

    `shapes` is what config.expected_tensors says: a weight in eight bits is a matrix other than embedding and head.
    """
    if config.quantization is None:
        return {}
    matrices = {name: shape for name, shape in shapes.items() if len(shape) == 2 and name not in _left_alone}
    return {_scale(name): (shape[0], 1) for name, shape in matrices.items()}


def check_dtype(file: str, tensor: Tensor, scaled: Collection[str]) -> None:
    """Raise IntakeRefused unless the tensor has its type: int8 where it has a scale, a float type elsewhere."""
    if tensor.name in scaled or _scale(tensor.name) in scaled:
        wanted = "F32" if tensor.name in scaled else "I8"
        if tensor.dtype != wanted:
            _refuse(file, f"'{tensor.name}' is {tensor.dtype}, by config.json it is {wanted}. Quantise the model anew.")
    elif tensor.dtype not in FLOATS:
        _refuse(file, f"'{tensor.name}' is {tensor.dtype}, not a float type. Upload unquantised weights.")


def check_base(quantization: str | None) -> None:
    """Raise IntakeRefused for an adapter whose base has eight-bit weights."""
    if quantization is not None:
        raise IntakeRefused(
            "its base has weights in eight bits, which an adapter cannot change. Name the version they were made from.",
            reason="quantized_base",
            file="adapter_config.json",
        )


def _scale(name: str) -> str:
    return f"{name.removesuffix('weight')}{int8.SCALE}"


def _refuse(file: str, message: str) -> NoReturn:
    raise IntakeRefused(message, reason="dtype", file=file)
