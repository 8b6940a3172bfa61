"""Bad models: a good folder, one thing spoilt in it, and the reason for which the door must refuse it."""

import json
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from safetensors.numpy import load_file, save_file

from tests.catalog import bad_words
from tests.catalog import test_intake as folders
from tests.catalog import test_intake_adapter as adapters
from tests.catalog import test_intake_config as configs
from tests.catalog import test_intake_features as features
from tests.catalog import test_safetensors_header as headers

Spoil = Callable[[Path], object]
MIB = 1024 * 1024


@dataclass(frozen=True)
class Bad:
    """`spoil` makes the good `base` or `adapter` folder bad; any of the `reasons` is the right one."""

    name: str
    kind: Literal["base", "adapter"]
    spoil: Spoil
    reasons: tuple[str, ...]


def fields(file: str, changes: dict[str, Any]) -> Spoil:
    """Set fields of a JSON file."""

    def spoil(folder: Path) -> None:
        content = json.loads((folder / file).read_text(encoding="utf-8")) | changes
        (folder / file).write_text(json.dumps(content), encoding="utf-8")

    return spoil


def tensors(file: str, change: Callable[[dict[str, Any]], object]) -> Spoil:
    """Change the tensors of a safetensors file."""

    def spoil(folder: Path) -> None:
        found = load_file(folder / file)
        change(found)
        save_file(found, folder / file)

    return spoil


def featured(feature: str, change: Callable[[dict[str, Any]], object]) -> Spoil:
    """Give an adapter a feature beside its factors, and change its tensors then."""

    def spoil(folder: Path) -> None:
        tensors(features.WEIGHTS, change)(features.featured(folder, feature))

    return spoil


def content(file: str, raw: bytes | str) -> Spoil:
    """Write a file."""
    data = raw.encode() if isinstance(raw, str) else raw
    return lambda folder: (folder / file).write_bytes(data)


def link(file: str, target: str) -> Spoil:
    """Put a symbolic link in the place of a file."""

    def spoil(folder: Path) -> None:
        (folder / file).unlink(missing_ok=True)
        (folder / file).symlink_to(target)

    return spoil


def index(target: object) -> Spoil:
    """An index that sends one tensor elsewhere."""

    def spoil(folder: Path) -> None:
        places = dict.fromkeys(load_file(folder / "model.safetensors"), "model.safetensors")
        raw = json.dumps({"weight_map": places | {"model.norm.weight": target}})
        (folder / "model.safetensors.index.json").write_text(raw)

    return spoil


def _many_tensors(folder: Path) -> None:
    entry = b'"%d":{"dtype":"U8","shape":[1],"data_offsets":[%d,%d]}'
    raw = b"{" + b",".join(entry % (n, n, n + 1) for n in range(60_000)) + b"}"
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(raw)) + raw + bytes(60_000))


def _huge(file: str, size: int) -> Spoil:
    def spoil(folder: Path) -> None:
        with (folder / file).open("wb") as stream:
            stream.truncate(size)

    return spoil


WEIGHTS = ("model.safetensors", "README.md", "tokenizer.json")
GGUF = b"GGUF" + struct.pack("<IQQ", 3, 0, 1)
PICKLE = b"\x80\x04\x95\x1d" + bytes(7) + b"\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94."
NAMES = (
    ".hidden", "-rf", "a b.json", "tokenizer.json ", "config.json\u200b", "c\u043enfig.json", "a\u202egnp.json",
    "\uff43onfig.json", "x..json", "trailing.", "%2e%2e", "$(id)", "a;b", "a\tb", "a\nb", "a\\..\\b", "x" * 200, "~",
)  # fmt: skip
DEVICES = ("CON", "NUL.json", "aux.txt", "COM1", "Config.json", "CONFIG.JSON", "Tokenizer.json", "MODEL.SAFETENSORS")


