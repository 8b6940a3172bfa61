"""What an ordered training would take, from the catalog, a sample of the data, and the machines of this house."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from aird.catalog import queries as catalog_queries
from aird.catalog.compute import watt_hours, watts_of
from aird.catalog.models import Kind, Version
from aird.core.schemas import Finding
from aird.datasets import service as datasets
from aird.jobs import estimates as job_estimates
from aird.jobs import peaks
from aird.jobs.errors import NoRoom
from aird.jobs.needs import Estimate, Needs
from aird.store.artifacts import Store
from aird.training import estimates
from aird.training.estimates import Body, Forecast, Memory, Reading
from aird.training.recipe import TrainSpec
from aird.training.schemas import DatasetUse, MemoryParts, TrainingEstimate
from aird.training.settings import PretrainSettings, SftSettings

SAMPLE = 200  # items of each data set that are looked at


def of_training(
    session: Session,
    store: Store,
    spec: TrainSpec,
    base: Version | None,
    uses: Sequence[tuple[DatasetUse, int]],
    *,
    threads: int,
    watts: Mapping[str, float],
) -> TrainingEstimate:
    """The estimate of a checked recipe; `uses` come with how many items each split has."""
    settings = spec.checked_settings()
    body = body_of(session, settings, base)
    found = read(store, uses, body.vocabulary)
    held_out = round(found.items * getattr(settings, "held_out", 0.0))
    whole = Reading(found.items - held_out, found.lengths, found.learnt)

    kind = "training.pretrain" if spec.method == "pretrain" else "training.sft"
    architecture = architecture_of(session, base)

    def memory(chip: str) -> int:
        ruled = estimates.forecast(settings, body, whole, chip=chip, threads=threads).memory.total
        return peaks.expected(session, kind, ruled, chip=chip, architecture=architecture).memory

    needs = wanted(session, spec.needs, memory, getattr(settings, "processes", 1))
    chip = peaks.chip_of(needs)
    forecast = estimates.forecast(settings, body, whole, chip=chip, threads=threads)
    told = estimates.findings(settings, forecast, body)
    rule = rule_of(forecast.flop, forecast.seconds, forecast.memory.total, needs, chip, watts)
    told += machines(spec.needs, getattr(settings, "processes", 1)) + no_room(session, needs, rule)
    return TrainingEstimate(
        model=spec.model,
        base=base.ref if base else None,
        chip=chip,
        held_out=held_out,
        parameters=body.parameters,
        trainable=body.trainable,
        memory=_parts(forecast.memory),
        needs=needs,
        estimate=job_estimates.calibrated(session, kind, rule, needs, architecture=architecture),
        findings=told,
        **_told(forecast),
    )


def body_of(session: Session, settings: SftSettings | PretrainSettings, base: Version | None) -> Body:
    """The model that would be trained."""
    if isinstance(settings, PretrainSettings) or base is None:
        assert isinstance(settings, PretrainSettings)  # noqa: S101
        return estimates.from_scratch(settings.architecture, settings.tokenizer.vocab_size)
    below = catalog_queries.base_of(session, base)
    shapes = {name: (int(shape[0]), int(shape[1])) for name, shape in (below.facts.get("shapes") or {}).items()}
    vocabulary = int(below.facts.get("vocab_size") or 0)
    if settings.method == "full":
        return Body(below.parameters, below.parameters, shapes, vocabulary)
    if base.kind is Kind.ADAPTER:
        return Body(below.parameters + base.parameters, base.parameters, shapes, vocabulary)
    modules = settings.lora.target_modules
    trained = estimates.lora_parameters(shapes, settings.lora.r, None if modules == "all-linear" else list(modules))
    return Body(below.parameters + trained, trained, shapes, vocabulary)


def read(store: Store, uses: Sequence[tuple[DatasetUse, int]], vocabulary: int) -> Reading:
    """What the first items of each data set tell of all of them, each counted by its number of items."""
    items, lengths, learnt = 0, list[int](), list[int]()
    for use, count in uses:
        count = min(count, use.limit or count)
        sample = list(islice(datasets.read_split(store, use.artifact, use.split), min(SAMPLE, count)))
        found = estimates.reading(sample, count, vocabulary)
        items += count
        lengths += found.lengths
        learnt += found.learnt
    return Reading(items, lengths, learnt)


def architecture_of(session: Session, base: Version | None) -> str:
    """Of the whole model that a version is or changes; one from scratch is a Llama."""
    if base is None:
        return "llama"
    return str(catalog_queries.base_of(session, base).facts.get("architecture") or "")


def wanted(session: Session, asked: Needs | None, memory: Callable[[str], int], processes: int) -> Needs:
    """What the job asks for: what the recipe says, else a chip where the house has one, for each of its processes.

    `memory` tells the bytes that it takes on a kind of chip.
    """
    needs = asked or job_estimates.suited(session, memory(peaks.ANY_CHIP))
    more: dict[str, int] = {}
    if asked is None or not asked.memory:
        more["memory"] = memory(peaks.chip_of(needs))
    if needs.chips and processes > needs.chips * needs.nodes:
        more["chips"] = -(-processes // needs.nodes)
    return needs.model_copy(update=more)


def rule_of(flop: float, seconds: float, memory: int, needs: Needs, chip: str, watts: Mapping[str, float]) -> Estimate:
    """The answer of the rules of thumb."""
    energy = watt_hours(round(seconds * 1000), watts_of(chip, watts)) * needs.amount / 1000
    return Estimate(seconds=seconds, memory=memory, flop=flop, kwh=energy)


def machines(needs: Needs | None, processes: int) -> list[Finding]:
    """A finding that stops the order when several machines are asked for that cannot share the work."""
    count = needs.nodes if needs else 1
    if count == 1 or (processes >= count and processes % count == 0):
        return []
    return [
        Finding(
            level="stop",
            code="processes_per_machine",
            message=f"{count} machines are asked for, and {processes} processes cannot be shared equally among them. "
            f"A training of the methods lora and full runs on several: set `processes` to {count}, or a multiple of "
            "it. Everything else runs on one: leave `nodes` out.",
            params={"nodes": count, "processes": processes},
        )
    ]


def no_room(session: Session, needs: Needs, estimate: Estimate) -> list[Finding]:
    """A finding that stops the order when no machine of this house could hold it."""
    try:
        job_estimates.require_room(session, needs, estimate)
    except NoRoom as error:
        return [Finding(level="stop", code=NoRoom.code, message=error.message, params=error.params)]
    return []


def _parts(memory: Memory) -> MemoryParts:
    return MemoryParts.model_validate(memory)


def _told(forecast: Forecast) -> dict[str, Any]:
    return {name: getattr(forecast, name) for name in ("steps", "items", "too_long", "tokens", "epochs")}
