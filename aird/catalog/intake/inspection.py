"""The door of the catalog: what an uploaded folder of model files really is, or why it is not taken.

Nothing here loads a model or imports a library that could: names, JSON and headers are read by our own strict
readers, values are scanned for NaN and Inf as bytes. `model.safetensors.index.json` must say exactly what the
files' headers say; `weight_index` makes it where it is missing.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, NoReturn, Self

from aird.catalog.intake import adapter, adapter_tensors, config, quantized, tokenizer
from aird.catalog.intake import differences as compared
from aird.catalog.intake import text as words
from aird.catalog.intake.differences import Difference, Read
from aird.catalog.intake.files import WEIGHTS, PlainFile, list_files, read_text
from aird.catalog.intake.refusals import IntakeRefused, shown
from aird.catalog.intake.safetensors_header import Header, not_finite, read_header
from aird.catalog.intake.strict_json import parse_object
from aird.runtimes import int8

INDEX = "model.safetensors.index.json"
# Kept in old Llama files; transformers computes it and ignores the stored values.
_ignored = re.compile(r"model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq", re.ASCII)
_embedding = "model.embed_tokens"


@dataclass(frozen=True)
class BaseFacts:
    """What must be known of a base to check what builds on it. `shapes`: (out, in) of each linear module.

    `read` gives its text files, to compare tokenizers and templates with.
    """

    architecture: str
    vocab_size: int
    shapes: Mapping[str, tuple[int, int]]
    tokenizer_sha256: str | None
    digest: str | None = None
    read: Read = field(default=lambda _: None, compare=False, repr=False)
    quantization: str | None = None

    def tensors(self) -> dict[str, tuple[int, ...]]:
        """The shape of every tensor it has; a head that shares the embedding's weights is given as one of its own.

        Worked out from its config.json; where that is not at hand, what `shapes` says.
        """
        raw = self.read(config.CONFIG)
        if raw is None:
            return {f"{module}.weight": shape for module, shape in self.shapes.items()}
        checked = config.check_config(parse_object(raw, config.CONFIG))
        found = config.expected_tensors(checked)
        return {"lm_head.weight": found[f"{_embedding}.weight"]} | found

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any], digest: str | None = None, read: Read = lambda _: None) -> Self:
        """The base's facts out of the `Intake.facts()` that were kept with it."""
        shapes = {name: (int(out), int(inner)) for name, (out, inner) in facts["shapes"].items()}
        tokenizer = facts["tokenizer_sha256"]
        eight = facts.get("quantization")
        return cls(facts["architecture"], facts["vocab_size"], shapes, tokenizer, digest, read, eight)


@dataclass(frozen=True)
class Intake:
    """What an upload is.

    `shapes`, (out, in), and `ranks` list an adapter's changed modules; for whole models `shapes` lists all
    linear ones. `features` is what an adapter has beside its factors, `saved` the tensors that it replaces whole.
    `differs_from` is the digest of the base that `differences` were found against.
    """

    kind: Literal["base", "adapter", "full"]
    architecture: str | None
    parameters: int
    dtype: str
    vocab_size: int | None
    tokenizer_sha256: str | None
    shapes: Mapping[str, tuple[int, int]]
    files: tuple[PlainFile, ...]
    rank: int | None = None
    alpha: float | None = None
    use_rslora: bool = False
    target_modules: tuple[str, ...] = ()
    ranks: Mapping[str, int] | None = None
    features: tuple[str, ...] = ()
    quantization: str | None = None
    saved: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    chat_template_sha256: str | None = None
    differences: tuple[Difference, ...] = ()
    differs_from: str | None = None

    @property
    def bytes(self) -> int:
        return sum(file.size for file in self.files)

    def facts(self) -> dict[str, Any]:
        """As plain JSON values, to be kept with the version; without the files, which the manifest lists."""
        content = asdict(self)
        del content["files"]
        content["shapes"] = {name: list(shape) for name, shape in self.shapes.items()}
        content["target_modules"] = list(self.target_modules)
        content["features"] = list(self.features)
        content["saved"] = {name: list(shape) for name, shape in self.saved.items()}
        content["differences"] = [each.facts() for each in self.differences]
        return content


