"""The transformers runtime: one base in memory, any number of adapters on it, answers as a stream of tokens.

Several threads may stream at once: each step of each answer takes the lock, puts its own adapter in force and
runs one forward pass, so answers of different adapters interleave fairly on the one base.
"""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aird.runtimes import adapters as adapter_files
from aird.runtimes import chat, loading
from aird.runtimes.base import BASE, FinishReason, Message, Token
from aird.runtimes.errors import AdapterAlreadyLoaded, AdapterNotLoaded, PromptTooLong, VersionUnusable
from aird.runtimes.text import TextStream


def load(
    base: Path, adapter: Path | None = None, *, threads: int = 1, device: torch.device | None = None
) -> "LoadedModel":
    """Load a base or full model, and put one adapter in force if given (under the name "adapter").

    `threads` is the number of CPU threads of this process's arithmetic. Raises ModelFolderUnusable,
    AdapterUnusable.
    """
    torch.set_num_threads(threads)
    device = device or loading.device_of_choice()
    model = LoadedModel(loading.load_network(base, device=device), loading.load_tokenizer(base), base)
    if adapter is not None:
        model.add_adapter("adapter", adapter)
        model.use("adapter")
    return model


class LoadedModel:
    """A resident base with its adapters. `network` and `tokenizer` are open to scorers and recipes.

    `folder` is the base's. An adapter that brings its own tokenizer or chat template is asked with it.
    """

    def __init__(self, network: Any, tokenizer: Any, folder: Path | None = None) -> None:
        self._folder = folder
        self.network = network
        self.device: torch.device = network.device
        self._words = {BASE: (tokenizer, chat.end_ids(network, tokenizer))}
        self.context: int = getattr(network.config, "max_position_embeddings", 1 << 20)
        self._slots: dict[str, str] = {}  # our name -> PEFT's, which may not hold dots
        self._chosen = BASE
        self._in_force = BASE
        self._made = 0
        self._lock = threading.RLock()

    @property
    def adapters(self) -> tuple[str, ...]:
        """Names of the resident adapters."""
        return tuple(self._slots)

    @property
    def tokenizer(self) -> Any:
        """The tokenizer of what is in use: the adapter's own where it brings one, else the base's."""
        return self._words_of(self._chosen)[0]

    @property
    def end_ids(self) -> frozenset[int]:
        """The ids that end an answer of what is in use."""
        return self._words_of(self._chosen)[1]

    def _words_of(self, name: str) -> tuple[Any, frozenset[int]]:
        return self._words.get(name, self._words[BASE])

    def add_adapter(self, name: str, path: Path) -> None:
        """Load an adapter beside the others; the one in force stays in force."""
        if name == BASE or name in self._slots:
            raise AdapterAlreadyLoaded(f"An adapter named {name!r} is loaded already. Remove it first.")
        adapter = adapter_files.read(path)
        words = None
        if self._folder is not None and loading.brings_words(path):
            own = loading.load_tokenizer(self._folder, path)
            words = own, chat.end_ids(self.network, own)
        with self._lock:
            slot, self._made = f"slot_{self._made}", self._made + 1
            self.network = loading.attach(self.network, adapter, slot).eval()
            self._slots[name] = slot
            if words is not None:
                self._words[name] = words
            self._in_force = name
            self._put_in_force(self._chosen)

    def remove_adapter(self, name: str) -> None:
        """Free an adapter's memory; the bare base comes in force if it was in use."""
        slot = self._slot(name)
        with self._lock:
            if self._chosen == name:
                self._chosen = BASE
            self._put_in_force(self._chosen)
            del self._slots[name]
            self._words.pop(name, None)
            if self._slots:
                if self._in_force == BASE:  # PEFT still calls a disabled adapter active, and warns when it goes
                    self.network.set_adapter(next(iter(self._slots.values())), inference_mode=True)
                self.network.delete_adapter(slot)
            else:
                self.network = self.network.unload()

    def use(self, name: str | None) -> None:
        """Answer with this adapter from now on; None or BASE for the bare base model."""
        if name:
            self._slot(name)
        with self._lock:
            self._chosen = name or BASE
            self._put_in_force(self._chosen)

    @torch.inference_mode()
    def forward(self, ids: Tensor, *, adapter: str | None = None, **inputs: Any) -> Any:
        """One forward pass with an adapter in force (default: the one in use); ids (batch x length)."""
        with self._lock:
            self._put_in_force(self._chosen if adapter is None else adapter)
            return self.network(input_ids=ids, **inputs)

    def generate(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        top_p: float = 1.0,
        seed: int | None = None,
        stop: Sequence[str] = (),
        adapter: str | None = None,
    ) -> Iterator[Token]:
        """Answer the messages, one Token per step; temperature 0 is greedy.

        The adapter is fixed when the call is made, not when the first token is taken. Raises PromptTooLong at
        once, and VersionUnusable from the stream when the logits are not finite.
        """
        name = self._chosen if adapter is None else adapter
        if name:
            self._slot(name)
        tokenizer, end_ids = self._words_of(name)
        prompt = chat.prompt_ids(tokenizer, messages)
        room = self.context - len(prompt)
        if room < 1:
            raise PromptTooLong(
                f"The prompt has {len(prompt)} tokens; this model takes {self.context} with the answer. Shorten it.",
                prompt_tokens=len(prompt),
                context=self.context,
            )
        sampler = _Sampler(temperature, top_p, seed, self.device)
        return self._stream(name, prompt, min(max_tokens, room), sampler, TextStream(tokenizer, stop), end_ids)

    def _stream(
        self,
        adapter: str,
        prompt: list[int],
        limit: int,
        sampler: "_Sampler",
        text: TextStream,
        end_ids: frozenset[int],
    ) -> Iterator[Token]:
        ids, cache = torch.tensor([prompt], device=self.device), None
        for made in range(1, limit + 1):
            step = self.forward(ids, adapter=adapter, past_key_values=cache, use_cache=True, logits_to_keep=1)
            cache = step.past_key_values
            token = sampler.pick(step.logits[0, -1])
            ended = token in end_ids
            piece = "" if ended else text.push(token)
            reason: FinishReason | None = "stop" if ended or text.stopped else "length" if made == limit else None
            if reason:
                piece += text.finish()
                reason = "stop" if text.stopped else reason
            yield Token(piece, reason, len(prompt), made)
            if reason:
                return
            ids = torch.tensor([[token]], device=self.device)

    def _slot(self, name: str) -> str:
        if name not in self._slots:
            raise AdapterNotLoaded(f"No adapter named {name!r} is loaded; loaded are {sorted(self._slots)}.")
        return self._slots[name]

    def _put_in_force(self, name: str) -> None:
        if name == self._in_force:
            return
        if name == BASE:
            self.network.base_model.disable_adapter_layers()
        else:
            slot = self._slot(name)
            self.network.base_model.enable_adapter_layers()
            self.network.set_adapter(slot, inference_mode=True)
        self._in_force = name


class _Sampler:
    """Picks the next token: greedy at temperature 0, else nucleus sampling
    (https://arxiv.org/abs/1904.09751)."""

    def __init__(self, temperature: float, top_p: float, seed: int | None, device: torch.device) -> None:
        self._temperature = temperature
        self._top_p = top_p
        self._random = torch.Generator(device)
        if seed is None:
            self._random.seed()
        else:
            self._random.manual_seed(seed)

    def pick(self, logits: Tensor) -> int:
        """`logits` over the vocabulary, of any floating type."""
        logits = logits.float()
        if not torch.isfinite(logits).all():
            raise VersionUnusable(
                "The model answers with NaN or infinity, so this version is unusable. Retire it and train it again."
            )
        if self._temperature <= 0:
            return int(logits.argmax())
        probabilities, order = torch.softmax(logits / self._temperature, dim=-1).sort(descending=True, stable=True)
        kept = probabilities.cumsum(-1) - probabilities < self._top_p
        kept[0] = True
        choice = torch.multinomial(probabilities * kept, 1, generator=self._random)
        return int(order[choice])
