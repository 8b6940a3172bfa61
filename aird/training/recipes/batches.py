"""Items to token sequences to batches.

Batches are cut from pools of sixteen, sorted by length, so that little is padded although the order stays
random. Padding stands on the right of a causal model and carries no loss: no attention mask is needed.

Packed, several examples lie in one row. Each begins again at position 0, by which transformers keeps them apart: no
token attends to another example (`check_packing` asks the network itself), and none is predicted from one.
"""

import hashlib
import json
import random
from array import array
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import torch
from peft import PeftModel
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

from aird.runtimes import chat
from aird.runtimes.chat import IGNORED, Example
from aird.training.recipes.errors import NothingToLearn, SettingsDoNotFit

POOL = 16
"""Batches that are sorted together."""
LOGITS = 2**25
"""Logits that are held at once, at most: of more, the head's work is done in pieces and twice."""

Item = Mapping[str, Any]


class HasLength(Protocol):
    """Anything that takes a number of tokens."""

    @property
    def length(self) -> int: ...


Sized = TypeVar("Sized", bound=HasLength)


@dataclass(frozen=True, slots=True)
class Row:
    """Several examples in one row."""

    examples: tuple[Example, ...]

    @property
    def length(self) -> int:
        """In tokens."""
        return sum(example.length for example in self.examples)


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


def set_aside(items: Sequence[Item], share: float) -> tuple[list[Item], list[Item]]:
    """The items to learn, and about this share of them to measure on; equal items stand on the same side for ever."""
    learnt: list[Item] = []
    aside: list[Item] = []
    for item in items:
        content = hashlib.sha256(json.dumps(item, sort_keys=True).encode()).digest()
        (aside if int.from_bytes(content[:8]) < share * 2**64 else learnt).append(item)
    if share and not (aside and learnt):
        raise NothingToLearn(
            f"Of {len(items)} items, {len(aside)} are held out by held_out = {share}; both sides need at least one. "
            "Take more items or another share."
        )
    return learnt, aside


def pack(examples: Iterable[Example], max_length: int) -> list[Row]:
    """Rows of at most `max_length` tokens that hold every example once (best fit, the longest first)."""
    rows: list[list[Example]] = []
    rooms: list[tuple[int, int]] = []  # (tokens left, row), sorted
    for example in sorted(examples, key=lambda each: -each.length):
        at = bisect_left(rooms, (example.length, 0))
        if at == len(rooms):
            rows.append([example])
            room, row = max_length, len(rows) - 1
        else:
            room, row = rooms.pop(at)
            rows[row].append(example)
        insort(rooms, (room - example.length, row))
    return [Row(tuple(row)) for row in rows]


def learnt(example: Example | Row) -> int:
    """How many tokens carry loss."""
    several = example.examples if isinstance(example, Row) else (example,)
    return sum(each != IGNORED for one in several for each in one.labels[1:])


def digest(examples: Iterable[Example | Row]) -> str:
    """A digest of all tokens and labels, in their order."""
    found = hashlib.sha256()
    for example in examples:
        for one in example.examples if isinstance(example, Row) else (example,):
            found.update(array("q", [one.length, *one.ids, *one.labels]).tobytes())
    return found.hexdigest()


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


def lay(batch: Sequence[Example | Row], device: torch.device) -> tuple[Tensor, Tensor, Tensor | None]:
    """Ids, labels and, where rows are packed, positions (rows x longest), padded on the right."""
    if not any(isinstance(each, Row) for each in batch):
        return *pad([each for each in batch if isinstance(each, Example)], device), None
    longest = max(row.length for row in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    labels = torch.full((len(batch), longest), IGNORED, dtype=torch.long)
    positions = torch.zeros(len(batch), longest, dtype=torch.long)
    for at, row in enumerate(batch):
        start = 0
        for one in row.examples if isinstance(row, Row) else (row,):
            end = start + one.length
            ids[at, start:end] = torch.tensor(one.ids)
            labels[at, start + 1 : end] = torch.tensor(one.labels[1:])
            positions[at, start:end] = torch.arange(one.length)
            start = end
    return ids.to(device), labels.to(device), positions.to(device)


@torch.no_grad()
def check_packing(network: Any, vocabulary: int) -> None:
    """Refuse packing when the network lets an example see the one before it in its row. Raises SettingsDoNotFit."""
    states, _ = parts_of(network)
    device = next(network.parameters()).device
    row = torch.arange(8, device=device) % vocabulary
    other = torch.cat([(row[:4] + 1) % vocabulary, row[4:]])
    positions = (torch.arange(8, device=device) % 4)[None]
    seen, unseen = (states(ids[None], positions)[0, 4:] for ids in (row, other))
    if not torch.allclose(seen, unseen, rtol=1e-3, atol=1e-5):
        raise SettingsDoNotFit(
            "This base mixes the items of a packed row, so packing would teach it from foreign items. Set packing to "
            "false."
        )


States = Callable[[Tensor, Tensor | None], Tensor]
"""(ids, positions) -> the last hidden states."""


def parts_of(network: Any) -> tuple[States, Any]:
    """The network below its head, and the head; the head is None where logits are rescaled behind it: then the first
    part gives the logits."""
    network = network.get_base_model() if isinstance(network, PeftModel) else network
    rescales = ("final_logit_softcapping", "logit_scale", "logits_scaling", "lm_head_multiplier")
    decoder = network.get_decoder()
    head = network.get_output_embeddings()
    if decoder is None or head is None or any(getattr(network.config, name, None) for name in rescales):
        return lambda ids, at: network(input_ids=ids, use_cache=False, **_placed(at)).logits, None
    return lambda ids, at: decoder(input_ids=ids, use_cache=False, **_placed(at)).last_hidden_state, head


def _placed(positions: Tensor | None) -> dict[str, Tensor]:
    return {} if positions is None else {"position_ids": positions}


def head_of(network: Any) -> Callable[[Tensor, Tensor], Tensor]:
    """A function (ids, rows) -> logits at the chosen positions only.

    `rows` is a boolean mask (items x length). The output head, a large part of a small model's work, then
    runs on the answers' positions alone. Models that rescale their logits after the head are asked for all of
    them.
    """
    states, head = parts_of(network)
    if head is None:
        return lambda ids, rows: states(ids, None)[rows]
    return lambda ids, rows: head(states(ids, None)[rows])


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
    return cross_entropy(logits.float(), learnt_ids(labels))


def answer_sum(network: Any) -> Callable[[Tensor, Tensor, Tensor | None], Tensor]:
    """A function (ids, labels, positions) -> the sum of the cross entropy in nats over the positions that are learnt.

    The logits of a large vocabulary are never all in memory: they are computed piece by piece, and again for the
    gradient.
    """
    states, head = parts_of(network)

    def loss(ids: Tensor, labels: Tensor, positions: Tensor | None) -> Tensor:
        found, wanted = states(ids, positions)[learnt_rows(labels)], learnt_ids(labels)
        if head is None:
            return _entropy(lambda logits: logits, found, wanted)
        size = max(LOGITS // head.weight.shape[0], 1)
        if len(found) <= size:
            return _entropy(head, found, wanted)
        pieces = zip(torch.split(found, size), torch.split(wanted, size), strict=True)
        sums = [checkpoint(partial(_entropy, head), *piece, use_reentrant=False) for piece in pieces]
        return torch.stack(sums).sum()

    return loss


def _entropy(head: Callable[[Tensor], Tensor], states: Tensor, wanted: Tensor) -> Tensor:
    return cross_entropy(head(states).float(), wanted, reduction="sum")
