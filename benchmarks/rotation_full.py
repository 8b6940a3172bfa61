"""A LoRA put into its base by aird and by mergekit-yaml, read out of it again, and the result in eight bits: one run.

    python -m benchmarks.rotation_full [--quick] [--json] [--layers 10] [--shards 3]

A random Llama in bfloat16 (1.3 GB at 10 layers) in shards, an adapter of rank 16 on all its linear modules. Every step
runs in a process of its own, its start included; `wall`, `cpu` and `work` (after the imports) are seconds. `peak` is
resident memory; `idle` is that of the process after its imports, so `peak - idle` is what the step itself takes, held
against the largest shard. `error` is what is off the exact sum, as a share of the adapter's change. The extraction is
held against the exact decomposition of one module. `--quick` takes two layers of 512.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.rotation_dense import Cost, watched

RANK = 16


def make(home: Path, layers: int, width: int, parts: int) -> None:
    """A base in so many shards, and an adapter on it whose change is about a twentieth of the weights."""
    import torch

    from aird.runtimes import adapters
    from aird.runtimes.adapters import Factors
    from aird.runtimes.tensor_file import TensorWriter
    from aird.testing_ml import make_base

    words = make_base(home / "words")
    inner, vocabulary = width * 11 // 4, 32_000
    config = json.loads((words / "config.json").read_text())
    config |= {"hidden_size": width, "intermediate_size": inner, "num_hidden_layers": layers, "dtype": "bfloat16"}
    config |= {"num_attention_heads": width // 64, "num_key_value_heads": width // 256, "vocab_size": vocabulary}
    config |= {"tie_word_embeddings": False, "head_dim": 64}
    linear: dict[str, tuple[int, ...]] = {}
    for layer in range(layers):
        at = f"model.layers.{layer}."
        linear |= {f"{at}self_attn.{name}_proj": (width, width) for name in "qo"}
        linear |= {f"{at}self_attn.{name}_proj": (width // 4, width) for name in "kv"}
        linear |= {f"{at}mlp.{name}_proj": (inner, width) for name in ("gate", "up")}
        linear |= {f"{at}mlp.down_proj": (width, inner)}
    norms = {
        f"model.layers.{n}.{name}_layernorm": (width,) for n in range(layers) for name in ("input", "post_attention")
    }
    outside = {"model.embed_tokens": (vocabulary, width), "lm_head": (vocabulary, width), "model.norm": (width,)}
    shapes = {f"{name}.weight": shape for name, shape in {**linear, **norms, **outside}.items()}
    shutil.copytree(words, home / "base", ignore=shutil.ignore_patterns("*.safetensors"))
    (home / "base/config.json").write_text(json.dumps(config))
    names, where = list(shapes), dict[str, str]()
    for part in range(parts):
        mine = names[part::parts]
        file = "model.safetensors" if parts == 1 else f"model-{part + 1:05}-of-{parts:05}.safetensors"
        where |= dict.fromkeys(mine, file)
        with TensorWriter(home / "base" / file, [(name, torch.bfloat16, shapes[name]) for name in mine]) as out:
            for name in mine:
                random = torch.Generator().manual_seed(names.index(name))
                out.add(name, torch.randn(shapes[name], generator=random) * 0.02)
    if parts > 1:
        index = {"metadata": {"total_size": 0}, "weight_map": where}
        (home / "base/model.safetensors.index.json").write_text(json.dumps(index))
    factors = {}
    for number, (name, (rows, columns)) in enumerate(linear.items()):
        random = torch.Generator().manual_seed(10_000 + number)
        a, b = (torch.randn(shape, generator=random) * 0.016 for shape in ((RANK, columns), (rows, RANK)))
        factors[name] = Factors(a, b, 1.0)
    adapters.write(home / "lora", factors, base_name="base")


def bake(home: Path) -> dict[str, Any]:
    """Ours."""
    from aird.merge.methods.bake import bake_adapter

    return {"rounding": bake_adapter(home / "base", home / "lora", home / "ours").rounding}


def extract(home: Path) -> dict[str, Any]:
    """The adapter out of what `bake` has made."""
    from aird.merge.methods.extract import Wanted, extract_tuned

    found = extract_tuned(
        home / "base", home / "ours", home / "read", Wanted(RANK, 1.0), work=home / "parts", base_name="base"
    )
    return {"energy": found.energy, "slack": found.slack, "modules": len(found.modules)}


def quantize(home: Path) -> dict[str, Any]:
    """What `bake` has made, in eight bits."""
    from aird.merge.methods.quantize import quantize as in_eight_bits

    return {"error": in_eight_bits(home / "ours", home / "eight").error}


def one_module(home: Path) -> dict[str, Any]:
    """One module's change decomposed by our way and exactly, seconds of one thread."""
    import torch

    from aird.merge.methods import low_rank
    from aird.merge.methods.shards import places
    from aird.runtimes.tensor_file import TensorReader

    name = "model.layers.0.mlp.up_proj.weight"
    with TensorReader(places(home / "base")[name][0]) as old, TensorReader(places(home / "ours")[name][0]) as new:
        change = new.read(name).float() - old.read(name).float()
    began = time.process_time()
    found = low_rank.approximate(change, RANK, 1.0, 1024)
    ours = time.process_time() - began
    began = time.process_time()
    values = torch.linalg.svd(change, full_matrices=False).S.double()
    exact = time.process_time() - began
    best = float(values[:RANK].square().sum() / values.square().sum())
    return {"shape": list(change.shape), "ours": ours, "exact": exact, "energy": found.energy, "best_energy": best}


