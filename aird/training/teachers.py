"""What teachers said, kept: which cache belongs to a teacher, its prompts and the settings, and is it still whole.

A cache is found by a digest over all that its content depends on, and never looked for by anything that somebody
without a right to the teacher and its prompts could know: an order asks for both before it comes here.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from aird.catalog.models import Version
from aird.core.clock import now
from aird.datasets.models import DatasetVersion
from aird.training.models import TeacherCache
from aird.training.schemas import DatasetUse
from aird.training.settings_distill import DistillSettings

FORMAT = 1
"""Of the files of a cache; another number is another cache."""


@dataclass(frozen=True)
class Voice:
    """A teacher as its words depend on it. `words` is how prompts become tokens: the student's way, unless the
    teacher's written answers alone are learnt."""

    teacher: str
    base: str
    words: Sequence[str | None]

    @classmethod
    def of(cls, teacher: Version, base: Version, speaker: Version, speaker_base: Version) -> "Voice":
        """`speaker` is whose tokenizer and chat template the prompts are written in."""
        differences = [f"{each['what']} {each['own']}" for each in speaker.facts.get("differences") or []]
        facts = speaker_base.facts
        words = [facts.get("tokenizer_sha256"), facts.get("chat_template_sha256"), *sorted(differences)]
        return cls(teacher.artifact, base.artifact, words)


def relevant(settings: DistillSettings, use: DatasetUse) -> dict[str, Any]:
    """What of the recipe decides what a teacher says, and what is kept of it."""
    found: dict[str, Any] = {"split": use.split, "limit": use.limit, "answers": settings.answers}
    found["max_length"] = settings.max_length
    if settings.answers != "given":
        found["max_new_tokens"] = settings.max_new_tokens
    if settings.answers != "text":
        found |= {"temperature": settings.temperature, "signal": settings.signal}
        if settings.signal == "sampled":
            found |= {"draws": settings.draws, "seed": settings.seed}
        elif settings.signal != "whole":
            found["top"] = settings.top
    return found


def key_of(voice: Voice, use: DatasetUse, settings: DistillSettings) -> str:
    """The name of the cache."""
    facts = [FORMAT, voice.teacher, voice.base, list(voice.words), use.artifact, relevant(settings, use)]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def find(session: Session, key: str) -> TeacherCache | None:
    """The cache of this name."""
    return session.scalar(select(TeacherCache).where(TeacherCache.key == key))


def used(session: Session, key: str) -> None:
    """Note that a student has learnt from it."""
    found = session.scalar(select(TeacherCache).where(TeacherCache.key == key).with_for_update())
    if found is not None:
        found.uses += 1
        found.used_at = now()


def keep(session: Session, made: TeacherCache) -> TeacherCache:
    """Put a cache on record, in the place of one of the same name that covers less or whose files are broken."""
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert
    names = [column.key for column in TeacherCache.__mapper__.column_attrs]
    session.execute(
        insert(TeacherCache)
        .values({name: getattr(made, name) for name in names})
        .on_conflict_do_nothing(index_elements=[TeacherCache.key])
    )
    found = session.scalars(select(TeacherCache).where(TeacherCache.key == made.key).with_for_update()).one()
    session.refresh(found)
    if found.id != made.id:
        for name in ("artifact", "items", "skipped", "tokens", "bytes", "forwards", "seconds", "job_id"):
            setattr(found, name, getattr(made, name))
        found.used_at = now()
    session.flush()
    return found


def expire(session: Session, *, unused: timedelta | None = None) -> int:
    """Forget what was said to data sets that were erased, and what nobody used for so long; gives how many.

    The files follow when the store collects what nothing needs.
    """
    kept = exists().where(DatasetVersion.artifact == TeacherCache.dataset, DatasetVersion.kept.is_not(None))
    gone = ~kept if unused is None else or_(~kept, TeacherCache.used_at < now() - unused)
    found = list(session.scalars(select(TeacherCache.id).where(gone)))
    session.execute(delete(TeacherCache).where(TeacherCache.id.in_(found)))
    return len(found)
