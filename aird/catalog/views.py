"""Put rows of the catalog into the shapes that the API shows, with as few queries as there are tables."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.catalog import queries
from aird.catalog.lineage import Edge, Relative
from aird.catalog.models import Model, Skill, Version
from aird.catalog.schemas import (
    FileRead,
    LineageRead,
    ModelRead,
    ParentRead,
    RelativeRead,
    SkillRead,
    SkillsMatrix,
    SkillsRow,
    TrainingRecord,
    VersionRead,
    VersionSummary,
)
from aird.store.artifacts import Store


def skill_read(skill: Skill) -> SkillRead:
    """A skill as the API shows it."""
    return SkillRead.model_validate(skill)


def summaries(session: Session, versions: Sequence[Version]) -> list[VersionSummary]:
    """Versions of a list with their skills."""
    skills = queries.skills_of(session, [each.id for each in versions])
    bases = queries.versions_by_id(session, {each.base_id for each in versions if each.base_id})
    names = auth_queries.usernames(session)
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
            base=bases[each.base_id].ref if each.base_id else None,
            license=each.license,
            created_at=each.created_at,
            created_by=names.get(each.created_by) if each.created_by else None,
            skills=[skill_read(skill) for skill in skills.get(each.id, [])],
        )
        for each in versions
    ]


def model_reads(session: Session, models: Sequence[Model]) -> list[ModelRead]:
    """Models with their latest versions."""
    keys = auth_queries.department_keys(session)
    wanted = {(each.id, each.latest_number) for each in models if each.latest_number}
    latest = queries.numbered(session, wanted)
    shown = {each.name: each for each in summaries(session, latest)}
    return [
        ModelRead(
            name=each.name,
            department=keys[each.department_id],
            title=each.title,
            description=each.description,
            tags=each.tags,
            versions=each.latest_number,
            latest=shown.get(each.name),
            created_at=each.created_at,
        )
        for each in models
    ]


def version_read(session: Session, store: Store, version: Version) -> VersionRead:
    """A version's whole file."""
    up, down = queries.parents_of(session, [version.id]), queries.children_of(session, [version.id])
    known = queries.versions_by_id(session, [each.parent for each in up] + [each.child for each in down])
    files = [
        FileRead(path=each.path, size=each.size, digest=each.digest)
        for each in store.manifest(version.artifact).entries
    ]
    record = version.record
    training = (
        TrainingRecord(
            job_id=version.job_id,
            kind=record.get("kind", ""),
            recipe=record.get("recipe", {}),
            metrics=record.get("metrics", {}),
            datasets=record.get("datasets", []),
            seconds=record.get("seconds"),
        )
        if record
        else None
    )
    return VersionRead(
        **summaries(session, [version])[0].model_dump(),
        title=version.model.title,
        description=version.model.description,
        notes=version.notes,
        facts=version.facts,
        files=files,
        parents=[_relation(known[each.parent], each) for each in up],
        children=[_relation(known[each.child], each) for each in down],
        training=training,
    )


def _relation(version: Version, edge: Edge) -> ParentRead:
    return ParentRead.model_validate({"ref": version.ref, "relation": edge.relation, "weight": edge.weight})


def lineage_read(session: Session, version: Version) -> LineageRead:
    """Everything the version came from and everything that came from it."""
    up, cut_up = queries.relatives(session, version, upwards=True)
    down, cut_down = queries.relatives(session, version, upwards=False)
    known = queries.versions_by_id(session, [version.id, *(each.version for each in up + down)])
    return LineageRead(
        ref=version.ref,
        ancestors=[_relative(known, each, each.edge.child) for each in up],
        descendants=[_relative(known, each, each.edge.parent) for each in down],
        cut=cut_up or cut_down,
    )


def _relative(known: dict[UUID, Version], relative: Relative, of: UUID) -> RelativeRead:
    edge = relative.edge
    return RelativeRead.model_validate(
        {
            "ref": known[relative.version].ref,
            "relation": edge.relation,
            "weight": edge.weight,
            "depth": relative.depth,
            "of": known[of].ref,
        }
    )


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