def errors(home: Path) -> dict[str, Any]:
    """How far each result is from base + change in float64, over all modules, as a share of the change."""
    from aird.merge.methods.shards import places
    from aird.runtimes import adapters
    from aird.runtimes.tensor_file import TensorReader

    adapter, off, whole = adapters.read(home / "lora"), {"ours": 0.0, "theirs": 0.0}, 0.0
    found = {folder: places(home / folder) for folder in ("base", *off)}

    def read(folder: str, name: str) -> Any:
        with TensorReader(found[folder][name][0]) as file:
            return file.read(name).double()

    for module in list(adapter.shapes)[:14]:
        pair, name = adapter.factors(module), f"{module}.weight"
        change = pair.scaling * pair.b.double() @ pair.a.double()
        truth = read("base", name) + change
        whole += float(change.square().sum())
        for folder in off:
            off[folder] += float((read(folder, name) - truth).square().sum())
    return {folder: (value / whole) ** 0.5 for folder, value in off.items()}


STEPS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "bake": bake,
    "extract": extract,
    "quantize": quantize,
    "module": one_module,
    "errors": errors,
}


def run(home: Path, step: str) -> tuple[Cost, dict[str, Any]]:
    """A step in a child of its own, and what it found."""
    cost = watched([sys.executable, "-m", "benchmarks.rotation_full", "--home", str(home), "--child", step], home)
    found: dict[str, Any] = json.loads((home / "said").read_text().strip().splitlines()[-1])
    return cost, found


def child(home: Path, step: str) -> None:
    """Do one step and print what it took beyond the imports."""
    import aird.merge.methods.bake
    import aird.merge.methods.extract
    import aird.merge.methods.quantize  # noqa: F401

    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.monotonic()
    found = STEPS[step](home)
    print(json.dumps({"work": time.monotonic() - began, "idle_mib": idle, **found}))


def measure(home: Path) -> dict[str, Any]:
    """All steps, and mergekit's way of the first."""
    config = {"merge_method": "passthrough", "models": [{"model": "base+lora"}], "dtype": "bfloat16"}
    (home / "config.json").write_text(json.dumps(config))  # JSON is YAML
    program = str(Path(sys.executable).with_name("mergekit-yaml"))
    result: dict[str, Any] = {}
    for step in ("bake", "extract", "quantize"):
        cost, found = run(home, step)
        result[step] = {**asdict(cost), **found}
        if step == "bake":
            options = ["--quiet", "--no-write-model-card", "--lora-merge-cache", "cache"]
            result["mergekit"] = asdict(watched([program, "config.json", "theirs", *options], home))
    result["module"], result["errors"] = run(home, "module")[1], run(home, "errors")[1]
    ours, theirs = result["bake"], result["mergekit"]
    shard = max(path.stat().st_size for path in (home / "base").glob("*.safetensors")) / 2**20
    return {
        "model_mib": sum(path.stat().st_size for path in (home / "base").glob("*.safetensors")) / 2**20,
        "largest_shard_mib": shard,
        **result,
        "speedup": theirs["wall"] / ours["wall"],
        "memory_ratio": ours["peak_mib"] / theirs["peak_mib"],
        "peak_in_shards": {
            step: {
                "whole_process": result[step]["peak_mib"] / shard,
                "step": (result[step]["peak_mib"] - result[step]["idle_mib"]) / shard,
            }
            for step in ("bake", "extract", "quantize")
        },
    }


def table(found: dict[str, Any]) -> str:
    """For people."""
    lines = [
        f"base of {found['model_mib']:.0f} MiB, largest shard {found['largest_shard_mib']:.0f}, LoRA of rank {RANK}",
        "",
        "| step | wall s | CPU s | work s | peak MiB | peak - idle, in shards |",
        "|---|---|---|---|---|---|",
    ]
    for step in ("bake", "mergekit", "extract", "quantize"):
        cost, own = found[step], found["peak_in_shards"].get(step)
        work = "" if cost["work"] is None else f"{cost['work']:.1f}"
        lines.append(
            f"| {step} | {cost['wall']:.1f} | {cost['cpu']:.1f} | {work} | {cost['peak_mib']:.0f} |"
            f" {'' if own is None else format(own['step'], '.2f')} |"
        )
    module, off = found["module"], found["errors"]
    lines += [
        "",
        f"baked: {found['speedup']:.1f}x as fast as mergekit, {found['memory_ratio']:.2f} of the memory; off the exact"
        f" sum by {off['ours']:.2%} of the change, mergekit by {off['theirs']:.2%}",
        f"extracted: {found['extract']['modules']} modules; one of {module['shape']} in {module['ours']:.2f} s, exactly"
        f" in {module['exact']:.2f} s; keeps {module['energy']:.6f}, the best possible is {module['best_energy']:.6f}",
        f"in eight bits: weights changed by {found['quantize']['error']:.2%}",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--layers", type=int, default=10)
    parser.add_argument("--shards", type=int, default=3)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child and options.child[0] == "make":
        make(options.home, *map(int, options.child[1:]))
    elif options.child:
        child(options.home, options.child[0])
    else:
        layers, width = (2, 512) if options.quick else (options.layers, 2048)
        with tempfile.TemporaryDirectory(prefix="aird-full-") as folder:
            command = [sys.executable, "-m", "benchmarks.rotation_full", "--home", folder, "--child", "make"]
            subprocess.check_call([*command, str(layers), str(width), str(options.shards)])
            found = measure(Path(folder))
        print(json.dumps({"layers": layers, "width": width, **found}, indent=2) if options.json else table(found))


if __name__ == "__main__":
    main()
