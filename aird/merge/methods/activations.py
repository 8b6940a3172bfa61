"""What the modules of a base hear when each adapter reads its own questions: for `core_regmean`.

Of every module's inputs x only E[(V^T x)(V^T x)^T] is kept, with V the joint right basis of the adapters there: a
matrix as small as the cores, whatever the width of the model. One base is in memory, with one adapter on it at a time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aird.merge.methods import core
from aird.merge.methods.core import Cores
from aird.merge.methods.errors import MergeNotPossible
from aird.runtimes import adapters as adapter_files
from aird.runtimes import chat, loading
from aird.runtimes.adapters import Adapter
from aird.runtimes.tensor_file import TensorFileBroken, TensorReader, TensorWriter
from aird.training.recipes import teacher

Item = Mapping[str, Any]

BATCH_TOKENS = 4096
"""Tokens that are read at once, the padding counted in."""
LONGEST = 2048
"""Of a longer question the end is read."""
SLOT = "speaking"
KINDS = ("sum", "rights")


@dataclass(frozen=True, slots=True)
class Gram:
    """One module: `matrices[i]` is E[(V^T x)(V^T x)^T] over adapter i's inputs, float64; zero where it has none.

    `rights` are the stacked right factors in the basis V, sum of ranks x k: they tell which basis that was.
    """

    rights: Tensor
    matrices: tuple[Tensor, ...]

    def within(self, space: Cores, present: Sequence[int]) -> list[Tensor]:
        """The matrices of the adapters `present`, in the basis `space.v`: of the same adapters, but perhaps turned."""
        wanted = torch.cat(space.rights)
        if wanted.shape[0] != self.rights.shape[0]:
            raise MergeNotPossible("The activations were collected for other adapters than those that are merged.")
        norms = wanted.norm(dim=1, keepdim=True).clamp(min=torch.finfo(wanted.dtype).tiny)
        turn = core.polar(torch.linalg.pinv(self.rights / norms) @ (wanted / norms))
        return [turn.T @ self.matrices[i] @ turn for i in present]


def collect(
    base: Path,
    adapters: Sequence[Path],
    items: Sequence[Sequence[Item]],
    *,
    threads: int = 1,
    report: Callable[[int, int], None] | None = None,
    kept: Path | None = None,
) -> dict[str, Gram]:
    """By module, what `core_regmean` needs; `items[i]` are the questions of adapter i (chat items, answers ignored).

    In the folder `kept` an adapter that has read everything leaves its sums, so that a run that was cut off goes on
    with the next one; it is to be named after all that decides them. `report` hears (questions read, questions in
    all). Raises AdapterUnusable, NothingToLearn, ModelFolderUnusable.
    """
    torch.set_num_threads(threads)
    network = loading.load_network(base, device=loading.device_of_choice())
    sources = [adapter_files.read(folder) for folder in adapters]
    bases = _right_bases(sources)
    matrices = {
        module: [torch.zeros(rights.shape[1], rights.shape[1], dtype=torch.float64) for _ in sources]
        for module, (_, rights) in bases.items()
    }
    total, read = sum(len(each) for each in items), 0
    for number, (source, own) in enumerate(zip(sources, items, strict=True)):
        if not own:
            continue
        notes = None if kept is None else kept / f"heard-{number:04d}.safetensors"
        known = None if notes is None else _known(notes, {module: bases[module][1] for module in source.shapes})
        if known is not None:
            for module, gram in known.items():
                matrices[module][number] = gram
            read += len(own)
            continue
        tokenizer = loading.load_tokenizer(base, source.folder)
        prompts = [chat.prompt_ids(tokenizer, teacher.question(item))[-LONGEST:] for item in own]
        network = loading.attach(network, source, SLOT).eval()
        sums = _Sums({module: bases[module][0].to(network.device) for module in source.shapes})
        with sums.listening(network):
            for batch in _batches(prompts):
                sums.read(network, batch)
                read += len(batch)
                if report is not None:
                    report(read, total)
        for module, gram in sums.means():
            matrices[module][number] = gram
        if notes is not None:
            _note(notes, {module: (matrices[module][number], bases[module][1]) for module in source.shapes})
        network = network.unload()
    return {module: Gram(rights, tuple(matrices[module])) for module, (_, rights) in bases.items()}


def _right_bases(sources: Sequence[Adapter]) -> dict[str, tuple[Tensor, Tensor]]:
    """By module, the joint right basis (in x k, float32) and the stacked right factors in it (sum of ranks x k)."""
    found = {}
    with ExitStack() as stack:
        files = [stack.enter_context(source.open()) for source in sources]
        for module in sorted({module for source in sources for module in source.shapes}):
            rows = [s.factors(module, f).a for s, f in zip(sources, files, strict=True) if module in s.shapes]
            basis, rights = core.basis_of_rows(rows)
            found[module] = basis.matrix.float(), torch.cat(rights)
    return found


def _note(path: Path, sums: Mapping[str, tuple[Tensor, Tensor]]) -> None:
    """Write an adapter's matrix of each module, and the stacked right factors in whose basis it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = {f"{kind}/{module}": each for module, pair in sums.items() for kind, each in zip(KINDS, pair, strict=True)}
    half = path.with_suffix(".part")
    with TensorWriter(half, [(name, each.dtype, tuple(each.shape)) for name, each in parts.items()]) as file:
        for name, each in parts.items():
            file.add(name, each)
    half.replace(path)


