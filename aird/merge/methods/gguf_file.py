"""A whole model as one GGUF file for llama.cpp: its numbers, its words and its weights.

Layout and names are those of the GGUF specification (github.com/ggml-org/ggml/blob/master/docs/gguf.md), read through
the package `gguf`. Tensors are written one at a time, in the order of their names: the same model, the same bytes.
Rotary embeddings of a llama turn neighbouring pairs in llama.cpp and halves in transformers: rows of the query and key
weights change places accordingly.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from cyllama.llama import llama_cpp
from gguf import GGMLQuantizationType as Kept
from torch import Tensor

from aird.merge.methods import bake, shards
from aird.merge.methods.errors import MergeNotPossible
from aird.runtimes import loading
from aird.runtimes.edge import knows
from aird.runtimes.edge.knows import WeightType
from aird.runtimes.tensor_file import TensorReader

NORMAL, CONTROL, USER_DEFINED, UNUSED = 1, 3, 4, 5
Q8_BLOCK = 32
DIRECT = {WeightType.F32: Kept.F32, WeightType.F16: Kept.F16, WeightType.Q8_0: Kept.Q8_0, WeightType.Q4_K_M: Kept.F32}
"""What is written here; fewer bits than eight are left to llama.cpp."""
FILE_TYPES = {
    WeightType.F32: gguf.LlamaFileType.ALL_F32,
    WeightType.F16: gguf.LlamaFileType.MOSTLY_F16,
    WeightType.Q8_0: gguf.LlamaFileType.MOSTLY_Q8_0,
    WeightType.Q4_K_M: gguf.LlamaFileType.MOSTLY_Q4_K_M,
}


@dataclass(frozen=True, slots=True)
class Converted:
    """`errors`: by matrix, norm of what rounding changed as a share of the weight's norm; `error` of all together.

    `bits` are those that one weight takes on average.
    """

    tensors: int
    error: float
    errors: dict[str, float]
    bits: float


def convert(
    model: Path,
    out: Path,
    weights: WeightType,
    *,
    origin: str = "",
    threads: int = 1,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Converted:
    """Write the whole model in `model` to the file `out`; `origin` is the digest of the version it comes from.

    Raises MergeNotPossible for what `knows.refusals` says, for NaN, for values that float16 cannot hold.
    """
    torch.set_num_threads(threads)
    source = _Source(model)
    half = out.with_name(f"{out.name}.part")
    direct = half if weights is not WeightType.Q4_K_M else out.with_name(f"{out.name}.f32")
    total = len(source.names) * 2
    _write(source, direct, weights, origin, lambda done: report(done, total))
    if direct != half:
        _shrink(direct, half, weights, threads)
        direct.unlink()
    found = _errors(source, half, lambda done: report(len(source.names) + done, total))
    half.chmod(0o644)
    size = half.stat().st_size
    half.replace(out)
    return Converted(len(source.names), *found, bits=8 * size / max(1, source.values))


class _Source:
    """The model's files: what each tensor is called in GGUF, and its values in float32 as llama.cpp wants them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        # As transformers reads it: for some architectures it cuts up texts otherwise than tokenizer.json says.
        self.words = loading.load_tokenizer(folder)
        self.tokenizer: dict[str, Any] = json.loads(self.words.backend_tokenizer.to_str())
        said = knows.refusals(self.config, self.tokenizer)
        if said:
            raise MergeNotPossible(" ".join(said))
        self.arch = knows.ARCHITECTURES[self.config["model_type"]]
        self.heads = int(self.config["num_attention_heads"])
        self.groups = int(self.config.get("num_key_value_heads") or self.heads)
        self.head = int(self.config.get("head_dim") or self.config["hidden_size"] // self.heads)
        self._where = shards.places(folder)
        layers = int(self.config["num_hidden_layers"])
        names = gguf.get_tensor_name_map(getattr(gguf.MODEL_ARCH, self.arch.upper()), layers)
        tied = bake.is_tied(folder, self._where)
        self.names: dict[str, str] = {}
        for name in sorted(self._where):
            if name == f"{bake.HEAD}.weight" and tied:
                continue
            new = names.get_name(name, try_suffixes=(".weight", ".bias"))
            if new is None:
                raise MergeNotPossible(f"{name} has no place in a GGUF file of {self.arch}.")
            self.names[name] = new
        self.values = sum(math.prod(self.shape(name)) for name in self.names)

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(self._where[name][1].shape)

    def read(self, name: str) -> np.ndarray[Any, np.dtype[np.float32]]:
        with TensorReader(self._where[name][0]) as file:
            values = file.read(name).float()
        if not torch.isfinite(values).all():
            raise MergeNotPossible(f"{name} holds NaN or infinity. Export a version from before training diverged.")
        if self.arch == "llama" and "self_attn.q_proj" in name:
            values = _interleaved(values, self.heads)
        elif self.arch == "llama" and "self_attn.k_proj" in name:
            values = _interleaved(values, self.groups)
        return values.contiguous().numpy()

    def rope_factors(self) -> "np.ndarray[Any, np.dtype[np.float32]] | None":
        """What each frequency is divided by in the llama3 scaling (arXiv:2407.21783, as transformers computes it)."""
        rope = knows.rope_of(self.config)
        if rope["rope_type"] != "llama3":
            return None
        pairs = torch.arange(0, self.head, 2, dtype=torch.float64) / self.head
        waves = 2 * math.pi * rope["rope_theta"] ** pairs
        low, high, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"]
        length = rope["original_max_position_embeddings"]
        smooth = ((length / waves - low) / (high - low)).clamp(0, 1)
        factors: np.ndarray[Any, np.dtype[np.float32]] = (1 / ((1 - smooth) / factor + smooth)).float().numpy()
        return factors


def _interleaved(values: Tensor, heads: int) -> Tensor:
    """Rows of each head from (first half, second half) to neighbouring pairs."""
    return values.reshape(heads, 2, values.shape[0] // heads // 2, -1).transpose(1, 2).reshape(values.shape)


def _kept(shape: tuple[int, ...], weights: WeightType) -> Kept:
    """Vectors stay float32; a matrix whose rows do not divide into blocks is kept in float16."""
    if len(shape) < 2:
        return Kept.F32
    if weights is WeightType.Q8_0 and shape[-1] % Q8_BLOCK:
        return Kept.F16
    return DIRECT[weights]


def _write(source: _Source, out: Path, weights: WeightType, origin: str, report: Callable[[int], None]) -> None:
    writer = gguf.GGUFWriter(out, source.arch)
    _numbers(writer, source, weights, origin)
    _words(writer, source)
    factors = source.rope_factors()
    if factors is not None:
        writer.add_tensor_info("rope_freqs.weight", factors.shape, factors.dtype, factors.nbytes)
    for name, new in source.names.items():
        shape, kept = source.shape(name), _kept(source.shape(name), weights)
        block, size = gguf.GGML_QUANT_SIZES[kept]
        writer.add_tensor_info(new, shape, np.dtype(np.float32), math.prod(shape) // block * size, raw_dtype=kept)
    try:
        writer.write_header_to_file(out)
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        if factors is not None:
            writer.write_tensor_data(factors)
        for done, name in enumerate(source.names, 1):
            values, kept = source.read(name), _kept(source.shape(name), weights)
            if kept is Kept.F16 and np.abs(values).max(initial=0) > np.finfo(np.float16).max:
                raise MergeNotPossible(f"{name} has values that float16 cannot hold. Export it as f32.")
            writer.write_tensor_data(gguf.quants.quantize(values, kept))
            report(done)
    finally:
        writer.close()


def _numbers(writer: gguf.GGUFWriter, source: _Source, weights: WeightType, origin: str) -> None:
    config, rope = source.config, knows.rope_of(source.config)
    writer.add_type("model")
    writer.add_file_type(FILE_TYPES[weights])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    if origin:
        writer.add_string("aird.origin", origin)
    writer.add_context_length(int(config["max_position_embeddings"]))
    writer.add_embedding_length(int(config["hidden_size"]))
    writer.add_block_count(int(config["num_hidden_layers"]))
    writer.add_feed_forward_length(int(config["intermediate_size"]))
    writer.add_head_count(source.heads)
    writer.add_head_count_kv(source.groups)
    writer.add_key_length(source.head)
    writer.add_value_length(source.head)
    writer.add_layer_norm_rms_eps(float(config.get("rms_norm_eps") or 1e-6))
    writer.add_rope_dimension_count(source.head)
    writer.add_rope_freq_base(float(rope["rope_theta"]))
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(float(rope["factor"]))
    writer.add_vocab_size(int(config["vocab_size"]))


def _words(writer: gguf.GGUFWriter, source: _Source) -> None:
    model, size = source.tokenizer["model"], int(source.config["vocab_size"])
    texts = {number: text for text, number in model["vocab"].items()}
    kinds = dict.fromkeys(texts, NORMAL)
    for number, each in source.words.added_tokens_decoder.items():
        texts[number] = str(each)
        kinds[number] = CONTROL if each.special else USER_DEFINED
    if max(texts) >= size:
        raise MergeNotPossible(f"The tokenizer has the token {max(texts)}, the model knows {size}.")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(str(knows.built_in(source.tokenizer)))
    writer.add_token_list([texts.get(number, f"[PAD{number}]") for number in range(size)])
    writer.add_token_types([kinds.get(number, UNUSED) for number in range(size)])
    writer.add_token_merges([each if isinstance(each, str) else " ".join(each) for each in model["merges"]])
    _control(writer, source, source.words)
    template = loading.template(source.folder)
    if isinstance(template, dict):
        template = template.get("default")
    if template:
        writer.add_chat_template(template)


def _control(writer: gguf.GGUFWriter, source: _Source, tokenizer: Any) -> None:
    """Which tokens begin and end; a second one that ends answers is llama.cpp's `eot`."""
    ends = [tokenizer.eos_token_id, *(each for each in _ends(source.folder) if each != tokenizer.eos_token_id)]
    writer.add_eos_token_id(ends[0])
    if len(ends) > 1:
        writer.add_eot_token_id(ends[1])
    if tokenizer.pad_token_id is not None:
        writer.add_pad_token_id(tokenizer.pad_token_id)
    first = tokenizer("a")["input_ids"][:1]
    begins = tokenizer.bos_token_id is not None and first == [tokenizer.bos_token_id]
    if tokenizer.bos_token_id is not None:
        writer.add_bos_token_id(tokenizer.bos_token_id)
    writer.add_add_bos_token(begins)
    writer.add_add_eos_token(False)


def _ends(folder: Path) -> list[int]:
    path = folder / "generation_config.json"
    found = json.loads(path.read_text(encoding="utf-8")).get("eos_token_id") if path.is_file() else None
    return found if isinstance(found, list) else [] if found is None else [found]


def _shrink(source: Path, out: Path, weights: WeightType, threads: int) -> None:
    llama_cpp.disable_logging()
    params = llama_cpp.LlamaModelQuantizeParams()
    params.nthread = threads
    params.ftype = int(FILE_TYPES[weights])
    llama_cpp.model_quantize(str(source), str(out), params)


def _errors(source: _Source, out: Path, report: Callable[[int], None]) -> tuple[float, dict[str, float]]:
    """What the file lost of each matrix, read back from it."""
    kept: Mapping[str, Any] = {each.name: each for each in gguf.GGUFReader(out).tensors}
    sums: dict[str, tuple[float, float]] = {}
    for done, (name, values) in enumerate(_matrices(source), 1):
        tensor = kept[source.names[name]]
        read = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(values.shape)
        lost = float(np.square(read - values, dtype=np.float64).sum())
        sums[name.removesuffix(".weight")] = lost, float(np.square(values, dtype=np.float64).sum())
        report(done)
    lost, whole = (math.fsum(pair[side] for pair in sums.values()) for side in (0, 1))
    each = {name: math.sqrt(one / norm) if norm else 0.0 for name, (one, norm) in sums.items()}
    return math.sqrt(lost / whole) if whole else 0.0, each


def _matrices(source: _Source) -> Iterator[tuple[str, "np.ndarray[Any, np.dtype[np.float32]]"]]:
    for name in source.names:
        if len(source.shape(name)) == 2:
            yield name, source.read(name)
