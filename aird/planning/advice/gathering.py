"""Gather what an offer is worked out from: trials, bases, data, prices, history."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from aird.approval.standing import ASKABLE
from aird.auth import queries as auth_queries
from aird.auth.permissions import Actor
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Gating, Kind, Model, ModelGrant, Version
from aird.core.clock import now
from aird.core.errors import AirdError
from aird.core.settings import Settings
from aird.datasets import service as datasets
from aird.datasets.models import Dataset, DatasetKind
from aird.deploy.models import Deployment, Endpoint
from aird.evaluation.intervals import wilson
from aird.jobs import machines
from aird.metering import prices
from aird.metering import queries as metering
from aird.metering.prices import Sku
from aird.planning.advice import history, marking, options, working
from aird.planning.advice.facts import Base, Data, Facts, Need, Prices, Tried, Way
from aird.requests import queries as requests
from aird.requests.models import Request, Trial
from aird.store.artifacts import Store

MILLISECONDS = 3_600_000
DATASETS = 50
SPLITS = ("train", "unlabelled")
IDLE = (VersionState.SUSPENDED, VersionState.RETIRED)


def facts_of(session: Session, store: Store, settings: Settings, actor: Actor, request: Request) -> Facts:
    """Everything that is known for this request, as far as the actor may see it."""
    found = Facts(
        need=_need(request),
        prices=_prices(session),
        tried=_tried(session, actor, request),
        bases=_bases(session, actor, request),
        data=_data(session, actor, request),
        kept={way: tuple(values) for way, values in history.kept(session).items()},
        signature_hours=history.signature_hours(session),
    )
    works, finished = {}, False
    for option in options.all_of(found):
        if option.way is not Way.REUSE and not option.stops:
            works[option.key], learns = working.estimate(session, store, settings, request, option)
            finished = finished or learns
    return replace(found, works=works, finished=finished)


def marked_as(request: Request) -> str:
    """The digest of the examples as they are now, and as they are marked."""
    return requests.examples_digest(request, marking.scorer_of(request.examples).value)


def trials_of(session: Session, actor: Actor, request: Request) -> list[tuple[Trial, Version, Version]]:
    """(trial, its version, the base) of the present examples, of versions that the actor sees and that are in use."""
    trials = requests.trials(session, request, marked_as(request))
    versions = catalog_queries.versions_by_id(session, [each.version_id for each in trials])
    found = []
    for trial in trials:
        version = versions.get(trial.version_id)
        if version is None or not access.may_see(actor, version.model):
            continue
        if catalog_queries.out_of_use(session, version) is None:
            found.append((trial, version, catalog_queries.base_of(session, version)))
    return found


def served_bases(session: Session) -> set[UUID]:
    """The bases of what is wanted on some endpoint now."""
    query = (
        select(Version.id, Version.base_id).join(Deployment, Deployment.version_id == Version.id)
        .join(Endpoint, (Endpoint.id == Deployment.endpoint_id) & (Endpoint.current_number == Deployment.number))
    )  # fmt: skip
    return {row.base_id or row.id for row in session.execute(query)}


def _need(request: Request) -> Need:
    left = (request.deadline - date.today()).days if request.deadline else None
    return Need(
        examples=len(request.examples), floor=request.floor, volume_per_day=request.volume_per_day,
        budget_once_micro=request.budget_once_micro, budget_month_micro=request.budget_month_micro,
        today_micro=request.today_micro, days_left=left,
    )  # fmt: skip


def _prices(session: Session) -> Prices:
    book = prices.in_force(metering.price_book(session), now())
    hour = MILLISECONDS / prices.MILLION
    return Prices(
        book[Sku.PROMPT], book[Sku.COMPLETION], int(book[Sku.CHIP_TIME] * hour), int(book[Sku.CPU_TIME] * hour),
        prices.CURRENCY,
    )  # fmt: skip


def _tried(session: Session, actor: Actor, request: Request) -> list[Tried]:
    found = trials_of(session, actor, request)
    skills = catalog_queries.skills_of(session, [version.id for _, version, _ in found])
    served, keys, chips = served_bases(session), auth_queries.department_keys(session), _chips(session)
    tried = []
    for trial, version, base in found:
        low, high = wilson(min(trial.points, trial.items), trial.items)
        tried.append(
            Tried(
                ref=version.ref, department=keys[version.model.department_id],
                base=access.base_name(actor, version, base), adapter=version.kind is Kind.ADAPTER,
                parameters=base.parameters + (version.parameters if version.kind is Kind.ADAPTER else 0),
                scores=[each["score"] for each in trial.answers], low=low, high=high,
                prompt_tokens=trial.prompt_tokens, completion_tokens=trial.completion_tokens,
                seconds=trial.milliseconds / 1000, served=base.id in served,
                usable=open_to(session, request.department_id, version.model), askable=version.state in ASKABLE,
                chips=chips, skills={each.suite: each.score for each in skills.get(version.id, [])},
                title=version.model.title,
            )
        )  # fmt: skip
    return tried


def open_to(session: Session, department_id: UUID, model: Model) -> bool:
    """Whether a department may use the weights: its own, open ones, granted ones."""
    if model.department_id == department_id or model.gating is Gating.OPEN:
        return True
    query = select(ModelGrant.id).where(ModelGrant.model_id == model.id, ModelGrant.department_id == department_id)
    return session.scalar(query.limit(1)) is not None


def _bases(session: Session, actor: Actor, request: Request) -> list[Base]:
    """Whole models that something could be built on, the latest of each."""
    query = select(Version).join(Version.model).options(contains_eager(Version.model))
    query = query.where(Version.kind == Kind.BASE, Version.number == Model.latest_number, Version.state.not_in(IDLE))
    served, chips = served_bases(session), _chips(session)
    digest = marked_as(request)
    scores = {each.version_id: each.points / each.items for each in requests.trials(session, request, digest)}
    return [
        Base(
            each.ref, each.parameters, served=each.id in served, trainable=not each.facts.get("quantization"),
            chips=chips, tried=scores.get(each.id), title=each.model.title,
        )
        for each in session.scalars(access.visible(query, actor).order_by(Version.parameters).limit(50))
    ]  # fmt: skip


def _chips(session: Session) -> int:
    """Chips that an engine holds: one where the house has any."""
    return int(any(each.chips for each in machines.known(session, alive=True)))


def _data(session: Session, actor: Actor, request: Request) -> list[Data]:
    """What the department may teach with, the largest first."""
    query = select(Dataset).where(
        Dataset.department_id == request.department_id, Dataset.kind == DatasetKind.TRAINING, Dataset.latest_number > 0
    )
    found = [
        each for dataset in session.scalars(query.order_by(Dataset.name).limit(DATASETS))
        for each in _splits(session, actor, f"{dataset.name}@{dataset.latest_number}")
    ]  # fmt: skip
    return sorted(found, key=lambda each: (-each.items, each.ref))


def _splits(session: Session, actor: Actor, ref: str) -> Iterable[Data]:
    for split in SPLITS:
        try:
            version = datasets.usable(session, actor, ref, split)
        except AirdError:  # not there, an exam, without consent: nothing to teach with
            continue
        yield Data(version.ref, split, int(version.splits[split]))
        return
