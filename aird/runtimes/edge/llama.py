"""llama.cpp as a runtime of exams: answers, and scores given answers, from one GGUF file, on the CPU.

Texts become tokens by llama.cpp's own tokenizer. The chat template is rendered by transformers, from the text that
stands in the file, and tokens become texts by the table that is the same in both. One sequence is worked on at a time,
so an answer never depends on what was asked beside it. An EdgeModel is an aird.runtimes.scoring.Sitter.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from cyllama.llama import llama_cpp
from torch import Tensor

from aird.runtimes import loading
from aird.runtimes.edge import knows
from aird.runtimes.errors import AdapterNotLoaded, AdapterUnusable, ModelFolderUnusable, VersionUnusable

BATCH = 512
"""Tokens that are read at a time."""
ROOM = 512
"""The KV cache grows in steps of so many tokens."""
GGML_F32, NO_FLASH = 0, 0


class _Model(llama_cpp.LlamaModel):  # type: ignore[misc]
    """A context looks for the size of the vocabulary here, where cyllama 0.2 has forgotten it."""

    @property
    def n_vocab(self) -> int:
        return int(self.get_vocab().n_vocab)


class EdgeWords:
    """The file's words: what a transformers tokenizer is asked for in this house, answered by llama.cpp."""

    def __init__(self, model: _Model, template: Any) -> None:
        self._model = model
        self._vocab = model.get_vocab()
        self._template = template
        self.chat_template: str | None = template.chat_template
        self.added_tokens_decoder: dict[int, Any] = template.added_tokens_decoder
        self.ends = frozenset(each for each in range(len(self)) if self._vocab.is_eog(each))

    def check(self) -> None:
        """Raise ModelFolderUnusable where the file's tokens are not those of the tokenizer beside it."""
        if len(self._template) > len(self):
            raise ModelFolderUnusable(f"{knows.FILE} has {len(self)} tokens, the tokenizer {len(self._template)}.")
        beside = self._template.convert_ids_to_tokens(range(len(self._template)))
        wrong = next((i for i, text in enumerate(beside) if text is not None and self.piece(i) != text), None)
        if wrong is not None:
            raise ModelFolderUnusable(
                f"Token {wrong} in {knows.FILE} is {self.piece(wrong)!r}, beside it {beside[wrong]!r}."
            )

    def __len__(self) -> int:
        return int(self._vocab.n_vocab)

    def __call__(
        self, text: str, *, add_special_tokens: bool = True, split_special_tokens: bool = False
    ) -> dict[str, list[int]]:
        """The ids of a text under "input_ids"."""
        if not text:
            return {"input_ids": []}
        return {"input_ids": list(self._vocab.tokenize(text, add_special_tokens, not split_special_tokens))}

    def apply_chat_template(self, messages: Sequence[Any], **options: Any) -> str:
        """The messages as text, by the template of the file."""
        text: str = self._template.apply_chat_template(messages, **options)
        return text

    def decode(self, ids: Sequence[int], **options: Any) -> str:
        """The text of these ids; by the same table, as the runtime's own way drops white space at the ends."""
        text: str = self._template.decode(ids, **options)
        return text

    def piece(self, token: int) -> str:
        """What the file calls a token."""
        return str(self._vocab.get_text(token))


def load(folder: Path, *, threads: int = 1, exact: bool = False) -> "EdgeModel":
    """The export in this folder: `model.gguf` and the text files beside it. Raises ModelFolderUnusable.

    It computes as llama.cpp does on a device by default, attention in float16; an `exact` one in float32.
    """
    llama_cpp.disable_logging()
    params = llama_cpp.LlamaModelParams()
    params.n_gpu_layers = 0
    params.check_tensors = True
    try:
        model = _Model(str(folder / knows.FILE), params, False)
    except (ValueError, OSError, RuntimeError) as error:
        raise ModelFolderUnusable(f"{knows.RUNTIME} cannot load {knows.FILE}: {error}") from error
    words = EdgeWords(model, loading.load_tokenizer(folder))
    words.check()
    if words.chat_template and _metadata(model, "tokenizer.chat_template") != words.chat_template:
        raise ModelFolderUnusable(f"The chat template in {knows.FILE} is not that of the files beside it.")
    return EdgeModel(model, words, threads=threads, exact=exact)


def version() -> str:
    """Which llama.cpp this is, by its tensor library."""
    return f"{knows.RUNTIME}, ggml {llama_cpp.ggml_version()} ({llama_cpp.ggml_commit()})"


def _metadata(model: _Model, key: str) -> str:
    try:
        return str(model.meta_val_str(key))
    except ValueError:
        return ""


