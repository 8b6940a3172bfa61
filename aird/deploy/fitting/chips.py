"""Kinds of chips: what they compute in, and which runtimes are known to have been built for them. Pure.

A chip of this house is recognised by a word of its flavour's name. What is said of a runtime here was read in its
documents (vLLM's installation and plugin pages, PyTorch's builds); only the evidence table says what was tried.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from aird.deploy.placement import RuntimeKind


class Family(StrEnum):
    """Who makes it, as far as software is concerned."""

    CPU = "cpu"
    NVIDIA = "nvidia"
    AMD = "amd"
    INTEL = "intel"
    ASCEND = "ascend"
    APPLE = "apple"
    GAUDI = "gaudi"
    TPU = "tpu"
    CAMBRICON = "cambricon"
    METAX = "metax"
    OTHER = "other"


@dataclass(frozen=True)
class Profile:
    """One kind of chip; `runs` says by runtime through what it is reached."""

    family: Family
    title: str
    words: tuple[str, ...]
    dtypes: tuple[str, ...]
    runs: Mapping[RuntimeKind, str] = field(default_factory=dict)


HF, VLLM = RuntimeKind.HF, RuntimeKind.VLLM
FLOATS = ("float32", "float16", "bfloat16")
PROFILES = (
    Profile(Family.CPU, "CPU", ("cpu",), ("float32", "bfloat16", "int8"), {HF: "PyTorch", VLLM: "vLLM's CPU build"}),
    Profile(
        Family.NVIDIA, "NVIDIA GPU",
        ("nvidia", "h100", "h200", "h800", "h20", "b200", "a100", "a800", "a10", "l20", "l4", "t4", "v100", "rtx"),
        FLOATS, {HF: "PyTorch for CUDA", VLLM: "vLLM"},
    ),
    Profile(
        Family.AMD, "AMD GPU", ("amd", "mi300", "mi325", "mi250", "mi210", "radeon"), FLOATS,
        {HF: "PyTorch for ROCm", VLLM: "vLLM for ROCm"},
    ),
    Profile(Family.GAUDI, "Intel Gaudi", ("gaudi", "hpu"), FLOATS, {VLLM: "the plugin vllm-gaudi"}),
    Profile(Family.INTEL, "Intel GPU", ("intel", "xpu", "arc", "max 1"), FLOATS, {VLLM: "vLLM for XPU"}),
    Profile(Family.ASCEND, "Huawei Ascend", ("ascend", "910", "310"), FLOATS, {VLLM: "the plugin vllm-ascend"}),
    Profile(Family.APPLE, "Apple GPU", ("apple", "mps", "metal"), FLOATS, {VLLM: "the plugin vllm-metal"}),
    Profile(Family.TPU, "Google TPU", ("tpu",), ("bfloat16", "float32"), {VLLM: "the plugin tpu-inference"}),
    Profile(Family.CAMBRICON, "Cambricon MLU", ("cambricon", "mlu"), FLOATS, {VLLM: "the plugin vllm-mlu"}),
    Profile(Family.METAX, "MetaX", ("metax", "c500"), FLOATS, {VLLM: "the plugin vllm-metax"}),
)  # fmt: skip
OTHER = Profile(Family.OTHER, "Another chip", (), FLOATS)


def profile(flavour: str) -> Profile:
    """The kind of chip that a flavour's name tells of."""
    name = flavour.lower()
    return next((each for each in PROFILES if any(word in name for word in each.words)), OTHER)
