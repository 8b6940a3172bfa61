"""The plain engine: each row has its own cache and its own forward pass, whatever the model's architecture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aird.runtimes.base import Message, Prompt, Row, Sampling, Token
from aird.runtimes.hf import LoadedModel
from aird.runtimes.writing import Writing


class OneByOne:
    """Serves a loaded model row by row."""

    def __init__(self, model: LoadedModel) -> None:
        self.model = model
        self.context = model.context
        self._caches: dict[Row, Any] = {}

    @property
    def adapters(self) -> tuple[str, ...]:
        """Names of the resident adapters."""
        return self.model.adapters

    def add_adapter(self, name: str, path: Path) -> None:
        """Load an adapter beside the others."""
        self.model.add_adapter(name, path)

    def remove_adapter(self, name: str) -> None:
        """Free an adapter that no row uses."""
        self.model.remove_adapter(name)

    def encode(self, adapter: str, asked: Sequence[Message] | str | Sequence[int]) -> Prompt:
        """A chat, a text or token ids as a prompt. Raises PromptTooLong."""
        return Prompt(self.model.encode(adapter, asked))

    def rows(self, adapter: str, prompt: Prompt, sampling: Sampling, n: int) -> Sequence[Row] | None:
        """Make `n` rows that answer the prompt."""
        return [self._row(adapter, prompt, sampling, choice) for choice in range(n)]

    def _row(self, adapter: str, prompt: Prompt, sampling: Sampling, choice: int) -> Writing:
        return self.model.write(adapter, prompt, sampling, choice)

    @torch.inference_mode()
    def step(self, rows: Sequence[Row]) -> list[Token | Exception | None]:
        """One forward pass for each row."""
        return [self._step(row) for row in rows]  # type: ignore[arg-type]

    def _step(self, row: Writing) -> Token | Exception:
        ids = [row.last] if row.made else row.prompt.ids
        try:
            step = self.model.forward(
                torch.tensor([ids], device=self.model.device),
                adapter=row.adapter,
                past_key_values=self._caches.get(row),
                use_cache=True,
                logits_to_keep=1,
            )
            self._caches[row] = step.past_key_values
            return row.pick(step.logits[0, -1])
        except Exception as error:  # it belongs to this row
            return error

    def leave(self, row: Row) -> None:
        """Free the row's cache."""
        self._caches.pop(row, None)

    def embed(self, adapter: str, prompt: Prompt) -> list[float]:
        """The mean of the prompt's last hidden states, scaled to length 1."""
        return self.model.embed(adapter, prompt.ids)

    def memory(self) -> Mapping[str, int]:
        """Bytes of the weights, adapters among them, and of the rows' caches."""
        caches = (tensor for cache in list(self._caches.values()) for tensor in _tensors(cache))
        return {"weights": self.model.weight_bytes(), "kv_cache": sum(each.nbytes for each in caches)}


def _tensors(cache: Any) -> list[Tensor]:
    layers = getattr(cache, "layers", ())
    pairs = ((getattr(each, "keys", None), getattr(each, "values", None)) for each in layers)
    return [tensor for pair in pairs for tensor in pair if isinstance(tensor, Tensor)]