def inspect(folder: Path, *, base: BaseFacts | None) -> Intake:
    """Check every file of an uploaded folder and say what it is; raises IntakeRefused.

    With `base` given, an adapter must fit it and a whole model must have its shapes and vocabulary (kind
    "full"); without, a whole model is a new base. A template or tokenizer that is not the base's is recorded.
    """
    files = list_files(folder)
    try:
        return _inspect(folder, files, base)
    except IntakeRefused as refusal:
        if refusal.params["reason"] == "incomplete":
            _check_parts(folder, {file.name for file in files})
        raise


def _check_parts(folder: Path, names: set[str]) -> None:
    """What is there of a model that is not whole yet: a push in several steps keeps it until the rest comes."""
    for name in sorted({config.CONFIG, config.GENERATION, adapter.CONFIG} & names):
        config.refuse_dangerous(_json(folder, name), name)
    if INDEX in names:
        places = _json(folder, INDEX).get("weight_map")
        for place in places.values() if isinstance(places, dict) else ():
            if not isinstance(place, str) or not WEIGHTS.fullmatch(place):
                _refuse(INDEX, "index_outside", f"it sends a loader to '{shown(place)}'. Leave the file out.")
    for name in sorted(names):
        if WEIGHTS.fullmatch(name):
            read_header(folder / name)
    words.check_words(words.reader(folder, names), names, None)


def _inspect(folder: Path, files: tuple[PlainFile, ...], base: BaseFacts | None) -> Intake:
    names = {file.name for file in files}
    if adapter.CONFIG in names:
        return _inspect_adapter(folder, files, base)
    if adapter.WEIGHTS in names:
        _refuse(
            adapter.WEIGHTS,
            "incomplete",
            "adapter_config.json is missing beside it. Upload the whole folder.",
        )
    return _inspect_model(folder, files, base)


def base_facts(folder: Path, digest: str | None = None) -> BaseFacts:
    """The facts of a base that lies in `folder`; raises IntakeRefused when it is not a whole model."""
    files = list_files(folder)
    checked, tensors, _ = _model(folder, files)
    names = {file.name for file in files}
    read = words.reader(folder, names)
    return BaseFacts(
        checked.architecture,
        checked.vocab_size,
        _linear(tensors, checked),
        words.check_words(read, names, checked.vocab_size),
        digest,
        read,
        checked.quantization,
    )


def _inspect_adapter(folder: Path, files: tuple[PlainFile, ...], base: BaseFacts | None) -> Intake:
    names = {file.name for file in files}
    for name in sorted(names):
        if name in (config.CONFIG, INDEX) or (WEIGHTS.fullmatch(name) and name != adapter.WEIGHTS):
            _refuse(
                name,
                "mixed",
                "it belongs to a whole model, but the folder is an adapter's. Upload them apart.",
            )
    if adapter.WEIGHTS not in names:
        _refuse(adapter.WEIGHTS, "incomplete", "it is missing. Upload the adapter's weights as safetensors.")
    quantized.check_base(base.quantization if base else None)
    checked = adapter.check_config(_json(folder, adapter.CONFIG))
    header = read_header(folder / adapter.WEIGHTS)
    tensors = base.tensors() if base is not None and checked.saved else None
    found = adapter_tensors.check_tensors(header, checked, base.shapes if base else None, tensors)
    read = words.reader(folder, names)
    digest = words.check_words(read, names, base.vocab_size if base else None)
    differences = _differences(read, base, whole=False)
    _finite(folder, header)
    return Intake(
        kind="adapter",
        architecture=base.architecture if base else None,
        parameters=sum(tensor.parameters for tensor in header.tensors.values()),
        dtype=_dtype([header]),
        vocab_size=base.vocab_size if base else None,
        tokenizer_sha256=digest or (base.tokenizer_sha256 if base else None),
        shapes=found.shapes,
        files=files,
        rank=max(found.ranks.values()),
        alpha=checked.alpha,
        use_rslora=checked.use_rslora,
        target_modules=checked.targets or (adapter.ALL_LINEAR,),
        ranks=found.ranks,
        features=checked.features,
        saved=found.saved,
        chat_template_sha256=compared.template_sha256(compared.template(read)),
        differences=differences,
        differs_from=base.digest if base and differences else None,
    )


