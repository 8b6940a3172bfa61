"""What the teachers say, computed once: their answers and, for every token of them, their probabilities.

Small vocabularies are stored whole; of large ones the 64 most probable tokens and, as one more bucket, the
rest. The probabilities are stored at the temperature of the training, in float16 logarithms (float32 when
whole).
"""

import math
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
from aird.training.settings_distill import DistillSettings

DENSE_VOCABULARY = 4096
TOP = 64


@dataclass(frozen=True, slots=True)
class Lesson:
    """One prompt with its teacher's answer, and the given answer where there is one.

    `tokens` (answer length x TOP) is None where `logs` covers the whole vocabulary; else the last column of
    `logs` is the bucket of all other tokens.
    """

    example: Example
    logs: Tensor
    tokens: Tensor | None
    given: Example | None

    @property
    def length(self) -> int:
        """In tokens."""
        return self.example.length


@torch.inference_mode()
def lessons(
    network: Any,
    tokenizer: Any,
    items: Sequence[Item],
    settings: DistillSettings,
    done: Callable[[int], None] = lambda count: None,
) -> tuple[list[Lesson], int]:
    """Every item that fits as a lesson of the teacher that `network` now is, and how many do not fit.

    `done` is called with a number of items when so many more have been answered, or scored if given.
    """
    end = chat.end_ids(network, tokenizer)
    given = [_given(tokenizer, item, end) for item in items]
    if settings.answers == "given":
        if not any(given):
            raise NothingToLearn("No item has an assistant turn. Let the teachers generate the answers instead.")
        examples = [each if each and each.length <= settings.max_length else None for each in given]
        signals = _scored(network, examples, settings, done)
    else:
        examples, signals = _answered(network, tokenizer, items, end, settings, done)
    found = []
    for example, own, signal in zip(examples, given, signals, strict=True):
        if example is not None and signal is not None and example.length <= settings.max_length:
            fitting = own if own and own.length <= settings.max_length else None
            found.append(Lesson(example, *signal, fitting))
    return found, len(items) - len(found)


Signal = tuple[Tensor, Tensor | None]
"""`logs` and `tokens` of a lesson."""


def _answered(
    network: Any,
    tokenizer: Any,
    items: Sequence[Item],
    end: frozenset[int],
    settings: DistillSettings,
    done: Callable[[int], None],
) -> tuple[list[Example | None], list[Signal | None]]:
    """Each prompt with the teacher's answer, and the probabilities that its tokens were picked from: no second look."""
    prompts = [chat.prompt_ids(tokenizer, question(item)) for item in items]
    short = [i for i, prompt in enumerate(prompts) if len(prompt) < settings.max_length]
    heard: list[list[Signal]] = [[] for _ in short]

    def hear(rows: list[int], logits: Tensor) -> None:
        logs, tokens = _kept(logits, settings.temperature)
        for place, row in enumerate(rows):
            heard[row].append((logs[place], None if tokens is None else tokens[place]))

    asked = [prompts[i] for i in short]
    said = greedy.answers(network, asked, max_new_tokens=settings.max_new_tokens, end=end, done=done, heard=hear)
    examples: list[Example | None] = [None] * len(items)
    signals: list[Signal | None] = [None] * len(items)
    for i, answer, parts in zip(short, said, heard, strict=True):
        examples[i] = Example(prompts[i] + answer, [IGNORED] * len(prompts[i]) + answer)
        tokens = [chosen for _, chosen in parts if chosen is not None]
        signals[i] = torch.stack([logs for logs, _ in parts]), torch.stack(tokens) if tokens else None
    return examples, signals


def _scored(
    network: Any, examples: Sequence[Example | None], settings: DistillSettings, done: Callable[[int], None]
) -> list[Signal | None]:
    """For each example the probabilities at the positions before its learnt tokens."""
    logits_at = batches.head_of(network)
    known = {i: example for i, example in enumerate(examples) if example is not None}
    order = sorted(known, key=lambda i: known[i].length)
    found: list[Signal | None] = [None] * len(examples)
    for start in range(0, len(order), settings.batch_size):
        chosen = order[start : start + settings.batch_size]
        ids, labels = batches.pad([known[i] for i in chosen], network.device)
        rows = batches.learnt_rows(labels)
        logits = logits_at(ids, rows)
        if not torch.isfinite(logits).all():
            raise VersionUnusable("The teacher answers with NaN or infinity, so this version is unusable.")
        logs, tokens = _kept(logits, settings.temperature)
        at = 0
        for i, count in zip(chosen, rows.sum(1).tolist(), strict=True):
            part = slice(at, at + count)
            found[i] = logs[part].clone(), None if tokens is None else tokens[part].clone()
            at += count
        done(len(chosen))
    return found


def _kept(logits: Tensor, temperature: float) -> Signal:
    """What is stored of logits (positions x vocabulary), on the CPU."""
    logs = torch.log_softmax(logits.float() / temperature, dim=-1)
    if logs.shape[-1] <= DENSE_VOCABULARY:
        return logs.cpu(), None
    top, tokens = logs.topk(TOP, dim=-1)
    return torch.cat([top, rest_of(top)], dim=-1).half().cpu(), tokens.int().cpu()


def rest_of(logs: Tensor) -> Tensor:
    """log(1 - sum exp(logs)) over the last dimension, kept as one column and never below log(1e-7)."""
    return (1 - logs.exp().sum(-1, keepdim=True)).clamp(min=1e-7).log()


def divergence(
    student_logits: Tensor, logs: Tensor, tokens: Tensor | None, temperature: float, beta: float = 0.0
) -> Tensor:
    """Mean generalised Jensen-Shannon divergence of student and teacher in nats, times temperature squared.

    JSD_beta = beta KL(teacher | m) + (1 - beta) KL(student | m) with m = beta teacher + (1 - beta) student; in the
    limits, divided by what goes to zero, beta 0 is the forward divergence KL(teacher | student) and beta 1 the reverse
    one (https://arxiv.org/abs/2306.13649). `student_logits` (positions x vocabulary) are differentiated; `logs` and
    `tokens` are a Lesson's, concatenated.
    """
    student = torch.log_softmax(student_logits.float() / temperature, dim=-1)
    teacher = logs.float()
    if tokens is not None:
        chosen = student.gather(-1, tokens.long())
        student = torch.cat([chosen, rest_of(chosen)], dim=-1)
    if beta == 0:
        apart = _kl(teacher, student)
    elif beta == 1:
        apart = _kl(student, teacher)
    else:
        both = torch.logaddexp(teacher + math.log(beta), student + math.log1p(-beta))
        apart = beta * _kl(teacher, both) + (1 - beta) * _kl(student, both)
    return apart.mean() * temperature**2


def _kl(one: Tensor, other: Tensor) -> Tensor:
    """The divergence of `other` from `one` at each position; both are logarithms of probabilities."""
    return (one.exp() * (one - other)).sum(-1)


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
