"""What making an option takes: its recipe, the estimate of the slice that does such work, and its order."""

from typing import Any, cast

import yaml
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth.permissions import SYSTEM, Actor
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Kind
from aird.core.errors import AirdError
from aird.core.settings import Settings
from aird.jobs import estimates
from aird.jobs.models import Job
from aird.jobs.needs import Estimate
from aird.merge import service as merge
from aird.merge.schemas import MergeBody, PlanRead
from aird.planning.advice.facts import Data, Span, Way, Work
from aird.planning.advice.options import Option, Tier
from aird.requests.models import Request
from aird.store.artifacts import Store
from aird.training import mentoring, recipe
from aird.training import service as training
from aird.training.recipe import DistillSpec, TrainSpec

RANKS = {Tier.SPECIALIST: 8, Tier.EXPERT: 16}


def estimate(session: Session, store: Store, settings: Settings, request: Request, option: Option) -> tuple[Work, bool]:
    """(what the work would take, whether a merge would learn from its parents); an empty Work where nobody knows.

    Looked at with the house's own eyes: whoever orders it needs the rights for that.
    """
    try:
        if option.way is Way.MERGE:
            return _merging(session, settings, request, option)
        found: Estimate
        if option.way is Way.DISTIL:
            spec = cast(DistillSpec, recipe.check(document(session, request, option), "Distill"))
            told = mentoring.estimate(session, SYSTEM, spec, store=store, settings=settings)
            found, held = told.estimate, told.needs.amount
        else:
            taught = cast(TrainSpec, recipe.check(document(session, request, option), "Train"))
            training_told = training.estimate_training(session, SYSTEM, taught, store=store, settings=settings)
            found, held = training_told.estimate, training_told.needs.amount
        return _work(found, held), False
    except AirdError:  # a recipe that would be refused has no price
        return Work(), False


def _merging(session: Session, settings: Settings, request: Request, option: Option) -> tuple[Work, bool]:
    plan, finish = planned(session, SYSTEM, request, option, settings=settings)
    if plan is None:
        return Work(), False
    needs = estimates.suited(session)
    rule = Estimate(seconds=plan.seconds, memory=plan.memory_bytes)
    return _work(estimates.calibrated(session, "merge.run", rule, needs), needs.amount), finish


def planned(
    session: Session, actor: Actor, request: Request, option: Option, *, settings: Settings | None = None
) -> tuple[PlanRead | None, bool]:
    """(the plan of a merge, whether with a finish): with one where the parents' questions may be read."""
    for finish in (True, False):
        try:
            plan = merge.read_plan(session, actor, merging(request, option, session, finish=finish), settings=settings)
        except AirdError:
            continue
        if not any(each.level == "stop" for each in plan.findings):
            return plan, finish
    return None, False


def _work(found: Estimate, held: int) -> Work:
    low = found.low if found.low is not None else found.seconds
    high = found.high if found.high is not None else found.seconds
    jobs = int(found.basis.split()[0]) if found.basis != "rule" else 0
    return Work(Span(low, found.seconds, high), found.micro or None, found.seconds * held, jobs)


def target(session: Session, request: Request) -> str:
    """The model that is made for the request."""
    key = auth_queries.department_keys(session)[request.department_id]
    return f"{key}/request-{request.number}"


def merging(request: Request, option: Option, session: Session, *, finish: bool) -> MergeBody:
    """The recipe of a merge: every parent as loud as the others, at the largest rank that engines serve."""
    block: dict[str, Any] = {"model": target(session, request), "rank": "servable"}
    if finish:
        block["finish"] = True
    content = {
        "merge_method": "tsv",
        "models": [{"model": ref, "parameters": {"weight": 1.0}} for ref in option.versions],
        "aird": block,
    }
    return MergeBody(yaml=yaml.safe_dump(content, sort_keys=False), title=request.title)


def document(session: Session, request: Request, option: Option) -> dict[str, Any]:
    """The spec of a mentoring or a training. There is data: options without it are not ordered."""
    data = cast(Data, option.data)
    common: dict[str, Any] = {"model": target(session, request), "title": request.title}
    if option.way is Way.TRAIN:
        lora = {"lora": {"r": RANKS[option.tier]}}
        return {**common, "base": option.base, "datasets": [data.ref], "split": data.split, "settings": lora}
    teacher = {"version": option.versions[0], "dataset": data.ref, "split": data.split}
    student, able = (catalog_queries.get_ref(session, ref) for ref in (option.base, option.versions[0]))
    way = mentoring.way_of(session, student, able)
    spec = {**common, "student": option.base, "teachers": [teacher]}
    settings = {
        **({"answers": "text"} if way == "text" else {}),
        **({"student": "full"} if student.kind is Kind.FULL else {}),
    }
    return {**spec, "settings": settings} if settings else spec


def order(session: Session, actor: Actor, request: Request, option: Option) -> Job:
    """Have it made. Raises what the slice raises that does the work."""
    if option.way is Way.MERGE:
        _, finish = planned(session, actor, request, option)
        return merge.order_merge(session, actor, merging(request, option, session, finish=finish))
    spec = document(session, request, option)
    if option.way is Way.DISTIL:
        return training.order_distillation(session, actor, cast(DistillSpec, recipe.check(spec, "Distill")))
    return training.order_training(session, actor, cast(TrainSpec, recipe.check(spec, "Train")))
