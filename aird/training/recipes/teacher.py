"""What the teachers say, computed once: their answers and, for every token of them, their probabilities.

Small vocabularies are kept whole; of large ones the 64 most probable tokens and, as one more bucket, the rest, or
tokens that are drawn from the probabilities (https://arxiv.org/abs/2503.16870). They are kept at the temperature of
the training, as float16 logarithms (float32 when whole).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from aird.runtimes import chat, greedy
from aird.runtimes.chat import IGNORED, Example
from aird.runtimes.errors import VersionUnusable
from aird.training.recipes import batches
from aird.training.recipes.batches import Item
from aird.training.recipes.errors import NothingToLearn
from aird.training.recipes.losses import LEAST
from aird.training.settings_distill import DistillSettings

DENSE_VOCABULARY = 4096
AT_ONCE = 16
"""Given answers that are scored together, whatever the batches of the training: so the same words get the same bits."""

Signal = tuple[Tensor, Tensor | None]
"""Of each position of an answer: logarithms of probabilities, and of which tokens; None for the whole vocabulary in its
order. One column more than tokens is the bucket of all others."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One prompt with its teacher's answer, and the given answer where there is one.

    `tokens` (answer length x top) is None where `logs` covers the whole vocabulary; else the last column of `logs` is
    the bucket of all other tokens, or, where as many tokens as logarithms are kept, they were drawn.
    """

    example: Example
    logs: Tensor
    tokens: Tensor | None
    given: Example | None

    @property
    def length(self) -> int:
        """In tokens."""
        return self.example.length

    def said(self) -> Signal:
        """`logs` and `tokens`."""
        return self.logs, self.tokens


@torch.inference_mode()
def lessons(
    network: Any,
    tokenizer: Any,
    items: Sequence[Item],
    settings: DistillSettings,
    done: Callable[[int], None] = lambda count: None,
    *,
    seed: int = 0,
) -> list[Lesson | None]:
    """Every item as a lesson of the teacher that `network` now is; None for those that do not fit.

    `done` is called with a number of items when so many more have been answered, or scored if given. `seed` decides
    which tokens are drawn. Raises NothingToLearn for an item without a question, VersionUnusable.
    """
    draw = torch.Generator(network.device).manual_seed(seed) if settings.signal == "sampled" else None
    end = chat.end_ids(network, tokenizer)
    given = [_given(tokenizer, item, end) for item in items]
    if settings.answers == "given":
        examples = [each if each and each.length <= settings.max_length else None for each in given]
        signals = _scored(network, examples, settings, draw, done)
    else:
        examples, signals = _answered(network, tokenizer, items, end, settings, draw, done)
    found: list[Lesson | None] = []
    for example, own, signal in zip(examples, given, signals, strict=True):
        if example is not None and signal is not None and example.length <= settings.max_length:
            fitting = own if own and own.length <= settings.max_length else None
            found.append(Lesson(example, *signal, fitting))
        else:
            found.append(None)
    return found


@torch.inference_mode()
def words(
    network: Any,
    tokenizer: Any,
    items: Sequence[Item],
    settings: DistillSettings,
    done: Callable[[int], None] = lambda count: None,
) -> list[str | None]:
    """What the teacher writes to each item, as text; None where the prompt does not fit or the answer has no end."""
    end = chat.end_ids(network, tokenizer)
    prompts = [chat.prompt_ids(tokenizer, question(item)) for item in items]
    short = [i for i, prompt in enumerate(prompts) if len(prompt) < settings.max_length]
    asked = [prompts[i] for i in short]
    said = greedy.answers(network, asked, max_new_tokens=settings.max_new_tokens, end=end, done=done)
    found: list[str | None] = [None] * len(items)
    for i, answer in zip(short, said, strict=True):
        if answer and answer[-1] in end:
            found[i] = tokenizer.decode(answer, skip_special_tokens=True)
    return found


def written(tokenizer: Any, item: Item, answer: str, end: frozenset[int], settings: DistillSettings) -> Example | None:
    """The item with a teacher's written answer, in the student's tokens; None when it does not fit."""
    messages = [*question(item), {"role": "assistant", "content": answer}]
    example = chat.encode_chat(tokenizer, messages, end)
    return example if example.length <= settings.max_length else None


def _answered(
    network: Any,
    tokenizer: Any,
    items: Sequence[Item],
    end: frozenset[int],
    settings: DistillSettings,
    draw: torch.Generator | None,
    done: Callable[[int], None],
) -> tuple[list[Example | None], list[Signal | None]]:
    """Each prompt with the teacher's answer, and the probabilities that its tokens were picked from: no second look."""
    prompts = [chat.prompt_ids(tokenizer, question(item)) for item in items]
    short = [i for i, prompt in enumerate(prompts) if len(prompt) < settings.max_length]
    heard: list[list[Signal]] = [[] for _ in short]

    def hear(rows: list[int], logits: Tensor) -> None:
        logs, tokens = _kept(logits, settings, draw)
        for place, row in enumerate(rows):
            heard[row].append((logs[place], None if tokens is None else tokens[place]))

    asked = [prompts[i] for i in short]
    said = greedy.answers(network, asked, max_new_tokens=settings.max_new_tokens, end=end, done=done, heard=hear)
    examples: list[Example | None] = [None] * len(items)
    signals: list[Signal | None] = [None] * len(items)
    for i, answer, parts in zip(short, said, heard, strict=True):
        examples[i] = Example(prompts[i] + answer, [IGNORED] * len(prompts[i]) + answer)
        tokens = [chosen for _, chosen in parts if chosen is not None]
        signals[i] = _stacked([logs for logs, _ in parts], -torch.inf), _stacked(tokens, 0) if tokens else None
    return examples, signals


