"""How probable given answers to questions are: the choices of an exam, on the transformers runtime.

What all prompts begin with is read once. Then each row holds the rest of a prompt and behind it all of its answers,
each of which sees the prompt and itself alone: one pass, no token twice, hardly any padding, and the output layer only
where something is predicted. The adapter is added as the batching engine does. Models whose attention is not known to
take such a mask read the prompts in one pass and the answers in another.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice, takewhile
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from transformers import DynamicCache

from aird.runtimes import attention, chat
from aird.runtimes.greedy import pad_left
from aird.runtimes.mixing import Mixing

if TYPE_CHECKING:
    from aird.runtimes.hf import LoadedModel

log = logging.getLogger(__name__)

Prompts = Sequence[list[int]]
Answers = Sequence[Sequence[list[int]]]
Value = TypeVar("Value")

WORTH = 128
"""Tokens that a shared beginning must save: a pass of its own costs about as much."""
CELLS = 2**26
"""Of the masks of one pass (rows x length x length); as float32 they take 256 MiB."""
PROMPT = 1
"""The part of a row that all of its answers see; 0 is padding, and the answers count on from 2."""

_one_pass_known: "WeakKeyDictionary[LoadedModel, bool]" = WeakKeyDictionary()


class Reader:
    """Reads with the adapter in use, after what all prompts begin with; maybe nothing."""

    def __init__(self, model: "LoadedModel", mixing: Mixing, beginning: Sequence[int] = ()) -> None:
        self._model, self._mixing, self._slot = model, mixing, model.slot(model.in_use)
        self.device, self.known = model.device, len(beginning)
        self._layers: list[tuple[Tensor, Tensor]] = []
        if beginning:
            ids = torch.tensor([beginning], device=model.device)
            read = self._forward(ids, use_cache=True, logits_to_keep=1)
            self._layers = [(layer.keys, layer.values) for layer in read.past_key_values.layers]

    def logits(self, ids: Tensor, mask: Tensor, positions: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        """The logits (places x vocabulary) at these places of ids (rows x length)."""
        cache = None
        if self._layers:
            cache = DynamicCache(
                [(k.expand(len(ids), -1, -1, -1), v.expand(len(ids), -1, -1, -1)) for k, v in self._layers]
            )
        inputs = {"attention_mask": mask, "position_ids": positions, "past_key_values": cache}
        with _head_at(self._model.network, rows, columns):
            found: Tensor = self._forward(ids, **inputs, use_cache=cache is not None).logits[0]
        return found

    @torch.inference_mode()
    def _forward(self, ids: Tensor, **inputs: Any) -> Any:
        with self._model.bare() as network, self._mixing.rows([self._slot] * len(ids), ids.device):
            return network(input_ids=ids, **inputs)


@contextmanager
def _head_at(network: Any, rows: Tensor, columns: Tensor) -> Iterator[None]:
    """The output layer gets these places alone, as one row; with a large vocabulary it is a good part of the work."""
    head = network.get_output_embeddings()
    handle = head.register_forward_pre_hook(lambda _, inputs: (inputs[0][rows, columns][None],))
    try:
        yield
    finally:
        handle.remove()


def log_probabilities(
    model: "LoadedModel", prompts: Prompts, answers: Answers, *, batch_size: int
) -> Iterator[dict[int, list[float]]]:
    """As scoring.Sitter's `choice_log_probabilities`; prompts of like length share a batch."""
    lengths = [len(prompt) + sum(map(len, texts)) for prompt, texts in zip(prompts, answers, strict=True)]
    order = sorted(range(len(prompts)), key=lengths.__getitem__)
    together = one_pass(model)
    with _mixing(model) as mixing:
        reader = Reader(model, mixing, shared(prompts)) if together else None
        while order:
            size = _rows([lengths[i] for i in order[:batch_size]]) if reader else batch_size
            batch, order = order[: size or batch_size], order[size or batch_size :]
            asked, told = [prompts[i] for i in batch], [answers[i] for i in batch]
            scores = in_one_pass(reader, asked, told) if reader and size else in_two_passes(model, asked, told)
            yield dict(zip(batch, scores, strict=True))


def _rows(lengths: Sequence[int]) -> int:
    """How many of these rows, in growing order, have masks that fit; 0 when the first has none."""
    return next((n for n in range(len(lengths), 0, -1) if n * lengths[n - 1] ** 2 <= CELLS), 0)


@contextmanager
def _mixing(model: "LoadedModel") -> Iterator[Mixing]:
    mixing = Mixing()
    mixing.watch(model.network)
    try:
        yield mixing
    finally:
        mixing.leave()


def shared(prompts: Prompts) -> list[int]:
    """What all prompts begin with, where it is worth a pass of its own; every prompt has a token more."""
    if not prompts:
        return []
    first, last = min(prompts), max(prompts)  # what these two begin with, all between them do
    known = [token for token, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))]
    known = known[: min(map(len, prompts)) - 1]
    return known if len(known) * (len(prompts) - 1) >= WORTH else []


