"""Find teachers for a student or for a skill, with what the actor may see, read and use."""

from collections.abc import Iterable
from uuid import UUID

import yaml
from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Kind, Skill, Version
from aird.core.errors import AirdError
from aird.datasets import service as datasets
from aird.evaluation.errors import SuiteNotFound
from aird.training import checks, matching, queries
from aird.training.matching import Candidate, Match
from aird.training.schemas_mentoring import MatchList, MatchPrompts, MatchRead, MatchScore

TEACHERS, STUDENTS, SUITES = 20, 50, 50
"""Candidates of each skill, at most."""
SPLITS = ("unlabelled", "train")


def find(
    session: Session, actor: Actor, *, student: str | None = None, skill: str | None = None, limit: int = 20
) -> MatchList:
    """The best matches in sight: for one student, for one skill, or of all. Raises VersionNotFound, SuiteNotFound."""
    suites = queries.suites(session, skill)
    if skill and not suites:
        raise SuiteNotFound(f"There is no exam and no skill {skill!r}. `GET /api/v1/suites` lists them.", name=skill)
    learner = access.get_ref(session, actor, student) if student else None
    names, found = [suite.name for suite in suites[:SUITES]], list[Match]()
    seen: dict[UUID, Candidate] = {}
    for suite in suites[:SUITES]:
        best = queries.best_of(session, actor, suite.name, limit=TEACHERS)
        teachers = _candidates(session, actor, best, seen)
        if not teachers:
            continue
        top = teachers[0].scores[suite.name].score
        weak = [learner.id] if learner else queries.learners_of(session, actor, suite.name, below=top, limit=STUDENTS)
        students = _candidates(session, actor, weak, seen)
        found += matching.matches(teachers, students, [suite.name], {suite.name: queries.chance(suite)})
    found = matching.ordered(found)[:limit]
    return MatchList(items=_reads(session, actor, found), skills=names)


def _candidates(session: Session, actor: Actor, ids: Iterable[UUID], seen: dict[UUID, Candidate]) -> list[Candidate]:
    wanted = list(ids)
    new = queries.versions(session, [each for each in wanted if each not in seen])
    skills = catalog_queries.skills_of(session, new)
    for key, version in new.items():
        seen[key] = _candidate(session, actor, version, skills.get(key, []))
    return [seen[each] for each in wanted]


def _candidate(session: Session, actor: Actor, version: Version, skills: Iterable[Skill]) -> Candidate:
    base = catalog_queries.base_of(session, version)
    return Candidate(
        ref=version.ref,
        base=base.artifact,
        base_ref=access.base_name(actor, version, base),
        words=checks.tokenizer(session, version),
        vocabulary=base.facts.get("vocab_size"),
        parameters=base.parameters + (version.parameters if version.kind is Kind.ADAPTER else 0),
        restrictions=tuple(version.restrictions),
        usable=access.may_use_weights(session, actor, version.model),
        in_use=catalog_queries.out_of_use(session, version) is None,
        trainable=not version.facts.get("quantization"),
        scores={
            each.suite: MatchScore(score=each.score, low=each.low, high=each.high, items=each.items) for each in skills
        },
    )


def _reads(session: Session, actor: Actor, found: list[Match]) -> list[MatchRead]:
    versions = {
        ref: catalog_queries.get_ref(session, ref)
        for ref in {each.teacher.ref for each in found} | {each.student.ref for each in found}
    }
    used = queries.data_of(session, {each.id for each in versions.values()})
    prompts = {
        ref: _prompts(session, actor, used.get(versions[ref].id, [])) for ref in {each.teacher.ref for each in found}
    }
    return [_read(each, versions[each.student.ref], prompts[each.teacher.ref]) for each in found]


def _read(match: Match, student: Version, prompts: list[MatchPrompts]) -> MatchRead:
    stops = list(match.stops)
    if not prompts:
        stops.append(
            matching.said("no_prompts", "No data set that the teacher was made with may be read. Choose its prompts.")
        )
    return MatchRead(
        teacher=match.teacher.ref,
        student=match.student.ref,
        skill=match.skill,
        way=match.way,
        teacher_score=match.teacher.scores[match.skill],
        student_score=match.student.scores.get(match.skill),
        gain=match.gain,
        certain=match.certain,
        size_ratio=match.teacher.parameters / max(match.student.parameters, 1),
        prompts=prompts,
        licences=match.taken_over,
        reasons=match.reasons,
        stops=stops,
        recipe="" if stops else _recipe(match, student, prompts[0]),
    )


def _recipe(match: Match, student: Version, prompts: MatchPrompts) -> str:
    """A whole model that adapters build on gets its adapter in a model of its own."""
    name = student.model.name if student.kind is not Kind.BASE else f"{student.model.name}-mentored"[:96]
    teacher = {"version": match.teacher.ref, "dataset": prompts.dataset, "split": prompts.split}
    spec: dict[str, object] = {"model": name, "student": match.student.ref, "teachers": [teacher]}
    settings = {
        **({"student": "full"} if student.kind is Kind.FULL else {}),
        **({"answers": "text"} if match.way == "text" else {}),
    }
    if settings:
        spec["settings"] = settings
    return yaml.safe_dump({"apiVersion": "aird/v1", "kind": "Distill", "spec": spec}, sort_keys=False)


def _prompts(session: Session, actor: Actor, refs: Iterable[str]) -> list[MatchPrompts]:
    """Splits that the actor may have somebody learn from, one of each data set."""
    found = []
    for ref in refs:
        for split in SPLITS:
            try:
                version = datasets.usable(session, actor, ref, split)
            except AirdError:  # not there, not readable, an exam, without consent: no prompts then
                continue
            found.append(MatchPrompts(dataset=ref, split=split, items=int(version.splits[split])))
            break
    return found
