"""The transformers runtime: one base in memory, any number of adapters on it, answers as a stream of tokens.

Several threads may stream at once: each step of each answer takes the lock, puts its own adapter in force and
runs one forward pass, so answers of different adapters interleave fairly on the one base.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from torch import Tensor

from aird.runtimes import adapters as adapter_files
from aird.runtimes import chat, choices, greedy, loading, scoring
from aird.runtimes.base import BASE, Message, Prompt, Sampling, Token
from aird.runtimes.errors import AdapterAlreadyLoaded, AdapterNotLoaded, PromptTooLong, QuestionUnusable
from aird.runtimes.sampling import unusable
from aird.runtimes.writing import Writing


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
    def in_use(self) -> str:
        """The adapter that answers, BASE for the bare base model."""
        return self._chosen

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
        prompt = Prompt(self.encode(name, messages))
        sampling = Sampling(max_tokens, temperature, top_p, seed, tuple(stop))
        return self._stream(self.write(name, prompt, sampling))

    def encode(self, adapter: str, asked: Sequence[Message] | str | Sequence[int]) -> list[int]:
        """The ids of a chat's prompt, of a text, or ids as they are given. Raises PromptTooLong, QuestionUnusable."""
        if adapter:
            self._slot(adapter)
        tokenizer, _ = self._words_of(adapter)
        ids: list[int]
        if isinstance(asked, str):
            ids = tokenizer(asked)["input_ids"]
        elif asked and isinstance(asked[0], int):
            ids = list(asked)  # type: ignore[arg-type]
            self._check_ids(ids)
        else:
            ids = chat.prompt_ids(tokenizer, asked)  # type: ignore[arg-type]
        if not ids:
            raise QuestionUnusable("The prompt has no tokens, so there is nothing to answer.", param="prompt")
        if len(ids) >= self.context:
            raise PromptTooLong(
                # Clients know by these words that another model, or fewer messages, may help.
                f"The prompt is too long: it has {len(ids)} tokens, and this model's maximum context length is "
                f"{self.context} with the answer. Shorten it.",
                prompt_tokens=len(ids),
                context=self.context,
            )
        return ids

    def _check_ids(self, ids: Sequence[int]) -> None:
        known = self.network.get_input_embeddings().weight.shape[0]
        if max(ids) >= known:
            raise QuestionUnusable(f"The prompt has the token {max(ids)}; this model knows {known}.", param="prompt")

    def write(self, adapter: str, prompt: Prompt, sampling: Sampling, choice: int = 0) -> Writing:
        """An answer to be written with an adapter; its seed is its choice's."""
        if adapter:
            self._slot(adapter)
        words, room = self._words_of(adapter), self.context - len(prompt.ids)
        return Writing(adapter, prompt, sampling, words=words, room=room, choice=choice, device=self.device)

    def _stream(self, row: Writing) -> Iterator[Token]:
        ids, cache, ended = row.prompt.ids, None, False
        while not ended:
            step = self.forward(
                torch.tensor([ids], device=self.device),
                adapter=row.adapter,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            cache = step.past_key_values
            token = row.pick(step.logits[0, -1])
            ended = token.finish_reason is not None
            yield token
            ids = [row.last]

    def choice_log_probabilities(
        self, prompts: Sequence[list[int]], answers: Sequence[Sequence[list[int]]], *, batch_size: int = 64
    ) -> Iterator[dict[int, list[float]]]:
        """As scoring.Sitter's."""
        return choices.log_probabilities(self, prompts, answers, batch_size=batch_size)

    def answer_logits(self, prompts: Sequence[list[int]], answers: Sequence[list[int]]) -> list[Tensor]:
        """As scoring.Sitter's."""
        return scoring.answer_logits(self, prompts, answers)

    def greedy(
        self,
        prompts: Sequence[Sequence[int]],
        *,
        max_new_tokens: int,
        batch_size: int,
        done: Callable[[int], None] = lambda count: None,
    ) -> list[list[int]]:
        """As scoring.Sitter's."""
        return greedy.answers(
            self.network, prompts, max_new_tokens=max_new_tokens, end=self.end_ids, batch_size=batch_size, done=done
        )

    @contextmanager
    def bare(self) -> Iterator[Any]:
        """The base's network for one pass, with no adapter in force."""
        with self._lock:
            self._put_in_force(BASE)
            yield self.network.get_base_model() if isinstance(self.network, PeftModel) else self.network

    def slot(self, name: str) -> str | None:
        """PEFT's name of an adapter, None for the base. Raises AdapterNotLoaded."""
        return self._slot(name) if name else None

    @torch.inference_mode()
    def embed(self, adapter: str, ids: Sequence[int]) -> list[float]:
        """The mean of the last hidden states over these tokens, scaled to length 1."""
        with self._lock:
            self._put_in_force(adapter)
            network = self.network.get_base_model() if isinstance(self.network, PeftModel) else self.network
            found = network.base_model(input_ids=torch.tensor([ids], device=self.device), use_cache=False)
        mean = found.last_hidden_state[0].float().mean(0)
        if not torch.isfinite(mean).all():
            raise unusable()
        vector: list[float] = (mean / mean.norm().clamp(min=1e-12)).tolist()
        return vector

    def weight_bytes(self) -> int:
        """Of the base and all adapters; tied weights count once."""
        return sum(each.nbytes for each in [*self.network.parameters(), *self.network.buffers()])

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
