"""Whole models merged by aird and by mergekit-yaml, and mergekit bare and in its cage, on the same files in one run.

    python -m benchmarks.rotation_dense [--quick] [--json] [--layers 16]

Three random Llamas in bfloat16 (1.7 GB each at 16 layers); every merge in a process of its own, its start included.
`wall` and `cpu` are seconds, `work` the part after the imports, which a worker has done once for all its jobs; `peak`
is resident memory, which counts mapped files, `own` what of it is not backed by a file. Files are in the page cache.
`--quick` takes two layers of 512.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MODELS = ("a", "b", "c")


@dataclass
class Cost:
    """What one process took."""

    wall: float
    cpu: float
    work: float | None
    peak_mib: float
    own_mib: float


def recipes(place: str) -> dict[str, dict[str, Any]]:
    """mergekit's configurations, with the models below `place`."""
    a, b, c = (f"{place}/{name}" for name in MODELS)

    def weighted(**more: float) -> list[dict[str, Any]]:
        return [{"model": each, "parameters": {"weight": 0.5, **more}} for each in (b, c)]

    return {
        "linear": {"merge_method": "linear", "models": weighted(), "dtype": "bfloat16"},
        "slerp": {
            "merge_method": "slerp",
            "base_model": a,
            "models": [{"model": b}],
            "parameters": {"t": 0.4},
            "dtype": "bfloat16",
        },
        "ties": {"merge_method": "ties", "base_model": a, "models": weighted(density=0.5), "dtype": "bfloat16"},
    }


