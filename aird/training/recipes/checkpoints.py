"""What a training needs to go on exactly where it was: weights, the optimiser's moments, counts.

A checkpoint is one safetensors file. It is written under another name, synced, renamed, and the folder synced: a kill
at any moment leaves the earlier checkpoint or the new one, whole. What is read is checked all the same (a digest over
every byte), and a file that is broken, or of another training, is passed over for the one before it.

The order of items and the dropout of a step follow from the seed and the step's number, so no random state is kept.
"""

import hashlib
import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aird.runtimes.tensor_file import TensorFileBroken, TensorReader, TensorWriter
from aird.training.recipes import ranks

EVERY = 30.0
"""Seconds between two checkpoints, at least."""
SHARE = 0.02
"""Of the time, at most, that goes into writing them."""
KEPT = 2

_named = re.compile(r"step-(\d{9})-(\d{9})\.safetensors")
_STATE, _SUM = "state", "sum"


@dataclass
class Saved:
    """A checkpoint that was read: `state` is plain JSON, `tensors` lie in the memory of the CPU."""

    stage: str
    step: int
    state: dict[str, Any]
    tensors: dict[str, Tensor]


@dataclass
class Checkpoints:
    """The checkpoints of the training that `key` names, in a folder that outlives the attempt.

    `done` has what each finished stage has come to, as plain JSON; it is kept with every later checkpoint.
    """

    folder: Path
    key: str
    every: float = EVERY
    done: dict[str, dict[str, Any]] = field(default_factory=dict)
    _count: int = 0
    _next: float = 0.0

    def __post_init__(self) -> None:
        self._next = time.monotonic() + self.every

    @property
    def due(self) -> bool:
        """Whether it is time for the next one."""
        return time.monotonic() >= self._next

    def newest(self) -> Saved | None:
        """The newest checkpoint of this training that is whole. What an interrupted writer left behind is removed.

        Of several processes the first alone reads, since the others may run on machines that do not have the folder.
        """
        own = self._newest() if ranks.rank() == 0 else None
        known = [(n, str(t.dtype), tuple(t.shape)) for n, t in own.tensors.items()] if own else []
        place = None if own is None else (own.stage, own.step, own.state)
        facts, self.done, known = ranks.from_first((place, self.done, known))
        if facts is None:
            return None
        tensors = {}
        for name, dtype, shape in known:
            blank = own.tensors[name] if own else torch.empty(shape, dtype=getattr(torch, dtype.removeprefix("torch.")))
            tensors[name] = ranks.tensor_from_first(blank)
        return Saved(*facts, tensors)

    def _newest(self) -> Saved | None:
        if not self.folder.is_dir():
            return None
        for part in self.folder.glob("*.part"):
            part.unlink(missing_ok=True)
        for path in sorted(self.folder.glob("step-*.safetensors"), reverse=True):
            found = _named.fullmatch(path.name)
            saved = self._read(path) if found else None
            if found and saved is not None:
                self._count = int(found[1])
                return saved
        return None

    def save(self, stage: str, step: int, state: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
        """Write a checkpoint, then drop all but the last two. Only the first of several processes writes.

        Raises OSError; what was there before is then still there.
        """
        began = time.monotonic()
        if ranks.rank() == 0:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._count += 1
            whole = {"key": self.key, "stage": stage, "step": step, "done": self.done, "state": dict(state)}
            path = self.folder / f"step-{self._count:09d}-{step:09d}.safetensors"
            _write(path, json.dumps(whole).encode(), tensors)
            for old in sorted(self.folder.glob("step-*.safetensors"))[:-KEPT]:
                old.unlink(missing_ok=True)
        now = time.monotonic()
        self._next = now + max(self.every, (now - began) / SHARE if self.every else 0.0)

    def _read(self, path: Path) -> Saved | None:
        try:
            with TensorReader(path) as file:
                raw = _bytes(file.read(_STATE))
                whole = json.loads(bytes(raw))
                if whole["key"] != self.key:
                    return None
                tensors = {name: file.read(name) for name in file.places if name not in (_STATE, _SUM)}
                digest = hashlib.sha256(raw)
                for tensor in tensors.values():
                    digest.update(_bytes(tensor))
                if digest.digest() != bytes(_bytes(file.read(_SUM))):
                    return None
        except (TensorFileBroken, OSError, ValueError, KeyError):
            return None
        self.done = {**whole["done"], **self.done}
        return Saved(whole["stage"], whole["step"], whole["state"], tensors)


def key_of(*facts: Any) -> str:
    """A name for the training that these facts, plain JSON, are of."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def _write(path: Path, state: bytes, tensors: Mapping[str, Tensor]) -> None:
    part = path.with_suffix(".part")
    announced = [(name, tensor.dtype, tuple(tensor.shape)) for name, tensor in tensors.items()]
    try:
        with TensorWriter(part, [*announced, (_STATE, torch.uint8, (len(state),)), (_SUM, torch.uint8, (32,))]) as file:
            digest = hashlib.sha256(state)
            for name, tensor in tensors.items():
                here = tensor.detach().to("cpu").contiguous()
                digest.update(_bytes(here))
                file.add(name, here)
            file.add(_STATE, torch.frombuffer(bytearray(state), dtype=torch.uint8))
            file.add(_SUM, torch.frombuffer(bytearray(digest.digest()), dtype=torch.uint8))
        part.rename(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _bytes(tensor: Tensor) -> Any:
    return tensor.reshape(-1).view(torch.uint8).numpy().data