def file_cases() -> Iterator[Bad]:
    """Files that may not be there, links, names, sizes, archives under other names."""
    for file, why in folders.FILES:
        yield Bad(f"a file {file!r}", "base", content(file, "{}"), (why,))
    for number, raw in enumerate(folders.MAGIC):
        for file in WEIGHTS:
            yield Bad(f"{file} is magic {number}", "base", content(file, raw + bytes(40)), ("disguised",))
    for file in ("pytorch_model.bin", "model.pkl", "adapter_model.bin", "data.dill", "weights.joblib", "model.pth"):
        yield Bad(f"a pickle {file}", "adapter", content(file, PICKLE), ("pickle", "code"))
    for file in ("adapter_model.safetensors", "adapter_config.json", "README.md"):
        yield Bad(f"a pickle as {file}", "adapter", content(file, PICKLE), ("disguised",))
        yield Bad(f"a GGUF as {file}", "adapter", content(file, GGUF + b"\xff" * 25), ("disguised",))
    for name in NAMES:
        yield Bad(f"the name {name!r}", "base", content(name, "{}"), ("name_hard_to_read", "not_on_the_list"))
    for name in DEVICES:
        yield Bad(f"the name {name}", "base", content(name, "{}"), ("not_on_the_list",))
    for file in ("model.safetensors", "config.json", "README.md", "tokenizer.json"):
        for target in ("/etc/passwd", "../adapter/adapter_model.safetensors", "/dev/zero", "nowhere"):
            yield Bad(f"{file} links to {target}", "base", link(file, target), ("link",))
    for folder in ("original", "additional_chat_templates", ".git"):
        yield Bad(f"a folder {folder}", "base", lambda to, f=folder: (to / f).mkdir(), ("folder", "name_hard_to_read"))
    yield Bad("a 49 MB tokenizer", "base", _huge("tokenizer.json", 49 * MIB), ("too_large",))
    yield Bad("a config of 2 GB of zeros", "base", _huge("config.json", 2048 * MIB), ("too_large",))
    yield Bad("weights of 4 GB of zeros", "base", _huge("model.safetensors", 4096 * MIB), ("not_safetensors",))


def weight_cases() -> Iterator[Bad]:
    """Headers, indexes, tensors."""
    for name, raw, why in headers.BAD:
        reasons = (why, "disguised")
        yield Bad(f"header: {name}", "base", content("model.safetensors", raw), reasons)
    yield Bad("header: 60,000 tensors", "base", _many_tensors, ("too_many_tensors",))
    targets: list[object] = [*folders.TRAVERSALS.split(), "..\\model.safetensors", "model.safetensors\0", "", 7, None]
    targets += ["%2e%2e/model.safetensors", "..%2fmodel.safetensors", "file:///etc/passwd", "\\\\host\\share", ["a"]]
    for target in targets:
        yield Bad(f"index to {target!r}", "base", index(target), ("index_outside",))
    for number, (change, why) in enumerate(folders.TENSORS):
        yield Bad(f"weights {number}: {why}", "base", tensors("model.safetensors", change), (why,))
    for number, (change, why) in enumerate(adapters.TENSORS):
        yield Bad(f"factors {number}: {why}", "adapter", tensors("adapter_model.safetensors", change), (why,))
    for number, (feature, change, why) in enumerate(features.FEATURED):
        yield Bad(f"{feature} {number}: {why}", "adapter", featured(feature, change), (why,))


def config_cases() -> Iterator[Bad]:
    """The JSON files, field by field and as text."""
    for changes, why in configs.CONFIGS:
        yield Bad(f"config {str(changes)[:60]}", "base", fields("config.json", changes), (why, "not_finite"))
    for changes, why in configs.GENERATION:
        yield Bad(f"generation {str(changes)[:60]}", "base", fields("generation_config.json", changes), (why,))
    for changes, why in adapters.CONFIGS:
        yield Bad(f"adapter {str(changes)[:60]}", "adapter", fields("adapter_config.json", changes), (why,))
    for raw, why in (*adapters.RAW, *bad_words.JSON):
        yield Bad(f"adapter text {raw[:40]!r}", "adapter", content("adapter_config.json", raw), (why,))
        yield Bad(f"config text {raw[:40]!r}", "base", content("config.json", raw), (why, "architecture"))


def word_cases() -> Iterator[Bad]:
    """Tokenizers, chat templates, cards."""
    for changes, why in (*configs.TOKENIZERS, *bad_words.TOKENIZERS):
        yield Bad(f"tokenizer {str(changes)[:60]}", "base", fields("tokenizer.json", changes), (why,))
    for changes, why in (*configs.TOKENIZER_CONFIGS, *bad_words.TOKENIZER_CONFIGS):
        yield Bad(f"tokenizer_config {str(changes)[:60]}", "base", fields("tokenizer_config.json", changes), (why,))
    for name, text, why in bad_words.TEMPLATES:
        yield Bad(f"template: {name}", "base", content("chat_template.jinja", text), (why,))
    for name, text, why in bad_words.TEMPLATES[::4]:
        yield Bad(f"template in JSON: {name}", "base", fields("tokenizer_config.json", {"chat_template": text}), (why,))
    for name, text, why in bad_words.CARDS:
        yield Bad(f"card: {name}", "adapter", content("README.md", text), (why,))


def cases() -> list[Bad]:
    """All of them, each with a name of its own."""
    found = [*file_cases(), *weight_cases(), *config_cases(), *word_cases()]
    seen: Counter[str] = Counter()
    named = []
    for bad in found:
        seen[bad.name] += 1
        named.append(replace(bad, name=f"{bad.name} ({seen[bad.name]})") if seen[bad.name] > 1 else bad)
    return named