def _stacked(rows: Sequence[Tensor], filling: float) -> Tensor:
    """Rows of one answer below each other; those that are shorter are filled up."""
    widest = max(len(row) for row in rows)
    if all(len(row) == widest for row in rows):
        return torch.stack(list(rows))
    return torch.stack([torch.nn.functional.pad(row, (0, widest - len(row)), value=filling) for row in rows])


def _scored(
    network: Any,
    examples: Sequence[Example | None],
    settings: DistillSettings,
    draw: torch.Generator | None,
    done: Callable[[int], None],
) -> list[Signal | None]:
    """For each example the probabilities at the positions before its learnt tokens."""
    logits_at = batches.head_of(network)
    known = {i: example for i, example in enumerate(examples) if example is not None}
    order = sorted(known, key=lambda i: known[i].length)
    found: list[Signal | None] = [None] * len(examples)
    for start in range(0, len(order), AT_ONCE):
        chosen = order[start : start + AT_ONCE]
        ids, labels = batches.pad([known[i] for i in chosen], network.device)
        rows = batches.learnt_rows(labels)
        logits = logits_at(ids, rows)
        if not torch.isfinite(logits).all():
            raise VersionUnusable("The teacher answers with NaN or infinity, so this version is unusable.")
        logs, tokens = _kept(logits, settings, draw)
        at = 0
        for i, count in zip(chosen, rows.sum(1).tolist(), strict=True):
            part = slice(at, at + count)
            found[i] = logs[part].clone(), None if tokens is None else tokens[part].clone()
            at += count
        done(len(chosen))
    return found


def _kept(logits: Tensor, settings: DistillSettings, draw: torch.Generator | None) -> Signal:
    """What is kept of logits (positions x vocabulary), on the CPU."""
    logs = torch.log_softmax(logits.float() / settings.temperature, dim=-1)
    whole = settings.signal == "whole" or (settings.signal == "auto" and logs.shape[-1] <= DENSE_VOCABULARY)
    if whole:
        return logs.cpu(), None
    if settings.signal == "sampled":
        return _drawn(logs, settings.draws, draw)
    top, tokens = logs.topk(min(settings.top, logs.shape[-1]), dim=-1)
    return torch.cat([top, rest_of(top)], dim=-1).half().cpu(), tokens.int().cpu()


def _drawn(logs: Tensor, draws: int, draw: torch.Generator | None) -> Signal:
    """Tokens drawn from each row and the logarithms of their shares, padded with minus infinity."""
    found = [row.unique(return_counts=True) for row in torch.multinomial(logs.exp(), draws, True, generator=draw).cpu()]
    widest = max(len(tokens) for tokens, _ in found)
    shares = torch.full((len(found), widest), -torch.inf)
    kept = torch.zeros(len(found), widest, dtype=torch.int32)
    for row, (tokens, counts) in enumerate(found):
        kept[row, : len(tokens)] = tokens.int()
        shares[row, : len(tokens)] = (counts / draws).log()
    return shares.half(), kept


def rest_of(logs: Tensor) -> Tensor:
    """log(1 - sum exp(logs)) over the last dimension, kept as one column and never below log(LEAST)."""
    return (1 - logs.exp().sum(-1, keepdim=True)).clamp(min=LEAST).log()


def question(item: Item) -> list[dict[str, str]]:
    """The messages up to the last one that is not the assistant's."""
    messages = list(item.get("messages", ()))
    while messages and messages[-1]["role"] == "assistant":
        messages.pop()
    if not messages:
        raise NothingToLearn("An item has no question to put to the teacher.")
    return messages


def _given(tokenizer: Any, item: Item, end: frozenset[int]) -> Example | None:
    messages = item.get("messages") or ()
    if not messages or messages[-1]["role"] != "assistant":
        return None
    return chat.encode_chat(tokenizer, messages, end)
