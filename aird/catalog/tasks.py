"""The job of this slice: compare the adapters of a base with each other."""

from itertools import islice
from pathlib import Path
from uuid import UUID

import numpy as np

from aird.catalog import queries, sketches, twins
from aird.catalog.models import AdapterSketch, Version
from aird.catalog.sketches import Adapter, Values
from aird.catalog.twins import COMPARE, THRESHOLD, CompareJob
from aird.core.db import advisory_lock
from aird.core.errors import AirdError
from aird.jobs.context import JobContext
from aird.jobs.registry import task

MARGIN = 0.25
"""How far below the threshold an estimated cosine may lie for the exact one to be worked out."""
MOST_EXACT = 50
LOCK = 0x7477696E


@task(COMPARE, CompareJob)
def run_compare(job: JobContext, spec: CompareJob) -> None:
    """Sketch every adapter of the base that has no sketch, and keep its near-twins; each in its own transaction."""
    with job.read() as session:
        waiting = twins.not_compared(session, spec.base_id)
    compared = found = 0
    for number, version in enumerate(waiting, 1):
        if why := not_comparable(version):
            job.log(f"{version.ref} is not compared: {why}.")
            continue
        try:
            found += _compare(job, spec.base_id, version)
            compared += 1
        except (AirdError, ValueError, KeyError) as error:  # one damaged adapter does not keep the others waiting
            job.log(f"{version.ref} cannot be compared: {error}")
        job.progress("compare", number, len(waiting))
    with job.finish():
        job.result = {"compared": compared, "twins": found, "left_out": len(waiting) - compared}


def not_comparable(version: Version) -> str | None:
    """Why an adapter cannot be compared by its files alone; None when it can."""
    features = version.facts.get("features") or []
    return next((why for name, why in sketches.NOT_COMPARED.items() if name in features), None)


def _compare(job: JobContext, base_id: UUID, version: Version) -> int:
    cosines: dict[UUID, float] = {}
    met = {version.id}
    with job.scratch() as folder:
        adapter = _fetch(job, version, folder)
        norm = sketches.norm(adapter)
        values = sketches.sketch(adapter) if norm else np.zeros(sketches.SIZE, dtype=np.float32)
        while True:
            with job.read() as session:
                others = {key: raw for key, raw in twins.sketches(session, base_id) if key not in met}
            met |= others.keys()
            if norm:
                cosines |= _cosines(job, adapter, values, norm, others, folder)
            with job.transaction() as session:
                advisory_lock(session, LOCK)
                if any(key not in met for key, _ in twins.sketches(session, base_id)):
                    continue  # another worker has added one meanwhile, which this adapter has to be held against
                twins.record(session, version, norm=norm, sketch=sketches.packed(values), cosines=cosines)
            return len(cosines)


def _cosines(
    job: JobContext, adapter: Adapter, values: Values, norm: float, others: dict[UUID, bytes], folder: Path
) -> dict[UUID, float]:
    """The exact cosines with the adapters whose sketches are near, of those that reach the threshold."""
    near = list(islice(sketches.alike(values, others, at_least=THRESHOLD - MARGIN), MOST_EXACT))
    with job.read() as session:
        versions = queries.versions_by_id(session, near)
        norms = {key: session.get_one(AdapterSketch, key).norm for key in near}
    found = {}
    for key in near:
        cosine = sketches.cosine(adapter, _fetch(job, versions[key], folder), (norm, norms[key]))
        if cosine >= THRESHOLD:
            found[key] = cosine
    return found


def _fetch(job: JobContext, version: Version, folder: Path) -> Adapter:
    place = folder / version.artifact.removeprefix("sha256:")
    return Adapter(place if place.exists() else job.store.fetch(version.artifact, place))
