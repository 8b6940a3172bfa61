"""What a mentoring's loss and steps cost, against TRL's two distillation trainers on the same weights and tokens.

    python -m benchmarks.distill [--quick] [--json] [--steps 3] [--rounds 2]

Loss alone: 2,048 positions of which half are answers, a vocabulary of 32,768, float32, from hidden states to their
gradient. `GKDTrainer` is its `generalized_jsd_loss` on all logits, `DistillationTrainer` its chunked loss; ours see a
teacher in memory (live) or what was kept of one (kept: 64 tokens and the rest). The gradients are compared with the
first's.

Steps: a Llama of 27 million parameters learns, by LoRA of rank 8, from another of its size, 8 items of 256 tokens at a
time. TRL's ways hold two models and run both; ours hold one and an adapter for each teacher, or no teacher at all. All
share one loop (forward, loss, backward, AdamW); of DistillationTrainer's step the generation is left out.

Weights: bytes of parameters in memory with 1, 3 and 6 teachers. Every run is a process of its own on one thread; memory
is the process's peak less what it held before (Linux). `--quick` has a small vocabulary and one step.
"""

import argparse
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from aird.training.recipes import losses
from aird.training.recipes.losses import Few, Head, Live
from aird.training.recipes.teacher import rest_of

POSITIONS, VOCABULARY, WIDTH, BETA = 2048, 32_768, 512, 0.5
QUICK_VOCABULARY = 2048
BATCH, LENGTH, TOP = 8, 256, 64
LOSSES = ("GKDTrainer", "DistillationTrainer", "aird, live", "aird, kept")
STEPS = (*LOSSES,)
TEACHERS = (1, 3, 6)
Measured = dict[str, Any]


