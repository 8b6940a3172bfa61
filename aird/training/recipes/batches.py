"""Items to token sequences to batches.

Batches are cut from pools of sixteen, sorted by length, so that little is padded although the order stays
random. Padding stands on the right of a causal model and carries no loss: no attention mask is needed.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import torch
from peft import PeftModel
from torch import Tensor

from aird.runtimes import chat
from aird.runtimes.chat import IGNORED, Example
from aird.training.recipes.errors import NothingToLearn

POOL = 16
"""Batches that are sorted together."""

Item = Mapping[str, Any]


class HasLength(Protocol):
    """Anything that takes a number of tokens."""

    @property
    def length(self) -> int: ...


Sized = TypeVar("Sized", bound=HasLength)


def encode(tokenizer: Any, item: Item, end: frozenset[int]) -> Example:
    """A chat item with loss on the answers only, or a text item with loss on everything."""
    if "messages" in item:
        return chat.encode_chat(tokenizer, item["messages"], end)
    if "text" in item:
        ids = [*chat.text_ids(tokenizer, str(item["text"])), tokenizer.eos_token_id]
        return Example(ids, ids)
    raise NothingToLearn(f"An item has neither messages nor text; it has {sorted(item)}.")


def encode_all(
    tokenizer: Any, items: Sequence[Item], end: frozenset[int], max_length: int
) -> tuple[list[Example], int]:
    """The items that fit, and how many do not. Raises NothingToLearn when none is left."""
    if not items:
        raise NothingToLearn("There are no items to learn from. Choose a dataset that is not empty.")
    examples = [encode(tokenizer, item, end) for item in items]
    fitting = [example for example in examples if 2 <= example.length <= max_length]
    if not fitting:
        raise NothingToLearn(
            f"All {len(items)} items are longer than max_length ({max_length} tokens). Raise it or shorten the items."
        )
    return fitting, len(items) - len(fitting)


def pieces(example: Example, max_length: int) -> list[Example]:
    """A long text cut into sequences of at most `max_length` tokens."""
    starts = range(0, example.length - 1, max_length)
    return [Example(example.ids[s : s + max_length], example.labels[s : s + max_length]) for s in starts]


def shuffled(examples: Sequence[Sized], seed: int) -> Iterator[Sized]:
    """The examples for ever, each round in a new order."""
    order = random.Random(seed)  # noqa: S311
    while True:
        yield from order.sample(examples, len(examples))


def batches(examples: Iterator[Sized], batch_size: int, seed: int) -> Iterator[list[Sized]]:
    """Batches of similar lengths from a stream without end."""
    order = random.Random(seed)  # noqa: S311
    while True:
        pool = sorted((next(examples) for _ in range(POOL * batch_size)), key=lambda example: example.length)
        starts = list(range(0, len(pool), batch_size))
        order.shuffle(starts)
        yield from (pool[start : start + batch_size] for start in starts)


def pad(batch: Sequence[Example], device: torch.device) -> tuple[Tensor, Tensor]:
    """Ids and labels (items x longest), padded on the right."""
    longest = max(example.length for example in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    labels = torch.full((len(batch), longest), IGNORED, dtype=torch.long)
    for row, example in enumerate(batch):
        ids[row, : example.length] = torch.tensor(example.ids)
        labels[row, : example.length] = torch.tensor(example.labels)
    return ids.to(device), labels.to(device)


def head_of(network: Any) -> Callable[[Tensor, Tensor], Tensor]:
    """A function (ids, rows) -> logits at the chosen positions only.

    `rows` is a boolean mask (items x length). The output head, a large part of a small model's work, then
    runs on the answers' positions alone. Models that rescale their logits after the head are asked for all of
    them.
    """
    network = network.get_base_model() if isinstance(network, PeftModel) else network
    config = network.config
    rescales = ("final_logit_softcapping", "logit_scale", "logits_scaling", "lm_head_multiplier")
    decoder = network.get_decoder()
    head = network.get_output_embeddings()
    if decoder is None or head is None or any(getattr(config, name, None) for name in rescales):
        return lambda ids, rows: network(input_ids=ids, use_cache=False).logits[rows]
    return lambda ids, rows: head(decoder(input_ids=ids, use_cache=False).last_hidden_state[rows])


def learnt_rows(labels: Tensor) -> Tensor:
    """The positions (items x length) whose next token is learnt."""
    rows = torch.zeros_like(labels, dtype=torch.bool)
    rows[:, :-1] = labels[:, 1:] != IGNORED
    return rows


def learnt_ids(labels: Tensor) -> Tensor:
    """The tokens that are learnt, in the order of `learnt_rows`."""
    return labels[:, 1:][labels[:, 1:] != IGNORED]


def answer_loss(logits_at: Callable[[Tensor, Tensor], Tensor], ids: Tensor, labels: Tensor) -> Tensor:
    """Mean cross entropy in nats over the positions that are learnt."""
    logits = logits_at(ids, learnt_rows(labels))
    return torch.nn.functional.cross_entropy(logits.float(), learnt_ids(labels))