def _inspect_model(folder: Path, files: tuple[PlainFile, ...], base: BaseFacts | None) -> Intake:
    checked, tensors, headers = _model(folder, files)
    names = {file.name for file in files}
    read = words.reader(folder, names)
    digest = words.check_words(read, names, checked.vocab_size)
    if digest is None:
        _refuse(tokenizer.TOKENIZER, "incomplete", "it is missing; a whole model brings its tokenizer. Add it.")
    shapes = _linear(tensors, checked)
    if base is not None:
        _same_shapes(checked, shapes, base)
    differences = _differences(read, base, whole=True)
    for header in headers:
        _finite(folder, header)
    return Intake(
        kind="base" if base is None else "full",
        architecture=checked.architecture,
        parameters=sum(math.prod(shape) for name, shape in tensors.items() if not name.endswith(f".{int8.SCALE}")),
        dtype=_dtype(headers),
        quantization=checked.quantization,
        vocab_size=checked.vocab_size,
        tokenizer_sha256=digest,
        shapes=shapes,
        files=files,
        chat_template_sha256=compared.template_sha256(compared.template(read)),
        differences=differences,
        differs_from=base.digest if base and differences else None,
    )


def _model(
    folder: Path, files: tuple[PlainFile, ...]
) -> tuple[config.ModelConfig, dict[str, tuple[int, ...]], list[Header]]:
    """A whole model's configuration, the shapes of its tensors and its headers, which fit each other."""
    names = {file.name for file in files}
    if config.CONFIG not in names:
        _refuse(config.CONFIG, "incomplete", "it is missing; upload a model's or an adapter's whole folder.")
    checked = config.check_config(_json(folder, config.CONFIG))
    if config.GENERATION in names:
        config.check_generation(_json(folder, config.GENERATION))
    headers = [read_header(folder / name) for name in _shards(names)]
    if INDEX in names:
        _check_index(_json(folder, INDEX), headers)
    scales = quantized.scales(checked, config.expected_tensors(checked))
    found: dict[str, tuple[int, ...]] = {}
    for header in headers:
        for tensor in header.tensors.values():
            if tensor.name in found:
                _refuse(header.file, "double_tensor", f"'{tensor.name}' is in two files. Keep it in one.")
            quantized.check_dtype(header.file, tensor, scales)
            found[tensor.name] = tensor.shape
    _fits(found, checked, headers[0].file)
    return checked, found, headers


def _shards(names: set[str]) -> list[str]:
    """The weight files in order: one, or all parts of one numbered set."""
    weights = sorted(name for name in names if WEIGHTS.fullmatch(name))
    if not weights:
        _refuse("model.safetensors", "incomplete", "there are no weights. Upload the model's safetensors files.")
    if weights == ["model.safetensors"]:
        return weights
    for index, name in enumerate(weights, 1):
        match = WEIGHTS.fullmatch(name)
        if match is None or match[2] is None or (int(match[2]), int(match[3])) != (index, len(weights)):
            _refuse(
                name,
                "incomplete",
                f"the {len(weights)} weight files are no complete numbered set; expected here is part"
                f" {index} of {len(weights)}. Upload every part once, and either model.safetensors or the"
                " parts.",
            )
    return weights


def weight_index(folder: Path) -> dict[str, Any] | None:
    """What INDEX must say for the parts of a model that passed the intake; None for a single file."""
    shards = _shards({path.name for path in folder.iterdir()})
    if len(shards) == 1:
        return None
    headers = [read_header(folder / name) for name in shards]
    size = sum(tensor.end - tensor.begin for header in headers for tensor in header.tensors.values())
    return {"metadata": {"total_size": size}, "weight_map": _places(headers)}