def held(what: str) -> int:
    """Bytes in memory: VmRSS now, VmHWM at most since `forget`."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{what}:")[2].split()[0]) * 1024


def forget() -> int:
    """Begin to look for the peak anew, without what is held and not used; gives what is held now."""
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return held("VmRSS")


def gkd(student: Tensor, teacher: Tensor, labels: Tensor) -> Tensor:
    """The mean over the answers, as GKDTrainer.compute_loss takes it."""
    from trl.experimental.gkd import GKDTrainer

    found: Tensor = GKDTrainer.generalized_jsd_loss(  # type: ignore[no-untyped-call]
        student, teacher, labels=labels, beta=BETA
    )
    return found


def chunked(hidden: Tensor, heard: Tensor, weight: Tensor, other: Tensor, mask: Tensor) -> Tensor:
    """As DistillationTrainer._compute_loss takes it."""
    from trl.trainer.distillation_trainer import _chunked_divergence_loss

    found: Tensor = _chunked_divergence_loss(hidden, heard, weight, other, mask, BETA)[0]
    return found


def kept(heard: Tensor, other: Tensor) -> Few:
    """What is kept of a teacher: its 64 likeliest tokens, and the rest."""
    parts = []
    for piece in torch.split(heard, 128):
        top, tokens = torch.log_softmax(piece @ other.T, -1).topk(TOP, -1)
        parts.append((torch.cat([top, rest_of(top)], -1).half(), tokens.int()))
    return Few(torch.cat([logs for logs, _ in parts]), torch.cat([tokens for _, tokens in parts]))


def loss_alone(way: str, vocabulary: int, place: Path) -> Measured:
    """Seconds, memory, and the distance of the gradient from GKDTrainer's, which runs first."""
    draw = torch.Generator().manual_seed(0)
    hidden, apart = (torch.randn(1, POSITIONS, WIDTH, generator=draw) for _ in range(2))
    weight = torch.randn(vocabulary, WIDTH, generator=draw) * 0.15
    heard, other = hidden + 0.3 * apart, weight.clone()  # a teacher that is neither the student nor a stranger
    hidden.requires_grad_()
    labels = torch.full((1, POSITIONS), -100)
    labels[:, POSITIONS // 2 :] = 1
    rows = labels != -100
    said = kept(heard[rows], other) if way == "aird, kept" else Live(heard[rows], Head(other))
    before, cpu, wall = forget(), time.process_time(), time.perf_counter()
    if way == "GKDTrainer":
        loss = gkd(hidden @ weight.T, heard @ other.T, labels)
    elif way == "DistillationTrainer":
        loss = chunked(hidden, heard, weight, other, rows)
    else:
        loss = losses.divergence(hidden[rows], Head(weight), said, beta=BETA) / int(rows.sum())
    loss.backward()  # type: ignore[no-untyped-call]
    found: Measured = {
        "cpu_seconds": time.process_time() - cpu, "seconds": time.perf_counter() - wall,
        "memory": held("VmHWM") - before, "loss": float(loss.detach()),
    }  # fmt: skip
    assert hidden.grad is not None
    if way == "GKDTrainer":
        torch.save(hidden.grad, place / "gradient.pt")
    wanted = torch.load(place / "gradient.pt")
    found["gradient_error"] = float((hidden.grad - wanted).norm() / wanted.norm())
    return found


def model(vocabulary: int, seed: int) -> Any:
    """A random Llama."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary, hidden_size=WIDTH, intermediate_size=3 * WIDTH, num_hidden_layers=4,
        num_attention_heads=8, max_position_embeddings=LENGTH, tie_word_embeddings=True, use_cache=False,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def lora() -> LoraConfig:
    return LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM")


def steps(way: str, vocabulary: int, count: int) -> Measured:
    """Tokens a second of whole updates, after a first one that is not counted."""
    student = get_peft_model(model(vocabulary, 0), lora(), adapter_name="student")
    ids = torch.randint(0, vocabulary, (BATCH, LENGTH), generator=torch.Generator().manual_seed(1))
    labels = ids.clone()
    labels[:, : LENGTH // 2] = -100
    rows = torch.zeros_like(ids, dtype=torch.bool)
    rows[:, :-1] = labels[:, 1:] != -100
    teacher = model(vocabulary, 5) if way in ("GKDTrainer", "DistillationTrainer") else None
    if way == "aird, live":
        student.add_adapter("teacher", lora())
    base = student.get_base_model()
    head = Head(base.lm_head.weight)
    stored = None
    if way == "aird, kept":
        with torch.no_grad():
            stored = kept(model(vocabulary, 5).model(ids).last_hidden_state[rows], head.weight)  # type: ignore[arg-type]
    student.set_adapter("student")
    adam = torch.optim.AdamW([each for each in student.parameters() if each.requires_grad], lr=1e-4)

    def loss() -> Tensor:
        if way == "GKDTrainer":
            assert teacher is not None
            with torch.no_grad():
                told = teacher(ids).logits
            return gkd(student(ids).logits[:, :-1], told[:, :-1], labels[:, 1:])
        if way == "DistillationTrainer":
            assert teacher is not None
            with torch.no_grad():
                heard = teacher.model(ids).last_hidden_state
            hidden = base.model(ids).last_hidden_state
            return chunked(hidden, heard, base.lm_head.weight, teacher.lm_head.weight, rows)
        said: Any = stored
        if way == "aird, live":
            student.set_adapter("teacher", inference_mode=True)
            with torch.no_grad():
                said = Live(base.model(ids).last_hidden_state[rows], head)
            student.set_adapter("student")
        hidden = base.model(ids).last_hidden_state[rows]
        return losses.divergence(hidden, head, said, beta=BETA) / int(rows.sum())

    before, cpu, wall = forget(), 0.0, 0.0
    for step in range(count + 1):
        if step == 1:
            cpu, wall = time.process_time(), time.perf_counter()
        adam.zero_grad(set_to_none=True)
        loss().backward()  # type: ignore[no-untyped-call]
        adam.step()
    tokens = count * BATCH * LENGTH
    return {
        "tokens_a_cpu_second": tokens / (time.process_time() - cpu),
        "tokens_a_second": tokens / (time.perf_counter() - wall), "memory": held("VmHWM") - before,
    }  # fmt: skip


def weights(count: int, vocabulary: int) -> Measured:
    """Bytes of parameters with so many teachers: as adapters of the student's base, and as models of their own."""
    student = get_peft_model(model(vocabulary, 0), lora(), adapter_name="student")
    alone = sum(each.numel() * each.element_size() for each in student.get_base_model().parameters())
    for number in range(count):
        student.add_adapter(f"teacher_{number}", lora())
    held = sum(each.numel() * each.element_size() for each in student.parameters())
    return {"aird": held, "models of their own": alone * (count + 1)}


def run(options: argparse.Namespace, place: Path) -> Measured:
    """Every measurement, the best of the rounds."""
    vocabulary = QUICK_VOCABULARY if options.quick else VOCABULARY
    count, rounds = (1, 1) if options.quick else (options.steps, options.rounds)
    found: Measured = {"loss": {}, "steps": {}, "weights": {}, "vocabulary": vocabulary}
    for _ in range(rounds):
        for part, ways in (("loss", LOSSES), ("steps", STEPS)):
            for way in ways:
                one = apart(part, way, vocabulary, count, place)
                best = found[part].setdefault(way, one)
                for name, value in one.items():
                    better: Callable[..., Any] = max if name.startswith("tokens") else min
                    best[name] = better(best[name], value)
    for number in TEACHERS:
        found["weights"][number] = apart("weights", str(number), vocabulary, count, place)
    return found


def apart(part: str, way: str, vocabulary: int, count: int, place: Path) -> Measured:
    """One measurement in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.distill", "--part", part, "--way", way, "--place", str(place)]
    command += ["--vocabulary", str(vocabulary), "--steps", str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answer: Measured = json.loads(done.stdout.splitlines()[-1])
    return answer


def one(options: argparse.Namespace) -> Measured:
    os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    if options.part == "loss":
        gkd(torch.zeros(1, 2, 8), torch.zeros(1, 2, 8), torch.ones(1, 2))  # libraries are loaded
        return loss_alone(options.way, options.vocabulary, options.place)
    if options.part == "steps":
        gkd(torch.zeros(1, 2, 8), torch.zeros(1, 2, 8), torch.ones(1, 2))
        return steps(options.way, options.vocabulary, options.steps)
    return weights(int(options.way), options.vocabulary)


def table(found: Measured) -> str:
    mebi = 2**20
    lines = ["| loss | MiB | CPU seconds | gradient's distance |", "|---|---|---|---|"]
    lines += [
        f"| {way} | {each['memory'] / mebi:.0f} | {each['cpu_seconds']:.2f} | {each['gradient_error']:.1e} |"
        for way, each in found["loss"].items()
    ]
    lines += ["", "| steps | tokens a CPU second | MiB |", "|---|---|---|"]
    lines += [
        f"| {way} | {each['tokens_a_cpu_second']:.0f} | {each['memory'] / mebi:.0f} |"
        for way, each in found["steps"].items()
    ]
    lines += ["", "| teachers | weights, MiB | as models of their own, MiB |", "|---|---|---|"]
    lines += [
        f"| {count} | {each['aird'] / mebi:.1f} | {each['models of their own'] / mebi:.1f} |"
        for count, each in found["weights"].items()
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a small vocabulary, one step: to see that it runs")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    for name in ("part", "way"):
        parser.add_argument(f"--{name}", help=argparse.SUPPRESS)
    parser.add_argument("--vocabulary", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(one(options)))
        return
    with tempfile.TemporaryDirectory() as place:
        found = run(options, Path(place))
    print(json.dumps(found, indent=2) if options.json else table(found))


if __name__ == "__main__":
    main()