def one_pass(model: "LoadedModel") -> bool:
    """Whether one pass gives this model's numbers, which two questions show once."""
    known = _one_pass_known.get(model)
    if known is not None:
        return known
    why = attention.unknown(model)
    if why is None:
        prompts, answers = [[*range(1, 12)], [*range(1, 7)]], [[[7, 8, 9], [3], [5, 2]], [[4], [6, 4, 2, 1]]]
        plain = _flat(in_two_passes(model, prompts, answers))
        if not all(map(isfinite, plain)):
            return False  # the adapter's fault, maybe, so nothing is remembered
        try:
            with _mixing(model) as mixing:
                found = _flat(in_one_pass(Reader(model, mixing, prompts[1][:-1]), prompts, answers))
            far = max(abs(a - b) for a, b in zip(found, plain, strict=True))
            why = None if far <= attention.tolerance(model) else f"its log-probabilities are off by {far:.2g}"
        except Exception as error:
            why = repr(error)
    if why is not None:
        log.warning("Choices are read behind this model's prompts in passes of their own: %s.", why)
    _one_pass_known[model] = why is None
    return why is None


def in_one_pass(reader: Reader, prompts: Prompts, answers: Answers) -> list[list[float]]:
    """All prompts of a batch, each with its answers in one row; an answer's last token need not be read."""
    rows, parts, positions = [], [], []
    for prompt, texts in zip(prompts, answers, strict=True):
        rest, fed = prompt[reader.known :], [text[:-1] for text in texts]
        rows.append(rest + _flat(fed))
        parts.append([PROMPT] * len(rest) + [n for n, text in enumerate(fed, PROMPT + 1) for _ in text])
        positions.append(
            [*range(reader.known, len(prompt)), *(len(prompt) + n for text in fed for n in range(len(text)))]
        )
    longest = max(map(len, rows))
    at: list[tuple[int, int, int]] = []  # row, column, and the token predicted there
    for row, texts in enumerate(answers):
        end_of_prompt = place = longest - 1 - sum(len(text) - 1 for text in texts)
        for text in texts:
            columns = [end_of_prompt, *range(place + 1, place + len(text))]
            at += [(row, column, token) for column, token in zip(columns, text, strict=True)]
            place += len(text) - 1
    places = sorted({(row, column) for row, column, _ in at})
    number = {place: n for n, place in enumerate(places)}
    device = reader.device
    (ids, _), (part, _), (position, _) = (pad_left(each, device) for each in (rows, parts, positions))
    row_of, column_of = torch.tensor(places, device=device).T
    logits = reader.logits(ids, _mask(part, reader.known), position, row_of, column_of)
    which = torch.tensor([(number[row, column], token) for row, column, token in at], device=device).T
    found = torch.log_softmax(logits.float(), -1)[which[0], which[1]]
    values = iter(found.tolist())
    return [[sum(islice(values, len(text))) for text in texts] for texts in answers]


def _mask(parts: Tensor, known: int) -> Tensor:
    """What each token sees (rows x 1 x length x known + length): the beginning, its prompt, what is before it in its
    own part. Padding sees the padding before it: a token that saw nothing would become NaN."""
    mask = parts[:, :, None] == parts[:, None]
    mask |= parts[:, None] == PROMPT
    mask &= torch.ones(mask.shape[1:], dtype=torch.bool, device=mask.device).tril()
    return torch.nn.functional.pad(mask, (known, 0), value=True)[:, None]


def in_two_passes(model: "LoadedModel", prompts: Prompts, answers: Answers) -> list[list[float]]:
    """All prompts of a batch, then all answers; the keys and values of a prompt are shared by its answers."""
    ids, mask = pad_left(prompts, model.device)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    read = model.forward(ids, attention_mask=mask, position_ids=positions, use_cache=True, logits_to_keep=1)
    owner = torch.tensor([i for i, texts in enumerate(answers) for _ in texts], device=model.device)
    flat = [answer for texts in answers for answer in texts]
    first = torch.log_softmax(read.logits[:, -1].float(), dim=-1)
    scores = first[owner, torch.tensor([answer[0] for answer in flat], device=model.device)]

    longest = max(len(answer) for answer in flat)
    if longest > 1:
        cache = read.past_key_values
        cache.batch_select_indices(owner)
        padded = [answer + [chat.IGNORED] * (longest - len(answer)) for answer in flat]
        table = torch.tensor(padded, device=model.device)
        wanted = table[:, 1:]
        fed = table[:, :-1].masked_fill(wanted == chat.IGNORED, 0)
        step = torch.arange(longest - 1, device=model.device)
        whole = torch.cat([mask[owner], torch.ones_like(fed)], dim=1)
        places = mask.sum(1)[owner, None] + step
        rest = model.forward(fed, attention_mask=whole, position_ids=places, past_key_values=cache, use_cache=True)
        scores = scores - torch.nn.functional.cross_entropy(
            rest.logits.float().transpose(1, 2), wanted, ignore_index=chat.IGNORED, reduction="none"
        ).sum(1)
    values = iter(scores.tolist())
    return [[next(values) for _ in texts] for texts in answers]


def _flat(lists: Sequence[Sequence[Value]]) -> list[Value]:
    return [each for some in lists for each in some]
