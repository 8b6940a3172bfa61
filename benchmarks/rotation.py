"""How fast rotations are, against PEFT on the same adapters, in the same run.

    python -m benchmarks.rotation [--quick] [--json]

Adapters are random with singular values falling as 1/sqrt(k). Times are CPU seconds of one thread, so that a busy
machine does not show in the ratio; PEFT's include no loading of the base. `--quick` takes matrices of 1024.
"""

import argparse
import json
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
from peft import LoraConfig, get_peft_model
from torch import nn

from aird.merge.methods import core
from aird.merge.methods.base import Method
from aird.merge.methods.core import Pair
from aird.merge.methods.files import merge_adapters, merge_module
from aird.runtimes import adapters

WHOLE: tuple[tuple[Method, int | None], ...] = (("linear", None), ("linear", 16), ("tsv", None), ("tsv", 16))
LLAMA_3_8B = {
    "self_attn.q_proj": (4096, 4096),
    "self_attn.k_proj": (1024, 4096),
    "self_attn.v_proj": (1024, 4096),
    "self_attn.o_proj": (4096, 4096),
    "mlp.gate_proj": (14336, 4096),
    "mlp.up_proj": (14336, 4096),
    "mlp.down_proj": (4096, 14336),
}


def pairs_of(rows: int, columns: int, count: int, rank: int) -> list[Pair]:
    """`count` random adapters of one module, float32."""
    random = torch.Generator().manual_seed(rows + count + rank)
    falling = 1 / torch.arange(1, rank + 1).sqrt()
    return [
        (torch.randn(rows, rank, generator=random) * falling, torch.randn(rank, columns, generator=random))
        for _ in range(count)
    ]


def peft_model(pairs: list[Pair]) -> Any:
    """A model of one linear module with the pairs as PEFT adapters, scaling 1."""
    (b, a), *_ = pairs
    rank = a.shape[0]
    model = nn.Sequential()
    model.add_module("linear", nn.Linear(a.shape[1], b.shape[0], bias=False))
    wrapped: Any = None
    for number, (b, a) in enumerate(pairs):
        config = LoraConfig(r=rank, lora_alpha=rank, target_modules=["linear"])
        if wrapped is None:
            wrapped = get_peft_model(model, config, adapter_name="a0")
        else:
            wrapped.add_adapter(f"a{number}", config)
        module = wrapped.base_model.model.linear
        module.lora_A[f"a{number}"].weight.data.copy_(a)
        module.lora_B[f"a{number}"].weight.data.copy_(b)
    return wrapped


