"""The job that makes an edge export: one file for llama.cpp, held against the model it was made from, filed as a child.

Nothing is filed that reads texts otherwise, or answers otherwise than rounding explains.
"""

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from aird import __version__
from aird.catalog import files
from aird.catalog import queries as catalog_queries
from aird.catalog.files import Examined, Folders
from aird.catalog.models import Kind, Relation, Version
from aird.catalog.service import Parent
from aird.jobs.context import JobContext
from aird.jobs.registry import task
from aird.merge.errors import EdgeMissing, ExportDiffers
from aird.merge.methods import bake, upcast
from aird.merge.run import filing
from aird.merge.schemas import ReportModule, ReportRead
from aird.merge.schemas_jobs import DerivedJob
from aird.runtimes import hf
from aird.runtimes.device import device_class
from aird.runtimes.edge import knows
from aird.runtimes.edge.knows import WeightType

KEPT_FACTS = ("architecture", "vocab_size", "tokenizer_sha256", "chat_template_sha256")


@dataclass(frozen=True)
class Made:
    """The export's folder, what it lost and how it compares."""

    folder: Path
    converted: Any
    compared: Any
    runtime: str


def _remake(job: JobContext, spec: DerivedJob, record: Mapping[str, Any], folder: Path) -> Path:
    with job.scratch() as inputs:
        return _make(job, spec, *_sources(job, spec), inputs, folder / "made").folder


@task("merge.export", DerivedJob, remake=_remake)
def run_export(job: JobContext, spec: DerivedJob) -> None:
    """Write a version as one file for an edge runtime, compare the two and file the child."""
    started, (version, base) = time.monotonic(), _sources(job, spec)
    with job.scratch() as inputs, job.workspace() as work:
        place = work / __version__
        shutil.rmtree(place, ignore_errors=True)
        made = _make(job, spec, version, base, inputs, place)
        job.progress("file")
        _file(job, spec, version, base, made, time.monotonic() - started)


def _sources(job: JobContext, spec: DerivedJob) -> tuple[Version, Version]:
    with job.read() as session:
        version = catalog_queries.version_by_id(session, spec.version_id)
        return version, catalog_queries.version_by_id(session, spec.base_id) if spec.base_id else version


def _make(job: JobContext, spec: DerivedJob, version: Version, base: Version, inputs: Path, out: Path) -> Made:
    gguf_file, llama, comparing = _edge()
    weights, threads = WeightType(spec.options["weights"]), job.settings.job_threads
    job.progress("fetch")
    found = files.fetch(job.store, version, base, inputs)
    whole = _whole(job, found, inputs, threads)
    bake.copy_words(whole, None, out)
    (out / "model.safetensors.index.json").unlink(missing_ok=True)
    converted = gguf_file.convert(
        whole,
        out / knows.FILE,
        weights,
        origin=version.artifact,
        threads=threads,
        report=lambda done, total: job.progress("convert", done, total),
    )
    if whole != found.base:
        shutil.rmtree(whole)
    job.progress("compare")
    model = hf.load(found.base, found.adapter, threads=threads)
    edge = llama.load(out, threads=threads, exact=True)
    apart = comparing.words_apart(model, edge)
    if apart:
        raise ExportDiffers(f"{apart} Nothing was filed: answers of such an export would be worse without a word.")
    compared = comparing.compare(model, edge)
    job.log(compared.told())
    most = comparing.FAR.get(weights)
    if most is not None and not compared.largest <= most:
        raise ExportDiffers(
            f"{compared.told()} With weights kept as {weights}, rounding explains {most} at most, so nothing was filed."
        )
    return Made(out, converted, compared, llama.version())


def _whole(job: JobContext, found: Folders, inputs: Path, threads: int) -> Path:
    """The whole model; an adapter is put into a float32 copy of its base, so that its change is not rounded first."""
    if found.adapter is None:
        return found.base
    job.progress("bake")
    base, whole = found.base, inputs / "whole"
    if not upcast.is_float32(base):
        base = inputs / "float32"
        upcast.upcast(found.base, base)
    bake.bake_adapter(base, found.adapter, whole, threads=threads)
    if base != found.base:
        shutil.rmtree(base)
    return whole


