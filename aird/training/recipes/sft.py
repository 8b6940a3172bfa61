"""Supervised fine-tuning: chat items in, an adapter folder or a full model folder out.

Items are chat items (loss on the assistant's tokens only) or text items (loss on all). The same base, items
and settings give the same weights on the same machine.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel
from torch import Tensor

from aird.runtimes import adapters, chat, loading
from aird.runtimes.chat import Example
from aird.training.recipes import batches, loop, ranks
from aird.training.recipes.batches import Item, Row
from aird.training.recipes.checkpoints import EVERY, Checkpoints, key_of
from aird.training.recipes.errors import SettingsDoNotFit
from aird.training.recipes.loop import HeldOut, Objective
from aird.training.recipes.progress import Pause, Report, TrainResult, never
from aird.training.settings import LoraSettings, OptimiserSettings, SftSettings

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
    checkpoints: Path | None = None,
    pause: Pause = never,
    checkpoint_seconds: float = EVERY,
    halved_at: int | None = None,
) -> TrainResult:
    """Train on the items and write the result to `out`.

    `start_adapter` is continued, in its own shape, instead of starting a new one. `base_name` is what the
    adapter's config calls its base. `checkpoints` is a folder that outlives the attempt, written to every so many
    seconds; for it, `pause` and `halved_at` see loop.run. Raises NothingToLearn, SettingsDoNotFit, what loop.run
    raises, and the errors of loading.
    """
    if settings.method == "full" and start_adapter is not None:
        raise SettingsDoNotFit("An adapter can only be continued with the method lora.")
    torch.set_num_threads(threads)
    torch.manual_seed(settings.seed)
    device = loading.device_of_choice()
    tokenizer = loading.load_tokenizer(base, start_adapter)
    # All weights are trained in float32: the updates of half-precision weights would be rounded away.
    dtype = torch.float32 if settings.method == "full" else dtype_of(settings)
    network = loading.load_network(base, device=device, dtype=dtype)
    if settings.packing:
        batches.check_packing(network, network.config.vocab_size)
    end = chat.end_ids(network, tokenizer)
    items, aside = batches.set_aside(items, settings.held_out)
    examples, skipped = batches.encode_all(tokenizer, items, end, settings.max_length)

    if start_adapter is not None:
        network = loading.attach(network, adapters.read(start_adapter), SLOT)
    elif settings.method == "lora":
        network = loading.add_slot(network, lora_config(network, settings.lora), SLOT)
    if settings.gradient_checkpointing:
        keep_no_activations(network)
    network.train()

    held_out = None
    if aside:
        unseen, _ = batches.encode_all(tokenizer, aside, end, settings.max_length)
        held_out = HeldOut[Example | Row](
            unseen, settings.evaluate_every or -(-settings.steps // 10), settings.patience
        )
    rows: Sequence[Example | Row] = batches.pack(examples, settings.max_length) if settings.packing else examples
    stream = batches.batches(batches.shuffled(rows, settings.seed), settings.batch_size, settings.seed)
    facts = key(settings, network, rows)
    result = loop.run(
        network,
        settings,
        stream,
        objective(network, device),
        report=report,
        checkpoints=Checkpoints(checkpoints, facts, checkpoint_seconds) if checkpoints else None,
        pause=pause,
        held_out=held_out,
        halved_at=halved_at,
    )
    if ranks.rank() == 0:
        write(network, base, out, base_name=base_name, start_adapter=start_adapter)
    return replace(result, skipped=skipped)


def objective(network: Any, device: torch.device) -> Objective[Example | Row]:
    """The mean cross entropy over the tokens of a batch that are learnt."""
    summed = batches.answer_sum(network)

    def loss(part: Sequence[Example | Row], whole: Sequence[Example | Row]) -> Tensor:
        return summed(*batches.lay(part, device)) / max(sum(map(batches.learnt, whole)), 1)

    return Objective(loss, batches.learnt)


def key(settings: OptimiserSettings, network: Any, rows: Sequence[Example | Row]) -> str:
    """What the checkpoints of a training are known by: its settings, what it trains, and all that it reads."""
    shapes = {name: list(each.shape) for name, each in network.named_parameters() if each.requires_grad}
    return key_of(settings.model_dump(mode="json"), shapes, batches.digest(rows))


def dtype_of(settings: OptimiserSettings) -> torch.dtype | None:
    """The type to load frozen weights in; None for what load_network takes by itself."""
    return {"auto": None, "float32": torch.float32, "bfloat16": torch.bfloat16}[settings.precision]


def keep_no_activations(network: Any) -> None:
    """Compute activations again for the gradient instead of keeping them. Raises SettingsDoNotFit."""
    base = network.get_base_model() if isinstance(network, PeftModel) else network
    if not base.supports_gradient_checkpointing:
        raise SettingsDoNotFit(
            f"{type(base).__name__} cannot compute its activations twice: no gradient_checkpointing."
        )
    base.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})


def lora_config(network: Any, lora: LoraSettings) -> LoraConfig:
    """PEFT's configuration of a new adapter, with its target modules written out. Raises SettingsDoNotFit."""
    wanted = None if lora.target_modules == "all-linear" else list(lora.target_modules)
    modules = loading.linear_names(network, wanted)
    if not modules:
        raise SettingsDoNotFit(
            f"{type(network).__name__} has no linear modules (torch.nn.Linear) but its head, so there is nothing for "
            "an adapter to change. Take method full, or another base."
        )
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        use_rslora=lora.use_rslora,
        target_modules=modules,
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
