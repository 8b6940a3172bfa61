"""Supervised fine-tuning: chat items in, an adapter folder or a full model folder out.

Items are chat items (loss on the assistant's tokens only) or text items (loss on all). The same base, items
and settings give the same weights on the same machine.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel

from aird.runtimes import adapters, chat, loading
from aird.training.recipes import batches, optimiser
from aird.training.recipes.batches import Item
from aird.training.recipes.errors import SettingsDoNotFit
from aird.training.recipes.progress import Meter, Report, TrainResult
from aird.training.settings import LoraSettings, SftSettings

SLOT = "trained"


def train(
    settings: SftSettings,
    base: Path,
    items: Sequence[Item],
    out: Path,
    *,
    report: Report,
    start_adapter: Path | None = None,
    base_name: str = "base",
    threads: int = 1,
) -> TrainResult:
    """Train on the items and write the result to `out`.

    `start_adapter` is continued, in its own shape, instead of starting a new one. `base_name` is what the
    adapter's config calls its base. Raises NothingToLearn, DivergedLoss, SettingsDoNotFit, and the errors of
    loading.
    """
    if settings.method == "full" and start_adapter is not None:
        raise SettingsDoNotFit("An adapter can only be continued with the method lora.")
    torch.set_num_threads(threads)
    torch.manual_seed(settings.seed)
    device = loading.device_of_choice()
    tokenizer = loading.load_tokenizer(base, start_adapter)
    # All weights are trained in float32: the updates of half-precision weights would be rounded away.
    network = loading.load_network(base, device=device, dtype=torch.float32 if settings.method == "full" else None)
    examples, skipped = batches.encode_all(tokenizer, items, chat.end_ids(network, tokenizer), settings.max_length)

    if start_adapter is not None:
        network = loading.attach(network, adapters.read(start_adapter), SLOT)
    elif settings.method == "lora":
        network = loading.add_slot(network, lora_config(network, settings.lora), SLOT)
    network.train()

    steps = optimiser.adamw(network, settings)
    stream = batches.batches(batches.shuffled(examples, settings.seed), settings.batch_size, settings.seed)
    logits_at = batches.head_of(network)
    meter = Meter("train", settings.steps, report)
    for step in range(1, settings.steps + 1):
        ids, labels = batches.pad(next(stream), device)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            loss = batches.answer_loss(logits_at, ids, labels)
        rate = optimiser.rate_at(step, settings)
        value = optimiser.update(steps, loss, rate, settings.max_grad_norm)
        meter.step(step, value, int((labels != chat.IGNORED).sum()), rate)

    write(network, base, out, base_name=base_name, start_adapter=start_adapter)
    return TrainResult(settings.steps, meter.tokens, meter.final_loss, meter.seconds, skipped)


def lora_config(network: Any, lora: LoraSettings) -> LoraConfig:
    """PEFT's configuration of a new adapter, with its target modules written out."""
    wanted = None if lora.target_modules == "all-linear" else list(lora.target_modules)
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        use_rslora=lora.use_rslora,
        target_modules=loading.linear_names(network, wanted),
    )


def write(network: Any, base: Path, out: Path, *, base_name: str, start_adapter: Path | None = None) -> None:
    """Write what was trained: the adapter alone, or the full model with the base's tokenizer.

    What was continued from an adapter keeps the tokenizer files which that one brought.
    """
    if isinstance(network, PeftModel):
        saved = loading.detach_saved(network, SLOT)
        adapters.write(out, loading.detach(network, SLOT), base_name=base_name, saved=saved)
        if start_adapter is not None:
            loading.copy_tokenizer(start_adapter, out)
    else:
        loading.copy_tokenizer(base, out)
        loading.save_network(network, out)