def _edge() -> tuple[Any, Any, Any]:
    """What writes, runs and compares; perhaps not installed."""
    try:
        return (
            import_module("aird.merge.methods.gguf_file"),
            import_module("aird.runtimes.edge.llama"),
            import_module("aird.runtimes.edge.comparing"),
        )
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in ("gguf", "cyllama"):
            raise
        raise EdgeMissing(
            "llama.cpp is not installed beside this worker. Install it with `pip install 'aird[edge]'`, then try again."
        ) from None


def _file(job: JobContext, spec: DerivedJob, version: Version, base: Version, made: Made, seconds: float) -> None:
    weights, converted, compared = spec.options["weights"], made.converted, made.compared
    worst = max(converted.errors, key=lambda module: converted.errors[module])
    rounding = (
        "No weight was rounded."
        if converted.error == 0
        else f"Rounding changed the weights by {converted.error:.2%}, most in {worst} ({converted.errors[worst]:.2%})."
    )
    statement = (
        f"{version.ref} as GGUF, weights {weights}, {converted.bits:.1f} bits each. {rounding} {compared.told()}"
        " What that means for the job is said by its own exam, which llama.cpp sits."
    )
    exact = converted.error == 0
    metrics = {
        "format": knows.FORMAT,
        "weights": weights,
        "runtime": made.runtime,
        "error": converted.error,
        "worst": {"module": worst, "error": converted.errors[worst]},
        "bits": converted.bits,
        "compared": {
            "answers": compared.answers,
            "same_answers": compared.same_answers,
            "tokens": compared.tokens,
            "same_tokens": compared.same_tokens,
            "first": compared.first,
            "largest": compared.largest,
        },
        "statement": statement,
        "exact": exact,
    }
    record = {
        "kind": "merge.export",
        "recipe": spec.recipe,
        "metrics": metrics,
        "seconds": seconds,
        "device": device_class(job.settings.job_threads),
    }
    kept = max(0.0, 1 - converted.error**2)
    report = ReportRead(
        version="",
        method="export",
        exact=exact,
        statement=statement,
        parents=[version.ref],
        weights=[1.0],
        scale=1.0,
        rank=0,
        energy_kept=kept,
        sources=[{"norm_share": 1.0, "energy_kept": kept}],
        overlap=[[1.0]],
        modules=[
            ReportModule(module=module, rank=0, energy_kept=max(0.0, 1 - error**2), kept=[max(0.0, 1 - error**2)])
            for module, error in converted.errors.items()
        ],
        seconds=seconds,
    )
    parents = [Parent(version, Relation.EXPORTED)]
    if base.id != version.id:
        parents.append(Parent(base, Relation.CONTINUED))
    examined = Examined(
        kind=Kind.FULL,
        manifest=job.store.put_folder(made.folder),
        parameters=base.parameters,
        facts=_facts(base, made.folder, weights),
        card={},
    )
    with job.finish() as session:
        child, new = filing.file_child(session, job, spec, examined, record, base=None, parents=parents)
        filing.file_report(session, child, report, new=new)
        job.result = {
            "version": child.ref,
            "digest": child.artifact,
            "statement": statement,
            "compared": metrics["compared"],
        }


def _facts(base: Version, folder: Path, weights: str) -> dict[str, Any]:
    """What the catalog keeps of an export. Its files are our own, so nothing of an upload's checks applies."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    facts = {key: base.facts[key] for key in KEPT_FACTS if key in base.facts}
    return {
        **facts,
        "architecture": facts.get("architecture") or config["model_type"],
        "format": knows.FORMAT,
        "quantization": f"{knows.FORMAT} {weights}",
        "features": [],
        "differences": [],
    }
