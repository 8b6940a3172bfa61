"""config.json and generation_config.json of an upload: known architectures, known fields, sizes that make
sense.

transformers sets every field of the file on the configuration, and some fields make it fetch code
(`auto_map`, an attention "kernel" from a hub), switch off a check (`trust_remote_code`) or allocate at will
(`num_labels`). So fields are taken from a list, and the tensors that the architecture must have are computed
here from six numbers.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from aird.catalog.intake.refusals import IntakeRefused, shown
from aird.catalog.intake.strict_json import walk
from aird.runtimes import int8

CONFIG = "config.json"
GENERATION = "generation_config.json"

ARCHITECTURES = {
    "llama": "LlamaForCausalLM",
    "mistral": "MistralForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
    "gemma2": "Gemma2ForCausalLM",
}
# Field: (least, greatest) whole number.
SIZES = {
    "vocab_size": (2, 2_000_000),
    "hidden_size": (4, 65_536),
    "intermediate_size": (4, 524_288),
    "num_hidden_layers": (1, 512),
    "num_attention_heads": (1, 1024),
    "max_position_embeddings": (1, 16_777_216),
}
OPTIONAL_SIZES = {"num_key_value_heads": (1, 1024), "head_dim": (1, 4096)}

_fields = frozenset(
    {
        *(
            "architectures",
            "model_type",
            "transformers_version",
            "dtype",
            "torch_dtype",
            "_name_or_path",
            *SIZES,
        ),
        *(
            "hidden_act",
            "hidden_activation",
            "initializer_range",
            "rms_norm_eps",
            "use_cache",
            "pretraining_tp",
        ),
        *(
            "pad_token_id",
            "bos_token_id",
            "eos_token_id",
            "tie_word_embeddings",
            "rope_theta",
            "rope_scaling",
        ),
        *(
            "rope_parameters",
            "attention_bias",
            "attention_dropout",
            "mlp_bias",
            "use_sliding_window",
            "sliding_window",
        ),
        *(
            "max_window_layers",
            "layer_types",
            "query_pre_attn_scalar",
            "final_logit_softcapping",
            "chunk_size_feed_forward",
        ),
        *(
            "attn_logit_softcapping",
            "use_bidirectional_attention",
            "cache_implementation",
            "output_hidden_states",
        ),
        *(
            "output_attentions",
            "return_dict",
            "is_encoder_decoder",
            "id2label",
            "label2id",
            "problem_type",
            *OPTIONAL_SIZES,
        ),
        *(
            "unsloth_fixed",
            "unsloth_version",
            "_attn_implementation_autoset",
            "original_max_position_embeddings",
        ),
    }
)
_generation_fields = frozenset(
    {
        *(
            "bos_token_id",
            "eos_token_id",
            "pad_token_id",
            "do_sample",
            "temperature",
            "top_p",
            "top_k",
            "min_p",
        ),
        *("typical_p", "max_length", "max_new_tokens", "min_length", "min_new_tokens", "repetition_penalty"),
        *(
            "no_repeat_ngram_size",
            "length_penalty",
            "num_beams",
            "early_stopping",
            "use_cache",
            "transformers_version",
        ),
        *(
            "_from_model_config",
            "renormalize_logits",
            "output_attentions",
            "output_hidden_states",
            "return_dict_in_generate",
        ),
        *("output_scores", "cache_implementation", "chat_format", "max_window_size"),
    }
)
_dangerous = {
    "auto_map": "it makes a loader import Python code that comes with the model",
    "trust_remote_code": "it switches off the loader's check against code that comes with the model",
    "custom_pipelines": "it makes a loader import Python code that comes with the model",
    "custom_generate": "it makes a loader import Python code that comes with the model",
    "_attn_implementation": "it can make a loader fetch compiled code",
    "attn_implementation": "it can make a loader fetch compiled code",
    "quantization_config": "quantised weights cannot be merged or trained on exactly; upload the model unquantised,"
    " or with exactly the eight-bit weights that `aird quantize` makes",
}
_dtypes = ("float32", "float16", "bfloat16", "float64")


@dataclass(frozen=True)
class ModelConfig:
    """What config.json says, checked."""

    architecture: str
    vocab_size: int
    fields: Mapping[str, Any]

    @property
    def quantization(self) -> str | None:
        """What the weights are quantised to: aird.runtimes.int8.METHOD, or None for float weights."""
        return int8.METHOD if self.fields.get("quantization_config") is not None else None


def refuse_dangerous(content: Any, file: str) -> None:
    """Refuse fields that lead to code, however deep they stand; a null there is harmless.

    The one `quantization_config` that is known is let through where it belongs.
    """
    if file == CONFIG and isinstance(content, dict) and _same(content.get("quantization_config"), int8.CONFIG):
        content = {key: value for key, value in content.items() if key != "quantization_config"}
    for key, value in walk(content):
        if key in _dangerous and value is not None and value is not False:
            _refuse(file, "dangerous_field", f"'{key}' is refused: {_dangerous[key]}. Remove the field.")


def check_config(content: Mapping[str, Any], file: str = CONFIG) -> ModelConfig:
    """The checked configuration; raises IntakeRefused."""
    refuse_dangerous(content, file)
    architecture = content.get("model_type")
    if not isinstance(architecture, str) or architecture not in ARCHITECTURES:
        _refuse(
            file,
            "architecture",
            f"the architecture '{shown(architecture)}' is not known here; known are {', '.join(ARCHITECTURES)}.",
        )
    if content.get("architectures") not in (None, [ARCHITECTURES[architecture]]):
        _refuse(
            file,
            "architecture",
            f"'architectures' must be [\"{ARCHITECTURES[architecture]}\"] for {architecture}, a model that"
            " writes text.",
        )
    _only(content, _fields, file)
    for name, bounds in (SIZES | OPTIONAL_SIZES).items():
        value = content.get(name)
        if value is None and name in OPTIONAL_SIZES:
            continue
        _whole(value, name, bounds, file)
    heads, groups = (
        content["num_attention_heads"],
        content.get("num_key_value_heads") or content["num_attention_heads"],
    )
    if heads % groups or (content.get("head_dim") is None and content["hidden_size"] % heads):
        _refuse(file, "bad_size", f"{heads} attention heads do not divide by {groups} or into the hidden size.")
    for name in ("dtype", "torch_dtype"):
        if content.get(name) is not None and content[name] not in _dtypes:
            _refuse(
                file,
                "dtype",
                f"'{name}' is '{shown(content[name])}'; known are {', '.join(_dtypes)}.",
            )
    _plain_values(content, file)
    return ModelConfig(architecture, content["vocab_size"], content)


def check_generation(content: Mapping[str, Any]) -> None:
    """Refuse fields of generation_config.json that lead to code, to other models or to endless work."""
    refuse_dangerous(content, GENERATION)
    _only(content, _generation_fields, GENERATION)
    _plain_values(content, GENERATION)
    for name, greatest in (("num_beams", 16), ("max_length", 16_777_216), ("max_new_tokens", 16_777_216)):
        if content.get(name) is not None:
            _whole(content[name], name, (0, greatest), GENERATION)


def expected_tensors(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor of a whole model so configured; linear weights are (out, in)."""
    fields, kind = config.fields, config.architecture
    width, inner, heads = fields["hidden_size"], fields["intermediate_size"], fields["num_attention_heads"]
    # What transformers takes when config.json does not say it: Gemma 2 has its own values for both.
    head = fields.get("head_dim") or (256 if kind == "gemma2" else width // heads)
    keys = head * (fields.get("num_key_value_heads") or heads)
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (config.vocab_size, width)}
    for index in range(fields["num_hidden_layers"]):
        layer = f"model.layers.{index}."
        linear = {
            "self_attn.q_proj": (head * heads, width),
            "self_attn.k_proj": (keys, width),
            "self_attn.v_proj": (keys, width),
            "self_attn.o_proj": (width, head * heads),
            "mlp.gate_proj": (inner, width),
            "mlp.up_proj": (inner, width),
            "mlp.down_proj": (width, inner),
        }
        for name, shape in linear.items():
            shapes[f"{layer}{name}.weight"] = shape
            if _has_bias(name, kind, fields):
                shapes[f"{layer}{name}.bias"] = shape[:1]
        norms = ["input_layernorm", "post_attention_layernorm"]
        norms += ["pre_feedforward_layernorm", "post_feedforward_layernorm"] if kind == "gemma2" else []
        shapes |= {f"{layer}{norm}.weight": (width,) for norm in norms}
        if kind == "qwen3":
            shapes |= {f"{layer}self_attn.{norm}.weight": (head,) for norm in ("q_norm", "k_norm")}
    shapes["model.norm.weight"] = (width,)
    if not tied(config):
        shapes["lm_head.weight"] = (config.vocab_size, width)
    return shapes


