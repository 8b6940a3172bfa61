"""Put rows of the catalog into the shapes that the API shows, with as few queries as there are tables."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access, commits, compute, queries, retirement, rows
from aird.catalog.cards import EVAL_RESULTS
from aird.catalog.lineage import Edge
from aird.catalog.listing import ModelHit, VersionHit
from aird.catalog.models import Model, Skill, Version
from aird.catalog.schemas import (
    ComputeRead,
    CostRead,
    DifferenceRead,
    FileRead,
    ModelRead,
    ParentRead,
    SkillRead,
    SkillsMatrix,
    SkillsRow,
    TrainingRecord,
    TwinRead,
    VersionRead,
    VersionSummary,
)
from aird.store import queries as ledger
from aird.store.artifacts import Store


def skill_read(skill: Skill) -> SkillRead:
    """A skill as the API shows it."""
    return SkillRead.model_validate(skill)


def summaries(session: Session, actor: Actor, versions: Sequence[Version | VersionHit]) -> list[VersionSummary]:
    """Versions of a list with their skills; a base that the actor may not see is not named."""
    ids = [each.id for each in versions]
    return _summaries(session, actor, ids, rows.aliases_of_versions(session, ids))


def _summaries(
    session: Session, actor: Actor, ids: Sequence[UUID], aliased: Mapping[UUID, list[str]]
) -> list[VersionSummary]:
    skills = rows.skills(session, ids)
    return [
        VersionSummary(
            name=row.name,
            title=row.title,
            version=row.number,
            ref=f"{row.name}@{row.number}",
            kind=row.kind,
            state=row.state,
            digest=row.artifact,
            bytes=row.bytes,
            parameters=row.parameters,
            base=_base(actor, row),
            license=row.license,
            aliases=aliased.get(row.id, []),
            created_at=row.created_at,
            created_by=row.username,
            skills=[SkillRead.model_validate(each) for each in skills.get(row.id, [])],
        )
        for row in rows.versions(session, ids)
    ]


def _base(actor: Actor, row: Row[Any]) -> str | None:
    if not row.base_name or not access.shows(actor, row.base_visibility, row.base_department):
        return None
    return f"{row.base_name}@{row.base_number}"


def model_reads(session: Session, actor: Actor, models: Sequence[Model | ModelHit]) -> list[ModelRead]:
    """Models with their latest versions."""
    found = rows.models(session, [each.id for each in models])
    numbers: dict[UUID, dict[str, int]] = defaultdict(dict)
    names: dict[UUID, list[str]] = defaultdict(list)
    for alias in rows.aliases_of_models(session, [row.id for row in found]):
        numbers[alias.model_id][alias.name] = alias.number
        names[alias.version_id].append(alias.name)
    latest = [row.latest_id for row in found if row.latest_id]
    shown = dict(zip(latest, _summaries(session, actor, latest, names), strict=True))
    return [
        ModelRead(
            name=row.name,
            department=row.key,
            title=row.title,
            description=row.description,
            tags=row.tags,
            visibility=row.visibility,
            gating=row.gating,
            versions=row.latest_number,
            latest=shown.get(row.latest_id),
            aliases=numbers.get(row.id, {}),
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in found
    ]


def version_read(session: Session, store: Store, actor: Actor, version: Version) -> VersionRead:
    """A version's whole file; relatives that the actor may not see are counted and not named."""
    up, down = queries.parents_of(session, [version.id]), queries.children_of(session, [version.id])
    found = queries.versions_by_id(session, [each.parent for each in up] + [each.child for each in down])
    known = {key: each for key, each in found.items() if access.may_see(actor, each.model)}
    parents = [_relation(known[each.parent], each) for each in up if each.parent in known]
    children = [_relation(known[each.child], each) for each in down if each.child in known]
    successor = retirement.successor_of(session, version)
    commit = commits.of_version(session, version)
    return VersionRead(
        **summaries(session, actor, [version])[0].model_dump(),
        description=version.model.description,
        notes=version.notes,
        facts=version.facts,
        files=_files(session, store, version),
        parents=parents,
        children=children,
        training=_training(version, told=len(parents) == len(up)),
        card={key: value for key, value in version.card.items() if key != EVAL_RESULTS},
        restrictions=version.restrictions,
        commit=commit.sha if commit else None,
        compute=_compute(compute.ledger(session, version)),
        successor=successor.ref if successor and access.may_see(actor, successor.model) else None,
        differences=_differences(session, actor, version),
        twins=[
            TwinRead(ref=other.ref, cosine=cosine)
            for other, cosine in queries.twins_of(session, version)
            if access.may_see(actor, other.model)
        ],
        hidden_relatives=len(up) + len(down) - len(parents) - len(children),
        may_use_weights=access.may_use_weights(session, actor, version.model),
    )


def _files(session: Session, store: Store, version: Version) -> list[FileRead]:
    entries = ledger.files_of(session, version.artifact).values() or store.manifest(version.artifact).entries
    return [FileRead(path=each.path, size=each.size, digest=each.digest) for each in entries]


def _training(version: Version, *, told: bool) -> TrainingRecord | None:
    """How it was made; a recipe names parents and teachers, so it is `told` to who may see them all."""
    record = version.record
    if not record:
        return None
    return TrainingRecord(
        job_id=version.job_id,
        kind=record.get("kind", ""),
        recipe=record.get("recipe", {}) if told else {},
        metrics=record.get("metrics", {}),
        datasets=record.get("datasets", []),
        seconds=record.get("seconds"),
    )


def _compute(found: compute.Ledger) -> ComputeRead:
    return ComputeRead(own=_cost(found.own), lineage=_cost(found.lineage), ratio_to_base=found.ratio_to_base)


def _cost(cost: compute.Cost) -> CostRead:
    return CostRead(chip_seconds=cost.chip_milliseconds / 1000, flop=cost.flop, watt_hours=cost.watt_hours)


def _differences(session: Session, actor: Actor, version: Version) -> list[DifferenceRead]:
    """What the intake found that is not as in the model that the version was made from."""
    found = version.facts.get("differences") or []
    origin = queries.origin_of(session, version) if found else None
    against = origin.ref if origin and access.may_see(actor, origin.model) else None
    return [DifferenceRead.model_validate({**each, "against": against}) for each in found]


def _relation(version: Version, edge: Edge) -> ParentRead:
    return ParentRead.model_validate({"ref": version.ref, "relation": edge.relation, "weight": edge.weight})


def skills_matrix(
    session: Session,
    actor: Actor,
    versions: Sequence[Version | VersionHit],
    only: Sequence[str] = (),
    following: str | None = None,
) -> SkillsMatrix:
    """The versions that sat a suite against every suite that any of them sat, or against these alone."""
    found = [each for each in summaries(session, actor, versions) if each.skills]
    suites = sorted({skill.suite for each in found for skill in each.skills if not only or skill.suite in only})
    cells = [{skill.suite: skill for skill in each.skills} for each in found]
    return SkillsMatrix(
        suites=suites,
        rows=[
            SkillsRow(
                ref=each.ref,
                title=each.title,
                kind=each.kind,
                state=each.state,
                cells={suite: sat.get(suite) for suite in suites},
            )
            for each, sat in zip(found, cells, strict=True)
        ],
        next=following,
    )
