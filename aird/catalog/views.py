"""Put rows of the catalog into the shapes that the API shows, with as few queries as there are tables."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth.permissions import Actor
from aird.catalog import access, aliases, commits, compute, queries, retirement
from aird.catalog.cards import EVAL_RESULTS
from aird.catalog.lineage import Edge
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


def summaries(session: Session, versions: Sequence[Version]) -> list[VersionSummary]:
    """Versions of a list with their skills."""
    skills = queries.scores_of(session, [each.id for each in versions])
    bases = queries.refs_of(session, {each.base_id for each in versions if each.base_id})
    names = auth_queries.usernames(session, {each.created_by for each in versions if each.created_by})
    aliased = aliases.names_of(session, [each.id for each in versions])
    return [
        VersionSummary(
            name=each.model.name,
            version=each.number,
            ref=each.ref,
            kind=each.kind,
            state=each.state,
            digest=each.artifact,
            bytes=each.bytes,
            parameters=each.parameters,
            base=bases[each.base_id] if each.base_id else None,
            license=each.license,
            aliases=aliased.get(each.id, []),
            created_at=each.created_at,
            created_by=names.get(each.created_by) if each.created_by else None,
            skills=[SkillRead.model_validate(row) for row in skills.get(each.id, [])],
        )
        for each in versions
    ]


def model_reads(session: Session, models: Sequence[Model]) -> list[ModelRead]:
    """Models with their latest versions."""
    keys = auth_queries.department_keys(session)
    latest = queries.latest_of(session, models, options=queries.IN_LISTS)
    shown = {each.name: each for each in summaries(session, latest)}
    aliased = aliases.numbers_of(session, [each.id for each in models])
    return [
        ModelRead(
            name=each.name,
            department=keys[each.department_id],
            title=each.title,
            description=each.description,
            tags=each.tags,
            visibility=each.visibility,
            gating=each.gating,
            versions=each.latest_number,
            latest=shown.get(each.name),
            aliases=aliased.get(each.id, {}),
            created_at=each.created_at,
            updated_at=each.updated_at,
        )
        for each in models
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
        **summaries(session, [version])[0].model_dump(),
        title=version.model.title,
        description=version.model.description,
        notes=version.notes,
        facts=version.facts,
        files=_files(session, store, version),
        parents=parents,
        children=children,
        training=_training(version),
        card={key: value for key, value in version.card.items() if key != EVAL_RESULTS},
        restrictions=version.restrictions,
        commit=commit.sha if commit else None,
        compute=_compute(compute.ledger(session, version)),
        successor=successor.ref if successor and access.may_see(actor, successor.model) else None,
        differences=_differences(session, version),
        twins=[
            TwinRead(ref=other.ref, cosine=cosine)
            for other, cosine in queries.twins_of(session, version)
            if access.may_see(actor, other.model)
        ],
        hidden_relatives=len(up) + len(down) - len(parents) - len(children),
    )


def _files(session: Session, store: Store, version: Version) -> list[FileRead]:
    entries = ledger.files_of(session, version.artifact).values() or store.manifest(version.artifact).entries
    return [FileRead(path=each.path, size=each.size, digest=each.digest) for each in entries]


def _training(version: Version) -> TrainingRecord | None:
    record = version.record
    if not record:
        return None
    return TrainingRecord(
        job_id=version.job_id,
        kind=record.get("kind", ""),
        recipe=record.get("recipe", {}),
        metrics=record.get("metrics", {}),
        datasets=record.get("datasets", []),
        seconds=record.get("seconds"),
    )


def _compute(found: compute.Ledger) -> ComputeRead:
    return ComputeRead(own=_cost(found.own), lineage=_cost(found.lineage), ratio_to_base=found.ratio_to_base)


def _cost(cost: compute.Cost) -> CostRead:
    return CostRead(chip_seconds=cost.chip_milliseconds / 1000, flop=cost.flop, watt_hours=cost.watt_hours)


def _differences(session: Session, version: Version) -> list[DifferenceRead]:
    """What the intake found that is not as in the model that the version was made from."""
    found = version.facts.get("differences") or []
    origin = queries.origin_of(session, version) if found else None
    return [DifferenceRead.model_validate({**each, "against": origin.ref if origin else None}) for each in found]


def _relation(version: Version, edge: Edge) -> ParentRead:
    return ParentRead.model_validate({"ref": version.ref, "relation": edge.relation, "weight": edge.weight})


def skills_matrix(session: Session, versions: Sequence[Version]) -> SkillsMatrix:
    """Every suite that any of these versions sat, against the versions that sat one."""
    skills = queries.skills_of(session, [each.id for each in versions])
    suites = sorted({skill.suite for found in skills.values() for skill in found})
    rows = [
        SkillsRow(
            ref=each.ref,
            kind=each.kind,
            state=each.state,
            cells={
                suite: next((skill_read(one) for one in skills[each.id] if one.suite == suite), None)
                for suite in suites
            },
        )
        for each in versions
        if each.id in skills
    ]
    return SkillsMatrix(suites=suites, rows=rows)