def make_models(home: Path, *, layers: int, width: int) -> None:
    """Random Llamas: a base, and two that differ from it by a tenth."""
    import torch

    from aird.runtimes.tensor_file import TensorWriter
    from aird.testing_ml import make_base

    config = json.loads((make_base(home / "words") / "config.json").read_text())
    inner, vocabulary = width * 11 // 4, 32_000
    config |= {"hidden_size": width, "intermediate_size": inner, "num_hidden_layers": layers, "dtype": "bfloat16"}
    config |= {"num_attention_heads": width // 64, "num_key_value_heads": width // 256, "vocab_size": vocabulary}
    config |= {"tie_word_embeddings": False, "head_dim": 64}
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (vocabulary, width)}
    for layer in range(layers):
        at = f"model.layers.{layer}."
        shapes |= {f"{at}self_attn.{name}_proj.weight": (width, width) for name in "qo"}
        shapes |= {f"{at}self_attn.{name}_proj.weight": (width // 4, width) for name in "kv"}
        shapes |= {f"{at}mlp.{name}_proj.weight": (inner, width) for name in ("gate", "up")}
        shapes |= {f"{at}mlp.down_proj.weight": (width, inner)}
        shapes |= {f"{at}{name}_layernorm.weight": (width,) for name in ("input", "post_attention")}
    shapes |= {"model.norm.weight": (width,), "lm_head.weight": (vocabulary, width)}
    for seed, name in enumerate(MODELS):
        shutil.copytree(home / "words", home / name, ignore=shutil.ignore_patterns("*.safetensors"))
        (home / name / "config.json").write_text(json.dumps(config))
        announced = [(tensor, torch.bfloat16, shape) for tensor, shape in shapes.items()]
        with TensorWriter(home / name / "model.safetensors", announced) as file:
            for number, (tensor, shape) in enumerate(shapes.items()):
                values = torch.randn(shape, generator=torch.Generator().manual_seed(number)) * 0.02
                if seed:
                    change = torch.Generator().manual_seed(number + 1000 * seed)
                    values += torch.randn(shape, generator=change) * 0.002
                file.add(tensor, values)


def watched(command: Sequence[str], folder: Path) -> Cost:
    """Run a command and see what it takes; its last line may be a JSON object with `work`."""
    env = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    began, own = time.monotonic(), 0.0
    with (folder / "said").open("wb") as said:
        child = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env=env, cwd=folder)
        while True:
            pid, status, used = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            own = max(own, _anonymous(child.pid))
            time.sleep(0.02)
    child.returncode = os.waitstatus_to_exitcode(status)
    text = (folder / "said").read_text(errors="replace").strip()
    if child.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{text[-3000:]}")
    last = text.splitlines()[-1] if text else ""
    work = json.loads(last)["work"] if last.startswith("{") else None
    cpu = used.ru_utime + used.ru_stime
    return Cost(time.monotonic() - began, cpu, work, used.ru_maxrss / 1024, own)


def _anonymous(pid: int) -> float:
    """Memory of a process that is not backed by a file, in MiB."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon")), 0.0)


def merge_ours(name: str, home: Path, out: Path) -> None:
    """The child that merges by aird's rules."""
    from aird.merge.methods import dense

    result = dense.merge(dense.recipe_of(recipes("in")[name], lambda place: home / place), out)
    print(json.dumps({"work": result.seconds}))


def merge_caged(name: str, home: Path, out: Path) -> None:
    """The child that has mergekit do it in its cage."""
    from aird.merge.mergekit import cage

    out.mkdir()
    (out / cage.INPUTS).symlink_to(home / "in")
    began = time.monotonic()
    [done] = cage.run([cage.Order(recipes("in")[name], [f"in/{each}" for each in MODELS], "made")], out)
    print(json.dumps({"work": time.monotonic() - began, "peak_mib": done.peak_bytes / 2**20}))


def largest_difference(one: Path, other: Path) -> float:
    """The largest difference of two merged models, tensor by tensor, of the tensor's norm."""
    from aird.runtimes.tensor_file import TensorReader

    worst = 0.0
    with TensorReader(one) as ours, TensorReader(other) as theirs:
        if ours.places.keys() != theirs.places.keys():
            raise SystemExit("The merges differ in their tensors.")
        for name in ours.places:
            values = theirs.read(name).double()
            worst = max(worst, float((ours.read(name).double() - values).norm() / values.norm()))
    return worst


def measure(home: Path, name: str, *, repeats: int) -> dict[str, Any]:
    """One method by both, the best of several runs each, taken in turn."""
    out, best = home / "out", dict[str, Cost]()
    config = home / "config.json"
    config.write_text(json.dumps(recipes("in")[name]))  # JSON is YAML
    mergekit = [
        str(Path(sys.executable).with_name("mergekit-yaml")),
        str(config),
        "theirs",
        "--quiet",
        "--no-write-model-card",
    ]
    child = [sys.executable, "-m", "benchmarks.rotation_dense", "--home", str(home), "--child"]
    commands = {"ours": [*child, "ours", name], "mergekit": mergekit, "caged": [*child, "caged", name]}
    for _ in range(repeats):
        for who, command in commands.items():
            for made in ("ours", "theirs", "caged"):
                if made == who or (made == "theirs" and who == "mergekit"):
                    shutil.rmtree(home / made, ignore_errors=True)
            cost = watched(command, home)
            if who not in best or cost.wall < best[who].wall:
                best[who] = cost
    shutil.rmtree(out, ignore_errors=True)
    found = next((home / "theirs").glob("*.safetensors"))
    difference = json.loads(
        subprocess.check_output([*child, "difference", str(found)], env=os.environ | {"OMP_NUM_THREADS": "1"}, cwd=home)
    )
    ours, theirs, caged = best["ours"], best["mergekit"], best["caged"]
    return {
        "method": name,
        **{who: asdict(cost) for who, cost in best.items()},
        "speedup": theirs.wall / ours.wall,
        "cpu_ratio": theirs.cpu / ours.cpu,
        "memory_ratio": ours.peak_mib / theirs.peak_mib,
        "own_memory_ratio": ours.own_mib / theirs.own_mib,
        "cage_overhead": (caged.work or caged.wall) / theirs.wall - 1,
        "difference": difference,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--layers", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _child(options.home, *options.child)
        return
    layers, width = (2, 512) if options.quick else (options.layers, 2048)
    with tempfile.TemporaryDirectory(prefix="aird-dense-") as folder:
        home = Path(folder)
        command = [sys.executable, "-m", "benchmarks.rotation_dense", "--home", folder, "--child", "make"]
        subprocess.check_call([*command, str(layers), str(width)])
        size = (home / "in/a/model.safetensors").stat().st_size
        rows = [measure(home, name, repeats=options.repeats) for name in recipes("in")]
    result = {"model_bytes": size, "layers": layers, "width": width, "merges": rows}
    print(json.dumps(result, indent=2) if options.json else _table(result))


def _child(home: Path, what: str, *more: str) -> None:
    if what == "make":
        make_models(home / "in", layers=int(more[0]), width=int(more[1]))
    elif what == "ours":
        merge_ours(more[0], home, home / "ours")
    elif what == "caged":
        merge_caged(more[0], home, home / "caged")
    else:
        print(json.dumps(largest_difference(home / "ours/model.safetensors", Path(more[0]))))


def _table(result: dict[str, Any]) -> str:
    lines = [
        f"models of {result['model_bytes'] / 1e9:.2f} GB, {result['layers']} layers of {result['width']}",
        "",
        "| merge | by | wall s | CPU s | work s | peak MiB | own MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in result["merges"]:
        for who in ("ours", "mergekit", "caged"):
            cost = row[who]
            work = "" if cost["work"] is None else f"{cost['work']:.1f}"
            lines.append(
                f"| {row['method']} | {who} | {cost['wall']:.1f} | {cost['cpu']:.1f} | {work} |"
                f" {cost['peak_mib']:.0f} | {cost['own_mib']:.0f} |"
            )
    lines.append("")
    for row in result["merges"]:
        lines.append(
            f"{row['method']}: {row['speedup']:.1f}x as fast, {row['memory_ratio']:.2f} of the memory; the cage costs"
            f" {row['cage_overhead']:+.0%}; largest difference {row['difference']:.1e}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
