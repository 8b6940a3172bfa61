"""What the teachers say, computed once: their answers and, for every token of them, their probabilities.

Small vocabularies are stored whole; of large ones the 64 most probable tokens and, as one more bucket, the
rest. The probabilities are stored at the temperature of the training, in float16 logarithms (float32 when
whole).
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
from aird.training.settings import DistillSettings

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
        examples = given
        if not any(examples):
            raise NothingToLearn("No item has an assistant turn. Let the teachers generate the answers instead.")
    else:
        prompts = [chat.prompt_ids(tokenizer, _prompt(item)) for item in items]
        short = [i for i, prompt in enumerate(prompts) if len(prompt) < settings.max_length]
        asked = [prompts[i] for i in short]
        said = greedy.answers(network, asked, max_new_tokens=settings.max_new_tokens, end=end, done=done)
        examples = [None] * len(items)
        for i, answer in zip(short, said, strict=True):
            examples[i] = Example(prompts[i] + answer, [IGNORED] * len(prompts[i]) + answer)
    kept = [
        (example, own)
        for example, own in zip(examples, given, strict=True)
        if example is not None and example.length <= settings.max_length
    ]
    scored = done if settings.answers == "given" else lambda count: None
    signals = _probabilities(network, [example for example, _ in kept], settings, scored)
    found = [
        Lesson(example, logs, tokens, own if own and own.length <= settings.max_length else None)
        for (example, own), (logs, tokens) in zip(kept, signals, strict=True)
    ]
    return found, len(items) - len(found)


def _probabilities(
    network: Any, examples: Sequence[Example], settings: DistillSettings, done: Callable[[int], None]
) -> list[tuple[Tensor, Tensor | None]]:
    """For each example the log-probabilities at the positions before its learnt tokens."""
    logits_at = batches.head_of(network)
    order = sorted(range(len(examples)), key=lambda i: examples[i].length)
    found: dict[int, tuple[Tensor, Tensor | None]] = {}
    for start in range(0, len(order), settings.batch_size):
        chosen = order[start : start + settings.batch_size]
        ids, labels = batches.pad([examples[i] for i in chosen], network.device)
        rows = batches.learnt_rows(labels)
        logs = torch.log_softmax(logits_at(ids, rows).float() / settings.temperature, dim=-1)
        if not torch.isfinite(logs).all():
            raise VersionUnusable("The teacher answers with NaN or infinity, so this version is unusable.")
        tokens = None
        if logs.shape[-1] > DENSE_VOCABULARY:
            top, tokens = logs.topk(TOP, dim=-1)
            logs = torch.cat([top, rest_of(top)], dim=-1).half()
            tokens = tokens.int().cpu()
        logs = logs.cpu()
        at = 0
        for i, count in zip(chosen, rows.sum(1).tolist(), strict=True):
            found[i] = (
                logs[at : at + count].clone(),
                None if tokens is None else tokens[at : at + count].clone(),
            )
            at += count
        done(len(chosen))
    return [found[i] for i in range(len(examples))]


def rest_of(logs: Tensor) -> Tensor:
    """log(1 - sum exp(logs)) over the last dimension, kept as one column and never below log(1e-7)."""
    return (1 - logs.exp().sum(-1, keepdim=True)).clamp(min=1e-7).log()


def divergence(student_logits: Tensor, logs: Tensor, tokens: Tensor | None, temperature: float) -> Tensor:
    """Mean forward Kullback-Leibler divergence, teacher from student, in nats; times temperature squared.

    `student_logits` (positions x vocabulary) are differentiated; `logs` and `tokens` are a Lesson's,
    concatenated.
    """
    student = torch.log_softmax(student_logits.float() / temperature, dim=-1)
    logs = logs.float()
    if tokens is not None:
        chosen = student.gather(-1, tokens.long())
        student = torch.cat([chosen, rest_of(chosen)], dim=-1)
    return (logs.exp() * (logs - student)).sum(-1).mean() * temperature**2


def _prompt(item: Item) -> list[dict[str, str]]:
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
