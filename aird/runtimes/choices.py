"""How probable given answers to questions are: the choices of an exam, on the transformers runtime.

What all prompts begin with is read once. Then each row holds the rest of a prompt and behind it all of its answers,
each of which sees the prompt and itself alone: one pass, no token twice, hardly any padding. Models whose attention is
not known to take such a mask read the prompts in one pass and the answers in another.
"""

import logging
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile
from math import isfinite
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from transformers import DynamicCache

from aird.runtimes import attention, chat
from aird.runtimes.greedy import pad_left

if TYPE_CHECKING:
    from aird.runtimes.hf import LoadedModel

log = logging.getLogger(__name__)

Prompts = Sequence[list[int]]
Answers = Sequence[Sequence[list[int]]]

WORTH = 128
"""Tokens that a shared beginning must save: a pass of its own costs about as much."""
PROMPT = 1
"""The part of a row that all of its answers see; 0 is padding, and the answers count on from 2."""

_one_pass_known: "WeakKeyDictionary[LoadedModel, bool]" = WeakKeyDictionary()


class Beginning:
    """The tokens that all prompts begin with, read with the adapter in force; maybe none."""

    def __init__(self, model: "LoadedModel", ids: Sequence[int]) -> None:
        self.length = len(ids)
        self._layers: list[tuple[Tensor, Tensor]] = []
        if ids:
            read = model.forward(torch.tensor([ids], device=model.device), use_cache=True, logits_to_keep=1)
            self._layers = [(layer.keys, layer.values) for layer in read.past_key_values.layers]

    def cache(self, rows: int) -> DynamicCache | None:
        """Its keys and values for so many rows, to be read on from."""
        if not self.length:
            return None
        return DynamicCache([(k.expand(rows, -1, -1, -1), v.expand(rows, -1, -1, -1)) for k, v in self._layers])


def log_probabilities(
    model: "LoadedModel", prompts: Prompts, answers: Answers, *, batch_size: int
) -> Iterator[dict[int, list[float]]]:
    """As scoring.Sitter's `choice_log_probabilities`; prompts of like length share a batch."""
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]) + sum(map(len, answers[i])))
    together = one_pass(model)
    beginning = Beginning(model, shared(prompts) if together else [])
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        asked, told = [prompts[i] for i in batch], [answers[i] for i in batch]
        scores = in_one_pass(model, beginning, asked, told) if together else in_two_passes(model, asked, told)
        yield dict(zip(batch, scores, strict=True))


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
            found = _flat(in_one_pass(model, Beginning(model, prompts[1][:-1]), prompts, answers))
            far = max(abs(a - b) for a, b in zip(found, plain, strict=True))
            why = None if far <= attention.tolerance(model) else f"its log-probabilities are off by {far:.2g}"
        except Exception as error:
            why = repr(error)
    if why is not None:
        log.warning("Choices are read behind this model's prompts in passes of their own: %s.", why)
    _one_pass_known[model] = why is None
    return why is None


def in_one_pass(model: "LoadedModel", beginning: Beginning, prompts: Prompts, answers: Answers) -> list[list[float]]:
    """All prompts of a batch, each with its answers in one row; an answer's last token need not be read."""
    fed = [[text[:-1] for text in texts] for texts in answers]
    rests = [prompt[beginning.length :] for prompt in prompts]
    rows = [rest + [token for text in texts for token in text] for rest, texts in zip(rests, fed, strict=True)]
    ids, _ = pad_left(rows, model.device)
    parts, _ = pad_left(
        [
            [PROMPT] * len(rest) + [n for n, text in enumerate(texts, PROMPT + 1) for _ in text]
            for rest, texts in zip(rests, fed, strict=True)
        ],
        model.device,
    )
    positions, _ = pad_left(
        [
            [*range(beginning.length, len(prompt)), *(len(prompt) + n for text in texts for n in range(len(text)))]
            for prompt, texts in zip(prompts, fed, strict=True)
        ],
        model.device,
    )
    behind = [sum(map(len, texts)) for texts in fed]
    keep = max(behind) + 1
    cache = beginning.cache(len(rows))
    logits = model.forward(
        ids,
        attention_mask=_mask(parts, beginning.length),
        position_ids=positions,
        past_key_values=cache,
        use_cache=cache is not None,
        logits_to_keep=keep,
    ).logits.float()
    at: list[tuple[int, int, int]] = []  # row, column, and the token predicted there
    for row, texts in enumerate(answers):
        end_of_prompt = place = keep - 1 - behind[row]
        for text in texts:
            columns = [end_of_prompt, *range(place + 1, place + len(text))]
            at += [(row, column, token) for column, token in zip(columns, text, strict=True)]
            place += len(text) - 1
    row_of, column_of, token_of = torch.tensor(at, device=model.device).T
    found = logits[row_of, column_of, token_of] - logits.logsumexp(-1)[row_of, column_of]
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


def _flat(scores: Sequence[Sequence[float]]) -> list[float]:
    return [each for some in scores for each in some]