def _places(headers: list[Header]) -> dict[str, str]:
    return {name: header.file for header in headers for name in header.tensors}


def _check_index(content: Mapping[str, Any], headers: list[Header]) -> None:
    """The index may name nothing but the files beside it, and must place every tensor where it really is."""
    files = {header.file for header in headers}
    weight_map = content.get("weight_map")
    if not isinstance(weight_map, dict):
        _refuse(INDEX, "bad_index", "it has no weight_map. Leave the file out; it is made anew.")
    for name in weight_map.values():
        if not isinstance(name, str) or name not in files:
            _refuse(
                INDEX,
                "index_outside",
                f"it sends a loader to '{shown(name)}', which is not one of the uploaded weight files. Leave"
                " the file out; it is made anew.",
            )
    if weight_map != _places(headers):
        _refuse(
            INDEX,
            "bad_index",
            "it does not say where the tensors really are. Leave the file out; it is made anew.",
        )


def _fits(found: Mapping[str, tuple[int, ...]], checked: config.ModelConfig, file: str) -> None:
    expected = config.expected_tensors(checked)
    expected |= quantized.scales(checked, expected)
    for name, shape in expected.items():
        if name not in found:
            _refuse(
                file,
                "missing_tensor",
                f"'{name}' is missing; a loader would make up random values. Upload all.",
            )
        if found[name] != shape:
            _refuse(
                file,
                "bad_shape",
                f"'{name}' is {list(found[name])}, but config.json makes it {list(shape)}. Upload the"
                " config.json that belongs to the weights.",
            )
    for name, shape in found.items():
        head = name == "lm_head.weight" and config.tied(checked) and shape == found[f"{_embedding}.weight"]
        if name not in expected and not head and not _ignored.fullmatch(name):
            _refuse(file, "extra_tensor", f"'{name}' is no part of a {checked.architecture} model. Remove it.")


def _linear(tensors: Mapping[str, tuple[int, ...]], checked: config.ModelConfig) -> dict[str, tuple[int, int]]:
    """The linear modules; a head that shares the embedding's weights is none of its own."""
    skipped = {_embedding, "lm_head"} if config.tied(checked) else {_embedding}
    weights = {name: shape for name, shape in tensors.items() if name.endswith(".weight") and len(shape) == 2}
    matrices = {name.removesuffix(".weight"): shape for name, shape in weights.items()}
    return {name: (shape[0], shape[1]) for name, shape in matrices.items() if name not in skipped}


def _finite(folder: Path, header: Header) -> None:
    tensor = not_finite(folder / header.file, header)
    if tensor is not None:
        _refuse(
            header.file,
            "not_finite",
            f"'{tensor}' contains NaN or infinity; every answer would be noise. Go back to a checkpoint"
            " before the training diverged.",
        )


def _differences(read: Read, base: BaseFacts | None, *, whole: bool) -> tuple[Difference, ...]:
    if base is None:
        return ()
    return words.differences(read, base.read, tokenizer_sha256=base.tokenizer_sha256, whole=whole)


def _same_shapes(checked: config.ModelConfig, shapes: Mapping[str, tuple[int, int]], base: BaseFacts) -> None:
    different = [n for n in shapes.keys() | base.shapes.keys() if shapes.get(n) != base.shapes.get(n)]
    if checked.architecture != base.architecture or different:
        _refuse(
            config.CONFIG,
            "base_shape",
            f"this {checked.architecture} model differs from its base ({base.architecture}) in"
            f" {len(different)} modules. Name the right base, or file it as a base of its own.",
        )


def _json(folder: Path, name: str) -> dict[str, Any]:
    return parse_object(read_text(folder, name), name)


def _dtype(headers: list[Header]) -> str:
    """The dtype that holds most of the parameters."""
    counts: Counter[str] = Counter()
    for header in headers:
        for tensor in header.tensors.values():
            counts[tensor.dtype] += tensor.parameters
    return counts.most_common(1)[0][0]


def _refuse(file: str, reason: str, message: str) -> NoReturn:
    raise IntakeRefused(message, reason=reason, file=file)
