"""How fast LoRA training is and what memory it takes, against TRL's SFTTrainer on the same model, items and settings.

    python -m benchmarks.train [--quick] [--json] [--steps 8] [--rounds 2]

A random Llama of 14 million parameters, chat items of very different lengths whose answers alone are learnt, batches of
8, LoRA of rank 8 on all linear modules, AdamW, float32. Every run is a process of its own on one thread; the runs take
turns, and what is shown is the best of the rounds. Tokens are those of questions and answers, without padding. Memory
is the process's peak less what it held before its first step. `--quick` takes two steps and one round.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM
from transformers.utils import logging as transformers_logging

from aird.runtimes import chat, loading
from aird.testing_ml import TEXTS
from aird.training.recipes import batches, sft
from aird.training.recipes import tokenizer as tokenizers
from aird.training.recipes.progress import Progress
from aird.training.settings import LoraSettings, SftSettings, TokenizerSettings

BATCH, LENGTH, RANK = 8, 384, 8
WAYS = {
    "aird": {},
    "aird, packed": {"packing": True, "batch_size": 2},
    "aird, micro-batches of 2": {"micro_batch": 2},
    "aird, activations twice": {"gradient_checkpointing": True},
    "TRL": {},
    "TRL, packed": {"packing": True, "per_device_train_batch_size": 2},
    "TRL, micro-batches of 2": {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 4},
    "TRL, activations twice": {"gradient_checkpointing": True},
}
Measured = dict[str, float]


def make_model(folder: Path) -> None:
    """A random Llama with a vocabulary of 16,384, as large beside its body as that of small models is."""
    tokenizer = tokenizers.learn(TokenizerSettings(vocab_size=384), [{"text": text} for text in TEXTS], 1024)
    tokenizers.save(tokenizer, folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=16_384, hidden_size=384, intermediate_size=1024, num_hidden_layers=4, num_attention_heads=6,
        num_key_value_heads=2, max_position_embeddings=1024, tie_word_embeddings=True, bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    network = LlamaForCausalLM(config)
    network.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    loading.save_network(network, folder)


def items(count: int) -> list[dict[str, Any]]:
    """Questions of a few words to a few paragraphs with answers of a few words to a few sentences."""
    draw = random.Random(0)
    words = " ".join(TEXTS[:3]).split()

    def text(low: int, high: int) -> str:
        return " ".join(draw.choices(words, k=round(low * (high / low) ** draw.random())))

    return [
        {"messages": [{"role": "user", "content": text(8, 120)}, {"role": "assistant", "content": text(3, 40)}]}
        for _ in range(count)
    ]


def memory() -> int:
    """The process's peak, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def ours(folder: Path, steps: int, changes: dict[str, Any]) -> Measured:
    """Tokens a second, CPU and wall seconds a step, memory of the training loop."""
    moments: list[tuple[float, float, int]] = []
    settings = SftSettings.model_validate(
        {
            "steps": steps + 1, "batch_size": BATCH, "max_length": LENGTH, "learning_rate": 2e-4,
            "lora": LoraSettings(r=RANK, alpha=2 * RANK).model_dump(), **changes,
        }
    )  # fmt: skip

    def report(progress: Progress) -> None:
        if progress.step == 1:  # libraries are warm
            moments.append((time.perf_counter(), time.process_time(), memory()))

    before = memory()
    found = sft.train(settings, folder, items(2000), folder / "out", report=report)
    wall, cpu, _ = moments[0]
    share = steps / (steps + 1)
    return figures(found.read * share, time.perf_counter() - wall, time.process_time() - cpu, memory() - before, steps)


def theirs(folder: Path, steps: int, changes: dict[str, Any]) -> Measured:
    """The same by SFTTrainer, from items that are tokens already."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import TrainerCallback
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    before = memory()
    tokenizer = loading.load_tokenizer(folder)
    network = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    examples, _ = batches.encode_all(tokenizer, items(2000), chat.end_ids(network, tokenizer), LENGTH)
    rows = [
        {"input_ids": each.ids, "completion_mask": [int(label != chat.IGNORED) for label in each.labels]}
        for each in examples
    ]
    config = SFTConfig(
        output_dir=str(folder / "trl"), max_steps=steps + 1, max_length=LENGTH, learning_rate=2e-4, use_cpu=True,
        bf16=False, report_to="none", save_strategy="no", logging_steps=1000, adam_beta2=0.98, disable_tqdm=True,
        **{"per_device_train_batch_size": BATCH, "gradient_checkpointing": False, **changes},
    )  # fmt: skip
    lora = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear", task_type="CAUSAL_LM")
    trainer = SFTTrainer(
        network, config, train_dataset=Dataset.from_list(rows), processing_class=tokenizer, peft_config=lora
    )
    tokens: list[int] = []
    collate = trainer.data_collator

    def counting(examples: list[Any]) -> Any:
        tokens.append(sum(len(each["input_ids"]) for each in examples))
        return collate(examples)

    trainer.data_collator = counting
    moments: list[tuple[float, float]] = []

    class Clock(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            if state.global_step == 1:
                moments.append((time.perf_counter(), time.process_time()))

    trainer.add_callback(Clock())
    trainer.train()
    wall, cpu = moments[0]
    done = sum(tokens[: (steps + 1) * config.gradient_accumulation_steps]) * steps / (steps + 1)
    return figures(done, time.perf_counter() - wall, time.process_time() - cpu, memory() - before, steps)


def figures(tokens: float, wall: float, cpu: float, held: int, steps: int) -> Measured:
    return {"tokens_a_cpu_second": tokens / cpu, "tokens_a_second": tokens / wall, "memory": held, "step": cpu / steps}


def measure(way: str, steps: int) -> Measured:
    """One run, in this process."""
    warnings.simplefilter("ignore")
    transformers_logging.set_verbosity_error()
    torch.set_num_threads(1)
    run: Callable[..., Measured] = theirs if way.startswith("TRL") else ours
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "model")
        folder.mkdir()
        make_model(folder)
        return run(folder, steps, WAYS[way])


def apart(way: str, steps: int) -> Measured:
    """One run in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.train", "--way", way, "--steps", str(steps)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: Measured = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two steps, one round: to see that it runs")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(measure(options.way, options.steps)))
        return
    steps, rounds = (2, 1) if options.quick else (options.steps, options.rounds)
    found: dict[str, Measured] = {}
    for _ in range(rounds):
        for way in WAYS:
            run = apart(way, steps)
            best = found.setdefault(way, run)
            for name, better in (
                ("memory", min),
                ("step", min),
                ("tokens_a_second", max),
                ("tokens_a_cpu_second", max),
            ):
                best[name] = better(best[name], run[name])
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print("| way | tokens a CPU second | tokens a second | CPU seconds a step | memory, MiB |\n|---|---|---|---|---|")
    for way, each in found.items():
        print(
            f"| {way} | {each['tokens_a_cpu_second']:.0f} | {each['tokens_a_second']:.0f} | {each['step']:.2f} | "
            f"{each['memory'] / 2**20:.0f} |"
        )


if __name__ == "__main__":
    main()