def _known(path: Path, rights: Mapping[str, Tensor]) -> dict[str, Tensor] | None:
    """What `_note` wrote, where it can be read and is in the very basis that these factors tell of."""
    try:
        with TensorReader(path) as file:
            if any(not torch.equal(file.read(f"{KINDS[1]}/{module}"), each) for module, each in rights.items()):
                return None
            return {module: file.read(f"{KINDS[0]}/{module}") for module in rights}
    except (OSError, KeyError, TensorFileBroken):
        return None


def _batches(prompts: Sequence[list[int]]) -> Iterator[list[list[int]]]:
    """The prompts by length, as many at once as BATCH_TOKENS hold."""
    batch: list[list[int]] = []
    for prompt in sorted(prompts, key=len):
        if batch and (len(batch) + 1) * len(prompt) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(prompt)
    if batch:
        yield batch


class _Sums:
    """Adds up (V^T x)(V^T x)^T over all inputs x of each module, in float64."""

    def __init__(self, bases: Mapping[str, Tensor]) -> None:
        self._bases = bases
        self._sums = {
            module: torch.zeros(basis.shape[1], basis.shape[1], dtype=torch.float64, device=basis.device)
            for module, basis in bases.items()
        }
        self._counts = dict.fromkeys(bases, 0)
        self._real = torch.zeros(0, 0, dtype=torch.bool)

    @contextmanager
    def listening(self, network: Any) -> Iterator[None]:
        """While this lasts, whatever the network's modules read is added."""
        plain = network.get_base_model()
        hooks = [
            plain.get_submodule(module).register_forward_pre_hook(partial(self._hear, module)) for module in self._bases
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    @torch.inference_mode()
    def read(self, network: Any, prompts: Sequence[list[int]]) -> None:
        """Let the network read some prompts."""
        longest = max(len(prompt) for prompt in prompts)
        ids = torch.zeros(len(prompts), longest, dtype=torch.long)
        real = torch.zeros(len(prompts), longest, dtype=torch.bool)
        for row, prompt in enumerate(prompts):
            ids[row, : len(prompt)] = torch.tensor(prompt)
            real[row, : len(prompt)] = True
        self._real = real.to(network.device)
        # The padding stands behind the questions, where a causal model does not look; it is not counted.
        network(input_ids=ids.to(network.device), use_cache=False, logits_to_keep=1)

    def means(self) -> Iterator[tuple[str, Tensor]]:
        """Each module with the mean over its inputs, on the CPU."""
        for module, found in self._sums.items():
            yield module, (found / max(1, self._counts[module])).cpu()

    def _hear(self, module: str, _: Any, inputs: tuple[Any, ...]) -> None:
        heard: Tensor = inputs[0]
        if heard.shape[:-1] == self._real.shape:
            heard = heard[self._real]
        seen = (heard.reshape(-1, heard.shape[-1]).float() @ self._bases[module]).double()
        self._sums[module] += seen.T @ seen
        self._counts[module] += seen.shape[0]
