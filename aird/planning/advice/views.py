"""Trials and offers as the API shows them, and back again."""

from dataclasses import asdict
from typing import Any, cast

from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth.permissions import Actor, Permission, allowed
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Gating, Kind, Version
from aird.core.clock import now
from aird.evaluation.intervals import wilson
from aird.jobs.models import Job
from aird.planning.advice import gathering, marking
from aird.planning.advice.advising import Offer
from aird.planning.advice.expecting import Expected
from aird.planning.advice.facts import Data, Facts, Span, Work
from aird.planning.advice.options import Option, Said
from aird.planning.advice.schemas import (
    LeftOut,
    MatchesRead,
    OfferRead,
    OptionRead,
    OptionRunning,
    SaidRead,
    TriedAnswer,
    TriedRead,
)
from aird.requests import queries as requests
from aird.requests.models import Request, Trial


def offer_read(request: Request, offer: Offer, facts: Facts) -> OfferRead:
    """The offer of this moment."""
    return OfferRead(
        options=[_option(each) for each in offer.options],
        recommended=offer.recommended,
        reason=_said(offer.reason),
        unknown=[_said(each) for each in offer.unknown],
        currency=facts.prices.currency,
        floor=request.floor,
        today_micro=request.today_micro,
        chosen=None,
        at=now(),
        titles={each.ref: each.title for each in facts.bases} | {each.ref: each.title for each in facts.tried},
    )


def _option(option: Option) -> OptionRead:
    values: dict[str, Any] = asdict(option)
    running = option.running
    values["running"] = OptionRunning(**asdict(running), micro=running.micro) if running else None
    values["versions"], values["over"] = list(option.versions), list(option.over)
    return OptionRead.model_validate(values)


def option_of(read: OptionRead) -> Option:
    """The option that was kept, as far as its work needs it."""
    span = read.expected.span
    return Option(
        key=read.key, way=read.way, tier=read.tier, versions=read.versions, base=read.base,
        parameters=read.parameters,
        expected=Expected(Span(span.low, span.mid, span.high), read.expected.basis, read.expected.children),
        reach=read.reach, skills={}, work=Work(), running=None, payback_months=None, lead_hours=None,
        data=Data(**read.data.model_dump()) if read.data else None,
    )  # fmt: skip


def matches_read(session: Session, actor: Actor, request: Request) -> MatchesRead:
    """What versions answered to the present examples, and how far the job is."""
    job = session.get(Job, request.match_job_id) if request.match_job_id else None
    found = gathering.trials_of(session, actor, request)
    words = requests.may_read_words(actor, request)
    result = (job.result or {}) if job else {}
    items = [_tried(session, actor, request, *each, words=words) for each in found]
    stale = bool(job and job.spec.get("examples") != gathering.marked_as(request))
    return MatchesRead(
        state=cast(Any, job.state.value if job else "none"),
        reason=job.reason if job else "",
        since=job.since if job else None,
        job=job.id if job else None,
        stale=stale,
        examples=len(request.examples),
        fewest=marking.FEWEST,
        scorer=marking.scorer_of(request.examples).value,
        floor=request.floor,
        items=sorted(items, key=lambda each: (-each.score, each.parameters, each.ref)),
        left_out=[] if stale else [LeftOut.model_validate(each) for each in result.get("left_out", [])],
    )


def _tried(
    session: Session, actor: Actor, request: Request, trial: Trial, version: Version, base: Version, *, words: bool
) -> TriedRead:
    low, high = wilson(min(trial.points, trial.items), trial.items)
    own = version.model.department_id == request.department_id
    heard = words and (own or _may_hear(session, actor, request, version))
    adapter = version.kind is Kind.ADAPTER
    return TriedRead(
        ref=version.ref,
        title=version.model.title,
        department=auth_queries.department_keys(session)[version.model.department_id],
        kind=version.kind.value,
        base=access.base_name(actor, version, base),
        parameters=base.parameters + (version.parameters if adapter else 0),
        score=trial.points / trial.items,
        low=low,
        high=high,
        items=trial.items,
        milliseconds=trial.milliseconds,
        answers=_answers(request, trial) if heard else None,
        reasons=_reasons(session, request, trial, version, base, own=own),
    )


def _may_hear(session: Session, actor: Actor, request: Request, version: Version) -> bool:
    """Whether its words are open: to the department that asks, or to whoever may use the weights."""
    if version.model.gating is Gating.OPEN or allowed(actor, Permission.USE_WEIGHTS, version.model.department_id):
        return True
    return gathering.open_to(session, request.department_id, version.model)


def _answers(request: Request, trial: Trial) -> list[TriedAnswer]:
    return [
        TriedAnswer(
            question=example["question"], wanted=example["answer"], answer=each["answer"], score=each["score"]
        )
        for example, each in zip(request.examples, trial.answers, strict=True)
    ]  # fmt: skip


def _reasons(
    session: Session, request: Request, trial: Trial, version: Version, base: Version, *, own: bool
) -> list[SaidRead]:
    """Why it stands where it stands."""
    full = sum(each["score"] >= 1 for each in trial.answers)
    share = trial.points / trial.items
    said = [
        Said(
            "answers",
            f"It answers {full} of {trial.items} examples just as wanted.",
            {"right": full, "items": trial.items},
        )
    ]
    if share >= request.floor:
        said.append(Said("above_floor", f"That is above {request.floor:.0%}.", {"floor": request.floor}))
    else:
        said.append(Said("below_floor", f"That is below {request.floor:.0%}.", {"floor": request.floor}))
    if own:
        said.append(Said("own", "It belongs to the department that asks."))
    if base.id in gathering.served_bases(session):
        said.append(Said("served", "Its base answers on an endpoint already: it needs no engine of its own."))
    best = max(catalog_queries.skills_of(session, [version.id]).get(version.id, []), key=_score, default=None)
    if best is not None:
        said.append(
            Said(
                "exam",
                f"It scored {best.score:.0%} in the exam {best.suite}.",
                {"score": best.score, "suite": best.suite},
            )
        )
    return [_said(each) for each in said]


def _score(skill: Any) -> float:
    return float(skill.score)


def _said(said: Said) -> SaidRead:
    return SaidRead(code=said.code, message=said.message, params=said.params)
