"""What can be written as GGUF so that llama.cpp gives the same answers, and by name what cannot. Pure, without ML.

A GGUF file has no tokenizer in it, only the name of one that llama.cpp has built in. A name that does not fit is not
noticed by anybody: texts are cut up in other places and the answers get worse. So a tokenizer is taken only where its
own description is exactly that of a built-in one.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

FORMAT = "gguf"
"""What `facts` of a version call such a file; its weights are read by llama.cpp alone."""
FILE = "model.gguf"
RUNTIME: Final = "llama.cpp"
ARCHITECTURES = {"llama": "llama", "mistral": "llama", "qwen2": "qwen2", "qwen3": "qwen3"}
"""By model_type of config.json: what llama.cpp calls it."""


class WeightType(StrEnum):
    """How the matrices are kept; norms and biases always stay float32."""

    F32 = "f32"
    F16 = "f16"
    Q8_0 = "q8_0"  # eight bits, a scale for each 32 weights
    Q4_K_M = "q4_k_m"  # four bits and more where it matters, chosen by llama.cpp


_GPT2 = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
_BYTES = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}
_DIGITS = {"type": "Digits", "individual_digits": True}
_words = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def _split(regex: str) -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": False}


BUILT_IN: tuple[tuple[str, bool, list[dict[str, Any]]], ...] = (
    ("gpt-2", False, [_GPT2]),
    ("llama-bpe", True, [_split(_words % r"\p{N}{1,3}"), _BYTES]),
    ("qwen2", False, [_split(_words % r"\p{N}"), _BYTES]),
    ("smollm", False, [_DIGITS, _GPT2]),
)
"""Name in llama.cpp, whether whole words skip the merges there, and the steps as tokenizer.json describes them."""
NORMALIZERS = (None, "NFC")
"""llama.cpp changes nothing in a text; composed characters are what keyboards write, so NFC is let pass."""


def built_in(tokenizer: Mapping[str, Any]) -> str | None:
    """The name that llama.cpp has for how this tokenizer.json cuts up texts; None where it has none."""
    model = tokenizer.get("model") or {}
    found = [_told(each) for each in _steps(tokenizer.get("pre_tokenizer"))]
    for name, whole_words, steps in BUILT_IN:
        if found == steps and bool(model.get("ignore_merges")) is whole_words:
            return name
    return None


def refusals(config: Mapping[str, Any], tokenizer: Mapping[str, Any] | None) -> list[str]:
    """Why a whole model with this config.json and tokenizer.json is not exported; nothing when it is."""
    return [
        *network_refusals(config),
        *(_tokenizer(tokenizer) if tokenizer is not None else ["It has no tokenizer.json."]),
    ]


def network_refusals(config: Mapping[str, Any]) -> list[str]:
    """What of `refusals` config.json alone says."""
    kind = str(config.get("model_type"))
    if kind not in ARCHITECTURES:
        return [f"The architecture {kind} is not exported; known are {', '.join(ARCHITECTURES)}."]
    found = []
    rope = rope_of(config)
    if rope["rope_type"] not in ("default", "linear", "llama3"):
        found.append(f"Its rotary embedding is scaled by {rope['rope_type']}; known are linear and llama3.")
    sliding = config.get("sliding_window") is not None and config.get("use_sliding_window", kind == "mistral")
    if sliding:
        found.append("It attends to a sliding window, which the export does not carry over.")
    if kind == "qwen3" and config.get("attention_bias"):
        found.append("Its attention has biases, for which the runtime has no place in a qwen3.")
    if (config.get("hidden_act") or "silu") != "silu":
        found.append(f"Its activation is {config['hidden_act']}; the runtime computes silu.")
    if config.get("quantization_config") is not None:
        found.append("Its weights are in eight bits already. Export the version it was made from.")
    return found


def _tokenizer(tokenizer: Mapping[str, Any]) -> list[str]:
    model = tokenizer.get("model") or {}
    if model.get("type") != "BPE" or model.get("byte_fallback"):
        kind = f"{model.get('type')} with byte fallback" if model.get("byte_fallback") else model.get("type")
        return [f"Its tokenizer is {kind}; exported are tokenizers of byte-level BPE."]
    found = []
    if built_in(tokenizer) is None:
        steps = " then ".join(_named(each) for each in _steps(tokenizer.get("pre_tokenizer"))) or "nothing"
        found.append(
            f"Its tokenizer cuts up texts by {steps}, which {RUNTIME} has not built in; it would read other tokens "
            f"without a word. Known are {', '.join(name for name, _, _ in BUILT_IN)}."
        )
    normalizer = tokenizer.get("normalizer")
    if (normalizer or {}).get("type") not in NORMALIZERS:
        found.append(f"Its tokenizer changes texts first ({normalizer['type']}), which {RUNTIME} does not.")  # type: ignore[index]
    odd = [each for each in tokenizer.get("added_tokens") or () if any(map(each.get, ("lstrip", "rstrip")))]
    if odd or any(each.get("single_word") for each in tokenizer.get("added_tokens") or ()):
        found.append("It has added tokens that swallow the space beside them or are whole words only.")
    return found


def rope_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Rotary parameters of a config.json of either generation: `rope_type`, `rope_theta` and what the type needs."""
    told = config.get("rope_parameters") or config.get("rope_scaling") or {}
    theta = told.get("rope_theta") or config.get("rope_theta") or 10000.0
    return {**told, "rope_type": told.get("rope_type") or told.get("type") or "default", "rope_theta": theta}


def _steps(told: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    if told is None:
        return []
    return list(told["pretokenizers"]) if told.get("type") == "Sequence" else [told]


def _told(step: Mapping[str, Any]) -> dict[str, Any]:
    """A step without what changes no token (offsets)."""
    return {key: value for key, value in step.items() if key != "trim_offsets"}


def _named(step: Mapping[str, Any]) -> str:
    pattern = step.get("pattern") or {}
    return f"{step.get('type')} {next(iter(pattern.values()), '')}".strip()
