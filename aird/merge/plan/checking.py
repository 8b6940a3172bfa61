"""The check of a planned merge: gather what stands around it, and say it as the API shows it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access
from aird.core.schemas import Finding
from aird.core.settings import Settings
from aird.datasets import queries as dataset_queries
from aird.merge import finish
from aird.merge.plan import circumstances, estimates, interference, measured, preflight
from aird.merge.plan import licences as preflight_licences
from aird.merge.plan.estimates import BaseSize, Estimate, FinishSize, Work
from aird.merge.plan.licences import Licensed
from aird.merge.plan.planned import Planned
from aird.merge.plan.situation import Needs, ParentState, Situation
from aird.merge.schemas import PlannedParent, PlanRead
from aird.merge.schemas_jobs import FinishUse, PromptUse


def plan_read(session: Session, actor: Actor, planned: Planned, *, settings: Settings | None = None) -> PlanRead:
    """The plan as the API shows it, with everything that the check found."""
    found, parents, base = planned.plan, planned.parents, planned.base
    took = estimate(session, planned)
    situation = situation_of(session, actor, planned, took, settings)
    licensed = [each.licensed for each in situation.parents]
    return PlanRead(
        method=found.method,
        output=planned.recipe.aird.output,
        engine="factors",
        base=shown_base(actor, planned),
        parents=[
            PlannedParent(
                ref=version.ref,
                weight=weight,
                rank=version.facts.get("rank") or 0,
                department=version.model.name.partition("/")[0],
                license=version.license,
                features=version.facts.get("features") or [],
            )
            for version, weight in zip(parents, found.weights, strict=True)
        ],
        scale=found.scale,
        rank=found.result_rank,
        parameters=found.parameters,
        bytes=found.bytes,
        exact=found.exact,
        statement=found.statement,
        notes=list(found.notes),
        license=situation.license,
        restrictions=preflight_licences.joined(
            situation.license, licensed, Licensed(base.ref, base.license, base.restrictions)
        ),
        findings=preflight.findings(situation),
        endpoints=preflight.fits(situation),
        interference=list(situation.interference),
        seconds=took.seconds,
        memory_bytes=took.memory,
        watt_hours=took.watt_hours,
        measure=situation.measure,
        finish=finish.read(planned.finish, parents) if planned.finish else None,
        yaml=planned.yaml,
    )


def stops(session: Session, actor: Actor, planned: Planned) -> list[Finding]:
    """What keeps the merge from being ordered."""
    found = situation_of(session, actor, planned, estimate(session, planned), None)
    return [each for each in preflight.findings(found) if each.level == "stop"]


def shown_base(actor: Actor, planned: Planned) -> str:
    """The base's name; of one that the actor may not see the digest of its bytes, which its adapters tell anyway."""
    base = planned.base
    return base.ref if access.may_see(actor, base.model) else base.artifact[:19]


def situation_of(
    session: Session, actor: Actor, planned: Planned, took: Estimate, settings: Settings | None
) -> Situation:
    """The plan with all that the check looks at."""
    found, parents, base = planned.plan, planned.parents, planned.base
    ids = [version.id for version in parents]
    department = circumstances.department_of(session, planned.child)
    sketches = circumstances.sketches(session, ids)
    measure = measured.find(session, measured.key_of(found, planned.digests))
    refs = [version.ref for version in parents]
    known = measure or measured.find(session, measured.pairs_key(planned.digests))
    norms = [sketches[each][0] if each in sketches else None for each in ids]
    vocabulary = base.facts.get("vocab_size")
    return Situation(
        plan=found,
        output=planned.recipe.aird.output,
        base=Licensed(shown_base(actor, planned), base.license, base.restrictions),
        tokenizer=base.facts.get("tokenizer_sha256"),
        vocabulary=vocabulary if isinstance(vocabulary, int) else None,
        modules=len({module for facts in planned.facts for module in facts.shapes}),
        parents=_states(session, actor, planned, department.id if department else None),
        child_department=department.key if department else None,
        child=planned.child,
        child_latest=circumstances.latest_kind(session, actor, planned.child),
        license=preflight_licences.child_licence(
            planned.body.license, [Licensed(each.ref, each.license, each.restrictions) for each in parents]
        ),
        interference=interference.pairs(refs, [sketches[i][1] if i in sketches else None for i in ids], known),
        shares=interference.shares(norms, found.weights),
        measure=measure,
        endpoints=circumstances.endpoints_on(session, base),
        needs=Needs(took.seconds, took.memory, found.bytes),
        room=circumstances.room(session, department, settings),
        finish_offered=_offered(session, actor, planned),
        searched=planned.recipe.aird.search is not None,
        finished=planned.finish is not None,
    )


def _states(session: Session, actor: Actor, planned: Planned, child_id: UUID | None) -> list[ParentState]:
    parents, modules = planned.parents, {module for facts in planned.facts for module in facts.shapes}
    opened = circumstances.openings(session, actor, [each.model for each in parents], child_id)
    examined = circumstances.examined(session, [each.id for each in parents])
    return [
        ParentState(
            ref=version.ref,
            department=version.model.name.partition("/")[0],
            weight=weight,
            features=tuple(version.facts.get("features") or ()),
            license=version.license,
            restrictions=tuple(version.restrictions),
            examined=version.id in examined,
            words=facts.words,
            missing=len(modules - facts.shapes.keys()),
            saved=frozenset(name.rpartition(".")[0] for name in version.facts.get("saved") or ()),
            changed=frozenset(facts.shapes),
            opened=opened[version.model.id],
            private=circumstances.private(version.model),
        )
        for version, facts, weight in zip(parents, planned.facts, planned.plan.weights, strict=True)
    ]


def _offered(session: Session, actor: Actor, planned: Planned) -> dict[str, Any] | None:
    if planned.finish is not None or len(planned.parents) < 2:
        return None
    spoken = [
        finish.Parent(version, weight) for version, weight in zip(planned.parents, planned.plan.weights, strict=True)
    ]
    found = finish.offered(session, actor, spoken)
    return finish.read(found, planned.parents) if found is not None else None


def estimate(session: Session, planned: Planned) -> Estimate:
    """What the job will take."""
    ranks: dict[str, int] = {}
    shapes: dict[str, tuple[int, int]] = {}
    for facts in planned.facts:
        shapes.update(facts.shapes)
        for module, rank in facts.ranks.items():
            ranks[module] = ranks.get(module, 0) + rank
    return estimates.estimate(
        Work(
            plan=planned.plan,
            ranks=ranks,
            shapes=shapes,
            parent_bytes=sum(version.bytes for version in planned.parents),
            base=BaseSize(planned.base.parameters, planned.base.bytes),
            output=planned.recipe.aird.output,
            search=planned.recipe.aird.search,
            items=planned.items,
            prompts=_questions(session, planned.prompts),
            finish=_finish_size(session, planned.finish),
        )
    )


def _finish_size(session: Session, use: FinishUse | None) -> FinishSize | None:
    if use is None:
        return None
    said = use.settings
    return FinishSize(
        questions=_questions(session, use.prompts),
        steps=int(said["steps"]),
        batch_size=int(said["batch_size"]),
        max_new_tokens=int(said["max_new_tokens"]),
    )


def _questions(session: Session, uses: Sequence[PromptUse]) -> int:
    splits = {ref: dataset_queries.get_ref(session, ref).splits for ref in {use.ref for use in uses}}
    counts = [splits[use.ref].get(use.split, 0) for use in uses]
    return sum(min(use.limit or count, count) for use, count in zip(uses, counts, strict=True))
