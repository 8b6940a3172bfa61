"""What an ordered training would take, from the catalog, a sample of the data, and the machines of this house."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from aird.catalog import queries as catalog_queries
from aird.catalog.compute import watt_hours, watts_of
from aird.catalog.models import Kind, Version
from aird.core.schemas import Finding
from aird.datasets import service as datasets
from aird.jobs import estimates as job_estimates
from aird.jobs.errors import NoRoom
from aird.jobs.needs import CPU, Estimate, Needs
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

    here = estimates.forecast(settings, body, whole, threads=threads)
    needs = wanted(session, spec.needs, here.memory.total, getattr(settings, "processes", 1))
    chip = CPU if not needs.chips else next(iter(needs.flavours), "chip")
    forecast = estimates.forecast(settings, body, whole, chip=chip, threads=threads)
    told = estimates.findings(settings, forecast, body)
    rule = rule_of(forecast.flop, forecast.seconds, forecast.memory.total, needs, chip, watts)
    told += no_room(session, needs, rule)
    kind = "training.pretrain" if spec.method == "pretrain" else "training.sft"
    return TrainingEstimate(
        model=spec.model,
        base=base.ref if base else None,
        chip=chip,
        held_out=held_out,
        parameters=body.parameters,
        trainable=body.trainable,
        memory=_parts(forecast.memory),
        needs=needs,
        estimate=job_estimates.calibrated(session, kind, rule, needs),
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


def wanted(session: Session, asked: Needs | None, memory: int, processes: int) -> Needs:
    """What the job asks for: what the recipe says, else a chip where the house has one, for each of its processes."""
    needs = asked or job_estimates.suited(session, memory)
    more = {} if needs.memory else {"memory": memory}
    if needs.chips and processes > needs.chips:
        more["chips"] = processes
    return needs.model_copy(update=more)


def rule_of(flop: float, seconds: float, memory: int, needs: Needs, chip: str, watts: Mapping[str, float]) -> Estimate:
    """The answer of the rules of thumb."""
    energy = watt_hours(round(seconds * 1000), watts_of(chip, watts)) * needs.amount / 1000
    return Estimate(seconds=seconds, memory=memory, flop=flop, kwh=energy)


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
