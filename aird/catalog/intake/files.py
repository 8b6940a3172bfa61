"""Which files an uploaded model may consist of: names from one list, plain files, bytes that are what the
name says.

Nothing that a loader could execute or unpack is taken: no code, no pickle, no archive, whatever it is called.
"""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from aird.catalog.intake.refusals import IntakeRefused, shown
from aird.catalog.intake.safetensors_header import open_plain

MAX_FILES = 600
MIB = 1024 * 1024
HEAD = 512

# The largest size in bytes of each file that is read as text; weights are bounded by the store's quota.
TEXT_FILES = {
    **{"config.json": MIB, "generation_config.json": MIB, "adapter_config.json": MIB},
    **{"tokenizer.json": 48 * MIB, "tokenizer_config.json": 4 * MIB, "special_tokens_map.json": MIB},
    **{"added_tokens.json": 4 * MIB, "vocab.json": 16 * MIB, "vocab.txt": 16 * MIB, "merges.txt": 16 * MIB},
    **{"chat_template.jinja": MIB // 16, "model.safetensors.index.json": 8 * MIB},
    **{"README.md": 2 * MIB, "LICENSE": MIB, "LICENSE.txt": MIB, "LICENSE.md": MIB, "NOTICE": MIB},
}
WEIGHTS = re.compile(r"(adapter_model|model|model-(\d{5})-of-(\d{5}))\.safetensors", re.ASCII)

_plain_name = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,126}", re.ASCII)
_code = (
    ".py",
    ".pyc",
    ".pyd",
    ".so",
    ".dll",
    ".dylib",
    ".sh",
    ".bat",
    ".ps1",
    ".exe",
    ".js",
    ".ipynb",
    ".pth",
)
_pickles = (".bin", ".pt", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".dill", ".mar")
_other_weights = (
    ".gguf",
    ".ggml",
    ".h5",
    ".hdf5",
    ".keras",
    ".nemo",
    ".onnx",
    ".msgpack",
    ".pb",
    ".tflite",
    ".mlmodel",
)
_archives = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".zst", ".rar", ".whl", ".jar")
_reasons = (
    (_code, "code", "it is program code, and aird runs no code that comes with a model. Leave it out."),
    (
        _pickles,
        "pickle",
        "this format can run code when it is opened. Save the model as safetensors and leave this file out.",
    ),
    (_other_weights, "weights_format", "this format is not taken. Save the model as safetensors."),
    (_archives, "archive", "archives are not unpacked. Upload the files themselves."),
)
_magic = (
    (b"PK\x03\x04", "a zip archive or a PyTorch pickle"),
    (b"PK\x05\x06", "a zip archive"),
    (b"\x1f\x8b\x08", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"Rar!", "a rar archive"),
    (b"GGUF", "a GGUF model"),
    (b"\x89HDF\r\n", "an HDF5 file"),
    (b"\x93NUMPY", "a numpy file"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"#!", "a script"),
    *((bytes([0x80, protocol]), "a pickle") for protocol in range(2, 6)),
    (b"\xef\xbb\xbf#!", "a script"),
)


@dataclass(frozen=True)
class PlainFile:
    """A file of the upload, by its name; there are no sub-folders."""

    name: str
    size: int


def list_files(folder: Path) -> tuple[PlainFile, ...]:
    """The files of the folder by name; raises IntakeRefused for the first that may not be there."""
    found: list[PlainFile] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if len(found) == MAX_FILES:
                _refuse(entry.name, "too_many_files", f"the folder has more than {MAX_FILES} files.")
            _check_name(entry.name)
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISLNK(mode):
                _refuse(
                    entry.name,
                    "link",
                    "it is a link, which could lead to other people's files. Upload the file itself.",
                )
            if stat.S_ISDIR(mode):
                _refuse(entry.name, "folder", "it is a folder; a model is one flat folder of files. Leave it out.")
            if not stat.S_ISREG(mode):
                _refuse(entry.name, "not_a_plain_file", "it is no regular file. Leave it out.")
            found.append(PlainFile(entry.name, entry.stat(follow_symlinks=False).st_size))
    if not found:
        _refuse(folder.name or "folder", "empty", "there are no files in it. Upload the model's files.")
    for file in found:
        _check_list(file)
        _check_bytes(folder / file.name)
    return tuple(sorted(found, key=lambda file: file.name))


def check_listed(name: str, size: int) -> None:
    """Raise IntakeRefused for a file that could not be taken whatever is in it: said before its bytes are sent."""
    _check_name(name)
    _check_list(PlainFile(name, size))


def read_text(folder: Path, name: str) -> bytes:
    """The bytes of one of TEXT_FILES, within its limit."""
    limit = TEXT_FILES[name]
    with open_plain(folder / name) as stream:
        raw = stream.read(limit + 1)
    if len(raw) > limit:
        _refuse(name, "too_large", f"it has more than {limit} bytes, which no such file needs. Make it smaller.")
    if b"\x00" in raw:
        _refuse(name, "not_text", "it contains zero bytes and is no text. Export it again.")
    return raw


def _check_name(name: str) -> None:
    if not _plain_name.fullmatch(name) or ".." in name or name.endswith("."):
        _refuse(
            name,
            "name_hard_to_read",
            "a file's name has only a-z, A-Z, 0-9, '.', '_' and '-' and begins with a letter or a digit."
            " Rename it or leave it out.",
        )


def _check_list(file: PlainFile) -> None:
    if file.name in TEXT_FILES:
        if file.size > TEXT_FILES[file.name]:
            _refuse(
                file.name,
                "too_large",
                f"it has {file.size} bytes; at most {TEXT_FILES[file.name]} are read. Make it smaller.",
            )
        return
    if WEIGHTS.fullmatch(file.name):
        return
    lowered = file.name.lower()
    for endings, reason, message in _reasons:
        if any(lowered.endswith(ending) or f"{ending}." in lowered for ending in endings):
            _refuse(file.name, reason, message)
    if lowered.endswith(".safetensors"):
        _refuse(
            file.name,
            "not_on_the_list",
            "weights are called model.safetensors, model-00001-of-00002.safetensors, ... or"
            " adapter_model.safetensors; others would be stored unexamined. Rename it or leave it out.",
        )
    _refuse(
        file.name,
        "not_on_the_list",
        f"a model consists of safetensors weights and {', '.join(sorted(TEXT_FILES))}. Leave this file out.",
    )


def _check_bytes(path: Path) -> None:
    with open_plain(path) as stream:
        check_head(path.name, stream.read(HEAD))


def check_head(name: str, head: bytes) -> None:
    """Refuse a file whose first HEAD bytes are another format's, whatever it is called."""
    # The first 8 bytes of safetensors are a length and may look like anything; its JSON starts at the ninth.
    if name.endswith(".safetensors") and head[8:9] == b"{":
        return
    kind = next((kind for magic, kind in _magic if head.startswith(magic)), None)
    if kind is None and head[257:262] == b"ustar":
        kind = "a tar archive"
    if kind is not None:
        _refuse(name, "disguised", f"its bytes are {kind}, whatever its name says. Upload the real file.")


def _refuse(file: str, reason: str, message: str) -> NoReturn:
    raise IntakeRefused(message, reason=reason, file=shown(file))