def timed(work: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """(the least CPU seconds of several runs, the last result)."""
    best, found = float("inf"), None
    for _ in range(repeats):
        began = time.process_time()
        found = work()
        best = min(best, time.process_time() - began)
    return best, found


def against_peft(rows: int, columns: int, count: int, rank: int, kind: str, ours: Method) -> dict[str, Any]:
    """One module by PEFT's `kind` and by our method, both cut to `rank`."""
    pairs = pairs_of(rows, columns, count, rank)
    names, weights = [f"a{number}" for number in range(count)], [1.0 / count] * count
    model = peft_model(pairs)
    options = {"density": 0.5} if "ties" in kind else {}

    def theirs() -> Any:
        model.add_weighted_adapter(names, weights, "merged", combination_type=kind, svd_rank=rank, **options)

    theirs_s, _ = timed(theirs, 1)
    module = model.base_model.model.linear
    expected = module.lora_B["merged"].weight.double() @ module.lora_A["merged"].weight.double()
    expected = expected * module.scaling["merged"]

    def own() -> Pair:
        merged = merge_module(ours, core.cores_of(pairs), weights, [0.5] * count, rank=rank)
        b, a = core.factorise(merged.core, merged.space, rank)
        return b.float(), a.float()

    ours_s, (b, a) = timed(own, 5)
    row = {"module": f"{rows}x{columns}", "n": count, "r": rank, "peft": kind, "ours": ours}
    row |= {"peft_s": theirs_s, "ours_s": ours_s, "speedup": theirs_s / ours_s}
    if kind == "svd":
        row["relative_error"] = float((b.double() @ a.double() - expected).norm() / expected.norm())
    return row


def write_adapters(folder: Path, count: int, rank: int, layers: int) -> list[Path]:
    """Adapter folders of the shapes of Llama-3-8B."""
    shapes = {
        f"model.layers.{layer}.{name}": (out, rank, inner)
        for layer in range(layers)
        for name, (out, inner) in LLAMA_3_8B.items()
    }
    found = []
    for number in range(count):
        random = torch.Generator().manual_seed(number)
        path = folder / str(number)
        with adapters.writing(path, shapes, base_name="random") as writer:
            for module, (out, own, inner) in shapes.items():
                writer.add(
                    module,
                    torch.randn(out, own, generator=random) * 0.02,
                    torch.randn(own, inner, generator=random) * 0.02,
                )
        found.append(path)
    return found


def whole_adapter(method: Method, folders: list[Path], out: Path, rank: int | None, threads: int) -> dict[str, Any]:
    """A merge from folders to a folder in a process of its own: wall and CPU seconds, peak memory, share of I/O."""
    code = "import sys; from benchmarks.rotation import measured_merge; measured_merge(*sys.argv[1:])"
    arguments = [method, str(rank or 0), str(threads), str(out), *map(str, folders)]
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {"method": method, "n": len(folders), "rank": rank or "all", "threads": threads, **found}


def measured_merge(method: Method, rank: str, threads: str, out: str, *folders: str) -> None:
    """The child of `whole_adapter`: prints what it measured as JSON."""
    began, cpu = time.monotonic(), time.process_time()
    told = merge_adapters(
        method, [Path(each) for each in folders], [1.0] * len(folders), Path(out), rank=int(rank) or None,
        threads=int(threads),
    )  # fmt: skip
    wall, cpu = time.monotonic() - began, time.process_time() - cpu
    began = time.monotonic()
    for folder in folders:
        with adapters.read(Path(folder)).open() as file:
            for name in file.places:
                file.read(name)
    reading = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        json.dumps(
            {
                "modules": told.modules,
                "wall_s": wall,
                "cpu_s": cpu,
                "peak_rss_mb": peak / 1e6,
                "reading_share": reading / wall,
                "energy_kept": told.energy_kept,
            }
        )
    )


def table(rows: list[dict[str, Any]]) -> str:
    """Rows as a Markdown table."""
    heads = list(rows[0])
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(_shown(row.get(head, "")) for head in heads) + " |" for row in rows]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.1e}" if 0 < abs(value) < 1e-3 else f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small matrices, one layer: half a minute")
    parser.add_argument("--json", action="store_true", help="machine-readable")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    sizes = [(1024, 1024)] if asked.quick else [(4096, 4096), (14336, 4096)]
    svd = [
        against_peft(*size, count, rank, "svd", "linear")
        for size in sizes
        for rank in (16, 64)
        for count in ((2,) if asked.quick else (2, 4))
    ]
    ties = [against_peft(*size, 4, 16, "ties_svd", "ties") for size in sizes]
    with tempfile.TemporaryDirectory() as folder:
        folders = write_adapters(Path(folder), 6, 16, 1 if asked.quick else 32)
        whole = [
            whole_adapter(method, folders, Path(folder) / f"out-{method}-{rank}", rank, 2) for method, rank in WHOLE
        ]
    if asked.json:
        best = {
            "speedup": min(row["speedup"] for row in svd),
            "relative_error": max(row["relative_error"] for row in svd),
        }
        print(json.dumps({"exact_vs_peft_svd": best, "svd": svd, "ties": ties, "llama_3_8b": whole}, indent=2))
        return
    print("## The exact sum, cut to rank r, against PEFT's svd\n\n" + table(svd))
    print("\n## TIES cut to rank r (ours in core space, PEFT's on whole matrices)\n\n" + table(ties))
    print("\n## Six adapters of a Llama-3-8B, from folders to a folder\n\n" + table(whole))


if __name__ == "__main__":
    main()
