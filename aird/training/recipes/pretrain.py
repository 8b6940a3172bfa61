"""A base model from scratch: learn a tokenizer, teach copying, then text and chat. Out comes a full model
folder.

The optional induction stage trains on random strings that repeat. A model of a million parameters does not
find out by itself how to copy a number from the question to the answer, and all it learns later rests on
that.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

from aird.runtimes import chat, loading
from aird.runtimes.chat import IGNORED, Example
from aird.training.recipes import batches, loop, sft
from aird.training.recipes import tokenizer as tokenizers
from aird.training.recipes.batches import Item, Row
from aird.training.recipes.checkpoints import EVERY, Checkpoints, key_of
from aird.training.recipes.errors import NothingToLearn
from aird.training.recipes.progress import Pause, Report, TrainResult, never
from aird.training.settings import (
    ArchitectureSettings,
    InductionSettings,
    OptimiserSettings,
    PretrainSettings,
)


def train(
    settings: PretrainSettings,
    items: Sequence[Item],
    out: Path,
    *,
    report: Report,
    stream: Iterator[Item] | None = None,
    tokenizer_from: Path | None = None,
    threads: int = 1,
    checkpoints: Path | None = None,
    pause: Pause = never,
    checkpoint_seconds: float = EVERY,
    halved_at: int | None = None,
) -> TrainResult:
    """Train a model from scratch on text and chat items and write it to `out`.

    The tokenizer is learnt from `items`, or copied byte for byte from the model in `tokenizer_from`, so that
    the two models can teach each other. With a `stream` (without end) every step sees fresh items from it
    instead of rounds over `items`; it must give the same items whenever it is asked. For `checkpoints`, `pause` and
    `halved_at` (of the last stage) see loop.run. Raises NothingToLearn, and what loop.run raises.
    """
    torch.set_num_threads(threads)
    torch.manual_seed(settings.seed)
    device = loading.device_of_choice()
    shape = settings.architecture
    out.mkdir(parents=True, exist_ok=True)
    if tokenizer_from is not None:
        loading.copy_tokenizer(tokenizer_from, out)
    elif items:
        tokenizers.save(tokenizers.learn(settings.tokenizer, items, shape.max_positions), out)
    else:
        raise NothingToLearn("There are no items to learn a tokenizer from. Choose a dataset that is not empty.")
    tokenizer = loading.load_tokenizer(out)
    network = LlamaForCausalLM(_llama(shape, tokenizer)).to(device).train()
    network.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )

    if settings.gradient_checkpointing:
        sft.keep_no_activations(network)
    examples, skipped, read = _examples(settings, tokenizer, items, stream)
    facts = settings.model_dump(mode="json"), [shape.model_dump(mode="json"), len(tokenizer)], read
    kept = Checkpoints(checkpoints, key_of(*facts), checkpoint_seconds) if checkpoints else None

    def run(stage: str, settings: OptimiserSettings, examples: Iterator[Example | Row]) -> TrainResult:
        return loop.run(
            network,
            settings,
            batches.batches(examples, settings.batch_size, settings.seed),
            sft.objective(network, device),
            report=report,
            stage=stage,
            checkpoints=kept,
            pause=pause,
            halved_at=halved_at if stage == "train" else None,
        )

    first = None
    if settings.induction is not None:
        stage = settings.model_copy(
            update={**settings.induction.model_dump(include=_STAGE_FIELDS), "micro_batch": None}
        )
        first = run(
            "induction", stage, _random_strings(settings.induction, tokenizer, settings.max_length, settings.seed)
        )
    result = run("train", settings, examples)
    loading.save_network(network, out)
    return replace(_both(first, result), skipped=skipped)


_STAGE_FIELDS = {"steps", "batch_size", "learning_rate"}


def _both(first: TrainResult | None, result: TrainResult) -> TrainResult:
    """The result with what the stage before it has counted."""
    if first is None:
        return result
    return replace(
        result,
        tokens=first.tokens + result.tokens,
        read=first.read + result.read,
        flop=first.flop + result.flop,
        seconds=first.seconds + result.seconds,
    )


def _examples(
    settings: PretrainSettings, tokenizer: Any, items: Sequence[Item], stream: Iterator[Item] | None
) -> tuple[Iterator[Example | Row], int, str]:
    """An endless stream of sequences that fit, how many chat items of `items` were too long, and a digest of all."""
    end = frozenset([tokenizer.eos_token_id])

    def fitting(item: Item) -> list[Example]:
        example = batches.encode(tokenizer, item, end)
        if "text" in item:
            return batches.pieces(example, settings.max_length)
        return [example] if example.length <= settings.max_length else []

    if stream is not None:
        return (example for item in stream for example in fitting(item)), 0, "stream"
    found = [fitting(item) for item in items]
    examples = [example for several in found for example in several]
    if not examples:
        raise NothingToLearn(f"None of the {len(items)} items has 2 to {settings.max_length} tokens (max_length).")
    rows: Sequence[Example | Row] = batches.pack(examples, settings.max_length) if settings.packing else examples
    too_long = sum(not several for several in found)
    return batches.shuffled(rows, settings.seed), too_long, batches.digest(rows)


def _random_strings(induction: InductionSettings, tokenizer: Any, max_length: int, seed: int) -> Iterator[Example]:
    """Random strings, each repeated; everything but its first showing is learnt."""
    draw = random.Random(seed)  # noqa: S311
    special = set(tokenizer.all_special_ids)
    pool = {token for text in induction.pool_texts for token in chat.text_ids(tokenizer, text)} - special
    others = [token for token in range(len(tokenizer)) if token not in special and token not in pool]
    chosen = sorted(pool) + draw.sample(others, min(len(others), max(0, induction.pool - len(pool))))
    longest = min(induction.max_tokens, max_length // induction.repeats)
    while True:
        string = draw.choices(chosen, k=draw.randint(min(induction.min_tokens, longest), longest))
        ids = string * induction.repeats
        yield Example(ids, [IGNORED] * len(string) + ids[len(string) :])


def _llama(shape: ArchitectureSettings, tokenizer: Any) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.hidden_size,
        intermediate_size=shape.intermediate_size or 3 * shape.hidden_size,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads or shape.heads,
        max_position_embeddings=shape.max_positions,
        tie_word_embeddings=shape.tie,
        attention_dropout=shape.dropout,
        initializer_range=shape.init_std,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
