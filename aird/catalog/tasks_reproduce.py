"""The job that makes a version again, without filing anything, and compares."""

import hashlib
from pathlib import Path
from time import monotonic
from typing import Any

from aird.catalog import files, queries
from aird.catalog.errors import NotReproducible
from aird.catalog.models import Kind
from aird.catalog.reproduction import REPRODUCE, ReproduceJob, Reproduction
from aird.jobs import registry
from aird.jobs.context import JobContext
from aird.jobs.models import Job
from aird.jobs.registry import task
from aird.runtimes.device import device_class
from aird.store.manifest import Entry, Manifest

BLOCK = 1 << 20


@task(REPRODUCE, ReproduceJob)
def run_reproduce(job: JobContext, spec: ReproduceJob) -> dict[str, Any]:
    """Do the version's job again as far as it computes, and compare every file."""
    with job.read() as session:
        version = queries.version_by_id(session, spec.version_id)
        origin = session.get_one(Job, version.job_id)
    made_by = registry.find(origin.kind)
    if made_by.remake is None:
        raise NotReproducible(
            f"{version.ref} was made by a job of the kind {origin.kind}, which cannot say how to do its work again.",
            version=version.ref,
        )
    began = monotonic()
    made_on: dict[str, Any] | None = version.record.get("device")
    threads = int(made_on["threads"]) if made_on else job.settings.job_threads
    job.settings = job.settings.model_copy(update={"job_threads": threads})
    with job.scratch() as folder:
        out = made_by.remake(job, made_by.spec.model_validate(origin.spec), version.record, folder)
        job.progress("compare")
        if version.kind is not Kind.ADAPTER and not version.facts.get("format"):
            files.write_index(out)
        found = _manifest(out)
    expected = job.store.manifest(version.artifact)
    device = device_class(threads)
    told = Reproduction(
        version=version.ref,
        kind=origin.kind,
        same=found.digest == version.artifact,
        expected=version.artifact,
        found=found.digest,
        differing=sorted({each.path for each in set(found.entries) ^ set(expected.entries)}),
        device=device,
        made_on=made_on,
        same_device=None if made_on is None else device == made_on,
        seconds=monotonic() - began,
    )
    job.log(_sentence(told))
    return told.model_dump(mode="json")


def _manifest(folder: Path) -> Manifest:
    """What the store would call these files, without putting them there."""
    entries = []
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        hasher, size = hashlib.sha256(), path.stat().st_size
        with path.open("rb") as source:
            while block := source.read(BLOCK):
                hasher.update(block)
        entries.append(Entry(path.relative_to(folder).as_posix(), f"sha256:{hasher.hexdigest()}", size))
    return Manifest.of(entries)


def _sentence(told: Reproduction) -> str:
    if told.same:
        return f"{told.version} made again: the same bytes, {told.expected}."
    where = {True: "on the same class of device", False: "on another class of device", None: "on a device not known"}
    return f"{told.version} made again {where[told.same_device]}: {', '.join(told.differing)} came out different."