class EdgeModel:
    """One export in memory; it is whole, so there is nothing to switch."""

    device = torch.device("cpu")

    def __init__(self, model: _Model, words: EdgeWords, *, threads: int, exact: bool) -> None:
        self._model = model
        self._threads = threads
        self._exact = exact
        self._session: Any = None
        self._batch: Any = None
        self.tokenizer = words
        self.end_ids = words.ends
        self.context = int(model.n_ctx_train)

    def use(self, name: str | None) -> None:
        """Nothing but the model itself can be used."""
        if name:
            raise AdapterNotLoaded(f"No adapter named {name!r} is loaded; an edge export has none.")

    def add_adapter(self, name: str, path: Path) -> None:
        """Refused: what an export knows was put into its weights."""
        raise AdapterUnusable(f"{path.name} cannot be put onto an edge export. Use the version it was made from.")

    def remove_adapter(self, name: str) -> None:
        """Refused, as there is none."""
        raise AdapterNotLoaded(f"No adapter named {name!r} is loaded; an edge export has none.")

    def choice_log_probabilities(
        self, prompts: Sequence[list[int]], answers: Sequence[Sequence[list[int]]], *, batch_size: int = 1
    ) -> Iterator[dict[int, list[float]]]:
        """For each prompt, one after the other, the log-probability (nats) of each of its answers."""
        for number, (prompt, texts) in enumerate(zip(prompts, answers, strict=True)):
            first = self._start(prompt, len(prompt) + max(map(len, texts)))
            scores = []
            for text in texts:
                logits = torch.stack([first, *self._after(len(prompt), text[:-1])])
                scores.append(float(torch.log_softmax(logits, -1).gather(1, torch.tensor(text)[:, None]).sum()))
            yield {number: scores}

    def answer_logits(self, prompts: Sequence[list[int]], answers: Sequence[list[int]]) -> list[Tensor]:
        """For each prompt the logits (answer's tokens x vocabulary) that its answer's tokens were predicted from."""
        found = []
        for prompt, answer in zip(prompts, answers, strict=True):
            first = self._start(prompt, len(prompt) + len(answer))
            found.append(torch.stack([first, *self._after(len(prompt), answer[:-1])]))
        return found

    def greedy(
        self,
        prompts: Sequence[Sequence[int]],
        *,
        max_new_tokens: int,
        batch_size: int = 1,
        done: Callable[[int], None] = lambda count: None,
    ) -> list[list[int]]:
        """The ids of each answer, its end-of-turn token included unless it was cut at `max_new_tokens`."""
        found = []
        for prompt in prompts:
            logits, said = self._start(prompt, len(prompt) + max_new_tokens), [0][:0]
            while len(said) < max_new_tokens:
                said.append(int(logits.argmax()))
                if said[-1] in self.end_ids or len(said) == max_new_tokens:
                    break
                [logits] = self._read([said[-1]], len(prompt) + len(said) - 1, every=True)
            found.append(said)
            done(1)
        return found

    def _start(self, prompt: Sequence[int], room: int) -> Tensor:
        """Forget everything, read the prompt, and give the logits behind it."""
        if self._session is None or self._session.n_ctx < room:
            params = llama_cpp.LlamaContextParams()
            params.n_ctx = min(self.context, -(-room // ROOM) * ROOM) if room <= self.context else room
            params.n_batch = params.n_ubatch = BATCH
            params.n_threads = params.n_threads_batch = self._threads
            if self._exact:
                params.type_k = params.type_v = GGML_F32
                params.flash_attn_type = NO_FLASH
            self._session = llama_cpp.LlamaContext(self._model, params, False)
            self._batch = llama_cpp.LlamaBatch(n_tokens=BATCH, embd=0, n_seq_max=1)
        self._session.memory_seq_rm(0, 0, -1)
        return self._read(list(prompt), 0)[-1]

    def _after(self, position: int, ids: Sequence[int]) -> list[Tensor]:
        """The logits behind each of these ids, which take the place of what was read from the position on."""
        self._session.memory_seq_rm(0, position, -1)
        return self._read(list(ids), position, every=True)

    def _read(self, ids: list[int], position: int, *, every: bool = False) -> list[Tensor]:
        """Read on; the logits behind every id, or behind the last one only."""
        found = []
        for start in range(0, len(ids), BATCH):
            piece = ids[start : start + BATCH]
            self._batch.clear()
            wanted = [every or start + number == len(ids) - 1 for number in range(len(piece))]
            for number, (token, is_wanted) in enumerate(zip(piece, wanted, strict=True)):
                self._batch.add(token, position + start + number, [0], is_wanted)
            self._session.decode(self._batch)
            for number, is_wanted in enumerate(wanted):
                if is_wanted:
                    found.append(torch.tensor(self._session.get_logits_ith(number)))
        if any(not torch.isfinite(each).all() for each in found):
            raise VersionUnusable("The export answers with NaN or infinity, so this version is unusable.")
        return found