def tied(config: ModelConfig) -> bool:
    """Whether the head shares the embedding's weights."""
    value = config.fields.get("tie_word_embeddings")
    return config.architecture == "gemma2" if value is None else bool(value)


def _same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same, without taking true for 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _has_bias(name: str, kind: str, fields: Mapping[str, Any]) -> bool:
    if name.startswith("mlp."):
        return kind == "llama" and bool(fields.get("mlp_bias"))
    if kind == "qwen2":
        return not name.endswith("o_proj")
    return kind != "mistral" and bool(fields.get("attention_bias"))


def _only(content: Mapping[str, Any], known: frozenset[str], file: str) -> None:
    for key in content:
        if key not in known and key not in _dangerous and content[key] is not None:
            _refuse(
                file,
                "unknown_field",
                f"the field '{shown(key)}' is not known for this kind of model, and a loader might act on"
                " it. Remove it.",
            )


def _plain_values(content: Mapping[str, Any], file: str) -> None:
    for key, value in walk(content):
        entries = value if isinstance(value, list) else [value]
        for entry in entries:
            fine = entry is None or isinstance(entry, bool | dict)
            fine = fine or (isinstance(entry, int) and abs(entry) < 2**53)
            fine = fine or (isinstance(entry, float) and math.isfinite(entry))
            fine = fine or (isinstance(entry, str) and len(entry) <= 500)
            if not fine or len(entries) > 4096:
                _refuse(
                    file,
                    "bad_value",
                    f"'{shown(key)}' has a value of an impossible size or kind. Correct it.",
                )


def _whole(value: Any, name: str, bounds: tuple[int, int], file: str) -> None:
    if type(value) is not int or not bounds[0] <= value <= bounds[1]:
        _refuse(
            file,
            "bad_size",
            f"'{name}' must be a whole number from {bounds[0]} to {bounds[1]}, not {shown(value)}. Correct it.",
        )


def _refuse(file: str, reason: str, message: str) -> NoReturn:
    raise IntakeRefused(message, reason=reason, file=file)
