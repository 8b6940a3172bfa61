"""Models enough for lists to be worth narrowing, and the same lists made the plain way."""

import random
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import search
from aird.catalog.access import may_see
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind, Model, Skill, Version, Visibility
from aird.catalog.selection import Filters
from aird.core.clock import now
from aird.testing import DEPARTMENTS, World

WORDS = [
    "Mail",
    "mailing",
    "Résumé",
    "客服助手",
    "客户",
    "审批流程",
    "レビュー",
    "contract",
    "contracts",
    "v2",
    "Straße",
]
TAGS = ["legal", "Chat", "财务", "zero shot"]
LICENSES = ["", "mit", "apache-2.0", "llama3.1"]
LANGUAGES: list[Any] = [None, "zh", ["en", "zh"], ["ja"]]
SUITES = ["support/exam", "hr/exam"]


@dataclass
class Crowd:
    """What was put in, in the order of names."""

    base: Version
    models: list[Model] = field(default_factory=list)
    versions: dict[UUID, list[Version]] = field(default_factory=dict)
    skills: dict[UUID, dict[str, float]] = field(default_factory=dict)

    def latest(self, model: Model) -> Version | None:
        found = self.versions[model.id]
        return found[-1] if found else None


def gather(world: World, *, size: int, seed: int = 1) -> Crowd:
    """`size` models with nought to three versions each, their changes a minute apart in a shuffled order.

    Put in at once and filed as an older database is: what services do to a model on the way is tested elsewhere.
    """
    pick = random.Random(seed)
    crowd = Crowd(base=world.version("platform/base", kind=Kind.BASE))
    moments = pick.sample(range(size + 1), size + 1)
    departments = {key: world.department_id(key) for key in DEPARTMENTS}
    with world.database.write() as session:
        crowd.models.append(session.get_one(Model, crowd.base.model_id))
        crowd.versions[crowd.base.model_id] = [crowd.base]
        for n in range(size):
            model = _model(pick, n, departments)
            crowd.models.append(model)
            crowd.versions[model.id] = [_version(pick, model, 1 + at, crowd.base) for at in range(pick.randrange(4))]
            model.latest_number = len(crowd.versions[model.id])
            session.add_all([model, *crowd.versions[model.id]])
            session.flush()
            for version in crowd.versions[model.id]:
                crowd.skills[version.id] = _skills(session, pick, version)
        crowd.models.sort(key=lambda model: model.name)
        for model, moment in zip(crowd.models, moments, strict=True):
            model.updated_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=moment)
    search.fill(world.database.sessions)
    return crowd


def _model(pick: random.Random, n: int, departments: dict[str, UUID]) -> Model:
    key = pick.choice(list(DEPARTMENTS))
    return Model(
        name=f"{key}/{pick.choice(['bot', 'clerk', 'x-y', 'x'])}-{n}",
        department_id=departments[key],
        title=" ".join(pick.sample(WORDS, 2)),
        tags=pick.sample(TAGS, pick.randrange(3)),
        visibility=pick.choice([Visibility.INTERNAL, Visibility.INTERNAL, Visibility.PRIVATE]),
    )


def _version(pick: random.Random, model: Model, number: int, base: Version) -> Version:
    adapter = pick.random() < 0.5
    return Version(
        model=model,
        number=number,
        kind=Kind.ADAPTER if adapter else Kind.FULL,
        artifact=f"sha256:{number:064x}",
        bytes=2,
        parameters=pick.choice([10, 10**6, 2 * 10**6, 7 * 10**9, 2 * 10**11]),
        facts={},
        created_by=None,
        base_id=base.id if adapter else None,
        license=pick.choice(LICENSES),
        notes=pick.choice(["", "the first contract"]),
        state=pick.choice(list(VersionState)),
        card={"language": pick.choice(LANGUAGES)},
    )


def _skills(session: Session, pick: random.Random, version: Version) -> dict[str, float]:
    found = {suite: pick.choice([0.2, 0.5, 0.9]) for suite in SUITES if pick.random() < 0.5}
    for suite, score in found.items():
        session.add(
            Skill(
                version_id=version.id, suite=suite, metric="accuracy", score=score, low=0.0, high=1.0, items=10,
                measured_at=now(), run_id=uuid4(),
            )
        )  # fmt: skip
    return found


def narrowed(crowd: Crowd, actor: Actor, filters: Filters) -> list[Model]:
    """The models that fit, by name, found by looking at each."""
    found = []
    for model in crowd.models:
        latest = crowd.latest(model)
        texts = [model.name, model.title, *model.tags, latest.notes if latest else ""]
        asked = [filters.kind, filters.state, filters.license, filters.base, filters.size, filters.size_min]
        alone = latest is None and (any(asked) or filters.size_max is not None or filters.skills or filters.language)
        fits = latest is None or (_fits(crowd, latest, filters) and _speaks(latest, filters))
        if may_see(actor, model) and _fits_model(model, texts, filters) and fits and not alone:
            found.append(model)
    return found


def narrowed_versions(crowd: Crowd, actor: Actor, filters: Filters) -> list[Version]:
    """All versions that fit, newest first within a model."""
    found = []
    for model in crowd.models:
        latest = crowd.latest(model)
        if latest is None or not may_see(actor, model) or not _speaks(latest, filters):
            continue
        if _fits_model(model, [model.name, model.title, *model.tags, latest.notes], filters):
            found += [each for each in reversed(crowd.versions[model.id]) if _fits(crowd, each, filters)]
    return found


def _fits_model(model: Model, texts: list[str], filters: Filters) -> bool:
    own = {plain(each) for each in model.tags}
    return (
        (not filters.department or model.name.startswith(filters.department + "/"))
        and {plain(each) for each in filters.tags} <= own
        and all(_said(word, texts) for word in (filters.search or "").split())
    )


def _said(word: str, texts: list[str]) -> bool:
    text = plain(" ".join(texts))
    if not word.isascii() and not plain(word).isascii():
        return word in text
    return any(each.startswith(plain(word)) for each in re.split("[^a-z0-9]+", text))


def plain(text: str) -> str:
    """Small letters, Latin ones without accents."""
    return "".join(each if each > "\u3000" else unicodedata.normalize("NFD", each)[0] for each in text.casefold())


def _speaks(version: Version, filters: Filters) -> bool:
    spoken = version.card.get("language") or []
    return not filters.language or filters.language in ([spoken] if isinstance(spoken, str) else spoken)


def _fits(crowd: Crowd, version: Version, filters: Filters) -> bool:
    skills = crowd.skills.get(version.id, {})
    return (
        filters.kind in (None, version.kind)
        and filters.state in (None, version.state)
        and filters.license in (None, version.license)
        and (filters.base is None or version.base_id == crowd.base.id)
        and (filters.size_min or 0) <= version.parameters
        and (filters.size_max is None or version.parameters <= filters.size_max)
        and all(each.suite in skills and skills[each.suite] >= (each.score or 0) for each in filters.skills)
    )
