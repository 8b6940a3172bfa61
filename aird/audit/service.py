"""Write audit entries, in the transaction of the effect they describe: both or neither."""

import json
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.audit.chain import GENESIS, Anchor, link_hash
from aird.audit.models import AuditEntry
from aird.core.clock import now
from aird.core.db import advisory_lock

LOCK = 0x61697264


class Named(Protocol):
    """Somebody or something with an id and a name that a person can read."""

    @property
    def id(self) -> UUID | None:
        """The id, None for the system itself."""
        ...

    @property
    def label(self) -> str:
        """The name to show."""
        ...


def record(
    session: Session, actor: Named, event: str, subject: Named, *, reason: str = "", **details: Any
) -> AuditEntry:
    """Append one entry; `event` reads slice.noun.verb_past. The chain's lock is held until the transaction ends."""
    advisory_lock(session, LOCK)
    last = session.execute(
        select(AuditEntry.seq, AuditEntry.hash).order_by(AuditEntry.seq.desc()).limit(1)
    ).one_or_none()
    seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
    entry = AuditEntry(
        seq=seq,
        at=now(),
        actor_id=actor.id,
        actor_name=actor.label,
        event=event,
        subject_id=subject.id,
        subject=subject.label,
        reason=reason,
        details=to_jsonable_python(details),
        previous=previous,
        hash="",
    )
    entry.hash = link_hash(seq, entry.content(), previous)
    session.add(entry)
    session.flush()
    return entry


def anchor(session: Session, file: Path) -> Anchor | None:
    """Note the chain's head in `file`, one JSON line a head; None when nothing is new since the last line."""
    last = session.execute(
        select(AuditEntry.seq, AuditEntry.hash).order_by(AuditEntry.seq.desc()).limit(1)
    ).one_or_none()
    noted = read_anchors(file)
    if last is None or (noted and noted[-1].seq >= last.seq):
        return None
    head = Anchor(last.seq, last.hash)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as out:
        out.write(json.dumps({"seq": head.seq, "hash": head.hash, "at": now().isoformat()}) + "\n")
    return head


def read_anchors(file: Path) -> list[Anchor]:
    """The heads that were noted; a last line cut short by a crash is passed over."""
    if not file.exists():
        return []
    anchors = []
    for line in file.read_text().splitlines():
        try:
            each = json.loads(line)
            anchors.append(Anchor(each["seq"], each["hash"]))
        except (ValueError, KeyError, TypeError):
            continue
    return anchors
